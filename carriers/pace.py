"""How fast an account may ask its carrier, and when it had better not: rates, day budgets, pauses, breakers.

Counted in Redis, so that all workers together keep to what one account may do. Without Redis each process
counts for itself, to a quarter of the limits, so that we neither stop nor flood.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple, TypeVar

import pybreaker
import redis
from django.conf import settings
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from carriers import shared
from carriers.types import BadResponseError, CarrierError, Limits, RateLimitedError, TransientError

T = TypeVar("T")
# While Redis is away it would log a traceback for each of its questions; `shared` says it once.
logging.getLogger("pybreaker").setLevel(logging.CRITICAL)

ALONE_SHARE = 4  # without Redis a process takes a quarter, as if four were asking
MARGIN_S = 0.1  # calls sent a second apart may arrive closer than that
DAY_S = 86_400
HEAD_START = 0.15  # of a day's budget may be spent before its time has come
FAILURES = 3  # of an account, in a row, open its breaker...
FAILURES_OF_ALL = 3 * FAILURES  # ...and of a carrier's endpoint, whoever asks: three accounts' worth...
OPEN_S = 60.0  # ...for so long
LONGEST_PAUSE_S = 24 * 3600.0


class NotNowError(RateLimitedError):
    """Not asked: the account has spent what it may ask for now. `retry_after_s` says until when."""


class OpenError(TransientError):
    """Not asked: the carrier has failed this account several times in a row."""


# --- Rates and day budgets ---


def room(account_key: str, limits: Limits, *, within_s: float) -> int:
    """How many calls the account may make in the next `within_s` seconds; 0 while it is paused."""
    if paused_s(account_key) > 0:
        return 0
    rate = _rate(limits, 1)
    calls = max(1, int(rate.amount * within_s / rate.get_expiry()))
    return calls if limits.per_day is None else max(0, min(calls, left_today(account_key, limits)))


def take(account_key: str, limits: Limits) -> float:
    """Take one call: 0 when it may be made now, else the seconds to wait before trying again."""
    if wait_s := paused_s(account_key):
        return wait_s
    if left_today(account_key, limits) < 1:
        return _day_s() / max(1, limits.per_day or 1)
    return _counting(lambda moving, fixed, share: _hit(account_key, limits, moving, fixed, share))


def left_today(account_key: str, limits: Limits) -> int:
    """Calls of the day's budget that may be made by now: it is spread over the day, not spent by breakfast."""
    if limits.per_day is None:
        return 1_000_000
    day, turn, passed = _day(limits)
    used = _counting(lambda moving, fixed, share: _used(account_key, fixed, day, turn, share))
    return int(limits.per_day * min(1.0, passed + HEAD_START)) - used


class Budget(NamedTuple):
    """What an account may ask in a day, and has: in calls, which may be about several parcels each."""

    per_day: int
    used: int
    ends_in_s: float  # then the day begins anew

    @property
    def left(self) -> int:
        return max(0, self.per_day - self.used)


def budget(account_key: str, limits: Limits) -> Budget | None:
    """For a person to read; None where the account has no limit by the day."""
    if limits.per_day is None:
        return None
    day, turn, passed = _day(limits)
    used = _counting(lambda moving, fixed, share: _used(account_key, fixed, day, turn, share))
    return Budget(limits.per_day, used, (1 - passed) * _day_s())


def _hit(
    account_key: str,
    limits: Limits,
    moving: MovingWindowRateLimiter,
    fixed: FixedWindowRateLimiter,
    share: int,
) -> float:
    rate = _rate(limits, share)
    if not moving.hit(rate, "rate", account_key):
        free_at = float(moving.get_window_stats(rate, "rate", account_key).reset_time)
        return max(0.0, free_at - time.time()) + MARGIN_S
    if limits.per_day is not None:
        day, turn, _passed = _day(limits)
        fixed.hit(day, "day", account_key, turn)
    return 0.0


def _used(account_key: str, fixed: FixedWindowRateLimiter, day: RateLimitItem, turn: str, share: int) -> int:
    remaining = int(fixed.get_window_stats(day, "day", account_key, turn).remaining)
    return (int(day.amount) - remaining) * share


def _rate(limits: Limits, share: int) -> RateLimitItem:
    """So many calls in so many whole seconds, as evenly as they allow."""
    exact = Fraction(limits.per_second / share).limit_denominator(60)
    exact = max(exact, Fraction(1, 60))
    return RateLimitItemPerSecond(exact.numerator, exact.denominator)


def _day_s() -> int:
    """A day as long as the installation's time is stretched: the demo's is over in minutes."""
    return max(1, int(DAY_S * min(1.0, settings.POLL_PACE_SCALE)))


