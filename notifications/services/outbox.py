"""The outbox across shops: messages taken by lease, marked as being sent, finished; providers that take nothing, paused.

A line is a shop's provider on a channel. All this runs as the dispatch role, which sees when what is due, and neither
to whom nor what it says.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connections

LEASE = timedelta(
    seconds=15
)  # renewed while its holder lives: what one that died held is due again after so long
SETTLES = timedelta(minutes=10)  # how long a mail nobody knows of waits for its provider's word
MOST = 200  # messages a claim takes
MOST_A_LINE = 50
WORKERS_A_LINE = 2  # no more hold messages of one line: one that hangs does not hold them all
SUSPECT = 4  # claims, from which a message may be what kills its worker: the rest comes first, and it alone
PAUSES_S = (2, 5, 15, 30, 60)  # after each failure in a row; the last one repeats

# Walks the index from line to line, urgency by urgency: what is due behind the first rows of a backlog is not read.
# Shops take turns where there is more than one claim may take. Rows locked here stay where they are (ctid) until they
# are updated here.
CLAIM = """
WITH RECURSIVE spot AS (
  (SELECT shop_id, channel, urgency FROM notifications_message
   WHERE next_at IS NOT NULL ORDER BY shop_id, channel, urgency LIMIT 1)
  UNION ALL
  SELECT following.shop_id, following.channel, following.urgency FROM spot CROSS JOIN LATERAL (
    SELECT m.shop_id, m.channel, m.urgency FROM notifications_message m
    WHERE m.next_at IS NOT NULL AND (m.shop_id, m.channel, m.urgency) > (spot.shop_id, spot.channel, spot.urgency)
    ORDER BY m.shop_id, m.channel, m.urgency LIMIT 1
  ) following
), line AS (
  SELECT spot.shop_id, spot.channel, spot.urgency, coalesce(p.failures, 0) AS failures,
         CASE WHEN p.failures > 0 THEN 1
              ELSE greatest(2, least(%(a_line)s, ceil(2.0 * %(most)s / count(*) OVER ())))::int END AS room
  FROM spot
  LEFT JOIN notifications_pause p ON p.shop_id = spot.shop_id AND p.channel = spot.channel
  CROSS JOIN LATERAL (
    SELECT count(*) AS due, count(DISTINCT lease) FILTER (WHERE lease_until > %(now)s) AS held
    FROM (SELECT lease, lease_until FROM notifications_message m
          WHERE m.shop_id = spot.shop_id AND m.channel = spot.channel AND m.urgency = spot.urgency
            AND m.next_at <= %(now)s
          ORDER BY m.next_at LIMIT 2 * %(a_line)s) first
  ) front
  WHERE front.due > 0 AND front.held < %(workers)s AND (p.until IS NULL OR p.until <= %(now)s)
), pick AS (
  SELECT due.place, due.attempts, due.next_at, line.urgency,
         row_number() OVER (PARTITION BY line.shop_id, line.urgency ORDER BY due.next_at) AS turn
  FROM line CROSS JOIN LATERAL (
    SELECT m.ctid AS place, m.attempts, m.next_at FROM notifications_message m
    WHERE m.shop_id = line.shop_id AND m.channel = line.channel AND m.urgency = line.urgency
      AND m.next_at <= %(now)s AND m.status = 'queued' AND (m.lease_until IS NULL OR m.lease_until <= %(now)s)
    ORDER BY m.next_at LIMIT line.room
    FOR UPDATE SKIP LOCKED
  ) due
)
UPDATE notifications_message SET lease = %(lease)s, lease_until = %(until)s, attempts = attempts + 1
WHERE ctid = ANY (ARRAY(
  SELECT place FROM pick ORDER BY attempts >= %(suspect)s, urgency, turn, next_at LIMIT %(most)s))
