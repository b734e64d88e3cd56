"""Claiming 500 due polls of 300 accounts: with 10,000 parcels watched, and with a hundred times as many.

Floor: ourselves at 10,000. Then the same with one account's backlog of 100,000 in the way.
Run: python -m bench.claiming [parcels]
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple
from uuid import uuid4

DUE, ACCOUNTS, SHOPS = 500, 300, 180
FEW, MANY, BACKLOG = 10_000, 1_000_000, 100_000
TIMES = 15

FILL = """
INSERT INTO tracking_poll (shop_id, shipment_id, carrier, account_id, next_at, claims, failures, pulls, outcome)
SELECT n %% %(accounts)s %% %(shops)s + 1, n, 'dhl', n %% %(accounts)s + 1,
       now() + interval '1 hour' + n * interval '50 ms', 0, 0, 0, 'found'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
"""
SET_DUE = """
UPDATE tracking_poll SET next_at = now() - interval '1 second', lease = NULL, lease_until = NULL
WHERE shipment_id IN (SELECT n * (%(rows)s / %(due)s) FROM generate_series(1, %(due)s) n)
"""
LET_GO = "UPDATE tracking_poll SET lease = NULL, lease_until = NULL, claims = 0 WHERE lease IS NOT NULL"
PILE_UP = "UPDATE tracking_poll SET next_at = now() - interval '1 day' WHERE id IN (SELECT id FROM tracking_poll WHERE next_at > now() LIMIT %s)"
ONE_OWNER = "UPDATE tracking_poll SET account_id = 0, shop_id = 1 WHERE next_at < now() - interval '1 hour'"


class Cost(NamedTuple):
    ms: float
    buffers: int


def main(many: int = MANY) -> None:
    with database() as admin:
        costs: dict[str, Cost] = {}
        rows = 0
        for size in (FEW, many):
            fill(admin, rows + 1, size)
            rows = size
            costs[f"{size:,} parcels"] = measure(admin, size)
        admin.execute(PILE_UP, [min(BACKLOG, many // 2)])
        admin.execute(ONE_OWNER)
        costs[f"{many:,} parcels, a backlog of {min(BACKLOG, many // 2):,}"] = measure(admin, many)
        show(costs)


def fill(admin: object, first: int, last: int) -> None:
    admin.execute("SET session_replication_role = replica")  # parcels and shops do not matter here
    admin.execute(FILL, {"first": first, "last": last, "accounts": ACCOUNTS, "shops": SHOPS})
    admin.execute(SET_DUE, {"rows": last, "due": DUE})
    admin.execute("VACUUM ANALYZE tracking_poll")


def measure(admin: object, rows: int) -> Cost:
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
    return Cost(statistics.median(times), buffers(admin))


def buffers(admin: object) -> int:
    """Pages looked at by the two statements."""
    from django.utils import timezone

    from tracking.services import claiming

    now = timezone.now()
    rooms = {one.account_id: 50 for one in claiming.waiting(now) if one.account_id}
    given = {
        "now": now, "accounts": list(rooms), "rooms": list(rooms.values()), "lease": uuid4(),
        "until": now, "most": claiming.MOST,
    }  # fmt: skip
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
        f"{'claim of ' + str(DUE) + ' due polls':<48}{'ms':>8}{'claims/s':>12}{'time ×':>9}{'buffers':>10}{'×':>7}"
    )
    for name, cost in costs.items():
        per_s = DUE / cost.ms * 1000
        print(
            f"{name:<48}{cost.ms:>8.1f}{per_s:>12,.0f}{cost.ms / floor.ms:>9.2f}"
            f"{cost.buffers:>10,}{cost.buffers / floor.buffers:>7.2f}"
        )


@contextmanager
def database() -> Iterator[object]:
    """A private PostgreSQL with the tables, its durability on, and a connection that may do anything."""
    import django
    import psycopg

    from config.database import url_as_admin
    from tests.servers import Servers

    servers = Servers.start()
    try:
        os.environ.update(servers.environment("bench"))
        django.setup()
        servers.make_database("bench")
        url = url_as_admin(servers.admin_url, servers.database("bench"))
        with psycopg.connect(url, autocommit=True) as admin:
            yield admin
        from django.db import connections

        connections.close_all()
    finally:
        servers.stop()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
