"""What messages are worth: the share that gets only the essential ones, set here, and how it fares beside the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from babel.numbers import format_decimal, format_percent
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from console import faults
from console.actor import actor_of
from console.clock import clock_of, moment_in_full
from console.rows import money
from notifications.effects import Comparison, Rate, Share, Verdict, compare
from notifications.models import HoldoutPeriod, MessageSetup
from notifications.services.channels import usable_channels
from notifications.services.effects import MOST_PERCENT, Figures, Groups, set_contact_cost, set_holdout, worth
from notifications.services.long_statements import TooMuchError
from notifications.services.ruling import rules_of, setup_of
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.when import Clock


class Measure(NamedTuple):
    """`per`: what a rate is counted for; 0 for shares of shoppers."""

    code: str
    label: str | Promise
    per: int
    unit: str | Promise


MEASURES = (
    Measure("tickets", gettext_lazy("Customers’ messages to you"), 100, gettext_lazy("per 100 orders")),
    Measure("where", gettext_lazy("Asked “where is it?”"), 0, gettext_lazy("of shoppers")),
    Measure("returns", gettext_lazy("Came back to the order’s page"), 1, gettext_lazy("times an order")),
    Measure("again_30", gettext_lazy("Bought again within 30 days"), 0, gettext_lazy("of shoppers")),
    Measure("again_60", gettext_lazy("Bought again within 60 days"), 0, gettext_lazy("of shoppers")),
)


class Drawing(NamedTuple):
    """The interval as a picture 100 wide, no difference in the middle."""

    x: float
    width: float
    dot: float


@dataclass(frozen=True, slots=True)
class Line:
    """One measure as a person reads it. `tone`: of the pill beside the verdict."""

    label: str
    unit: str
    told: str
    rest: str
    told_of: str
    rest_of: str
    difference: str
    between: str
    verdict: str
    word: str
    tone: str
    drawing: Drawing | None


@dataclass(frozen=True, slots=True)
class Saved:
    """Money, by the messages to the shop there were fewer. `is_sure`: the difference is more than chance."""

    amount: str
    between: str
    contacts: str
    is_sure: bool
    is_less: bool


@members(Role.VIEWER)
@never_cache
@require_safe
def worth_page(request: MemberRequest) -> HttpResponse:
    return _show(request, ShareForm.of(request.shop), CostForm.of(request.shop))


@members(Role.ADMIN)
@never_cache
@require_POST
def share(request: MemberRequest) -> HttpResponse:
    """How many shoppers in a hundred get only what is essential, from now on."""
    form = ShareForm(request.POST)
    if form.is_valid():
        percent = form.cleaned_data["percent"]
        try:
            changed = set_holdout(
                shop=request.shop, percent=percent, by=actor_of(request), now=timezone.now()
            )
        except ValidationError as error:
            faults.put(form, error)
        else:
            said = _("From now on, %(percent)s %% of shoppers get only essential messages.") % {
                "percent": percent
            }
            stopped = _("From now on, everybody gets all messages again.")
            messages.success(
                request, (said if percent else stopped) if changed else _("Nothing was different.")
            )
            return redirect("console:worth", request.shop.slug)
    return _show(request, form, CostForm.of(request.shop), status=422)


@members(Role.ADMIN)
@never_cache
@require_POST
def cost(request: MemberRequest) -> HttpResponse:
    """What answering one customer costs the shop."""
    form = CostForm(request.POST)
    if form.is_valid():
        try:
            changed = set_contact_cost(
                shop=request.shop, cost=form.cleaned_data["cost"], by=actor_of(request)
            )
        except ValidationError as error:
            faults.put(form, error)
        else:
            messages.success(request, _("Saved.") if changed else _("Nothing was different."))
            return redirect("console:worth", request.shop.slug)
    return _show(request, ShareForm.of(request.shop), form, status=422)


class ShareForm(forms.Form):
    use_required_attribute = False
    percent = forms.IntegerField(
        label=gettext_lazy("Share of shoppers, in %"), min_value=0, max_value=MOST_PERCENT
    )

    @classmethod
    def of(cls, shop: Shop) -> ShareForm:
        return cls(initial={"percent": setup_of(shop.pk).holdout_percent or 10})


class CostForm(forms.Form):
    use_required_attribute = False
    cost = forms.DecimalField(
        label=gettext_lazy("What answering one customer costs you"),
        min_value=0,
        max_digits=7,
        decimal_places=2,
        localize=True,
    )

    @classmethod
    def of(cls, shop: Shop) -> CostForm:
        return cls(initial={"cost": setup_of(shop.pk).contact_cost})


def _show(request: MemberRequest, form: ShareForm, cost_form: CostForm, status: int = 200) -> HttpResponse:
    shop, clock = request.shop, clock_of(request.shop)
    setup = setup_of(shop.pk)
    drawn, told, too_much = None, Figures({}), False
    try:
        drawn, told = worth(shop, setup=setup, now=clock.now)
    except TooMuchError:
        too_much = True
    usable = usable_channels(shop.pk)
    spoken = [rule for rule in rules_of(shop.pk) if rule.enabled and rule.sends and rule.channel in usable]
    essential = sum(rule.essential for rule in spoken)
    context: dict[str, Any] = {
        "form": form,
        "cost_form": cost_form,
        "may_change": Role(request.member.role).includes(Role.ADMIN),
        "percent": setup.holdout_percent,
        "since": moment_in_full(clock, setup.holdout_since) if setup.holdout_since else "",
        "as_of": moment_in_full(clock, told.as_of) if told.as_of else "",
        "most": MOST_PERCENT,
        "too_much": too_much,
        "told_one_in": told.one_in,
        "essential": essential,
        "others": len(spoken) - essential,
        "notified": [_line(m, told, clock, drawn=False) for m in MEASURES if m.code in told.measures],
        "periods": _periods(shop, setup, clock),
    }
    if drawn:
        context |= {
            "lines": [_line(m, drawn, clock) for m in MEASURES],
            "told_units": _number(drawn.measures["tickets"][0].units, clock),
            "rest_units": _number(drawn.measures["tickets"][1].units, clock),
            "forgotten": drawn.forgotten,
            "one_in": drawn.one_in,
            "saved": _saved(drawn, setup, shop, clock),
        }
    return render(request, "console/worth.html", context, status=status)


def _line(measure: Measure, figures: Figures, clock: Clock, *, drawn: bool = True) -> Line:
    groups = figures.measures[measure.code]
    found = compare(*groups)
    verdict, word, tone = _verdict(found, groups, clock)
    known = all(group.units for group in groups) and isfinite(found.difference.high)
    d = found.difference
    return Line(
        label=str(measure.label),
        unit=str(measure.unit),
        told=_said(groups[0].value, measure, clock) if groups[0].units else "—",
        rest=_said(groups[1].value, measure, clock) if groups[1].units else "—",
        told_of=_of(groups[0], clock),
        rest_of=_of(groups[1], clock),
        difference=_signed(d.value, measure, clock) if known else "—",
        between=_("between %(low)s and %(high)s")
        % {"low": _signed(d.low, measure, clock), "high": _signed(d.high, measure, clock)}
        if known
        else "",
        verdict=verdict if drawn else "",
        word=word,
        tone=tone,
        drawing=_drawing(found) if known else None,
    )


def _verdict(found: Comparison, groups: Groups, clock: Clock) -> tuple[str, str, str]:
    """What may be said, in full and in a word; never that chance is an effect."""
    if found.verdict is Verdict.CLEAR:
        less = found.difference.value < 0
        said = (
            _("Less with all messages, and hardly by chance.")
            if less
            else _("More with all messages, and hardly by chance.")
        )
        return said, _("Less") if less else _("More"), "info"
    if found.verdict is Verdict.NONE:
        return (
            _("No difference to be seen, though a difference of a fifth would show by now."),
            _("No difference"),
            "plain",
        )
    if found.more is None:
        return _("Too early to say: there is nothing to count yet."), _("Too early"), "warn"
    if found.more == 0:
        return _("Too early to say."), _("Too early"), "warn"
    n = _orders(found.more, groups)
    said = ngettext(
        "Too early to say: it needs about %(n)s more order to see a difference of a fifth.",
        "Too early to say: it needs about %(n)s more orders to see a difference of a fifth.",
        n,
    )
    return said % {"n": _number(n, clock)}, _("Too early"), "warn"


def _orders(shoppers: int, groups: Groups) -> int:
    """So many shoppers' orders, rounded to what is really known of it: two figures."""
    orders = float(shoppers)
    if isinstance(groups[0], Rate) and isinstance(groups[1], Rate):
        orders *= (groups[0].orders + groups[1].orders) / (groups[0].units + groups[1].units)
    size: int = 10 ** max(0, len(str(int(orders))) - 2)
    return max(1, -(-int(orders) // size) * size)


def _drawing(found: Comparison) -> Drawing:
    d = found.difference
    reach = max(abs(d.low), abs(d.high)) or 1.0
    at = [50 + 46 * value / reach for value in (d.low, d.high, d.value)]
    return Drawing(round(at[0], 2), round(max(1.0, at[1] - at[0]), 2), round(at[2], 2))


def _said(value: float, measure: Measure, clock: Clock) -> str:
    if not measure.per:
        return str(format_percent(round(value, 3), locale=clock.locale, decimal_quantization=False))
    return str(format_decimal(round(value * measure.per, 1), locale=clock.locale))


def _signed(value: float, measure: Measure, clock: Clock) -> str:
    """A difference: in points where shares are compared."""
    amount = round(value * (measure.per or 100), 1)
    sign = "+" if amount > 0 else "−" if amount < 0 else "±"
    said = f"{sign}{format_decimal(abs(amount), locale=clock.locale)}"
    return said if measure.per else _("%(n)s points") % {"n": said}


def _of(group: Share | Rate, clock: Clock) -> str:
    if isinstance(group, Share):
        said = {"count": _number(group.count, clock), "all": _number(group.units, clock)}
        return _("%(count)s of %(all)s") % said
    said = {"count": _number(group.counted, clock), "all": _number(group.orders, clock)}
    return _("%(count)s in %(all)s orders") % said


def _number(n: int, clock: Clock) -> str:
    return str(format_decimal(n, locale=clock.locale))


def _saved(figures: Figures, setup: MessageSetup, shop: Shop, clock: Clock) -> Saved | None:
    """What the messages to the shop that did not come would have cost, of the orders told of everything."""
    groups = figures.measures["tickets"]
    told = groups[0]
    found = compare(*groups)
    d = found.difference
    if not isinstance(told, Rate) or not isfinite(d.high) or not groups[1].units:
        return None
    orders = told.orders * figures.one_in

    def worth_of(difference: float) -> str:
        return money((Decimal(round(-difference * orders)) * setup.contact_cost), shop.currency, clock)

    return Saved(
        amount=worth_of(d.value),
        between=_("between %(low)s and %(high)s") % {"low": worth_of(d.high), "high": worth_of(d.low)},
        contacts=_number(round(-d.value * orders), clock),
        is_sure=found.verdict is Verdict.CLEAR,
        is_less=d.value < 0,
    )


@dataclass(frozen=True, slots=True)
class Period:
    """A share that was held out once. `said`: each measure's difference then, and what could be said of it."""

    percent: int
    since: str
    until: str
    lines: Sequence[Line]


def _periods(shop: Shop, setup: MessageSetup, clock: Clock) -> list[Period]:
    ended = HoldoutPeriod.objects.for_shop(shop).exclude(until=None).order_by("-until")[:20]
    periods = []
    for period in ended:
        figures = Figures.read(period.figures)
        lines = [_line(m, figures, clock) for m in MEASURES if m.code in figures.measures]
        since, until = (moment_in_full(clock, at) for at in (period.since, period.until))
        periods.append(Period(period.percent, since, until, lines))
    return periods
