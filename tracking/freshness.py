"""When a parcel was last heard of, where, and when to expect more: no silence goes unexplained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.types import Status
from tracking.snapshot import Event, Parcel
from tracking.when import Clock

LONG_SILENCE_DAYS = 4
HEARD = frozenset({"carrier", "driver"})  # whose word is a scan

NEXT: dict[Status, Promise] = {
    Status.PENDING: _("The first one usually follows within a working day."),
    Status.INFO_RECEIVED: _("The first one usually follows within a working day."),
    Status.IN_TRANSIT: _("The next one usually follows within a day."),
    Status.OUT_FOR_DELIVERY: _("The next one usually comes with the delivery."),
    Status.FAILED_ATTEMPT: _("The next one usually follows on the next working day."),
    Status.RETURNING: _("On the way back, scans are few."),
}
SILENT = _("That is longer than usual. If it worries you, write to us.")
OVER = frozenset({Status.DELIVERED, Status.RETURNED, Status.CANCELLED})


@dataclass(frozen=True, slots=True)
class Fresh:
    """The last scan of any parcel. `said`: "Friday 20, 8:12"."""

    iso: str
    said: str
    place: str
    next: str


def freshness(parcels: Sequence[Parcel], clock: Clock) -> Fresh | None:
    """None where nothing was heard yet, or nothing more is to come."""
    scans = [
        (e.occurred_at, e, p) for p in parcels if p.status not in OVER for e in p.events if e.source in HEARD
    ]
    if not scans:
        return None
    at, event, parcel = max(scans, key=lambda scan: scan[0])
    return Fresh(
        iso=at.isoformat(), said=_said(at, clock), place=event.place, next=_next(event, parcel, clock)
    )


def _said(at: datetime, clock: Clock) -> str:
    day = clock.date_of(at)
    hour = clock.hour(at)
    return hour if day == clock.today else f"{clock.day(day)}, {hour}"


def _next(event: Event, parcel: Parcel, clock: Clock) -> str:
    status = Status(parcel.status)
    silent = (clock.today - clock.date_of(event.occurred_at)).days >= LONG_SILENCE_DAYS
    if silent and status in (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.EXPIRED):
        return str(SILENT)
    return str(NEXT.get(status, ""))
