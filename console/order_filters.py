"""By what the list of orders can be narrowed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.registry import CARRIERS
from console.fields import choose, day_input
from tenants.models import Shop
from tracking.actions import carrier_name
from tracking.labels import state_label
from tracking.models import Order, Shipment
from tracking.services.values import countries
from tracking.states import STATES, StateKind

STATE_CODES = [state.value for state, facts in STATES.items() if facts.kind is not StateKind.MILESTONE]
MOST_CHANNELS = 30

# A skip through the unique index on (shop, channel, number): as many steps as channels, not as orders.
CHANNELS = """
WITH RECURSIVE found(channel) AS (
  (SELECT channel FROM tracking_order WHERE shop_id = %(shop)s ORDER BY channel LIMIT 1)
  UNION ALL
  SELECT (SELECT o.channel FROM tracking_order o WHERE o.shop_id = %(shop)s AND o.channel > found.channel
          ORDER BY o.channel LIMIT 1)
  FROM found WHERE found.channel IS NOT NULL
)
SELECT channel FROM found WHERE channel IS NOT NULL LIMIT %(most)s
"""


def channels_of(shop: Shop) -> list[str]:
    """Where the shop's orders come from. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(CHANNELS, {"shop": shop.pk, "most": MOST_CHANNELS})
        return [channel for (channel,) in cursor.fetchall()]


class Filters(forms.Form):
    """The query of the list. Every field may be left out."""

    state = forms.ChoiceField(label=gettext_lazy("State"), required=False)
    carrier = forms.ChoiceField(label=gettext_lazy("Carrier"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Sales channel"), required=False)
    country = forms.CharField(
        label=gettext_lazy("Country"),
        required=False,
        max_length=2,
        help_text=gettext_lazy("Two letters: ES, FR, BR…"),
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "autocomplete": "off"}),
    )
    placed_from = forms.DateField(
        label=gettext_lazy("Placed from"),
        required=False,
        widget=day_input(),
    )
    placed_to = forms.DateField(
        label=gettext_lazy("Placed until"),
        required=False,
        widget=day_input(),
    )
    use_required_attribute = False

    def __init__(self, shop: Shop, data: Any) -> None:
        super().__init__(data)
        self.zone = ZoneInfo(shop.time_zone)
        anything = ("", _("Any"))
        choose(self, "state", [anything, *((code, state_label(code)) for code in STATE_CODES)])
        choose(self, "carrier", [anything, *((code, carrier_name(code)) for code in CARRIERS)])
        choose(self, "channel", [anything, *((channel, channel) for channel in channels_of(shop))])

    def clean_country(self) -> str:
        country: str = self.cleaned_data["country"].upper()
        if country and country not in countries():
            raise forms.ValidationError(_("Write the country as its two letters, like ES, FR or BR."))
        return country

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("placed_from"), said.get("placed_to")
        if first and last and last < first:
            self.add_error("placed_to", _("This day is before the first one."))
        return said

    def narrow(self, orders: QuerySet[Order], shop: Shop) -> QuerySet[Order]:
        """Only what was understood: a field with an error narrows nothing, and says so."""
        said = self.cleaned_data
        for name in ("state", "channel", "country"):
            if said.get(name):
                orders = orders.filter(**{name: said[name]})
        if said.get("carrier"):
            parcels = Shipment.objects.for_shop(shop).filter(order_id=OuterRef("pk"), carrier=said["carrier"])
            orders = orders.filter(Exists(parcels))
        if said.get("placed_from"):
            orders = orders.filter(placed_at__gte=datetime.combine(said["placed_from"], time(), self.zone))
        if said.get("placed_to"):
            end = said["placed_to"] + timedelta(days=1)
            orders = orders.filter(placed_at__lt=datetime.combine(end, time(), self.zone))
        return orders

    def chosen(self) -> list[tuple[str, str, str]]:
        """(field, its label, what was chosen), to be shown and taken away one by one."""
        lines = []
        for name, value in self.cleaned_data.items():
            if not value:
                continue
            field = self.fields[name]
            said = (
                dict(cast(Any, field.choices)).get(value, value)
                if isinstance(field, forms.ChoiceField)
                else value
            )
            lines.append((name, str(field.label), str(said)))
        return lines
