"""A thousand pages left open: what their asking whether anything moved costs the web process and Redis.

Floor: the process's own sign of life, which passes by all that makes it a site. Every page asks about every 13.5 s
(out for delivery) or, once it is over, every 54 s; each time on a connection of its own, as a phone without a proxy
before us would. Beside it the same with the pages' versions forgotten, where each answer costs one read of the
database. Goal: a thousand open pages take less than a tenth of a core. Run: python -m bench.openpages [requests]
"""

from __future__ import annotations

import http.client
import sys
from collections.abc import Callable

from bench.serving import Site, get, orders, serving

REQUESTS, PAGES = 1500, 40
EVERY_S = {"out for delivery": 15 * 0.9, "over": 60 * 0.9}


def main(requests: int = REQUESTS) -> None:
    with serving() as site:
        from tests import make
        from tracking import pages

        _shop, made = orders(PAGES)
        paths = [f"/t/{make.token_of(order)}/" for order in made]
        hashes = [order.token_hash for order in made]
        etags = [ask(site, path)[1] for path in paths]

        def unchanged(number: int) -> None:
            at = number % PAGES
            status = ask(site, paths[at], etags[at])[0]
            assert status == 304, status

        def forgotten(number: int) -> None:
            pages.forget([hashes[number % PAGES]])
            unchanged(number)

        alive = cost(site, requests, lambda _number: ask(site, "/livez"))
        print(
            f"{'what is asked':<36}{'CPU µs':>8}{'of the floor':>14}{'cores per 1,000 open pages':>28}   goal"
        )
        line("a sign of life", alive, alive, None, "floor")
        same = cost(site, requests, unchanged)
        for state, every_s in EVERY_S.items():
            line(f"not modified, {state}", same, alive, every_s, "< 0.1")
        line("not modified, Redis knows nothing", cost(site, requests // 3, forgotten), alive, 13.5, "-")


def ask(site: Site, path: str, etag: str = "") -> tuple[int, str, int]:
    link = http.client.HTTPConnection("127.0.0.1", site.port, timeout=20)
    try:
        return get(link, path, etag)
    finally:
        link.close()


def cost(site: Site, requests: int, one: Callable[[int], object]) -> float:
    """Seconds of processor an answer takes, of all that serve."""
    for number in range(100):
        one(number)
    before = sum(site.cpu_s().values())
    for number in range(requests):
        one(number)
    return (sum(site.cpu_s().values()) - before) / requests


def line(name: str, used: float, floor: float, every_s: float | None, goal: str) -> None:
    cores = f"{used * 1000 / every_s:.3f}" if every_s else ""
    print(f"{name:<36}{used * 1e6:>8.0f}{floor / used:>14.2f}{cores:>28}   {goal}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
