"""Rings the alarms of orders that the clock has something to tell of: due ones, from a claimed queue."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import InterfaceError, OperationalError, connection, connections

from notifications.models import Alarm
from notifications.services.looking import look
from notifications.services.planning import messages_for
from notifications.services.ruling import rules_of
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Order

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=1)
A_PASS, A_SHOP = 400, 200  # alarms a claim takes, and of one shop
MOST_CLAIMS = 12
DOUBTFUL = 3  # claims that came to nothing, after which an alarm is seen to alone

# Walks the index from shop to shop: what is due behind the first rows of a backlog is not read, and shops take turns.
# `next_at` stays as it is: a lease that ends unfinished is due at once.
CLAIM = """
WITH RECURSIVE spot AS (
  (SELECT shop_id, next_at FROM notifications_alarm WHERE next_at IS NOT NULL ORDER BY shop_id, next_at LIMIT 1)
  UNION ALL
  SELECT following.shop_id, following.next_at FROM spot CROSS JOIN LATERAL (
    SELECT a.shop_id, a.next_at FROM notifications_alarm a
    WHERE a.next_at IS NOT NULL AND a.shop_id > spot.shop_id ORDER BY a.shop_id, a.next_at LIMIT 1
  ) following
), candidate AS (
  SELECT due.id, due.next_at, row_number() OVER (PARTITION BY due.shop_id ORDER BY due.next_at) AS turn
  FROM spot CROSS JOIN LATERAL (
    SELECT a.id, a.shop_id, a.next_at FROM notifications_alarm a
    WHERE a.shop_id = spot.shop_id AND a.next_at <= %(now)s AND (a.lease_until IS NULL OR a.lease_until <= %(now)s)
    ORDER BY a.next_at LIMIT %(share)s
    FOR UPDATE SKIP LOCKED
  ) due
  WHERE spot.next_at <= %(now)s
)
UPDATE notifications_alarm SET lease = %(lease)s, lease_until = %(until)s, claims = claims + 1
WHERE id = ANY (ARRAY(SELECT id FROM candidate ORDER BY turn, next_at LIMIT %(most)s))
RETURNING id, shop_id, claims
"""


def ring_due(now: datetime) -> int:
    """See to a batch of alarms that are due, across shops; return how many were claimed.

    A claim is counted before the work, so an order that kills its worker is given up after 12. Safe to repeat and to run
    twice at once: messages are made in the transaction that writes down what has been looked at.
    """
    lease = uuid.uuid4()
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(
            CLAIM, {"now": now, "lease": lease, "until": now + LEASE, "share": A_SHOP, "most": A_PASS}
        )
        claimed = cursor.fetchall()
    for shop_id, ids in _batches(claimed):
        _try(shop_id, ids, lease, now)
    return len(claimed)


def _batches(claimed: Sequence[tuple[int, int, int]]) -> Iterator[tuple[int, list[int]]]:
    """Shop by shop; what came to nothing several times by itself, last, and in no order: it may be what kills us."""
    sound: defaultdict[int, list[int]] = defaultdict(list)
    doubtful = []
    for alarm_id, shop_id, claims in claimed:
        if claims > DOUBTFUL:
            doubtful.append((shop_id, [alarm_id]))
        else:
            sound[shop_id].append(alarm_id)
    yield from sound.items()
    random.shuffle(doubtful)
    yield from doubtful


def _try(shop_id: int, ids: Sequence[int], lease: uuid.UUID, now: datetime) -> None:
    """Together, or where that fails one by one, so that one order holds up no other."""
    try:
        _ring(shop_id, ids, lease, now)
    except Exception as error:
        if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
            raise
        if len(ids) > 1:
            for alarm_id in ids:
                _try(shop_id, [alarm_id], lease, now)
        else:
            log.exception("alarm_failed", shop_id=shop_id, alarm_id=ids[0])


def _ring(shop_id: int, ids: Collection[int], lease: uuid.UUID, now: datetime) -> None:
    with shop_context(shop_id):
        ours = Alarm.objects.for_shop(shop_id).filter(pk__in=ids, lease=lease)
        given_up = ours.filter(claims__gt=MOST_CLAIMS)
        if over := given_up.update(next_at=None, lease=None, lease_until=None):
            log.error("alarms_given_up", shop_id=shop_id, alarms=over)
        held = list(ours.select_for_update().order_by("order_id").values_list("order_id", flat=True))
        if not held:
            return
        shop = Shop.objects.get(pk=shop_id)
        orders = list(Order.objects.for_shop(shop_id).filter(pk__in=held).order_by("pk"))
        rules = rules_of(shop_id)
        news = look(shop, orders, rules, now)
        made = messages_for(shop, orders, news, now, rules)
        log.info("rang", shop_id=shop_id, orders=len(orders), messages=made)
