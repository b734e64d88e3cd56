"""A line that can be cut, slowed down and taken away: between an installation and its Redis."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from pathlib import Path


class Proxy:
    """Listens on a port of loopback and passes on to a Unix socket."""

    def __init__(self, target: Path | None = None) -> None:
        self.target = target
        self.slow_s = 0.0
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> int:
        """Every line that is open, in the middle of a word; how many there were."""
        lines = list(self._open)
        for line in lines:
            self._close(line)
        return len(lines)

    def stop(self) -> None:
        self._close(self._server)
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                near, _address = self._server.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(str(self.target))
            except OSError:
                self._close(near)
                continue
            self._open |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(one, other), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(65536):
                if self.slow_s:
                    time.sleep(self.slow_s)
                other.sendall(said)
        self._close(one)
        self._close(other)

    def _close(self, line: socket.socket) -> None:
        self._open.discard(line)
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            line.close()
