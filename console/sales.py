"""What messages brought in, and to whom offers are shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from babel.numbers import format_percent
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.clock import clock_of
from console.occasion_names import name_of
from console.rows import StateNames, money
from notifications.marketing import EVERYWHERE, SOFT
from notifications.models import Template
from notifications.occasions import OCCASIONS
from notifications.services.marketing_choices import set_counting, set_strictness
from notifications.services.revenue import NO_MESSAGE, Brought, brought
from notifications.services.ruling import setup_of
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.services.incoming import Refused
from tracking.when import Clock

SPANS = {"30": gettext_lazy("30 days"), "90": gettext_lazy("90 days"), "365": gettext_lazy("A year")}


@dataclass(frozen=True, slots=True)
class Line:
    """`early`: the share of the money that came before the first order was delivered."""

    label: str
    orders: int
    amount: str
    early_orders: int
    early_amount: str
    early: str


@members(Role.VIEWER)
@never_cache
@require_safe
def sales(request: MemberRequest) -> HttpResponse:
    shop, clock = request.shop, clock_of(request.shop)
    days = request.GET.get("days", "")
    days = days if days in SPANS else "30"
    span = (clock.now - timedelta(days=int(days)), clock.now)
    by_how = brought(shop, "how", *span)
    names = _names(shop)
    context = {
        "tab": "sales",
        "days": days,
        "spans": SPANS.items(),
        "totals": _lines(_by_currency(by_how), clock, lambda one: one.currency),
        "tables": [
            (_("By what the message told of"), _lines(brought(shop, "occasion", *span), clock, names.occasion)),
            (_("By design"), _lines(brought(shop, "template", *span), clock, names.design)),
            (_("By coupon"), _lines(brought(shop, "coupon", *span), clock, lambda one: one.of)),
            (_("By why it counts"), _lines(by_how, clock, names.how)),
        ],
        "sale_days": setup_of(shop.pk).sale_days,
        "counting": _counting(request),
    }  # fmt: skip
    return render(request, "console/sales.html", context)


class _names:
    """What occasions and designs are called. Two statements."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.states = shop, StateNames(shop)
        own = Template.objects.for_shop(shop).exclude(name="")
        self.designs = dict(own.values_list("key", "name"))

    def occasion(self, one: Brought) -> str:
        return (
            name_of(self.shop, one.of, self.states)
            if one.of in OCCASIONS
            else one.of or _("No message of ours")
        )

    def design(self, one: Brought) -> str:
        if one.of == NO_MESSAGE:
            return _("No message of ours")
        if not one.of:
            return _("The one of the occasion")
        return self.designs.get(one.of) or (
            name_of(self.shop, one.of, self.states) if one.of in OCCASIONS else one.of
        )

    def how(self, one: Brought) -> str:
        return {"coupon": _("A coupon was used"), "click": _("A link was followed")}.get(one.of, one.of)


def _by_currency(rows: Sequence[Brought]) -> list[Brought]:
    """All of one currency together; no two are ever added."""
    return [
        _sum(code, [row for row in rows if row.currency == code])
        for code in dict.fromkeys(r.currency for r in rows)
    ]


def _sum(currency: str, rows: Sequence[Brought]) -> Brought:
    return Brought(
        "", currency, sum(row.orders for row in rows), sum((row.amount for row in rows), Decimal()),
        sum(row.early_orders for row in rows), sum((row.early_amount for row in rows), Decimal()),
    )  # fmt: skip


def _lines(rows: Sequence[Brought], clock: Clock, label: Callable[[Brought], str]) -> list[Line]:
    return [
        Line(
            label(row), row.orders, money(row.amount, row.currency, clock), row.early_orders,
            money(row.early_amount, row.currency, clock), _share(row, clock),
        )
        for row in rows
    ]  # fmt: skip


def _share(row: Brought, clock: Clock) -> str:
    part = row.early_amount / row.amount if row.amount else Decimal(row.early_orders) / (row.orders or 1)
    return str(format_percent(round(part, 2), locale=clock.locale))


# --- What is counted ---


class CountingForm(forms.Form):
    use_required_attribute = False
    clicks = forms.BooleanField(
        label=gettext_lazy("Count links of mails that are followed"), required=False,
        help_text=gettext_lazy("They lead by your tracking address, and add utm_ parts to addresses of your website."),
    )  # fmt: skip
    opens = forms.BooleanField(
        label=gettext_lazy("Count mails that are opened"), required=False,
        help_text=gettext_lazy("By a picture at their end. Many mail programs open it for nobody, or hide it."),
    )  # fmt: skip
    sale_days = forms.IntegerField(
        label=gettext_lazy("Days from a link to an order it counts for"), min_value=1, max_value=60
    )


def _counting(request: MemberRequest) -> CountingForm | None:
    """Only of who may change it."""
    if not Role(request.member.role).includes(Role.ADMIN):
        return None
    setup = setup_of(request.shop.pk)
    held = {"clicks": setup.counts_clicks, "opens": setup.counts_opens, "sale_days": setup.sale_days}
    return CountingForm(initial=held)


@members(Role.ADMIN)
@never_cache
@require_POST
def counting(request: MemberRequest) -> HttpResponse:
    form = CountingForm(request.POST)
    if form.is_valid():
        changed = set_counting(shop=request.shop, by=actor_of(request), **form.cleaned_data)
        messages.success(request, _("Saved.") if changed else _("Nothing was different."))
    else:
        messages.error(request, _("Nothing was changed: write a number of days from 1 to 60."))
    return redirect("console:offers_sales", request.shop.slug)


# --- To whom ---


class ToWhomForm(forms.Form):
    everywhere = forms.BooleanField(
        label=gettext_lazy("Only to who said yes, wherever they live"), required=False,
        help_text=gettext_lazy("At your checkout, sent with the order as wants_marketing, or through the API."),
    )  # fmt: skip
    asked_in = forms.CharField(
        label=gettext_lazy("Only to who said yes, in these countries"), required=False, max_length=400,
        help_text=gettext_lazy("Their two letters, with commas: DE, FR."),
    )  # fmt: skip


@members(Role.ADMIN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def to_whom(request: MemberRequest) -> HttpResponse:
    """Where the shop asks for a yes although the law would not."""
    own = setup_of(request.shop.pk).marketing
    initial = {
        "everywhere": EVERYWHERE in own,
        "asked_in": ", ".join(code for code in sorted(own) if code != EVERYWHERE),
    }
    form = ToWhomForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            changed = set_strictness(
                shop=request.shop, everywhere=said["everywhere"], by=actor_of(request),
                asked_in=re.split(r"[\s,;]+", said["asked_in"]),
            )  # fmt: skip
        except Refused as refused:
            faults.put(form, refused)
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was different."))
            return redirect("console:offers_to_whom", request.shop.slug)
    territories = clock_of(request.shop).locale.territories
    context = {
        "tab": "to_whom", "form": form,
        "soft": sorted((territories.get(code, code) for code in SOFT), key=str.casefold),
        "own_country": territories.get(request.shop.country, request.shop.country),
        "is_soft": request.shop.country in SOFT,
    }  # fmt: skip
    return render(
        request, "console/offers_to_whom.html", context, status=422 if request.method == "POST" else 200
    )
