"""Everything one order's page shows, read in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carriers.types import SubStatus
from console import masking, tones
from console.callouts import Callout, callouts
from console.clock import ago, moment_in_full
from console.parcels_shown import ParcelView, parcels_shown
from console.rows import StateNames, money
from console.timeline import Day, Told, person_ids, timeline
from console.visits import looked_at
from notifications.models import Message
from tenants.models import AuditEntry, Shop, User
from tracking.actions import web
from tracking.links import page_url
from tracking.machine import fold
from tracking.models import (
    Milestone,
    Order,
    OrderLine,
    Shipment,
    TrackingEvent,
    Transition,
)
from tracking.position import Decision, Position, Stored
from tracking.when import Clock

MOST_AUDIT = 60
PEEK_LINES = 12  # of the timeline, beside the list


@dataclass(frozen=True, slots=True)
class LineView:
    title: str
    more: str
    quantity: int
    cancelled: int
    price: str
    image_url: str


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    email: str
    phone: str
    address: list[str]

    @property
    def first_name(self) -> str:
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class OrderPage:
    order: Order
    state: str
    state_tone: str
    since: str
    placed: str
    total: str
    callouts: list[Callout]
    parcels: list[ParcelView]
    returns: list[ParcelView]
    lines: list[LineView]
    units: int
    customer: Customer
    milestones: list[tuple[str, str, str]]  # when, the invoice's number, its address
    days: list[Day]
    page_url: str
    looked_at: str  # how often, and when last; may be empty
    names: StateNames

    @property
    def latest(self) -> list[Day]:
        """The beginning of the timeline, for the order beside the list."""
        left, days = PEEK_LINES, []
        for day in self.days:
            if left > 0:
                days.append(Day(day.heading, day.lines[:left]))
                left -= len(day.lines)
        return days


def order_page(order: Order, shop: Shop, clock: Clock, *, masked: bool) -> OrderPage:
    """Read what belongs to the order of this shop. `masked`: for a member who may only look."""
    names = StateNames(shop)
    shipments = list(Shipment.objects.for_shop(shop).filter(order=order).order_by("direction", "id"))
    events = _events_of(shop, shipments)
    positions = {pk: fold(map(_stored, found), zone=clock.zone) for pk, found in events.items()}
    told = _told(shop, order, shipments, events, positions)
    lines = list(OrderLine.objects.for_shop(shop).filter(order=order))
    views = parcels_shown(shop, order, shipments, lines, events, positions, clock)
    milestones = Milestone.objects.for_shop(shop).filter(order=order).order_by("at")
    return OrderPage(
        order=order,
        state=names(order.state),
        state_tone=tones.of_state(order.state),
        since=ago(clock, order.state_since),
        placed=moment_in_full(clock, order.placed_at),
        total=money(order.total, order.currency, clock),
        callouts=callouts(order, shipments, told.people, clock),
        parcels=[view for view in views if view.shipment.direction == "outbound"],
        returns=[view for view in views if view.shipment.direction != "outbound"],
        lines=[_line(line, order, clock) for line in lines],
        units=sum(line.quantity - line.cancelled for line in lines),
        customer=_customer(order, masked=masked),
        milestones=[(moment_in_full(clock, m.at), m.reference, web(m.url)) for m in milestones],
        days=timeline(told, names, clock, masked=masked),
        page_url=page_url(shop, order),
        looked_at=looked_at(order, shop, clock),
        names=names,
    )


def _events_of(shop: Shop, shipments: Sequence[Shipment]) -> dict[int, list[TrackingEvent]]:
    """By shipment; of one scan reported twice the reading that says more."""
    found: dict[int, dict[str, TrackingEvent]] = {shipment.pk: {} for shipment in shipments}
    rows = TrackingEvent.objects.for_shop(shop).filter(shipment_id__in=found)
    for event in rows.order_by("received_at", "id").defer("raw"):
        twin = found[event.shipment_id].get(event.key)
        if twin is None or (event.authority, bool(event.sub_status)) >= (
            twin.authority,
            bool(twin.sub_status),
        ):
            found[event.shipment_id][event.key] = event
    return {pk: list(events.values()) for pk, events in found.items()}


def _stored(event: TrackingEvent) -> Stored:
    sub_status = SubStatus(event.sub_status) if event.sub_status else None
    return Stored(
        event.key,
        event.occurred_at,
        event.received_at,
        sub_status,
        event.source,
        event.reason,
        event.authority,
    )


def _told(
    shop: Shop,
    order: Order,
    shipments: Sequence[Shipment],
    events: Mapping[int, Sequence[TrackingEvent]],
    positions: Mapping[int, Position],
) -> Told:
    transitions = list(Transition.objects.for_shop(shop).filter(order=order, kind__in=["order", "milestone"]))
    messages = (
        Message.objects.for_shop(shop).filter(order=order).defer("body", "text").prefetch_related("receipts")
    )
    audit = list(
        AuditEntry.objects.for_shop(shop).filter(subject=f"order:{order.pk}").order_by("-id")[:MOST_AUDIT]
    )
    actors = [*(t.cause for t in transitions), *(entry.actor for entry in audit), order.override_by]
    return Told(
        shipments=shipments,
        events=events,
        decisions={pk: _by_key(position.decisions) for pk, position in positions.items()},
        transitions=transitions,
        messages=list(messages),
        audit=audit,
        people=User.objects.in_bulk(person_ids(actors)),
    )


def _by_key(found: Sequence[Decision]) -> dict[str, Decision]:
    return {decision.key: decision for decision in found}


# --- Lines and customer ---


def _line(line: OrderLine, order: Order, clock: Clock) -> LineView:
    return LineView(
        title=line.title,
        more=" · ".join(part for part in (line.variant, line.sku) if part),
        quantity=line.quantity,
        cancelled=line.cancelled,
        price=money(line.unit_price, order.currency, clock),
        image_url=web(line.image_url),
    )


def _customer(order: Order, *, masked: bool) -> Customer:
    town = " ".join(part for part in (order.postal_code, order.city) if part)
    region = ", ".join(part for part in (order.region, order.country) if part)
    street = [] if masked else [order.address_line, order.address_extra]
    return Customer(
        name=masking.name(order.customer_name) if masked else order.customer_name,
        email=masking.email(order.customer_email) if masked else order.customer_email,
        phone=masking.phone(order.customer_phone) if masked else order.customer_phone,
        address=[part for part in (*street, town, region) if part],
    )
