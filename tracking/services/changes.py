"""Changes of a delivery, asked for: by the shopper within what the shop offers, by an agent as a note."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.translation import gettext as _

from tenants.models import Shop
from tenants.services import Actor
from tracking import changing
from tracking.changing import Terms, Verdict, Window
from tracking.models import DeliveryOption, DeliveryRequest, Order, Shipment
from tracking.services.change_news import tell_shop
from tracking.services.incoming import Refused
from tracking.services.settling import RECHECK, SHOPPER, locked, move, note, shown


@dataclass(frozen=True, slots=True)
class Ask:
    """What a shopper, or an agent, wants of one parcel. `shipment_id` None: of an order without parcels yet."""

    shipment_id: int | None
    kind: str
    details: Mapping[str, Any]
    window: Window | None = None


class NotNow(Exception):
    """The option cannot be had (any more). `full`: of these hours the last was taken just now."""

    def __init__(self, verdict: Verdict | None, *, full: bool = False) -> None:
        super().__init__(str(verdict))
        self.verdict, self.full = verdict, full


# --- Asking ---


def ask(*, shop: Shop, order: Order, wish: Ask, now: datetime) -> DeliveryRequest:
    """Take down what a shopper wants; raises NotNow where it cannot be had.

    In the shop's context. Safe to repeat: while a request of the kind stands, it is the answer. A slot is taken by
    one conditional UPDATE; the constraint below it makes selling one twice impossible.
    """
    held = locked(shop, order.pk)
    requests = list(DeliveryRequest.objects.for_shop(shop).filter(order=held))
    standing = _standing(requests, wish)
    if standing:
        return standing
    shipments = list(Shipment.objects.for_shop(shop).filter(order=held))
    parcel = next((one for one in shipments if one.pk == wish.shipment_id), None)
    if (parcel is None) != (wish.shipment_id is None) or parcel not in changing.turnable(held, shipments):
        raise NotNow(Verdict.TOO_LATE)
    offer = _offer(shop, held, parcel, requests, wish.kind, now)
    option: Any = offer.option
    _supersede(shop, requests, wish, now)
    slot_id = _take(shop, option, wish.window) if wish.window else None
    made = _insert(shop, held, wish, option, offer.cutoff_at, slot_id, SHOPPER, now)
    tell_shop(shop, held, made, now)
    shown(held)
    return made


def _standing(requests: list[DeliveryRequest], wish: Ask) -> DeliveryRequest | None:
    return next(
        (
            r
            for r in requests
            if (r.shipment_id, r.kind) == (wish.shipment_id, wish.kind) and r.status in changing.UNSETTLED
        ),
        None,
    )


def _offer(
    shop: Shop,
    order: Order,
    parcel: Shipment | None,
    requests: list[DeliveryRequest],
    kind: str,
    now: datetime,
) -> changing.Offer:
    options = DeliveryOption.objects.for_shop(shop).filter(enabled=True)
    found = changing.offers(order, parcel, options, requests, now=now, zone=ZoneInfo(shop.time_zone))
    offer = next((one for one in found if one.option.kind == kind), None)
    if offer is None or offer.verdict is not Verdict.OPEN or offer.option.way == "link":
        raise NotNow(offer.verdict if offer else None)
    return offer


def _supersede(shop: Shop, requests: list[DeliveryRequest], wish: Ask, now: datetime) -> None:
    """What the carrier accepted before gives way to the new wish about the same thing."""
    for held in requests:
        same = held.kind == wish.kind or changing.excludes(held.kind, wish.kind)
        if held.shipment_id == wish.shipment_id and held.status == "accepted" and same:
            move(shop, held, "withdrawn", now)


def _take(shop: Shop, option: DeliveryOption, window: Window) -> int:
    """A place in these hours, which come to be when first wanted; raises NotNow when there is none left."""
    capacity = Terms.of(option.settings).capacity
    given: list[Any] = [shop.pk, option.pk, window.starts_at]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_deliveryslot (shop_id, option_id, starts_at, ends_at, capacity, taken)"
            " VALUES (%s, %s, %s, %s, %s, 0) ON CONFLICT DO NOTHING",
            [*given, window.ends_at, capacity],
        )
        cursor.execute(
            "UPDATE tracking_deliveryslot SET taken = taken + 1"
            " WHERE shop_id = %s AND option_id = %s AND starts_at = %s AND taken < capacity RETURNING id",
            given,
        )
        row = cursor.fetchone()
    if row is None:
        raise NotNow(Verdict.OPEN, full=True)
    slot_id: int = row[0]
    return slot_id


def _insert(
    shop: Shop,
    order: Order,
    wish: Ask,
    option: DeliveryOption | None,
    cutoff_at: datetime | None,
    slot_id: int | None,
    by: str,
    now: datetime,
    way: str = "",
) -> DeliveryRequest:
    way = way or (option.way if option else "task")
    asks_first = option is not None and option.needs_approval and by == SHOPPER
    made: DeliveryRequest = DeliveryRequest.objects.create(
        shop=shop,
        order=order,
        shipment_id=wish.shipment_id,
        option=option,
        kind=wish.kind,
        way=way,
        status="asked" if asks_first else "approved",
        details=dict(wish.details),
        slot_id=slot_id,
        price=option.price if option and by == SHOPPER else Decimal(),
        currency=shop.currency,
        asked_by=by,
        asked_at=now,
        cutoff_at=cutoff_at,
        next_at=now + RECHECK if asks_first or way == "task" else now,
    )
    return made


def add_note(
    *, shop: Shop, order: Order, shipment_id: int | None, text: str, by: Actor, now: datetime
) -> DeliveryRequest:
    """An agent's words for the carrier about one parcel: handed over as the shop's own option for notes says.

    Without such an option by the carrier's own service where it takes notes, else as somebody's task. The shop's
    cut-offs and limits are for shoppers. Safe to repeat: a note that stands with the same words is the answer.
    Raises Refused while another note stands.
    """
    held = locked(shop, order.pk)
    wish = Ask(shipment_id, "note", {"text": text})
    requests = list(DeliveryRequest.objects.for_shop(shop).filter(order=held))
    standing = _standing(requests, wish)
    if standing and standing.details.get("text") == text:
        return standing
    if standing:
        raise Refused({"text": [_("A note is on its way already: settle that one first.")]})
    parcel = Shipment.objects.for_shop(shop).filter(pk=shipment_id, order=held).first()
    if shipment_id is not None and parcel is None:
        raise Refused({"shipment": [_("Choose one of the parcels listed.")]})
    _supersede(shop, requests, wish, now)
    option, way = _way_of_note(shop, held, parcel)
    made = _insert(shop, held, wish, option, None, None, by.name.replace("user:", "agent:"), now, way)
    note(shop, held, by, "change.noted", made)
    shown(held)
    return made


def _way_of_note(shop: Shop, order: Order, parcel: Shipment | None) -> tuple[DeliveryOption | None, str]:
    options = DeliveryOption.objects.for_shop(shop).filter(enabled=True, kind="note").exclude(way="link")
    option = next((one for one in options if changing.applies(one, order, parcel)), None)
    if option:
        return option, option.way
    by_carrier = DeliveryOption(kind="note", way="carrier")
    return None, "carrier" if parcel and changing.applies(by_carrier, order, parcel) else "task"
