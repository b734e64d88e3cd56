"""Handing messages over, each at most once, whatever dies meanwhile."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from concurrent.futures import ALL_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from django.db import InterfaceError, OperationalError, connections
from django.db.models import F

from notifications.models import Message
from notifications.registry import CHANNELS
from notifications.services import outbox
from notifications.services.browsers import forget
from notifications.services.depots import note_handed_over
from notifications.services.noticing import forget_secret
from notifications.services.outbox import LEASE, Claimed, End
from notifications.services.readying import MOST_ATTEMPTS, Ready, ready
from notifications.services.suppressing import suppress
from notifications.types import DeliveryError
from tenants.isolation import shop_context

log = structlog.get_logger(__name__)

LANES = 16  # hand-overs side by side in one process
LANES_A_LINE = 4  # of them by one shop's provider: one that hangs leaves room for the others
LANES_OF_HOUSE = 8  # by the installation's, for all shops without their own
WAVE_S = 0.05  # what ends within this is written down together
HOLD_S = 12.0  # what was not begun by then is left to others
RENEW_S = 4.0
MORE_S, MORE_EVERY_S = 8.0, 0.2  # for so long more is taken while something is in flight
WRITE_FOR_S = 10.0  # an end that the database does not take is said again for so long
# After each attempt that failed; the last one repeats. With 12 attempts more than a day.
WAITS_S = (10, 60, 300, 1800, 3600, 7200, 10_800, 14_400, 21_600)

Line = tuple[int, str]


def deliver_due(now: datetime) -> int:
    """Hand over what is due of all shops; return how many messages were claimed.

    A claim is counted before the work, so a message that kills its worker is given up after 12, the last ones alone.
    Handing over happens outside any transaction, side by side, and is written down only while the lease is still ours.
    A message left in "sending" by a worker that died is never handed over again by itself: it becomes "unknown", for
    a receipt or a person to settle. A provider that takes nothing is left alone for a while, and no message loses an
    attempt by it.
    """
    for message_id, shop_id in outbox.left_in_hand(now):
        log.warning("message_unknown", message_id=str(message_id), shop_id=shop_id)
        with shop_context(shop_id):
            forget_secret(shop_id=shop_id, message_id=message_id)
    return _Desk(now).work()


class _Desk:
    """One look at the outbox: what is waiting by line, what is in flight, and when to say that we still hold it."""

    def __init__(self, now: datetime) -> None:
        self._since, self._began = now, time.monotonic()
        self._renewed_s = self._looked_s = 0.0
        self._waiting: dict[Line, deque[tuple[Ready, float]]] = {}
        self._flying: dict[Future[str], Ready] = {}
        self._suspects: list[Claimed] = []
        self._troubled: set[tuple[int, str]] = set()  # shops and channels

    @property
    def _passed_s(self) -> float:
        return time.monotonic() - self._began

    @property
    def _now(self) -> datetime:
        return self._since + timedelta(seconds=self._passed_s)

    def work(self) -> int:
        try:
            count = self._take()
            while self._waiting or self._flying:
                self._go_on()
                if (
                    self._flying and self._may_take_more()
                ):  # something hangs: what falls due does not wait for it
                    count += self._take()
            self._take_suspect()
            return count
        except Exception:
            with contextlib.suppress(Exception):
                self._let_go()
            raise

    def _go_on(self) -> None:
        self._set_off()
        if self._flying:
            done, _flying = wait(self._flying, timeout=WAVE_S, return_when=ALL_COMPLETED)
            self._settle([(self._flying.pop(one), one) for one in done])
        self._renew()

    # --- Taking ---

    def _may_take_more(self) -> bool:
        since_s = self._passed_s - self._looked_s
        return len(self._flying) < LANES and since_s > MORE_EVERY_S and self._passed_s < MORE_S

    def _take(self) -> int:
        self._looked_s = self._passed_s
        claimed = outbox.claim(self._now)
        if claimed:
            self._troubled = outbox.troubled()
        self._suspects += [one for one in claimed if one.is_suspect]
        self._make_ready([one for one in claimed if not one.is_suspect])
        return len(claimed)

    def _take_suspect(self) -> None:
        """The first of them, and nothing else in hand."""
        first, rest = self._suspects[:1], self._suspects[1:]
        outbox.put_back(rest)
        self._suspects = []
        self._make_ready(first)
        while self._waiting or self._flying:
            self._go_on()

    def _make_ready(self, claimed: Sequence[Claimed]) -> None:
        batches: dict[tuple[int, int], list[Claimed]] = defaultdict(list)
        for one in claimed:
            batches[one.urgency, one.shop_id].append(one)
        for (_urgency, shop_id), ours in batches.items():
            for made in ready(shop_id, ours, self._now):
                self._waiting.setdefault(made.line, deque()).append((made, self._passed_s))

    # --- Handing over ---

    def _set_off(self) -> None:
        """As many as there are lanes for, each marked before it goes."""
        self._leave_what_waits_too_long()
        busy: dict[Line, int] = defaultdict(int)
        for one in self._flying.values():
            busy[one.line] += 1
        chosen: list[Ready] = []
        while len(self._flying) + len(chosen) < LANES:
            free = [line for line, queue in self._waiting.items() if queue and busy[line] < _lanes_of(line)]
            urgent = min((self._urgency(line) for line in free), default=0)
            if not free or (chosen and urgent > chosen[0].claimed.urgency):
                break  # who is waiting goes first, and not among the others
            room = LANES - len(self._flying) - len(chosen)
            for line in [line for line in free if self._urgency(line) == urgent][:room]:
                chosen.append(self._waiting[line].popleft()[0])
                busy[line] += 1
        self._waiting = {line: queue for line, queue in self._waiting.items() if queue}
        if not chosen:
            return
        ours = outbox.mark_sending([one.claimed for one in chosen], self._now)
        for one in chosen:
            if one.claimed.id in ours:
                self._flying[_lanes(os.getpid()).submit(_hand_over, one)] = one

    def _urgency(self, line: Line) -> int:
        return self._waiting[line][0][0].claimed.urgency

    def _leave_what_waits_too_long(self) -> None:
        latest = self._passed_s - HOLD_S
        for line, queue in list(self._waiting.items()):
            if queue[0][1] < latest:
                self._put_back(line)

    def _put_back(self, line: Line) -> set[tuple[int, str]]:
        """Everything that waits for this line; whose it was."""
        left = [one.claimed for one, _at in self._waiting.pop(line, ())]
        outbox.put_back(left)
        return {(one.shop_id, one.channel) for one in left}

    # --- Writing down ---

    def _settle(self, done: Iterable[tuple[Ready, Future[str]]]) -> None:
        ends: list[tuple[Ready, End, BaseException | None]] = []
        for one, future in done:
            error = future.exception()
            if error is None:
                end = End(one.claimed.id, one.claimed.lease, "sent", future.result()[:120], self._now)
            elif isinstance(error, DeliveryError):
                end = end_of(one, error, self._now)
            else:  # nobody thought of it, so nobody knows how far it got
                log.error("hand_over_broke", message_id=str(one.claimed.id), exc_info=error)
                end = end_of(one, DeliveryError(type(error).__name__, ambiguous=True), self._now)
            ends.append((one, end, error))
        if ends:
            _insist([end for _one, end, _error in ends])
        for one, end, error in ends:
            self._afterwards(one, end)
            if error is None:
                self._all_is_well(one)
            elif isinstance(error, DeliveryError):
                self._note_trouble(one, error)

    def _afterwards(self, one: Ready, end: End) -> None:
        shop_id, message_id = one.claimed.shop_id, one.claimed.id
        if one.is_notice:
            if one.outgoing.hidden and end.status != "queued":
                with shop_context(shop_id):
                    forget_secret(shop_id=shop_id, message_id=message_id)
            note_handed_over(shop_id=shop_id, message_id=message_id, status=end.status, now=self._now)
        log.info(
            "message_" + end.status, message_id=str(message_id), shop_id=shop_id, channel=one.claimed.channel
        )

    def _note_trouble(self, one: Ready, error: DeliveryError) -> None:
        claimed = one.claimed
        if error.gone or error.suppresses:
            with shop_context(claimed.shop_id):
                if error.gone:
                    forget(shop_id=claimed.shop_id, whom=one.whom)
                if error.suppresses:
                    suppress(
                        shop_id=claimed.shop_id, channel=claimed.channel, address=one.outgoing.to,
                        why=error.suppresses, now=self._now, detail=error.detail,
                    )  # fmt: skip
        if claimed.channel == "push" or not (error.down or error.ambiguous):
            return
        ours = {(claimed.shop_id, claimed.channel), *self._put_back(one.line)}
        outbox.pause([shop for shop, _c in ours], claimed.channel, error=error.detail, now=self._now)
        log.warning("provider_paused", shops=len(ours), channel=claimed.channel, error=error.detail)

    def _all_is_well(self, one: Ready) -> None:
        whose = (one.claimed.shop_id, one.claimed.channel)
        if whose in self._troubled:
            self._troubled.discard(whose)
            outbox.is_well(*whose, self._now)

    # --- Holding on, and letting go ---

    def _renew(self) -> None:
        if self._passed_s - self._renewed_s < RENEW_S:
            return
        self._renewed_s = self._passed_s
        outbox.renew(self._in_hand(), self._now + LEASE)

    def _in_hand(self) -> list[Claimed]:
        waiting = [one.claimed for queue in self._waiting.values() for one, _at in queue]
        return [*waiting, *(one.claimed for one in self._flying.values()), *self._suspects]

    def _let_go(self) -> None:
        """Something broke: what is in flight is waited for and written down, the rest is left to its lease."""
        done, _flying = wait(self._flying, timeout=LEASE.total_seconds() / 2)
        self._settle([(self._flying.pop(one), one) for one in done])


def _lanes_of(line: Line) -> int:
    return LANES_A_LINE if line[0] else LANES_OF_HOUSE


@lru_cache(maxsize=1)
def _lanes(process: int) -> ThreadPoolExecutor:
    """Threads that only talk to providers, each keeping its open lines; none of the parent's after a fork."""
    return ThreadPoolExecutor(LANES, thread_name_prefix="lane")


