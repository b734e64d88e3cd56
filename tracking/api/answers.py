"""What the API says of orders and parcels: read in a fixed number of statements, in its own words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.db import connection

from tenants.models import Shop
from tracking.api.addresses import order_id, shipment_id
from tracking.links import page_path, shop_url
from tracking.models import Order

Answer = dict[str, Any]
_ETA = ("eta_first", "eta_last", "slot_from", "slot_to")
MOST_EVENTS = 500  # of one parcel, the newest
_SHIPMENT = """
SELECT s.id, s.order_id, s.carrier, s.number, s.direction, s.service, s.whole_order, s.created_at,
  s.handed_over_at, s.status, s.sub_status, s.reason, s.status_since, s.delayed, s.attempts, s.moved_at,
  s.delivered_at, s.last_event_at, s.flags, s.eta_first, s.eta_last, s.slot_from, s.slot_to, s.pickup, s.pieces,
  (SELECT count(DISTINCT e.key) FROM tracking_trackingevent e
    WHERE e.shop_id = s.shop_id AND e.shipment_id = s.id) AS events_count,
  CASE WHEN s.whole_order THEN NULL ELSE (
    SELECT json_object_agg(x.sku, x.units) FROM (
      SELECT l.sku, sum(h.quantity) AS units FROM tracking_shipmentline h
      JOIN tracking_orderline l ON l.shop_id = h.shop_id AND l.id = h.line_id
      WHERE h.shop_id = s.shop_id AND h.shipment_id = s.id GROUP BY l.sku) x) END AS lines
"""
# Everything that hangs on these orders, in one statement.
PARTS = f"""
SELECT o.id, json_build_object(
  'lines', (SELECT json_agg(x ORDER BY x.position) FROM (
    SELECT position, sku, title, variant, quantity, cancelled, unit_price::text, image_url FROM tracking_orderline l
    WHERE l.shop_id = o.shop_id AND l.order_id = o.id) x),
  'shipments', (SELECT json_agg(x ORDER BY x.id) FROM (
    {_SHIPMENT} FROM tracking_shipment s WHERE s.shop_id = o.shop_id AND s.order_id = o.id) x),
  'milestones', (SELECT json_agg(x ORDER BY x.at) FROM (
    SELECT code, at, reference, url FROM tracking_milestone m
    WHERE m.shop_id = o.shop_id AND m.order_id = o.id) x)
)::text
FROM tracking_order o WHERE o.shop_id = %s AND o.id = ANY (%s)
"""  # noqa: S608  our own text
SHIPMENTS = f"""
SELECT to_json(x)::text FROM (
  {_SHIPMENT}, o.number AS order_number, o.channel AS order_channel
  FROM tracking_shipment s JOIN tracking_order o ON o.shop_id = s.shop_id AND o.id = s.order_id
  WHERE s.shop_id = %s AND s.id = ANY (%s)) x
"""  # noqa: S608
# One scan read twice is one event: the latest reading of it.
EVENTS = """
SELECT to_json(x)::text FROM (
  SELECT occurred_at, received_at, sub_status, code, text, place, country, reason, source FROM (
    SELECT DISTINCT ON (key) * FROM tracking_trackingevent
    WHERE shop_id = %s AND shipment_id = %s ORDER BY key, id DESC) e
  ORDER BY occurred_at DESC, id DESC LIMIT %s) x
