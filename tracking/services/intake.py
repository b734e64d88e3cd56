"""Orders and parcels come in: from the API, a file, a store, a person. Nothing else writes new ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection

from tenants import audit
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import Actor
from tracking.models import Order, Poll, Shipment, ShipmentLine, TrackingEvent, Transition
from tracking.parcels import UNDECIDED
from tracking.search import parcel_key
from tracking.services.changing import Kept, change, locked
from tracking.services.checking import checked, checked_shipment, identity
from tracking.services.creating import create
from tracking.services.incoming import LineIn, OrderIn, Refused, ShipmentIn
from tracking.services.naming import is_undecided, named
from tracking.services.parts import check_contents
from tracking.services.refolding import Cause, refold
from tracking.services.renumbering import note_removed
from tracking.services.watching import Accounts

__all__ = [
    "LineIn",
    "OrderIn",
    "Refused",
    "ShipmentIn",
    "Taken",
    "add_shipment",
    "remove_shipment",
    "upsert_order",
    "upsert_orders",
]

Key = tuple[str, str]  # channel, number


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one order. `refused` says what is wrong with it; nothing of it was written."""

    order_id: int | None
    number: str
    outcome: Literal["created", "updated", "unchanged", "refused"]
    refused: Refused | None = None


def upsert_orders(
    *, shop: Shop, orders: Sequence[OrderIn], by: Actor, now: datetime, history: bool = False
) -> list[Taken]:
    """Take orders in; say of each, in the same order, what became of it.

    One transaction, and the same few statements however many orders there are. Safe to repeat: an order is
    known by channel and number, and what is said twice writes nothing. A shop's batches are taken one after
    another. With `history` nobody is told of anything that follows from them now, or happened before `now`.
    """
    taken: list[Taken | None] = [None] * len(orders)
    with shop_context(shop.pk):
        _one_at_a_time(shop)
        for wave in _waves(orders, taken):
            _take(shop, wave, taken, by=by.name, now=now, history=history)
    return [one for one in taken if one is not None]


def upsert_order(*, shop: Shop, order: OrderIn, by: Actor, now: datetime, history: bool = False) -> Order:
    """`upsert_orders` of one. Raises Refused."""
    with shop_context(shop.pk):
        (taken,) = upsert_orders(shop=shop, orders=[order], by=by, now=now, history=history)
        if taken.refused:
            raise taken.refused
        found: Order = Order.objects.for_shop(shop).get(pk=taken.order_id)
        return found


def add_shipment(*, shop: Shop, order: Order, shipment: ShipmentIn, by: Actor, now: datetime) -> Shipment:
    """Add a parcel to the order, or change the one of that carrier and number. Raises Refused.

    One transaction. Safe to repeat: the same parcel is added once, and then asked about where the shop has an
    account to ask with.
    """
    parcel = checked_shipment(shipment, now=now)
    with shop_context(shop.pk):
        said = OrderIn(number=order.number, channel=order.channel, shipments=(parcel,))
        (taken,) = upsert_orders(shop=shop, orders=[said], by=by, now=now)
        if taken.refused:
            fields = taken.refused.fields
            raise Refused({name.removeprefix("shipments.0."): why for name, why in fields.items()})
        same = Shipment.objects.for_shop(shop).filter(order=order, number_key=parcel_key(parcel.number))
        if parcel.carrier != UNDECIDED:
            same = same.filter(carrier=parcel.carrier)
        found: Shipment = same.earliest("pk")
        if taken.outcome != "unchanged":
            _witness(shop, by, "shipment.added", found, {"carrier": found.carrier, "number": found.number})
        return found


