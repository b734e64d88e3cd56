"""Asking carriers to push what becomes of a parcel, and asking again before they forget it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.db.models import Q

from carriers import client, offers
from carriers.models import Account
from carriers.registry import CARRIERS
from carriers.services import key_of, opened
from carriers.types import AuthError, Carrier, CarrierError, Query
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.vault import SealBrokenError
from tracking.links import push_url
from tracking.models import Poll

log = structlog.get_logger(__name__)

SUBSCRIBING = tuple(code for code, carrier in CARRIERS.items() if carrier.subscription)
RENEWED_AT = 0.8  # of its life a subscription is renewed
REFUSED_FOR = timedelta(days=1)  # the product is not booked, or a number is not of its kind
FAILED_FOR = timedelta(minutes=30)
SUBSCRIBE_FOR_S = 60.0  # a round, whatever is left
MOST = 500  # parcels of an account a round


def subscribe_due(*, now: datetime) -> int:
    """Subscribe to what is asked about and not subscribed to, of every shop; return how many parcels.

    Polls go on meanwhile, so nothing depends on it. Safe to repeat, and to run twice at once: it renews.
    """
    count, until = 0, time.monotonic() + SUBSCRIBE_FOR_S
    for shop in Shop.objects.filter(suspended_at=None).order_by("pk"):
        for account in _accounts(shop):
            for batch in _batches(shop, account, now):
                if time.monotonic() >= until:
                    return count
                count += len(batch)
                if not _subscribe(shop, account, batch, now):
                    break  # the account may not ask just now, or is refused: the others of it wait for the next round
    return count


def _accounts(shop: Shop) -> list[Account]:
    with shop_context(shop.pk):
        found = Account.objects.for_shop(shop).filter(carrier__in=SUBSCRIBING, enabled=True)
        return [account for account in found if offers.closed(CARRIERS[account.carrier]) is None]


def _batches(shop: Shop, account: Account, now: datetime) -> Iterator[list[tuple[int, str]]]:
    """Polls and their numbers, as many as go into one call."""
    subscription = CARRIERS[account.carrier].subscription
    per_call = subscription.per_call if subscription else 1
    with shop_context(shop.pk):
        due = Poll.objects.for_shop(shop).filter(
            Q(subscribe_at=None) | Q(subscribe_at__lte=now), account_id=account.pk, next_at__isnull=False
        )
        found = list(due.order_by("pk").values_list("pk", "shipment__number")[:MOST])
    for start in range(0, len(found), per_call):
        yield found[start : start + per_call]


def _subscribe(shop: Shop, account: Account, batch: Sequence[tuple[int, str]], now: datetime) -> bool:
    """Whether it was taken. Not inside a transaction: it waits for the carrier."""
    carrier: Carrier = CARRIERS[account.carrier]
    if carrier.subscription is None:
        return False
    is_taken, wait = True, carrier.subscription.lasts * RENEWED_AT
    try:
        ours = {"hook_url": push_url(shop, account), "hook_key": account.hook_key}
        queries = [Query(number) for _poll_id, number in batch]
        client.subscribe(carrier, {**opened(account), **ours}, queries, account_key=key_of(account.pk))
    except (CarrierError, SealBrokenError) as error:
        is_taken = False
        final = isinstance(error, AuthError | SealBrokenError) or getattr(error, "permanent", False)
        wait = REFUSED_FOR if final else FAILED_FOR
        log.info("not_subscribed", shop_id=shop.pk, account_id=account.pk, error=type(error).__name__)
    with shop_context(shop.pk):
        ids = [poll_id for poll_id, _number in batch]
        Poll.objects.for_shop(shop).filter(pk__in=ids).update(subscribe_at=now + wait)
    return is_taken
