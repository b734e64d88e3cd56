"""From rows to the facts a headline is made of: of an order, and of each of its parcels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from carriers.types import Status, SubStatus
from tracking.calm import calm
from tracking.headlines import Facts
from tracking.parcels import Counts, Parcel, count_parcels
from tracking.states import OrderState
from tracking.when import Clock


class ShipmentRow(Protocol):
    """`tracking.models.Shipment`, or its image in a snapshot."""

    @property
    def direction(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def sub_status(self) -> str: ...
    @property
    def status_since(self) -> datetime | None: ...
    @property
    def delayed(self) -> bool: ...
    @property
    def moved_at(self) -> datetime | None: ...
    @property
    def handed_over_at(self) -> datetime | None: ...
    @property
    def delivered_at(self) -> datetime | None: ...
    @property
    def eta_first(self) -> date | None: ...
    @property
    def eta_last(self) -> date | None: ...
    @property
    def slot_from(self) -> datetime | None: ...
    @property
    def slot_to(self) -> datetime | None: ...
    @property
    def pickup(self) -> Mapping[str, Any] | None: ...


class OrderRow(Protocol):
    """`tracking.models.Order`, or its image in a snapshot."""

    @property
    def state(self) -> str: ...
    @property
    def state_since(self) -> datetime: ...
    @property
    def health(self) -> str: ...
    @property
    def attention(self) -> str: ...
    @property
    def expected_parcels(self) -> int | None: ...
    @property
    def restock_date(self) -> date | None: ...
    @property
    def promised_date(self) -> date | None: ...
    @property
    def eta_first(self) -> date | None: ...
    @property
    def eta_last(self) -> date | None: ...
    @property
    def slot_from(self) -> datetime | None: ...
    @property
    def slot_to(self) -> datetime | None: ...


# A parcel's status as the state of an order of nothing else.
STATE_OF: dict[Status, OrderState] = {
    Status.PENDING: OrderState.PREPARING,
    Status.INFO_RECEIVED: OrderState.PREPARING,
    Status.IN_TRANSIT: OrderState.SHIPPED,
    Status.FAILED_ATTEMPT: OrderState.SHIPPED,
    Status.EXCEPTION: OrderState.SHIPPED,
    Status.EXPIRED: OrderState.SHIPPED,
    Status.OUT_FOR_DELIVERY: OrderState.OUT_FOR_DELIVERY,
    Status.AVAILABLE_FOR_PICKUP: OrderState.READY_FOR_PICKUP,
    Status.DELIVERED: OrderState.DELIVERED,
    Status.RETURNING: OrderState.RETURNING,
    Status.RETURNED: OrderState.RETURNED,
    Status.CANCELLED: OrderState.PREPARING,
}


S = TypeVar("S", bound=ShipmentRow)


def live(shipments: Sequence[S]) -> list[S]:
    """Those that carry the order to the shopper."""
    return [s for s in shipments if s.direction == "outbound" and s.status != Status.CANCELLED]


def counts_of(order: OrderRow, shipments: Sequence[ShipmentRow]) -> Counts:
    """How many parcels are where."""
    parcels = [
        Parcel(Status(s.status), SubStatus(s.sub_status), moved=bool(s.moved_at or s.handed_over_at))
        for s in live(shipments)
    ]
    return count_parcels(parcels, order.expected_parcels or 0)


def facts_of_order(order: OrderRow, shipments: Sequence[ShipmentRow], clock: Clock) -> Facts:
    """What there is to say of an order. `shipments`: all of them, whatever their direction."""
    mine = live(shipments)
    only = mine[0] if len(mine) == 1 else None
    delivered = [s.delivered_at for s in mine if s.delivered_at]
    waiting = next((s for s in mine if s.status == Status.AVAILABLE_FOR_PICKUP), None)
    counts = counts_of(order, shipments)
    return Facts(
        state=order.state,
        clock=clock,
        sub_status=only.sub_status if only else "",
        trouble=order.attention,
        delayed=order.health == "delayed" or any(s.delayed for s in mine),
        since=order.state_since,
        eta_first=order.eta_first,
        eta_last=order.eta_last,
        slot_from=order.slot_from,
        slot_to=order.slot_to,
        promised_date=order.promised_date,
        restock_date=order.restock_date,
        delivered_at=max(delivered, default=None),
        pickup_name=pickup_name(waiting),
        pickup_until=pickup_until(waiting),
        parcels=counts if counts.total else Counts(total=1),
    )


def facts_of_parcel(shipment: ShipmentRow, clock: Clock) -> Facts:
    return Facts(
        state=STATE_OF[Status(shipment.status)],
        clock=clock,
        sub_status=shipment.sub_status,
        trouble=shipment.sub_status,
        delayed=shipment.delayed,
        since=shipment.status_since,
        eta_first=shipment.eta_first,
        eta_last=shipment.eta_last,
        slot_from=shipment.slot_from,
        slot_to=shipment.slot_to,
        delivered_at=shipment.delivered_at,
        pickup_name=pickup_name(shipment),
        pickup_until=pickup_until(shipment),
    )


def pickup_name(shipment: ShipmentRow | None) -> str:
    return calm(str((shipment.pickup or {}).get("name") or "")) if shipment else ""


def pickup_until(shipment: ShipmentRow | None) -> date | None:
    said = (shipment.pickup or {}).get("until") if shipment else None
    return date.fromisoformat(said) if said else None
