"""What carriers pushed, read from the stored row: facts where the body is signed, else a reason to ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import structlog
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from carriers import registry
from carriers.meanings import meanings_of
from carriers.models import Push
from carriers.reading import events_of, read
from carriers.types import Answer, Carrier, Outcome, Reply, Trust
from tenants.isolation import shop_context
from tracking.models import Poll, Shipment
from tracking.position import SETTLED
from tracking.search import parcel_key
from tracking.services.claiming import DISPATCH
from tracking.services.events import Heard, record_batch
from tracking.services.polling import bring_forward
from tracking.urgency import Urgency

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 12  # then a person must look: the row stays, unread, with its error
MOST = 200

# Tried again ever later: over some ten minutes in all.
CLAIM = """
UPDATE carriers_push SET attempts = attempts + 1 WHERE id IN (
  SELECT id FROM carriers_push
  WHERE read_at IS NULL AND attempts < %(attempts)s
    AND received_at <= %(now)s - attempts * attempts * interval '5 seconds'
  ORDER BY received_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
) RETURNING id, shop_id
"""


class _Read(NamedTuple):
    """A push as its carrier's adapter understands it."""

    push: Push
    carrier: Carrier
    answers: tuple[Answer, ...]
    words: str  # why there is nothing to record


def read_due(*, now: datetime, most: int = MOST) -> int:
    """Read what was pushed to any shop and not read yet, the oldest first; return how many rows were taken.

    Safe to run many times at once, and to be killed: an unread row is taken again.
    """
    with transaction.atomic(using=DISPATCH), connections[DISPATCH].cursor() as cursor:
        cursor.execute(CLAIM, {"attempts": MOST_ATTEMPTS, "now": now, "most": most})
        claimed = cursor.fetchall()
    by_shop: defaultdict[int, list[int]] = defaultdict(list)
    for push_id, shop_id in claimed:
        by_shop[shop_id].append(push_id)
    for shop_id, push_ids in by_shop.items():
        read_pushes(shop_id=shop_id, push_ids=push_ids, now=now)
    return len(claimed)


def read_pushes(*, shop_id: int, push_ids: Sequence[int], now: datetime) -> None:
    """Read these rows, whether read before or not. Safe to repeat: an event heard before is not kept twice.

    One that cannot be read costs the others nothing.
    """
    try:
        with shop_context(shop_id):
            _read_all(shop_id, push_ids, now)
    except Exception as error:
        if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
            raise
        if len(push_ids) > 1:
            for push_id in push_ids:
                read_pushes(shop_id=shop_id, push_ids=[push_id], now=now)
            return
        log.exception("push_not_read", shop_id=shop_id, push_id=push_ids[0])
        with shop_context(shop_id):
            Push.objects.for_shop(shop_id).filter(pk=push_ids[0]).update(error=type(error).__name__)


def _read_all(shop_id: int, push_ids: Iterable[int], now: datetime) -> None:
    pushes = Push.objects.for_shop(shop_id).filter(pk__in=push_ids).select_related("account").order_by("pk")
    taken = [_understood(push) for push in pushes]
    signed = [one for one in taken if one.carrier.push is Trust.SIGNED]
    record_batch(shop_id=shop_id, heard=_heard(shop_id, signed), now=now)
    _ask_instead(shop_id, [one for one in taken if one.carrier.push is not Trust.SIGNED], now)
    for one in taken:
        Push.objects.for_shop(shop_id).filter(pk=one.push.pk).update(read_at=now, error=one.words[:240])


def _understood(push: Push) -> _Read:
    carrier = registry.get(push.account.carrier)
    reading = read(carrier, Reply(bytes(push.body)))
    words = f"{reading.outcome}: {reading.error.detail}" if reading.error else ""
    return _Read(push, carrier, reading.answers, words)


def _heard(shop_id: int, taken: Sequence[_Read]) -> list[Heard]:
    """What the pushes say of parcels asked about with the account they came to."""
    told = [
        (one.push.account_id, parcel_key(answer.number), one.carrier, answer)
        for one in taken
        for answer in one.answers
        if answer.outcome is Outcome.FOUND
    ]
    parcels = _parcels(shop_id, {(account_id, key) for account_id, key, _carrier, _answer in told})
    meanings = {code: meanings_of(shop_id, code) for code in {carrier.code for _a, _k, carrier, _t in told}}
    return [
        Heard(shipment_id, tuple(events_of(carrier, answer, meanings[carrier.code])), answer, carrier.code)
        for account_id, key, carrier, answer in told
        for shipment_id in parcels.get((account_id, key), ())
    ]


def _parcels(shop_id: int, numbers: Iterable[tuple[int, str]]) -> dict[tuple[int, str], list[int]]:
    wanted = set(numbers)
    found: defaultdict[tuple[int, str], list[int]] = defaultdict(list)
    rows = Shipment.objects.for_shop(shop_id).filter(number_key__in={key for _account, key in wanted})
    for shipment_id, account_id, key in rows.values_list("pk", "account_id", "number_key"):
        if account_id is not None and (account_id, key) in wanted:
            found[account_id, key].append(shipment_id)
    return found


def _ask_instead(shop_id: int, taken: Sequence[_Read], now: datetime) -> None:
    """A body nobody signed may be anybody's: it is not believed, only a reason to ask the carrier."""
    numbers = {(one.push.account_id, parcel_key(answer.number)) for one in taken for answer in one.answers}
    parcels = [pk for pks in _parcels(shop_id, numbers).values() for pk in pks]
    if parcels:
        polls = Poll.objects.for_shop(shop_id).filter(shipment_id__in=parcels)
        bring_forward(polls.exclude(shipment__status__in=SETTLED), Urgency.SOON, now)
