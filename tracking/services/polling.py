"""What becomes of an asked poll: what was heard is recorded, and when to ask next is set."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Least

from carriers import pace
from carriers.models import Account
from carriers.reading import events_of
from carriers.services import key_of, note_answered, note_asked, note_failed
from carriers.types import (
    AuthError,
    BadResponseError,
    CarrierError,
    Eta,
    Event,
    Outcome,
    RateLimitedError,
    Status,
    SubStatus,
)
from carriers.zones import zone_at
from tenants import rows
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Poll, Shipment
from tracking.polling import expiry, next_poll
from tracking.position import Position
from tracking.services.events import Heard, record_batch
from tracking.services.groups import REFUSED_FOR, Asked
from tracking.services.naming import decide
from tracking.services.watching import watch
from tracking.urgency import Urgency, urgency_of

log = structlog.get_logger(__name__)

LIMITED_FOR = timedelta(minutes=1)  # where the carrier does not say
RETRY_FIRST = timedelta(minutes=2)  # after a failure, doubled with each; never later than the usual interval
FAILED = frozenset({Outcome.TRANSIENT, Outcome.BAD_RESPONSE, Outcome.AUTH_ERROR})
STALE = timedelta(hours=1)  # a page may bring forward what was asked so long ago...
MOST_PULLS = 2  # ...so often without an answer


def finish(asked: Sequence[Asked], now: datetime) -> None:
    """Record what was heard and set when to ask next: one transaction for all of a shop's.

    Safe to repeat. What somebody else has claimed meanwhile is recorded, but not rescheduled. One parcel
    whose news cannot be stored costs the others nothing.
    """
    by_shop: defaultdict[int, list[Asked]] = defaultdict(list)
    for one in asked:
        by_shop[one.group.shop_id].append(one)
    for shop_id, ours in by_shop.items():
        try:
            _finish(shop_id, ours, now)
        except Exception as error:
            if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
                raise  # the database is away: leases end, and all is asked again
            if len(ours) > 1:
                for one in ours:
                    finish([one], now)
            else:
                _give_up(ours[0], now)


def _give_up(one: Asked, now: datetime) -> None:
    """Its news cannot be stored: that is our fault, not the carrier's. Ask again later, and say so."""
    log.exception("poll_not_recorded", shop_id=one.group.shop_id, shipment_id=one.due.shipment_id)
    fault = BadResponseError("The answer could not be recorded.")
    _finish(one.group.shop_id, [one._replace(answer=None, error=fault)], now)


def _finish(shop_id: int, asked: Sequence[Asked], now: datetime) -> None:
    with shop_context(shop_id):
        heard = [
            Heard(
                one.due.shipment_id,
                tuple(events_of(one.group.carrier, one.answer, one.group.meanings)),
                one.answer,
                one.group.carrier.code,
            )
            for one in asked
            if one.answer and one.answer.outcome is Outcome.FOUND
        ]
        record_batch(shop_id=shop_id, heard=heard, now=now)
        known = _known(shop_id, [one.due.shipment_id for one in asked])
        _record_what_time_tells(shop_id, asked, known, now)
        for account_id in sorted({one.group.account_id for one in asked}):
            outcomes = [one.outcome for one in asked if one.group.account_id == account_id]
            note_asked(shop_id=shop_id, account_id=account_id, outcomes=outcomes, now=now)
        paused_until = _note_accounts(shop_id, asked, now)
        _reschedule(shop_id, asked, known, paused_until, now)
        decide(shop_id=shop_id, asked=asked, now=now)


class Known(NamedTuple):
    """Where a shipment is, as far as it decides when to ask again."""

    position: Position
    created_at: datetime
    eta: Eta | None
    zone: tzinfo


_KNOWN = (
    "pk", "status", "sub_status", "status_since", "last_event_at", "created_at", "eta_first", "eta_last",
    "slot_from", "slot_to", "order__country", "order__postal_code", "shop__time_zone",
)  # fmt: skip


