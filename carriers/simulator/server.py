"""The simulator as a server of its own: a thread a request, on this machine."""

from __future__ import annotations

import logging
import threading
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from carriers.simulator.app import App

log = logging.getLogger(__name__)


class _Handler(WSGIRequestHandler):
    timeout = 30  # seconds an idle or half-spoken caller may hold a thread

    def log_message(self, format: str, *args: object) -> None:
        log.debug(format, *args)

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError) as error:
            log.debug("caller went away: %s", error)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 256

    def server_bind(self) -> None:
        # WSGIServer asks the resolver for the host's full name: slow where there is no DNS.
        self.socket.bind(self.server_address)
        host, port = self.socket.getsockname()[:2]
        self.server_name, self.server_port = str(host), int(port)
        self.server_address = (self.server_name, self.server_port)
        self.setup_environ()


class Server:
    """An App on a port of its own. `port` 0 takes a free one; `url` then tells which."""

    def __init__(self, app: App, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = app
        self._server = _Server((host, port), _Handler)
        self._server.set_app(app)
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        return f"http://{self._server.server_name}:{self._server.server_port}"

    def serve(self) -> None:
        """Serve until `stop` is called from elsewhere."""
        self.app.start()
        self._server.serve_forever(poll_interval=0.1)

    def start(self) -> None:
        """Serve in a thread."""
        self._thread = threading.Thread(target=self.serve, name="simulator", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving and sending; what is under way in the state file goes on next time."""
        self._server.shutdown()
        self._server.server_close()
        if self._thread is not None:
            self._thread.join()
        self.app.close()
