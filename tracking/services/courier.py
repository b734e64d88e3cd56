"""Where couriers are: taken in coarse, told to open pages, forgotten after a day; when they come, as they say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.utils.translation import gettext as _

from carriers import shared
from carriers.types import Answer, Eta, Status
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.courier import FOLLOWED_FOR, KEPT_FOR
from tracking.models import CourierPosition, Shipment
from tracking.position import SETTLED
from tracking.services.events import record_events
from tracking.services.incoming import Refused
from tracking.services.refolding import Cause, Step, refold
from tracking.services.values import Notes

DECIMALS = 3  # of a degree: some 100 m
EVERY_S = 5  # a parcel's position is written no more often
AHEAD = timedelta(minutes=2)  # of our clock, that a driver's may be
TO_MINUTES = 5  # what a page says of a slot is not worth moving for less
MOST_STOPS = 999


class Taken(StrEnum):
    """What became of a position."""

    KEPT = "kept"
    PASSED_OVER = "passed_over"  # one as new, or newer by less than five seconds, is here
    TOO_LATE = "too_late"  # the parcel has arrived, or the position is of two hours ago
    UNKNOWN = "unknown"  # no such parcel


@dataclass(frozen=True, slots=True)
class PositionIn:
    """As the shop's own systems or its driver's phone tell it. `at`: when he was there."""

    latitude: float
    longitude: float
    at: datetime
    stops_before: int | None = None
    eta_from: datetime | None = None
    eta_to: datetime | None = None


def checked(position: PositionIn, now: datetime) -> PositionIn:
    """Coarse, in bounds and not of the future. Raises Refused."""
    notes = Notes()
    for name, most in (("latitude", 90), ("longitude", 180)):
        if not -most <= getattr(position, name) <= most:
            notes.add(name, _("This must be degrees from -%(most)d to %(most)d.") % {"most": most})
    at = notes.moment("at", position.at, now)
    if at > now + AHEAD:
        notes.add("at", _("This is in the future: only where somebody was can be said."))
    if position.stops_before is not None:
        notes.whole("stops_before", position.stops_before, 0, MOST_STOPS)
    slot = (position.eta_from, position.eta_to)
    if (slot[0] is None) != (slot[1] is None):
        notes.add("eta_to", _("Give both ends of the time, or neither."))
    elif slot[0] and slot[1]:
        _check_slot(notes, slot[0], slot[1], now)
    notes.settle()
    return PositionIn(
        round(position.latitude, DECIMALS), round(position.longitude, DECIMALS), min(at, now),
        position.stops_before, *slot,
    )  # fmt: skip


def _check_slot(notes: Notes, first: datetime, last: datetime, now: datetime) -> None:
    if first.utcoffset() is None or last.utcoffset() is None:
        notes.add("eta_from", _("Say the time zone, like 2026-11-21T12:00:00+01:00."))
    elif not now - timedelta(hours=12) <= first <= last <= now + timedelta(hours=48):
        notes.add("eta_from", _("This must be a time within two days, its beginning first."))


_UPSERT = """
INSERT INTO tracking_courierposition
    (shop_id, shipment_id, latitude, longitude, at, stops_before, eta_from, eta_to)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (shop_id, shipment_id) DO UPDATE SET
    latitude = excluded.latitude, longitude = excluded.longitude, at = excluded.at,
    stops_before = excluded.stops_before, eta_from = excluded.eta_from, eta_to = excluded.eta_to
