"""How fast an account may ask its carrier, and when it had better not: rates, day budgets, pauses, breakers.

Counted in Redis, so that all workers together keep to what one account may do. Without Redis each process
counts for itself, to a quarter of the limits, so that we neither stop nor flood.

Each account is counted for itself, also where two shops hold the same credentials: what one of them asks must
neither show in the other nor stop it. The carrier's own word (429 and Retry-After) paces them together.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
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
TRIAL_S = 15.0  # longer than a call takes: then another may try whether the carrier is back


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
    if pause_s := paused_s(account_key):
        return pause_s
    if left_today(account_key, limits) < 1:
        return max(every_s(limits) / 2, wait_s(account_key, limits))
    return _counting(lambda moving, fixed, share: _hit(account_key, limits, moving, fixed, share))


def wait_s(account_key: str, limits: Limits) -> float:
    """Seconds until the account's pause is over, or its day's budget allows another call; 0: it does now."""
    if pause_s := paused_s(account_key):
        return pause_s
    if limits.per_day is None:
        return 0.0
    day, turn, passed = _day(limits)
    used = _counting(lambda moving, fixed, share: _used(account_key, fixed, day, turn, share))
    allowed_at = min(1.0, (used + 1) / max(1, limits.per_day) - HEAD_START)
    if used >= limits.per_day:
        allowed_at = 1.0
    return max(0.0, allowed_at - passed) * _day_s()


def every_s(limits: Limits) -> float:
    """Seconds from one call to the next that a day's budget allows, spread evenly; 0: there is none."""
    return _day_s() / limits.per_day if limits.per_day else 0.0


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

_Breaker = tuple[pybreaker.CircuitBreaker, pybreaker.CircuitBreakerStorage]
_breakers: dict[str, tuple[redis.Redis | None, _Breaker]] = {}
_trials: dict[str, float] = {}  # until, monotonic: what this process tries without Redis


def guarded(account_key: str, host: str, call: Callable[[], T]) -> T:
    """Make `call`, unless the carrier has just failed this account, or everybody, several times in a row.

    Down, slow and garbled count; a carrier that says no does not. An account is stopped by its own breaker before
    it could open everybody's alone. When one opens the account is paused; afterwards one call is tried, by one
    caller of all. Raises OpenError instead of calling. Calls are made side by side: the breakers, which let in
    one at a time, are only told what came of them.
    """
    own = f"{host}:{account_key}"
    breakers = {own: _breaker(own), host: _breaker(host, FAILURES_OF_ALL)}
    tried: list[str] = []
    try:
        for name, held in breakers.items():
            tried += _let_through(name, held)
        result = call()
    except OpenError:
        raise
    except Exception as error:
        for breaker, _state in breakers.values():
            _tell(breaker, error)
        if isinstance(error, CarrierError) and _is_outage(error) and _is_open(breakers[own]):
            error.retry_after_s = max(error.retry_after_s or 0.0, OPEN_S)
            pause(account_key, error.retry_after_s)
        raise
    else:
        for breaker, _state in breakers.values():
            _tell(breaker, None)
        return result
    finally:
        _end_trials(tried)


def _is_open(held: _Breaker) -> bool:
    return held[0].current_state == pybreaker.STATE_OPEN


def _let_through(name: str, held: _Breaker) -> list[str]:
    """Raise OpenError while it is open. Once it has been for long enough one caller may try: its trial is named."""
    breaker, storage = held
    if breaker.current_state == pybreaker.STATE_CLOSED:
        return []
    opened_at = storage.opened_at
    waits_s = OPEN_S - (datetime.now(UTC) - opened_at).total_seconds() if opened_at else 0.0
    if waits_s > 0 or not _begin_trial(name):
        raise OpenError("It failed repeatedly and is left alone for a while.", retry_after_s=OPEN_S / 4)
    return [name]


def _tell(breaker: pybreaker.CircuitBreaker, error: Exception | None) -> None:
    """What came of a call made; one that opened meanwhile has heard enough."""

    def replay() -> None:
        if error is not None:
            raise error

    try:
        breaker.call(replay)
    except pybreaker.CircuitBreakerError:
        return
    except Exception as raised:
        if raised is not error:
            raise


def _begin_trial(name: str) -> bool:
    begun = shared.ask(lambda link: link.set(_trial_key(name), "1", nx=True, px=int(TRIAL_S * 1000)) or False)
    if begun is not None:
        return bool(begun)
    now = time.monotonic()
    if _trials.get(name, 0.0) > now:
        return False
    _trials[name] = now + TRIAL_S
    return True


def _end_trials(names: list[str]) -> None:
    for name in names:
        _trials.pop(name, None)
        shared.ask(lambda link, name=name: link.delete(_trial_key(name)))  # type: ignore[misc]


def _trial_key(name: str) -> str:
    return f"pace:trial:{name}"


def forget(account_key: str, host: str) -> None:
    """The account is gone: keep nothing of it."""
    resume(account_key)
    _breakers.pop(f"{host}:{account_key}", None)
    parts = ("state", "fail_counter", "success_counter", "opened_at")
    shared.ask(lambda link: link.delete(*(f"pace:{host}:{account_key}:pybreaker:{part}" for part in parts)))


def _breaker(name: str, failures: int = FAILURES) -> _Breaker:
    held = _breakers.get(name)
    if held is not None and held[0] is shared.client():
        return held[1]
    storage = _storage(name)
    breaker = pybreaker.CircuitBreaker(
        fail_max=failures,
        reset_timeout=OPEN_S,
        exclude=[lambda error: not _is_outage(error)],
        state_storage=storage,
        throw_new_error_on_trip=False,
    )
    _breakers[name] = shared.client(), (breaker, storage)
    return breaker, storage


def _storage(name: str) -> pybreaker.CircuitBreakerStorage:
    return shared.ask(
        lambda link: pybreaker.CircuitRedisStorage(pybreaker.STATE_CLOSED, link, namespace=f"pace:{name}")
    ) or pybreaker.CircuitMemoryStorage(pybreaker.STATE_CLOSED)


def _is_outage(error: BaseException) -> bool:
    return isinstance(error, TransientError | BadResponseError)
