"""Hands changes of deliveries to carriers and depots, and finds out what time has settled. A claimed queue."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connections

from carriers import client, offers
from carriers.models import Account
from carriers.registry import CARRIERS
from carriers.services import key_of, opened
from carriers.types import CarrierError, ChangeAnswer, Changed, Status
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.vault import SealBrokenError
from tracking import change_words, changing
from tracking.models import DeliveryRequest, Order, Shipment
from tracking.services.carrier_words import change_of, reference_of
from tracking.services.change_news import parcel_words, summary_in
from tracking.services.notices import tell
from tracking.services.settling import FOLLOW_UP, RECHECK, hand_to_people, locked, settle, settle_sent, shown

log = structlog.get_logger(__name__)

BATCH = 20
LEASE = timedelta(seconds=60)
SPARE = timedelta(seconds=15)
MOST_ATTEMPTS = 8  # then a person takes over
WAITS_S = (20, 60, 180, 600, 1200, 1800)
MAIL_WAITS = timedelta(hours=2)  # for the mail to leave; then a person takes over
ARRIVED = frozenset(
    {
        Status.DELIVERED,
        Status.RETURNING,
        Status.RETURNED,
        Status.CANCELLED,
        Status.EXPIRED,
        Status.AVAILABLE_FOR_PICKUP,
    }
)

# Attempts count before the work, so that a request that kills its worker is given up; looking again is none.
CLAIM = """
UPDATE tracking_deliveryrequest SET lease = %(lease)s, lease_until = %(until)s,
  attempts = least(attempts + (status = 'approved')::int, 30000)
