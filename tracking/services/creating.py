"""Orders not seen before, with all that hangs on them: any number, a fixed number of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from carriers.models import Account
from tenants import rows
from tenants.models import KeyHash, Shop
from tenants.vault import digest, page_token
from tracking.models import Order, OrderLine, Shipment
from tracking.search import keys_of
from tracking.services.announcing import after_commit
from tracking.services.incoming import OrderIn
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
from tracking.services.refolding import SYNC_DELAY, Cause, Passed, day_moved, entered, write
from tracking.services.standing import OrderFacts, ParcelFacts, Standing, stand
from tracking.services.watching import Accounts, ask_about
from tracking.states import OrderState

SAID = (
    "number", "channel", "external_id", "placed_at", "currency", "total", "tags", "coupons", "wants_marketing", "customer_name",
    "customer_email", "customer_phone", "language", "address_line", "address_extra", "city", "region",
    "postal_code", "country", "asserted", "asserted_at", "cancelled_at", "cancel_reason", "expected_parcels",
    "restock_date", "promised_date",
)  # fmt: skip
KEYS = ("number_key", "email_key", "phone_key")
ORDER = (
    "id", "shop", *SAID, *KEYS, "override_state", "override_by", "override_reason", "override_until", "episode",
    *Standing._fields, "token_hash", "token_turn", "version", "created_at", "updated_at", "quiet_before",
)  # fmt: skip


@dataclass(slots=True)
class New:
    """One order on its way into the tables."""

    order: OrderIn
    id: int = 0
    line_ids: Sequence[int] = ()
    shipment_ids: Sequence[int] = ()


@dataclass(slots=True)
class Rows:
    """What is to be inserted, table by table."""

    orders: list[tuple[Any, ...]] = field(default_factory=list)
    hashes: list[tuple[Any, ...]] = field(default_factory=list)
    names: list[tuple[int, str]] = field(default_factory=list)
    lines: list[tuple[Any, ...]] = field(default_factory=list)
    shipments: list[tuple[Any, ...]] = field(default_factory=list)
    units: dict[int, dict[str, int]] = field(default_factory=dict)
    asked: list[tuple[int, Account]] = field(default_factory=list)
    transitions: list[Passed] = field(default_factory=list)


def create(*, shop: Shop, orders: Sequence[OrderIn], by: str, now: datetime, history: bool) -> list[int]:
    """Insert checked orders that are not there yet; return their ids, in the same order.

    The caller holds the shop's intake lock, so that nobody else inserts the same meanwhile.
    """
    new = [New(order) for order in orders]
    if not new:
        return []
    _number(new)
    accounts = Accounts(shop.pk) if any(order.shipments for order in orders) else None
    cause = Cause(by, quiet="history" if history else "")
    batch = Rows()
    for one in new:
        parcels = _gather_parcels(batch, shop, one, accounts, now)
        _gather_order(batch, shop, one, parcels, cause, now)
    rows.insert(Order, ORDER, batch.orders)
    rows.insert(KeyHash, ("hash", "shop", "kind"), batch.hashes)
    insert_words(shop.pk, batch.names)
    rows.insert(OrderLine, LINE, batch.lines)
    rows.insert(Shipment, SHIPMENT, batch.shipments)
    insert_contents(shop.pk, batch.units)
    ask_about(shop.pk, batch.asked, now)
    kept = write(batch.transitions)
    after_commit(has_moved=any(t.announced_at is None for t in kept))
    return [one.id for one in new]


def _number(new: Sequence[New]) -> None:
    """Take every id there will be from the sequences, so that all rows can be made at once."""
    counts = [
        (Order, len(new)),
        (OrderLine, sum(len(one.order.lines or ()) for one in new)),
        (Shipment, sum(len(one.order.shipments) for one in new)),
    ]
    orders, lines, shipments = (iter(ids) for ids in take_ids(counts))
    for one in new:
        one.id = next(orders)
        one.line_ids = [next(lines) for _line in one.order.lines or ()]
        one.shipment_ids = [next(shipments) for _shipment in one.order.shipments]


def _gather_parcels(
    batch: Rows, shop: Shop, one: New, accounts: Accounts | None, now: datetime
) -> list[ParcelFacts]:
    parcels = []
    lines = one.order.lines or ()
    articles = [(line_id, line.sku, line.quantity) for line_id, line in zip(one.line_ids, lines, strict=True)]
    for shipment_id, parcel in zip(one.shipment_ids, one.order.shipments, strict=True):
        account = accounts.for_parcel(parcel.carrier, parcel.candidates) if accounts else None
        row = shipment_row(shop.pk, one.id, shipment_id, parcel, account, now)
        batch.shipments.append(row)
        known: dict[str, Any] = dict(zip(SHIPMENT, row, strict=True))
        parcels.append(ParcelFacts._make(known.get(name) for name in ParcelFacts._fields))
        if account:
            batch.asked.append((shipment_id, account))
        if parcel.lines is not None:
            batch.units[shipment_id] = allot(parcel.lines, articles)
    return parcels


def _gather_order(
    batch: Rows, shop: Shop, one: New, parcels: Sequence[ParcelFacts], cause: Cause, now: datetime
) -> None:
    order, said = one.order, _said(shop, one.order, now)
    token_hash = digest(page_token(shop_id=shop.pk, order_id=one.id, turn=0))
    facts = OrderFacts(
        one.id, shop.time_zone, token_hash, now if cause.quiet else now - SYNC_DELAY, 0, said["asserted"],
        said["asserted_at"], said["cancelled_at"], order.expected_parcels, order.promised_date,
        "", "", None, None, 0, None,
    )  # fmt: skip
    lines = order.lines or ()
    wanted = {str(pk): line.quantity - line.cancelled for pk, line in zip(one.line_ids, lines, strict=True)}
    standing = stand(facts, parcels, wanted=wanted, units=batch.units, heard=False, now=now)
    keys = keys_of(number=order.number, email=said["customer_email"], phone=said["customer_phone"])
    batch.orders.append((
        one.id, shop.pk, *(said[name] for name in SAID), *(keys[name] for name in KEYS), "", "", "", "", 0,
        *standing, token_hash, 0, 1, now, now, facts.quiet_before,
    ))  # fmt: skip
    batch.hashes.append((token_hash, shop.pk, "page"))
    batch.names.append((one.id, said["customer_name"]))
    batch.lines += line_rows(shop.pk, one.id, one.line_ids, lines)
    batch.transitions.append(entered(shop.pk, facts, standing, cause, episode=0, now=now))
    if known := day_moved(shop.pk, facts, standing, cause, now=now):
        batch.transitions.append(known)


def _said(shop: Shop, order: OrderIn, now: datetime) -> dict[str, Any]:
    """Every column the shop decides, with its default where the shop said nothing."""
    said = {name: getattr(order, name) for name in SAID}
    for name in _TEXTS:
        said[name] = said[name] or ""
    said["currency"] = order.currency or shop.currency
    said["language"] = order.language or shop.language
    said["tags"], said["coupons"] = list(order.tags or ()), list(order.coupons or ())
    said["asserted"] = order.asserted or OrderState.RECEIVED.value
    came_in = order.placed_at if said["asserted"] == OrderState.RECEIVED else now
    said["asserted_at"] = order.asserted_at or came_in
    said["cancel_reason"] = (order.cancel_reason or "shop") if order.cancelled_at else ""
    return said


_TEXTS = (
    "external_id", "customer_name", "customer_email", "customer_phone", "address_line", "address_extra", "city",
    "region", "postal_code", "country",
)  # fmt: skip
