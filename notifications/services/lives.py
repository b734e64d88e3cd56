"""Orders as the clock sees them, read for many at once: their days, what waits, when they were last heard of."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from carriers.types import Status, SubStatus
from notifications.clock import HAPPY, Life
from notifications.rules import Rule
from tenants.models import Shop
from tracking.freshness import usual_hours
from tracking.models import Order, Review, Rhythm, Shipment, Ticket, TrackingEvent, Transition
from tracking.moments import eta_read
from tracking.position import SETTLED
from tracking.reviewing import Course, is_invited
from tracking.when import zone_for

# No time to say that it arrives.
HELD_UP = frozenset({Status.EXCEPTION, Status.EXPIRED, Status.RETURNING})


@dataclass(frozen=True, slots=True)
class Parcel:
    carrier: str
    status: Status
    sub_status: SubStatus
    status_since: datetime | None
    delivered_at: datetime | None
    pickup: Mapping[str, Any] | None

    @property
    def waits_until(self) -> date | None:
        said = (self.pickup or {}).get("until")
        return date.fromisoformat(said) if said else None


def lives_of(shop: Shop, orders: Sequence[Order], rules: Collection[Rule], now: datetime) -> dict[int, Life]:
    """The orders as they stand. Six queries at most, however many; only what `rules` (by clock) ask for is read. Runs in
    the shop's context."""
    asked = {rule.occasion for rule in rules}
    ids = [order.pk for order in orders]
    parcels = _parcels(shop, ids)
    days = _days(shop, ids) if asked & {"eta_missed", "arrives_today", "arrives_tomorrow"} else {}
    rhythms = rhythms_of(shop, parcels) if "silent" in asked else {}
    happy = [order for order in orders if order.state in HAPPY] if "review_time" in asked else []
    unasked = unasked_of(shop, happy, parcels)
    made = {}
    for order in orders:
        zone, own = zone_of(shop, order), parcels[order.pk]
        first, last, since = arrival(order, days.get(order.pk), now.astimezone(zone).date())
        waiting = [p for p in own if p.status is Status.AVAILABLE_FOR_PICKUP and p.status_since]
        made[order.pk] = Life(
            state=order.state,
            state_since=order.state_since,
            zone=zone,
            eta_first=first,
            eta_last=last,
            eta_since=since,
            delivered_at=_delivered_at(order, own),
            waits_since=min((p.status_since for p in waiting if p.status_since), default=None),
            waits_until=min((p.waits_until for p in waiting if p.waits_until), default=None),
            last_event_at=order.last_event_at,
            usual_gap=usual_gap(own, rhythms, order.country, abroad=order.country not in ("", shop.country)),
            held_up=any(p.status in HELD_UP for p in own),
            is_asked=order.pk not in unasked,
        )
    return made


def arrival(
    order: Order, known: tuple[str, datetime] | None, today: date
) -> tuple[date | None, date | None, datetime | None]:
    """First and last day, and since when that is known. A day that has passed is its order's no more, but was promised
    all the same; one that was taken back was not."""
    days = eta_read(known[0]) if known else None
    if order.eta_last is not None:
        since = known[1] if known and days and days[1] == order.eta_last else None
        return order.eta_first, order.eta_last, since
    if known and days and days[1] <= today:
        return *days, known[1]
    return None, None, None


def usual_gap(
    parcels: Sequence[Parcel], rhythms: Mapping[tuple[str, str, str], int], country: str, *, abroad: bool
) -> timedelta | None:
    """The longest, of those on their way."""
    hours = []
    for p in parcels:
        if p.status not in SETTLED:
            lane = (p.carrier, p.status.value, country)
            measured_h = rhythms.get(lane) or rhythms.get((*lane[:2], ""), 0)
            hours.append(usual_hours(p.status, p.sub_status, measured_h=measured_h, abroad=abroad))
    return timedelta(hours=max(hours)) if hours else None


def _parcels(shop: Shop, ids: Sequence[int]) -> defaultdict[int, list[Parcel]]:
    made: defaultdict[int, list[Parcel]] = defaultdict(list)
    live = Shipment.objects.for_shop(shop).filter(order_id__in=ids, direction="outbound")
    names = ("order_id", "carrier", "status", "sub_status", "status_since", "delivered_at", "pickup")
    for order_id, carrier, status, sub, since, delivered_at, pickup in (
        live.exclude(status=Status.CANCELLED).order_by("pk").values_list(*names)
    ):
        made[order_id].append(Parcel(carrier, Status(status), SubStatus(sub), since, delivered_at, pickup))
    return made


def _days(shop: Shop, ids: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """The day last known of each, as tracking.moments writes it, and since when."""
    known = Transition.objects.for_shop(shop).filter(
        order_id__in=ids, kind="moment", after__startswith="eta:"
    )
    latest = known.order_by("order_id", "-pk").distinct("order_id")
    return {pk: (said, at) for pk, said, at in latest.values_list("order_id", "after", "recorded_at")}


def rhythms_of(shop: Shop, parcels: Mapping[int, Sequence[Parcel]]) -> dict[tuple[str, str, str], int]:
    carriers = {parcel.carrier for all_ in parcels.values() for parcel in all_}
    measured = Rhythm.objects.for_shop(shop).filter(carrier__in=carriers)
    return {
        (carrier, status, country): hours
        for carrier, status, country, hours in measured.values_list("carrier", "status", "country", "usual_h")
    }


def unasked_of(
    shop: Shop, orders: Sequence[Order], parcels: Mapping[int, Sequence[Parcel]]
) -> frozenset[int]:
    """Of which the shop does not ask how it was (its setting), or has been told."""
    ids = [order.pk for order in orders]
    if not ids:
        return frozenset()
    rated = set(Review.objects.for_shop(shop).filter(order_id__in=ids).values_list("order_id", flat=True))
    if shop.review_invites == "all":
        return frozenset(rated)
    met: defaultdict[int, set[str]] = defaultdict(set)
    events = TrackingEvent.objects.for_shop(shop).filter(shipment__order_id__in=ids).exclude(sub_status="")
    for order_id, sub_status in events.values_list("shipment__order_id", "sub_status").distinct():
        met[order_id].add(sub_status)
    complaints: defaultdict[int, list[str]] = defaultdict(list)
    for order_id, reason in (
        Ticket.objects.for_shop(shop).filter(order_id__in=ids).values_list("order_id", "reason")
    ):
        complaints[order_id].append(reason)
    return frozenset(rated) | {
        order.pk
        for order in orders
        if not is_invited(
            shop.review_invites,
            _course(shop, order, parcels[order.pk], met[order.pk], complaints[order.pk]),
        )
    }


def _course(
    shop: Shop, order: Order, parcels: Sequence[Parcel], met: Collection[str], complaints: Sequence[str]
) -> Course:
    delivered_at = _delivered_at(order, parcels)
    return Course(
        state=order.state,
        needs_somebody=order.health == "attention",
        met=tuple(met),
        promised=order.promised_date,
        delivered=delivered_at.astimezone(zone_of(shop, order)).date() if delivered_at else None,
        complaints=tuple(complaints),
    )


def zone_of(shop: Shop, order: Order) -> ZoneInfo:
    return zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )


def _delivered_at(order: Order, parcels: Sequence[Parcel]) -> datetime | None:
    latest = max((p.delivered_at for p in parcels if p.delivered_at), default=None)
    return latest or (order.state_since if order.state in HAPPY else None)