WHERE id IN (
  SELECT id FROM tracking_deliveryrequest
  WHERE next_at <= %(now)s AND (lease_until IS NULL OR lease_until <= %(now)s)
  ORDER BY next_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
RETURNING id, shop_id
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """One request as it is worked on outside of any transaction."""

    request: DeliveryRequest
    shop: Shop
    order: Order
    shipment: Shipment | None


def send_due(*, now: datetime) -> int:
    """Claim what is due across shops and see to it; return how many were claimed.

    Safe to run many times at once: a row goes to one, for as long as its lease lasts. Carriers are asked outside
    any transaction, each time with the same reference of ours.
    """
    lease, until = uuid.uuid4(), now + LEASE
    ends = time.monotonic() + (LEASE - SPARE).total_seconds()
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(CLAIM, {"lease": lease, "until": until, "now": now, "most": BATCH})
        claimed = cursor.fetchall()
    for request_id, shop_id in claimed:
        if time.monotonic() > ends:
            break  # the rest is claimed again when the lease ends
        see_to(shop_id=shop_id, request_id=request_id, lease=lease, now=now)
    return len(claimed)


def see_to(*, shop_id: int, request_id: int, lease: uuid.UUID, now: datetime) -> None:
    """Whatever this request needs next; nothing where the lease is no longer ours. Safe to repeat: see `send_due`."""
    with shop_context(shop_id):
        held = DeliveryRequest.objects.for_shop(shop_id).filter(pk=request_id, lease=lease)
        request = held.select_related("order", "shipment", "shop", "option").first()
        if request is None:
            return
        ready = Ready(request, request.shop, request.order, request.shipment)
        if not _needs_the_carrier(ready, now):
            _see_to_here(ready, now)
            return
        secrets, account_key = _account(ready)
        wanted = change_of(ready.shop, ready.order, ready.shipment, request, now)
    if not account_key:
        _give_up(ready, now, "no account")
        return
    try:
        carrier = CARRIERS[ready.shipment.carrier] if ready.shipment else None
        if carrier is None or carrier.change is None:
            _give_up(ready, now, "no adapter")
            return
        answer = client.change(carrier, secrets, wanted, account_key=account_key)
    except CarrierError as error:
        _failed(ready, error, lease, now)
    else:
        _answered(ready, answer, now)


def is_too_late(request: DeliveryRequest, shipment: Shipment | None, now: datetime) -> bool:
    """Whether its hour, or the parcel's stage, has passed before it was handed over."""
    if request.cutoff_at is not None and now >= request.cutoff_at:
        return True
    if request.option is None:
        return changing.stage_of(shipment) is None
    return not changing.is_open_at(request.option, shipment) and changing.has_been(request.option, shipment)


def _needs_the_carrier(ready: Ready, now: datetime) -> bool:
    request = ready.request
    return (request.status, request.way) == ("approved", "carrier") and not is_too_late(
        request, ready.shipment, now
    )


def _see_to_here(ready: Ready, now: datetime) -> None:
    """All that needs nobody outside."""
    request = ready.request
    if request.status in ("asked", "approved") and is_too_late(request, ready.shipment, now):
        settle(shop=ready.shop, request_id=request.pk, status="too_late", by=None, now=now)
    elif (request.status, request.way) == ("approved", "mail"):
        _mail(ready, now)
    elif request.status in ("asked", "approved"):
        _look_again(request, min(filter(None, (request.cutoff_at, now + RECHECK))))
    elif request.status in ("sent", "accepted"):
        _follow_up(ready, now)
    else:
        _look_again(request, None)


def _look_again(request: DeliveryRequest, at: datetime | None) -> None:
    ours = DeliveryRequest.objects.for_shop(request.shop_id).filter(pk=request.pk, lease=request.lease)
    ours.update(next_at=at, lease=None, lease_until=None)


def _mail(ready: Ready, now: datetime) -> None:
    """Leave word for the depot, once. It counts as sent when the mail was: `settling.note_mailed`."""
    request, shop, order = ready.request, ready.shop, ready.order
    recipient = request.option.depot_email if request.option else ""
    if not recipient or (now - request.asked_at > MAIL_WAITS and request.attempts > MOST_ATTEMPTS):
        hand_to_people(shop=shop, request_id=request.pk, now=now)
        return
    to = {
        "name": order.customer_name, "line": order.address_line, "extra": order.address_extra,
        "postal_code": order.postal_code, "city": order.city,
    }  # fmt: skip
    tell(
        order=order,
        kind="depot_note",
        key=f"change:depot:{request.pk}",
        recipient=recipient,
        language=shop.language,
        about={
            "what": summary_in(shop.language, shop, order, request, now),
            "parcel": parcel_words(ready.shipment),
            "address": change_words.address_line(to),
            "reference": reference_of(request),
        },
    )
    _look_again(request, min(filter(None, (request.cutoff_at, now + RECHECK))))


def _follow_up(ready: Ready, now: datetime) -> None:
    """Once the parcel has arrived there is nothing left to wait for."""
    request, shipment = ready.request, ready.shipment
    over = shipment is not None and shipment.status in ARRIVED
    if not over:
        _look_again(request, now + FOLLOW_UP)
        return
    if request.status == "sent":
        held = locked(ready.shop, ready.order.pk)
        details = {**request.details, "unanswered": True}
        DeliveryRequest.objects.for_shop(ready.shop).filter(pk=request.pk).update(details=details)
        shown(held)
    settle(shop=ready.shop, request_id=request.pk, status="done", by=None, now=now)


# --- The carrier ---


def _account(ready: Ready) -> tuple[Mapping[str, str], str]:
    """The credentials and the key of the shop's account; an empty key where there is none that works."""
    shipment = ready.shipment
    if shipment is None:
        return {}, ""
    accounts = Account.objects.for_shop(ready.shop).filter(carrier=shipment.carrier, enabled=True)
    found = sorted(accounts, key=lambda one: (one.pk != shipment.account_id, one.pk))
    if not found or not offers.is_open(shipment.carrier):
        return {}, ""
    try:
        return opened(found[0]), key_of(found[0].pk)
    except SealBrokenError:
        return {}, ""


def _answered(ready: Ready, answer: ChangeAnswer, now: datetime) -> None:
    request_id, shop = ready.request.pk, ready.shop
    with shop_context(shop.pk):
        if answer.outcome is Changed.RECORDED:
            settle_sent(
                shop=shop, request_id=request_id, now=now, answer=answer.detail, reference=answer.reference
            )
            return
        status = {Changed.ACCEPTED: "accepted", Changed.REFUSED: "refused"}.get(answer.outcome, "too_late")
        settle(
            shop=shop, request_id=request_id, status=status, answer=answer.detail, reference=answer.reference,
            by=None, now=now,
        )  # fmt: skip
    log.info("change_answered", shop_id=shop.pk, request_id=request_id, outcome=str(answer.outcome))


def _failed(ready: Ready, error: CarrierError, lease: uuid.UUID, now: datetime) -> None:
    """No answer: asked again later, or, where that cannot help, by a person."""
    if error.permanent or ready.request.attempts >= MOST_ATTEMPTS:
        _give_up(ready, now, type(error).__name__)
        return
    wait_s = WAITS_S[min(ready.request.attempts, len(WAITS_S)) - 1]
    wait_s = max(wait_s, min(int(error.retry_after_s or 0), 3600))
    with shop_context(ready.shop.pk):
        ours = DeliveryRequest.objects.for_shop(ready.shop).filter(pk=ready.request.pk, lease=lease)
        ours.update(next_at=now + timedelta(seconds=wait_s), lease=None, lease_until=None)
    log.info(
        "change_not_sent", shop_id=ready.shop.pk, request_id=ready.request.pk, error=type(error).__name__
    )


def _give_up(ready: Ready, now: datetime, why: str) -> None:
    with shop_context(ready.shop.pk):
        hand_to_people(shop=ready.shop, request_id=ready.request.pk, now=now)
    log.warning("change_handed_to_people", shop_id=ready.shop.pk, request_id=ready.request.pk, why=why)
