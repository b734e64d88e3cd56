"""What an account asks first where it has more due than it may ask. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from enum import IntEnum

from carriers.types import Eta, Status
from tracking.polling import BLOCKING
from tracking.position import Position

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ON_THE_VAN = DAY  # since it left: later the scan that ended the day is missing
DUE_LATE = DAY  # after the day it was expected
LONG_SILENT = 10 * DAY


class Urgency(IntEnum):
    """The values are stored with each poll."""

    LAST = 0  # nobody waits for news: delivered, lost, silent for long, or somebody has to act first
    USUAL = 1
    SOON = 2  # on the van, or expected today
    LOOKED_AT = 3  # somebody has the page open


# Having waited for as long, one of them counts as having waited so many times longer: nothing waits for ever.
WEIGHTS: Mapping[Urgency, int] = {
    Urgency.LAST: 1,
    Urgency.USUAL: 10,
    Urgency.SOON: 10_000,
    Urgency.LOOKED_AT: 10_000_000,
}
AT_ONCE = timedelta(minutes=1)  # what falls due has waited for as long already


def urgency_of(
    position: Position, *, at: datetime, registered_at: datetime, eta: Eta | None, zone: tzinfo
) -> Urgency:
    """How much asking at `at` (when it falls due) matters. `zone`: the destination's."""
    if position.is_settled or position.sub_status in BLOCKING:
        return Urgency.LAST
    if position.status is Status.OUT_FOR_DELIVERY and at - (position.since or at) < ON_THE_VAN:
        return Urgency.SOON
    if eta and eta.first_date <= at.astimezone(zone).date() <= eta.last_date + DUE_LATE:
        return Urgency.SOON
    silent_for = at - (position.last_event_at or registered_at)
    return Urgency.LAST if silent_for >= LONG_SILENT else Urgency.USUAL


def pressure(urgency: Urgency, waited: timedelta) -> float:
    """What the due are sorted by, the most first. `waited`: since it fell due."""
    return WEIGHTS[urgency] * (waited + AT_ONCE).total_seconds()
