"""How messages fare: sent, opened, followed, held back, what they cost and what was bought after. By what they are about."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from babel.numbers import format_decimal, format_percent
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from console.clock import clock_of
from console.message_words import HELD, NOTICES
from console.occasion_names import name_of
from console.rows import StateNames, money
from notifications.occasions import NOTICED, OCCASIONS
from notifications.registry import CHANNELS
from notifications.services.long_statements import TooMuchError
from notifications.services.message_figures import Counts, Figures, Row, figures_of
from tenants.access import MemberRequest, members
from tenants.models import Role, Shop
from tracking.when import Clock

SPANS = (7, 30, 90)  # days
OPENED, RETURNS = 70, 17  # what is reached elsewhere: % of delivery mails opened, returns to an order's page


class Bar(NamedTuple):
    """Some days. Heights in hundredths of the tallest."""

    label: str  # empty on most
    days: str
    sent: int
    held: int
    sent_height: float
    held_height: float

    @property
    def sent_top(self) -> float:
        return 100 - self.sent_height

    @property
    def held_top(self) -> float:
        return 100 - self.sent_height - self.held_height


@dataclass(frozen=True, slots=True)
class Line:
    """One row as a person reads it. `design`: empty where it is the occasion's own."""

    label: str
    channel: str
    design: str
    counts: Counts
    opened: str
    perhaps: str
    clicked: str
    bounced: str
    held: Sequence[tuple[str, int]]
    stopped: int
    cost: str
    sales: int
    revenue: str
    width: float


@members(Role.VIEWER)
@never_cache
@require_safe
def message_report(request: MemberRequest) -> HttpResponse:
    days, clock = _days(request), clock_of(request.shop)
    spans = [(n, ngettext("%(n)d day", "%(n)d days", n) % {"n": n}) for n in SPANS]
    try:
        figures = figures_of(request.shop, since=_since(days, clock), until=clock.now)
    except TooMuchError:
        return render(
            request, "console/message_report.html", {"days": days, "spans": spans, "too_much": True}
        )
    total, names = figures.total(), StateNames(request.shop)
    most = max((row.counts.sent for row in figures.rows), default=0)
    mails = _delivery_mails(figures)
    context = {
        "days": days,
        "spans": spans,
        "lines": [_line(request.shop, row, clock, names, most) for row in _by_size(figures.rows)],
        "total": _line(request.shop, total, clock, names, total.counts.sent),
        "bars": _bars(figures.by_day, days, clock),
        "most": max((sent + held for sent, held in figures.by_day.values()), default=0),
        "opened": _percent(mails.human, mails.arrived, clock),
        "perhaps": _percent(mails.human + mails.unknown, mails.arrived, clock),
        "machines": mails.machine,
        "returns": _returns(figures, clock),
        "opened_elsewhere": OPENED,
        "returns_elsewhere": RETURNS,
    }
    return render(request, "console/message_report.html", context)


def _days(request: MemberRequest) -> int:
    chosen = request.GET.get("days", "")
    return int(chosen) if chosen in map(str, SPANS) else 30


def _since(days: int, clock: Clock) -> datetime:
    """Whole days of the shop's, today among them."""
    return clock.midnight(clock.today - timedelta(days=days - 1))


def _by_size(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (-row.counts.sent, -row.counts.made, row.key))


def _delivery_mails(figures: Figures) -> Counts:
    """E-mails about orders and parcels; answers, codes and notes to the shop aside."""
    told = (row for row in figures.rows if row.key[1] == "email")
    of_orders = (row for row in told if row.key[0] in OCCASIONS and row.key[0] not in NOTICED)
    return Figures(tuple(of_orders), {}).total().counts


def _returns(figures: Figures, clock: Clock) -> str:
    if not figures.viewed_orders:
        return ""
    again = max(0, figures.views - figures.viewed_orders) / figures.viewed_orders
    return str(format_decimal(round(again, 1), locale=clock.locale))


