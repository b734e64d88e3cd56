"""The link for whom an order is a present: made when wanted, and made void."""

from __future__ import annotations

from django.db.models import F

from tenants.models import KeyHash
from tenants.vault import digest, gift_token
from tracking.models import Order
from tracking.services.announcing import after_commit


def make_gift_link(*, order: Order) -> Order:
    """Let the link lead to the order's page. Runs in the shop's context; safe to repeat: one that is there stays."""
    held: Order = Order.objects.for_shop(order.shop_id).select_for_update().get(pk=order.pk)
    made = digest(gift_token(held.token_hash, held.gift_turn))
    if held.gift_hash != made:
        KeyHash.objects.get_or_create(hash=made, defaults={"shop_id": held.shop_id, "kind": "page"})
        _write(held, gift_hash=made)
        after_commit(changed=[held.token_hash, made])
    held.gift_hash = made
    return held


def revoke_gift_link(*, order: Order) -> None:
    """Make the link void for good; the next one is another. Runs in the shop's context; safe to repeat."""
    held = Order.objects.for_shop(order.shop_id).select_for_update().get(pk=order.pk)
    if not held.gift_hash:
        return
    KeyHash.objects.filter(hash=held.gift_hash, kind="page").delete()
    _write(held, gift_hash="", gift_turn=held.gift_turn + 1)
    after_commit(changed=[held.token_hash, held.gift_hash])


def _write(order: Order, **fields: str | int) -> None:
    Order.objects.for_shop(order.shop_id).filter(pk=order.pk).update(**fields, version=F("version") + 1)
