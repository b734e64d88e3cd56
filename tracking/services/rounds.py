"""A shop's own deliveries: rounds are made, driven and ended; what the driver says becomes events of the parcels."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.utils.translation import gettext as _

from carriers.types import Answer, Event, SubStatus
from tenants import audit
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor
from tenants.vault import digest
from tracking.actions import carrier_name
from tracking.models import Order, Round, Shipment, Stop
from tracking.parcels import OWN_DRIVER, UNNAMED
from tracking.position import SETTLED
from tracking.services.courier import stop_following
from tracking.services.events import record_events
from tracking.services.incoming import Refused, ShipmentIn
from tracking.services.intake import add_shipment
from tracking.services.values import cleaned
from tracking.states import OVER

MOST_STOPS = 120
OUTLASTS = timedelta(hours=6)  # the end of its day

DELIVERED: Mapping[str, SubStatus] = {
    "person": SubStatus.DELIVERED,
    "signed": SubStatus.DELIVERED_SIGNED,
    "neighbour": SubStatus.DELIVERED_NEIGHBOUR,
    "safe_place": SubStatus.DELIVERED_SAFE_PLACE,
    "mailbox": SubStatus.DELIVERED_MAILBOX,
    "reception": SubStatus.DELIVERED_RECEPTION,
}
FAILED: Mapping[str, SubStatus] = {
    "not_home": SubStatus.FAILED_NOT_HOME,
    "address": SubStatus.FAILED_ADDRESS,
    "access": SubStatus.FAILED_ACCESS,
    "closed": SubStatus.FAILED_BUSINESS_CLOSED,
    "refused": SubStatus.FAILED_REFUSED,
    "no_time": SubStatus.FAILED_NO_TIME,
}


@dataclass(frozen=True, slots=True)
class Handed:
    """How a parcel was delivered. `picture` is a JPEG."""

    how: str  # of DELIVERED
    taken_by: str = ""
    picture: bytes | None = None
    picture_kind: str = ""  # photo, signature
    note: str = ""


def make_round(
    *, shop: Shop, name: str, driver: str, day: date, by: Actor, now: datetime
) -> tuple[Round, str]:
    """A round without stops, and the key of its driver's link, which is kept nowhere. Each call makes one."""
    key = secrets.token_urlsafe(24)
    with shop_context(shop.pk):
        made = Round.objects.create(
            shop=shop, name=cleaned(name)[:80], driver=cleaned(driver)[:80], date=day, key_hash=digest(key)
        )
        _witness(shop, by, "round.made", made)
        return made, key


def new_key(*, shop: Shop, round_id: int, by: Actor) -> str:
    """Another key for the driver's link: the one before opens nothing any more."""
    key = secrets.token_urlsafe(24)
    with shop_context(shop.pk):
        one = _locked(shop, round_id)
        one.key_hash = digest(key)
        one.save(update_fields=["key_hash"])
        _witness(shop, by, "round.key_made", one)
        return key


def ends_at(one: Round, zone: ZoneInfo) -> datetime:
    """When its link stops opening anything by itself."""
    return datetime.combine(one.date + timedelta(days=1), time(), zone) + OUTLASTS


def round_of_key(shop: Shop, key: str, now: datetime) -> Round | None:
    """The round a driver's link opens; None once it was ended, or its day is over."""
    found: Round | None = Round.objects.for_shop(shop).filter(key_hash=digest(key), ended_at=None).first()
    return found if found and now < ends_at(found, ZoneInfo(shop.time_zone)) else None


def end_round(*, shop: Shop, round_id: int, by: Actor, now: datetime) -> None:
    """Its link opens nothing any more. Safe to repeat."""
    with shop_context(shop.pk):
        one = _locked(shop, round_id)
        if one.ended_at is None:
            one.ended_at = now
            one.save(update_fields=["ended_at"])
            _witness(shop, by, "round.ended", one)


