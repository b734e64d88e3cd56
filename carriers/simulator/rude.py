"""Bad manners on demand: slowness, errors, garbage, for a share of one carrier's calls and a while."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from carriers.simulator.parcels import Quirk
from carriers.simulator.wire.contract import Reply, html_reply

MAX_SLOW_S = 120.0
ALL = "*"


class Fault(StrEnum):
    """Bad manners of the server, not of what it says."""

    SLOW = "slow"  # answers, but only after `slow_s`
    ERROR = "500"
    TOO_MANY = "429"
    HTML = "html"  # a page for people, status 200
    TRUNCATED = "truncated"  # well-formed HTTP, half a body
    DROPPED = "dropped"  # the line breaks in the middle of the body, the call having been carried out


class PushFault(StrEnum):
    """Bad manners of a push. Of a `duplicate` each call comes twice; `out_of_order`, the last comes first."""

    BAD_SIGNATURE = "bad_signature"  # made with a secret that is nobody's
    LATE = "late"  # arrives `slow_s` after it was written; what is written meanwhile overtakes it


Kind = Fault | Quirk | PushFault


@dataclass(frozen=True, slots=True)
class Rudeness:
    """`share` of the carrier's calls, 0 to 1, until `until` (monotonic seconds)."""

    carrier: str
    kind: Kind
    share: float
    until: float
    slow_s: float = 5.0


class Manners:
    """Which rudeness befalls the next call. Even, not random: a share of 0.5 is every second call."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._lock = threading.Lock()
        self._counted: list[tuple[Rudeness, int, int]] = []  # and of how many calls and pushes it was asked

    def add(self, carrier: str, kind: str, share: float, seconds: float, slow_s: float = 5.0) -> None:
        """Raises ValueError when the kind is unknown or a number is out of its range."""
        if not 0 < share <= 1:
            raise ValueError('"share" is the part of calls to be rude to, above 0 and up to 1.')
        if seconds <= 0 or not 0 < slow_s <= MAX_SLOW_S:
            raise ValueError(f'"seconds" is above 0, "slow_s" above 0 and up to {MAX_SLOW_S:g}.')
        one = Rudeness(carrier, rudeness_kind(kind), share, self._now() + seconds, slow_s)
        with self._lock:
            self._counted.append((one, 0, 0))

    def clear(self) -> None:
        with self._lock:
            self._counted.clear()

    def current(self) -> list[tuple[Rudeness, float]]:
        """What is in force, and for how many seconds more."""
        now = self._now()
        with self._lock:
            return [(one, one.until - now) for one, _, _ in self._counted if one.until > now]

    def next_call(self, carrier: str) -> tuple[frozenset[Quirk], tuple[Rudeness, ...]]:
        """The quirks of the answer to come, and the faults of the server that gives it."""
        chosen = self._chosen(carrier, is_push=False)
        quirks = frozenset(one.kind for one in chosen if isinstance(one.kind, Quirk))
        return quirks, tuple(one for one in chosen if isinstance(one.kind, Fault))

    def next_push(self, carrier: str) -> tuple[frozenset[Quirk], tuple[Rudeness, ...]]:
        """The quirks of the push to come, and what befalls it under way. Counted apart from the calls."""
        chosen = self._chosen(carrier, is_push=True)
        quirks = frozenset(one.kind for one in chosen if isinstance(one.kind, Quirk))
        return quirks, tuple(one for one in chosen if isinstance(one.kind, PushFault))

    def _chosen(self, carrier: str, *, is_push: bool) -> list[Rudeness]:
        now, chosen = self._now(), []
        with self._lock:
            kept = []
            for one, calls, pushes in self._counted:
                if one.until <= now:
                    continue
                if one.carrier in (carrier, ALL):
                    count = pushes if is_push else calls
                    if int((count + 1) * one.share + 1e-9) > int(count * one.share + 1e-9):
                        chosen.append(one)
                    calls, pushes = calls + (not is_push), pushes + is_push
                kept.append((one, calls, pushes))
            self._counted = kept
        return chosen


def rudeness_kind(name: str) -> Kind:
    """Raises ValueError, which lists the kinds there are."""
    known: dict[str, Kind] = {kind.value: kind for kinds in (Fault, Quirk, PushFault) for kind in kinds}
    if name in known:
        return known[name]
    raise ValueError(f"There is no rudeness {name!r}. Use one of: {', '.join(known)}.")


def refusal(faults: tuple[Rudeness, ...], refuse: Callable[[int], Reply]) -> Reply | None:
    """The answer of a server that does not even look at the call; None when it does."""
    for fault in faults:
        if fault.kind is Fault.TOO_MANY:
            limited = refuse(429)
            return replace(limited, headers={**limited.headers, "Retry-After": "2"})
        if fault.kind is Fault.ERROR:
            return refuse(500)
        if fault.kind is Fault.HTML:
            return html_reply(200, "Site under maintenance", "We will be back soon.")
    return None


def spoiled(reply: Reply, faults: tuple[Rudeness, ...]) -> tuple[Reply, float]:
    """The answer as it leaves, and how many seconds late."""
    wait_s = 0.0
    for fault in faults:
        if fault.kind is Fault.SLOW:
            wait_s = max(wait_s, fault.slow_s)
        if fault.kind in (Fault.TRUNCATED, Fault.DROPPED):
            length = {"Content-Length": str(len(reply.body))} if fault.kind is Fault.DROPPED else {}
            half = reply.body[: len(reply.body) // 2]
            reply = replace(reply, body=half, headers={**reply.headers, **length})
    return reply, wait_s
