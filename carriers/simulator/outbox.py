"""What the simulator sends by itself: message receipts and tracking pushes, retried, to this machine alone."""

from __future__ import annotations

import hashlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from carriers.simulator import loopback, twilio
from carriers.simulator.state import Message, Push
from carriers.simulator.wire.seventeentrack import push_body
from carriers.simulator.world import AGGREGATOR, World

log = logging.getLogger(__name__)
_LEASE_S = 60.0


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Seconds. `receipts`: before each of a message's statuses; `retries`: before each further attempt."""

    receipts: tuple[float, ...] = (0.2, 0.8, 1.5, 4.0)
    retries: tuple[float, ...] = (1.0, 4.0, 15.0)
    tick: float = 0.1


class Outbox:
    """Sends what is due, in the background. Due times are kept in the state file: a restart goes on."""

    def __init__(self, world: World, rhythm: Rhythm | None = None) -> None:
        self._world = world
        self.rhythm = rhythm or Rhythm()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="simulator-outbox")
        self._thread = threading.Thread(target=self._run, name="simulator-outbox", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.wait(self.rhythm.tick):
            now = self._world.now().timestamp()
            for message in self._world.store.claim_messages(now, _LEASE_S):
                self._pool.submit(self._send_receipt, message)
            for push in self._world.store.claim_pushes(now, _LEASE_S):
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
        store = self._world.store
        registration, url = store.registration(push.key, push.number), store.hook(push.key)
        if registration is None or registration.stopped or not url:
            store.cancel_push(push.key, push.number)
            return
        body = push_body(registration, self._world.view(AGGREGATOR, push.number), push.event)
        sign = hashlib.sha256(body + b"/" + push.key.encode()).hexdigest()
        arrived = _post(url, body, {"Content-Type": "application/json", "sign": sign})
        if not arrived and push.tries < len(self.rhythm.retries):
            due_at = self._world.now().timestamp() + self.rhythm.retries[push.tries]
            store.retry_push(push, due_at)
            return
        self._world.pushed(push)


def _post(url: str, body: bytes, headers: dict[str, str]) -> bool:
    """Whether the receiver took it: any 2xx."""
    try:
        return 200 <= loopback.post(url, body, headers) < 300
    except (OSError, loopback.NotLoopbackError) as error:
        log.info("could not post to %s: %s", url, error)
        return False
