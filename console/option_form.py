"""One way to change a delivery, as the form a shop fills in."""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.registry import CARRIERS
from console.fields import choose
from tenants.models import Shop
from tracking.actions import carrier_name
from tracking.change_words import KINDS
from tracking.changing import Stage, Terms
from tracking.models import DeliveryOption

STAGES = {
    Stage.BEFORE: gettext_lazy("Before the carrier has it"),
    Stage.MOVING: gettext_lazy("On its way"),
    Stage.TROUBLE: gettext_lazy("After a failed delivery, or another trouble"),
    Stage.ON_VAN: gettext_lazy("With the driver already"),
}
WAYS = {
    "carrier": gettext_lazy("By the carrier’s own service, at once"),
    "mail": gettext_lazy("By an e-mail to the carrier’s depot"),
    "task": gettext_lazy("By somebody of your team"),
    "link": gettext_lazy("On the carrier’s own page"),
}
_HOURS = re.compile(r"\s*(\d{1,2}:\d{2})\s*(?:-|–|to|a)\s*(\d{1,2}:\d{2})\s*")


class ListField(forms.CharField):
    """Several words in one line, with commas or blanks between them."""

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys(word.upper() for word in re.split(r"[,;\s]+", value or "") if word))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class WindowsField(forms.CharField):
    """Times of a day, one in each line: 10:00-12:00."""

    widget = forms.Textarea(attrs={"rows": 4})

    def to_python(self, value: Any) -> Any:
        found = []
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            match = _HOURS.fullmatch(line)
            try:
                start, end = (
                    (time.fromisoformat(part.zfill(5)) for part in match.groups()) if match else (None, None)
                )
            except ValueError:
                start = end = None
            if start is None or end is None or start >= end:
                raise forms.ValidationError(
                    _("“%(line)s” is no time of a day: write it like 10:00-12:00.") % {"line": line[:40]}
                )
            found.append([f"{start:%H:%M}", f"{end:%H:%M}"])
        return found

    def prepare_value(self, value: Any) -> Any:
        return "\n".join("-".join(one) for one in value) if isinstance(value, list) else value


