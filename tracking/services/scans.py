"""How an event is kept: bounded, keyed, beside the ones heard before."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from hashlib import blake2b
from typing import Any, NamedTuple

from carriers.types import FROM_CODE, FROM_WORDS, Event, Json, Status, SubStatus
from tenants import rows
from tracking.machine import fold
from tracking.models import TrackingEvent
from tracking.position import Flag, Position, Stored, event_key
from tracking.services.values import EARLIEST, LATEST, cleaned

COLUMNS = (
    "shop", "shipment", "key", "detail", "occurred_at", "received_at", "sub_status", "code", "text", "place",
    "country", "leg", "reason", "source", "scan_id", "zone_source", "said_at", "raw",
    "authority",
)  # fmt: skip
_READ = ("shipment", "key", "occurred_at", "received_at", "sub_status", "source", "reason", "authority")
CAUSE = "event:"  # of a transition: the key of the event that moved it follows
_MOVE = 2
_STATUSES = {str(status): status for status in Status}
_SUB_STATUSES: dict[str, SubStatus | None] = {"": None} | {str(sub): sub for sub in SubStatus}


class Told(NamedTuple):
    """What was known of a shipment before, what is new, and the moves already written: (event key, status)."""

    before: list[Stored]
    new: list[Stored]
    moves: list[tuple[str, Status]]


class Unread(NamedTuple):
    """A code without a meaning, and the carrier's words beside it."""

    shipment_id: int
    key: str
    code: str
    text: str


def store(
    *, shop_id: int, heard: Iterable[tuple[int, Sequence[Event]]], now: datetime
) -> tuple[dict[int, Told], list[Unread]]:
    """Keep the events; return those shipments that have new ones, with all they have, and new unread codes.

    One statement. An event heard before, in the same reading, is not kept twice. The shipments must be
    locked: then what was known before cannot change meanwhile.
    """
    values: list[tuple[Any, ...]] = []
    unread: list[Unread] = []
    for shipment_id, events in heard:
        for event in events:
            if not EARLIEST <= event.occurred_at.year < LATEST:
                continue  # 0001-01-01 is how some programs write "no date"
            row = _row(shop_id, shipment_id, event, now)
            values.append(row)
            if event.authority == FROM_WORDS or (event.sub_status is None and event.source == "carrier"):
                unread.append(Unread(shipment_id, row[2], row[7], row[8]))
    statement = rows.insertion(TrackingEvent, COLUMNS, values, once=True, returning=_READ)
    if statement is None:
        return {}, []
    told = _run(shop_id, *statement)
    if unread:
        fresh = {(shipment_id, event.key) for shipment_id, all_ in told.items() for event in all_.new}
        unread = [line for line in unread if (line.shipment_id, line.key) in fresh]
    return told, unread


def _run(shop_id: int, insertion: str, params: list[str]) -> dict[int, Told]:
    """The query beside an INSERT sees the table as it was before it: old and new come apart by themselves."""
    names = ", ".join(rows.field_of(TrackingEvent, name).column for name in _READ)
    told: defaultdict[int, Told] = defaultdict(lambda: Told([], [], []))
    found = rows.fetch(
        f"WITH new AS ({insertion}) SELECT 1, {names} FROM new "  # noqa: S608  names of fields
        f"UNION ALL SELECT 0, {names} FROM tracking_trackingevent "
        "WHERE shop_id = %s AND shipment_id IN (SELECT shipment_id FROM new) "
        "UNION ALL SELECT 2, shipment_id, cause, NULL, NULL, after, '', '', 0 FROM tracking_transition "
        "WHERE shop_id = %s AND kind = 'shipment' AND shipment_id IN (SELECT shipment_id FROM new)",
        [*params, shop_id, shop_id],
    )
    for what, shipment_id, key, occurred_at, received_at, sub_status, source, reason, authority in found:
        known = told[shipment_id]
        if what == _MOVE:
            known.moves.append((key.removeprefix(CAUSE), _STATUSES[sub_status]))
            continue
        stored = Stored(
            key, occurred_at, received_at, _SUB_STATUSES.get(sub_status), source, reason, authority
        )
        (known.new if what else known.before).append(stored)
    return dict(told)


def before(told: Told, after: Position, *, zone: tzinfo) -> Position | None:
    """What the events known before had come to, as far as `moves` asks; None where there were none.

    `after` is the fold of all. Where everything new lies behind everything old, and nothing new sheds another
    light on it, the fold of the old is the first part of that walk, and need not be walked again.
    """
    if not told.before:
        return None
    old = {event.key for event in told.before}
    follows = max(e.occurred_at for e in told.before) < min(e.occurred_at for e in told.new)
    if follows and not (after.flags & _HINDSIGHT) and old.isdisjoint(event.key for event in told.new):
        return Position(
            decisions=after.decisions[: len(old)],
            path=tuple(entry for entry in after.path if entry.key in old),
        )
    return fold(told.before, zone=zone)


# A later scan told us how to read an earlier one; or a clock is wrong, and later is not behind.
_HINDSIGHT = {Flag.FALSE_DELIVERY, Flag.CLOCK_SUSPECT}


def _row(shop_id: int, shipment_id: int, event: Event, now: datetime) -> tuple[Any, ...]:
    occurred_at = event.occurred_at.astimezone(UTC)
    sub_status = event.sub_status or ""
    said = f"{sub_status}|{event.reason}|{occurred_at.timestamp()}"
    if event.authority != FROM_CODE:
        said += f"|{event.authority}"
    if not (event.code + event.scan_id).isprintable():
        event = replace(event, code=cleaned(event.code), scan_id=cleaned(event.scan_id))
    return (
        shop_id,
        shipment_id,
        event_key(event),
        blake2b(said.encode(errors="ignore"), digest_size=8).hexdigest(),
        occurred_at,
        now,
        sub_status,
        fit(event.code, 80),
        fit(event.text, 500),
        fit(event.place, 160),
        fit(event.country, 2),
        min(max(event.leg, 0), 99),
        fit(event.reason, 32),
        event.source,
        fit(event.scan_id, 80),
        event.zone_source.value,
        fit(event.said_at, 40),
        None if event.raw is None else storable(event.raw),
        event.authority,
    )


def fit(text: str, most: int) -> str:
    """What a stranger wrote, cut to what is kept, without characters that PostgreSQL or a page cannot bear."""
    return (text if text.isprintable() else cleaned(text[: most * 2]))[:most]


def storable(value: Json) -> Json:
    """The same JSON as PostgreSQL can keep it: no NUL, no half characters, no NaN."""
    if isinstance(value, str):
        return value if value.isprintable() else cleaned(value)
    if isinstance(value, dict):
        return {storable(str(name)): storable(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [storable(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
