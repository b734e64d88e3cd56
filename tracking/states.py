"""Where an order stands: its shipments, what the shop asserted, and nothing else. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from carriers.types import Status, SubStatus
from tracking.parcels import TROUBLE, Counts, Parcel, contents_known, count_parcels, count_units
from tracking.position import SETTLED
from tracking.substatuses import DETAILS, SHOP, Party


class OrderState(StrEnum):
    """The states every shop's own states are made of."""

    RECEIVED = "received"
    AWAITING_PAYMENT = "awaiting_payment"
    AWAITING_STOCK = "awaiting_stock"
    ROUTED = "routed"
    TO_PREPARE = "to_prepare"
    PREPARING = "preparing"
    PARTIALLY_SHIPPED = "partially_shipped"
    SHIPPED = "shipped"
    OUT_FOR_DELIVERY = "out_for_delivery"
    READY_FOR_PICKUP = "ready_for_pickup"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    DELIVERED_INCOMPLETE = "delivered_incomplete"
    COMPLETED = "completed"
    RETURNING = "returning"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    INVOICE_ISSUED = "invoice_issued"


class StateKind(StrEnum):
    LINEAR = "linear"  # the shop asserts it
    DERIVED = "derived"  # follows from the shipments
    TERMINAL = "terminal"
    MILESTONE = "milestone"  # happens to an order, never replaces its state
    TIME = "time"  # follows from the clock


@dataclass(frozen=True, slots=True)
class StateFacts:
    """`step`: 1 to 6 of the shopper's progress bar; None: beside the bar."""

    kind: StateKind
    step: int | None
    notify: bool = False  # told to the shopper unless the shop says otherwise
    internal: bool = False  # the shop's business, not the shopper's


STATES: dict[OrderState, StateFacts] = {
    OrderState.RECEIVED: StateFacts(StateKind.LINEAR, 1),
    OrderState.AWAITING_PAYMENT: StateFacts(StateKind.LINEAR, 1),
    OrderState.AWAITING_STOCK: StateFacts(StateKind.LINEAR, 1),
    OrderState.ROUTED: StateFacts(StateKind.LINEAR, None, internal=True),
    OrderState.TO_PREPARE: StateFacts(StateKind.LINEAR, 2),
    OrderState.PREPARING: StateFacts(StateKind.LINEAR, 2, notify=True),
    OrderState.PARTIALLY_SHIPPED: StateFacts(StateKind.DERIVED, 3),  # told as SHIPPED: see `announces`
    OrderState.SHIPPED: StateFacts(StateKind.DERIVED, 3, notify=True),
    OrderState.OUT_FOR_DELIVERY: StateFacts(StateKind.DERIVED, 4),
    OrderState.READY_FOR_PICKUP: StateFacts(StateKind.DERIVED, 4, notify=True),
    OrderState.PARTIALLY_DELIVERED: StateFacts(StateKind.DERIVED, 4),
    OrderState.DELIVERED: StateFacts(StateKind.DERIVED, 5, notify=True),
    OrderState.DELIVERED_INCOMPLETE: StateFacts(StateKind.DERIVED, 5),
    OrderState.COMPLETED: StateFacts(StateKind.TIME, 6),
    OrderState.RETURNING: StateFacts(StateKind.DERIVED, None),
    OrderState.RETURNED: StateFacts(StateKind.DERIVED, None),
    OrderState.CANCELLED: StateFacts(StateKind.TERMINAL, None, notify=True),
    OrderState.INVOICE_ISSUED: StateFacts(StateKind.MILESTONE, None),
}

# What a shop may assert: the states before the carrier, and the hand-over itself.
ASSERTABLE = frozenset(s for s, facts in STATES.items() if facts.kind is StateKind.LINEAR) | {
    OrderState.SHIPPED
}
ON_THEIR_WAY = frozenset({OrderState.PARTIALLY_SHIPPED, OrderState.SHIPPED})
UNDER_WAY = ON_THEIR_WAY | {
    OrderState.OUT_FOR_DELIVERY,
    OrderState.READY_FOR_PICKUP,
    OrderState.PARTIALLY_DELIVERED,
    OrderState.DELIVERED,
    OrderState.DELIVERED_INCOMPLETE,
    OrderState.COMPLETED,
    OrderState.RETURNING,
    OrderState.RETURNED,
}

BESIDE = frozenset({OrderState.CANCELLED, OrderState.RETURNING, OrderState.RETURNED})  # the progress bar
OVER = frozenset(  # no promise is open any more
    {
        OrderState.DELIVERED,
        OrderState.DELIVERED_INCOMPLETE,
        OrderState.RETURNING,
        OrderState.RETURNED,
        OrderState.CANCELLED,
    },
)


def shopper_step(state: OrderState) -> int | None:
    """The step of the progress bar to show; None for what is shown beside it."""
    facts = STATES[state]
    return 1 if facts.internal else facts.step


def announces(before: OrderState, after: OrderState) -> OrderState | None:
    """Return the state to tell the shopper of when an order goes from `before` to `after`, or None.

    "Partially shipped" is told as "shipped", once: the first parcel to leave brings the message, with
    its counts; the others leaving, or one going back to the depot, bring no second one.
    """
    if after is before:
        return None
    if after in ON_THEIR_WAY:
        return None if before in UNDER_WAY else OrderState.SHIPPED
    return after


