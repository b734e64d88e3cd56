"""Addresses in messages that are as good as the mailbox they were sent to: to stop them, and to say yes to them."""

from __future__ import annotations

from uuid import UUID

from django.core import signing

from notifications.opens import pixel_key
from tenants.models import Shop
from tracking.links import shop_url
from tracking.models import Order

_STOP, _FOLLOW, _NO_OFFERS = "notifications.stop", "notifications.follow", "notifications.no_offers"


def stop_url(shop: Shop, order: Order, whom: str) -> str:
    """Where `whom` (as in Message.whom) ends the e-mails about one order. It does not expire: mails are kept for years."""
    key = signing.dumps([order.shop_id, order.pk, whom], salt=_STOP)
    return f"{shop_url(shop)}/stop/{key}"


def read_stop(shop: Shop, key: str) -> tuple[int, str] | None:
    """The order and whom; None for what we did not sign, or signed for another shop."""
    try:
        shop_id, order_id, whom = signing.loads(key, salt=_STOP)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return (int(order_id), str(whom)) if shop_id == shop.pk else None


def no_offers_url(shop: Shop, order: Order) -> str:
    """Where a shopper says that they want no offers, from this shop, in whatever message. It does not expire."""
    return f"{shop_url(shop)}/no-offers/{signing.dumps([order.shop_id, order.pk], salt=_NO_OFFERS)}"


def read_no_offers(shop: Shop, key: str) -> int | None:
    """Of which order; None for what we did not sign, or signed for another shop."""
    try:
        shop_id, order_id = signing.loads(key, salt=_NO_OFFERS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(order_id) if shop_id == shop.pk else None


def pixel_url(shop: Shop, message_id: UUID) -> str:
    """Of the picture that tells that a mail was opened."""
    return f"{shop_url(shop)}/o/{pixel_key(shop.pk, message_id)}.gif"


def follow_url(shop: Shop, follower_id: int) -> str:
    """Where somebody says that they want an order's messages."""
    return f"{shop_url(shop)}/follow/{signing.dumps([shop.pk, follower_id], salt=_FOLLOW)}"


def read_follow(shop: Shop, key: str) -> int | None:
    """Whose question it was. Whether it is still open, the row says."""
    try:
        shop_id, follower_id = signing.loads(key, salt=_FOLLOW)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return int(follower_id) if shop_id == shop.pk else None
