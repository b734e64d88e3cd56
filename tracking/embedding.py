"""Passes to an order's status in a frame of the shop's own site: signed, for an hour, and no page's key.

A shop's server asks for one for a customer it has signed in, so that the key of the page, which lasts, stands
nowhere in the shop's HTML.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache as once
from typing import NamedTuple

from django.core.signing import BadSignature, Signer

from tenants.models import Shop
from tracking.links import shop_url
from tracking.models import Order

LASTS = timedelta(hours=1)


@once
def _signer() -> Signer:
    return Signer(sep=".", salt="tracking.embedding")


class Pass(NamedTuple):
    order_id: int
    turn: int  # of the page's key: a key that was revoked takes its passes along


def make_pass(shop: Shop, order: Order, *, until: datetime) -> str:
    return _signer().sign(f"{shop.pk}-{order.pk}-{order.token_turn}-{int(until.timestamp())}")


def open_pass(shop: Shop, said: str, *, now: datetime) -> Pass | None:
    """None when it is not ours, not this shop's, or its hour is over."""
    try:
        shop_id, order_id, turn, until = map(int, _signer().unsign(said).split("-"))
    except (BadSignature, ValueError):
        return None
    if shop_id != shop.pk or until <= now.timestamp():
        return None
    return Pass(order_id, turn)


def embed_url(shop: Shop, order: Order, *, until: datetime) -> str:
    """The whole address, for the `src` of a frame or the widget's `data-order`."""
    return f"{shop_url(shop)}/e/{make_pass(shop, order, until=until)}"
