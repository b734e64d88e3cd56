"""What a message may speak of: one order's facts as plain values, in the reader's language and time zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.utils.translation import gettext as _

from carriers.directory import name_of
from carriers.types import Status, SubStatus
from notifications.fronts import Front, front_of
from notifications.latest import latest_of, news_of
from tenants.models import Shop
from tracking import explanations, headlines, labels
from tracking.actions import web
from tracking.calm import calm
from tracking.links import page_path
from tracking.models import Milestone, Order, OrderLine, Shipment
from tracking.parcels import OWN_DRIVER, UNNAMED
from tracking.situation import counts_of, facts_of_order, facts_of_parcel, live
from tracking.states import OrderState
from tracking.when import Clock, locale_for, zone_for

# As a sign within a text they mean our markup (notifications.markup): nobody's name may bring them.
OURS = re.compile("[\ue000-\uf8ff\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# What nobody is called, but who wants a link in somebody else's mail puts in for a name.
NO_NAME = re.compile(r"://|@|www\.|\w\.\w{2}", re.IGNORECASE)
# What comes next, as the page says it of itself: "it is shown here".
SAID_OF_THE_PAGE = frozenset(
    {
        SubStatus.PENDING_CARRIER_UNKNOWN, SubStatus.REDIRECTED, SubStatus.DELIVERY_RESCHEDULED,
        SubStatus.DELAYED_OPERATIONS, SubStatus.DELAYED_WEATHER, SubStatus.DELAYED_CUSTOMS, SubStatus.DELAYED_EXTERNAL,
        SubStatus.CANCELLED_VOIDED, SubStatus.CANCELLED_REQUESTED, SubStatus.EXPIRED_AGED_OUT,
    }
)  # fmt: skip


def facts_of(
    *, shop: Shop, order: Order, state: str, now: datetime, front: Front | None = None
) -> dict[str, Any]:
    """Every variable a message has, in the active language. Only plain dicts, lists, texts and numbers come out.

    Three queries for the order, none of them where its shipments, lines and milestones were fetched with it; two more
    without `front`; one more where the day it arrives has moved.
    """
    front = front or front_of(shop)
    clock = clock_of(shop, order, now)
    shipments: list[Shipment] = sorted(order.shipments.all(), key=lambda s: s.pk)
    mine = live(shipments)
    counts = counts_of(order, shipments)
    waiting = next((s for s in mine if s.status == Status.AVAILABLE_FOR_PICKUP), None)
    facts = facts_of_order(order, shipments, clock)
    said = headlines.headline(facts)
    latest = latest_of(state, shipments)
    page = front.address + page_path(order)
    invoice = _invoice(order)
    news = news_of(state, order, mine, latest, clock)
    return plain(
        {
            "shop": _shop(shop, front),
            "customer": {
                "name": order.customer_name,
                "first_name": first_name(order.customer_name),
                "city": order.city,
            },
            "order": {
                "number": order.number,
                "url": page,
                "delivery_url": f"{page}delivery",
                "write_url": f"{page}write",
                "messages_url": f"{page}messages",
                "review_url": f"{page}review",
                "invoice_url": f"{page}invoice",
                "placed_day": clock.day(clock.date_of(order.placed_at)),
                "total": money(order.total, order.currency, clock),
                "value": _number(order.total),
                "currency": order.currency,
                "state": state,
                "status": labels.state_label(order.state),
                "eta": headlines.arrival(facts),
                "eta_before": news.pop("before"),
                "carrier": " + ".join(dict.fromkeys(carrier_name(s.carrier) for s in mine))
                or _("The carrier"),
                "parcels": counts.total,
                "parcels_sent": counts.moved,
                "parcels_delivered": counts.delivered,
                "restock_day": clock.day(order.restock_date) if order.restock_date else "",
                "cancel_reason": labels.cancel_reason_label(order.cancel_reason),
            },
            "headline": said,
            "steps": steps_of(shop, order, front),
            "parcels": [_parcel(s, clock) for s in mine],
            "parcel": _parcel(latest, clock) if latest else dict.fromkeys(PARCEL, ""),
            "lines": [_line(line, order.currency, clock) for line in order.lines.all()],
            "pickup": _pickup(waiting, clock),
            "invoice": {
                "number": invoice.reference if invoice else "",
                "url": web(invoice.url) if invoice else "",
            },
            "news": news,
            "coupon": dict.fromkeys(COUPON, ""),
            "preview": said,
        }
    )


PARCEL = ("carrier", "status", "eta", "number", "reason", "next")
COUPON = ("code", "worth", "until")


def plain(values: dict[str, Any]) -> dict[str, Any]:
    """Liquid takes an empty text for true: what is not there is nil instead. Without the signs of our markup."""
    return {name: _nil(inside) for name, inside in values.items()}


def _nil(value: Any) -> Any:
    if isinstance(value, str):
        return OURS.sub(" ", value).strip() or None
    if isinstance(value, dict):
        return plain(value)
    if isinstance(value, list):
        return [_nil(inside) for inside in value]
    return value


def first_name(name: str) -> str:
    """Empty where it cannot be one: a link, an address."""
    first = name.strip().split(" ")[0]
    return "" if NO_NAME.search(name) or len(first) > 30 else first


def example(shop: Shop, state: str, front: Front | None = None) -> dict[str, Any]:
    """The same variables of an order nobody placed, for a shop that has none to show, and to know what there is."""
    front = front or front_of(shop)
    page = f"{front.address}/t/"
    parcel = {
        "carrier": _("The carrier"), "status": labels.status_label("in_transit"), "eta": "", "number": "0034043412345",
        "reason": "", "next": "",
    }  # fmt: skip
    known = state in labels.STATES or state in labels.MILESTONES
    said = labels.state_label(state if known else "shipped")
    return plain({
        "shop": _shop(shop, front),
        "customer": {"name": "Ada Lovelace", "first_name": "Ada", "city": "Madrid"},
        "order": {
            "number": "1001", "url": page, "delivery_url": f"{page}delivery", "write_url": f"{page}write",
            "messages_url": f"{page}messages", "review_url": f"{page}review", "invoice_url": f"{page}invoice",
            "placed_day": "", "total": "", "value": 49.9, "currency": shop.currency, "state": state, "status": said,
            "eta": "", "eta_before": "", "carrier": _("The carrier"), "parcels": 1, "parcels_sent": 1,
            "parcels_delivered": 1, "restock_day": "", "cancel_reason": "",
        },
        "headline": said,
        "steps": [{"label": said, "reached": True, "now": True}],
        "parcels": [parcel],
        "parcel": parcel,
        "lines": [
            {"title": _("An article"), "detail": "", "price": "", "units": 1, "image_url": ""},
        ],
        "pickup": {"name": "", "address": "", "hours": "", "until": "", "code": "", "days_left": None, "shipment": None},
        "invoice": {"number": "", "url": ""},
        "news": {"days": 2, "attempt": 1, "left": 1},
        "coupon": {"code": "OLMO10", "worth": "10 %", "until": ""},
        "preview": said,
    })  # fmt: skip


def _shop(shop: Shop, front: Front) -> dict[str, str]:
    return {
        "name": shop.name,
        "url": web(shop.website) or front.address,
        "email": shop.contact_email,
        "phone": shop.contact_phone,
    }


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


def _number(amount: Decimal | None) -> int | float | None:
    if amount is None:
        return None
    return int(amount) if amount == int(amount) else float(amount)


def steps_of(shop: Shop, order: Order, front: Front) -> list[dict[str, Any]]:
    """The shop's own steps, how far the order got. Empty where the order left the line: cancelled, on its way back."""
    line = [
        s for s in front.states if s.kind in ("linear", "derived") and OrderState.RETURNED not in s.canonicals
    ]
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