def _known(shop_id: int, shipment_ids: Iterable[int]) -> dict[int, Known]:
    found = Shipment.objects.for_shop(shop_id).filter(pk__in=shipment_ids).values_list(*_KNOWN)
    return {row[0]: _known_of(*row[1:]) for row in found}


def _known_of(
    status: str, sub_status: str, since: datetime | None, last_event_at: datetime | None, created_at: datetime,
    eta_first: date | None, eta_last: date | None, slot_from: datetime | None, slot_to: datetime | None,
    country: str, postal_code: str, shop_zone: str,
) -> Known:  # fmt: skip
    place = zone_at(country, postal_code)
    return Known(
        Position(Status(status), SubStatus(sub_status), since=since, last_event_at=last_event_at),
        created_at,
        Eta(eta_first, eta_last, slot_from, slot_to) if eta_first and eta_last else None,
        place[0] if place else ZoneInfo(shop_zone),
    )


def _record_what_time_tells(
    shop_id: int, asked: Sequence[Asked], known: dict[int, Known], now: datetime
) -> None:
    """A number that cannot be one, and a parcel nobody has heard of for long: the system says so, once."""
    told: dict[int, SubStatus] = {}
    for one in asked:
        if (shipment := known.get(one.due.shipment_id)) is None:
            continue
        position = shipment.position
        if one.outcome is Outcome.INVALID_NUMBER and position.sub_status is SubStatus.PENDING_REGISTERED:
            told[one.due.shipment_id] = SubStatus.PENDING_INVALID_NUMBER
        elif sub := expiry(position, now=now, registered_at=shipment.created_at):
            told[one.due.shipment_id] = sub
    if told:
        said = [Heard(pk, (Event(now, sub, source="system"),)) for pk, sub in told.items()]
        record_batch(shop_id=shop_id, heard=said, now=now)
        known.update(_known(shop_id, told))


def _note_accounts(shop_id: int, asked: Sequence[Asked], now: datetime) -> dict[int, datetime]:
    """Say how each account fares; return until when those that must wait are paused."""
    paused: dict[int, datetime] = {}
    failed = {one.group.account_id: error for one in asked if (error := _error(one))}
    for account_id in {one.group.account_id for one in asked}:
        if account_id not in failed:
            note_answered(shop_id=shop_id, account_id=account_id, now=now)
        elif until := _pause(shop_id, account_id, failed[account_id], now):
            paused[account_id] = until
    return paused


def _error(one: Asked) -> CarrierError | None:
    """What is wrong with the account or the carrier; a number that is not found is no error."""
    if one.answer is None:
        return one.error
    kind = {Outcome.AUTH_ERROR: AuthError, Outcome.RATE_LIMITED: RateLimitedError}.get(one.answer.outcome)
    return kind(one.answer.detail) if kind else None


def _pause(shop_id: int, account_id: int, error: CarrierError, now: datetime) -> datetime | None:
    """Note the error; where the whole account must wait, pause it and return until when."""
    wait: timedelta | None = timedelta(seconds=error.retry_after_s) if error.retry_after_s else None
    if isinstance(error, AuthError):
        wait = REFUSED_FOR
    elif isinstance(error, RateLimitedError):
        wait = wait or LIMITED_FOR
    until = now + wait if wait else None
    note_failed(shop_id=shop_id, account_id=account_id, error=error, now=now, paused_until=until)
    if wait:
        pace.pause(key_of(account_id), wait.total_seconds())
    log.warning("carrier_failed", shop_id=shop_id, account_id=account_id, outcome=str(error.outcome))
    return until


_WRITTEN = (
    "next_at",
    "urgency",
    "claims",
    "failures",
    "pulls",
    "registered_at",
    "asked_at",
    "outcome",
    "lease",
    "lease_until",
)


