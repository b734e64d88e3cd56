"""Where a shipment is and how we know: stored events, decisions, the position they lead to. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b

from carriers.types import FROM_CODE, Event, Status, SubStatus
from tracking.substatuses import DETAILS, SHOP, Party

NOT_YET = frozenset({Status.PENDING, Status.INFO_RECEIVED})  # nothing physical has happened
SETTLED = frozenset({Status.DELIVERED, Status.RETURNED, Status.CANCELLED, Status.EXPIRED})
HUMAN = frozenset({"shop", "agent"})  # may move a shipment anywhere


class Kind(StrEnum):
    """What an event did."""

    MOVED = "moved"  # entered a status, or a new episode of it
    ANNOTATED = "annotated"  # said more about where it is
    KEPT = "kept"  # stays in the timeline, changes nothing


class Why(StrEnum):
    """The rule by which an event did what it did: a stable code, put into words elsewhere."""

    # moved
    MOVED_ON = "moved_on"
    FIRST_SIGHT = "first_sight"  # the carrier knows of it; nothing physical was said
    NEW_DAY = "new_day"  # another day on the van, another day's failed attempt
    NEWS = "news"  # same status, but a detail that has to be told
    RETURNED_TO_DEPOT = "returned_to_depot"
    RECOVERED = "recovered"
    FOUND = "found"
    REVIVED = "revived"
    VOIDED_LABEL_USED = "voided_label_used"
    RETURN_CANCELLED = "return_cancelled"
    RETURN_COMPLETED = "return_completed"
    FALSE_DELIVERY = "false_delivery"
    REOPENED = "reopened_after_delivered"
    DISPUTED = "disputed"  # also of an event kept because the delivery is disputed
    BY_HAND = "by_hand"
    # annotated
    SAME_STATUS = "same_status"
    NOTE = "note"
    # annotated or kept
    UNMAPPED = "unmapped"
    # kept
    LESS_PRECISE = "less_precise"
    LATE_PREADVICE = "late_preadvice"
    AFTER_DELIVERED = "after_delivered"
    AFTER_RETURNED = "after_returned"
    AFTER_CANCELLED = "after_cancelled"
    AFTER_LOST = "after_lost"
    AFTER_EXPIRED = "after_expired"
    RETURNING = "returning"
    NOTHING_TO_DISPUTE = "nothing_to_dispute"
    NOT_THEIRS_TO_SAY = "not_theirs_to_say"
    STILL_HEARD = "still_heard"  # said to be silent, but it was heard of shortly before


class Flag(StrEnum):
    """What somebody should know besides the status. All but RETURNED_TO_DEPOT last."""

    CLOCK_SUSPECT = "clock_suspect"
    FALSE_DELIVERY = "false_delivery"
    REVIVED = "revived"
    REOPENED = "reopened_after_delivered"
    RETURNED_TO_DEPOT = "returned_to_depot"  # until it moves again
    VOIDED_LABEL_USED = "voided_label_used"
    DISPUTED = "disputed"
    LOST_ON_RETURN = "lost_on_return"


ALARMING = frozenset({Flag.FALSE_DELIVERY, Flag.VOIDED_LABEL_USED})  # until the shipment is settled


@dataclass(frozen=True, slots=True)
class Stored:
    """One event as it is stored. Times are UTC; `received_at` is when it was first seen."""

    key: str
    occurred_at: datetime
    received_at: datetime
    sub_status: SubStatus | None
    source: str = "carrier"
    reason: str = ""
    authority: float = FROM_CODE

    @classmethod
    def of(cls, event: Event, received_at: datetime) -> Stored:
        """Raises ValueError for a time without a zone."""
        return cls(
            event_key(event),
            _utc(event.occurred_at),
            _utc(received_at),
            event.sub_status,
            event.source,
            event.reason,
            event.authority,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """What one event did: the status before and after it, and the rule."""

    key: str
    kind: Kind
    before: Status
    after: Status
    why: Why


@dataclass(frozen=True, slots=True)
class Entry:
    """One status entered, or a new episode of it: another day on the van, say."""

    before: Status
    after: Status
    sub_status: SubStatus  # at the moment of entering
    occurred_at: datetime
    episode: int  # its place in the path, from 1
    key: str  # of the event
    why: Why
    again: bool = False  # back on the van it was on earlier that day: no news


@dataclass(frozen=True, slots=True)
class Position:
    """What a shipment's events come to. `path` has one entry for each decision that moved it."""

    status: Status = Status.PENDING
    sub_status: SubStatus = SubStatus.PENDING_REGISTERED
    since: datetime | None = None  # None: no event moved it yet
    episode: int = 0  # how many entries the path has
    delayed: bool = False
    delay: SubStatus | None = None  # what delayed it last
    attempts: int = 0  # failed ones
    ever_moved: bool = False
    moved_at: datetime | None = None  # the first physical scan
    delivered_at: datetime | None = None  # survives a return and a dispute, not a false delivery
    reason: str = ""
    last_event_at: datetime | None = None  # of anybody but the system
    flags: frozenset[Flag] = frozenset()
    path: tuple[Entry, ...] = ()
    decisions: tuple[Decision, ...] = ()  # in the order of the timeline

    @property
    def is_lost(self) -> bool:
        return DETAILS[self.sub_status].terminal

    @property
    def is_settled(self) -> bool:
        """Nothing more is expected to happen."""
        return self.status in SETTLED or self.is_lost


NEW = Position()


def attention(position: Position) -> frozenset[Party]:
    """Who must do something about it; empty when nobody has to."""
    needs = DETAILS[position.sub_status].needs
    if position.status not in SETTLED and position.flags & ALARMING:
        return needs | SHOP
    return needs


def event_key(event: Event) -> str:
    """What makes two reports the same event, as 16 hex digits.

    The carrier's own scan id; without one leg, code and minute. Never its words: carriers reword,
    translate and correct them. Raises ValueError for a time without a zone.
    """
    if event.scan_id:
        words = f"{event.source}\x1fid\x1f{event.scan_id}"
    else:
        minute = int(_utc(event.occurred_at).timestamp() // 60)
        words = f"{event.source}\x1f{event.leg}\x1f{event.code or event.sub_status or ''}\x1f{minute}"
    return blake2b(words.encode(), digest_size=8).hexdigest()


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone: read it in the carrier's or the shop's first")
    return at.astimezone(UTC)
