"""The rows that hang on an order: words of the name, lines, parcels, and what each parcel holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from carriers.models import Account
from carriers.types import Status
from tenants import rows
from tracking.models import OrderWord, ShipmentLine
from tracking.search import name_words, parcel_key
from tracking.services.incoming import LineIn, OrderIn, Refused, ShipmentIn
from tracking.services.watching import first_sub_status

LINE = (
    "id", "shop", "order", "position", "title", "sku", "variant", "quantity", "cancelled", "unit_price", "image_url",
)  # fmt: skip
SHIPMENT = (
    "id", "shop", "order", "carrier", "number", "number_key", "account_id", "direction", "service", "whole_order",
    "created_at", "handed_over_at", "status", "sub_status", "reason", "episode", "attempts", "delayed", "flags",
    "pieces", "options_url", "candidates",
)  # fmt: skip
Articles = Sequence[tuple[int, str, int]]  # line id, article code, quantity


def take_ids(counts: Sequence[tuple[Any, int]]) -> list[list[int]]:
    """New ids of several tables, in one statement."""
    parts, params = [], []
    for number, (model, count) in enumerate(counts):
        parts.append("SELECT %s, nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)")
        params += [number, model._meta.db_table, count]
    found: list[list[int]] = [[] for _ in counts]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), params)
        for number, taken in cursor.fetchall():
            found[number].append(taken)
    return found


def insert_words(shop_id: int, names: Sequence[tuple[int, str]]) -> None:
    words = [(shop_id, order_id, word) for order_id, name in names for word in name_words(name)]
    rows.insert(OrderWord, ("shop", "order", "word"), words, once=True)


def line_rows(
    shop_id: int, order_id: int, ids: Sequence[int], lines: Sequence[LineIn]
) -> list[tuple[Any, ...]]:
    return [
        (
            line_id, shop_id, order_id, position, line.title, line.sku, line.variant, line.quantity,
            line.cancelled, line.unit_price, line.image_url,
        )
        for position, (line_id, line) in enumerate(zip(ids, lines, strict=True))
    ]  # fmt: skip


def shipment_row(
    shop_id: int, order_id: int, shipment_id: int, parcel: ShipmentIn, account: Account | None, now: datetime
) -> tuple[Any, ...]:
    return (
        shipment_id, shop_id, order_id, parcel.carrier, parcel.number, parcel_key(parcel.number),
        account.pk if account else None, parcel.direction or "outbound", parcel.service or "",
        parcel.lines is None, now, parcel.handed_over_at, Status.PENDING.value,
        first_sub_status(parcel.carrier, account).value, "", 0, 0, False, [], 1, "", list(parcel.candidates),
    )  # fmt: skip


def insert_contents(shop_id: int, units: Mapping[int, Mapping[str, int]]) -> None:
    """Say which lines each shipment holds."""
    held = [
        (shop_id, shipment_id, int(line_id), quantity)
        for shipment_id, lines in units.items()
        for line_id, quantity in lines.items()
    ]
    rows.insert(ShipmentLine, ("shop", "shipment", "line", "quantity"), held, once=True)


def allot(wanted: Mapping[str, int], articles: Articles) -> dict[str, int]:
    """Units by line of units by article code; where a code has several lines, they fill up in turn."""
    allotted: dict[str, int] = {}
    for sku, units in wanted.items():
        places = [(line_id, quantity) for line_id, known, quantity in articles if known == sku]
        for position, (line_id, quantity) in enumerate(places):
            share = units if position == len(places) - 1 else min(units, quantity)
            if share:
                allotted[str(line_id)] = share
            units -= share
    return allotted


def check_contents(order: OrderIn, skus: set[str]) -> None:
    """Raises Refused where a parcel holds an article the order does not have."""
    unknown = {
        f"shipments.{position}.lines": [
            _("The order has no line with the article code “%(sku)s”.") % {"sku": sku}
            for sku in parcel.lines
            if sku not in skus
        ]
        for position, parcel in enumerate(order.shipments)
        if parcel.lines and not skus.issuperset(parcel.lines)
    }
    if unknown:
        raise Refused(unknown)