def _day(limits: Limits) -> tuple[RateLimitItem, str, float]:
    """The day's budget, which day it is (carriers' days end at midnight GMT), and how much of it has passed."""
    length_s = _day_s()
    number, since_s = divmod(time.time(), length_s)
    return RateLimitItemPerSecond(limits.per_day or 0, length_s), str(int(number)), since_s / length_s


_alone = MemoryStorage()
_alone_limiters = MovingWindowRateLimiter(_alone), FixedWindowRateLimiter(_alone)
_together: tuple[redis.Redis, MovingWindowRateLimiter, FixedWindowRateLimiter] | None = None


def _counting(
    count: Callable[[MovingWindowRateLimiter, FixedWindowRateLimiter, int], T],
) -> T:
    """Count together, through Redis; alone while it is away."""
    global _together
    link = shared.client()
    if link is not None:
        try:
            if _together is None or _together[0] is not link:
                storage = RedisStorage("redis://", connection_pool=link.connection_pool, key_prefix="pace")
                _together = link, MovingWindowRateLimiter(storage), FixedWindowRateLimiter(storage)
            return count(_together[1], _together[2], 1)
        except (redis.RedisError, OSError) as error:
            shared.leave_alone(error)
    return count(*_alone_limiters, ALONE_SHARE)


# --- Pauses ---

_paused: dict[str, float] = {}  # until, monotonic: what this process knows of itself


def pause(account_key: str, seconds: float) -> None:
    """Ask nothing for this account for a while: the carrier said so, or does not answer."""
    seconds = max(0.001, min(seconds, LONGEST_PAUSE_S))
    _paused[account_key] = time.monotonic() + seconds
    shared.ask(lambda link: link.set(_pause_key(account_key), "1", px=max(1, int(seconds * 1000))))


def resume(account_key: str) -> None:
    """End a pause: somebody changed what was wrong."""
    _paused.pop(account_key, None)
    shared.ask(lambda link: link.delete(_pause_key(account_key)))


def paused_s(account_key: str) -> float:
    """Seconds the pause still lasts; 0: there is none."""
    left_ms: Any = shared.ask(lambda link: link.pttl(_pause_key(account_key)))
    if left_ms is None:
        return max(0.0, _paused.get(account_key, 0.0) - time.monotonic())
    return max(0.0, float(left_ms) / 1000)


def _pause_key(account_key: str) -> str:
    return f"pace:paused:{account_key}"


# --- Breakers ---

_breakers: dict[str, tuple[redis.Redis | None, pybreaker.CircuitBreaker]] = {}


def guarded(account_key: str, host: str, call: Callable[[], T]) -> T:
    """Make `call`, unless the carrier has just failed this account, or everybody, several times in a row.

    Down, slow and garbled count; a carrier that says no does not. An account is stopped by its own breaker before
    it could open everybody's alone. When one opens the account is paused; afterwards one call is tried. Raises
    OpenError instead of calling.
    """
    breaker, everybodys = _breaker(f"{host}:{account_key}"), _breaker(host, FAILURES_OF_ALL)
    try:
        result: T = breaker.call(lambda: everybodys.call(call))
    except pybreaker.CircuitBreakerError:
        raise OpenError(
            "It failed repeatedly and is left alone for a while.", retry_after_s=OPEN_S / 4
        ) from None
    except CarrierError as error:
        if _is_outage(error) and breaker.current_state == pybreaker.STATE_OPEN:
            error.retry_after_s = max(error.retry_after_s or 0.0, OPEN_S)
            pause(account_key, error.retry_after_s)
        raise
    return result


def forget(account_key: str, host: str) -> None:
    """The account is gone: keep nothing of it."""
    resume(account_key)
    _breakers.pop(f"{host}:{account_key}", None)
    parts = ("state", "fail_counter", "success_counter", "opened_at")
    shared.ask(lambda link: link.delete(*(f"pace:{host}:{account_key}:pybreaker:{part}" for part in parts)))


def _breaker(name: str, failures: int = FAILURES) -> pybreaker.CircuitBreaker:
    held = _breakers.get(name)
    if held is not None and held[0] is shared.client():
        return held[1]
    breaker = pybreaker.CircuitBreaker(
        fail_max=failures,
        reset_timeout=OPEN_S,
        exclude=[lambda error: not _is_outage(error)],
        state_storage=_storage(name),
        throw_new_error_on_trip=False,
    )
    _breakers[name] = shared.client(), breaker
    return breaker


def _storage(name: str) -> pybreaker.CircuitBreakerStorage:
    return shared.ask(
        lambda link: pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, link, namespace=f"pace:{name}")
    ) or pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)


def _is_outage(error: BaseException) -> bool:
    return isinstance(error, TransientError | BadResponseError)
