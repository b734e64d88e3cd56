"""One look at all that is due: accounts are asked side by side, answers recorded as they come.

Threads ask, and touch no database; the caller's thread claims, records and reschedules. So one slow carrier
holds up its own accounts, and nobody else's.
"""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import NamedTuple

import structlog
from django.utils import timezone

from carriers import client, pace, registry
from carriers.services import key_of
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    InvalidNumberError,
    Outcome,
    RateLimitedError,
    TransientError,
)
from tracking.services import turns
from tracking.services.claiming import claim, claim_shipments, put_back, renew, waiting
from tracking.services.groups import Asked, Due, Group, groups_of
from tracking.services.polling import finish

log = structlog.get_logger(__name__)

THREADS = 24  # accounts asked at once
PER_CARRIER = 6  # of them with one carrier: it may be slow
KEPT_FREE = 6  # of them for carriers nobody is asking just now: several may be slow
BUDGET_S = 5.0  # how long a look takes on new work
LINGER_S = 10.0  # and as much longer as calls begun in it last: others are not kept waiting by a slow carrier
ASK_FOR_S = 6.0  # an account's turn; a call begun in it may take client.WHOLE_S more
LOOK_S = 0.2  # between two looks while calls are under way...
LOOK_AGAIN_S = 0.1  # ...and where the last found more than it had threads for
LOOK_SHARE = 4  # then looking takes one part of the time, and asking so many
RENEW_S = 5.0  # a third of claiming.LEASE: how often leases are renewed while a carrier takes its time
SUSPECT_CLAIMS = 3  # never finished twice: it may kill us, so nothing else is under way meanwhile
SUSPECTS_FOR_S = 10.0  # after the budget; the rest is put back
KNOWN = (Outcome.FOUND, Outcome.NOT_FOUND, Outcome.OTHER)  # to an aggregator that was told of a number
SPENT_S = 3.0  # an account that may not ask is not looked at again for so long...
SPENT_MOST_S = 20.0  # ...up to so long: somebody may have mended it
MOST_LOST = 5  # looks in a row: then there is nothing left
MOST_WEIGHED = 200  # accounts a look asks Redis about; the next goes on where it stopped

_spent: dict[int, float] = {}  # account → until when it is not worth a look (monotonic)


def poll_due(*, budget_s: float = BUDGET_S) -> int:
    """Ask about what is due, until nothing is or the time is up; return how many numbers were asked.

    Safe to run many times at once, and to be killed: what was claimed and not finished is due again when its
    lease ends.
    """
    return _Look(budget_s).run()


def ask_now(*, shop_id: int, shipment_ids: Iterable[int], now: datetime) -> list[Asked]:
    """Ask about these shipments at once, due or not, and record what comes. One that is being asked by
    somebody else, or has nobody to be asked, is left out; one the account may not ask now has the error."""
    claimed = claim_shipments(shop_id=shop_id, shipment_ids=shipment_ids, now=now)
    results: list[Asked] = []
    for group in groups_of(claimed, now):
        while group.due:
            renew(group.lease, [due.poll_id for due in group.due], timezone.now())
            call = _call(group, _batch(group.carrier, group.due))
            results += call.asked
            finish(call.asked, timezone.now())
            if not call.asked:
                put_back(group.lease, {due.poll_id: None for due in group.due})
                results += [Asked(group, due, error=call.stopped_by) for due in group.due]
                break
            group.due = _without(group.due, call.asked)
    return results


class _Report(NamedTuple):
    """What a thread has to say of its group."""

    group: Group
    asked: Sequence[Asked]
    is_last: bool = False


