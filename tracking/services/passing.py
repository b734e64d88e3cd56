"""What follows from time alone: orders completed or late, overrides over, parcels silent or soon sent back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.db.models import Q, QuerySet

from carriers.services import forget_pushes, forget_unknown
from carriers.types import Event, Status, SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.machine import SILENCE
from tracking.models import IdempotencyKey, ImportJob, Order, Shipment
from tracking.polling import expiry
from tracking.position import Position
from tracking.services import visits
from tracking.services.courier import forget_positions
from tracking.services.events import Heard, record_batch
from tracking.services.orders import refold_orders
from tracking.services.standing import CONCLUDED_AFTER_DAYS
from tracking.states import OVER, UNDER_WAY, OrderState

log = structlog.get_logger(__name__)

BATCH = 500
SOON = timedelta(days=2)  # before a parcel that waits is sent back
ANSWERS_KEPT = timedelta(hours=24)  # to API requests
CODES_KEPT = timedelta(days=180)  # that nobody gave a meaning, since they were last seen
PUSHES_KEPT = timedelta(days=30)
MAPPINGS_KEPT = timedelta(days=7)  # of files nobody went on with
IN_FLIGHT = sorted(UNDER_WAY - OVER - {OrderState.COMPLETED})


def pass_time(*, now: datetime) -> int:
    """Bring every shop's orders and parcels up to date with the clock; return how many were looked at.

    A shop at a time, in short transactions. Safe to repeat and to run twice at once: who stands where time
    puts him is not written.
    """
    count = 0
    for shop in Shop.objects.filter(suspended_at=None).order_by("pk"):
        try:
            count += _pass_in(shop, now)
        except DatabaseError as error:
            if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
                raise
            log.exception("time_not_passed", shop_id=shop.pk)  # the other shops have nothing to do with it
    return count


def _pass_in(shop: Shop, now: datetime) -> int:
    count = 0
    for order_ids in _batches(shop, _orders_due(shop, now)):
        refold_orders(shop_id=shop.pk, order_ids=order_ids, now=now, cause="time")
        count += len(order_ids)
    for heard in (_silent(shop, now), _soon_sent_back(shop, now)):
        if heard:
            record_batch(shop_id=shop.pk, heard=heard, now=now)
        count += len(heard)
    return count


def _orders_due(shop: Shop, now: datetime) -> QuerySet[Order]:
    """Delivered long enough ago, past their day, or past their override's."""
    today = now.astimezone(ZoneInfo(shop.time_zone)).date()
    delivered = Q(state=OrderState.DELIVERED, state_since__lte=now - timedelta(days=CONCLUDED_AFTER_DAYS))
    orders = Order.objects.for_shop(shop)
    found: QuerySet[Order] = orders.filter(delivered).union(
        orders.filter(eta_last__lt=today),
        orders.filter(override_until="date", override_date__lt=today),
        all=True,
    )
    return found


def _batches(shop: Shop, orders: QuerySet[Order]) -> Iterator[list[int]]:
    with shop_context(shop.pk):
        due = sorted(set(orders.values_list("pk", flat=True)))
    for start in range(0, len(due), BATCH):
        yield due[start : start + BATCH]


def _silent(shop: Shop, now: datetime) -> list[Heard]:
    """Parcels nobody asks a carrier about, and of which nobody has told us for long."""
    quiet_since = now - min(SILENCE.values())
    with shop_context(shop.pk):
        parcels = (
            Shipment.objects.for_shop(shop)
            .filter(account_id=None, order__state__in=IN_FLIGHT, order__last_event_at__lt=quiet_since)
            .order_by("pk")
            .values_list("pk", "status", "sub_status", "last_event_at", "created_at")[: BATCH * 10]
        )
        told = [(pk, expiry(Position(Status(s), SubStatus(d), last_event_at=at), now=now, registered_at=made))
                for pk, s, d, at, made in parcels]  # fmt: skip
    return [Heard(pk, (Event(now, sub, source="system"),)) for pk, sub in told if sub]


def _soon_sent_back(shop: Shop, now: datetime) -> list[Heard]:
    """Parcels that wait at a pickup point, and not for much longer."""
    today = now.astimezone(ZoneInfo(shop.time_zone)).date()
    with shop_context(shop.pk):
        parcels = (
            Shipment.objects.for_shop(shop)
            .filter(order__state__in=IN_FLIGHT, status=Status.AVAILABLE_FOR_PICKUP, pickup__isnull=False)
            .exclude(sub_status=SubStatus.PICKUP_EXPIRING)
            .order_by("pk")
            .values_list("pk", "pickup")[: BATCH * 10]
        )
        last_days = [(pk, _day((pickup or {}).get("until"))) for pk, pickup in parcels]
    event = Event(now, SubStatus.PICKUP_EXPIRING, source="system")
    return [Heard(pk, (event,)) for pk, day in last_days if day and today <= day <= today + SOON]


def _day(said: str | None) -> date | None:
    return date.fromisoformat(said) if said else None


def tidy(*, now: datetime) -> int:
    """Drop what nobody needs any more; return how many rows. Safe to repeat."""
    count = 0
    for shop_id in Shop.objects.order_by("pk").values_list("pk", flat=True):
        with shop_context(shop_id):
            answers = IdempotencyKey.objects.for_shop(shop_id).filter(created_at__lt=now - ANSWERS_KEPT)
            count += answers.delete()[0]
            count += forget_pushes(shop_id=shop_id, before=now - PUSHES_KEPT)
            count += forget_positions(shop_id=shop_id, now=now)
            count += forget_unknown(shop_id=shop_id, before=now - CODES_KEPT)
            count += visits.forget(shop_id=shop_id, now=now)
            jobs = ImportJob.objects.for_shop(shop_id).exclude(content=None)
            spent = Q(stage__in=("done", "failed")) | Q(
                stage__in=("mapping", "checked"), created_at__lt=now - MAPPINGS_KEPT
            )
            count += jobs.filter(spent).update(content=None)
    return count
