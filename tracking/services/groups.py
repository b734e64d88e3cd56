"""Whom to ask with which credentials: claimed polls, sorted by account; what cannot be asked is put off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from carriers import offers, pace, registry
from carriers.meanings import meanings_of
from carriers.models import Account
from carriers.reading import Meanings
from carriers.services import key_of, note_failed, opened
from carriers.types import Answer, AuthError, Carrier, CarrierError, Outcome, Query
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.vault import SealBrokenError
from tracking.models import Poll, Shipment
from tracking.services.claiming import Claim, Claimed, put_back
from tracking.services.watching import watch

log = structlog.get_logger(__name__)

MOST_CLAIMS = 12  # never finished: it kills whoever asks it
SET_ASIDE = timedelta(hours=24)
PUT_OFF = timedelta(hours=1)
REFUSED_FOR = timedelta(hours=1)  # wrong credentials stay wrong until somebody changes them


class Due(NamedTuple):
    """One number to ask about."""

    poll_id: int
    shipment_id: int
    query: Query
    failures: int
    claims: int


@dataclass(slots=True)
class Group:
    """What is asked in one account's name, one call after the other."""

    shop_id: int
    account_id: int
    carrier: Carrier
    secrets: Mapping[str, str] = field(repr=False)
    lease: UUID
    due: list[Due]
    meanings: Meanings = field(default_factory=dict)

    @property
    def account_key(self) -> str:
        return key_of(self.account_id)


class Asked(NamedTuple):
    """What came of asking about one number: an answer, or an error for the whole call."""

    group: Group
    due: Due
    answer: Answer | None = None
    error: CarrierError | None = None
    registered: bool = False  # an aggregator has just been told of it

    @property
    def outcome(self) -> Outcome:
        if self.answer is not None:
            return self.answer.outcome
        return self.error.outcome if self.error else Outcome.BAD_RESPONSE


def groups_of(claim: Claim, now: datetime) -> list[Group]:
    """Whom to ask with which credentials; one short transaction a shop.

    What cannot be asked is put off here: paused and unknown accounts, suspended shops, polls that kill.
    """
    by_shop: defaultdict[int, list[Claimed]] = defaultdict(list)
    for poll in claim.polls:
        by_shop[poll.shop_id].append(poll)
    suspended = set(
        Shop.objects.filter(pk__in=by_shop).exclude(suspended_at=None).values_list("pk", flat=True)
    )
    groups: list[Group] = []
    for shop_id, polls in by_shop.items():
        if shop_id in suspended:
            put_back(claim.lease, {poll.id: now + PUT_OFF for poll in polls})
            continue
        with shop_context(shop_id):
            groups += _groups(shop_id, claim.lease, _survivors(shop_id, claim.lease, polls, now), now)
    return groups


def _survivors(shop_id: int, lease: UUID, polls: list[Claimed], now: datetime) -> list[Claimed]:
    """Without those that were claimed again and again and never finished: they wait a day."""
    killers = [poll for poll in polls if poll.claims > MOST_CLAIMS]
    for poll in killers:
        log.error("poll_set_aside", shop_id=shop_id, poll_id=poll.id, claims=poll.claims)
    Poll.objects.for_shop(shop_id).filter(pk__in=[poll.id for poll in killers], lease=lease).update(
        next_at=now + SET_ASIDE, lease=None, lease_until=None, claims=0, outcome="set_aside"
    )
    return [poll for poll in polls if poll.claims <= MOST_CLAIMS]


def _groups(shop_id: int, lease: UUID, polls: list[Claimed], now: datetime) -> list[Group]:
    by_account: defaultdict[int, list[Claimed]] = defaultdict(list)
    for poll in polls:
        by_account[poll.account_id].append(poll)
    accounts: dict[int, Account] = Account.objects.for_shop(shop_id).in_bulk(list(by_account))
    groups = []
    for account_id, claimed in by_account.items():
        ids = [poll.id for poll in claimed]
        account = accounts.get(account_id)
        carrier = registry.CARRIERS.get(claimed[0].carrier)
        if account is None or carrier is None or not account.enabled:
            _ask_others(shop_id, lease, claimed, now)
            continue
        if account.paused_until and account.paused_until > now:
            pace.pause(key_of(account_id), (account.paused_until - now).total_seconds())
            put_back(lease, dict.fromkeys(ids))
            continue
        try:
            secrets = opened(account)
        except SealBrokenError:
            log.error("account_sealed_with_unknown_key", shop_id=shop_id, account_id=account_id)
            error = AuthError("The stored credentials cannot be read: enter them again.")
            _wait_for_somebody(lease, account, ids, error, now)
            continue
        if not offers.may_ask(carrier, secrets):
            error = AuthError("This installation does not ask this carrier without a contract's credentials.")
            _wait_for_somebody(lease, account, ids, error, now)
            continue
        due = _due(shop_id, claimed, carrier)
        meanings = meanings_of(shop_id, carrier.code)
        groups.append(Group(shop_id, account_id, carrier, secrets, lease, due, meanings))
    return groups


def _wait_for_somebody(
    lease: UUID, account: Account, ids: list[int], error: AuthError, now: datetime
) -> None:
    until = now + REFUSED_FOR
    note_failed(shop_id=account.shop_id, account_id=account.pk, error=error, now=now, paused_until=until)
    pace.pause(key_of(account.pk), REFUSED_FOR.total_seconds())
    put_back(lease, dict.fromkeys(ids))


def _due(shop_id: int, claimed: list[Claimed], carrier: Carrier) -> list[Due]:
    names = (
        "pk", "shipment_id", "failures", "registered_at", "shipment__number", "shipment__direction",
        "shipment__order__postal_code", "shipment__order__country", "shipment__order__language",
        "shipment__carrier", "shipment__handed_over_at", "shipment__created_at",
    )  # fmt: skip
    claims = {poll.id: poll.claims for poll in claimed}
    found = (
        Poll.objects.for_shop(shop_id)
        .filter(pk__in=claims)
        .order_by("-urgency", "next_at", "pk")
        .values_list(*names)
    )
    return [
        Due(
            poll_id,
            shipment_id,
            Query(
                number,
                postal_code=postal_code if direction == "outbound" else "",
                country=country,
                language=language,
                registered=registered_at is not None,
                carrier=theirs if theirs != carrier.code else "",
                shipped_date=(handed_over_at or created_at).date(),
            ),
            failures,
            claims[poll_id],
        )
        for (
            poll_id,
            shipment_id,
            failures,
            registered_at,
            number,
            direction,
            postal_code,
            country,
            language,
            theirs,
            handed_over_at,
            created_at,
        ) in found
    ]


def _ask_others(shop_id: int, lease: UUID, polls: list[Claimed], now: datetime) -> None:
    """The account is gone or switched off: its parcels go to another that knows them, or wait for one."""
    parcels = Shipment.objects.for_shop(shop_id).filter(pk__in=[poll.shipment_id for poll in polls])
    held = list(parcels.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))
    Shipment.objects.for_shop(shop_id).filter(pk__in=held).update(account_id=None)
    Poll.objects.for_shop(shop_id).filter(pk__in=[poll.id for poll in polls], lease=lease).delete()
    for account in Account.objects.for_shop(shop_id).filter(enabled=True).select_related("shop"):
        watch(shop=account.shop, account=account, now=now)
