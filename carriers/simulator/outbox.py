"""What the simulator sends by itself: message receipts and tracking pushes, retried, to this machine alone."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from carriers.simulator import loopback, twilio
from carriers.simulator.parcels import Quirk, Told
from carriers.simulator.rude import Manners, PushFault
from carriers.simulator.state import Message
from carriers.simulator.watching import Hook, Push, Registration
from carriers.simulator.wire.contract import Call, News, Wire
from carriers.simulator.wire.registry import WIRES
from carriers.simulator.world import World

log = logging.getLogger(__name__)
_LEASE_S = 60.0
_NOBODYS_SECRET = "nobody's"  # noqa: S105  what a forger would sign with


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. `receipts`: before each of a message's statuses; `retries`: before each further attempt."""

    receipts: tuple[float, ...] = (0.2, 0.8, 1.5, 4.0)
    retries: tuple[float, ...] = (1.0, 4.0, 15.0)
    tick: float = 0.1


class Outbox:
    """Sends what is due, in the background. Due times are kept in the state file: a restart goes on."""

    def __init__(self, world: World, manners: Manners, rhythm: Rhythm | None = None) -> None:
        self._world, self._manners = world, manners
        self.rhythm = rhythm or Rhythm()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="simulator-outbox")
        self._held: list[threading.Timer] = []
        self._thread = threading.Thread(target=self._run, name="simulator-outbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for timer in self._held:
            timer.cancel()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.wait(self.rhythm.tick):
            now = self._world.now().timestamp()
            for message in self._world.store.claim_messages(now, _LEASE_S):
                self._pool.submit(self._send_receipt, message)
            for push in self._world.watching.claim(now, _LEASE_S):
                self._pool.submit(self._send_push, push)

    def _send_receipt(self, message: Message) -> None:
        status = twilio.stages(message)[message.stage]
        now = self._world.now().timestamp()
        message = replace(
            message,
            status=status,
            error_code=twilio.error_code(message, status),
            updated_at=message.updated_at if message.status == status else now,
        )
        form = twilio.receipt(message, status)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "TwilioProxy/1.1",
            "X-Twilio-Signature": twilio.signature(message.callback, form, message.token),
        }
        arrived = not message.callback or _post(message.callback, urlencode(form).encode(), headers)
        self._world.store.save_message(self._next_stage(message, arrived))

    def _next_stage(self, message: Message, arrived: bool) -> Message:
        now = self._world.now().timestamp()
        if not arrived and message.tries < len(self.rhythm.retries):
            return replace(message, due_at=now + self.rhythm.retries[message.tries], tries=message.tries + 1)
        stage = message.stage + 1
        is_last = stage == len(twilio.stages(message))
        return replace(
            message, stage=stage, tries=0, due_at=None if is_last else now + self.rhythm.receipts[stage]
        )

    def _send_push(self, push: Push) -> None:
        watching = self._world.watching
        registration = watching.registration(push.carrier, push.key, push.number)
        hook, wire = watching.hook(push.carrier, push.key), WIRES[push.carrier]
        if registration is None or registration.stopped or hook is None or wire.push is None:
            watching.cancel(push.carrier, push.key, push.number)
            return
        told = self._world.view(push.carrier, push.number)
        known = told.scans if told else ()
        fresh = known[registration.told :]
        if self._has_arrived(wire, hook, registration, push, fresh) or push.tries >= len(self.rhythm.retries):
            self._world.pushed(push, len(known))
            return
        watching.retry(push, self._world.now().timestamp() + self.rhythm.retries[push.tries])

    def _has_arrived(
        self, wire: Wire, hook: Hook, registration: Registration, push: Push, fresh: tuple[Told, ...]
    ) -> bool:
        quirks, faults = self._manners.next_push(push.carrier)
        if any(fault.kind is PushFault.BAD_SIGNATURE for fault in faults):
            hook = replace(hook, key=_NOBODYS_SECRET, secret=_NOBODYS_SECRET)
        view = self._world.view(push.carrier, push.number, quirks)
        news = News(hook, registration, push.event, view, fresh, self._world.now(), quirks)
        calls = list(wire.push(news)) if wire.push else []
        if Quirk.OUT_OF_ORDER in quirks:
            calls.reverse()
        if Quirk.DUPLICATE in quirks:
            calls = [call for call in calls for _ in range(2)]
        if wait_s := max((fault.slow_s for fault in faults if fault.kind is PushFault.LATE), default=0.0):
            self._hold(wait_s, hook.url, calls)
            return True
        return _post_all(hook.url, calls)

    def _hold(self, wait_s: float, url: str, calls: list[Call]) -> None:
        """Send later what is written now, and only once."""
        timer = threading.Timer(wait_s, _post_all, (url, calls))
        timer.daemon = True
        self._held.append(timer)
        timer.start()


def _post_all(url: str, calls: list[Call]) -> bool:
    """Whether the receiver took every one; those after one it refused are not sent."""
    return all(_post(url, call.body, {"Content-Type": "application/json", **call.headers}) for call in calls)


def _post(url: str, body: bytes, headers: dict[str, str]) -> bool:
    """Whether the receiver took it: any 2xx."""
    try:
        return 200 <= loopback.post(url, body, headers) < 300
    except (OSError, loopback.NotLoopbackError) as error:
        log.info("could not post to %s: %s", url, error)
        return False
