"""Whose a tracking number is, where the shop did not say: by its shape, and by asking where that leaves several."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from carriers import numbers
from carriers.types import Outcome
from tenants.models import Shop
from tracking.models import Poll, Shipment
from tracking.parcels import UNDECIDED
from tracking.search import parcel_key
from tracking.services.groups import Asked
from tracking.services.incoming import OrderIn, ShipmentIn
from tracking.services.watching import Accounts

NEXT_IN = timedelta(minutes=1)  # until the next candidate is asked, where one does not know the number
UNKNOWN_TO_THEM = frozenset({Outcome.NOT_FOUND, Outcome.INVALID_NUMBER})


def named(
    order: OrderIn, *, shop: Shop, accounts: Accounts, known: Mapping[tuple[str, str], Shipment]
) -> OrderIn:
    """The order, its parcels without a carrier given one where it is clear whose their numbers are.

    `known`: the order's shipments by carrier and number key. A parcel known already keeps the carrier it has.
    """
    carriers = {key: carrier for carrier, key in known}
    shipments = tuple(
        one
        if one.carrier != UNDECIDED
        else replace(one, carrier=carriers[parcel_key(one.number)])
        if parcel_key(one.number) in carriers
        else _named(one, order, shop, accounts)
        for one in order.shipments
    )
    return replace(order, shipments=shipments)


def _named(parcel: ShipmentIn, order: OrderIn, shop: Shop, accounts: Accounts) -> ShipmentIn:
    """Among the shop's own carriers first; of others only where there is no doubt."""
    there = {
        "country": order.country or shop.country,
        "origin": shop.country,
        "postal_code": order.postal_code or "",
    }
    if parcel.direction == "return":
        there = {"country": shop.country, "origin": order.country or shop.country}
    own = accounts.own_carriers()
    found = numbers.candidates(parcel.number, carriers=own, **there)
    chosen = numbers.pick(found)
    if not found:
        chosen = numbers.best_elsewhere(parcel.number, carriers=own, **there)
    if chosen:
        return replace(parcel, carrier=chosen.carrier)
    return replace(parcel, candidates=tuple(one.carrier for one in numbers.to_ask(found)))


def decide(*, shop_id: int, asked: Sequence[Asked], now: datetime) -> None:
    """What the answers say of parcels whose carrier was not clear: whose they are, or whom to ask next.

    In the shop's context, the polls just finished. Safe to repeat.
    """
    by_id = {one.due.shipment_id: one for one in asked}
    undecided = Shipment.objects.for_shop(shop_id).filter(pk__in=by_id, carrier=UNDECIDED)
    parcels = list(undecided.exclude(candidates=[]).order_by("pk").select_for_update(no_key=True))
    if not parcels:
        return
    accounts = Accounts(shop_id)
    for parcel in parcels:
        one = by_id[parcel.pk]
        if one.outcome is Outcome.FOUND and one.answer and one.answer.scans:
            _settle(parcel, one.group.carrier.code)
        elif one.outcome in UNKNOWN_TO_THEM or one.outcome is Outcome.AUTH_ERROR:
            _ask_next(parcel, one.group.carrier.code, accounts, now)


def _settle(parcel: Shipment, carrier: str) -> None:
    """It is this carrier's; unless the order has the parcel twice, once with the carrier named."""
    twin = Shipment.objects.for_shop(parcel.shop_id).filter(
        order_id=parcel.order_id, carrier=carrier, number_key=parcel.number_key
    )
    if carrier in parcel.candidates and not twin.exists():
        parcel.carrier, parcel.candidates = carrier, []
        parcel.save(update_fields=["carrier", "candidates"])


def _ask_next(parcel: Shipment, carrier: str, accounts: Accounts, now: datetime) -> None:
    """In turn; after the last of them the usual time passes before the first is asked again."""
    after = _next(parcel.candidates, carrier)
    account = accounts.for_carrier(after)
    if account is None or after == carrier:
        return
    changed: dict[str, object] = {
        "account_id": account.pk, "carrier": account.carrier, "registered_at": None, "subscribe_at": None,
    }  # fmt: skip
    if parcel.candidates.index(after):
        changed["next_at"] = now + NEXT_IN * settings.POLL_PACE_SCALE
    polls = Poll.objects.for_shop(parcel.shop_id).filter(shipment=parcel, next_at__isnull=False, lease=None)
    if polls.update(**changed):
        Shipment.objects.for_shop(parcel.shop_id).filter(pk=parcel.pk).update(account_id=account.pk)


def _next(candidates: Sequence[str], carrier: str) -> str:
    if carrier not in candidates:
        return candidates[0]
    return candidates[(candidates.index(carrier) + 1) % len(candidates)]


def is_undecided(shipments: Iterable[ShipmentIn]) -> bool:
    return any(one.carrier == UNDECIDED for one in shipments)
