"""Everything one order's page shows, read in a fixed number of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from django.utils.translation import gettext as _

from carriers.models import Account
from carriers.registry import CARRIERS
from carriers.types import SubStatus
from console import advice, decisions, masking, tones
from console.clock import ago, moment_in_full
from console.queues import TO_ARRIVE
from console.rows import StateNames, is_silent, money
from console.timeline import Day, Told, actor_words, person_ids, timeline
from notifications.models import Message
from tenants.models import AuditEntry, Shop, User
from tracking.actions import carrier_name, web
from tracking.headlines import arrival
from tracking.labels import cancel_reason_label, status_label
from tracking.links import page_url
from tracking.machine import fold
from tracking.models import (
    Milestone,
    Order,
    OrderLine,
    Poll,
    Shipment,
    ShipmentLine,
    TrackingEvent,
    Transition,
)
from tracking.position import Decision, Flag, Position, Stored
from tracking.situation import facts_of_parcel
from tracking.when import Clock

MOST_AUDIT = 60
PEEK_LINES = 12  # of the timeline, beside the list


@dataclass(frozen=True, slots=True)
class Callout:
    """What is wrong, and what one can do. `deeds`: (id of the form, what the button says)."""

    what: str
    do: str
    tone: str
    deeds: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One event and what it did to the parcel's status."""

    at: str
    said: str
    outcome: str
    reason: str
    is_kept: bool


@dataclass(frozen=True, slots=True)
class ParcelView:
    shipment: Shipment
    carrier: str
    url: str  # the carrier's own page of it
    status: str
    tone: str
    since: str
    arrives: str
    pickup_until: str
    contents: str
    flags: list[str]
    asked: str
    can_ask: bool
    why: list[WhyLine]


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
    milestones: list[tuple[str, Milestone]]
    days: list[Day]
    page_url: str
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
    views = _parcels(shop, shipments, lines, told, positions, clock)
    milestones = Milestone.objects.for_shop(shop).filter(order=order).order_by("at")
    return OrderPage(
        order=order,
        state=names(order.state),
        state_tone=tones.of_state(order.state),
        since=ago(clock, order.state_since),
        placed=moment_in_full(clock, order.placed_at),
        total=money(order.total, order.currency, clock),
        callouts=_callouts(order, shipments, told, clock),
        parcels=[view for view in views if view.shipment.direction == "outbound"],
        returns=[view for view in views if view.shipment.direction != "outbound"],
        lines=[_line(line, order, clock) for line in lines],
        units=sum(line.quantity - line.cancelled for line in lines),
        customer=_customer(order, masked=masked),
        milestones=[(moment_in_full(clock, milestone.at), milestone) for milestone in milestones],
        days=timeline(told, names, clock, masked=masked),
        page_url=page_url(shop, order),
        names=names,
    )


def _events_of(shop: Shop, shipments: Sequence[Shipment]) -> dict[int, list[TrackingEvent]]:
    """By shipment; of one scan reported twice the reading that says more."""
    found: dict[int, dict[str, TrackingEvent]] = {shipment.pk: {} for shipment in shipments}
    rows = TrackingEvent.objects.for_shop(shop).filter(shipment_id__in=found)
    for event in rows.order_by("received_at", "id").defer("raw"):
        twin = found[event.shipment_id].get(event.key)
        if twin is None or event.sub_status or not twin.sub_status:
            found[event.shipment_id][event.key] = event
    return {pk: list(events.values()) for pk, events in found.items()}


def _stored(event: TrackingEvent) -> Stored:
    sub_status = SubStatus(event.sub_status) if event.sub_status else None
    return Stored(event.key, event.occurred_at, event.received_at, sub_status, event.source, event.reason)