def _hand_over(one: Ready) -> str:
    return CHANNELS[one.claimed.channel].deliver(one.outgoing, one.secrets)


def end_of(one: Ready, error: DeliveryError, now: datetime) -> End:
    """What a refusal means for the message. An ambiguous one may have gone out: it is handed over again only where
    the provider knows it by its key."""
    attempts = one.claimed.attempts
    key = (one.claimed.id, one.claimed.lease)
    if error.ambiguous and not CHANNELS[one.claimed.channel].repeatable and attempts > error.repeats:
        settles = now + outbox.SETTLES if one.claimed.channel == "email" else None
        return End(*key, "unknown", at=settles, error=error.detail)
    if error.permanent or (attempts >= MOST_ATTEMPTS and not error.down):
        return End(*key, "failed", error=error.detail)
    wait_s = WAITS_S[min(attempts, len(WAITS_S)) - 1]
    if error.down:  # its line is paused, which says when
        return End(*key, "queued", at=now, error=error.detail, counts=False)
    return End(*key, "queued", at=now + timedelta(seconds=wait_s), error=error.detail)


def _insist(ends: Sequence[End]) -> None:
    """Write these down, though the database be restarting: what is lost here looks as if nobody knew."""
    gives_up_at = time.monotonic() + WRITE_FOR_S
    while True:
        try:
            outbox.finish(ends)
            return
        except (OperationalError, InterfaceError):
            if time.monotonic() > gives_up_at:
                raise
            connections["dispatch"].close()
            time.sleep(0.2)


def resend(*, shop_id: int, message_id: uuid.UUID, now: datetime) -> bool:
    """A person asks for a message that failed or is unknown to be sent again. False where there is nothing to resend."""
    with shop_context(shop_id):
        again = Message.objects.for_shop(shop_id).filter(
            pk=message_id, status__in=["failed", "unknown", "held", "bounced"]
        )
        return bool(
            again.update(
                status="queued", held_because="", error="", attempts=0, next_at=now, lease=None, lease_until=None,
                why=F("why"),
            )
        )  # fmt: skip
