"""A position while the fold is writing it: what entering a status, and staying in one, does. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, tzinfo

from carriers.types import Status, SubStatus
from tracking.position import HUMAN, NOT_YET, Decision, Entry, Flag, Kind, Position, Stored, Why
from tracking.substatuses import DETAILS, Detail

# A newer scan here replaces the detail even if it says less: it is about somewhere else.
ON_THE_WAY = frozenset(
    {Status.PENDING, Status.INFO_RECEIVED, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY},
)
ENDS_DELAY = frozenset({Status.DELIVERED, Status.RETURNING, Status.RETURNED, Status.CANCELLED})
KEEPS_DELIVERED_AT = frozenset({Status.RETURNING, Status.RETURNED, Status.EXPIRED})
DISPUTED = SubStatus.EXCEPTION_DISPUTED
RETURN_REASONS = {
    SubStatus.EXCEPTION_PICKUP_MISSED: "not_collected",
    SubStatus.EXCEPTION_REFUSED: "refused",
    SubStatus.FAILED_REFUSED: "refused",
    SubStatus.EXCEPTION_ADDRESS: "address",
    SubStatus.EXCEPTION_RECIPIENT: "address",
    SubStatus.FAILED_ADDRESS: "address",
    SubStatus.EXCEPTION_PAYMENT: "payment",
    SubStatus.FAILED_PAYMENT: "payment",
}

Verdict = tuple[Kind, Why]
SAME_STATUS: Verdict = (Kind.ANNOTATED, Why.SAME_STATUS)
LESS_PRECISE: Verdict = (Kind.KEPT, Why.LESS_PRECISE)


class Draft:
    """Starts where a new shipment stands. `row` is always the detail of `sub`."""

    __slots__ = (
        "attempts",
        "decisions",
        "delay",
        "delivered_at",
        "expired_from",
        "failed_on",
        "flags",
        "last_event_at",
        "moved_at",
        "path",
        "reason",
        "row",
        "since",
        "spoke_at",
        "status",
        "sub",
        "van_on",
        "zone",
    )

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self.status, self.sub = Status.PENDING, SubStatus.PENDING_REGISTERED
        self.row = DETAILS[self.sub]
        self.since: datetime | None = None
        self.spoke_at: datetime | None = None  # when the present detail was given
        self.attempts = 0
        self.van_on: date | None = None  # the last day on the van
        self.failed_on: date | None = None
        self.delay: SubStatus | None = None
        self.moved_at: datetime | None = None
        self.delivered_at: datetime | None = None
        self.reason = ""
        self.last_event_at: datetime | None = None
        self.expired_from = (self.status, self.sub)
        self.flags: set[Flag] = set()
        self.path: list[Entry] = []
        self.decisions: list[Decision] = []

    def enter(self, at: datetime, event: Stored, row: Detail, why: Why) -> Verdict:
        """Begin `row.status`, or a new episode of it."""
        before, after = self.status, row.status
        self._leave(event, row)
        if after is Status.RETURNING:
            self.reason = event.reason or RETURN_REASONS.get(self.sub, "")
        else:
            self.reason = event.reason or (self.reason if after is Status.RETURNED else "")
        self.status = after
        again = after is Status.OUT_FOR_DELIVERY and self._day(at) == self.van_on
        self._count(at)
        if after is Status.DELIVERED and self.delivered_at is None:
            self.delivered_at = at
        if after in ENDS_DELAY:
            self.delay = None
        self._say(at, row)
        self._begin(before, at, event, why, again=again)
        return Kind.MOVED, why

    def stay(self, at: datetime, event: Stored, row: Detail) -> Verdict:
        """Another event of the present status: says more, unless it says less."""
        status = self.status
        if status is Status.OUT_FOR_DELIVERY and self._day(at) != self.van_on:
            return self.enter(at, event, row, Why.NEW_DAY)
        if status is Status.FAILED_ATTEMPT and self._day(at) != self.failed_on:
            return self.enter(at, event, row, Why.NEW_DAY)
        if row.news and row.sub_status is not self.sub:
            return self.enter(at, event, row, Why.NEWS)
        if row.generic and not self.row.generic and (status not in ON_THE_WAY or at == self.spoke_at):
            return LESS_PRECISE
        self.reason = event.reason or self.reason
        self._say(at, row)
        return SAME_STATUS

    def resume(self, at: datetime, event: Stored) -> None:
        """Begin a new episode of where it was when it was given up, knowing nothing more."""
        self._begin(Status.EXPIRED, at, event, Why.REVIVED)

    def amend(self, *, before: Status, why: Why) -> None:
        """Correct the last entry of the path."""
        self.path[-1] = replace(self.path[-1], before=before, why=why)

    def detail(self, at: datetime, row: Detail) -> None:
        """Say more about the present status; time and reason of entering it stay."""
        self.sub, self.row, self.spoke_at = row.sub_status, row, at

    def position(self) -> Position:
        return Position(
            self.status,
            self.sub,
            self.since,
            len(self.path),
            self.delay is not None,
            self.delay,
            self.attempts,
            self.moved_at is not None,
            self.moved_at,
            self.delivered_at,
            self.reason,
            self.last_event_at,
            frozenset(self.flags),
            tuple(self.path),
            tuple(self.decisions),
        )

    def _leave(self, event: Stored, row: Detail) -> None:
        before, after = self.status, row.status
        human = event.source in HUMAN
        self.flags.discard(Flag.RETURNED_TO_DEPOT)
        if before is Status.EXPIRED:
            self.flags.add(Flag.REVIVED)
        if row.sub_status is DISPUTED:
            self.flags.add(Flag.DISPUTED)
        elif before is Status.DELIVERED and (human or after in KEEPS_DELIVERED_AT):
            self.flags.add(Flag.REOPENED)
        it_came_after_all = self.sub is DISPUTED and after is Status.DELIVERED
        if not (row.sub_status is DISPUTED or after in KEEPS_DELIVERED_AT or it_came_after_all):
            self.delivered_at = None
        if after is Status.EXPIRED:
            self.expired_from = (before, self.sub)
        elif after in NOT_YET and human:  # "it never left": the first scan was a mistake
            self.moved_at = None

    def _begin(self, before: Status, at: datetime, event: Stored, why: Why, *, again: bool = False) -> None:
        self.since = at
        episode = len(self.path) + 1
        self.path.append(Entry(before, self.status, self.sub, at, episode, event.key, why, again))

    def _count(self, at: datetime) -> None:
        if self.status is Status.OUT_FOR_DELIVERY:
            self.van_on = self._day(at)
        elif self.status is Status.FAILED_ATTEMPT:
            self.attempts += 1
            self.failed_on = self._day(at)

    def _say(self, at: datetime, row: Detail) -> None:
        self.detail(at, row)
        if row.physical and self.moved_at is None:
            self.moved_at = at
        if row.delayed:
            self.delay = row.sub_status
        elif row.clears_delay:
            self.delay = None

    def _day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()
