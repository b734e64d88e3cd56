"""Browsers that want to be told of an order."""

from __future__ import annotations

from datetime import datetime

from notifications import open_web
from notifications.models import PushSubscription
from notifications.push_crypto import Keys
from notifications.services.choosing import witness
from tenants.vault import digest, seal
from tracking.models import Order

MOST = 5  # an order: the oldest gives way
MOST_ENDPOINT = 1000  # characters


def listen(
    *, order: Order, endpoint: str, p256dh: str, auth: str, words: str, language: str, now: datetime
) -> PushSubscription:
    """Keep a browser's subscription. Runs in the shop's context; safe to repeat.

    Raises ValueError for keys that are none, or an address that is not one of the open web.
    """
    if len(endpoint) > MOST_ENDPOINT:
        raise ValueError("too long for a push service's address")
    open_web.check(endpoint)
    Keys.read(p256dh=p256dh, auth=auth)
    Order.objects.for_shop(order.shop_id).select_for_update().get(pk=order.pk)  # one at a time
    made, is_new = PushSubscription.objects.update_or_create(
        shop_id=order.shop_id,
        order=order,
        endpoint_hash=digest(endpoint),
        defaults={
            "sealed": seal({"endpoint": endpoint, "p256dh": p256dh, "auth": auth}),
            "language": language,
        },
    )
    if is_new:
        witness(
            order=order, channel="push", means="confirmed", proof="browser", address="browser", words=words,
            language=language, choices={}, now=now,
        )  # fmt: skip
    kept = PushSubscription.objects.for_shop(order.shop_id).filter(order=order).order_by("-pk")
    PushSubscription.objects.filter(pk__in=[one.pk for one in kept[MOST:]]).delete()
    return made


def leave(*, order: Order, endpoint: str) -> None:
    """Runs in the shop's context; safe to repeat."""
    PushSubscription.objects.for_shop(order.shop_id).filter(
        order=order, endpoint_hash=digest(endpoint)
    ).delete()


def leave_all(*, order: Order) -> None:
    PushSubscription.objects.for_shop(order.shop_id).filter(order=order).delete()


def forget(*, shop_id: int, whom: str) -> None:
    """Its push service says that nobody listens there. `whom`: as in Message. Runs in the shop's context."""
    number = whom.removeprefix("push:")
    if number.isdecimal():
        PushSubscription.objects.for_shop(shop_id).filter(pk=int(number)).delete()
