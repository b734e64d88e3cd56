"""Works out where orders stand and writes it back, with the transitions: any number of orders, few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tenants import rows
from tracking.models import Order, OrderLine, Shipment, Transition
from tracking.moves import TOO_OLD
from tracking.services.announcing import after_commit
from tracking.services.standing import OrderFacts, ParcelFacts, Standing, Units, override_of, stand, today_of

_FACTS = (
    "id", "shop__time_zone", "token_hash", "quiet_before", "episode", "asserted", "asserted_at", "cancelled_at",
    "expected_parcels", "promised_date", "override_state", "override_until", "override_date", "override_at",
)  # fmt: skip
TRANSITION = (
    "shop", "order", "shipment", "kind", "before", "after", "episode", "occurred_at", "recorded_at", "cause",
    "quiet", "announced_at",
)  # fmt: skip
# A shop's own systems tell us of things this much late: what happened just before is still news.
SYNC_DELAY = timedelta(hours=1)
_ATTRIBUTES = [rows.field_of(Transition, name).attname for name in TRANSITION]
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
    transitions: list[Transition] = field(default_factory=list)  # of shipments


def refold(
    *,
    shop_id: int,
    order_ids: Collection[int],
    now: datetime,
    cause: Cause,
    steps: Mapping[int, Step] | None = None,
    shown: bool = False,
) -> list[Transition]:
    """Work out the orders anew; return the transitions written, those of `steps` among them.

    Locks the orders in id order, and only then reads their parcels: of two at once the second sees what the
    first wrote, and finds nothing left to move. Callers that lock shipments lock them before. `shown`:
    something else a page shows has changed already.
    """
    steps = steps or {}
    orders = _locked(shop_id, order_ids)
    parcels, wanted, units = _parcels(shop_id, list(orders))
    written: list[tuple[Any, ...]] = []
    transitions: list[Transition] = []
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
        has_ended = bool(order.override_state) and not override_of(
            order, today=today_of(order, now), heard=step.heard
        )
        if order.standing == new and not has_ended and not shown:
            continue
        if order.standing is None or order.standing.state != new.state:
            order = order._replace(episode=order.episode + 1)
            transitions.append(entered(shop_id, order, new, step.cause, now=now))
        if has_ended:
            ended.append(order_id)
        changed.append(order.token_hash)
        written.append((order_id, order.episode, *new))
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


def entered(shop_id: int, order: OrderFacts, new: Standing, cause: Cause, *, now: datetime) -> Transition:
    """The transition of an order into a state; from nowhere, for an order that is new."""
    at = max(new.state_since, cause.at) if cause.at else new.state_since
    return transition(
        shop_id=shop_id,
        order_id=order.id,
        kind="order",
        before=order.standing.state if order.standing else "",
        after=new.state,
        episode=order.episode,
        occurred_at=at,
        recorded_at=now,
        cause=cause.name,
        quiet=cause.quiet or ("imported" if at < order.quiet_before else "old" if now - at > TOO_OLD else ""),
    )


def transition(**fields: Any) -> Transition:
    """Not yet stored. What is told to nobody needs no announcing."""
    announced_at = fields["recorded_at"] if fields["quiet"] else None
    fields["cause"] = fields["cause"][:80]
    return Transition(announced_at=announced_at, **fields)


def write(transitions: Sequence[Transition]) -> list[Transition]:
    """Insert them in one statement; return those that were not there yet."""
    values = [[getattr(t, name) for name in _ATTRIBUTES] for t in transitions]
    made = rows.insert(Transition, TRANSITION, values, once=True, returning=("id", *_IDENTITY))
    ids = {tuple(identity): pk for pk, *identity in made}
    kept = []
    for t in transitions:
        t.pk = ids.pop((t.order_id, t.shipment_id, t.kind, t.after, t.episode), None)
        if t.pk is not None:
            kept.append(t)
    return kept


def _locked(shop_id: int, order_ids: Collection[int]) -> dict[int, OrderFacts]:
    found = (
        Order.objects.for_shop(shop_id)
        .filter(pk__in=order_ids)
        .order_by("pk")
        .select_for_update(of=("self",), no_key=True)
        .values_list(*_FACTS, *Standing._fields)
    )
    cut = len(_FACTS)
    return {row[0]: OrderFacts._make([*row[:cut], Standing._make(row[cut:])]) for row in found}


def _parcels(
    shop_id: int, order_ids: list[int]
) -> tuple[Mapping[int, list[ParcelFacts]], Mapping[int, dict[str, int]], Units]:
    """The orders' shipments; and, where one says what it holds, what is wanted and what each holds."""
    parcels: defaultdict[int, list[ParcelFacts]] = defaultdict(list)
    found = Shipment.objects.for_shop(shop_id).filter(order_id__in=order_ids).order_by("pk")
    for order_id, *row in found.values_list("order_id", *ParcelFacts._fields):
        parcels[order_id].append(ParcelFacts(*row))
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