"""
_NAMES = ("number", "channel", "external_id")
_STANDING = ("state", "state_since", "health", "attention")
_SAID = (
    "placed_at", "currency", "tags", "coupons", "wants_marketing", "customer_name", "customer_email", "customer_phone",
    "language",
    "address_line", "address_extra", "city", "region", "postal_code", "country", "asserted", "asserted_at",
    "cancelled_at", "cancel_reason", "expected_parcels", "restock_date", "promised_date",
)  # fmt: skip
_CLOCKS = ("last_event_at", "created_at", "updated_at")


def orders(shop: Shop, found: Iterable[Order]) -> list[Answer]:
    """Two statements, however many orders there are and whatever hangs on them."""
    listed = list(found)
    parts = _parts(shop, listed)
    address = shop_url(shop)
    return [_order(order, parts.get(order.pk, {}), address) for order in listed]


def order(shop: Shop, found: Order) -> Answer:
    (answer,) = orders(shop, [found])
    return answer


def shipments(shop: Shop, ids: list[int]) -> list[Answer]:
    """One statement; in the order of `ids`, those that are gone left out."""
    with connection.cursor() as cursor:
        cursor.execute(SHIPMENTS, [shop.pk, ids])
        found = {row["id"]: row for (text,) in cursor.fetchall() for row in [json.loads(text)]}
    return [_shipment(found[pk]) for pk in ids if pk in found]


def shipment(shop: Shop, pk: int) -> Answer | None:
    """With its events, newest first. Two statements; None where there is no such parcel."""
    found = shipments(shop, [pk])
    if not found:
        return None
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, [shop.pk, pk, MOST_EVENTS])
        events = [_event(json.loads(text)) for (text,) in cursor.fetchall()]
    return found[0] | {"events": events}


def _parts(shop: Shop, listed: list[Order]) -> dict[int, Answer]:
    with connection.cursor() as cursor:
        cursor.execute(PARTS, [shop.pk, [order.pk for order in listed]])
        return {pk: json.loads(text) for pk, text in cursor.fetchall()}


def _order(order: Order, parts: Mapping[str, Any], address: str) -> Answer:
    return {
        "id": order_id(order.pk),
        **_columns(order, _NAMES),
        "page_url": address + page_path(order),
        **_columns(order, _STANDING),
        "eta": _eta(*_columns(order, _ETA).values()),
        "total": money(order.total, order.currency),
        **_columns(order, _SAID),
        "override": _override(order),
        "lines": [_line(line, order.currency) for line in parts.get("lines") or ()],
        "shipments": [_shipment(row) for row in parts.get("shipments") or ()],
        "milestones": parts.get("milestones") or [],
        **_columns(order, _CLOCKS),
    }


def _columns(order: Order, names: Iterable[str]) -> Answer:
    return {name: _said(getattr(order, name)) for name in names}


def _override(order: Order) -> Answer | None:
    if not order.override_state:
        return None
    return {
        "state": order.override_state,
        "until": order.override_until,
        "date": _said(order.override_date),
        "reason": order.override_reason,
    }


def _line(line: Answer, currency: str) -> Answer:
    price = line["unit_price"]
    return {
        **{name: value for name, value in line.items() if name != "position"},
        "unit_price": None if price is None else money(Decimal(price), currency),
    }


def _shipment(row: Answer) -> Answer:
    answer = {name: value for name, value in row.items() if name not in _ETA and name != "order_id"}
    answer["id"] = shipment_id(row["id"])
    answer["order"] = order_id(row["order_id"])
    answer["eta"] = _eta(*(row[name] for name in _ETA))
    return answer


def _said(value: Any) -> Any:
    """Times as PostgreSQL writes them in JSON, so that all look the same."""
    return value.isoformat() if isinstance(value, date) else value


def _eta(first: Any, last: Any, slot_from: Any, slot_to: Any) -> Answer | None:
    if first is None or last is None:
        return None
    return {"first_date": first, "last_date": last, "slot_from": slot_from, "slot_to": slot_to}


def _event(row: Answer) -> Answer:
    return {**row, "status": row["sub_status"].partition(".")[0]}


def money(amount: Decimal | None, currency: str) -> str | None:
    """With as many decimals as the currency has."""
    if amount is None:
        return None
    digits = get_currency_precision(currency)
    exact = round(amount, digits)
    return f"{exact if exact == amount else amount.normalize():f}"
