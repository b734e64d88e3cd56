"""What the demo's shops let customers change of a delivery, where to, and what some have asked for already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tenants.models import Shop
from tenants.services import SYSTEM
from tracking.changing import Terms, windows
from tracking.models import DeliveryOption, Order, Shipment
from tracking.services import settling
from tracking.services.changes import Ask, NotNow, ask
from tracking.services.offering import put_places, save_option

EARLY, UNDER_WAY = ["before", "moving"], ["before", "moving", "trouble"]
EVENING = {"cutoff_time": time(20), "cutoff_days": 1}
ON_THE_DAY = {"cutoff_time": time(8), "cutoff_days": 0}
DAYS = {"days_ahead": 9, "saturdays": True, "sundays": True}
HOURS = {
    "windows": [["09:00", "11:00"], ["11:00", "13:00"], ["16:00", "18:00"], ["18:00", "19:00"], ["19:00", "20:00"]],
    "capacity": 3,
    "days_ahead": 4,
    "first_after": 0,
    "lead_minutes": 120,
}  # fmt: skip

Row = dict[str, Any]
OPTIONS: Mapping[str, tuple[Row, ...]] = {
    "barro-y-sal": (
        {"kind": "day", "way": "carrier", "carriers": ["seur", "ups", "ctt_express"], "stages": UNDER_WAY, "settings": DAYS, **EVENING},
        {"kind": "day", "way": "task", "stages": UNDER_WAY, "settings": DAYS, **EVENING},
        {"kind": "slot", "way": "task", "countries": ["ES"], "postal_codes": ["28", "46"], "stages": EARLY,
         "price": Decimal("3.90"), "settings": HOURS, **ON_THE_DAY},
        {"kind": "pickup_point", "way": "mail", "depot_email": "depot@carrier.example", "countries": ["ES"],
         "stages": UNDER_WAY, **EVENING},
        {"kind": "address", "way": "task", "stages": UNDER_WAY, "needs_approval": True, "price": Decimal("2.50"),
         "most_an_order": 2, **EVENING},
        {"kind": "neighbour", "way": "task", "stages": UNDER_WAY, **ON_THE_DAY},
        {"kind": "safe_place", "way": "task", "stages": UNDER_WAY, **ON_THE_DAY},
        {"kind": "note", "way": "task", "stages": UNDER_WAY, **ON_THE_DAY},
    ),
    "librairie-des-pentes": (
        {"kind": "pickup_point", "way": "task", "countries": ["FR"], "stages": UNDER_WAY, **EVENING},
        {"kind": "day", "way": "mail", "depot_email": "agence@carrier.example", "stages": UNDER_WAY,
         "settings": {"days_ahead": 7, "saturdays": True}, **EVENING},
    ),
}  # fmt: skip

# Shop, carrier, kind, name, street, postal code, town, hours, where it is.
_POINTS = tuple(
    tuple(part.strip() for part in line.split("|"))
    for line in """
