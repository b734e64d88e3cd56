"""One shop with 100,000 parcels all due, and 200 others with a few each: are the others asked in time?

Three workers ask a simulator over HTTP. Floor: the same run without the big shop. Goal: the others' p99 of lateness,
from due to answered, at most 1.5 times the floor's. The big shop asks once with DHL (one call a second, 250 a
day), which some others ask too, once with FedEx (140 a second), once with a carrier that takes 5 s for each call.
Run: python -m bench.fairness [parcels of the big shop]
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

import psycopg

from bench.scratch import database

BACKLOG, OTHERS, WORKERS = 100_000, 200, 3
OTHERS_ASK = ("dhl", "ups", "correos_es", "laposte", "gls_es", "seur")  # three of them each
ACCOUNTS, PARCELS = 3, 2
FOR_S, DUE_WITHIN_S = 18.0, 12.0  # a run; the others' polls fall due in its first two thirds
SLOW_S = 5.0
SECRETS = {
    "dhl": {"api_key": "demo"},
    "ups": {"client_id": "shop", "client_secret": "secret"},
    "correos_es": {"username": "shop", "password": "demo"},
    "gls_es": {"uid": "6bae1c5c-0000-4000-8000-000000000001"},
    "laposte": {"api_key": "demo"},
    "fedex": {"client_id": "shop", "client_secret": "secret", "webhook_secret": "hook"},
    "seur": dict.fromkeys(
        ("client_id", "client_secret", "username", "password", "tax_id", "account", "franchise"), "demo"
    ),
    "mrw": dict.fromkeys(("username", "password", "subscriber", "franchise"), "demo"),
}


class Run(NamedTuple):
    lateness_s: list[float]  # of the others' polls
    never: int  # of them not asked at all
    big_calls: int
    big_may: str  # what its limits allow
    looks: int
    idle_claims: int


def main(backlog: int = BACKLOG) -> None:
    from carriers.simulator import numbers  # noqa: F401
    from carriers.simulator.testing import running

    with database() as url, running(speed=1) as simulator, psycopg.connect(url, autocommit=True) as admin:
        os.environ["CARRIER_SIMULATOR_URL"] = simulator.url
        others = [of_shop(number) for number in range(OTHERS)]
        run(admin, simulator, others, None)  # what happened before is told once, and costs the most
        runs = {"nobody": run(admin, simulator, others, None)}
        for name, carrier, slow in (
            (f"DHL with {backlog:,} due", "dhl", False),
            (f"FedEx with {backlog:,} due", "fedex", False),
            (f"MRW with {backlog:,} due, slow", "mrw", True),
        ):
            if slow:
                simulator.rude(carrier, "slow", seconds=600, slow_s=SLOW_S)
            big = pile_up(admin, carrier, backlog)
            runs[name] = run(admin, simulator, others, (carrier, big))
        show(runs)


# --- What there is ---


def of_shop(number: int) -> dict[int, list[int]]:
    """A shop with its accounts and parcels: polls, by account."""
    from carriers.simulator.numbers import number_for
    from tenants.isolation import shop_context
    from tests import make
    from tracking.models import Poll

    shop = make.shop()
    polls: dict[int, list[int]] = {}
    with shop_context(shop.pk):
        for place in range(ACCOUNTS):
            carrier = OTHERS_ASK[(number + place) % len(OTHERS_ASK)]
            account = make.account(shop, carrier, **SECRETS[carrier])
            for parcel in range(PARCELS):
                seed = f"{number}-{place}-{parcel}"
                make.shipment(
                    make.order(shop, lines=0),
                    carrier=carrier,
                    number=number_for(carrier, seed),
                    polled=account,
                )
            polls[account.pk] = list(Poll.objects.filter(account_id=account.pk).values_list("pk", flat=True))
    return polls


def pile_up(admin: Any, carrier: str, count: int) -> int:
    """The account of a shop whose `count` parcels have been due for hours."""
    from carriers.simulator.numbers import number_for
    from tenants.isolation import shop_context
    from tests import make
    from tracking.models import Order, Poll, Shipment

    shop = make.shop()
    with shop_context(shop.pk):
        account = make.account(shop, carrier, **SECRETS[carrier])
        parcel = make.shipment(make.order(shop, lines=0), carrier=carrier, polled=account)
        poll = Poll.objects.get(shipment=parcel)
    numbers = [number_for(carrier, f"big-{n}") for n in range(count)]
    first = 10_000_000 * account.pk
    own = f"({first} + n)::text"
    admin.execute("SET session_replication_role = replica")
    copy(admin, Order, parcel.order_id, first, numbers, number=own, number_key=own, token_hash=own)
    copy(
        admin, Shipment, parcel.pk, first, numbers, order_id=f"{first} + n", number="said", number_key="said"
    )
    due = "now() - interval '1 day' - n * interval '1 ms'"
    copy(admin, Poll, poll.pk, first, numbers, shipment_id=f"{first} + n", next_at=due)
    admin.execute("DELETE FROM tracking_poll WHERE id = %s", [poll.pk])
    return account.pk


def copy(admin: Any, model: Any, pk: int, first: int, numbers: Sequence[str], **changed: str) -> None:
    """As many rows like this one as there are numbers, each `said` at place `n`; ids count from `first`."""
    columns = [field.column for field in model._meta.concrete_fields if not field.generated]
    values = ", ".join({"id": f"{first} + n", **changed}.get(column, column) for column in columns)
    table = model._meta.db_table
    admin.execute(
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table},"
        " unnest(%s::text[]) WITH ORDINALITY AS copy (said, n) WHERE id = %s",
        [numbers, pk],
    )


# --- A run ---


def run(
    admin: Any, simulator: Any, others: Sequence[dict[int, list[int]]], big: tuple[str, int] | None
) -> Run:
    from carriers.shared import client

    link = client()
    assert link is not None
    link.flushdb()
    simulator.forget_calls()
    chance = random.Random(7)
    ids = [poll for shop in others for polls in shop.values() for poll in polls]
    delays = [chance.random() * DUE_WITHIN_S for _ in ids]
    admin.execute("UPDATE carriers_account SET paused_until = NULL, last_error = ''")
    admin.execute(
        "UPDATE tracking_poll SET next_at = NULL, lease = NULL, lease_until = NULL"
        " WHERE id <> ALL (%s) AND account_id <> %s AND next_at IS NOT NULL",
        [ids, big[1] if big else 0],
    )
    admin.execute("VACUUM ANALYZE")  # as autovacuum would have by the time there are so many
    workers = started()
    began_at = admin.execute(
        "UPDATE tracking_poll p SET next_at = now() + due.after * interval '1 s', asked_at = NULL, lease = NULL,"
        " lease_until = NULL, failures = 0, claims = 0 FROM unnest(%s::bigint[], %s::float[]) AS due (id, after)"
        " WHERE p.id = due.id RETURNING now()",
        [ids, delays],
    ).fetchone()[0]
    said = let_work(workers)
    asked = dict(
        admin.execute("SELECT id, asked_at FROM tracking_poll WHERE id = ANY (%s)", [ids]).fetchall()
    )
    ended_at = began_at + timedelta(seconds=FOR_S)
    late = [
        ((asked[poll] or ended_at) - began_at).total_seconds() - delay
        for poll, delay in zip(ids, delays, strict=True)
    ]
    calls = 0
    if big:
        calls = admin.execute("SELECT count(*) FROM tracking_poll WHERE account_id = %s AND asked_at >= %s",
                              [big[1], began_at]).fetchone()[0]  # fmt: skip
    looks, idle = (sum(column) for column in zip(*said, strict=True))
    return Run(sorted(late), sum(at is None for at in asked.values()), calls, allowed(big), looks, idle)


def allowed(big: tuple[str, int] | None) -> str:
    from carriers import pace
    from carriers.registry import CARRIERS

    if big is None:
        return "-"
    carrier = CARRIERS[big[0]]
    limits = carrier.limits
    most = limits.per_second * FOR_S * carrier.per_call
    if limits.per_day:
        _day, _turn, passed = pace._day(limits)
        most = min(most, limits.per_day * min(1.0, passed + pace.HEAD_START) * carrier.per_call)
    return f"{most:,.0f}"


def started() -> list[subprocess.Popen[str]]:
    """The workers, ready to begin."""
    command = [sys.executable, "-m", "bench.fairness", "worker"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    return workers


def let_work(workers: Sequence[subprocess.Popen[str]]) -> list[tuple[int, int]]:
    """Claims made by each, and how many of them found nothing."""
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    said = [worker.communicate()[0].split()[-2:] for worker in workers]
    return [(int(looks), int(idle)) for looks, idle in said]


def worker() -> None:
    """Look at what is due again and again, as the scheduler has it; say how many claims found nothing."""
    import django

    django.setup()
    from tracking.services import asking, claiming

    looks = idle = 0
    real = claiming.claim

    def counted(**given: Any) -> Any:
        nonlocal looks, idle
        claim = real(**given)
        looks += 1
        idle += not claim.polls
        return claim

    asking.poll_due(budget_s=0.0)  # connects, and loads what it needs
    print("ready", flush=True)
    sys.stdin.readline()

    setattr(asking, "claim", counted)  # noqa: B010
    ends_at = time.monotonic() + FOR_S
    while (left_s := ends_at - time.monotonic()) > 0:
        asking.poll_due(budget_s=min(asking.BUDGET_S, left_s))
        time.sleep(0.2)
    print(looks, idle)


def show(runs: dict[str, Run]) -> None:
    floor = at(next(iter(runs.values())).lateness_s, 0.99)
    print(
        f"{'the others, by what is in their way':<32}{'p50 s':>8}{'p99 s':>8}{'max s':>8}{'ratio':>8}{'goal':>8}{'never':>8}"
        f"{'its parcels':>14}{'may':>10}{'claims':>8}{'idle':>6}"
    )
    for name, one in runs.items():
        late = one.lateness_s
        print(
            f"{name:<32}{at(late, 0.5):>8.2f}{at(late, 0.99):>8.2f}{late[-1]:>8.2f}{at(late, 0.99) / floor:>8.2f}"
            f"{'≤ 1.5':>8}{one.never:>8}{one.big_calls:>14,}{one.big_may:>10}{one.looks:>8,}{one.idle_claims:>6,}"
        )


def at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    if sys.argv[1:] == ["worker"]:
        worker()
    else:
        main(*map(int, sys.argv[1:]))
