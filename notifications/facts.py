"""What a message may speak of: one order's facts as plain values, in the reader's language and time zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.conf import settings
from django.utils.translation import gettext as _

from carriers.directory import name_of
from carriers.types import Status
from tenants.models import Brand, Shop
from tracking import headlines, labels
from tracking.links import page_url, shop_url
from tracking.models import Order, Shipment, ShopState
from tracking.parcels import OWN_DRIVER, UNNAMED
from tracking.situation import counts_of, facts_of_order, facts_of_parcel, live
from tracking.states import OrderState
from tracking.when import Clock, locale_for, zone_for


def facts_of(*, shop: Shop, order: Order, state: str, now: datetime) -> dict[str, Any]:
    """Every variable a message has, in the active language. Five queries; only plain dicts, lists and texts come out."""
    clock = clock_of(shop, order, now)
    shipments: list[Shipment] = list(order.shipments.all())
    mine = [s for s in shipments if s in live(shipments)]
    counts = counts_of(order, shipments)
    waiting = next((s for s in mine if s.status == Status.AVAILABLE_FOR_PICKUP), None)
    said = headlines.headline(facts_of_order(order, shipments, clock))
    address = shop_url(shop)
    invoice = order.milestones.filter(code=OrderState.INVOICE_ISSUED).order_by("-at").first()
    return _nothing_is_nil(
        {
            "shop": {
                "name": shop.name,
                "url": shop.website or address,
                "email": shop.contact_email,
                "phone": shop.contact_phone,
            },
            "customer": {
                "name": order.customer_name,
                "first_name": order.customer_name.split(" ")[0] if order.customer_name else "",
                "city": order.city,
            },
            "order": {
                "number": order.number,
                "url": page_url(shop, order),
                "total": money(order.total, order.currency, clock),
                "state": state,
                "carrier": " + ".join(dict.fromkeys(carrier_name(s.carrier) for s in mine))
                or _("The carrier"),
                "parcels": counts.total,
                "parcels_sent": counts.moved,
                "parcels_delivered": counts.delivered,
                "restock_day": clock.day(order.restock_date) if order.restock_date else "",
                "cancel_reason": labels.cancel_reason_label(order.cancel_reason),
            },
            "headline": said,
            "steps": steps_of(shop, order),
            "parcels": [_parcel(s, clock) for s in mine],
            "lines": [_line(line, order.currency, clock) for line in order.lines.all()],
            "pickup": _pickup(waiting, clock),
            "invoice": {
                "number": invoice.reference if invoice else "",
                "url": invoice.url if invoice else "",
            },
            "preview": said,
        }
    )


def _nothing_is_nil(values: dict[str, Any]) -> dict[str, Any]:
    """Liquid takes an empty text for true: what is not there is nil instead."""
    return {name: _nil(inside) for name, inside in values.items()}


def _nil(value: Any) -> Any:
    if isinstance(value, dict):
        return _nothing_is_nil(value)
    if isinstance(value, list):
        return [_nil(inside) for inside in value]
    return None if value == "" else value


def example(shop: Shop, state: str) -> dict[str, Any]:
    """The same variables of an order nobody placed, for a shop that has none to show."""
    address = shop_url(shop)
    return _nothing_is_nil({
        "shop": {"name": shop.name, "url": shop.website or address, "email": shop.contact_email, "phone": shop.contact_phone},
        "customer": {"name": "Ada Lovelace", "first_name": "Ada", "city": "Madrid"},
        "order": {
            "number": "1001", "url": address, "total": "", "state": state, "carrier": _("The carrier"), "parcels": 1,
            "parcels_sent": 1, "parcels_delivered": 1, "restock_day": "", "cancel_reason": "",
        },
        "headline": labels.state_label(state),
        "steps": [],
        "parcels": [],
        "lines": [],
        "pickup": {"name": "", "address": "", "hours": "", "until": ""},
        "invoice": {"number": "", "url": ""},
        "preview": labels.state_label(state),
    })  # fmt: skip


def clock_of(shop: Shop, order: Order, now: datetime) -> Clock:
    zone = zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    return Clock(now=now, zone=zone, locale=locale_for(order.language, order.country or shop.country))


def carrier_name(code: str) -> str:
    if code == OWN_DRIVER:
        return _("Our own driver")
    return _("The carrier") if code in UNNAMED else name_of(code)


def money(amount: Decimal | None, currency: str, clock: Clock) -> str:
    return format_currency(amount, currency, locale=clock.locale) if amount is not None else ""


def steps_of(shop: Shop, order: Order) -> list[dict[str, Any]]:
    """The shop's own steps, how far the order got. Empty where the order left the line: cancelled, on its way back."""
    states: Sequence[ShopState] = list(ShopState.objects.for_shop(shop).filter(visible=True, step=True))
    line = [s for s in states if s.kind in ("linear", "derived") and OrderState.RETURNED not in s.canonicals]
    at = next((n for n, s in enumerate(line) if order.state in s.canonicals), None)
    if at is None or order.state in (OrderState.CANCELLED, OrderState.RETURNING, OrderState.RETURNED):
        return []
    return [
        {
            "label": labels.own_label(s.labels, order.language, shop.language),
            "reached": n <= at,
            "now": n == at,
        }
        for n, s in enumerate(line)
    ]


def _parcel(shipment: Shipment, clock: Clock) -> dict[str, Any]:
    return {
        "carrier": carrier_name(shipment.carrier),
        "status": labels.status_label(shipment.sub_status),
        "eta": headlines.parcel_headline(facts_of_parcel(shipment, clock)),
    }


def _line(line: Any, currency: str, clock: Clock) -> dict[str, Any]:
    units = f"{line.quantity} × " if line.quantity > 1 else ""
    price = line.unit_price * line.quantity if line.unit_price is not None else None
    return {"title": f"{units}{line.title}", "detail": line.variant, "price": money(price, currency, clock)}


def _pickup(shipment: Shipment | None, clock: Clock) -> dict[str, str]:
    point = (shipment.pickup or {}) if shipment else {}
    until = str(point.get("until") or "")
    return {
        "name": str(point.get("name") or ""),
        "address": str(point.get("address") or ""),
        "hours": str(point.get("hours") or ""),
        "until": clock.day(datetime.fromisoformat(until).date()) if until else "",
    }


def logo_url(shop: Shop, brand: Brand) -> str:
    return f"{settings.SITE_URL}/s/{shop.slug}/brand/{brand.logo_hash}.png" if brand.logo_hash else ""