class OptionForm(forms.Form):
    """`groups`: its fields, in the parts the page shows."""

    use_required_attribute = False
    kind = forms.ChoiceField(label=gettext_lazy("What can be changed"), choices=KINDS.items)
    enabled = forms.BooleanField(label=gettext_lazy("Offered"), required=False, initial=True)
    way = forms.ChoiceField(
        label=gettext_lazy("How it reaches the carrier"),
        choices=WAYS.items,
        widget=forms.RadioSelect,
        initial="task",
    )
    depot_email = forms.EmailField(label=gettext_lazy("The depot’s e-mail"), required=False)
    needs_approval = forms.BooleanField(
        label=gettext_lazy("Ask us first"),
        required=False,
        help_text=gettext_lazy("Each request waits until one of your team agrees."),
    )
    price = forms.DecimalField(
        label=gettext_lazy("Price"), min_value=Decimal(), max_digits=9, decimal_places=2, initial=0,
        help_text=gettext_lazy("Stated to the customer and told to you. Nothing is paid here: you charge it."),
    )  # fmt: skip
    most_an_order = forms.IntegerField(
        label=gettext_lazy("How often an order"), min_value=1, max_value=20, initial=3
    )
    carriers = forms.MultipleChoiceField(
        label=gettext_lazy("Carriers"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: all of them."),
    )  # fmt: skip
    services = forms.CharField(
        label=gettext_lazy("Services"), required=False, max_length=400,
        help_text=gettext_lazy("The carriers’ products, as your orders name them, with commas. Empty: all."),
    )  # fmt: skip
    countries = ListField(
        label=gettext_lazy("Countries"), required=False, max_length=200,
        help_text=gettext_lazy("By their two letters: ES, PT. Empty: all."),
    )  # fmt: skip
    postal_codes = ListField(
        label=gettext_lazy("Postal codes"), required=False, max_length=400,
        help_text=gettext_lazy("What they begin with: 28, 460. Empty: all."),
    )  # fmt: skip
    stages = forms.MultipleChoiceField(
        label=gettext_lazy("While the parcel is"), choices=STAGES.items, widget=forms.CheckboxSelectMultiple,
        initial=[Stage.BEFORE, Stage.MOVING, Stage.TROUBLE],
    )  # fmt: skip
    cutoff_time = forms.TimeField(
        label=gettext_lazy("Until this hour"), required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=gettext_lazy("On your shop’s clock. The customer is told."),
    )  # fmt: skip
    cutoff_days = forms.IntegerField(
        label=gettext_lazy("Days before it is expected"), min_value=0, max_value=30, initial=1
    )
    days_ahead = forms.IntegerField(
        label=gettext_lazy("Days to choose from"), min_value=1, max_value=60, initial=7, required=False
    )
    first_after = forms.IntegerField(
        label=gettext_lazy("The first is so many days from today"),
        min_value=0,
        max_value=60,
        initial=1,
        required=False,
    )
    saturdays = forms.BooleanField(label=gettext_lazy("Saturdays too"), required=False, initial=True)
    sundays = forms.BooleanField(label=gettext_lazy("Sundays too"), required=False)
    holidays = forms.BooleanField(label=gettext_lazy("Public holidays too"), required=False)
    windows = WindowsField(
        label=gettext_lazy("Times of a day"), required=False,
        help_text=gettext_lazy("One in each line: 10:00-12:00. On the clock of where it arrives."),
    )  # fmt: skip
    capacity = forms.IntegerField(
        label=gettext_lazy("Parcels in each time"), min_value=0, max_value=10_000, required=False,
        help_text=gettext_lazy("No more are ever accepted."),
    )  # fmt: skip
    lead_minutes = forms.IntegerField(
        label=gettext_lazy("Bookable until so many minutes before"), min_value=0, max_value=10_080, initial=60,
        required=False,
    )  # fmt: skip
    most_hold_days = forms.IntegerField(
        label=gettext_lazy("Longest time it is kept, in days"),
        min_value=1,
        max_value=60,
        initial=14,
        required=False,
    )

    TERMS = (
        "days_ahead", "first_after", "saturdays", "sundays", "holidays", "windows", "capacity", "lead_minutes",
        "most_hold_days",
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, shop: Shop, carriers: list[str], option: DeliveryOption | None = None
    ) -> None:
        self.option = option
        super().__init__(data, initial=_initial(option) if option else None)
        known = dict.fromkeys([*carriers, *(option.carriers if option else [])])
        choose(self, "carriers", [(code, carrier_name(code)) for code in known])
        self.fields["price"].label = _("Price in %(currency)s") % {"currency": shop.currency}

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        parts = {
            _("What and how"): ("kind", "enabled", "way", "depot_email", "needs_approval"),
            _("Until when, and what it costs"): ("cutoff_time", "cutoff_days", "price", "most_an_order"),
            _("For which parcels"): ("stages", "carriers", "services", "countries", "postal_codes"),
            _("Days and times"): self.TERMS,
        }
        return [(title, [self[name] for name in names]) for title, names in parts.items()]

    def fields_said(self) -> dict[str, Any]:
        """As the service takes them."""
        said = dict(self.cleaned_data)
        terms = {name: said.pop(name) for name in self.TERMS}
        said["services"] = [one.strip() for one in said["services"].split(",") if one.strip()]
        said["settings"] = {name: value for name, value in terms.items() if value is not None}
        return said

    def clean_countries(self) -> list[str]:
        found: list[str] = self.cleaned_data["countries"]
        if wrong := [code for code in found if not re.fullmatch(r"[A-Z]{2}", code)]:
            raise forms.ValidationError(
                _("“%(code)s” is no country’s two letters.") % {"code": wrong[0][:20]}
            )
        return found

    def clean_postal_codes(self) -> list[str]:
        found: list[str] = self.cleaned_data["postal_codes"]
        if any(len(one) > 8 for one in found):
            raise forms.ValidationError(_("No more than eight characters each."))
        return found


def _initial(option: DeliveryOption) -> dict[str, Any]:
    terms = Terms.of(option.settings)
    names = [name for name in OptionForm.base_fields if name not in OptionForm.TERMS]
    said = {name: getattr(option, name) for name in names}
    said["services"] = ", ".join(option.services)
    said |= {name: getattr(terms, name) for name in OptionForm.TERMS}
    return said | {"windows": [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in terms.windows]}


def doubts(option: DeliveryOption) -> list[str]:
    """What the shop should know of the carriers it is offered with: who cannot, and what nobody has confirmed."""
    if option.way != "carrier":
        return []
    able = {code: carrier.change for code, carrier in CARRIERS.items() if carrier.change}
    named = option.carriers or list(able)
    said = [
        _("%(carrier)s takes no such change: it is not offered for its parcels.")
        % {"carrier": carrier_name(code)}
        for code in named
        if code not in able or option.kind not in able[code].kinds
    ]
    return said + [_(able[code].unverified) for code in named if code in able and able[code].unverified]
