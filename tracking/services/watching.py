"""Who is asked about a parcel: the shop's account with its carrier, or with one that knows them all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from carriers.directory import kind_of
from carriers.models import Account
from carriers.offers import is_open
from carriers.registry import CARRIERS
from carriers.types import SubStatus
from tenants import rows
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Poll, Shipment
from tracking.parcels import UNASKED, UNDECIDED
from tracking.position import SETTLED
from tracking.services.refolding import Cause, refold

POLL = ("shop", "shipment", "carrier", "account_id", "next_at", "claims", "failures", "pulls", "outcome")


class Accounts:
    """The accounts a shop may ask with. One query."""

    def __init__(self, shop_id: int) -> None:
        found = Account.objects.for_shop(shop_id).filter(enabled=True).order_by("-name", "-pk")
        self._by_carrier: dict[str, Account] = {a.carrier: a for a in found if is_open(a.carrier)}
        self._aggregators = [a for a in self._by_carrier.values() if CARRIERS[a.carrier].is_aggregator]

    def own_carriers(self) -> frozenset[str]:
        """Those the shop has a contract with, aggregators aside."""
        return frozenset(code for code in self._by_carrier if not CARRIERS[code].is_aggregator)

    def for_parcel(self, carrier: str, candidates: Sequence[str]) -> Account | None:
        """Whom to ask first; where the carrier is not clear, the likeliest that can be asked."""
        if carrier != UNDECIDED or not candidates:
            return self.for_carrier(carrier)
        return next((account for one in candidates if (account := self.for_carrier(one))), None)

    def for_carrier(self, carrier: str) -> Account | None:
        """The carrier's own; else an aggregator that has a name for it, else one that finds out itself whose
        number it is told; None: nobody can be asked."""
        if carrier in UNASKED:
            return None
        if own := self._by_carrier.get(carrier):
            return own
        return next(
            (a for a in self._aggregators if carrier in (CARRIERS[a.carrier].aggregates or ())), None
        ) or next((a for a in self._aggregators if CARRIERS[a.carrier].finds_out), None)


def first_sub_status(carrier: str, account: Account | None) -> SubStatus:
    """Where a parcel begins: one of a carrier we cannot ask waits for a person to look at it."""
    unknown = account is None and carrier not in UNASKED and not kind_of(carrier)
    return SubStatus.PENDING_CARRIER_UNKNOWN if unknown else SubStatus.PENDING_REGISTERED


def ask_about(shop_id: int, parcels: Collection[tuple[int, Account]], now: datetime) -> None:
    """Have these shipments asked about from now on. Those that are already stay as they are."""
    rows.insert(
        Poll,
        POLL,
        [(shop_id, shipment_id, a.carrier, a.pk, now, 0, 0, 0, "") for shipment_id, a in parcels],
        once=True,
    )


def watch(*, shop: Shop, account: Account, now: datetime) -> int:
    """Ask about the shop's open parcels that only now have an account to ask with; return how many.

    One transaction. Safe to repeat: parcels that are asked about already are left alone.
    """
    with shop_context(shop.pk):
        accounts = Accounts(shop.pk)
        waiting = [
            (shipment_id, order_id, sub_status)
            for shipment_id, order_id, carrier, candidates, sub_status in Shipment.objects.for_shop(shop)
            .filter(account_id=None)
            .exclude(status__in=sorted(SETTLED))
            .order_by("pk")
            .select_for_update(no_key=True)
            .values_list("pk", "order_id", "carrier", "candidates", "sub_status")
            if (chosen := accounts.for_parcel(carrier, candidates)) and chosen.pk == account.pk
        ]
        unknown = SubStatus.PENDING_CARRIER_UNKNOWN
        written = [
            (pk, account.pk, SubStatus.PENDING_REGISTERED if sub == unknown else sub)
            for pk, _order, sub in waiting
        ]
        rows.update(Shipment, ("account_id", "sub_status"), written)
        ask_about(shop.pk, [(pk, account) for pk, _order, _sub in waiting], now)
        orders = {order_id for _pk, order_id, sub in waiting if sub == unknown}
        if orders:
            refold(shop_id=shop.pk, order_ids=orders, now=now, cause=Cause("account"))
        return len(waiting)