def remove_shipment(*, shop: Shop, shipment: Shipment, by: Actor, now: datetime) -> None:
    """Take a parcel off its order, with all that was said of it: it was never this order's.

    One transaction. Safe to repeat: a parcel that is gone already is no error.
    """
    with shop_context(shop.pk):
        found = Shipment.objects.for_shop(shop).filter(pk=shipment.pk).select_for_update(no_key=True).first()
        if found is None:
            return
        for rows in (Poll, ShipmentLine, TrackingEvent, Transition):
            rows.objects.for_shop(shop).filter(shipment=found).delete()
        Shipment.objects.for_shop(shop).filter(pk=found.pk).delete()
        cause = Cause(by.name, at=now)
        refold(shop_id=shop.pk, order_ids=[found.order_id], now=now, cause=cause, shown=True)
        note_removed(shop_id=shop.pk, gone=found, cause=cause, now=now)
        _witness(shop, by, "shipment.removed", found, {"carrier": found.carrier, "number": found.number})


def _witness(shop: Shop, by: Actor, action: str, shipment: Shipment, after: dict[str, str]) -> None:
    """Persons are audited; what programs do is told by the transitions."""
    if by.name.startswith("user:"):
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action=action,
            subject=f"order:{shipment.order_id}", after=after,
        )  # fmt: skip


def _one_at_a_time(shop: Shop) -> None:
    """Two batches with the same new orders would each insert half, and wait for the other for ever."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('intake'), %s)", [shop.pk])


Wave = dict[Key, tuple[int, OrderIn]]  # where in the batch, and what


def _waves(orders: Sequence[OrderIn], taken: list[Taken | None]) -> Iterator[Wave]:
    """The batch, in parts that name no order twice: what comes later changes what came before."""
    waiting = list(enumerate(orders))
    while waiting:
        wave: Wave = {}
        later = []
        for position, order in waiting:
            try:
                key = identity(order)
            except Refused as refused:
                taken[position] = Taken(None, str(order.number)[:64], "refused", refused)
                continue
            if key in wave:
                later.append((position, order))
            else:
                wave[key] = position, order
        if wave:
            yield wave
        waiting = later


def _take(
    shop: Shop, wave: Wave, taken: list[Taken | None], *, by: str, now: datetime, history: bool
) -> None:
    kept = _known(shop, wave)
    new: list[tuple[int, OrderIn]] = []
    known: list[tuple[int, Kept, OrderIn]] = []
    accounts: Accounts | None = None
    for key, (position, order) in wave.items():
        held = kept.get(key)
        if held and held.order.erased_at:  # what a customer had erased does not come back by itself
            taken[position] = Taken(held.order.pk, key[1], "unchanged")
            continue
        try:
            said = checked(order, shop=shop, known=held.order if held else None, now=now)
            skus = (
                {line.sku for line in said.lines} if said.lines is not None else held.skus if held else set()
            )
            check_contents(said, skus)
            if is_undecided(said.shipments):
                accounts = accounts or Accounts(shop.pk)
                said = named(said, shop=shop, accounts=accounts, known=held.shipments if held else {})
        except Refused as refused:
            taken[position] = Taken(held.order.pk if held else None, key[1], "refused", refused)
            continue
        if held:
            known.append((position, held, said))
        else:
            new.append((position, said))
    ids = create(shop=shop, orders=[said for _at, said in new], by=by, now=now, history=history)
    for (position, said), order_id in zip(new, ids, strict=True):
        taken[position] = Taken(order_id, said.number, "created")
    pairs = [(held, said) for _at, held, said in known]
    changed = change(shop=shop, orders=pairs, by=by, now=now, history=history)
    for position, held, said in known:
        outcome: Literal["updated", "unchanged"] = "updated" if held.order.pk in changed else "unchanged"
        taken[position] = Taken(held.order.pk, said.number, outcome)


def _known(shop: Shop, wave: Wave) -> dict[Key, Kept]:
    channels, numbers = {channel for channel, _ in wave}, {number for _, number in wave}
    found = Order.objects.for_shop(shop).filter(channel__in=channels, number__in=numbers)
    ids = {
        (channel, number): pk
        for pk, channel, number in found.values_list("pk", "channel", "number")
        if (channel, number) in wave
    }
    kept = locked(shop, sorted(ids.values()))
    return {key: kept[pk] for key, pk in ids.items() if pk in kept}
