"""The demo's first shop as it has been for a season: orders of three months, so that a rule can be tried on them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import connection

from carriers.simulator.numbers import number_for
from carriers.types import Event, SubStatus
from config.demo.shops import DemoShop
from tenants.models import Shop
from tenants.services import SYSTEM
from tracking.models import Order
from tracking.services.events import Heard, record_batch
from tracking.services.intake import LineIn, OrderIn, ShipmentIn, upsert_orders

DAYS = 88
LATEST = 11  # days ago: all of it is over
A_DAY = (3, 4, 4, 5, 6, 7, 5)  # orders, from Monday to Sunday
FIRST_NUMBER = 401
SUNDAY = 6
CARRIERS = ("gls_es", "correos_es", "seur", "mrw", "ctt_express")

# Name, town, postal code, country, language; of a hundred orders so many.
PLACES = (
    ("Madrid", "28013", "ES", "es", 24), ("Barcelona", "08009", "ES", "es", 16), ("Valencia", "46002", "ES", "es", 12),
    ("Sevilla", "41001", "ES", "es", 8), ("Bilbao", "48001", "ES", "es", 7), ("Málaga", "29012", "ES", "es", 6),
    ("Lyon", "69002", "FR", "fr", 7), ("Paris", "75011", "FR", "fr", 5), ("Milano", "20121", "IT", "it", 5),
    ("München", "80331", "DE", "de", 4), ("Lisboa", "1100-148", "PT", "pt-br", 3), ("Dublin", "D02 X285", "IE", "en", 3),
)  # fmt: skip
NAMES = (
    "Alba Serrano", "Bruno Díaz", "Celia Ramos", "Diego Vives", "Elena Prieto", "Fermín Sola", "Gloria Pascual", "Héctor Mena",
    "Irene Bosch", "Joan Riera", "Laura Tena", "Marcos Gil", "Noelia Rey", "Olga Casas", "Pau Ferrer", "Rosa Lara",
    "Saúl Mora", "Teresa Vidal", "Unai Leiva", "Vera Campos",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Way:
    """What happens to a parcel: on which working day after it was placed, and at what hour of it. `share`: of a hundred."""

    share: int
    steps: tuple[tuple[SubStatus, int, int], ...]


_S = SubStatus
_SENT = ((_S.LABEL_CREATED, 1, 9), (_S.PICKED_UP, 1, 18))
WAYS = (
    Way(72, (*_SENT, (_S.IN_TRANSIT, 2, 5), (_S.ON_VEHICLE, 2, 8), (_S.DELIVERED, 2, 13))),
    Way(12, (*_SENT, (_S.IN_TRANSIT, 2, 6), (_S.ON_VEHICLE, 3, 8), (_S.FAILED_NOT_HOME, 3, 13), (_S.ON_VEHICLE, 4, 8),
             (_S.DELIVERED, 4, 12))),
    Way(12, (*_SENT, (_S.IN_TRANSIT, 2, 6), (_S.PICKUP_POINT, 3, 11), (_S.DELIVERED_COLLECTED, 6, 18))),
    Way(4, (*_SENT, (_S.IN_TRANSIT, 3, 6), (_S.RETURNING, 4, 10), (_S.RETURNED, 6, 12))),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Past:
    """One order of those days, and what its parcel went through."""

    placed: datetime
    order: OrderIn
    events: tuple[Event, ...]


def live_through(spec: DemoShop, shop: Shop, now: datetime) -> int:
    """Take the orders in day by day, as they came; return how many. In the shop's context, in an empty shop."""
    pasts = _pasts(spec, now)
    by_day: dict[int, list[Past]] = {}
    for past in pasts:
        by_day.setdefault((now - past.placed).days, []).append(past)
    for day in sorted(by_day, reverse=True):
        at = now - timedelta(days=day) + timedelta(hours=1)
        upsert_orders(shop=shop, orders=[p.order for p in by_day[day]], by=SYSTEM, now=at, history=True)
    ids = dict(
        Order.objects.for_shop(shop)
        .filter(number__in=[p.order.number for p in pasts])
        .values_list("number", "shipments__pk")
    )
    for until, heard in _rounds(pasts, ids):
        record_batch(shop_id=shop.pk, heard=heard, now=until, history=True)
    _was_then(shop)
    return len(pasts)


