"""An account asks no faster than it may, whoever asks, with Redis and without."""

from __future__ import annotations

import itertools
import threading
import time
from typing import Any

import pytest

from carriers import pace, shared
from carriers.types import BadResponseError, InvalidNumberError, Limits, TransientError

_accounts = itertools.count(1)


@pytest.fixture
def key() -> str:
    return f"pace-{next(_accounts)}"


@pytest.fixture
def no_redis(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # nobody listens there


@pytest.fixture
def morning(monkeypatch: Any) -> Any:
    """A clock that stands: `morning(hours)` says how much of the day has passed, GMT."""

    def at(hours: float) -> None:
        midnight = 20_778 * 86_400
        monkeypatch.setattr(pace.time, "time", lambda: midnight + hours * 3600)

    return at


def take(key: str, limits: Limits, times: int) -> list[bool]:
    return [pace.take(key, limits) == 0 for _ in range(times)]


def test_no_more_calls_a_second_than_the_carrier_allows(key: str) -> None:
    limits = Limits(per_second=3)

    assert take(key, limits, 5) == [True, True, True, False, False]
    wait_s = pace.take(key, limits)
    assert 0 < wait_s <= 1 + pace.MARGIN_S
    time.sleep(wait_s)
    assert pace.take(key, limits) == 0


def test_slower_than_one_a_second_is_kept_to_as_well(key: str) -> None:
    limits = Limits(per_second=0.1)

    assert take(key, limits, 2) == [True, False]
    assert 9 < pace.take(key, limits) <= 10 + pace.MARGIN_S


def test_threads_together_take_no_more_than_one_may() -> None:
    taken: list[bool] = []

    def work() -> None:
        taken.extend(take("together", Limits(per_second=20), 25))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(taken) == 20


def test_accounts_do_not_share_their_pace(key: str) -> None:
    limits = Limits(per_second=1)

    assert pace.take(key, limits) == 0
    assert pace.take(f"{key}-other", limits) == 0


def test_a_days_budget_is_spread_over_the_day(key: str, morning: Any) -> None:
    limits = Limits(per_second=1000, per_day=250)

    morning(0)
    assert pace.left_today(key, limits) == 37  # a head start
    morning(12)
    assert pace.left_today(key, limits) == 162
    assert sum(take(key, limits, 200)) == 162
    assert pace.left_today(key, limits) == 0
    morning(13)
    assert pace.left_today(key, limits) == 10
    morning(23)
    assert pace.left_today(key, limits) == 88  # all that is left, and no more


def test_the_budget_begins_anew_at_midnight(key: str, morning: Any) -> None:
    limits = Limits(per_second=1000, per_day=100)
    morning(23)
    take(key, limits, 100)
    assert pace.take(key, limits) > 0

    morning(24 + 12)

    assert pace.left_today(key, limits) == 65


def test_room_is_what_can_be_asked_in_a_while(key: str, morning: Any) -> None:
    morning(12)

    assert pace.room(key, Limits(per_second=2), within_s=10) == 20
    assert pace.room(key, Limits(per_second=0.01), within_s=10) == 1
    assert pace.room(key, Limits(per_second=50, per_day=10), within_s=10) == 6
    pace.pause(key, 30)
    assert pace.room(key, Limits(per_second=2), within_s=10) == 0


def test_a_paused_account_waits_for_as_long_as_it_was_told(key: str) -> None:
    pace.pause(key, 7200)

    assert 7190 < pace.take(key, Limits()) <= 7200
    pace.resume(key)
    assert pace.take(key, Limits()) == 0


def test_a_pause_is_known_to_other_processes(key: str) -> None:
    pace.pause(key, 60)
    pace._paused.clear()  # as in a process that has just started

    assert pace.paused_s(key) > 50


# --- Without Redis ---


def test_without_redis_a_process_counts_for_itself_and_takes_a_share(no_redis: None, key: str) -> None:
    limits = Limits(per_second=8)

    assert sum(take(key, limits, 8)) == 8 // pace.ALONE_SHARE


def test_without_redis_the_days_budget_is_shared_too(no_redis: None, key: str, morning: Any) -> None:
    limits = Limits(per_second=100_000, per_day=100)
    morning(24 - 0.01)

    assert sum(take(key, limits, 100)) == 100 // pace.ALONE_SHARE


def test_without_redis_a_pause_holds(no_redis: None, key: str) -> None:
    pace.pause(key, 60)

    assert 50 < pace.take(key, Limits()) <= 60


def test_redis_that_fails_is_left_alone_for_a_while_and_then_tried_again(
    no_redis: None, key: str, monkeypatch: Any
) -> None:
    assert pace.take(key, Limits()) == 0
    assert shared.client() is None

    later = time.monotonic() + shared.AWAY_S + 1
    monkeypatch.setattr(shared.time, "monotonic", lambda: later)

    assert shared.client() is not None


def test_counters_lost_with_redis_stop_nobody(key: str) -> None:
    limits = Limits(per_second=1)
    pace.take(key, limits)
    link = shared.client()
    assert link is not None
    link.flushdb()

    assert pace.take(key, limits) == 0


# --- Breakers ---


def fail() -> None:
    raise TransientError("down")


def test_failures_in_a_row_open_the_breaker_and_pause_the_account(key: str) -> None:
    for _ in range(pace.FAILURES):
        assert pace.paused_s(key) == 0
        with pytest.raises(TransientError):
            pace.guarded(key, "api.example", fail)

    with pytest.raises(pace.OpenError):
        pace.guarded(key, "api.example", lambda: "never called")
    assert pace.OPEN_S - 1 < pace.paused_s(key) <= pace.OPEN_S
    assert pace.guarded(f"{key}-other", "api.example", lambda: "fine") == "fine"


def test_an_answer_in_between_starts_the_count_anew(key: str) -> None:
    for _ in range(pace.FAILURES * 2):
        with pytest.raises(TransientError):
            pace.guarded(key, "api.example", fail)
        assert pace.guarded(key, "api.example", lambda: "fine") == "fine"


def test_a_carrier_that_says_no_is_not_down(key: str) -> None:
    def refuse() -> None:
        raise InvalidNumberError

    for _ in range(pace.FAILURES * 2):
        with pytest.raises(InvalidNumberError):
            pace.guarded(key, "api.example", refuse)

    assert pace.paused_s(key) == 0


def test_garbage_counts_as_a_failure(key: str) -> None:
    def garbled() -> None:
        raise BadResponseError

    for _ in range(pace.FAILURES):
        with pytest.raises(BadResponseError):
            pace.guarded(key, "api.example", garbled)

    assert pace.paused_s(key) > 0


def test_after_the_pause_one_failure_is_enough_to_open_it_again(key: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(pace, "OPEN_S", 0.0)
    for _ in range(pace.FAILURES + 1):
        with pytest.raises(TransientError):
            pace.guarded(key, "api.example", fail)
    monkeypatch.setattr(pace, "OPEN_S", 60.0)
    pace._breakers.clear()

    with pytest.raises(pace.OpenError):
        pace.guarded(key, "api.example", lambda: "never called")


def test_a_carrier_that_fails_three_accounts_is_left_alone_by_all(key: str) -> None:
    host = f"{key}.example"
    for account in range(3):
        for _ in range(pace.FAILURES):
            with pytest.raises(TransientError):
                pace.guarded(f"{key}-{account}", host, fail)
    with pytest.raises(pace.OpenError):
        pace.guarded(f"{key}-another", host, lambda: "never called")


def test_an_answer_to_one_account_closes_what_others_failures_began(key: str) -> None:
    host = f"{key}.example"
    for account in range(2):
        for _ in range(pace.FAILURES):
            with pytest.raises(TransientError):
                pace.guarded(f"{key}-{account}", host, fail)
    assert pace.guarded(f"{key}-works", host, lambda: "fine") == "fine"
    for _ in range(pace.FAILURES):
        with pytest.raises(TransientError):
            pace.guarded(f"{key}-3", host, fail)
    assert pace.guarded(f"{key}-works", host, lambda: "fine") == "fine"


def test_breakers_work_without_redis(no_redis: None, key: str) -> None:
    for _ in range(pace.FAILURES):
        with pytest.raises(TransientError):
            pace.guarded(key, "api.example", fail)

    with pytest.raises(pace.OpenError):
        pace.guarded(key, "api.example", lambda: "never called")


def test_nothing_is_kept_of_an_account_that_is_gone(key: str) -> None:
    pace.pause(key, 60)
    with pytest.raises(TransientError):
        pace.guarded(key, "api.example", fail)
    link = shared.client()
    assert link is not None and link.keys(f"*{key}*")

    pace.forget(key, "api.example")

    assert not link.keys(f"*{key}*")


def test_what_is_left_of_a_day_can_be_told(key: str, morning: Any) -> None:
    limits = Limits(100, 10)
    morning(18)
    assert pace.budget(key, Limits(100)) is None
    assert take(key, limits, 3) == [True] * 3
    assert pace.budget(key, limits) == pace.Budget(per_day=10, used=3, ends_in_s=6 * 3600)
    told = pace.budget(key, limits)
    assert told is not None
    assert told.left == 7
    morning(25)
    assert pace.budget(key, limits) == pace.Budget(per_day=10, used=0, ends_in_s=23 * 3600)


def test_calls_of_many_accounts_are_made_side_by_side(key: str) -> None:
    host, together = f"{key}.example", threading.Barrier(4)
    waited: list[int] = []

    def work(account: int) -> None:
        waited.append(pace.guarded(f"{key}-{account}", host, lambda: together.wait(timeout=5)))

    threads = [threading.Thread(target=work, args=(account,)) for account in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(waited) == [0, 1, 2, 3]  # each was in its call while the others were


@pytest.mark.parametrize("redis_is_there", [True, False])
def test_whether_a_carrier_is_back_is_tried_by_one_caller(
    key: str, redis_is_there: bool, settings: Any, monkeypatch: Any
) -> None:
    if not redis_is_there:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
    host = f"{key}.example"
    for account in range(3):
        for _ in range(pace.FAILURES):
            with pytest.raises(TransientError):
                pace.guarded(f"{key}-{account}", host, fail)
    monkeypatch.setattr(pace, "OPEN_S", 0.0)
    for breaker, _storage in [held[1] for held in pace._breakers.values()]:
        breaker.reset_timeout = 0.0
    refused: list[str] = []

    def try_it() -> str:
        for account in ("one", "two"):
            with pytest.raises(pace.OpenError):
                pace.guarded(f"{key}-{account}", host, lambda: refused.append("called"))
        return "back"

    assert pace.guarded(f"{key}-first", host, try_it) == "back"
    assert refused == []
    assert pace.guarded(f"{key}-one", host, lambda: "fine") == "fine"


def test_a_trial_that_fails_leaves_it_alone_for_as_long_again(key: str) -> None:
    host = f"{key}.example"
    for _ in range(pace.FAILURES):
        with pytest.raises(TransientError):
            pace.guarded(key, host, fail)
    link = shared.client()
    assert link is not None
    link.set(f"pace:{host}:{key}:pybreaker:opened_at", int(time.time() - 2 * pace.OPEN_S))
    pace.resume(key)

    with pytest.raises(TransientError, match="down"):
        pace.guarded(key, host, fail)
    with pytest.raises(pace.OpenError):
        pace.guarded(key, host, lambda: "never called")
    assert pace.paused_s(key) > 0


def test_redis_lost_during_a_call_costs_the_answer_nothing(key: str, settings: Any) -> None:
    def lose_redis() -> str:
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        return "fine"

    assert pace.guarded(key, f"{key}.example", lose_redis) == "fine"
    assert pace.guarded(key, f"{key}.example", lambda: "still") == "still"


def test_until_when_an_account_may_not_ask(key: str, morning: Any) -> None:
    limits = Limits(per_second=1000, per_day=100)
    morning(0)
    assert pace.wait_s(key, limits) == 0
    assert sum(take(key, limits, 20)) == 15
    assert pace.wait_s(key, limits) == pytest.approx(864)  # until the day has come to its sixteenth call
    assert pace.every_s(limits) == 864
    assert (pace.wait_s(key, Limits()), pace.every_s(Limits())) == (0, 0)

    morning(23.9)
    take(key, limits, 100)
    assert pace.wait_s(key, limits) == pytest.approx(360)  # another day

    pace.pause(key, 60)
    assert 59 < pace.wait_s(key, limits) <= 60
