"""Works out where orders stand and writes it back, with the transitions: any number of orders, few statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tenants import rows
from tracking import moments
from tracking.models import Order, OrderLine, Transition
from tracking.moves import TOO_OLD
from tracking.services.announcing import after_commit
from tracking.services.standing import OrderFacts, ParcelFacts, Standing, Units, override_of, stand, today_of
from tracking.states import OVER

# A shop's own systems tell us of things this much late: what happened just before is still news.
SYNC_DELAY = timedelta(hours=1)


class Passed(NamedTuple):
    """A transition as it is written: its columns in order, which a model's instance would cost five times as
    much to carry. What is told to nobody needs no announcing."""

    shop_id: int
    order_id: int
    shipment_id: int | None
    kind: str
    before: str
    after: str
    episode: int
    occurred_at: datetime
    recorded_at: datetime
    cause: str
    quiet: str
    announced_at: datetime | None


_COLUMNS = tuple(name.removesuffix("_id") for name in Passed._fields)
_IDENTITY = ("order", "shipment", "kind", "after", "episode")


@dataclass(frozen=True, slots=True)
class Cause:
    """Why orders are worked out again. Its name is kept with every transition: event:<key>, import, user:12."""

    name: str
    at: datetime | None = None  # when it happened, where that is not what the order's own clock says
    quiet: str = ""  # why nobody is told of what comes of it


@dataclass(slots=True)
class Step:
    """What a batch of events did to one order's parcels."""

    cause: Cause
    heard: bool = False  # a carrier said something new
    transitions: list[Passed] = field(default_factory=list)  # of shipments


def refold(
    *,
    shop_id: int,
    order_ids: Collection[int],
    now: datetime,
    cause: Cause,
    steps: Mapping[int, Step] | None = None,
    shown: bool = False,
) -> list[Passed]:
    """Work out the orders anew; return the transitions written, those of `steps` among them.

    Locks the orders in id order, and only then reads their parcels: of two at once the second sees what the
    first wrote, and finds nothing left to move. Callers that lock shipments lock them before. `shown`:
    something else a page shows has changed already.
    """
    steps = steps or {}
    orders = _locked(shop_id, order_ids)
    parcels, wanted, units = _parcels(shop_id, list(orders))
    written: list[tuple[Any, ...]] = []
    transitions: list[Passed] = []
    ended: list[int] = []
    changed: list[str] = []
    for order_id, order in orders.items():
        step = steps.get(order_id, Step(cause))
        new = stand(
            order,
            parcels[order_id],
            wanted=wanted[order_id],
            units=units,
            heard=step.heard,
            now=now,
        )
        transitions += step.transitions
        episode = order.episode
        has_ended = bool(order.override_state) and not override_of(
            order, today=today_of(order, now), heard=step.heard
        )
        if order.standing == new and not has_ended and not shown:
            continue
        if order.standing is None or order.standing.state != new.state:
            episode += 1
            transitions.append(entered(shop_id, order, new, step.cause, episode=episode, now=now))
        if moved := day_moved(shop_id, order, new, step.cause, now=now):
            transitions.append(moved)
        if has_ended:
            ended.append(order_id)
        changed.append(order.token_hash)
        written.append((order_id, episode, *new))
    columns = ("episode", *Standing._fields)
    rows.update(Order, columns, written, also="version = t.version + 1, updated_at = now()")
    if ended:
        Order.objects.for_shop(shop_id).filter(pk__in=ended).update(**NO_OVERRIDE)
    kept = write(transitions)
    after_commit(changed=changed, has_moved=any(t.announced_at is None for t in kept))
    return kept


NO_OVERRIDE: dict[str, Any] = {
    "override_state": "",
    "override_by": "",
    "override_reason": "",
    "override_until": "",
    "override_date": None,
    "override_at": None,
}


def entered(
    shop_id: int, order: OrderFacts, new: Standing, cause: Cause, *, episode: int, now: datetime
) -> Passed:
    """The transition of an order into a state; from nowhere, for an order that is new."""
    at = max(new.state_since, cause.at) if cause.at else new.state_since
    quiet = cause.quiet or quiet_since(order.quiet_before, at, now)
    return Passed(
        shop_id,
        order.id,
        None,
        "order",
        order.standing.state if order.standing else "",
        new.state,
        episode,
        at,
        now,
        cause.name[:80],
        quiet,
        now if quiet else None,
    )


