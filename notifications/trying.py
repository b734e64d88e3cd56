"""Tries words nobody has looked at yet: in a process of their own, which may take little memory and two seconds.

Children are started once and used again; one that is late is ended, and with it what it was doing. They are given the
values as JSON, and nothing of this process: neither its environment nor its files.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from notifications.sandbox import WordsError

WALL_S = 2.0  # for all the texts of one design
STARTS_S = 10.0  # a machine under load takes its time to start a process; it is not the words' fault
MEMORY = 384 * 1024 * 1024  # bytes of address space
MOST_IDLE = 2
MOST_JOBS = 500  # then a child is replaced
ROOT = Path(__file__).resolve().parent.parent
TOO_LONG = "The text takes too long to be filled in."


@dataclass(frozen=True, slots=True)
class Tried:
    """`text`: filled in; `missing`: variables no message has; `error`: why it cannot be read."""

    text: str = ""
    missing: tuple[str, ...] = ()
    error: str = ""


class Pool:
    """`wall_s`: for one job."""

    def __init__(self, wall_s: float = WALL_S) -> None:
        self._wall_s = wall_s
        self._lock = threading.Lock()
        self._idle: list[_Child] = []

    def try_all(
        self, sources: Sequence[tuple[str, Mapping[str, Any]]], values: Mapping[str, Any]
    ) -> list[Tried]:
        """Each source with the values it has besides. Raises WordsError where they take too long."""
        job = json.dumps(
            {"sources": [[s, dict(more)] for s, more in sources], "values": dict(values)}, default=str
        )
        child = self._take()
        try:
            answer = child.ask(job, self._wall_s)
        except (WordsError, OSError, ValueError) as error:
            child.end()
            raise WordsError(TOO_LONG) from error
        self._give_back(child)
        return [Tried(said["text"], tuple(said["missing"]), said["error"]) for said in answer]

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for child in idle:
            child.end()

    def _take(self) -> _Child:
        mine = os.getpid()
        with self._lock:
            while self._idle:
                child = self._idle.pop()
                if (
                    child.owner == mine and child.is_alive()
                ):  # a fork has its parent's: they are not its to use
                    return child
        return _Child()

    def _give_back(self, child: _Child) -> None:
        with self._lock:
            if len(self._idle) < MOST_IDLE and child.jobs < MOST_JOBS:
                self._idle.append(child)
                return
        child.end()


class _Child:
    def __init__(self) -> None:
        self.owner, self.jobs = os.getpid(), 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "notifications.trying_child", str(MEMORY)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT, close_fds=True,
            env={"PYTHONPATH": str(ROOT), "PATH": os.defpath, "LC_ALL": "C.UTF-8"},
        )  # fmt: skip
        self._in, self._out = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        try:
            self._read(time.monotonic() + STARTS_S)
        except WordsError:
            self.end()
            raise

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, job: str, wall_s: float) -> list[dict[str, Any]]:
        self.jobs += 1
        until = time.monotonic() + wall_s
        self._in.write(job.encode() + b"\n")
        self._in.flush()
        answer: list[dict[str, Any]] = json.loads(self._read(until))
        return answer

    def _read(self, until: float) -> bytes:
        descriptor, read = self._out.fileno(), b""
        waits = select.poll()
        waits.register(descriptor, select.POLLIN | select.POLLHUP)
        while not read.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not waits.poll(left * 1000):
                raise WordsError(TOO_LONG)
            part = os.read(descriptor, 1 << 20)
            if not part:  # it ran into a limit of its own
                raise WordsError(TOO_LONG)
            read += part
        return read

    def end(self) -> None:
        if self.owner != os.getpid():
            return
        self._process.kill()
        for pipe in (self._in, self._out):
            with contextlib.suppress(OSError):  # what it was being told has nowhere to go
                pipe.close()
        self._process.wait()


POOL = Pool()


def fill_apart(sources: Sequence[tuple[str, Mapping[str, Any]]], values: Mapping[str, Any]) -> list[str]:
    """As notifications.filling.fill_here, in a process of their own. Raises WordsError for the first that cannot be."""
    found = POOL.try_all(sources, values)
    for tried in found:
        if tried.error:
            raise WordsError(tried.error)
    return [tried.text for tried in found]