RETURNING id, shop_id, channel, urgency, attempts, next_at
"""

# A worker died between saying "sending" and saying what came of it. Nobody knows whether it went out.
LEFT_IN_HAND = """
UPDATE notifications_message SET status = 'unknown', lease = NULL, lease_until = NULL,
  next_at = CASE WHEN channel = 'email' THEN %(settles)s::timestamptz END
WHERE status = 'sending' AND lease_until < %(now)s RETURNING id, shop_id
"""

MARK = """
UPDATE notifications_message m SET status = 'sending'
FROM unnest(%(ids)s::uuid[], %(leases)s::uuid[]) AS ours (id, lease)
WHERE m.id = ours.id AND m.lease = ours.lease AND m.status = 'queued' AND m.lease_until > %(now)s
RETURNING m.id
"""

# Only for who still holds the lease; a receipt that came before us counts for more than our "sent".
FINISH_SENT = """
UPDATE notifications_message m SET
  status = CASE WHEN m.status = 'sending' THEN 'sent' ELSE m.status END, next_at = NULL, lease = NULL,
  lease_until = NULL, error = '', provider_id = ended.provider_id, sent_at = ended.at
FROM unnest(%(ids)s::uuid[], %(leases)s::uuid[], %(provider_ids)s::text[], %(times)s::timestamptz[])
  AS ended (id, lease, provider_id, at)
WHERE m.id = ended.id AND m.lease = ended.lease
"""
FINISH = """
UPDATE notifications_message m SET
  status = CASE WHEN m.status = 'sending' THEN ended.status ELSE m.status END,
  next_at = CASE WHEN m.status = 'sending' THEN ended.next_at END, lease = NULL, lease_until = NULL,
  error = ended.error, attempts = greatest(m.attempts - ended.uncounted, 0)
FROM unnest(%(ids)s::uuid[], %(leases)s::uuid[], %(statuses)s::text[], %(times)s::timestamptz[], %(errors)s::text[],
            %(uncounted)s::int[]) AS ended (id, lease, status, next_at, error, uncounted)
WHERE m.id = ended.id AND m.lease = ended.lease
"""

RENEW = """
UPDATE notifications_message m SET lease_until = %(until)s
FROM unnest(%(ids)s::uuid[], %(leases)s::uuid[]) AS ours (id, lease)
WHERE m.id = ours.id AND m.lease = ours.lease
"""

# A claim that came to nothing does not count: only work that kills the process shall look like it.
PUT_BACK = """
UPDATE notifications_message m SET lease = NULL, lease_until = NULL, attempts = greatest(m.attempts - 1, 0)
FROM unnest(%(ids)s::uuid[], %(leases)s::uuid[]) AS ours (id, lease)
WHERE m.id = ours.id AND m.lease = ours.lease AND m.status = 'queued'
"""

# Hand-overs that fail side by side are one failure.
PAUSE = """
INSERT INTO notifications_pause AS p (shop_id, channel, failures, since, until, error)
SELECT shop_id, %(channel)s, 1, %(now)s, %(now)s + (%(waits)s::int[])[1] * interval '1 second', %(error)s
FROM unnest(%(shops)s::bigint[]) AS of (shop_id)
ON CONFLICT (shop_id, channel) DO UPDATE SET
  failures = least(p.failures + 1, 30000), error = %(error)s,
  since = CASE WHEN p.failures = 0 THEN %(now)s ELSE p.since END,
  until = %(now)s + (%(waits)s::int[])[least(p.failures + 1, cardinality(%(waits)s::int[]))] * interval '1 second'
WHERE p.until <= %(now)s
"""
TROUBLED = "SELECT shop_id, channel FROM notifications_pause WHERE failures > 0"
IS_WELL = """
UPDATE notifications_pause SET failures = 0, until = %(now)s
WHERE shop_id = %(shop)s AND channel = %(channel)s AND failures > 0
"""


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message leased to us. `attempts` counts this claim."""

    id: uuid.UUID
    shop_id: int
    channel: str
    urgency: int
    attempts: int
    next_at: datetime
    lease: uuid.UUID
    until: datetime

    @property
    def is_suspect(self) -> bool:
        return self.attempts > SUSPECT


