"""When a parcel was last heard of, where, and when to expect more: no silence goes unexplained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carriers.types import Status, SubStatus
from tracking.calm import calm
from tracking.snapshot import Event, Order, Parcel
from tracking.states import OrderState
from tracking.substatuses import DETAILS
from tracking.when import Clock

HEARD = frozenset({"carrier", "driver"})  # whose word is a scan
OVER = frozenset({Status.DELIVERED, Status.RETURNED, Status.CANCELLED})
SUNDAY = 6

# From one scan to the next, in hours, where the shop's own parcels have not shown it (services.rhythms).
USUAL_H: dict[Status, int] = {
    Status.PENDING: 24,
    Status.INFO_RECEIVED: 24,
    Status.IN_TRANSIT: 24,
    Status.OUT_FOR_DELIVERY: 12,
    Status.FAILED_ATTEMPT: 24,
    Status.EXCEPTION: 48,
    Status.RETURNING: 96,
}
ABROAD_H = 72  # in transit to another country
# A stretch that is slow whatever is usual of its status.
SLOW_H: dict[SubStatus, int] = {SubStatus.DEPARTED_COUNTRY: 120, SubStatus.CUSTOMS_PROCESSING: 72}
SHORTEST_SILENCE_H = 24

# Said of a status whose next scan is told better by an event than by hours.
NEXT: dict[Status, Promise] = {
    Status.OUT_FOR_DELIVERY: gettext_lazy("The next one usually comes with the delivery."),
    Status.AVAILABLE_FOR_PICKUP: gettext_lazy("The next one comes when you collect it."),
    Status.RETURNING: gettext_lazy("On the way back, scans are few."),
}
SOON = gettext_lazy("The next one should come soon: at night and at weekends scans are few.")
SETTLED = gettext_lazy("The next one comes once this is settled.")  # somebody has something to do first
SILENT = gettext_lazy("That is longer than usual. If it worries you, write to us.")
# What comes next of an order that no carrier has scanned.
BEFORE: dict[str, Promise] = {
    OrderState.AWAITING_PAYMENT: gettext_lazy("The next one comes when the payment is confirmed."),
    OrderState.AWAITING_STOCK: gettext_lazy("The next one comes when it is in stock."),
    OrderState.RECEIVED: gettext_lazy("The next one comes when we start to prepare it."),
    OrderState.ROUTED: gettext_lazy("The next one comes when the carrier has it."),
    OrderState.TO_PREPARE: gettext_lazy("The next one comes when the carrier has it."),
    OrderState.PREPARING: gettext_lazy("The next one comes when the carrier has it."),
}


@dataclass(frozen=True, slots=True)
class Fresh:
    """The last scan of any parcel, or what was last heard of the order. `said`: "yesterday at 8:12"."""

    iso: str
    said: str
    place: str
    next: str
    is_scan: bool = True


@dataclass(frozen=True, slots=True)
class _Last:
    """The last scan, and when one more is due, and overdue."""

    event: Event
    status: Status
    sub_status: SubStatus
    usual_h: int
    due: datetime
    overdue: datetime


def freshness(parcels: Sequence[Parcel], order: Order, clock: Clock, home: str) -> Fresh | None:
    """None where nothing more is to come. `home`: the shop's country; scans are rarer on a way abroad."""
    last = _last(parcels, order, clock, home)
    if last is None:
        said = BEFORE.get(order.state)
        return _fresh(order.state_since, clock, "", str(said), is_scan=False) if said else None
    return _fresh(last.event.occurred_at, clock, calm(last.event.place), _next(last, clock.now))


def turns(parcels: Sequence[Parcel], order: Order, clock: Clock, home: str) -> list[datetime]:
    """When the same scan will be spoken of otherwise: once the next is due, and once it is overdue."""
    last = _last(parcels, order, clock, home)
    return [at for at in (last.due, last.overdue) if at > clock.now] if last else []


