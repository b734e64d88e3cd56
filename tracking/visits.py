"""Views on their way to the database: gathered in the process for a second, in Redis until they are drained.

A view costs the reader no wait. What a process gathered is lost when it is killed, what Redis holds when it is
wiped: counts, and nothing else. No person, address or cookie is in any of it.

- `visits`: hash of `shop|token hash|day|device|country|reader|what` to how many (`what`: views, visits, seconds)
- `visits:taken`: the same, being written to the database
- `visits:rest:<token hash>:<device>`: the page was looked at within half an hour
"""

from __future__ import annotations

import atexit
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any, NamedTuple

from carriers import shared
from tracking.counting import Reader

PREFIX = "rastro:visits"
REST_S = 1800  # without a look, before a view counts as coming back
LONGEST_S = 1800  # that one look counts for
GATHER_S = 1.0
MOST_GATHERED = 20_000  # kinds of views a process holds; more are dropped
KEPT_S = 86_400  # in Redis, should nobody drain
DRAIN_S = 120  # how long one drain keeps others away


class Key(NamedTuple):
    """Whose views. `reader` and `device` as in `tracking.counting`."""

    shop_id: int
    token_hash: str
    day: date
    device: str
    country: str
    reader: str


class Counts(NamedTuple):
    views: int = 0
    visits: int = 0
    dwell_s: int = 0


_lock = threading.Lock()
_views: Counter[Key] = Counter()
_seconds: Counter[Key] = Counter()
_timer: threading.Timer | None = None


def saw(key: Key) -> None:
    """The page was opened once."""
    _gather(_views, key, 1)


def stayed(key: Key, seconds: int) -> None:
    """The page was in front for so long. Counts only for one that was opened within half an hour."""
    _gather(_seconds, key, min(max(seconds, 0), LONGEST_S))


def _gather(where: Counter[Key], key: Key, amount: int) -> None:
    global _timer
    with _lock:
        if len(where) >= MOST_GATHERED and key not in where:
            return
        where[key] += amount
        if _timer is None:
            _timer = threading.Timer(GATHER_S, flush)
            _timer.daemon = True
            _timer.start()


def flush() -> None:
    """Bring what was gathered to Redis; where that is away, it is lost."""
    global _timer
    with _lock:
        views, seconds = dict(_views), dict(_seconds)
        _views.clear()
        _seconds.clear()
        _timer = None
    if views or seconds:
        shared.ask(lambda link: _push(link, views, seconds))


atexit.register(flush)  # a process that is told to stop keeps its last second


def _push(link: Any, views: dict[Key, int], seconds: dict[Key, int]) -> None:
    persons = [key for key in views if key.reader == Reader.PERSON]
    looks = link.pipeline(transaction=False)
    for key in persons:
        looks.set(_rest_name(key), b"1", ex=REST_S, get=True)
    for key in seconds:
        looks.expire(_rest_name(key), REST_S)  # 0 where there was no look to go on from
    said = looks.execute()
    rested = {key for key, before in zip(persons, said, strict=False) if before is None}
    known = {key for key, found in zip(seconds, said[len(persons) :], strict=True) if found}
    counts = link.pipeline(transaction=False)
    for key, amount in views.items():
        counts.hincrby(PREFIX, _field(key, "views"), amount)
    for key in rested:
        counts.hincrby(PREFIX, _field(key, "visits"), 1)
    for key in known:
        counts.hincrby(PREFIX, _field(key, "dwell_s"), seconds[key])
    counts.expire(PREFIX, KEPT_S)
    counts.execute()


def _rest_name(key: Key) -> str:
    return f"{PREFIX}:rest:{key.token_hash}:{key.device}"


def _field(key: Key, what: str) -> str:
    return "|".join((str(key.shop_id), key.token_hash, key.day.isoformat(), *key[3:], what))


# --- Draining ---


@contextmanager
def taken() -> Iterator[dict[int, dict[Key, Counts]] | None]:
    """What waits, by shop, for nobody else to take meanwhile; None where another is at it, or Redis is away.

    Call `done` for each shop once it is written: what was taken and not done is taken again.
    """
    if not shared.ask(lambda link: link.set(f"{PREFIX}:draining", b"1", nx=True, ex=DRAIN_S)):
        yield None
        return
    try:
        yield _take()
    finally:
        shared.ask(lambda link: link.delete(f"{PREFIX}:draining"))


def _take() -> dict[int, dict[Key, Counts]]:
    def take(link: Any) -> dict[bytes, bytes]:
        if not link.exists(f"{PREFIX}:taken") and link.exists(PREFIX):
            link.rename(PREFIX, f"{PREFIX}:taken")
        found: dict[bytes, bytes] = link.hgetall(f"{PREFIX}:taken")
        return found

    shops: dict[int, dict[Key, Counts]] = {}
    for field, amount in (shared.ask(take) or {}).items():
        shop, token_hash, day, device, country, reader, what = field.decode().split("|")
        key = Key(int(shop), token_hash, date.fromisoformat(day), device, country, reader)
        of_shop = shops.setdefault(key.shop_id, {})
        of_shop[key] = of_shop.get(key, Counts())._replace(**{what: int(amount)})
    return shops


def done(of_shop: dict[Key, Counts]) -> None:
    """These are in the database."""
    fields = [_field(key, what) for key in of_shop for what in Counts._fields]
    if fields:
        shared.ask(lambda link: link.hdel(f"{PREFIX}:taken", *fields))
