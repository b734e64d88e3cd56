"""How a shipment's events come to its position: one fold over the set of them, in any order. Pure.

An event is de-duplicated by key, put in order by (effective time, stage, sub-status, key) and walked
once. Which event did what, and by which rule, is kept beside the result.

A code nobody has given a meaning moves nothing. It becomes `<status>.unmapped` only where the detail was
a place on the way ("left the Zaragoza depot"), which a newer scan makes stale; a detail that tells
somebody what to do or what happened (a locker, customs papers, "nobody home", "signed") stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo

from carriers.types import FROM_CODE, FROM_WORDS, Status, SubStatus
from tracking.draft import DISPUTED, Draft, Verdict
from tracking.position import HUMAN, NOT_YET, SETTLED, Decision, Flag, Kind, Position, Stored, Why
from tracking.substatuses import DETAILS, MAPPED, UNMAPPED, Detail

CLOCK_TOLERANCE = timedelta(hours=24)  # further ahead than this, a carrier's clock is not believed
CONFIRMING_SCANS = 2  # movement after a delivery is noise, unless this many scans...
CONFIRMING_SPAN = timedelta(hours=6)  # ...are spread over at least this long
# How long nobody must have heard of a shipment for the system to give it up.
SILENCE = {
    SubStatus.EXPIRED_NO_EVENTS: timedelta(days=30),
    SubStatus.EXPIRED_AGED_OUT: timedelta(days=7),
}

MOVEMENT = frozenset(
    {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.AVAILABLE_FOR_PICKUP, Status.FAILED_ATTEMPT},
)
ON_DELIVERY_OR_RETURN = frozenset({Status.DELIVERED, Status.RETURNING, Status.RETURNED})
TROUBLE = frozenset({Status.FAILED_ATTEMPT, Status.EXCEPTION})
SCANNED_BY = frozenset({"carrier", "driver"})
SHOPPER_MAY_SAY = frozenset({DISPUTED, SubStatus.DELIVERED_CONFIRMED})
AFTER: dict[Status, Verdict] = {
    Status.DELIVERED: (Kind.KEPT, Why.AFTER_DELIVERED),
    Status.RETURNING: (Kind.KEPT, Why.RETURNING),
    Status.RETURNED: (Kind.KEPT, Why.AFTER_RETURNED),
    Status.CANCELLED: (Kind.KEPT, Why.AFTER_CANCELLED),
    Status.EXPIRED: (Kind.KEPT, Why.AFTER_EXPIRED),
    Status.EXCEPTION: (Kind.KEPT, Why.AFTER_LOST),
}

Line = tuple[datetime, int, str, str, Stored, Detail | None]  # in order by its first four


class Walk(Draft):
    """The draft, with the timeline it is written from and the line being read."""

    __slots__ = ("index", "lines", "noise_until")

    def __init__(self, lines: list[Line], zone: tzinfo) -> None:
        super().__init__(zone)
        self.lines, self.index = lines, 0
        self.noise_until = 0  # movement before this line is known not to refute the delivery


def fold(events: Iterable[Stored], *, zone: tzinfo = UTC) -> Position:
    """Return the position these events come to; `zone` says when a day on the van begins.

    Depends on the set of events alone: not on their order, on repetition, or on how many calls
    they came in.
    """
    walk = Walk(_timeline(events), zone)
    for index, (at, _, _, key, event, row) in enumerate(walk.lines):
        walk.index, before = index, walk.status
        if at is not event.occurred_at:
            walk.flags.add(Flag.CLOCK_SUSPECT)
        kind, why = _decide(walk, at, event, row)
        if event.source != "system":
            walk.last_event_at = at
        walk.decisions.append(Decision(key, kind, before, walk.status, why))
    return walk.position()


def _timeline(events: Iterable[Stored]) -> list[Line]:
    known: dict[str, Stored] = {}
    for event in events:
        twin = known.get(event.key)
        known[event.key] = event if twin is None else _merged(twin, event)
    lines: list[Line] = []
    for key, event in known.items():
        at, sub = event.occurred_at, event.sub_status
        if at > event.received_at and at - event.received_at > CLOCK_TOLERANCE:
            at = event.received_at
        row = MAPPED.get(sub) if sub else None
        lines.append((at, row.rank if row else -1, row.sub_status if row else "", key, event, row))
    lines.sort()
    return lines


def _merged(one: Stored, other: Stored) -> Stored:
    """The same event reported twice: the more telling report, at the earliest time given for it."""
    if one == other:
        return one
    return replace(
        max(one, other, key=_telling),
        occurred_at=min(one.occurred_at, other.occurred_at),
        received_at=min(one.received_at, other.received_at),
    )


def _telling(event: Stored) -> tuple[float, int, bool, str, str, str]:
    """A person's reading before the code's, the code's before one of the words; then the one that says more."""
    row = MAPPED.get(event.sub_status) if event.sub_status else None
    if row is None:
        weight = event.authority if event.authority > FROM_CODE else FROM_WORDS - 1
        return (weight, -1, False, event.sub_status or "", event.reason, event.source)
    return (event.authority, row.rank, not row.generic, row.sub_status, event.reason, event.source)


