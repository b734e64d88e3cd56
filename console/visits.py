"""How often customers look at their orders' pages, for how long, on what and from where. Days are UTC's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal, format_percent
from django.db.models import Count, Max, Sum
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.clock import clock_of
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.counting import Device, Reader
from tracking.models import Order, PageVisit
from tracking.when import Clock

DAYS = 30  # as long as they are kept
LABEL_EVERY = 5  # days
MOST_COUNTRIES = 8
DEVICES: dict[str, str | Promise] = {
    Device.PHONE: gettext_lazy("Phone"),
    Device.DESKTOP: gettext_lazy("Computer"),
    Device.TABLET: gettext_lazy("Tablet"),
    Device.OTHER: gettext_lazy("Something else"),
}


class Share(NamedTuple):
    """One part of all views. `width`: in hundredths of the largest part's."""

    label: str
    share: str
    views: int
    width: float


class Bar(NamedTuple):
    """One day. `height`: in hundredths of the tallest day's."""

    label: str  # of the month; empty on most days
    day: str
    views: int
    visits: int
    height: float

    @property
    def top(self) -> float:
        return 100 - self.height


@dataclass(frozen=True, slots=True)
class Figures:
    """Of persons, but for the last two. `stay`: minutes and seconds; empty where nobody's browser said."""

    views: int
    orders: int
    views_per_order: str
    returns_per_order: str
    stay: str
    on_phones: str
    devices: Sequence[Share]
    countries: Sequence[Share]
    bars: Sequence[Bar]
    most: int  # views, on the tallest day
    programs: int
    ahead: int


@members(Role.VIEWER)
@never_cache
@require_safe
def visits(request: MemberRequest) -> HttpResponse:
    figures = figures_of(request.shop, clock_of(request.shop))
    return render(request, "console/visits.html", {"figures": figures, "days": DAYS})


def figures_of(shop: Shop, clock: Clock) -> Figures:
    """Five statements over the shop's rows of thirty days."""
    utc = replace(clock, zone=ZoneInfo("UTC"))
    first = utc.today - timedelta(days=DAYS - 1)
    rows = PageVisit.objects.for_shop(shop).filter(day__gte=first)
    persons = rows.filter(reader=Reader.PERSON)
    sums = persons.aggregate(
        views=Sum("views", default=0), visits=Sum("visits", default=0), dwell_s=Sum("dwell_s", default=0),
        orders=Count("order", distinct=True),
    )  # fmt: skip
    others = dict(rows.exclude(reader=Reader.PERSON).values_list("reader").annotate(Sum("views")))
    devices = persons.values_list("device").annotate(n=Sum("views")).order_by("-n", "device")
    countries = persons.values_list("country").annotate(n=Sum("views")).order_by("-n", "country")
    by_day = {
        day: counts
        for day, *counts in persons.values_list("day").annotate(Sum("views"), Sum("visits")).order_by("day")
    }
    views, orders, opened = sums["views"], sums["orders"], sums["visits"]
    on_phones = next((n for device, n in devices if device == Device.PHONE), 0)
    return Figures(
        views=views,
        orders=orders,
        views_per_order=_each(views, orders, clock),
        returns_per_order=_each(max(opened - orders, 0), orders, clock),
        stay=_minutes(sums["dwell_s"] / opened) if opened and sums["dwell_s"] else "",
        on_phones=_percent(on_phones, views, clock) if views else "",
        devices=_shares([(str(DEVICES[d]), n) for d, n in devices], views, clock),
        countries=_shares(_named(list(countries), clock), views, clock),
        bars=_bars(by_day, first, utc),
        most=max((counts[0] for counts in by_day.values()), default=0),
        programs=others.get(Reader.BOT, 0),
        ahead=others.get(Reader.PREFETCH, 0),
    )


def _each(amount: int, among: int, clock: Clock) -> str:
    """ "12.4": an average as a person reads it; empty among none."""
    return str(format_decimal(round(amount / among, 1), locale=clock.locale)) if among else ""


def _minutes(seconds: float) -> str:
    return f"{round(seconds) // 60}:{round(seconds) % 60:02d}"


def _percent(part: int, whole: int, clock: Clock) -> str:
    return str(format_percent(round(part / whole, 3), locale=clock.locale, decimal_quantization=False))


def _shares(parts: list[tuple[str, int]], whole: int, clock: Clock) -> list[Share]:
    largest = max((n for _label, n in parts), default=0) or 1
    return [
        Share(label, _percent(n, whole, clock), n, round(100 * n / largest, 1)) for label, n in parts if n
    ]


def _named(countries: list[tuple[str, int]], clock: Clock) -> list[tuple[str, int]]:
    """By name, the rest in one line."""
    known = [(clock.locale.territories.get(code, code), n) for code, n in countries if code]
    rest = sum(n for _name, n in known[MOST_COUNTRIES:])
    unknown = sum(n for code, n in countries if not code)
    return [
        *known[:MOST_COUNTRIES],
        (_("Other countries"), rest),
        (pgettext("country", "Not known"), unknown),
    ]


def _bars(by_day: dict[date, list[int]], first: date, utc: Clock) -> list[Bar]:
    most = max((views for views, _visits in by_day.values()), default=0) or 1
    bars = []
    for back in range(DAYS):
        day = first + timedelta(days=back)
        views, opened = by_day.get(day, [0, 0])
        label = str(day.day) if back % LABEL_EVERY == LABEL_EVERY - 1 else ""
        bars.append(Bar(label, utc.short_day(day), views, opened, round(100 * views / most, 2)))
    return bars


def looked_at(order: Order, shop: Shop, clock: Clock) -> str:
    """How often this order's page was looked at, and when last; empty where nobody did within thirty days."""
    rows = PageVisit.objects.for_shop(shop).filter(order=order, reader=Reader.PERSON)
    found = rows.aggregate(views=Sum("views", default=0), visits=Sum("visits", default=0), last=Max("day"))
    if not found["views"]:
        return ""
    last: date = found["last"]
    opened = ngettext("Opened once", "Opened %(count)d times", found["views"]) % {"count": found["views"]}
    if last == clock.now.astimezone(UTC).date():
        return _("%(opened)s, last today") % {"opened": opened}
    return _("%(opened)s, last on %(day)s") % {"opened": opened, "day": clock.short_day(last)}
