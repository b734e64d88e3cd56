"""Orders known already: what the shop says anew is compared with what is kept, and only changes are written."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tenants import rows
from tenants.models import Shop
from tracking.models import Order, OrderLine, OrderWord, Shipment, ShipmentLine
from tracking.search import keys_of, parcel_key
from tracking.services.creating import KEYS, SAID
from tracking.services.incoming import LineIn, OrderIn, ShipmentIn
from tracking.services.parts import (
    LINE,
    SHIPMENT,
    allot,
    insert_contents,
    insert_words,
    line_rows,
    shipment_row,
    take_ids,
)
from tracking.services.refolding import Cause, refold
from tracking.services.renumbering import note_added
from tracking.services.watching import Accounts, ask_about

COLUMNS = tuple(name for name in SAID if name not in ("number", "channel")) + KEYS
PARCEL = ("direction", "service", "handed_over_at", "whole_order")


@dataclass(slots=True)
class Kept:
    """What is known of one order, locked."""

    order: Order
    lines: list[OrderLine] = field(default_factory=list)
    shipments: dict[tuple[str, str], Shipment] = field(default_factory=dict)  # by carrier and number
    contents: dict[int, dict[int, int]] = field(default_factory=dict)  # shipment → line → units

    @property
    def skus(self) -> set[str]:
        return {line.sku for line in self.lines if line.sku}


def locked(shop: Shop, ids: Sequence[int]) -> dict[int, Kept]:
    """The orders with their lines and shipments. Locks shipments in id order, then orders in id order."""
    if not ids:
        return {}
    shipments = Shipment.objects.for_shop(shop).filter(order_id__in=ids).order_by("pk")
    parcels = list(shipments.select_for_update(no_key=True))
    orders = Order.objects.for_shop(shop).filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    kept = {order.pk: Kept(order) for order in orders}
    for line in OrderLine.objects.for_shop(shop).filter(order_id__in=ids).order_by("order_id", "position"):
        kept[line.order_id].lines.append(line)
    for parcel in parcels:
        if parcel.order_id in kept:
            kept[parcel.order_id].shipments[parcel.carrier, parcel.number_key] = parcel
            kept[parcel.order_id].contents[parcel.pk] = {}
    split = {parcel.pk: parcel.order_id for parcel in parcels if not parcel.whole_order}
    if split:
        held = ShipmentLine.objects.for_shop(shop).filter(shipment_id__in=split)
        for shipment_id, line_id, quantity in held.values_list("shipment_id", "line_id", "quantity"):
            kept[split[shipment_id]].contents[shipment_id][line_id] = quantity
    return kept


@dataclass(slots=True)
class Changes:
    """What is to be written, table by table."""

    orders: list[tuple[Any, ...]] = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)
    lines: list[tuple[Kept, Sequence[LineIn]]] = field(default_factory=list)
    parcels: list[tuple[Any, ...]] = field(default_factory=list)
    new_parcels: list[tuple[Kept, ShipmentIn]] = field(default_factory=list)
    contents: dict[int, Mapping[str, int]] = field(default_factory=dict)  # shipment → article code → units
    touched: set[int] = field(default_factory=set)


def change(
    *, shop: Shop, orders: Sequence[tuple[Kept, OrderIn]], by: str, now: datetime, history: bool
) -> set[int]:
    """Write what is new of checked orders; return the ids of those that changed. Saying the same again
    writes nothing."""
    changes = Changes()
    for kept, order in orders:
        _compare(changes, kept, order, now)
    if not changes.touched:
        return set()
    kept_by_id = {kept.order.pk: kept for kept, _order in orders}
    rows.update(Order, COLUMNS, changes.orders)
    if changes.names:
        OrderWord.objects.for_shop(shop).filter(order_id__in=[pk for pk, _name in changes.names]).delete()
        insert_words(shop.pk, changes.names)
    _write_lines(shop, changes)
    rows.update(Shipment, PARCEL, changes.parcels)
    cause = Cause(by, quiet="history" if history else "")
    alone = _insert_parcels(shop, changes, now)
    _write_contents(shop, changes, kept_by_id)
    refold(shop_id=shop.pk, order_ids=changes.touched, now=now, cause=cause, shown=True)
    note_added(shop_id=shop.pk, parcels=alone, cause=cause, now=now)
    return changes.touched


def _compare(changes: Changes, kept: Kept, order: OrderIn, now: datetime) -> None:
    held = kept.order
    before = [getattr(held, name) for name in COLUMNS]
    after = _after(held, order, now)
    if after != before:
        changes.orders.append((held.pk, *after))
        changes.touched.add(held.pk)
        name = after[COLUMNS.index("customer_name")]
        if name != held.customer_name:
            changes.names.append((held.pk, name))
    if order.lines is not None and list(order.lines) != [_line_in(line) for line in kept.lines]:
        changes.lines.append((kept, order.lines))
        changes.touched.add(held.pk)
    for parcel in order.shipments:
        known = kept.shipments.get((parcel.carrier, parcel_key(parcel.number)))
        if known is None:
            changes.new_parcels.append((kept, parcel))
            changes.touched.add(held.pk)
        else:
            _compare_parcel(changes, kept, known, parcel)


def _after(held: Order, order: OrderIn, now: datetime) -> list[Any]:
    """The columns as they should be."""
    said: dict[str, Any] = {name: getattr(order, name, None) for name in SAID}
    said |= _word(held, order, now)
    after = {name: getattr(held, name) if said.get(name) is None else said[name] for name in COLUMNS}
    after |= dict.fromkeys(order.clear)
    after["tags"], after["coupons"] = list(after["tags"]), list(after["coupons"])
    after |= keys_of(number=held.number, email=after["customer_email"], phone=after["customer_phone"])
    return [after[name] for name in COLUMNS]


def _word(held: Order, order: OrderIn, now: datetime) -> dict[str, Any]:
    """What the shop asserts. An older word that arrives late does not undo a newer one."""
    said: dict[str, Any] = {"asserted": None, "asserted_at": None}
    said_at = order.asserted_at or now
    if order.asserted and order.asserted != held.asserted and said_at >= held.asserted_at:
        said = {"asserted": order.asserted, "asserted_at": said_at}
    if held.cancelled_at is not None:
        said |= {"cancelled_at": None, "cancel_reason": order.cancel_reason or None}
    elif order.cancelled_at is None:
        said |= {"cancel_reason": None}
    else:
        said |= {"cancel_reason": order.cancel_reason or "shop"}
    return said


def _line_in(line: OrderLine) -> LineIn:
    return LineIn(
        line.title, line.sku, line.variant, line.quantity, line.cancelled, line.unit_price, line.image_url
    )


def _compare_parcel(changes: Changes, kept: Kept, known: Shipment, parcel: ShipmentIn) -> None:
    before = tuple(getattr(known, name) for name in PARCEL)
    after = (
        parcel.direction or known.direction,
        known.service if parcel.service is None else parcel.service,
        parcel.handed_over_at or known.handed_over_at,
        known.whole_order and parcel.lines is None,
    )
    if parcel.lines is not None and dict(parcel.lines) != _by_sku(kept, known):
        changes.contents[known.pk] = parcel.lines
        changes.touched.add(known.order_id)
    if after != before:
        changes.parcels.append((known.pk, *after))
        changes.touched.add(known.order_id)


def _by_sku(kept: Kept, parcel: Shipment) -> dict[str, int]:
    """What a shipment holds, by article code."""
    skus = {line.pk: line.sku for line in kept.lines}
    held: defaultdict[str, int] = defaultdict(int)
    for line_id, quantity in kept.contents.get(parcel.pk, {}).items():
        held[skus[line_id]] += quantity
    return dict(held)


# --- Writing ---


def _write_lines(shop: Shop, changes: Changes) -> None:
    """Put new lines in place of the old; parcels hold the same articles as before, where there still are."""
    if not changes.lines:
        return
    for kept, _lines in changes.lines:
        for parcel in kept.shipments.values():
            if not parcel.whole_order:
                changes.contents.setdefault(parcel.pk, _by_sku(kept, parcel))
    replaced = [kept.order.pk for kept, _lines in changes.lines]
    ShipmentLine.objects.for_shop(shop).filter(line__order_id__in=replaced).delete()
    OrderLine.objects.for_shop(shop).filter(order_id__in=replaced).delete()
    (ids,) = take_ids([(OrderLine, sum(len(lines) for _kept, lines in changes.lines))])
    written = []
    for kept, lines in changes.lines:
        own, ids = ids[: len(lines)], ids[len(lines) :]
        written += line_rows(shop.pk, kept.order.pk, own, lines)
        kept.lines = [
            OrderLine(pk=pk, sku=line.sku, quantity=line.quantity)
            for pk, line in zip(own, lines, strict=True)
        ]
    rows.insert(OrderLine, LINE, written)


def _insert_parcels(shop: Shop, changes: Changes, now: datetime) -> list[tuple[int, int]]:
    """Return those that are the only ones of their orders: order and shipment."""
    if not changes.new_parcels:
        return []
    accounts = Accounts(shop.pk)
    (ids,) = take_ids([(Shipment, len(changes.new_parcels))])
    written, asked = [], []
    alone: dict[int, int] = {}
    for shipment_id, (kept, parcel) in zip(ids, changes.new_parcels, strict=True):
        if parcel.direction != "return" and all(p.direction == "return" for p in kept.shipments.values()):
            alone.setdefault(kept.order.pk, shipment_id)
        account = accounts.for_parcel(parcel.carrier, parcel.candidates)
        row = shipment_row(shop.pk, kept.order.pk, shipment_id, parcel, account, now)
        written.append(row)
        if account:
            asked.append((shipment_id, account))
        if parcel.lines is not None:
            changes.contents[shipment_id] = parcel.lines
            kept.contents[shipment_id] = {}
    rows.insert(Shipment, SHIPMENT, written)
    ask_about(shop.pk, asked, now)
    return list(alone.items())


def _write_contents(shop: Shop, changes: Changes, kept_by_id: Mapping[int, Kept]) -> None:
    if not changes.contents:
        return
    ShipmentLine.objects.for_shop(shop).filter(shipment_id__in=changes.contents).delete()
    units = {}
    for kept in kept_by_id.values():
        articles = [(line.pk, line.sku, line.quantity) for line in kept.lines]
        for shipment_id in kept.contents.keys() & changes.contents.keys():
            units[shipment_id] = allot(changes.contents[shipment_id], articles)
    insert_contents(shop.pk, units)
