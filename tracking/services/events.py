"""What carriers said, recorded: events kept, shipments and orders moved on, transitions written."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings

from carriers.services import note_unknown
from carriers.types import Answer, Event, Outcome
from tenants import rows
from tenants.isolation import shop_context
from tracking.machine import fold
from tracking.models import Poll, Shipment
from tracking.moves import Move, moves, quiet_reason
from tracking.polling import next_poll
from tracking.position import SETTLED, Position, Why
from tracking.services.answers import Beside, told_beside
from tracking.services.refolding import SYNC_DELAY, Cause, Passed, Step, refold
from tracking.services.scans import CAUSE, Told, Unread, before, store
from tracking.urgency import urgency_of

SCANNED_BY = ("carrier", "driver")


@dataclass(frozen=True, slots=True)
class Heard:
    """What was said of one shipment. Of an answer only what stands beside its scans is read.

    `asked`: the carrier whose codes the events speak, where it is not the parcel's own but an aggregator.
    """

    shipment_id: int
    events: tuple[Event, ...] = ()
    answer: Answer | None = None
    asked: str = ""


class Place(NamedTuple):
    """The columns of a shipment that the fold of its events writes."""

    status: str
    sub_status: str
    reason: str
    status_since: datetime | None
    episode: int
    attempts: int
    delayed: bool
    moved_at: datetime | None
    delivered_at: datetime | None
    last_event_at: datetime | None
    flags: list[str]

    @classmethod
    def of(cls, position: Position) -> Place:
        return cls(
            position.status.value,
            position.sub_status.value,
            position.reason[:32],
            position.since,
            position.episode,
            position.attempts,
            position.delayed,
            position.moved_at,
            position.delivered_at,
            position.last_event_at,
            sorted(position.flags),
        )


class Held(NamedTuple):
    """A locked shipment."""

    id: int
    order_id: int
    carrier: str
    account_id: int | None
    direction: str
    created_at: datetime
    zone: str
    quiet_before: datetime
    place: Place
    beside: Beside


_LOCK = f"""
SELECT s.id, s.order_id, s.carrier, s.account_id, s.direction, s.created_at, shop.time_zone, o.quiet_before,
    {", ".join(f"s.{name}" for name in (*Place._fields, *Beside._fields))}
