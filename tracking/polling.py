"""When to ask a carrier about a shipment next, and when to give it up. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from carriers.types import Eta, Status, SubStatus
from tracking.machine import SILENCE
from tracking.position import Position

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

UNHEARD_FIRST, UNHEARD_LAST = 4 * HOUR, 24 * HOUR  # from the one to the other...
UNHEARD_SLOWING = 5 * DAY  # ...over this long
BLOCKED = 24 * HOUR  # nothing can change before somebody acts
NEAR, ON_THE_WAY, FAR = 2 * HOUR, 4 * HOUR, 5.5 * HOUR
IN_SLOT, BY_DAY, BY_NIGHT = 10 * MINUTE, 15 * MINUTE, HOUR
VANS_OUT, VANS_IN = time(7), time(21)  # local
SLOT_BEFORE, SLOT_AFTER = 30 * MINUTE, HOUR  # vans run early, and late
AT_PICKUP = 6 * HOUR
TROUBLE_FIRST, TROUBLE, TROUBLE_OLD = HOUR, 2 * HOUR, 6 * HOUR
HOMEWARD = 12 * HOUR
LOST, LOST_FOR = 24 * HOUR, 14 * DAY  # some are found
CONFIRM_DELIVERY = (12 * HOUR, 48 * HOUR)  # a false delivery shows itself by then
CONFIRM_UNTIL = 72 * HOUR  # when asking failed

AGES_OUT = 120 * DAY  # known for so long, and silent for a while: nobody waits for it
SLOWEST = 24 * HOUR
MOST_DOUBLINGS = 8
SPREAD = 0.1  # of the interval, so that what came together does not stay together
SOONEST = timedelta(seconds=1)

BLOCKING = frozenset(
    {
        SubStatus.PENDING_INVALID_NUMBER,
        SubStatus.PENDING_NEEDS_DATA,
        SubStatus.PENDING_CARRIER_UNKNOWN,
    },
)
OVER = frozenset({Status.RETURNED, Status.CANCELLED, Status.EXPIRED})


def next_poll(
    position: Position,
    *,
    now: datetime,
    registered_at: datetime,
    eta: Eta | None,
    zone: tzinfo,
    failures: int = 0,
    pace_scale: float = 1.0,
    jitter: float = 0.5,
) -> datetime | None:
    """Return when to ask next, after having asked at `now`; None: no more.

    `failures`: times in a row that asking failed; each doubles the interval, up to 24 h. `zone`: the
    destination's. `jitter`, 0 up to 1, puts it off by up to a tenth. `pace_scale` shortens (or stretches)
    every interval; how long silence must last to expire stays. Raises ValueError unless it is positive.
    """
    if pace_scale <= 0:
        raise ValueError("pace_scale must be above 0: 1 is the usual pace, 0.01 a hundred times as fast")
    if position.status in OVER or expiry(position, now=now, registered_at=registered_at):
        return None
    age = now - (position.since or registered_at)
    if position.status is Status.DELIVERED:
        interval = _until_confirmed(age / pace_scale, failures)
    elif position.is_lost:
        interval = _backed_off(LOST, failures) if age < LOST_FOR else None
    else:
        usual = _usual(position, now=now, registered_at=registered_at, eta=eta, zone=zone)
        interval = _backed_off(usual, failures)
    if interval is None:
        return None
    return now + max(SOONEST, interval * pace_scale * (1 + SPREAD * jitter))


def expiry(position: Position, *, now: datetime, registered_at: datetime) -> SubStatus | None:
    """Return what the system is to record of a shipment nobody hears of any more, or None.

    Safe to ask and to record again: the fold ignores it once scans show that it had not been silent.
    """
    if position.is_settled:
        return None
    silent_for = now - (position.last_event_at or registered_at)
    if silent_for >= SILENCE[SubStatus.EXPIRED_NO_EVENTS]:
        return SubStatus.EXPIRED_NO_EVENTS
    if now - registered_at >= AGES_OUT and silent_for >= SILENCE[SubStatus.EXPIRED_AGED_OUT]:
        return SubStatus.EXPIRED_AGED_OUT
    return None


def _usual(
    position: Position,
    *,
    now: datetime,
    registered_at: datetime,
    eta: Eta | None,
    zone: tzinfo,
) -> timedelta:
    match position.status:
        case Status.PENDING | Status.INFO_RECEIVED:
            return BLOCKED if position.sub_status in BLOCKING else _unheard(position, registered_at, now)
        case Status.IN_TRANSIT:
            return _in_transit(now, eta, zone)
        case Status.OUT_FOR_DELIVERY:
            return _on_the_van(position, now, eta, zone)
        case Status.AVAILABLE_FOR_PICKUP:
            return AT_PICKUP
        case Status.RETURNING:
            return HOMEWARD
        case _:
            age = now - (position.since or registered_at)
            return TROUBLE_FIRST if age < DAY else TROUBLE if age < 2 * DAY else TROUBLE_OLD


def _unheard(position: Position, registered_at: datetime, now: datetime) -> timedelta:
    heard_at = max(registered_at, position.last_event_at or registered_at)
    progress = min(1.0, max(0.0, (now - heard_at) / UNHEARD_SLOWING))
    return UNHEARD_FIRST + (UNHEARD_LAST - UNHEARD_FIRST) * progress


def _in_transit(now: datetime, eta: Eta | None, zone: tzinfo) -> timedelta:
    if eta is None:
        return ON_THE_WAY
    days = (eta.first_date - now.astimezone(zone).date()).days
    return NEAR if days <= 1 else ON_THE_WAY if days <= 3 else FAR


def _on_the_van(position: Position, now: datetime, eta: Eta | None, zone: tzinfo) -> timedelta:
    if eta and eta.slot_from:
        slot_to = eta.slot_to or eta.slot_from
        if eta.slot_from - SLOT_BEFORE <= now <= slot_to + SLOT_AFTER:
            return IN_SLOT
    local = now.astimezone(zone)
    left_lately = position.since is None or now - position.since < DAY
    return BY_DAY if left_lately and VANS_OUT <= local.time() < VANS_IN else BY_NIGHT


def _until_confirmed(age: timedelta, failures: int) -> timedelta | None:
    if failures:
        return _backed_off(HOUR, failures - 1) if age < CONFIRM_UNTIL else None
    return next((wait - age for wait in CONFIRM_DELIVERY if wait > age), None)


def _backed_off(interval: timedelta, failures: int) -> timedelta:
    if failures <= 0:
        return interval
    return max(interval, min(interval * (1 << min(failures, MOST_DOUBLINGS)), SLOWEST))
