"""Taking due polls of every shop: by lease, account by account, so that a backlog holds up nobody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import connections, transaction

from tracking.urgency import AT_ONCE, WEIGHTS

DISPATCH = "dispatch"
LEASE = timedelta(seconds=15)  # after so long the work of a process that died is taken up by another
MOST = 500  # polls a claim takes
MOST_OF_ACCOUNT = 200

# Walks the index from account to account, urgency by urgency: what is due behind the first rows of a backlog is
# not read. An account whose first due rows are leased is being asked by somebody now.
WAITING = """
WITH RECURSIVE spot AS (
  (SELECT account_id, urgency, next_at FROM tracking_poll
   WHERE next_at IS NOT NULL ORDER BY account_id, urgency, next_at LIMIT 1)
  UNION ALL
  SELECT following.account_id, following.urgency, following.next_at FROM spot CROSS JOIN LATERAL (
    SELECT p.account_id, p.urgency, p.next_at FROM tracking_poll p
    WHERE p.next_at IS NOT NULL AND (p.account_id, p.urgency) > (spot.account_id, spot.urgency)
    ORDER BY p.account_id, p.urgency, p.next_at LIMIT 1
  ) following
)
SELECT spot.account_id, min(front.shop_id), min(front.carrier), min(spot.next_at)
FROM spot CROSS JOIN LATERAL (
  SELECT min(shop_id) AS shop_id, min(carrier) AS carrier, bool_or(lease_until > %(now)s) AS asked_now
  FROM (SELECT shop_id, carrier, lease_until FROM tracking_poll p
        WHERE p.account_id = spot.account_id AND p.urgency = spot.urgency AND p.next_at <= %(now)s
        ORDER BY p.next_at LIMIT 4) first
) front
WHERE spot.next_at <= %(now)s
GROUP BY spot.account_id HAVING NOT coalesce(bool_or(front.asked_now), false)
"""

# `next_at` stays as it is: the index is left alone, and a lease that ends unfinished is due at once. Of an account's
# due the first of each urgency are weighed against each other (tracking.urgency.pressure). Where there is more
# than one claim may take, shops take turns. Rows locked here stay where they are (ctid) until they are updated
# here; one that somebody changed in between is left for the next claim.
CLAIM = """
WITH room AS (
  SELECT * FROM unnest(%(accounts)s::bigint[], %(rooms)s::int[]) AS room (account_id, polls)
), kind AS (
  SELECT * FROM unnest(%(urgencies)s::int[], %(weights)s::float[]) AS kind (urgency, weight)
), candidate AS (
  SELECT due.place, row_number() OVER (PARTITION BY due.shop_id ORDER BY due.pressure DESC, due.id) AS turn
  FROM room CROSS JOIN LATERAL (
    SELECT first.*, kind.weight * extract(epoch FROM %(from)s - first.next_at)::float AS pressure
    FROM kind CROSS JOIN LATERAL (
      SELECT p.ctid AS place, p.id, p.shop_id, p.next_at FROM tracking_poll p
      WHERE p.account_id = room.account_id AND p.urgency = kind.urgency AND p.next_at <= %(now)s
        AND (p.lease_until IS NULL OR p.lease_until <= %(now)s)
      ORDER BY p.next_at LIMIT room.polls
      FOR UPDATE SKIP LOCKED
    ) first
    ORDER BY pressure DESC, first.id LIMIT room.polls
  ) due
)
UPDATE tracking_poll SET lease = %(lease)s, lease_until = %(until)s, claims = least(claims + 1, 30000)
WHERE ctid = ANY (ARRAY(SELECT place FROM candidate ORDER BY turn LIMIT %(most)s))
RETURNING id, shop_id, account_id, carrier, shipment_id, claims
"""

CLAIM_SHIPMENTS = """
UPDATE tracking_poll SET lease = %(lease)s, lease_until = %(until)s, claims = least(claims + 1, 30000)
WHERE id IN (
  SELECT id FROM tracking_poll
  WHERE shop_id = %(shop)s AND shipment_id = ANY (%(shipments)s)
    AND (lease_until IS NULL OR lease_until <= %(now)s)
  FOR UPDATE SKIP LOCKED
)
RETURNING id, shop_id, account_id, carrier, shipment_id, claims
"""

RENEW = """
UPDATE tracking_poll SET lease_until = %(until)s WHERE id = ANY (%(ids)s) AND lease = %(lease)s
"""

# A claim that came to nothing does not count: only work that kills the process shall look like it.
PUT_BACK = """
UPDATE tracking_poll p
SET lease = NULL, lease_until = NULL, claims = greatest(p.claims - 1, 0), next_at = coalesce(back.next_at, p.next_at)
FROM unnest(%(ids)s::bigint[], %(times)s::timestamptz[]) AS back (id, next_at)
WHERE p.id = back.id AND p.lease = %(lease)s
"""


class Waiting(NamedTuple):
    """An account with polls due, which nobody is asking just now."""

    account_id: int
    shop_id: int
    carrier: str
    since: datetime


class Claimed(NamedTuple):
    """A poll leased to us. `claims` counts this one, and those before it that were never finished."""

    id: int
    shop_id: int
    account_id: int
    carrier: str
    shipment_id: int
    claims: int


class Claim(NamedTuple):
    lease: UUID
    polls: list[Claimed]


def waiting(now: datetime) -> list[Waiting]:
    """Accounts of all shops with polls due."""
    with connections[DISPATCH].cursor() as cursor:
        cursor.execute(WAITING, {"now": now})
        return [Waiting(*row) for row in cursor.fetchall()]


def claim(*, rooms: Mapping[int, int], now: datetime, most: int = MOST) -> Claim:
    """Lease what is due of these accounts, up to `rooms[account_id]` polls of each; committed at once.

    Safe to run many times at once: a row goes to one. What is not finished, put back or renewed within LEASE
    can be claimed again.
    """
    lease = uuid4()
    if not rooms:
        return Claim(lease, [])
    given = asking_for(rooms, now, most) | {"lease": lease}
    return Claim(lease, _leased(CLAIM, given))


def asking_for(rooms: Mapping[int, int], now: datetime, most: int) -> dict[str, Any]:
    """What CLAIM is told, its lease apart."""
    return {
        "accounts": list(rooms),
        "rooms": [min(room, MOST_OF_ACCOUNT) for room in rooms.values()],
        "urgencies": [int(urgency) for urgency in WEIGHTS],
        "weights": list(WEIGHTS.values()),
        "from": now + AT_ONCE,
        "now": now,
        "until": now + LEASE,
        "most": most,
    }


def claim_shipments(*, shop_id: int, shipment_ids: Iterable[int], now: datetime) -> Claim:
    """Lease these shipments' polls, due or not; those somebody is asking now are left out."""
    lease = uuid4()
    given = {
        "shop": shop_id,
        "shipments": list(shipment_ids),
        "now": now,
        "lease": lease,
        "until": now + LEASE,
    }
    return Claim(lease, _leased(CLAIM_SHIPMENTS, given))


def renew(lease: UUID, poll_ids: Iterable[int], now: datetime) -> None:
    """We are still at it: the carrier takes its time. Those lost meanwhile stay lost."""
    with connections[DISPATCH].cursor() as cursor:
        cursor.execute(RENEW, {"ids": list(poll_ids), "lease": lease, "until": now + LEASE})


def put_back(lease: UUID, polls: Mapping[int, datetime | None]) -> None:
    """Give up polls that were not asked: due at the time given, or as before. Those lost meanwhile stay."""
    if polls:
        with connections[DISPATCH].cursor() as cursor:
            cursor.execute(PUT_BACK, {"ids": list(polls), "times": list(polls.values()), "lease": lease})


def _leased(statement: str, given: Mapping[str, Any]) -> list[Claimed]:
    with transaction.atomic(using=DISPATCH), connections[DISPATCH].cursor() as cursor:
        cursor.execute(statement, given)
        return [Claimed(*row) for row in cursor.fetchall()]