class Health(StrEnum):
    ON_TRACK = "on_track"
    DELAYED = "delayed"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class OrderView:
    """`units` decided the state; `parcels` is for the headline ("2 of 3 parcels delivered")."""

    state: OrderState
    health: Health
    units: Counts
    parcels: Counts
    needs: frozenset[Party] = frozenset()  # who has something to do
    attention: SubStatus | None = None  # the gravest reason for somebody to look


def order_view(
    *,
    wanted: Mapping[str, int],
    parcels: Iterable[Parcel],
    asserted: OrderState = OrderState.RECEIVED,
    cancelled: bool = False,
    expected_parcels: int = 0,
    late: bool = False,
) -> OrderView:
    """Return where an order stands.

    `wanted`: ordered minus cancelled quantity by line. `late`: the shop's own promise has passed.
    Raises ValueError for an asserted state that only shipments or an override can bring about.
    """
    if asserted not in ASSERTABLE:
        raise ValueError(
            f"{asserted!s} cannot be asserted: record an event on a shipment, or set an override",
        )
    live = [p for p in parcels if p.outbound and p.status is not Status.CANCELLED]
    by_parcel = count_parcels(live, expected_parcels)
    units = count_units(live, wanted) if contents_known(live, wanted) else by_parcel
    state = _state(units, asserted=asserted, cancelled=cancelled)
    troubled = [p for p in live if p.is_trouble]
    needy = [p for p in live if p.status is not Status.RETURNED and DETAILS[p.sub_status].needs]
    return OrderView(
        state=state,
        health=_health(
            live,
            troubled=bool(troubled) or (cancelled and by_parcel.moved > 0),
            late=late and state not in OVER,
        ),
        units=units,
        parcels=by_parcel,
        needs=_needs(live),
        attention=max((p.sub_status for p in troubled or needy), key=_gravity, default=None),
    )


def _state(units: Counts, *, asserted: OrderState, cancelled: bool) -> OrderState:
    """The first that holds, in this order."""
    total = units.total
    if not units.moved:
        return OrderState.CANCELLED if cancelled else asserted
    if units.returned == total:
        return OrderState.RETURNED
    if units.returning + units.returned == total:
        return OrderState.RETURNING
    if units.delivered == total:
        return OrderState.DELIVERED
    # Nothing delivered and all lost is not "delivered, incomplete": it stays shipped, with attention.
    if units.delivered and units.delivered + units.returned + units.lost == total:
        return OrderState.DELIVERED_INCOMPLETE
    if units.out_for_delivery:
        return OrderState.OUT_FOR_DELIVERY
    if units.ready and not units.moving:
        return OrderState.READY_FOR_PICKUP
    if units.delivered:
        return OrderState.PARTIALLY_DELIVERED
    return OrderState.PARTIALLY_SHIPPED if units.moved < total else OrderState.SHIPPED


def _health(live: Sequence[Parcel], *, troubled: bool, late: bool) -> Health:
    if troubled:
        return Health.ATTENTION
    if late or any(p.delayed or p.late for p in live if p.status not in SETTLED):
        return Health.DELAYED
    return Health.ON_TRACK


def _needs(live: Sequence[Parcel]) -> frozenset[Party]:
    who = frozenset[Party]().union(*(DETAILS[p.sub_status].needs for p in live))
    return who | SHOP if any(p.is_alarming for p in live) else who


def _gravity(sub_status: SubStatus) -> tuple[bool, bool, int, str]:
    row = DETAILS[sub_status]
    return (row.terminal, row.status in TROUBLE, row.rank, sub_status)


def conclude(
    state: OrderState,
    *,
    delivered_at: datetime | None,
    now: datetime,
    after_days: int = 14,
    open_ticket: bool = False,
    open_return: bool = False,
) -> OrderState:
    """Return COMPLETED for an order delivered `after_days` ago about which nothing is open; else `state`.

    Ask again whenever something changes: a dispute or a return opens it again by itself.
    """
    if state is not OrderState.DELIVERED or delivered_at is None or open_ticket or open_return:
        return state
    return OrderState.COMPLETED if now >= delivered_at + timedelta(days=after_days) else state


class Until(StrEnum):
    NEXT_EVENT = "next_event"
    DATE = "date"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class Override:
    """A state the shop set by hand, in place of the derived one. Raises ValueError where that makes
    no sense."""

    state: OrderState
    until: Until
    set_at: datetime
    last_date: date | None = None  # with Until.DATE: the last day it holds

    def __post_init__(self) -> None:
        if STATES[self.state].kind is StateKind.MILESTONE:
            raise ValueError(f"{self.state!s} is a milestone, not a state: record it as one")
        if self.until is Until.DATE and self.last_date is None:
            raise ValueError("An override until a date needs the date")

    def is_in_force(self, *, today: date, last_heard_at: datetime | None) -> bool:
        """`last_heard_at`: when the latest carrier event reached us; `today` in the shop's zone."""
        if self.until is Until.DATE:
            return self.last_date is not None and today <= self.last_date
        if self.until is Until.NEXT_EVENT:
            return last_heard_at is None or last_heard_at <= self.set_at
        return True


def with_override(
    view: OrderView,
    override: Override | None,
    *,
    today: date,
    last_heard_at: datetime | None,
) -> OrderView:
    """The view with the shop's override, where one is in force; health and counts stay what they are."""
    if override is None or not override.is_in_force(today=today, last_heard_at=last_heard_at):
        return view
    return replace(view, state=override.state)
