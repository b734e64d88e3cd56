"""A simulator for the length of a test: on a free port, with a state of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from carriers.simulator.app import App
from carriers.simulator.outbox import Rhythm
from carriers.simulator.remote import Simulator
from carriers.simulator.server import Server
from carriers.simulator.state import MEMORY
from carriers.simulator.world import Now, utc_now

# Receipts and retries follow one another at once.
QUICK = Rhythm(receipts=(0.02, 0.05, 0.05, 0.05), retries=(0.1, 0.2, 0.4), tick=0.02)


@contextmanager
def running(
    *,
    speed: float = 60,
    state: str = MEMORY,
    limits: bool = False,
    rhythm: Rhythm = QUICK,
    now: Now = utc_now,
) -> Iterator[Simulator]:
    """Start a simulator on 127.0.0.1 and give its control. `state`: a file, to go on where another left off."""
    server = Server(App(state=state, speed=speed, limits=limits, rhythm=rhythm, now=now))
    server.start()
    try:
        yield Simulator(server.url)
    finally:
        server.stop()
