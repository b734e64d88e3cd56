"""What is new between two folds of one shipment, and what of it is told to nobody. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from carriers.types import Status, SubStatus
from tracking.position import SETTLED, Kind, Position, Why

TOO_OLD = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Move:
    """One status newly entered. `episode` numbers a shipment's moves and is never given twice."""

    before: Status
    after: Status
    sub_status: SubStatus
    occurred_at: datetime
    episode: int
    key: str  # of the event that moved it
    why: Why
    again: bool  # back on the van it was on earlier that day
    is_current: bool  # the shipment is still there
    began_at: datetime | None  # of a shipment seen for the first time: its first physical scan


def moves(
    before: Position | None,
    after: Position,
    *,
    told: Collection[tuple[str, Status]] = (),
) -> list[Move]:
    """Return the statuses `after` entered that `before` did not know of, in the order of the path.

    A stay counts as known when any one of its events was already read as that status: an earlier
    scan that turns up late, or a second one of the same second, does not begin it again. The same two
    positions give nothing.

    `told`: (key, after) of every move of this shipment kept before. A late event can take entries out
    of the path and another put them back: with it they come once, and episodes go on from its length.
    """
    seen = set()
    if before is not None:
        seen = {(line.key, line.after) for line in before.decisions if line.kind is not Kind.KEPT}
    known = seen.union(told)
    written = max(len(told), len(before.path) if before is not None else 0)
    began_at = None if seen else after.moved_at
    fresh = [entry for entry, stay in zip(after.path, _stays(after), strict=True) if stay.isdisjoint(known)]
    return [
        Move(
            entry.before,
            entry.after,
            entry.sub_status,
            entry.occurred_at,
            episode,
            entry.key,
            entry.why,
            entry.again,
            entry is after.path[-1],
            began_at,
        )
        for episode, entry in enumerate(fresh, written + 1)
    ]


def _stays(position: Position) -> list[set[tuple[str, Status]]]:
    """For each entry of the path, the events that put or kept the shipment there."""
    stays: list[set[tuple[str, Status]]] = []
    for line in position.decisions:
        if line.kind is Kind.MOVED:
            stays.append({(line.key, line.after)})
        elif line.kind is Kind.ANNOTATED and stays:
            stays[-1].add((line.key, line.after))
    return stays


def quiet_reason(
    move: Move,
    *,
    received_at: datetime,
    imported_at: datetime | None,
    is_current: bool,
) -> str:
    """Why nobody is told of a move; empty when it is to be told.

    "imported": it happened before we knew the shipment, or the shipment had begun before that and was
    over when first seen. "late": the shipment has gone on since. "again": back on the van it was on
    that day. "old": more than 7 days between the event and our hearing of it. `imported_at` is when the
    shipment became known here.
    """
    if imported_at is not None:
        brought_in = move.began_at is not None and move.began_at < imported_at
        if move.occurred_at < imported_at or (brought_in and move.after in SETTLED):
            return "imported"
    if not is_current:
        return "late"
    if move.again:
        return "again"
    return "old" if received_at - move.occurred_at > TOO_OLD else ""
