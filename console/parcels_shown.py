"""An order's parcels, each with where it is and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from carriers.models import Account
from console import decisions, tones
from console.clock import ago, moment_in_full
from console.queues import TO_ARRIVE
from tenants.models import Shop
from tracking.actions import carrier_name, carrier_page
from tracking.headlines import arrival
from tracking.labels import status_label
from tracking.models import Order, OrderLine, Poll, Shipment, ShipmentLine, TrackingEvent
from tracking.parcels import UNDECIDED
from tracking.position import Kind, Position
from tracking.situation import facts_of_parcel
from tracking.when import Clock

Events = Mapping[int, Sequence[TrackingEvent]]  # by shipment


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


def parcels_shown(
    shop: Shop,
    order: Order,
    shipments: Sequence[Shipment],
    lines: Sequence[OrderLine],
    events: Events,
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
            events[shipment.pk],
            positions[shipment.pk],
            clock,
            url=carrier_page(
                shipment.carrier, shipment.number, order.postal_code, order.country, order.language
            ),
            can_ask=shipment.account_id in accounts,
        )
        for shipment in shipments
    ]


def _parcel(
    shipment: Shipment,
    contents: list[str],
    poll: Poll | None,
    events: Sequence[TrackingEvent],
    position: Position,
    clock: Clock,
    *,
    url: str,
    can_ask: bool,
) -> ParcelView:
    until = (shipment.pickup or {}).get("until")
    facts = facts_of_parcel(shipment, clock)
    is_on_its_way = shipment.direction == "outbound" and facts.state in TO_ARRIVE
    return ParcelView(
        shipment=shipment,
        carrier=_carrier(shipment),
        url=url,
        status=status_label(shipment.sub_status),
        tone=tones.of_sub_status(shipment.sub_status),
        since=ago(clock, shipment.status_since),
        arrives=arrival(facts) if is_on_its_way else "",
        pickup_until=clock.day(clock.today.fromisoformat(until)) if until else "",
        contents=", ".join(contents),
        flags=decisions.flag_words(shipment.flags),
        asked=_asked(poll, clock),
        can_ask=can_ask,
        why=_why(events, position, clock),
    )


def _carrier(shipment: Shipment) -> str:
    """Where the number leaves several, all of them: they are being asked in turn."""
    if shipment.carrier == UNDECIDED and shipment.candidates:
        return " / ".join(map(carrier_name, shipment.candidates)) + " ?"
    return carrier_name(shipment.carrier)


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
                is_kept=decision.kind is Kind.KEPT,
            )
        )
    return lines
