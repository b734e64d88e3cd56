"""A Black Friday: four times the ordinary load of a node for 100,000 orders a day, on the web process as it is run.

An order is looked at 60 times while 8 scans of it are recorded; each page stays open for 40 s and asks meanwhile
whether anything moved, every 13.5 s: 278 pages and 823 questions a second, over 37 scans a second. Time between two
looks is skipped, and what Redis would have forgotten by then is taken from it: always what it knew of the order's
version, and for every other look the page too. The mix is asked for as fast as the machine gives it; what it took of
the processor (web, PostgreSQL with the recording, Redis) says what the surge takes. Goal: less than the node's two cores.
Run: python -m bench.surge [seconds]
"""

from __future__ import annotations

import http.client
import random
import sys
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from bench.serving import Site, get, orders, serving

SECONDS, PAGES, READERS = 20, 240, 4
ORDERS_A_DAY, SURGE, VIEWS, SCANS = 100_000, 4, 60, 8
OPEN_S, EVERY_S = 40.0, 13.5
CORES = 2
VIEWS_A_S = ORDERS_A_DAY * VIEWS / 86_400 * SURGE
QUESTIONS = OPEN_S / EVERY_S  # for each view


def main(seconds: int = SECONDS) -> None:
    with serving() as site:
        _shop, made = orders(PAGES)
        known = [seen for order in made if (seen := first_look(site, order))]
        asked: Counter[str] = Counter()
        read, before, began = site.pages_read(), site.cpu_s(), time.monotonic()
        stop = began + seconds
        readers = [
            threading.Thread(target=look, args=(site, known[n::READERS], stop, asked, n))
            for n in range(READERS)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        took = time.monotonic() - began
        used = {name: seconds - before[name] for name, seconds in site.cpu_s().items()}
        time.sleep(1)  # PostgreSQL counts with a delay
        show(asked, used, took, site.pages_read() - read)


class Seen(NamedTuple):
    """A page that was opened before. `version`, `page`: under which names Redis keeps it."""

    shop_id: int
    shipment_id: int
    path: str
    version: str
    page: list[bytes]


def first_look(site: Site, order: Any) -> Seen:
    from carriers import shared
    from tenants.isolation import shop_context
    from tests import make
    from tracking import kept

    path = f"/t/{make.token_of(order)}/"
    link = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    assert get(link, path)[0] == 200
    link.close()
    redis = shared.client()
    assert redis is not None
    page: Any = redis.keys(kept.page_name(order.token_hash, "*"))
    with shop_context(order.shop_id):
        shipment_id = order.shipments.get().pk
    return Seen(order.shop_id, shipment_id, path, kept.order_name(order.token_hash), page)


def look(site: Site, known: list[Seen], stop: float, asked: Counter[str], seed: int) -> None:
    """Open a page, ask as often as it asks while it is open, open another."""
    from django.db import connection

    from carriers import shared

    chance = random.Random(seed)
    link = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    redis = shared.client()
    assert redis is not None
    while time.monotonic() < stop:
        seen = chance.choice(known)
        if chance.random() < SCANS / VIEWS:
            scan(seen, asked)
        redis.delete(seen.version, *(seen.page if chance.random() < 0.5 else ()))
        status, etag, _size = get(link, seen.path)
        assert status == 200, status
        asked["views"] += 1
        for _question in range(int(QUESTIONS + chance.random())):
            status, etag, _size = get(link, seen.path, etag)
            asked[str(status)] += 1
    link.close()
    connection.close()


def scan(seen: Seen, asked: Counter[str]) -> None:
    from django.utils import timezone

    from carriers.types import Event, SubStatus
    from tracking.services.events import record_events

    asked["scans"] += 1
    now = timezone.now()
    said = Event(now, SubStatus.ON_VEHICLE, code=f"R{asked['scans']}", text="En reparto", place="Madrid")
    record_events(shop_id=seen.shop_id, shipment_id=seen.shipment_id, events=[said], now=now)


def show(asked: Counter[str], used: dict[str, float], took: float, read: int) -> None:
    views, questions, scans = asked["views"], asked["304"] + asked["200"], asked["scans"]
    answers = views + questions
    cores = sum(used.values()) / views * VIEWS_A_S
    rates = [
        f"{count / took:,.0f} {what}"
        for count, what in ((views, "pages"), (questions, "questions"), (scans, "scans"))
    ]
    print(f"had a second: {', '.join(rates)}")
    print(f"{'the surge, on ' + str(CORES) + ' cores':<44}{'measured':>10}   goal")
    rows = [
        ("pages a second it takes", f"{VIEWS_A_S:,.0f}", ""),
        ("CPU µs a page with its questions", f"{sum(used.values()) / views * 1e6:,.0f}", ""),
        *((f"  of it {name}", f"{part / views * 1e6:,.0f}", "") for name, part in used.items()),
        ("answers from one read of Redis", f"{1 - read / answers:.1%}", ""),
        ("cores it takes", f"{cores:.2f}", f"< {CORES}"),
        (
            "orders a day the node has room for",
            f"{ORDERS_A_DAY * CORES / cores:,.0f}",
            f">= {ORDERS_A_DAY:,}",
        ),
    ]
    for name, said, goal in rows:
        print(f"{name:<44}{said:>10}   {goal}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
