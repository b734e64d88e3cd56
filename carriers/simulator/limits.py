"""Each account's published limits, and a record of what was asked."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from carriers.simulator.wire.contract import Wire

KEPT_CALLS = 50_000


@dataclass(frozen=True, slots=True)
class Call:
    """One call a carrier got. `account` is a fingerprint, never the credential; `took_ms` includes slowness."""

    at: float
    carrier: str
    account: str
    method: str
    path: str
    query: Mapping[str, str]
    status: int
    took_ms: float


class Calls:
    """The latest calls, oldest first. In memory: they do not outlive the process."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=KEPT_CALLS)
        self._since = 0.0  # what began before, and was slow to end, is forgotten with the rest

    def add(self, call: Call) -> None:
        if call.at >= self._since:
            self._calls.append(call)

    def clear(self, now: float) -> None:
        """Forget what began before `now` (epoch seconds)."""
        self._since = now
        self._calls.clear()

    def since(self, at: float, carrier: str = "") -> list[Call]:
        return [call for call in list(self._calls) if call.at > at and carrier in ("", call.carrier)]


class Limits:
    """Counts calls by carrier and account. Days end at 00:00 GMT, as the carriers' do."""

    def __init__(self, *, enforced: bool) -> None:
        self.enforced = enforced
        self._lock = threading.Lock()
        self._recent: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._today: dict[tuple[str, str], int] = defaultdict(int)
        self._day = ""

    def allows(self, wire: Wire, account: str, now: float) -> bool:
        """Whether the call is within the limits; one that is not does not count."""
        if not self.enforced:
            return True
        key = (wire.code, account)
        with self._lock:
            self._turn_day(now)
            recent = self._recent[key]
            while recent and recent[0] <= now - 1:
                recent.popleft()
            if wire.per_second is not None and len(recent) >= wire.per_second:
                return False
            if wire.per_day is not None and self._today[key] >= wire.per_day:
                return False
            recent.append(now)
            self._today[key] += 1
            return True

    def _turn_day(self, now: float) -> None:
        day = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d}"
        if day != self._day:
            self._day = day
            self._today.clear()


def fingerprint(credential: str) -> str:
    """Tells accounts apart without showing what they sign in with."""
    return hashlib.sha256(credential.encode()).hexdigest()[:10] if credential else ""