def day_moved(
    shop_id: int, order: OrderFacts, new: Standing, cause: Cause, *, now: datetime
) -> Passed | None:
    """The moment an order's day became known, or another one; None where it stays, or is of no use any more."""
    if new.state in OVER or not moments.has_moved(order.standing, new):
        return None
    return happened(
        shop_id,
        order.id,
        moments.eta_said(new),
        before=moments.eta_said(order.standing),
        version=order.version + 1,
        quiet=cause.quiet or quiet_since(order.quiet_before, now, now),
        cause=cause,
        now=now,
    )


def happened(
    shop_id: int,
    order_id: int,
    said: str,
    *,
    before: str = "",
    version: int,
    quiet: str,
    cause: Cause,
    now: datetime,
) -> Passed:
    """A moment of an order (tracking.moments). `version`: of the order, from then on."""
    episode, announced_at = moments.turn(version), now if quiet else None
    return Passed(
        shop_id,
        order_id,
        None,
        "moment",
        before,
        said,
        episode,
        now,
        now,
        cause.name[:80],
        quiet,
        announced_at,
    )


def reached(
    *,
    shop_id: int,
    order_id: int,
    code: str,
    episode: int,
    at: datetime,
    cause: Cause,
    quiet_before: datetime,
    now: datetime,
) -> Passed:
    """A milestone of an order; `episode`: how many of it the order had before."""
    quiet = cause.quiet or quiet_since(quiet_before, at, now)
    announced_at = now if quiet else None
    return Passed(
        shop_id, order_id, None, "milestone", "", code, episode, at, now, cause.name[:80], quiet, announced_at
    )


def quiet_since(quiet_before: datetime, at: datetime, now: datetime) -> str:
    """Why nobody is told of what happened at `at`; empty when it is to be told."""
    return "imported" if at < quiet_before else "old" if now - at > TOO_OLD else ""


def write(transitions: Sequence[Passed]) -> list[Passed]:
    """Insert them in one statement; return those that were not there yet."""
    made = set(rows.insert(Transition, _COLUMNS, transitions, once=True, returning=_IDENTITY))
    return [t for t in transitions if (t.order_id, t.shipment_id, t.kind, t.after, t.episode) in made]


_LOCK = f"""
SELECT o.id, shop.time_zone, o.token_hash, o.quiet_before, o.episode, o.asserted, o.asserted_at, o.cancelled_at,
    o.expected_parcels, o.promised_date, o.override_state, o.override_until, o.override_date, o.override_at,
    o.version, {", ".join(f"o.{name}" for name in Standing._fields)}
FROM tracking_order o JOIN tenants_shop shop ON shop.id = o.shop_id
WHERE o.shop_id = %s AND o.id = ANY (%s::bigint[])
ORDER BY o.id FOR NO KEY UPDATE OF o
"""  # noqa: S608  names of fields
_CUT = len(OrderFacts._fields) - 1
_PARCELS = f"""
SELECT order_id, {", ".join(ParcelFacts._fields)} FROM tracking_shipment
WHERE shop_id = %s AND order_id = ANY (%s::bigint[]) ORDER BY id
"""  # noqa: S608  names of fields


def _locked(shop_id: int, order_ids: Collection[int]) -> dict[int, OrderFacts]:
    orders = {}
    for row in rows.fetch(_LOCK, [shop_id, rows.array(order_ids)]):
        standing = Standing._make(row[_CUT:])
        standing = standing._replace(counts=json.loads(standing.counts))  # type: ignore[arg-type]
        orders[row[0]] = OrderFacts._make([*row[:_CUT], standing])
    return orders


def _parcels(
    shop_id: int, order_ids: list[int]
) -> tuple[Mapping[int, list[ParcelFacts]], Mapping[int, dict[str, int]], Units]:
    """The orders' shipments; and, where one says what it holds, what is wanted and what each holds."""
    parcels: defaultdict[int, list[ParcelFacts]] = defaultdict(list)
    for order_id, *row in rows.fetch(_PARCELS, [shop_id, rows.array(order_ids)]):
        parcels[order_id].append(ParcelFacts._make(row))
    wanted: defaultdict[int, dict[str, int]] = defaultdict(dict)
    units: defaultdict[int, dict[str, int]] = defaultdict(dict)
    split = [order_id for order_id, all_ in parcels.items() if not all(p.whole_order for p in all_)]
    if split:
        lines = OrderLine.objects.for_shop(shop_id).filter(order_id__in=split).order_by()
        names = ("order_id", "id", "quantity", "cancelled", "shipped__shipment_id", "shipped__quantity")
        for order_id, line_id, quantity, cancelled, shipment_id, held in lines.values_list(*names):
            wanted[order_id][str(line_id)] = quantity - cancelled
            if shipment_id is not None:
                units[shipment_id][str(line_id)] = held
    return parcels, wanted, units