@dataclass(frozen=True, slots=True)
class End:
    """What came of a hand-over. `at`: when it was sent, or is to be tried again. `counts`: whether it was the message's
    own attempt, and not its provider's outage."""

    id: uuid.UUID
    lease: uuid.UUID
    status: str
    provider_id: str = ""
    at: datetime | None = None
    error: str = ""
    counts: bool = True


def claim(now: datetime, most: int = MOST) -> list[Claimed]:
    """Lease what is due of every shop, committed at once; who is waiting first, suspects last.

    Safe to run many times at once: a message goes to one. What is not finished within LEASE can be claimed again.
    """
    given = asking_for(now, most)
    lease: uuid.UUID = given["lease"]
    claimed = [Claimed(*(*row, lease, now + LEASE)) for row in _asked(CLAIM, given)]
    return sorted(claimed, key=lambda one: (one.is_suspect, one.urgency, one.next_at))


def asking_for(now: datetime, most: int = MOST) -> dict[str, Any]:
    """What CLAIM is told, by a lease of its own."""
    return {
        "now": now, "lease": uuid.uuid4(), "until": now + LEASE, "most": most, "a_line": MOST_A_LINE,
        "workers": WORKERS_A_LINE, "suspect": SUSPECT,
    }  # fmt: skip


def left_in_hand(now: datetime) -> list[tuple[uuid.UUID, int]]:
    """Messages whose worker died with them in its hand become "unknown"; their ids and shops."""
    return _asked(LEFT_IN_HAND, {"now": now, "settles": now + SETTLES})


def mark_sending(messages: Iterable[Claimed], now: datetime) -> set[uuid.UUID]:
    """To be said before any of them is handed over; which of them are still ours to send."""
    return {row[0] for row in _asked(MARK, _keys(messages) | {"now": now})}


def finish(ends: Collection[End]) -> None:
    sent = [end for end in ends if end.status == "sent"]
    if sent:
        _told(
            FINISH_SENT,
            _keys(sent) | {"provider_ids": [e.provider_id for e in sent], "times": [e.at for e in sent]},
        )
    if others := [end for end in ends if end.status != "sent"]:
        _told(
            FINISH,
            _keys(others)
            | {
                "statuses": [e.status for e in others],
                "times": [e.at for e in others],
                "errors": [e.error for e in others],
                "uncounted": [int(not e.counts) for e in others],
            },
        )


def put_back(messages: Collection[Claimed]) -> None:
    """Not begun, and due as before."""
    if messages:
        _told(PUT_BACK, _keys(messages))


def renew(messages: Collection[Claimed], until: datetime) -> None:
    """We are still at it. Those lost meanwhile stay lost."""
    if messages:
        _told(RENEW, _keys(messages) | {"until": until})


def pause(shop_ids: Collection[int], channel: str, *, error: str, now: datetime) -> None:
    """These shops' provider takes nothing: nobody asks it for a while. Those paused already stay as they are."""
    _told(
        PAUSE,
        {
            "shops": sorted(shop_ids), "channel": channel, "now": now, "error": error[:240],
            "waits": list(PAUSES_S),
        },
    )  # fmt: skip


def troubled() -> set[tuple[int, str]]:
    """Shops and channels whose provider took nothing when it was last asked."""
    return set(_asked(TROUBLED, {}))


def is_well(shop_id: int, channel: str, now: datetime) -> None:
    """Its provider took something. Nothing, unless it was paused."""
    _told(IS_WELL, {"shop": shop_id, "channel": channel, "now": now})


def _keys(of: Iterable[Claimed | End]) -> dict[str, Any]:
    held = list(of)
    return {"ids": [one.id for one in held], "leases": [one.lease for one in held]}


def _asked(statement: str, given: dict[str, Any]) -> list[Any]:
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(statement, given)
        found: list[Any] = cursor.fetchall()
        return found


def _told(statement: str, given: dict[str, Any]) -> None:
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(statement, given)
