"""What becomes of a request to change a delivery: each step once, under the order's lock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import F

from tenants import audit
from tenants.models import Shop
from tenants.services import Actor
from tracking import changing
from tracking.models import DeliveryRequest, DeliverySlot, Order
from tracking.services.announcing import after_commit
from tracking.services.change_news import TELLS, tell_shop, tell_shopper

RECHECK = timedelta(minutes=15)  # what waits for a person: whether it is too late by now
FOLLOW_UP = timedelta(hours=1)  # what is under way: whether the parcel has arrived
SHOPPER = "shopper"
SETTLED = frozenset({"accepted", "refused", "too_late", "done", "withdrawn"})
# What may follow what.
NEXT: Mapping[str, frozenset[str]] = {
    "asked": frozenset({"approved", "refused", "too_late", "withdrawn"}),
    "approved": frozenset({"sent", "accepted", "refused", "too_late", "done", "withdrawn"}),
    "sent": frozenset({"accepted", "refused", "too_late", "done"}),
    "accepted": frozenset({"done", "refused", "withdrawn"}),
}


def approve(*, shop: Shop, request_id: int, by: Actor, now: datetime) -> bool:
    """The shop agrees; False where there was nothing to agree to any more. Safe to repeat."""
    found = _lock_both(shop, request_id)
    if found is None or found.status != "asked":
        return False
    found.next_at = now + RECHECK if found.way == "task" else now
    move(shop, found, "approved", now)
    note(shop, found.order, by, "change.approved", found)
    shown(found.order)
    return True


def take(*, shop: Shop, request_id: int, by: Actor, now: datetime) -> bool:
    """An agent sees to it: as good as sent. Only what is a task; False otherwise. Safe to repeat."""
    found = _lock_both(shop, request_id)
    if found is None or (found.status, found.way) != ("approved", "task"):
        return False
    move(shop, found, "sent", now)
    note(shop, found.order, by, "change.taken", found)
    shown(found.order)
    return True


def settle(
    *, shop: Shop, request_id: int, status: str, answer: str = "", by: Actor | None, now: datetime,
    reference: str = "",
) -> bool:  # fmt: skip
    """Write down what came of it; False where that cannot follow what is known. Safe to repeat.

    `by` None: the carrier said so, or time did.
    """
    found = _lock_both(shop, request_id)
    if found is None or status not in NEXT.get(found.status, frozenset()):
        return False
    found.answer, found.reference = answer[:240] or found.answer, reference[:80] or found.reference
    move(shop, found, status, now)
    if by:
        note(shop, found.order, by, "change.settled", found)
    shown(found.order)
    return True


def withdraw(*, shop: Shop, order: Order, request_id: int, now: datetime) -> bool:
    """The shopper thinks better of it; False where somebody has begun on it. Safe to repeat."""
    found = _lock_both(shop, request_id)
    if found is None or found.order_id != order.pk or found.asked_by != SHOPPER:
        return False
    is_being_sent = found.lease_until is not None and found.lease_until > now and found.way == "carrier"
    if not changing.may_withdraw(found.status) or is_being_sent:
        return found.status == "withdrawn"
    move(shop, found, "withdrawn", now)
    shown(found.order)
    return True


def hand_to_people(*, shop: Shop, request_id: int, now: datetime) -> bool:
    """What could not be handed over by itself becomes somebody's task. Safe to repeat."""
    found = _lock_both(shop, request_id)
    if found is None or found.status != "approved":
        return False
    found.way, found.next_at, found.lease, found.lease_until = "task", now + RECHECK, None, None
    found.save(update_fields=["way", "next_at", "lease", "lease_until"])
    tell_shop(shop, found.order, found, now)
    shown(found.order)
    return True


def note_mailed(*, shop_id: int, key: str, has_left: bool, now: datetime) -> bool:
    """The note to the depot has left (`key`: of its notice): the request is sent. One that cannot leave becomes
    somebody's task. Safe to repeat."""
    number = key.removeprefix("change:depot:")
    if number == key or not number.isdecimal():
        return False
    shop = Shop.objects.get(pk=shop_id)
    if not has_left:
        return hand_to_people(shop=shop, request_id=int(number), now=now)
    return settle_sent(shop=shop, request_id=int(number), now=now)


def settle_sent(*, shop: Shop, request_id: int, now: datetime, answer: str = "", reference: str = "") -> bool:
    """It is with the carrier or the depot, whose answer is still to come. Safe to repeat."""
    found = _lock_both(shop, request_id)
    if found is None or found.status != "approved":
        return False
    found.answer, found.reference = answer[:240], reference[:80]
    move(shop, found, "sent", now)
    shown(found.order)
    return True


def move(shop: Shop, request: DeliveryRequest, status: str, now: datetime) -> None:
    """Under the order's lock: the new status with its times, the slot given back, the shopper told."""
    was = request.status
    request.status = status
    request.lease = request.lease_until = None
    if status in ("sent", "accepted") and request.sent_at is None:
        request.sent_at = now
    if status in SETTLED and not (status == "done" and was == "accepted"):
        request.settled_at = now
    if status in ("sent", "accepted"):
        request.next_at = now + FOLLOW_UP
    elif status != "approved":
        request.next_at = None
    request.save()
    if status in ("refused", "too_late", "withdrawn") and request.slot_id:
        DeliverySlot.objects.for_shop(shop).filter(pk=request.slot_id, taken__gt=0).update(
            taken=F("taken") - 1
        )
    if status in TELLS and request.asked_by == SHOPPER:
        tell_shopper(shop, request, status, now)


def _lock_both(shop: Shop, request_id: int) -> DeliveryRequest | None:
    """The request with its order, which is locked first: as whoever asks does."""
    known = (
        DeliveryRequest.objects.for_shop(shop)
        .filter(pk=request_id)
        .values_list("order_id", flat=True)
        .first()
    )
    if known is None:
        return None
    order = locked(shop, known)
    found: DeliveryRequest | None = (
        DeliveryRequest.objects.for_shop(shop).select_for_update().filter(pk=request_id).first()
    )
    if found:
        found.order = order
    return found


def locked(shop: Shop, order_id: int) -> Order:
    order: Order = Order.objects.for_shop(shop).select_for_update(no_key=True).get(pk=order_id)
    return order


def shown(order: Order) -> None:
    """Its page says something else from now on."""
    Order.objects.for_shop(order.shop_id).filter(pk=order.pk).update(version=F("version") + 1)
    after_commit(changed=[one for one in (order.token_hash, order.gift_hash) if one])


def note(shop: Shop, order: Order, by: Actor, action: str, request: DeliveryRequest) -> None:
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action=action, subject=f"order:{order.pk}",
        after={"request": request.pk, "kind": request.kind, "status": request.status},
    )  # fmt: skip