FROM tracking_shipment s JOIN tracking_order o ON o.id = s.order_id JOIN tenants_shop shop ON shop.id = s.shop_id
WHERE s.shop_id = %s AND s.id = ANY (%s::bigint[])
ORDER BY s.id FOR NO KEY UPDATE OF s
"""  # noqa: S608  names of fields
_CUT = len(Held._fields) - 2
_END = _CUT + len(Place._fields)


def record_events(
    *, shop_id: int, shipment_id: int, events: Sequence[Event], now: datetime, answer: Answer | None = None
) -> list[Passed]:
    """`record_batch` of one shipment."""
    return record_batch(shop_id=shop_id, heard=[Heard(shipment_id, tuple(events), answer)], now=now)


def record_batch(
    *, shop_id: int, heard: Sequence[Heard], now: datetime, history: bool = False
) -> list[Passed]:
    """Keep what was said and move shipments and orders on; return the new transitions.

    One transaction, and the same few statements however many parcels and events there are. Safe to repeat
    and to run twice at once: the row locks (shipments in id order, then orders in id order) let one through,
    and the second finds each event kept and nothing left to move. Shipments that are no longer there are
    passed over. With `history` nobody is told of anything that follows.
    """
    with shop_context(shop_id):
        shipments = _locked(shop_id, {h.shipment_id for h in heard})
        present = [h for h in heard if h.shipment_id in shipments]
        told, unread = store(shop_id=shop_id, heard=[(h.shipment_id, h.events) for h in present], now=now)
        asked = {h.shipment_id: h.asked for h in present if h.asked}
        beside = _beside(shipments, present)
        touched = [shipments[i] for i in shipments if i in told or i in beside]
        if not touched:
            return []
        positions = {i: fold([*all_.before, *all_.new], zone=_zone(shipments[i])) for i, all_ in told.items()}
        _write(touched, positions, beside)
        _reschedule(touched, positions, beside, now)
        _count_unread(
            shop_id,
            {line: asked.get(line.shipment_id) or shipments[line.shipment_id].carrier for line in unread},
            now,
        )
        steps = _steps(shop_id, touched, told, positions, now, quiet="history" if history else "")
        return refold(
            shop_id=shop_id, order_ids=steps.keys(), now=now, cause=Cause("event"), steps=steps, shown=True
        )


def _locked(shop_id: int, ids: Iterable[int]) -> dict[int, Held]:
    held = {}
    for row in rows.fetch(_LOCK, [shop_id, rows.array(ids)]):
        *beside, pickup, pieces, options_url, signed_by = row[_END:]
        pickup = json.loads(pickup) if pickup else None
        said = Beside._make([*beside, pickup, pieces, options_url, signed_by])
        held[row[0]] = Held._make([*row[:_CUT], Place._make(row[_CUT:_END]), said])
    return held


def _zone(shipment: Held) -> ZoneInfo:
    return ZoneInfo(shipment.zone)


def _write(touched: Sequence[Held], positions: Mapping[int, Position], beside: Mapping[int, Beside]) -> None:
    changed: list[tuple[Any, ...]] = []
    for old in touched:
        place = Place.of(positions[old.id]) if old.id in positions else old.place
        if old.id in beside or place != old.place:
            changed.append((old.id, *place, *beside.get(old.id, old.beside)) if beside else (old.id, *place))
    columns = (*Place._fields, *Beside._fields) if beside else Place._fields
    rows.update(Shipment, columns, changed)


def _reschedule(
    touched: Sequence[Held], positions: Mapping[int, Position], beside: Mapping[int, Beside], now: datetime
) -> None:
    """Stop asking about what is over, and ask again about what was, and is not."""
    written = []
    for old in touched:
        new = positions.get(old.id)
        if old.account_id is None or new is None or (old.place.status in SETTLED) == (new.status in SETTLED):
            continue
        eta, zone = beside.get(old.id, old.beside).eta, _zone(old)
        next_at = next_poll(
            new,
            now=now,
            registered_at=old.created_at,
            eta=eta,
            zone=zone,
            pace_scale=settings.POLL_PACE_SCALE,
        )
        urgency = urgency_of(new, at=next_at or now, registered_at=old.created_at, eta=eta, zone=zone)
        written.append((old.id, next_at, int(urgency)))
    rows.update(Poll, ("next_at", "urgency"), written, key="shipment")


def _count_unread(shop_id: int, unread: Mapping[Unread, str], now: datetime) -> None:
    """`unread`: by line, whose code it is."""
    if not unread:
        return
    seen: Counter[tuple[str, str]] = Counter()
    texts: dict[tuple[str, str], str] = {}
    for line, carrier in unread.items():
        code = carrier, line.code
        seen[code] += 1
        texts[code] = line.text
    note_unknown(shop_id=shop_id, seen={c: (count, texts[c]) for c, count in seen.items()}, now=now)


# --- What the orders are told ---


def _steps(
    shop_id: int,
    touched: Sequence[Held],
    told: Mapping[int, Told],
    positions: Mapping[int, Position],
    now: datetime,
    *,
    quiet: str,
) -> dict[int, Step]:
    steps = {shipment.order_id: Step(Cause("event", quiet=quiet)) for shipment in touched}
    current: defaultdict[int, list[Passed]] = defaultdict(list)
    for shipment in touched:
        if (all_ := told.get(shipment.id)) is None:
            continue
        step = steps[shipment.order_id]
        step.heard = step.heard or any(event.source in SCANNED_BY for event in all_.new)
        after = positions[shipment.id]
        doubtful = False
        for move in moves(before(all_, after, zone=_zone(shipment)), after, told=all_.moves):
            doubtful = doubtful or move.why is Why.FALSE_DELIVERY
            made = _transition(shop_id, shipment, move, all_, now, doubtful=doubtful, quiet=quiet)
            step.transitions.append(made)
            if move.is_current and shipment.direction == "outbound":
                current[shipment.order_id].append(made)
    for order_id, made_ in current.items():
        steps[order_id].cause = _cause(made_)
    return steps


def _cause(current: Sequence[Passed]) -> Cause:
    """The latest of the moves that is told; only where all are quiet is what follows from them."""
    latest = max(current, key=lambda t: (not t.quiet, t.occurred_at))
    return Cause(latest.cause, at=latest.occurred_at, quiet=latest.quiet)


def _transition(
    shop_id: int, shipment: Held, move: Move, told: Told, now: datetime, *, doubtful: bool, quiet: str
) -> Passed:
    received_at = min(e.received_at for e in (*told.before, *told.new) if e.key == move.key)
    quiet = quiet or quiet_reason(
        move,
        received_at=received_at,
        imported_at=max(shipment.quiet_before, shipment.created_at - SYNC_DELAY),
        is_current=move.is_current,
    )
    if doubtful:  # it was not delivered after all: a person decides whether to tell the shopper
        quiet = quiet or "unconfirmed"
    return Passed(
        shop_id,
        shipment.order_id,
        shipment.id,
        "shipment",
        move.before.value,
        move.after.value,
        move.episode,
        move.occurred_at,
        now,
        f"{CAUSE}{move.key}",
        quiet,
        now if quiet else None,
    )


def _beside(shipments: Mapping[int, Held], heard: Iterable[Heard]) -> dict[int, Beside]:
    """What the answers change, by shipment."""
    changed = {}
    for one in heard:
        if one.answer is None or one.answer.outcome is not Outcome.FOUND:
            continue
        old = shipments[one.shipment_id].beside
        new = told_beside(one.answer, old)
        if new != old:
            changed[one.shipment_id] = new
    return changed
