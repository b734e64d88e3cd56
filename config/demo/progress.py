"""What the person at the terminal sees while the demo works, and how it asks whether something answers."""

from __future__ import annotations

import http.client
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from textwrap import indent

from config.demo.environment import HOST


@contextmanager
def step(what: str) -> Iterator[Callable[[str], None]]:
    """Show that something is under way, and how long it took. What is yielded takes a better name for it."""
    names = [what]
    began = time.monotonic()
    in_place = sys.stdout.isatty()  # else each has a line of its own
    print(f"  {what} …", end="" if in_place else "\n", flush=True)
    try:
        yield names.append
    except BaseException:
        print(end="\n" if in_place else "", flush=True)
        raise
    start = "\r" if in_place else ""
    print(f"{start}  {names[-1]:<44} {time.monotonic() - began:5.1f} s", flush=True)


def say(text: str) -> None:
    print(indent(text, "  "), flush=True)


def is_open(port: int) -> bool:
    """Whether something listens there."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def answers(port: int, path: str) -> bool:
    """Whether a page is there, with a 200."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
