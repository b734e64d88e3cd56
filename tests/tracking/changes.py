"""What the tests of changed deliveries share: a shop that offers them, and somebody who asks."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tests import make
from tests.tracking import pages
from tracking.changing import Window
from tracking.models import DeliveryOption, DeliveryRequest, Order, Shipment
from tracking.services import changes

NOW = make.NOW  # Saturday 21 November 2026, 13:00 in Madrid
FRIDAY = NOW.date() + timedelta(days=6)
SLOTS = {"windows": [["10:00", "12:00"], ["12:00", "14:00"]], "capacity": 1, "days_ahead": 5}


def option(of: Shop, kind: str = "day", **fields: Any) -> DeliveryOption:
    settings = fields.pop("settings", SLOTS if kind == "slot" else {})
    made: DeliveryOption = DeliveryOption.objects.create(
        **{
            "shop": of,
            "kind": kind,
            "stages": ["before", "moving", "trouble"],
            "cutoff_time": time(20),
            "cutoff_days": 1,
            "settings": settings,
            **fields,
        }
    )
    return made


def order(of: Shop, *, hours: int = 30, carrier: str = "seur", **fields: Any) -> tuple[Order, Shipment]:
    """One on its way, expected on Tuesday."""
    made = pages.order(of, state="shipped", **fields)
    eta = NOW.date() + timedelta(days=3)
    parcel = pages.parcel(
        made, [(SubStatus.IN_TRANSIT, hours, "EN TRÁNSITO")], carrier=carrier, eta_first=eta, eta_last=eta
    )
    parcel.refresh_from_db()
    return made, parcel


def ask(
    of: Order, parcel: Shipment | None, kind: str = "day", now: datetime = NOW, window: Window | None = None, **details: Any
) -> DeliveryRequest:  # fmt: skip
    shop = Shop.objects.get(pk=of.shop_id)
    wish = changes.Ask(parcel.pk if parcel else None, kind, details or {"day": FRIDAY.isoformat()}, window)
    with shop_context(shop.pk):
        return changes.ask(shop=shop, order=of, wish=wish, now=now)