def _invoice(order: Order) -> Milestone | None:
    issued: Sequence[Milestone] = [m for m in order.milestones.all() if m.code == OrderState.INVOICE_ISSUED]
    return max(issued, key=lambda m: m.at, default=None)


def _parcel(shipment: Shipment, clock: Clock) -> dict[str, Any]:
    sub = SubStatus(shipment.sub_status)
    said = None if sub.is_unmapped else explanations.of_sub_status(sub)
    return {
        "carrier": carrier_name(shipment.carrier),
        "status": labels.status_label(shipment.sub_status),
        "eta": headlines.parcel_headline(facts_of_parcel(shipment, clock)),
        "number": shipment.number,
        "reason": str(said.reason) if said else "",
        "next": str(said.next) if said and sub not in SAID_OF_THE_PAGE else "",
    }


def _line(line: OrderLine, currency: str, clock: Clock) -> dict[str, Any]:
    wanted = line.quantity - line.cancelled
    units = f"{wanted} × " if wanted > 1 else ""
    price = line.unit_price * wanted if line.unit_price is not None else None
    return {
        "title": f"{units}{line.title}",
        "detail": line.variant if wanted else _("Cancelled"),
        "price": money(price, currency, clock) if wanted else "",
        "units": wanted,
        "image_url": line.image_url if line.image_url.startswith("https://") else "",
    }


def _pickup(shipment: Shipment | None, clock: Clock) -> dict[str, Any]:
    point = (shipment.pickup or {}) if shipment else {}
    said = str(point.get("until") or "")
    until = datetime.fromisoformat(said).date() if said else None
    return {
        "name": calm(str(point.get("name") or "")),
        "address": calm(str(point.get("address") or "")),
        "hours": str(point.get("hours") or ""),
        "until": clock.day(until) if until else "",
        "code": str(point.get("code") or ""),
        "days_left": max(0, (until - clock.today).days) if until else None,
        "shipment": shipment.pk if shipment else None,
    }