def _reschedule(
    shop_id: int,
    asked: Sequence[Asked],
    known: Mapping[int, Known],
    paused_until: Mapping[int, datetime],
    now: datetime,
) -> None:
    """Finish the polls that are still ours."""
    leases = {one.due.poll_id: one.group.lease for one in asked}
    held = {
        poll.pk: poll
        for poll in Poll.objects.for_shop(shop_id).filter(pk__in=leases).order_by("pk").select_for_update()
        if poll.lease == leases[poll.pk]
    }
    written: list[tuple[Any, ...]] = []
    for one in asked:
        if (poll := held.get(one.due.poll_id)) is None:
            continue
        has_failed = one.outcome in FAILED
        failures = min(poll.failures + 1, 1000) if has_failed else 0
        shipment = known.get(one.due.shipment_id)
        next_at = _next_at(one, shipment, failures, paused_until, now) if shipment else None
        pulls = poll.pulls if has_failed else 0
        registered_at = poll.registered_at or (now if one.registered else None)
        if one.outcome is Outcome.NOT_REGISTERED:  # it was, and the aggregator has forgotten it
            registered_at = None
        urgency = _urgency(shipment, next_at) if shipment and next_at else Urgency.LAST
        outcome = str(one.outcome)[:16]
        row = next_at, int(urgency), 0, failures, pulls, registered_at, now, outcome, None, None
        written.append((poll.pk, *row))
    rows.update(Poll, _WRITTEN, written)


def _next_at(
    one: Asked, shipment: Known, failures: int, paused_until: Mapping[int, datetime], now: datetime
) -> datetime | None:
    jitter = random.random()  # noqa: S311  spreads load, keeps no secret
    next_at = next_poll(
        shipment.position, now=now, registered_at=shipment.created_at, eta=shipment.eta, zone=shipment.zone,
        failures=failures, pace_scale=settings.POLL_PACE_SCALE, jitter=jitter,
    )  # fmt: skip
    if next_at is None:
        return None
    scale = settings.POLL_PACE_SCALE
    if one.outcome is Outcome.NOT_REGISTERED and not one.due.query.registered:
        next_at = min(next_at, now + RETRY_FIRST * scale)
    elif failures:
        soon = RETRY_FIRST * 2 ** min(failures - 1, 12) * (1 + jitter / 10)
        next_at = min(next_at, now + soon * scale)
    if until := paused_until.get(one.group.account_id):
        if one.outcome in (Outcome.RATE_LIMITED, Outcome.AUTH_ERROR):
            next_at = until
        next_at = max(next_at, until)
    return next_at


def _urgency(shipment: Known, at: datetime) -> Urgency:
    return urgency_of(
        shipment.position, at=at, registered_at=shipment.created_at, eta=shipment.eta, zone=shipment.zone
    )


# --- From outside ---


def pull_forward(*, shop_id: int, shipment_id: int, now: datetime) -> bool:
    """Somebody looks at a parcel not asked about for an hour: ask now, before all the account has due. In the
    shop's context.

    Safe to call on every view: one statement, and a cap until the carrier answers.
    """
    stale = Q(asked_at=None) | Q(asked_at__lt=now - STALE * settings.POLL_PACE_SCALE)
    polls = Poll.objects.for_shop(shop_id).filter(stale, shipment_id=shipment_id, failures=0)
    return bool(bring_forward(polls, Urgency.LOOKED_AT, now))


def bring_forward(polls: QuerySet[Poll], urgency: Urgency, now: datetime) -> int:
    """Have these asked now, with this urgency at least; return how many. What is so already stays, and so does
    what was brought forward MOST_PULLS times without an answer."""
    not_yet = Q(next_at__gt=now) | Q(next_at__lte=now, urgency__lt=urgency)
    return polls.filter(not_yet, pulls__lt=MOST_PULLS).update(
        next_at=Least("next_at", now), urgency=Greatest("urgency", int(urgency)), pulls=F("pulls") + 1
    )


def take_up(*, shop: Shop, account: Account, now: datetime) -> None:
    """An account was connected, changed or switched on: ask with it, at once.

    Parcels nobody is asked about are taken on; those that wait since its credentials were refused are woken.
    Safe to repeat. In the shop's context.
    """
    if account.enabled:
        waiting = Poll.objects.for_shop(shop).filter(account_id=account.pk, next_at__gt=now)
        waiting.filter(outcome__in=(Outcome.AUTH_ERROR, Outcome.RATE_LIMITED)).update(next_at=now, failures=0)
        watch(shop=shop, account=account, now=now)
