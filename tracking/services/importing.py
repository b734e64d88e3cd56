"""Some orders of a file, taken in at once: the orders, what the file tells of their parcels, their invoices."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Now

from carriers.types import Event
from tenants import rows
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor
from tracking.imports.grouping import Refusal
from tracking.imports.orders import Reading, Told
from tracking.models import Milestone, Order, Shipment
from tracking.search import parcel_key
from tracking.services.announcing import after_commit
from tracking.services.checking import carrier_code, checked, identity
from tracking.services.events import Heard, record_batch
from tracking.services.incoming import OrderIn, Refused
from tracking.services.intake import Taken, upsert_orders
from tracking.services.refolding import Cause, reached, write
from tracking.services.values import cleaned

IMPORT = Actor("import")


@dataclass(slots=True)
class Outcome:
    """What became of some rows."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """Rows, not orders."""
        return sum(len(refusal.records) for refusal in self.refusals)

    def add(self, other: Outcome) -> None:
        self.rows += other.rows
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.refusals += other.refusals


def take(
    *, shop: Shop, found: Sequence[Reading | Refusal], now: datetime, history: bool, by: Actor = IMPORT
) -> Outcome:
    """Take the orders in, with all that hangs on them; say what became of each.

    One transaction, and the same few statements however many orders there are. Safe to repeat: what is known
    already writes nothing. With `history` nobody is told of anything that follows.
    """
    outcome, readings = _sorted(found)
    with shop_context(shop.pk):
        orders = [reading.order for reading in readings]
        if not history:
            readings = _as_news(shop, readings, now)
            orders = [reading.order for reading in readings]
        taken = upsert_orders(shop=shop, orders=orders, by=by, now=now, history=history)
        moved = _record(shop, readings, taken, now, history=history)
        moved |= _invoice(shop, readings, taken, now, by=by, history=history)
    for reading, one in zip(readings, taken, strict=True):
        if one.refused:
            outcome.refusals.append(Refusal(reading.records, one.refused.fields))
        elif one.outcome == "created":
            outcome.created += 1
        elif one.outcome == "updated" or one.order_id in moved:
            outcome.updated += 1
        else:
            outcome.unchanged += 1
    return outcome


def check(*, shop: Shop, found: Sequence[Reading | Refusal], now: datetime) -> Outcome:
    """What `take` would do, as far as can be told without doing it: `updated` counts the orders known already.

    Reads only: one statement.
    """
    outcome, readings = _sorted(found)
    with shop_context(shop.pk):
        known = _known(shop, [reading.order for reading in readings])
        for reading in readings:
            try:
                key = identity(reading.order)
                checked(reading.order, shop=shop, known=known.get(key), now=now)
            except Refused as refused:
                outcome.refusals.append(Refusal(reading.records, refused.fields))
                continue
            if key in known:
                outcome.updated += 1
            else:
                outcome.created += 1
    return outcome


def _sorted(found: Sequence[Reading | Refusal]) -> tuple[Outcome, list[Reading]]:
    outcome = Outcome(rows=sum(len(one.records) for one in found))
    outcome.refusals = [one for one in found if isinstance(one, Refusal)]
    return outcome, [one for one in found if isinstance(one, Reading)]


def _known(shop: Shop, orders: Iterable[OrderIn]) -> dict[tuple[str, str], Order]:
    keys = set()
    for order in orders:
        try:
            keys.add(identity(order))
        except Refused:
            continue  # said where the order is checked
    channels, numbers = {channel for channel, _number in keys}, {number for _channel, number in keys}
    found = Order.objects.for_shop(shop).filter(channel__in=channels, number__in=numbers)
    return {
        (order.channel, order.number): order
        for order in found.only("id", "shop", "channel", "number", "country", "currency")
    }


def _as_news(shop: Shop, readings: Sequence[Reading], now: datetime) -> list[Reading]:
    """Of orders known already, what the file puts no date to has come about since the last one: now."""
    known = _known(shop, [reading.order for reading in readings])
    news = []
    for reading in readings:
        order = reading.order
        if not reading.has_date and (order.channel, order.number.removeprefix("#").strip()) in known:
            order = replace(order, asserted_at=None, cancelled_at=order.cancelled_at and now)
            parcels = tuple(
                told._replace(undated=told.undated and replace(told.undated, occurred_at=now))
                for told in reading.parcels
            )
            reading = replace(reading, order=order, parcels=parcels)
        news.append(reading)
    return news


# --- What the file tells of parcels ---


def _record(
    shop: Shop, readings: Sequence[Reading], taken: Sequence[Taken], now: datetime, *, history: bool
) -> set[int]:
    """The orders that moved by it."""
    told = {
        one.order_id: reading.parcels
        for reading, one in zip(readings, taken, strict=True)
        if one.refused is None and one.order_id and any(t.events or t.undated for t in reading.parcels)
    }
    if not told:
        return set()
    shipments = Shipment.objects.for_shop(shop).filter(order_id__in=told).order_by("pk")
    facts = shipments.values_list("pk", "order_id", "carrier", "number_key", "account_id", "status")
    held = {(order_id, carrier, number): (pk, account, status)
            for pk, order_id, carrier, number, account, status in facts}  # fmt: skip
    heard = []
    for order_id, parcels in told.items():
        for parcel in parcels:
            found = held.get((order_id, carrier_code(parcel.carrier), parcel_key(parcel.number)))
            if found and (events := _events(parcel, account_id=found[1], status=found[2])):
                heard.append(Heard(found[0], events))
    moves = record_batch(shop_id=shop.pk, heard=heard, now=now, history=history)
    return {move.order_id for move in moves}


def _events(parcel: Told, *, account_id: int | None, status: str) -> tuple[Event, ...]:
    """What has no date is not said of a parcel whose carrier can be asked, nor of one that is there already."""
    undated = parcel.undated
    if undated is None or account_id is not None:
        return parcel.events
    if undated.sub_status and undated.sub_status.status == status:
        return parcel.events
    return (*parcel.events, undated)


# --- Invoices ---


def _invoice(
    shop: Shop,
    readings: Sequence[Reading],
    taken: Sequence[Taken],
    now: datetime,
    *,
    by: Actor,
    history: bool,
) -> set[int]:
    """Note the invoices the file names, those not yet known; return their orders."""
    code = "invoice_issued"
    named = {
        one.order_id: (cleaned(reading.invoice[0])[:80], reading.invoice[1])
        for reading, one in zip(readings, taken, strict=True)
        if one.refused is None and one.order_id and reading.invoice
    }
    if not named:
        return set()
    known: defaultdict[int, set[str]] = defaultdict(set)
    milestones = Milestone.objects.for_shop(shop).filter(order_id__in=named, code=code)
    for order_id, reference in milestones.values_list("order_id", "reference"):
        known[order_id].add(reference)
    new = {pk: invoice for pk, invoice in named.items() if invoice[0] not in known[pk]}
    if not new:
        return set()
    columns = ("shop", "order", "code", "at", "reference", "url", "created_at")
    written = [(shop.pk, pk, code, at, reference, "", now) for pk, (reference, at) in new.items()]
    rows.insert(Milestone, columns, written, once=True)
    orders = Order.objects.for_shop(shop).filter(pk__in=new)
    facts = list(orders.values_list("pk", "quiet_before", "token_hash"))
    orders.update(version=F("version") + 1, updated_at=Now())
    cause = Cause(by.name, quiet="history" if history else "")
    kept = write([
        reached(
            shop_id=shop.pk, order_id=pk, code=code, episode=len(known[pk]), at=new[pk][1], cause=cause,
            quiet_before=quiet_before, now=now,
        )
        for pk, quiet_before, _hash in facts
    ])  # fmt: skip
    after_commit(
        changed=[token_hash for _pk, _quiet, token_hash in facts],
        has_moved=any(t.announced_at is None for t in kept),
    )
    return set(new)