barro-y-sal | correos_es | locker | Taquilla Retiro | Calle Ibiza 12 | 28009 | Madrid | 24 h | 40.419 | -3.676
barro-y-sal | correos_es | point | Papelería Alcalá | Calle Alcalá 190 | 28028 | Madrid | L–V 9–20, S 10–14 | 40.429 | -3.664
barro-y-sal | seur | point | Estanco Goya | Calle Goya 47 | 28001 | Madrid | L–S 9–21 | 40.4245 | -3.6815
barro-y-sal | gls_es | point | Copistería Atocha | Calle Atocha 41 | 28012 | Madrid | L–V 8–20 | 40.4125 | -3.7005
barro-y-sal | correos_es | point | Quiosco Lavapiés | Plaza de Lavapiés 3 | 28012 | Madrid | L–D 7–22 | 40.4085 | -3.701
barro-y-sal | correos_es | point | Floristería Ruzafa | Calle Cádiz 30 | 46006 | Valencia | L–S 9–20 | 39.461 | -0.374
barro-y-sal | seur | locker | Taquilla Colón | Calle Colón 18 | 46004 | Valencia | 24 h | 39.4695 | -0.372
barro-y-sal | gls_es | point | Librería del Carmen | Calle Caballeros 20 | 46003 | Valencia | L–V 10–20 | 39.477 | -0.3785
barro-y-sal | correos_es | point | Ultramarinos Benimaclet | Calle Barón 9 | 46020 | Valencia | L–S 8–21 | 39.486 | -0.358
barro-y-sal | gls_es | point | Estanco Delicias | Calle Delicias 61 | 50017 | Zaragoza | L–S 9–20:30 | 41.651 | -0.905
barro-y-sal | correos_es | locker | Taquilla Gran Vía | Gran Vía 22 | 50005 | Zaragoza | 24 h | 41.6445 | -0.889
barro-y-sal | seur | point | Mercería Independencia | Paseo Independencia 8 | 50004 | Zaragoza | L–V 10–20 | 41.65 | -0.8845
librairie-des-pentes | laposte | point | Tabac des Capucins | 12 rue des Capucins | 69001 | Lyon | lun.–sam. 8 h–19 h | 45.769 | 4.835
librairie-des-pentes | laposte | locker | Consigne République | 5 rue de la République | 69001 | Lyon | 24 h/24 | 45.7665 | 4.8365
librairie-des-pentes | laposte | point | Épicerie du Cours Julien | 40 cours Julien | 13006 | Marseille | tous les jours 8 h–21 h | 43.2935 | 5.3835
""".strip().splitlines()
)
_NAMES = ("carrier", "kind", "name", "address", "postal_code", "city", "hours", "latitude", "longitude")


def offer_changes(shop: Shop, placed: Mapping[str, Order], now: datetime) -> None:
    """Options, places and a few wishes, of a shop that has none yet. In the shop's context."""
    for position, fields in enumerate(OPTIONS.get(shop.slug, ())):
        said = {"settings": {}, **fields, "position": position}
        save_option(shop=shop, option_id=None, fields=said, by=SYSTEM)
    points = [dict(zip(_NAMES, row[1:], strict=True)) for row in _POINTS if row[0] == shop.slug]
    put_places(
        shop=shop,
        places=[{**one, "code": f"{shop.slug[:2].upper()}{n:03d}", "country": shop.country} for n, one in enumerate(points, 1)],
    )  # fmt: skip
    for number, kind, details, ends in _wishes(shop, now):
        if order := placed.get(number):
            _wish(shop, order, kind, details, ends, now)


def _wishes(shop: Shop, now: datetime) -> list[tuple[str, str, Row, tuple[str, str]]]:
    """Order, kind, what was chosen, and how far it has got: the status with the words of whoever answered."""
    day = (now + timedelta(days=5)).date()
    day += timedelta(days=1 if day.weekday() == 6 else 0)
    if shop.slug == "barro-y-sal":
        address = {"name": "Clara Benet", "line": "Calle Sorní 14", "extra": "Oficina 3", "postal_code": "46004", "city": "Valencia", "country": "ES"}  # fmt: skip
        return [
            ("1029", "slot", {}, ("accepted", "")),
            ("1027", "address", address, ("asked", "")),
            ("1037", "day", {"day": day.isoformat()}, ("approved", "")),
            ("1040", "neighbour", {"name": "Miren Agirre", "where": "2.º dcha."}, ("refused", "El depósito no deja paquetes a vecinos en esta zona.")),
            ("1038", "safe_place", {"place": "concierge", "text": "Hasta las 14 h"}, ("sent", "")),
        ]  # fmt: skip
    if shop.slug == "librairie-des-pentes":
        return [("LP-2201", "day", {"day": day.isoformat()}, ("approved", ""))]
    return []


def _wish(shop: Shop, order: Order, kind: str, details: Row, ends: tuple[str, str], now: datetime) -> None:
    parcel = Shipment.objects.for_shop(shop).filter(order=order).order_by("id").first()
    asked_at = now - timedelta(hours=2)
    window = None
    if kind == "slot":
        option = DeliveryOption.objects.for_shop(shop).get(kind="slot")
        window = windows(
            Terms.of(option.settings), now=now, expected=order.promised_date, zone=ZoneInfo(shop.time_zone),
            taken={}, country=shop.country,
        )[2]  # fmt: skip
        details = {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}
    try:
        made = ask(
            shop=shop,
            order=order,
            wish=Ask(parcel.pk if parcel else None, kind, details, window),
            now=asked_at,
        )
    except NotNow:  # started late in the day, its hour has passed: the demo has one wish less
        return
    status, words = ends
    at = asked_at + timedelta(minutes=35)
    if status in ("sent", "accepted"):
        settling.take(shop=shop, request_id=made.pk, by=SYSTEM, now=at)
    if status in ("accepted", "refused"):
        settling.settle(
            shop=shop,
            request_id=made.pk,
            status=status,
            answer=words,
            by=SYSTEM,
            now=at + timedelta(minutes=20),
        )
