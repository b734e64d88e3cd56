"""What the demo's pages would have been looked at: invented, as the orders are, and only in the demo."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from tenants.models import Shop
from tracking.models import Order, PageVisit
from tracking.services.visits import KEPT

# Of a hundred looks; a shopper mostly uses the same.
DEVICES = (("phone", 76), ("desktop", 19), ("tablet", 5))
STAY_S = (20, 95, 240, 430)  # seconds, of a visit


def look_back(shop: Shop, now: datetime) -> None:
    """Views of each order from the day it was placed, more while it is on its way. The same at each start."""
    rows = []
    for order in Order.objects.for_shop(shop).filter(visits__isnull=True):
        chance = random.Random(f"{shop.slug}:{order.number}")
        since = max(order.placed_at, now - KEPT + timedelta(days=1))
        until = min(now, order.placed_at + timedelta(days=7))
        device = chance.choices([d for d, _n in DEVICES], [n for _d, n in DEVICES])[0]
        country = "" if chance.random() < 0.12 else order.country or shop.country
        days = max((until - since).days + 1, 1)
        for day in range(days):
            at = (since + timedelta(days=day)).astimezone(UTC).date()
            if at > now.date():
                break
            rows += _day(order, at, device, country, chance)
        if chance.random() < 0.3:
            rows.append(
                PageVisit(
                    shop=shop,
                    order=order,
                    day=since.date(),
                    device="other",
                    reader="bot",
                    views=chance.randint(1, 3),
                )
            )
    PageVisit.objects.bulk_create(rows, ignore_conflicts=True)


def _day(order: Order, at: datetime, device: str, country: str, chance: random.Random) -> list[PageVisit]:
    """Some of them also from a second device."""
    made = []
    for used in {device, "desktop" if chance.random() < 0.15 else device}:
        visits = chance.randint(1, 6)
        views = visits + chance.randint(visits, 3 * visits)
        stay = sum(chance.choices(STAY_S, (2, 3, 3, 4))[0] for _visit in range(visits))
        made.append(
            PageVisit(
                shop_id=order.shop_id,
                order=order,
                day=at,
                device=used,
                country=country,
                views=views,
                visits=visits,
                dwell_s=stay,
            )
        )
    return made