def _locked(shop: Shop, round_id: int) -> Round:
    """Raises Round.DoesNotExist."""
    found: Round = Round.objects.for_shop(shop).select_for_update(no_key=True).get(pk=round_id)
    return found


def _witness(shop: Shop, by: Actor, action: str, one: Round) -> None:
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action, subject=f"round:{one.pk}"
    )


# --- Its stops ---


def add_orders(
    *, shop: Shop, round_id: int, orders: Sequence[Order], by: Actor, now: datetime
) -> list[tuple[Order, str]]:
    """Put the orders' parcels at the end of the round; return those that cannot be, each with why.

    One transaction. Safe to repeat: a parcel is in a round once. An order without a parcel gets one of the shop's own.
    """
    refused = []
    with shop_context(shop.pk):
        one = _locked(shop, round_id)
        last = one.stops.aggregate(last=Max("position"))["last"] or 0
        for order in orders:
            try:
                parcel = _parcel_of(shop, order, by, now)
                if last >= MOST_STOPS:
                    raise Refused.because("orders", _("A round has 120 stops at most."))
            except Refused as error:
                refused.append((order, " ".join(s for said in error.fields.values() for s in said)))
                continue
            last += Stop.objects.get_or_create(
                shop=shop, round=one, shipment=parcel, defaults={"position": last + 1}
            )[1]
    return refused


def _parcel_of(shop: Shop, order: Order, by: Actor, now: datetime) -> Shipment:
    """Raises Refused."""
    if order.state in OVER or order.state == "completed":
        raise Refused.because("orders", _("It is over: delivered, returned or cancelled."))
    parcels: list[Shipment] = list(
        Shipment.objects.for_shop(shop)
        .filter(order=order, direction="outbound")
        .exclude(status__in=sorted(SETTLED))
    )
    ours = next((p for p in parcels if p.carrier == OWN_DRIVER or p.carrier in UNNAMED), None)
    if ours is None and parcels:
        carriers = ", ".join(dict.fromkeys(carrier_name(p.carrier) for p in parcels))
        raise Refused.because("orders", _("It goes with %(carrier)s.") % {"carrier": carriers})
    if ours is None:
        said = ShipmentIn(carrier=OWN_DRIVER, number=order.number)
        return add_shipment(shop=shop, order=order, shipment=said, by=by, now=now)
    elsewhere = Stop.objects.for_shop(shop).filter(shipment=ours, round__ended_at=None)
    if elsewhere.filter(status__in=["to_come", "next"]).exists():
        raise Refused.because("orders", _("It is in a round already."))
    return ours


def move_stop(*, shop: Shop, round_id: int, stop_id: int, up: bool) -> None:
    """One place up or down. Safe at the ends, and with two at once: the round is locked."""
    with shop_context(shop.pk):
        one = _locked(shop, round_id)
        stops = list(one.stops.only("pk", "position"))
        index = next((i for i, stop in enumerate(stops) if stop.pk == stop_id), None)
        other = index - 1 if up and index is not None else (index or 0) + 1
        if index is None or not 0 <= other < len(stops):
            return
        stops[index], stops[other] = stops[other], stops[index]
        _number(shop, stops)


def order_stops(*, shop: Shop, round_id: int, stop_ids: Sequence[int]) -> None:
    """In this order; those not named after them. Safe to repeat."""
    with shop_context(shop.pk):
        stops = list(_locked(shop, round_id).stops.only("pk", "position"))
        wanted = {pk: place for place, pk in enumerate(stop_ids)}
        _number(shop, sorted(stops, key=lambda stop: (wanted.get(stop.pk, len(wanted)), stop.position)))


def remove_stop(*, shop: Shop, round_id: int, stop_id: int) -> None:
    """Off the round, where nothing came of it yet. Safe to repeat."""
    with shop_context(shop.pk):
        one = _locked(shop, round_id)
        one.stops.filter(pk=stop_id, status__in=["to_come", "next"]).delete()
        _number(shop, list(one.stops.only("pk", "position")))


