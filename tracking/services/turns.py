"""Whose turn it is to be asked: what all workers know together of each account's last turn, and who waits long."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from datetime import datetime

from carriers import pace, registry, shared
from carriers.services import key_of
from tracking.services.claiming import Waiting, waiting

KEPT_S = 86_400
MOST_LOOKED_AT = 1000  # accounts, to find one that waits though it may ask

_KEY = "turns"
_served: dict[
    int, float
] = {}  # what this process knows of itself: account → when its last turn began (Unix time)


def in_turn(accounts: Sequence[Waiting]) -> list[Waiting]:
    """The one whose turn is the longest ago first, whoever gave it that turn."""
    last = _last([one.account_id for one in accounts])
    return sorted(accounts, key=lambda one: (last[one.account_id], one.since))


def note(account_ids: Collection[int]) -> None:
    """These have their turn now."""
    if not account_ids:
        return
    now = time.time()
    _served.update(dict.fromkeys(account_ids, now))
    shared.ask(lambda link: link.hset(_KEY, mapping={str(one): now for one in account_ids}))
    shared.ask(lambda link: link.expire(_KEY, KEPT_S))


def lag_s(now: datetime) -> float:
    """How long an account that has something due, and may ask, has waited for its turn; of all the longest.

    Those that are paused or out of their day's budget wait for the carrier, not for us.
    """
    accounts = waiting(now)
    last = _last([one.account_id for one in accounts])
    since = {one.account_id: max(one.since.timestamp(), last[one.account_id]) for one in accounts}
    for one in sorted(accounts, key=lambda one: since[one.account_id])[:MOST_LOOKED_AT]:
        carrier = registry.CARRIERS.get(one.carrier)
        if carrier and pace.room(key_of(one.account_id), carrier.limits, within_s=1.0):
            waited_s = now.timestamp() - since[one.account_id]
            return max(0.0, waited_s - pace.every_s(carrier.limits))
    return 0.0


def _last(account_ids: Sequence[int]) -> dict[int, float]:
    """0: never, or nobody remembers."""
    if not account_ids:
        return {}
    found = shared.ask(lambda link: link.hmget(_KEY, [str(one) for one in account_ids]))
    known = found if isinstance(found, list) else [None] * len(account_ids)
    return {
        one: max(float(at or 0), _served.get(one, 0.0)) for one, at in zip(account_ids, known, strict=True)
    }