class _Look:
    def __init__(self, budget_s: float) -> None:
        self.ends_at = time.monotonic() + budget_s
        self.stopping = threading.Event()
        self.reports: SimpleQueue[_Report] = SimpleQueue()
        self.flying: dict[int, Group] = {}  # by account
        self.suspects: list[Group] = []  # of one poll each
        self.looked_at = self.renewed_at = time.monotonic()
        self.look_again_s, self.found_more = LOOK_S, False
        self.lost = 0  # looks in a row whose finds another process took
        self.asked = 0

    def run(self) -> int:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="ask") as pool:
            try:
                while True:
                    self._start(pool)
                    if not self.flying and not self._start_suspect(pool):
                        if not 0 < self.lost < MOST_LOST or time.monotonic() > self.ends_at:
                            return self.asked
                        time.sleep(LOOK_AGAIN_S * random.random())  # noqa: S311  out of step with the others
                        continue
                    self._renew()
                    self._take_in()
            finally:
                self.stopping.set()
                self._put_back_suspects()

    def _start(self, pool: ThreadPoolExecutor) -> None:
        began = time.monotonic()
        if began > self.ends_at + (LINGER_S if self.flying else 0.0):
            return
        if self.flying and began - self.looked_at < self.look_again_s:
            return
        if len(self.flying) >= THREADS:
            return
        self.looked_at = began
        now = timezone.now()
        rooms = self._rooms(now)
        claimed = claim(rooms=rooms, now=now)
        self.lost = self.lost + 1 if rooms and not claimed.polls else 0
        self.found_more |= self.lost > 0
        for group in groups_of(claimed, now):
            doubtful = [due for due in group.due if due.claims >= SUSPECT_CLAIMS]
            self.suspects += [replace(group, due=[due]) for due in doubtful]
            group.due = [due for due in group.due if due.claims < SUSPECT_CLAIMS]
            if group.due:
                self._fly(pool, group)
        took_s = time.monotonic() - began
        self.look_again_s = min(LOOK_S, max(LOOK_AGAIN_S, LOOK_SHARE * took_s)) if self.found_more else LOOK_S

    def _rooms(self, now: datetime) -> dict[int, int]:
        """How many polls of which accounts to claim: as many as each may ask in one turn."""
        began = time.monotonic()
        free, rooms, weighed = THREADS - len(self.flying), dict[int, int](), 0
        busy = Counter(group.carrier.code for group in self.flying.values())
        suspected = {group.account_id for group in self.suspects}
        self.found_more = False
        for one in turns.in_turn(waiting(now)):
            if one.account_id in self.flying or one.account_id in suspected:
                continue
            if _spent.get(one.account_id, 0.0) > began:
                continue
            most = PER_CARRIER if free - len(rooms) > KEPT_FREE else 1
            if busy[one.carrier] >= most or len(rooms) >= free or weighed >= MOST_WEIGHED:
                self.found_more = True
                continue
            weighed += 1
            if room := _room(one.account_id, one.carrier):
                rooms[one.account_id] = room
                busy[one.carrier] += 1
        turns.note(rooms)
        return rooms

    def _fly(self, pool: ThreadPoolExecutor, group: Group) -> None:
        self.flying[group.account_id] = group
        pool.submit(self._ask, group)

    def _renew(self) -> None:
        if time.monotonic() - self.renewed_at < RENEW_S:
            return
        self.renewed_at = time.monotonic()
        for group in [*self.flying.values(), *self.suspects]:
            renew(group.lease, [due.poll_id for due in group.due], timezone.now())

    def _start_suspect(self, pool: ThreadPoolExecutor) -> bool:
        """Only when nothing else is under way, one by one."""
        if not self.suspects or time.monotonic() > self.ends_at + SUSPECTS_FOR_S:
            return False
        self._fly(pool, self.suspects.pop())
        return True

    def _put_back_suspects(self) -> None:
        while self.suspects:
            group = self.suspects.pop()
            put_back(group.lease, {due.poll_id: None for due in group.due})

    def _take_in(self) -> None:
        """Record what has come since; wait a little for the first."""
        try:
            reports = [self.reports.get(timeout=LOOK_S)]
        except Empty:
            return
        while not self.reports.empty():
            reports.append(self.reports.get())
        asked = [one for report in reports for one in report.asked]
        finish(asked, timezone.now())
        self.asked += len(asked)
        for report in reports:
            if report.is_last:
                put_back(report.group.lease, {due.poll_id: None for due in report.group.due})
                del self.flying[report.group.account_id]

    def _ask(self, group: Group) -> None:
        """In a thread of its own: call after call, until the turn is over or the carrier has had enough."""
        until = min(time.monotonic() + ASK_FOR_S, self.ends_at)
        try:
            while group.due and not self.stopping.is_set():
                call = _call(group, _batch(group.carrier, group.due))
                group.due = _without(group.due, call.asked)
                self.reports.put(_Report(group, call.asked))
                if call.stopped_by or time.monotonic() >= until:
                    break
        finally:
            self.reports.put(_Report(group, (), is_last=True))


