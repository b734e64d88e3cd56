"""Claiming 500 due polls of 300 accounts: with 10,000 parcels watched, and with a hundred times as many.

Floor: ourselves at 10,000. Then the same with one account's backlog of 100,000 in the way. Goals: at most 2.2
times the time, 1.7 times the pages looked at. `python -m bench.claiming 5000000` takes more parcels.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg

from bench.scratch import database

DUE, ACCOUNTS, SHOPS = 500, 300, 180
FEW, MANY, BACKLOG = 10_000, 1_000_000, 100_000
TIMES = 25

FILL = """
INSERT INTO tracking_poll (shop_id, shipment_id, carrier, account_id, next_at, claims, failures, pulls, outcome)
SELECT n %% %(accounts)s %% %(shops)s + 1, n, 'dhl', n %% %(accounts)s + 1,
       now() + interval '1 hour' + n * interval '50 ms', 0, 0, 0, 'found'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
SET_DUE = """
UPDATE tracking_poll SET next_at = now() - interval '1 second', lease = NULL, lease_until = NULL
WHERE shipment_id IN (
  SELECT (n - 1) * (%(rows)s / %(due)s) + 1 + n * 7 %% (%(rows)s / %(due)s) FROM generate_series(1, %(due)s) n)
"""
NOT_DUE = "UPDATE tracking_poll SET next_at = now() + interval '1 hour' WHERE next_at <= now()"
LET_GO = "UPDATE tracking_poll SET lease = NULL, lease_until = NULL, claims = 0 WHERE lease IS NOT NULL"
PILE_UP = """
UPDATE tracking_poll SET next_at = now() - interval '1 day'
WHERE id IN (SELECT id FROM tracking_poll WHERE next_at > now() LIMIT %s)
"""
ONE_OWNER = "UPDATE tracking_poll SET account_id = 0, shop_id = 1 WHERE next_at < now() - interval '1 hour'"


class Cost(NamedTuple):
    ms: float
    buffers: int


def main(many: int = MANY) -> None:
    with database() as url, psycopg.connect(url, autocommit=True) as admin:
        costs: dict[str, Cost] = {}
        rows = 0
        for size in (FEW, many):
            fill(admin, rows + 1, size)
            rows = size
            costs[f"{size:,} parcels"] = measure(admin, size)
        admin.execute(PILE_UP, [min(BACKLOG, many // 2)])
        admin.execute(ONE_OWNER)
        costs[f"{many:,}, a backlog of {min(BACKLOG, many // 2):,}"] = measure(admin, many)
        show(costs)


def fill(admin: Any, first: int, last: int) -> None:
    admin.execute("SET session_replication_role = replica")  # parcels and shops do not matter here
    admin.execute(FILL, {"first": first, "last": last, "accounts": ACCOUNTS, "shops": SHOPS})
    admin.execute(NOT_DUE)
    admin.execute(SET_DUE, {"rows": last, "due": DUE})
    admin.execute("VACUUM ANALYZE tracking_poll")


def measure(admin: Any, rows: int) -> Cost:
    from django.utils import timezone

    from tracking.services.claiming import claim, waiting

    times = []
    admin.execute("VACUUM ANALYZE tracking_poll")
    for _ in range(TIMES):
        now = timezone.now()
        began = time.perf_counter()
        rooms = {one.account_id: 50 for one in waiting(now) if one.account_id}
        claimed = claim(rooms=rooms, now=now).polls
        times.append((time.perf_counter() - began) * 1000)
        assert len(claimed) == DUE, len(claimed)
        admin.execute(LET_GO)
    return Cost(min(times), buffers(admin))  # the least disturbed


def buffers(admin: Any) -> int:
    """Pages looked at by the two statements."""
    from django.utils import timezone

    from tracking.services import claiming

    now = timezone.now()
    rooms = {one.account_id: 50 for one in claiming.waiting(now) if one.account_id}
    given = claiming.asking_for(rooms, now, claiming.MOST) | {"lease": uuid4(), "until": now}
    admin.execute(LET_GO)
    admin.execute("VACUUM tracking_poll")
    total = 0
    for statement in (claiming.WAITING, claiming.CLAIM):
        (said,) = admin.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", given).fetchone()
        plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
        total += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    return total


def show(costs: dict[str, Cost]) -> None:
    floor = next(iter(costs.values()))
    print(
        f"{f'claiming {DUE} polls':<40}{'claims/s':>10}{'ms':>8}{'ratio':>8}{'goal':>8}{'pages':>8}{'ratio':>8}{'goal':>8}"
    )
    for name, cost in costs.items():
        print(
            f"{name:<40}{DUE / cost.ms * 1000:>10,.0f}{cost.ms:>8.1f}{cost.ms / floor.ms:>8.2f}{'≤ 2.2':>8}"
            f"{cost.buffers:>8,}{cost.buffers / floor.buffers:>8.2f}{'≤ 1.7':>8}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