def after(start: datetime, hours: int, clock: Clock) -> datetime:
    """So many hours later, where a Sunday counts for nothing."""
    at, left = start, timedelta(hours=hours)
    for midnight, weekday in _midnights(start, clock):
        span = timedelta() if weekday == SUNDAY else midnight - at
        if weekday != SUNDAY and left <= span:
            return at + left
        at, left = midnight, left - span
    raise AssertionError("days do not end")


def _midnights(start: datetime, clock: Clock) -> Iterator[tuple[datetime, int]]:
    """The ends of the days from `start` on, each with that day's weekday."""
    day = clock.date_of(start)
    while True:
        yield clock.midnight(day + timedelta(days=1)), day.weekday()
        day += timedelta(days=1)


def _last(parcels: Sequence[Parcel], order: Order, clock: Clock, home: str) -> _Last | None:
    scans = [
        (e.occurred_at, e, p) for p in parcels if p.status not in OVER for e in p.events if e.source in HEARD
    ]
    if not scans:
        return None
    at, event, parcel = max(scans, key=lambda scan: scan[0])
    usual_h = _usual_h(parcel, abroad=bool(order.country) and order.country != home)
    silence_h = max(2 * usual_h, SHORTEST_SILENCE_H)
    return _Last(
        event,
        Status(parcel.status),
        SubStatus(parcel.sub_status),
        usual_h,
        after(at, usual_h, clock),
        after(at, silence_h, clock),
    )


def _usual_h(parcel: Parcel, *, abroad: bool) -> int:
    return usual_hours(
        Status(parcel.status), SubStatus(parcel.sub_status), measured_h=parcel.usual_h or 0, abroad=abroad
    )


def usual_hours(status: Status, sub_status: SubStatus, *, measured_h: int, abroad: bool) -> int:
    """From one scan to the next; `measured_h`: as the shop's own parcels showed it, 0 where they have not."""
    slow_h = SLOW_H.get(sub_status, 0)
    if measured_h:
        return max(measured_h, slow_h)
    usual_h = ABROAD_H if abroad and status is Status.IN_TRANSIT else USUAL_H.get(status, 24)
    return max(usual_h, slow_h)


def _fresh(at: datetime, clock: Clock, place: str, following: str, *, is_scan: bool = True) -> Fresh:
    return Fresh(at.isoformat(), _said(at, clock), place, following, is_scan)


def _said(at: datetime, clock: Clock) -> str:
    """The hour, and how long ago as far as it stays true until midnight."""
    day, hour = clock.date_of(at), clock.hour(at)
    away = (clock.today - day).days
    if away == 0:
        return _("today at %(hour)s") % {"hour": hour}
    if away == 1:
        return _("yesterday at %(hour)s") % {"hour": hour}
    return f"{clock.day(day)}, {hour}"


def _next(last: _Last, now: datetime) -> str:
    detail = DETAILS[last.sub_status]
    if detail.terminal:
        return ""
    if last.status is Status.AVAILABLE_FOR_PICKUP:
        return str(NEXT[last.status])
    if detail.needs and last.status in (Status.IN_TRANSIT, Status.EXCEPTION):
        return str(SETTLED)
    if last.status is Status.EXPIRED or now >= last.overdue:
        return str(SILENT)
    if last.status in NEXT:
        return str(NEXT[last.status])
    return str(SOON) if now >= last.due else _within(last.usual_h)


def _within(hours: int) -> str:
    if 20 < hours <= 26:
        return _("The next one usually follows within a day.")
    if hours <= 48:
        return ngettext(
            "The next one usually comes within %(count)d hour.",
            "The next one usually comes within %(count)d hours.",
            hours,
        ) % {"count": hours}
    days = -(-hours // 24)
    return ngettext(
        "The next one usually comes within %(count)d day.",
        "The next one usually comes within %(count)d days.",
        days,
    ) % {"count": days}
