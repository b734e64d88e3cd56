"""What runs in the demo: started in order, watched, started again when it dies, stopped in reverse."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import indent

from config.children import Child
from config.embedded.places import ServiceError

RESTARTS = 5  # within WINDOW_S, then it is left down
WINDOW_S = 300.0


class DemoError(RuntimeError):
    """The demo cannot go on. The message says why, for a person at a terminal."""


@dataclass
class Watched:
    """`start` starts it, anew each time. A `vital` one that stays down ends the demo."""

    start: Callable[[], Child]
    child: Child
    stage: int  # those of a higher one need those of a lower
    vital: bool
    stop_after_s: float  # how long it may take to end by itself
    died_at: deque[float] = field(default_factory=deque)
    again_at: float | None = None
    left_down: bool = False


@dataclass
class Watch:
    """Single-threaded on purpose: children are tied to the life of the thread that starts them."""

    say: Callable[[str], None]
    all: list[Watched] = field(default_factory=list)
    hurry: bool = False  # a second Ctrl-C: kill what does not end at once
    clock: Callable[[], float] = time.monotonic  # seconds

    def start(
        self, start: Callable[[], Child], *, stage: int = 0, vital: bool = False, stop_after_s: float = 10
    ) -> Child:
        child = start()
        self.adopt(start, child, stage=stage, vital=vital, stop_after_s=stop_after_s)
        return child

    def adopt(
        self,
        start: Callable[[], Child],
        child: Child | None,
        *,
        stage: int = 0,
        vital: bool = False,
        stop_after_s: float = 10,
    ) -> None:
        """Watch one that runs already."""
        if child is not None:
            self.all.append(Watched(start, child, stage, vital, stop_after_s))

    def look(self) -> None:
        """Once. Reports what died and starts it again, waiting longer each time. Raises DemoError."""
        now = self.clock()
        for watched in self.all:
            if watched.left_down or watched.child.alive:
                continue
            if watched.again_at is None:
                self._report(watched, now)
            elif now >= watched.again_at:
                self._start_again(watched)

    def _report(self, watched: Watched, now: float) -> None:
        child = watched.child
        watched.died_at.append(now)
        while watched.died_at[0] < now - WINDOW_S:
            watched.died_at.popleft()
        times = len(watched.died_at)
        self.say(f"{child.name} stopped ({_ending(child.exit_code)}). The end of {child.log}:")
        self.say(indent(child.last_words(6), "  "))
        if times > RESTARTS:
            watched.left_down = True
            if watched.vital:
                raise DemoError(f"{child.name} stopped {times} times within {WINDOW_S / 60:.0f} minutes.")
            self.say(f"{child.name} stays down after {times} times. All else goes on.")
            return
        wait_s = 2.0 ** (times - 1) if times > 1 else 0.0
        watched.again_at = now + wait_s
        self.say(f"Starting {child.name} again{f' in {wait_s:.0f} s' if wait_s else ''}.")

    def _start_again(self, watched: Watched) -> None:
        watched.again_at = None
        try:
            watched.child = watched.start()
        except ServiceError as error:  # its last words are reported at the next look
            self.say(str(error))

    def stop(self) -> None:
        """Stop all, the highest stage first, those of one together. One that takes too long is killed."""
        for stage in sorted({watched.stage for watched in self.all}, reverse=True):
            together = [watched for watched in self.all if watched.stage == stage]
            for watched in together:
                watched.child.ask_to_stop()
            began = self.clock()
            for watched in together:
                self._await_the_end(watched.child, until=began + watched.stop_after_s)
        self.all.clear()

    def _await_the_end(self, child: Child, *, until: float) -> None:
        while child.alive and self.clock() < until and not self.hurry:
            time.sleep(0.02)
        if child.alive:
            self.say(f"{child.name} did not end by itself, and is killed.")
        child.stop(timeout_s=0)


def _ending(code: int | None) -> str:
    if code is not None and code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