WHERE excluded.at >= tracking_courierposition.at + make_interval(secs => %s)
RETURNING id
"""


def take_position(*, shop: Shop, shipment_id: int, position: PositionIn, now: datetime) -> Taken:
    """Keep where the courier of a parcel is, and tell who looks at its page. Raises Refused.

    One transaction, which locks the parcel. Safe to repeat, and for positions that come in any order: only one
    newer by five seconds than the one kept takes its place. The page is made anew only where it says something
    else: a courier is followed who was not, or comes at another time.
    """
    said = checked(position, now)
    with shop_context(shop.pk):
        shipment = (
            Shipment.objects.for_shop(shop).select_for_update(no_key=True).filter(pk=shipment_id)
            .values_list("order_id", "status", "slot_from", "slot_to").first()
        )  # fmt: skip
        if shipment is None:
            return Taken.UNKNOWN
        order_id, status, *slot = shipment
        if Status(status) in SETTLED or said.at < now - FOLLOWED_FOR:
            return Taken.TOO_LATE
        before = (
            CourierPosition.objects.for_shop(shop)
            .filter(shipment_id=shipment_id)
            .values_list("at", flat=True)
        )
        last_at = before.first()
        if not _written(shop.pk, shipment_id, said):
            return Taken.PASSED_OVER
        if last_at is None or last_at < now - FOLLOWED_FOR:
            _make_page_anew(shop.pk, order_id, now)
        _tell_when(shop, shipment_id, said, slot, now)
        publish(order_id, {"latitude": said.latitude, "longitude": said.longitude, "at": said.at.isoformat(),
                           "stops_before": said.stops_before})  # fmt: skip
        return Taken.KEPT


def take_positions(
    *, shop: Shop, positions: Sequence[tuple[int, PositionIn]], now: datetime
) -> list[Taken | Refused]:
    """`take_position` of many, by shipment; say of each, in the same order, what became of it.

    One transaction, which locks all parcels first, in id order. Safe to repeat.
    """
    with shop_context(shop.pk):
        ids = {shipment_id for shipment_id, _said in positions}
        parcels = Shipment.objects.for_shop(shop).filter(pk__in=ids).order_by("pk")
        list(parcels.select_for_update(no_key=True).values_list("pk", flat=True))
        return [_taken_or_refused(shop, shipment_id, said, now) for shipment_id, said in positions]


def _taken_or_refused(shop: Shop, shipment_id: int, said: PositionIn, now: datetime) -> Taken | Refused:
    try:
        return take_position(shop=shop, shipment_id=shipment_id, position=said, now=now)
    except Refused as error:
        return error


def _written(shop_id: int, shipment_id: int, said: PositionIn) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            _UPSERT,
            [shop_id, shipment_id, said.latitude, said.longitude, said.at, said.stops_before, said.eta_from,
             said.eta_to, EVERY_S],
        )  # fmt: skip
        return cursor.fetchone() is not None


def _make_page_anew(shop_id: int, order_id: int, now: datetime) -> None:
    cause = Cause("position")
    refold(
        shop_id=shop_id, order_ids=[order_id], now=now, cause=cause, steps={order_id: Step(cause)}, shown=True
    )


def _tell_when(
    shop: Shop, shipment_id: int, said: PositionIn, slot: Sequence[datetime | None], now: datetime
) -> None:
    """The time he says he comes, as a carrier's answer would say it: to five minutes, where that is another."""
    if said.eta_from is None or said.eta_to is None:
        return
    first, last = _rounded(said.eta_from, up=False), _rounded(said.eta_to, up=True)
    if [first, last] == list(slot):
        return
    zone = ZoneInfo(shop.time_zone)
    eta = Eta(first.astimezone(zone).date(), last.astimezone(zone).date(), first, last)
    record_events(
        shop_id=shop.pk, shipment_id=shipment_id, events=[], now=now, answer=Answer(number="", eta=eta)
    )


def _rounded(at: datetime, *, up: bool) -> datetime:
    whole = at.replace(minute=at.minute - at.minute % TO_MINUTES, second=0, microsecond=0)
    return whole + timedelta(minutes=TO_MINUTES) if up and whole < at else whole


def channel(order_id: int) -> str:
    """Where Redis tells of this order's courier."""
    return f"rastro:live:{order_id}"


def publish(order_id: int, said: dict[str, Any]) -> None:
    """Once this transaction is committed, tell who listens. Lost, open pages find out when they next ask."""
    message = json.dumps(said)
    transaction.on_commit(
        lambda: shared.ask(lambda link: link.publish(channel(order_id), message)), robust=True
    )


def forget_positions(*, shop_id: int, now: datetime) -> int:
    """Erase where couriers were a day ago; return how many. Safe to repeat."""
    old = CourierPosition.objects.for_shop(shop_id).filter(at__lt=now - KEPT_FOR)
    return int(old.delete()[0])


def stop_following(*, shop_id: int, order_id: int, shipment_id: int) -> None:
    """It has arrived: forget where the courier is, and have open pages look. Within a transaction of the shop's."""
    CourierPosition.objects.for_shop(shop_id).filter(shipment_id=shipment_id).delete()
    publish(order_id, {"changed": True})


__all__ = [
    "PositionIn",
    "Refused",
    "Taken",
    "channel",
    "checked",
    "forget_positions",
    "publish",
    "stop_following",
    "take_position",
    "take_positions",
]
