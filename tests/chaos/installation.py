"""A whole installation of its own, on private servers, to be broken: nothing of other tests is touched."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import psycopg
from aiosmtpd.controller import Controller

from config.children import Child
from config.database import prepare, url_as_admin
from config.embedded.places import remove_all_of
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey
from tests.servers import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent.parent


class Mailbox:
    """An SMTP server that keeps what it gets: (recipient, subject), as often as it came."""

    def __init__(self) -> None:
        self.received: Counter[tuple[str, str]] = Counter()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        for recipient in envelope.rcpt_tos:
            self.received[recipient, str(message["Subject"])] += 1
        return "250 OK"

    def stop(self) -> None:
        self._server.stop()


class Installation:
    """PostgreSQL, Redis, workers and beat. Whoever starts it must stop it."""

    def __init__(self, *, simulator_url: str, pace: float) -> None:
        self.home = Path(tempfile.mkdtemp(prefix=f"rastro-test-{os.getpid()}-"))
        self.home.chmod(0o711)  # run by root, PostgreSQL is another user
        self.mailbox = Mailbox()
        # Durable: what is committed must outlive a restart, as in production.
        self.postgres = Postgres(self.home, self.home / "postgres.log", durable=True)
        self.valkey = Valkey(self.home, self.home / "valkey.log")
        self.processes: dict[str, Child] = {}
        self.broken: list[str] = []
        self.postgres.start()
        self.valkey.start()
        urls = prepare(self.postgres.admin_url, database="rastro", passwords={})
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.endswith("_FILE")},
            **ENVIRONMENT,
            **urls.as_environment(),
            "REDIS_URL": self.valkey.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{self.mailbox.port}",
            "CARRIER_SIMULATOR_URL": simulator_url,
            "POLL_PACE_SCALE": str(pace),
            "NOTIFY_SETTLE_S": "0.5",
            "DATA_DIR": str(self.home),
            "LOG_LEVEL": "INFO",
        }
        self.run("manage.py", "migrate", "--database", "owner", "--verbosity", "0")

    def run(self, *command: str) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self, name: str) -> None:
        """`beat`, or a worker of any other name."""
        celery = [sys.executable, "-m", "celery", "--app", "config.celery"]
        worker = ["worker", "--concurrency", "2", "--hostname", f"{name}@chaos", "--loglevel", "INFO"]
        beat = ["beat", "--loglevel", "INFO", "--schedule", str(self.home / "beat")]
        child = Child(
            name=name,
            argv=[*celery, *(beat if name == "beat" else worker)],
            log=self.home / f"{name}.log",
            env=self.environment,
            cwd=ROOT,
        )
        child.start()
        self.processes[name] = child

    # --- Breaking it ---

    def kill(self, name: str) -> None:
        """-9, with all it forked, and another in its place."""
        child = self.processes[name]
        assert child.pid is not None
        os.killpg(child.pid, signal.SIGKILL)  # it leads its own group
        assert child.process is not None
        child.process.wait()
        self.broken.append(name)
        self.start(name)

    def lose_redis(self, *, for_s: float) -> None:
        """-9; what comes back knows nothing."""
        child = self.valkey.child
        assert child is not None and child.process is not None
        child.process.kill()
        child.process.wait()
        self.broken.append("redis")
        time.sleep(for_s)
        self.valkey.start()

    def restart_postgres(self) -> None:
        self.postgres.stop()
        self.broken.append("postgres")
        self.postgres.start()

    def crash_postgres(self) -> None:
        """-9 to the server that leads the others: they all go, and recover from the log."""
        child = self.postgres.child
        assert child is not None and child.process is not None
        child.process.kill()
        child.process.wait()
        self.broken.append("postgres")
        self.postgres.start()

    # --- Looking at it ---

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """As the server's owner, who sees every shop."""
        url = url_as_admin(self.postgres.admin_url, "rastro")
        with psycopg.connect(url) as connection:
            return connection.execute(question).fetchall()

    def last_words(self) -> str:
        return "\n".join(f"--- {child.name}\n{child.last_words()}" for child in self.processes.values())

    def stop(self) -> None:
        for child in self.processes.values():
            if child.pid is not None and child.alive:
                os.killpg(child.pid, signal.SIGKILL)
                child.stop(timeout_s=5)
        self.valkey.stop()
        self.postgres.stop()
        self.mailbox.stop()
        remove_all_of(self.home)


def parsed(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
