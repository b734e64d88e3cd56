"""The demo's own deliveries: a round in Valencia that sets out anew whenever the demo starts."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.urls import reverse

from config.demo.orders import DemoOrder
from config.demo.seed import _next_number, _page, _place, _shop
from config.demo.shops import BARRO
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tracking.models import Order, Shipment
from tracking.services import rounds

DOOR = (39.4622, -0.3740)  # of the order that is watched
ORDERS = (
    ("Vicent Alcaraz", "Carrer de Cadis 58, pta. 4", "46006", ((3, 2),)),
    ("Neus Roig Sanchis", "Carrer de Dénia 22", "46006", ((2, 1), (5, 4))),
    ("Clara Ferrando", "Carrer de Sueca 35, pta. 9", "46006", ((0, 1), (1, 1))),
)


def set_out(now: datetime) -> dict[str, Any]:
    """Three orders of today, the last of them watched; what the welcome and the driver need to know."""
    shop = _shop(BARRO)
    with shop_context(shop.pk):
        numbers: list[str] = []
        for customer, street, postal_code, articles in ORDERS:
            numbers.append(_next_number(shop, "VLC-201"))
            order = DemoOrder(
                numbers[-1], customer, "Valencia", street, postal_code, 4, articles, promised_in_days=0
            )
            _place(BARRO, shop, [order], now, history=False)
        found = {o.number: o for o in Order.objects.for_shop(shop).filter(number__in=numbers)}
        watched = found[numbers[-1]]
        Order.objects.for_shop(shop).filter(pk=watched.pk).update(latitude=DOOR[0], longitude=DOOR[1])
        day = now.astimezone(ZoneInfo(shop.time_zone)).date()
        made, key = rounds.make_round(
            shop=shop, name="Furgoneta Valencia", driver="Pau", day=day, by=SYSTEM, now=now
        )
        orders = [found[number] for number in numbers]
        rounds.add_orders(shop=shop, round_id=made.pk, orders=orders, by=SYSTEM, now=now)
        first = made.stops.order_by("position").first()
        if first:
            rounds.go_to(shop=shop, round_id=made.pk, stop_id=first.pk, now=now)
        parcel = Shipment.objects.for_shop(shop).get(order=watched)
        return {
            "page": asdict(_page(shop, watched, "van")),
            "driver_path": f"/s/{shop.slug}" + reverse("driver", args=[key], urlconf="tracking.shop_urls"),
            "shipment": f"shp_{parcel.pk}",
        }