def _pasts(spec: DemoShop, now: datetime) -> list[Past]:
    """The same at each start, but for the day it is."""
    chance = random.Random(spec.slug)
    zone = ZoneInfo(spec.time_zone)
    pasts: list[Past] = []
    for day in range(DAYS, LATEST, -1):
        date = (now.astimezone(zone) - timedelta(days=day)).date()
        for _n in range(A_DAY[date.weekday()]):
            placed = datetime.combine(date, time(chance.randint(8, 21), chance.randint(0, 59)), zone)
            pasts.append(_past(spec, FIRST_NUMBER + len(pasts), placed, chance))
    return pasts


def _past(spec: DemoShop, number: int, placed: datetime, chance: random.Random) -> Past:
    town, postal_code, country, language, _share = chance.choices(PLACES, [p[-1] for p in PLACES])[0]
    shopper = chance.randint(1, 240)  # some come back
    carrier = chance.choice(CARRIERS) if country == "ES" else "ups"
    picked = chance.sample(range(len(spec.articles)), chance.choice((1, 1, 2, 2, 3)))
    lines = tuple(
        LineIn(
            spec.articles[i][0],
            variant=spec.articles[i][1],
            sku=f"{spec.slug[:2].upper()}-{i + 1:02d}",
            quantity=chance.choice((1, 1, 1, 2)),
            unit_price=Decimal(spec.articles[i][2]),
        )
        for i in picked
    )
    way = chance.choices(WAYS, [w.share for w in WAYS])[0]
    late = chance.random() < 0.18  # a day lost on the way
    events = tuple(
        Event(
            _on_working_day(placed, days + (late and days > 1), hour, chance), sub, code=sub.value,
            place=town if n > 2 else spec.town,
        )
        for n, (sub, days, hour) in enumerate(way.steps)
    )  # fmt: skip
    order = OrderIn(
        number=str(number),
        placed_at=placed,
        channel=chance.choices(("web", "Etsy", "Amazon"), (78, 14, 8))[0],
        currency=spec.currency,
        total=sum(((line.unit_price or Decimal()) * line.quantity for line in lines), Decimal()),
        tags=[chance.choice(("regalo", "vip"))] if chance.random() < 0.15 else [],
        coupons=["BARRO10"] if chance.random() < 0.06 else [],
        customer_name=NAMES[shopper % len(NAMES)],
        customer_email=f"cliente{shopper}@correo.example",
        customer_phone=f"{spec.dialling}{20_000_000 + shopper}",
        language=language,
        city=town,
        postal_code=postal_code,
        country=country,
        asserted="preparing",
        asserted_at=placed + timedelta(hours=1),
        promised_date=(placed + timedelta(days=3)).date(),
        lines=lines,
        shipments=(ShipmentIn(carrier, number_for(carrier, f"{spec.slug}:past:{number}")),),
    )
    return Past(placed, order, events)


def _on_working_day(placed: datetime, days: int, hour: int, chance: random.Random) -> datetime:
    day = placed.date()
    while days:
        day += timedelta(days=1)
        days -= day.weekday() != SUNDAY
    return datetime.combine(day, time(hour + chance.randint(0, 1), chance.randint(0, 59)), placed.tzinfo)


def _rounds(pasts: Sequence[Past], ids: dict[str, int]) -> list[tuple[datetime, list[Heard]]]:
    """What was heard in each half day, in order."""
    heard: dict[tuple[datetime, str], list[Event]] = {}
    for past in pasts:
        for event in past.events:
            at = event.occurred_at
            half = at.replace(hour=12 if at.hour < 12 else 23, minute=59, second=59, microsecond=0)
            heard.setdefault((half, past.order.number), []).append(event)
    rounds: dict[datetime, list[Heard]] = {}
    for (half, number), events in sorted(heard.items(), key=lambda item: item[0]):
        rounds.setdefault(half, []).append(Heard(ids[number], tuple(events)))
    return sorted(rounds.items(), key=lambda item: item[0])


def _was_then(shop: Shop) -> None:
    """As if it had been told then: what the past left is neither an import's nor still to be announced."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tracking_transition t SET quiet = '', recorded_at = t.occurred_at, announced_at = t.occurred_at "
            "FROM tracking_order o WHERE o.shop_id = %s AND t.shop_id = o.shop_id AND t.order_id = o.id",
            [shop.pk],
        )
        cursor.execute(
            "UPDATE tracking_order SET quiet_before = placed_at, created_at = placed_at WHERE shop_id = %s",
            [shop.pk],
        )
        cursor.execute("DELETE FROM tracking_poll WHERE shop_id = %s", [shop.pk])
