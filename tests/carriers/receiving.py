"""A server of the tests' own that simulated carriers post to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl


@dataclass
class Receiver:
    """A server that keeps what it is posted. `refuse` so many first; `probes` are the other calls it had."""

    url: str = ""
    refuse: int = 0
    probes: list[str] = field(default_factory=list)
    got: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def forms(self) -> list[dict[str, str]]:
        return [dict(parse_qsl(body.decode())) for _, _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if kept.refuse:
                kept.refuse -= 1
                self.send_response(503)
            else:
                kept.got.append((self.path, dict(self.headers), body))
                self.send_response(204)
            self.end_headers()

        def do_HEAD(self) -> None:
            kept.probes.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://localhost:{server.server_port}/hook?shop=1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def eventually(true: Callable[[], Any], within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.01)