def _line(shop: Shop, row: Row, clock: Clock, names: StateNames, most: int) -> Line:
    occasion, channel, template = row.key
    counts = row.counts
    return Line(
        label=_name(shop, occasion, names),
        channel=CHANNELS[channel].name if channel in CHANNELS else "",
        design=template if template not in ("", occasion) else "",
        counts=counts,
        opened=_percent(counts.human, counts.arrived, clock),
        perhaps=_percent(counts.human + counts.unknown, counts.arrived, clock),
        clicked=_percent(counts.clicked, counts.arrived, clock),
        bounced=_percent(counts.bounced, counts.sent, clock),
        held=[(str(HELD.get(why, why)), n) for why, n in sorted(row.held.items(), key=lambda one: -one[1])],
        stopped=row.stopped,
        cost=_sums(row.cost, clock),
        sales=row.sales,
        revenue=_sums(row.revenue, clock),
        width=round(100 * counts.sent / most, 1) if most else 0.0,
    )


def _name(shop: Shop, occasion: str, names: StateNames) -> str:
    if occasion in OCCASIONS:
        return name_of(shop, occasion, names)
    return str(NOTICES.get(occasion, occasion)) or _("Not known")


def _sums(amounts: Mapping[str, Decimal], clock: Clock) -> str:
    return " + ".join(
        money(amount, currency, clock) for currency, amount in sorted(amounts.items()) if currency
    )


def _percent(part: int, whole: int, clock: Clock) -> str:
    """Empty among none."""
    if not whole:
        return ""
    return str(format_percent(round(part / whole, 3), locale=clock.locale, decimal_quantization=False))


def _bars(by_day: Mapping[date, tuple[int, int]], days: int, clock: Clock) -> list[Bar]:
    """A bar a day; of 90 days one for each three."""
    step = 3 if days > 31 else 1
    first = clock.today - timedelta(days=days - 1)
    parts = [[first + timedelta(days=n + k) for k in range(step)] for n in range(0, days, step)]
    sums = [tuple(sum(by_day.get(day, (0, 0))[i] for day in part) for i in (0, 1)) for part in parts]
    most = max((sent + held for sent, held in sums), default=0) or 1
    bars = []
    for n, (part, (sent, held)) in enumerate(zip(parts, sums, strict=True)):
        shown = (
            clock.short_day(part[0])
            if step == 1
            else f"{clock.short_day(part[0])} – {clock.short_day(part[-1])}"
        )
        label = str(part[0].day) if days <= 7 or n % 5 == 4 else ""
        bars.append(Bar(label, shown, sent, held, round(100 * sent / most, 2), round(100 * held / most, 2)))
    return bars


# --- As a file ---


class _Line:
    """What the writer writes to: hands the line back."""

    def write(self, value: str) -> str:
        return value


@members(Role.VIEWER)
@never_cache
@require_safe
def message_report_csv(request: MemberRequest) -> HttpResponse:
    """A line for each occasion, channel, design and currency of what was bought."""
    days, clock = _days(request), clock_of(request.shop)
    try:
        figures = figures_of(request.shop, since=_since(days, clock), until=clock.now)
    except TooMuchError:
        return redirect(f"{reverse('console:report_messages', args=[request.shop.slug])}?days={days}")
    response = StreamingHttpResponse(_lines(_by_size(figures.rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="messages-{days}-days.csv"'
    return response  # type: ignore[return-value]


def _lines(rows: Sequence[Row]) -> Iterator[str]:
    writer = csv.writer(_Line())
    reasons = sorted({why for row in rows for why in row.held})
    head = (
        "occasion", "channel", "design", "made", "sent", "delivered", "opened_by_a_person", "opened_unknown",
        "opened_by_a_machine", "clicked", "bounced", "failed", "complained", "waiting", "unsubscribed", "cost", "sales",
        "revenue", *(f"held_{why}" for why in reasons),
    )  # fmt: skip
    yield "\ufeff" + writer.writerow(head)
    for row in rows:
        cells = (
            *row.key, *row.counts, row.stopped, _plain(row.cost), row.sales, _plain(row.revenue),
            *(row.held.get(why, 0) for why in reasons),
        )  # fmt: skip
        yield writer.writerow([_harmless(cell) for cell in cells])


def _plain(amounts: Mapping[str, Decimal]) -> str:
    return " + ".join(f"{amount:f} {currency}" for currency, amount in sorted(amounts.items()))


def _harmless(cell: Any) -> str:
    """A cell that begins like a formula is text: spreadsheets would run it."""
    said = "" if cell is None else str(cell)
    return f"'{said}" if said[:1] in ("=", "+", "-", "@", "\t", "\r") else said
