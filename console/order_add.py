"""An order put in by hand."""

from __future__ import annotations

import secrets
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from carriers.directory import everyone
from console.actor import actor_of
from console.clock import in_shop_time
from console.fields import choose, day_input, moment_input
from console.order_forms import carrier_code_of
from tenants import audit
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.labels import state_label
from tracking.models import Order
from tracking.services import intake
from tracking.services.incoming import LineIn, OrderIn, Refused, ShipmentIn
from tracking.states import ASSERTABLE, STATES

LINES = 5  # rows to fill in; a longer order comes as a file or through the API
BY_HAND = "console:"  # what the platform's id of an order put in by hand begins with


class AddForm(forms.Form):
    """The order itself. Its once is drawn when the form is shown: sent twice, it makes one order."""

    once = forms.RegexField(r"^[\w-]{8,40}$", widget=forms.HiddenInput)
    number = forms.CharField(label=gettext_lazy("Order number"), max_length=64)
    placed_at = forms.DateTimeField(label=gettext_lazy("Placed"), widget=moment_input())
    state = forms.ChoiceField(label=gettext_lazy("State"), initial="received")
    customer_name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=160)
    customer_email = forms.CharField(
        label=gettext_lazy("E-mail"),
        required=False,
        max_length=254,
        widget=forms.EmailInput(),
        help_text=gettext_lazy("Where the messages go. Without it nobody is told."),
    )
    customer_phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"type": "tel"}),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the messages"))
    address_line = forms.CharField(label=gettext_lazy("Street and number"), required=False, max_length=200)
    address_extra = forms.CharField(
        label=gettext_lazy("Floor, door, how to get in"), required=False, max_length=200
    )
    postal_code = forms.CharField(label=gettext_lazy("Postal code"), required=False, max_length=16)
    city = forms.CharField(label=gettext_lazy("Town"), required=False, max_length=120)
    country = forms.CharField(
        label=gettext_lazy("Country"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("Two letters: ES, FR, BR…"),
    )
    total = forms.DecimalField(label=gettext_lazy("Total"), required=False, localize=True)
    promised_date = forms.DateField(
        label=gettext_lazy("Day promised"),
        required=False,
        widget=day_input(),
    )
    carrier = forms.CharField(
        label=gettext_lazy("Carrier"),
        required=False,
        max_length=80,
        widget=forms.TextInput({"list": "carriers"}),
    )
    tracking = forms.CharField(
        label=gettext_lazy("Tracking number"),
        required=False,
        max_length=64,
        widget=forms.TextInput({"autocapitalize": "characters", "spellcheck": "false"}),
    )
    use_required_attribute = False

    def __init__(self, shop: Shop, data: Any = None) -> None:
        super().__init__(data)
        self.shop = shop
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")
        choose(self, "state", [(s.value, state_label(s)) for s in STATES if s in ASSERTABLE])
        choose(self, "language", [(code, code) for code in shop.languages or [shop.language]])
        self.initial = {
            "once": secrets.token_urlsafe(12),
            "placed_at": timezone.localtime().replace(second=0, microsecond=0),
            "language": shop.language,
            "country": shop.country,
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("carrier") and not said.get("tracking"):
            self.add_error("tracking", _("A parcel needs its tracking number."))
        return said

    def order_in(self, lines: list[LineIn]) -> OrderIn:
        said = dict(self.cleaned_data)
        once, carrier, number = said.pop("once"), said.pop("carrier"), said.pop("tracking")
        parcels = (ShipmentIn(carrier_code_of(carrier), number),) if number else ()
        return OrderIn(
            asserted=said.pop("state"),
            external_id=BY_HAND + once,
            lines=tuple(lines) or None,
            shipments=parcels,
            **{name: value for name, value in said.items() if value not in (None, "")},
        )


class LineForm(forms.Form):
    """One article."""

    title = forms.CharField(label=gettext_lazy("Article"), required=False, max_length=200)
    sku = forms.CharField(label=gettext_lazy("Article code"), required=False, max_length=80)
    quantity = forms.IntegerField(label=gettext_lazy("Units"), required=False, min_value=1, initial=1)
    unit_price = forms.DecimalField(label=gettext_lazy("Price each"), required=False, localize=True)
    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if (said.get("unit_price") is not None) and not (said.get("title") or said.get("sku")):
            self.add_error("title", _("A line needs a title or an article code."))
        return said

    def line_in(self) -> LineIn | None:
        said = self.cleaned_data
        if not said.get("title") and not said.get("sku"):
            return None
        return LineIn(
            said["title"], said["sku"], quantity=said["quantity"] or 1, unit_price=said["unit_price"]
        )


LineForms = forms.formset_factory(LineForm, extra=LINES, max_num=LINES, absolute_max=LINES)


@members(Role.AGENT)
@never_cache
@in_shop_time
def add(request: MemberRequest) -> HttpResponse:
    if request.method != "POST":
        return _show(request, AddForm(request.shop), LineForms(prefix="line"), 200)
    form, lines = AddForm(request.shop, request.POST), LineForms(request.POST, prefix="line")
    if form.is_valid() and lines.is_valid():
        known = _known(request, form.cleaned_data["number"])
        if known and known.external_id == BY_HAND + form.cleaned_data["once"]:
            return redirect("console:order", request.shop.slug, known.pk)
        if known:
            form.add_error("number", _already_there(request, known))
        elif order := _take(request, form, lines):
            messages.success(request, _("Order added."))
            return redirect("console:order", request.shop.slug, order.pk)
    return _show(request, form, lines, 422)


def _known(request: MemberRequest, number: str) -> Order | None:
    found = Order.objects.for_shop(request.shop).filter(
        channel="web", number=number.strip().removeprefix("#").strip()
    )
    known: Order | None = found.first()
    return known


def _already_there(request: MemberRequest, known: Order) -> str:
    address = reverse("console:order", args=[request.shop.slug, known.pk])
    words = _("There is an order %(number)s already.") % {"number": known.number}
    return format_html('{} <a href="{}">{}</a>', words, address, _("Open it"))


def _take(request: MemberRequest, form: AddForm, lines: Any) -> Order | None:
    """The order, or None with what is wrong written into the forms."""
    filled = [line for line in lines if line.line_in()]
    order_in = form.order_in([line.line_in() for line in filled])
    by = actor_of(request)
    try:
        order = intake.upsert_order(shop=request.shop, order=order_in, by=by, now=timezone.now())
    except Refused as refused:
        _refuse(form, filled, refused)
        return None
    audit.record(
        shop=request.shop, actor=by.name, role=by.role, address=by.address, action="order.added",
        subject=f"order:{order.pk}",
    )  # fmt: skip
    return order


def _refuse(form: AddForm, lines: list[LineForm], refused: Refused) -> None:
    """Put each complaint beside the field it is about: `number`, `lines.0.sku`, `shipments.0.number`."""
    own = {"asserted": "state", "shipments.0.carrier": "carrier", "shipments.0.number": "tracking"}
    for name, sentences in refused.fields.items():
        part, _dot, rest = name.partition(".")
        position, _dot, field = rest.partition(".")
        if part == "lines" and position.isdigit() and int(position) < len(lines):
            line = lines[int(position)]
            line.add_error(field if field in line.fields else None, sentences)
        else:
            place = own.get(name, name)
            form.add_error(place if place in form.fields else None, sentences)


def _show(request: MemberRequest, form: AddForm, lines: Any, status: int) -> HttpResponse:
    carriers = [listed.name for listed in everyone()]
    context = {"form": form, "lines": lines, "carriers": carriers}
    return render(request, "console/order_add.html", context, status=status)