def _decide(walk: Walk, at: datetime, event: Stored, row: Detail | None) -> Verdict:
    given_up = walk.status is Status.EXPIRED and event.source != "system"
    if given_up and (row is None or row.status is not Status.EXPIRED):
        return _revive(walk, at, event, row)
    return _judge(walk, at, event, row)


def _judge(walk: Walk, at: datetime, event: Stored, row: Detail | None) -> Verdict:
    if row is None:
        return _unread(walk, at)
    if row.annotates:
        return _annotate(walk, at, event, row)
    if event.source in HUMAN:
        if row.status is walk.status:
            return walk.stay(at, event, row)
        return walk.enter(at, event, row, Why.BY_HAND)
    if event.source == "shopper" and row.sub_status not in SHOPPER_MAY_SAY:
        return Kind.KEPT, Why.NOT_THEIRS_TO_SAY
    if row.sub_status is DISPUTED:
        return _dispute(walk, at, event, row)
    rule = RULES.get(walk.status)
    verdict = rule(walk, at, event, row) if rule else None
    return verdict or _arrive(walk, at, event, row)


def _arrive(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict:
    """The ordinary way on: nothing about the present status stands against it."""
    before, after = walk.status, row.status
    if after is before:
        return walk.stay(at, event, row)
    if after in NOT_YET and (walk.moved_at or (after is Status.PENDING and not row.needs)):
        return Kind.KEPT, Why.LATE_PREADVICE
    if after is Status.EXPIRED and _heard_lately(walk, at, event, row):
        return Kind.KEPT, Why.STILL_HEARD
    if after is not Status.IN_TRANSIT:
        return walk.enter(at, event, row, Why.MOVED_ON)
    if before is Status.OUT_FOR_DELIVERY and not event.reason:
        verdict = walk.enter(at, event, row, Why.RETURNED_TO_DEPOT)
        walk.flags.add(Flag.RETURNED_TO_DEPOT)
        return verdict
    return walk.enter(at, event, row, Why.RECOVERED if before in TROUBLE else Why.MOVED_ON)


def _annotate(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict:
    """A delay, a new date, a corrected address: true wherever the parcel is, moves it nowhere."""
    if walk.status in SETTLED or walk.status is Status.RETURNING or walk.row.terminal:
        return AFTER[walk.status]
    if row.delayed:
        walk.delay = row.sub_status
    if walk.status is Status.PENDING:  # a carrier that writes notes about it knows of it
        return walk.enter(at, event, DETAILS[SubStatus.DATA_UPDATED], Why.FIRST_SIGHT)
    if row.status is walk.status and (walk.row.passing or walk.row.annotates):
        walk.detail(at, row)
    return Kind.ANNOTATED, Why.NOTE


def _unread(walk: Walk, at: datetime) -> Verdict:
    if not walk.row.passing:
        return Kind.KEPT, Why.UNMAPPED
    walk.detail(at, DETAILS[UNMAPPED[walk.status]])
    return Kind.ANNOTATED, Why.UNMAPPED


def _dispute(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict:
    if event.source != "shopper":
        return Kind.KEPT, Why.NOT_THEIRS_TO_SAY
    if walk.sub is DISPUTED:
        return walk.stay(at, event, row)
    if walk.status is Status.DELIVERED:
        return walk.enter(at, event, row, Why.DISPUTED)
    return Kind.KEPT, Why.NOTHING_TO_DISPUTE


def _revive(walk: Walk, at: datetime, event: Stored, row: Detail | None) -> Verdict:
    """Heard of again after we had given it up: back to where it was, then on from there."""
    entered = len(walk.path)
    walk.status, walk.sub = walk.expired_from
    walk.row = DETAILS[walk.sub]
    walk.flags.add(Flag.REVIVED)
    _, why = _judge(walk, at, event, row)
    if len(walk.path) == entered:
        why = Why.REVIVED
        walk.resume(at, event)
    else:
        why = Why.REVIVED if why is Why.MOVED_ON else why
        walk.amend(before=Status.EXPIRED, why=why)
    return Kind.MOVED, why


def _heard_lately(walk: Walk, at: datetime, event: Stored, row: Detail) -> bool:
    """Scans that reached us after the system gave it up refute that it had been silent."""
    silence = SILENCE.get(row.sub_status)
    if silence is None or event.source != "system" or walk.last_event_at is None:
        return False
    return at - walk.last_event_at < silence


# --- What stands against an event, by the status it finds. None: nothing does. ---


def _from_delivered(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict | None:
    if row.status is Status.DELIVERED:
        return None
    if row.status in ON_DELIVERY_OR_RETURN:
        return walk.enter(at, event, row, Why.REOPENED)
    if _is_movement(event, row) and _delivery_refuted(walk):
        walk.flags.add(Flag.FALSE_DELIVERY)
        return walk.enter(at, event, row, Why.FALSE_DELIVERY)
    return AFTER[Status.DELIVERED]


def _from_returning(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict | None:
    if row.status is Status.DELIVERED and event.source in SCANNED_BY:  # to the sender, that is
        return walk.enter(at, event, DETAILS[SubStatus.RETURNED], Why.RETURN_COMPLETED)
    if row.status in (Status.RETURNING, Status.RETURNED, Status.EXPIRED):
        return None
    if row.sub_status is SubStatus.RETURN_CANCELLED:
        return walk.enter(at, event, row, Why.RETURN_CANCELLED)
    if row.terminal:
        walk.flags.add(Flag.LOST_ON_RETURN)
    return AFTER[Status.RETURNING]


def _from_returned(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict | None:
    return None if row.status is Status.RETURNED else AFTER[Status.RETURNED]


def _from_cancelled(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict | None:
    if row.status is Status.CANCELLED:
        return None
    if not row.physical:
        return AFTER[Status.CANCELLED]
    walk.flags |= {Flag.REVIVED, Flag.VOIDED_LABEL_USED}
    return walk.enter(at, event, row, Why.VOIDED_LABEL_USED)


def _from_exception(walk: Walk, at: datetime, event: Stored, row: Detail) -> Verdict | None:
    if walk.sub is DISPUTED and row.status is Status.DELIVERED and event.source in SCANNED_BY:
        return Kind.KEPT, Why.DISPUTED  # the carrier repeating itself settles nothing
    if not walk.row.terminal or row.terminal:
        return None
    if not row.physical or row.status is Status.EXCEPTION:
        return AFTER[Status.EXCEPTION]
    walk.flags.add(Flag.REVIVED)
    return walk.enter(at, event, row, Why.FOUND)


def _is_movement(event: Stored, row: Detail) -> bool:
    return row.status in MOVEMENT and row.physical and event.source in SCANNED_BY


def _delivery_refuted(walk: Walk) -> bool:
    """Whether the movement from this line on, up to the next word on delivery or return, is too much
    and too spread out to be stragglers."""
    if walk.index < walk.noise_until:
        return False
    first, scans = walk.lines[walk.index][0], 0
    for number in range(walk.index, len(walk.lines)):
        at, _, _, _, event, row = walk.lines[number]
        if row is None or row.annotates:
            continue
        if row.status in ON_DELIVERY_OR_RETURN or event.source in HUMAN:
            walk.noise_until = number
            return False
        if _is_movement(event, row):
            scans += 1
            if scans >= CONFIRMING_SCANS and at - first >= CONFIRMING_SPAN:
                return True
    walk.noise_until = len(walk.lines)
    return False


Rule = Callable[[Walk, datetime, Stored, Detail], Verdict | None]
RULES: dict[Status, Rule] = {
    Status.DELIVERED: _from_delivered,
    Status.RETURNING: _from_returning,
    Status.RETURNED: _from_returned,
    Status.CANCELLED: _from_cancelled,
    Status.EXCEPTION: _from_exception,
}