def _told(
    shop: Shop,
    order: Order,
    shipments: Sequence[Shipment],
    events: Mapping[int, Sequence[TrackingEvent]],
    positions: Mapping[int, Position],
) -> Told:
    transitions = list(Transition.objects.for_shop(shop).filter(order=order).exclude(kind="shipment"))
    messages = (
        Message.objects.for_shop(shop).filter(order=order).defer("html", "text").prefetch_related("receipts")
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


# --- Parcels ---


def _parcels(
    shop: Shop,
    shipments: Sequence[Shipment],
    lines: Sequence[OrderLine],
    told: Told,
    positions: Mapping[int, Position],
    clock: Clock,
) -> list[ParcelView]:
    ids = [shipment.pk for shipment in shipments]
    polls = {poll.shipment_id: poll for poll in Poll.objects.for_shop(shop).filter(shipment_id__in=ids)}
    accounts = set(Account.objects.for_shop(shop).filter(enabled=True).values_list("pk", flat=True))
    titles = {line.pk: line.title for line in lines}
    contents: defaultdict[int, list[str]] = defaultdict(list)
    for held in ShipmentLine.objects.for_shop(shop).filter(shipment_id__in=ids).order_by("id"):
        contents[held.shipment_id].append(f"{held.quantity} × {titles.get(held.line_id, '')}")
    return [
        _parcel(
            shipment,
            contents.get(shipment.pk, []),
            polls.get(shipment.pk),
            told,
            positions[shipment.pk],
            clock,
            can_ask=shipment.account_id in accounts,
        )
        for shipment in shipments
    ]


def _parcel(
    shipment: Shipment,
    contents: list[str],
    poll: Poll | None,
    told: Told,
    position: Position,
    clock: Clock,
    *,
    can_ask: bool,
) -> ParcelView:
    known = CARRIERS.get(shipment.carrier)
    until = (shipment.pickup or {}).get("until")
    facts = facts_of_parcel(shipment, clock)
    is_on_its_way = shipment.direction == "outbound" and facts.state in TO_ARRIVE
    return ParcelView(
        shipment=shipment,
        carrier=carrier_name(shipment.carrier),
        url=web(known.public_url.replace("{number}", quote(shipment.number, safe=""))) if known else "",
        status=status_label(shipment.sub_status),
        tone=tones.of_sub_status(shipment.sub_status),
        since=ago(clock, shipment.status_since),
        arrives=arrival(facts) if is_on_its_way else "",
        pickup_until=clock.day(clock.today.fromisoformat(until)) if until else "",
        contents=", ".join(contents),
        flags=decisions.flag_words(shipment.flags),
        asked=_asked(poll, clock),
        can_ask=can_ask,
        why=_why(told.events[shipment.pk], position, clock),
    )


def _asked(poll: Poll | None, clock: Clock) -> str:
    if poll is None or poll.asked_at is None:
        return ""
    return _("Asked %(when)s") % {"when": ago(clock, poll.asked_at)}


def _why(events: Sequence[TrackingEvent], position: Position, clock: Clock) -> list[WhyLine]:
    by_key = {event.key: event for event in events}
    lines = []
    for decision in reversed(position.decisions):
        event = by_key[decision.key]
        said = status_label(event.sub_status) if event.sub_status else event.text or event.code
        lines.append(
            WhyLine(
                at=moment_in_full(clock, event.occurred_at),
                said=said,
                outcome=decisions.outcome(decision),
                reason=decisions.reason(decision),
                is_kept=decision.kind == "kept",
            )
        )
    return lines


# --- What is wrong ---


def _callouts(order: Order, shipments: Sequence[Shipment], told: Told, clock: Clock) -> list[Callout]:
    live = [s for s in shipments if s.direction == "outbound" and s.status != "cancelled"]
    found = [callout for shipment in live if (callout := _of_parcel(shipment, order, several=len(live) > 1))]
    if order.cancelled_at and any(s.moved_at for s in live):
        found.insert(0, _callout(advice.CANCELLED_UNDER_WAY, live[0]))
    if not found and is_silent(order, clock):
        found.append(_callout(advice.SILENT, live[0] if live else None))
    if not found and order.health == "delayed":
        found.append(_callout(advice.LATE, live[0] if live else None))
    if order.override_state:
        found.append(_override(order, told, clock))
    if order.cancelled_at and not any(s.moved_at for s in live):
        found.append(Callout(cancel_reason_label(order.cancel_reason) or _("Cancelled"), "", "info", []))
    return found


def _of_parcel(shipment: Shipment, order: Order, *, several: bool) -> Callout | None:
    if Flag.FALSE_DELIVERY in shipment.flags and shipment.status != "delivered":
        return _callout(advice.FALSE_DELIVERY, shipment, several=several)
    if Flag.VOIDED_LABEL_USED in shipment.flags and shipment.status != "delivered":
        return _callout(advice.VOIDED_LABEL_USED, shipment, several=several)
    said = advice.of_sub_status(shipment.sub_status)
    return _callout(said, shipment, several=several) if said else None


def _callout(said: advice.Advice, shipment: Shipment | None, *, several: bool = False) -> Callout:
    carrier = carrier_name(shipment.carrier) if shipment else ""
    what = str(said.what) % {"carrier": carrier}
    if several and shipment:
        what = _("%(number)s: %(what)s") % {"number": shipment.number, "what": what}
    asking = shipment is not None and shipment.account_id is not None
    deeds = [(deed, str(advice.DEEDS[deed])) for deed in said.deeds if deed != "ask" or asking]
    places = {"ask": f"ask-{shipment.pk}", "number": f"remove-{shipment.pk}"} if shipment else {}
    return Callout(
        what, str(said.do), said.tone, [(places.get(deed, f"do-{deed}"), words) for deed, words in deeds]
    )


def _override(order: Order, told: Told, clock: Clock) -> Callout:
    who = actor_words(order.override_by, told.people) or _("the shop")
    until = {
        "next_event": _("until the carrier says something new"),
        "date": _("until %(day)s") % {"day": clock.day(order.override_date) if order.override_date else ""},
        "forever": _("until it is taken back"),
    }.get(order.override_until, "")
    what = _("State set by hand by %(who)s, %(until)s") % {"who": who, "until": until}
    return Callout(what, order.override_reason, "info", [("do-clear", _("Take it back"))])


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
