"""Rows for tests of what messages sell."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from notifications.models import Coupon, CouponCode, Message
from tenants.models import Shop
from tenants.services import Actor
from tests import make
from tracking.models import Order

BY = Actor("user:1", "owner")


def coupon(shop: Shop, *codes: str, **fields: Any) -> Coupon:
    """A coupon with these codes in its pool; without any, one code for all."""
    shared = {} if codes else {"code": "HELLO10"}
    made = Coupon.objects.create(shop=shop, **{"name": "Welcome back", "worth": "10 %", **shared, **fields})
    CouponCode.objects.bulk_create(
        [CouponCode(shop=shop, coupon=made, code=code, code_key=code.upper()) for code in codes]
    )
    return made


def message(order: Order, **fields: Any) -> Message:
    said = {
        "shop": order.shop, "order": order, "state": "shipped", "channel": "email", "recipient": order.customer_email,
        "language": order.language, "dedupe_key": f"m:{uuid.uuid4()}", "status": "sent",
        "created_at": make.NOW - timedelta(hours=2), "sent_at": make.NOW - timedelta(hours=2),
    }  # fmt: skip
    made: Message = Message.objects.create(**{**said, **fields})
    return made


def block(kind: str, name: str = "b1", **said: Any) -> dict[str, Any]:
    return {"id": name, "kind": kind, **said}


def content(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"format": 1, "subject": {"es": "Hola"}, "blocks": list(blocks)}
