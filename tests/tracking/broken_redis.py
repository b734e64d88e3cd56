"""Redis as it should not be: away, silent, or talking nonsense."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from carriers import shared

BREAKDOWNS = ("down", "slow", "garbage")
QUICKLY_S = 0.05  # in place of the half second that Redis is waited for


@contextmanager
def broken_redis(breakdown: str, settings: Any) -> Iterator[None]:
    """Every process of this test finds such a Redis, and has not found out yet."""
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.MonkeyPatch.context() as patched:
        port = server.getsockname()[1]
        patched.setattr(shared, "TIMEOUT_S", QUICKLY_S)
        patched.setattr(shared, "_client", None)
        patched.setattr(shared, "_away_until", 0.0)
        before = settings.REDIS_URL, settings.CACHES
        url = f"redis://127.0.0.1:{port}/0"
        settings.REDIS_URL = url
        cache = settings.CACHES["default"]
        options = {
            **cache.get("OPTIONS", {}),
            "socket_timeout": QUICKLY_S,
            "socket_connect_timeout": QUICKLY_S,
        }
        settings.CACHES = {**settings.CACHES, "default": {**cache, "LOCATION": url, "OPTIONS": options}}
        if breakdown == "down":
            server.close()
        elif breakdown == "garbage":
            threading.Thread(target=_talk_nonsense, args=(server,), daemon=True).start()
        # Slow: the kernel takes the connection, and nobody ever answers.
        try:
            yield
        finally:
            settings.REDIS_URL, settings.CACHES = before


def _talk_nonsense(server: socket.socket) -> None:
    while True:
        try:
            caller, _address = server.accept()
        except OSError:
            return
        with caller:
            caller.settimeout(1)
            try:
                while caller.recv(4096):
                    caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n<html>\x00\xff$9\r\n")
            except OSError:
                pass