class _Called(NamedTuple):
    """One call: what came of each number, none if it was not made, and what forbids the next one."""

    asked: list[Asked]
    stopped_by: CarrierError | None = None


def _call(group: Group, batch: Sequence[Due]) -> _Called:
    key, carrier = group.account_key, group.carrier
    try:
        told = _register(group, [due for due in batch if carrier.register and not due.query.registered])
        refused = {poll for poll, said in told.items() if said.outcome is Outcome.INVALID_NUMBER}
        sought = [due for due in batch if due.poll_id not in refused]
        answers = (
            client.ask(carrier, group.secrets, [due.query for due in sought], account_key=key)
            if sought
            else []
        )
    except (pace.NotNowError, pace.OpenError) as error:
        pace.pause(key, error.retry_after_s or SPENT_S)
        return _Called([], error)
    except InvalidNumberError as error:  # one of these, and the carrier does not say which
        fault = BadResponseError(error.detail)
        return _Called([Asked(group, due, error=fault) for due in batch])
    except CarrierError as error:
        forbids = isinstance(error, TransientError | AuthError | RateLimitedError)
        return _Called([Asked(group, due, error=error) for due in batch], error if forbids else None)
    except Exception:  # a fault of ours, with these numbers; the others have nothing to do with it
        log.exception("asking_failed", account_id=group.account_id, poll_ids=[due.poll_id for due in batch])
        fault = BadResponseError("The carrier could not be asked.")
        return _Called([Asked(group, due, error=fault) for due in batch])
    said = told | {due.poll_id: answer for due, answer in zip(sought, answers, strict=True)}
    known = {poll for poll, answer in told.items() if answer.outcome in KNOWN}
    return _Called(
        [Asked(group, due, answer=said[due.poll_id], registered=due.poll_id in known) for due in batch]
    )


def _register(group: Group, fresh: Sequence[Due]) -> dict[int, Answer]:
    """Tell an aggregator of numbers it has not been told of; what it says of each, by poll."""
    if not fresh:
        return {}
    answers = client.register(
        group.carrier, group.secrets, [due.query for due in fresh], account_key=group.account_key
    )
    return {due.poll_id: answer for due, answer in zip(fresh, answers, strict=True)}


def _batch(carrier: Carrier, due: Sequence[Due]) -> list[Due]:
    """What goes into one call. A number that failed before goes alone: it may be what spoils the call.

    New ones go apart where an aggregator is told of fewer at once than it is asked about.
    """
    first, *others = due
    if first.failures:
        return [first]
    sound, most = [one for one in others if not one.failures], carrier.per_call
    if carrier.register and carrier.registers_per_call:
        sound = [one for one in sound if one.query.registered == first.query.registered]
        most = most if first.query.registered else carrier.registers_per_call
    return [first, *sound][:most]


def _without(due: Sequence[Due], asked: Sequence[Asked]) -> list[Due]:
    done = {one.due.poll_id for one in asked}
    return [one for one in due if one.poll_id not in done]


def _room(account_id: int, carrier_code: str) -> int:
    """Polls the account may ask in one turn; 0: not now."""
    carrier = registry.CARRIERS.get(carrier_code)
    if carrier is None:
        return 1  # claimed, and then found to have nobody to ask
    key = key_of(account_id)
    calls = pace.room(key, carrier.limits, within_s=ASK_FOR_S)
    if calls < 1:
        wait_s = min(max(SPENT_S, pace.wait_s(key, carrier.limits)), SPENT_MOST_S)
        _spent[account_id] = time.monotonic() + wait_s
    return calls * carrier.per_call