def _number(shop: Shop, stops: Sequence[Stop]) -> None:
    for position, stop in enumerate(stops, start=1):
        stop.position = position
    Stop.objects.for_shop(shop).bulk_update(stops, ["position"])


# --- On the road ---


def start(*, shop: Shop, round_id: int, now: datetime) -> None:
    """All that is to come is with the driver. Safe to repeat."""
    with shop_context(shop.pk):
        one = _locked(shop, round_id)
        if one.started_at:
            return
        one.started_at = now
        one.save(update_fields=["started_at"])
        for stop in (
            one.stops.filter(status="to_come").select_related("shipment__order").order_by("shipment_id")
        ):
            _say(shop, stop, SubStatus.ON_VEHICLE, now)


def go_to(*, shop: Shop, round_id: int, stop_id: int, now: datetime) -> None:
    """The driver goes to this stop next, and to no other. Safe to repeat."""
    start(shop=shop, round_id=round_id, now=now)
    with shop_context(shop.pk):
        one = _locked(shop, round_id)
        stop = _stop(one, stop_id)
        if stop.status in ("next", "delivered"):
            return
        for before in one.stops.filter(status="next").select_related("shipment"):
            Stop.objects.for_shop(shop).filter(pk=before.pk).update(status="to_come")
            stop_following(shop_id=shop.pk, order_id=before.shipment.order_id, shipment_id=before.shipment_id)
        stop.status = "next"
        stop.save(update_fields=["status"])
        _say(shop, stop, SubStatus.NEXT_STOP, now)


def deliver(*, shop: Shop, round_id: int, stop_id: int, handed: Handed, now: datetime) -> bool:
    """It is delivered, as the driver says; False where it was already. Safe to repeat: a phone may send it twice."""
    with shop_context(shop.pk):
        stop = _stop(_locked(shop, round_id), stop_id)
        if stop.status == "delivered":
            return False
        stop.status, stop.settled_at = "delivered", now
        stop.taken_by, stop.note = cleaned(handed.taken_by)[:120], cleaned(handed.note)[:240]
        stop.picture, stop.picture_kind = handed.picture, handed.picture_kind if handed.picture else ""
        stop.save()
        _say(shop, stop, DELIVERED[handed.how], now, signed_by=stop.taken_by)
        stop_following(shop_id=shop.pk, order_id=stop.shipment.order_id, shipment_id=stop.shipment_id)
        return True


def fail(*, shop: Shop, round_id: int, stop_id: int, why: str, note: str, now: datetime) -> bool:
    """It could not be delivered. `why`: of FAILED. False where it is settled already. Safe to repeat."""
    with shop_context(shop.pk):
        stop = _stop(_locked(shop, round_id), stop_id)
        if stop.status in ("delivered", "failed"):
            return False
        stop.status, stop.settled_at, stop.note = "failed", now, cleaned(note)[:240]
        stop.save()
        _say(shop, stop, FAILED[why], now)
        stop_following(shop_id=shop.pk, order_id=stop.shipment.order_id, shipment_id=stop.shipment_id)
        return True


def _stop(one: Round, stop_id: int) -> Stop:
    """Raises Stop.DoesNotExist."""
    found: Stop = one.stops.select_related("shipment__order").get(pk=stop_id)
    return found


def _say(shop: Shop, stop: Stop, meaning: SubStatus, now: datetime, *, signed_by: str = "") -> None:
    order = stop.shipment.order
    event = Event(
        occurred_at=now, sub_status=meaning, place=order.city, country=order.country, source="driver"
    )
    answer = Answer(number=stop.shipment.number, signed_by=signed_by) if signed_by else None
    record_events(shop_id=shop.pk, shipment_id=stop.shipment_id, events=[event], now=now, answer=answer)
