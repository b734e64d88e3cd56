"""A whole installation of its own, on private servers, to be broken: nothing of other tests is touched."""

from __future__ import annotations

import asyncio
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
import redis
from aiosmtpd.controller import Controller

from config.children import Child
from config.database import prepare, url_as_admin
from config.embedded.places import remove_all_of
from config.embedded.postgres import Postgres
from config.embedded.valkey import Valkey
from tests.chaos.proxy import Proxy
from tests.servers import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent.parent


class Mailbox:
    """An SMTP server that keeps what it gets: (recipient, subject), as often as it came.

    Of mails it has not seen before, some get what is in `moods` first: a code of refusal, "slow", "cut" before the mail
    is taken or "drop" after it. `broken` counts them.
    """

    def __init__(self) -> None:
        self.received: Counter[tuple[str, str]] = Counter()
        self.moods: list[str] = []
        self.broken: list[str] = []
        self.is_closed = False
        self._seen: set[str] = set()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self._server = Controller(self, hostname="127.0.0.1", port=self.port)
        self._server.start()

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.is_closed:
            self.broken.append("smtp closing")
            return "421 closing"
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        number = str(message["Message-ID"])
        mood = self.moods.pop(0) if self.moods and number not in self._seen else ""
        self._seen.add(number)
        if mood:
            self.broken.append(f"smtp {mood}")
        if mood == "slow":
            await asyncio.sleep(1.5)
        if mood == "cut":
            server.transport.abort()
            return "421 never heard"
        if mood[:1].isdigit():
            return mood
        for recipient in envelope.rcpt_tos:
            self.received[recipient, str(message["Subject"])] += 1
        if mood == "drop":
            server.transport.abort()
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
        self.redis_line = Proxy(self.valkey.socket)
        urls = prepare(self.postgres.admin_url, database="rastro", passwords={})
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.endswith("_FILE")},
            **ENVIRONMENT,
            **urls.as_environment(),
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_line.port}/0",
            "SITE_URL": "http://127.0.0.1:9",  # where Twilio reports to: nobody is there
            "TWILIO_ACCOUNT_SID": "AC00000000000000000000000000000001",
            "TWILIO_AUTH_TOKEN": "token",
            "TWILIO_SENDER": "+34910000000",
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
        self.broken.append(f"{'beat' if name == 'beat' else 'worker'} killed")
        self.start(name)

    def freeze(self, name: str) -> None:
        """It stands still, and does not know."""
        self._signal(name, signal.SIGSTOP)
        self.broken.append("worker frozen")

    def thaw(self, name: str) -> None:
        self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, sign: signal.Signals) -> None:
        pid = self.processes[name].pid
        assert pid is not None
        os.killpg(pid, sign)

    def flush_redis(self) -> None:
        self.redis().flushall()
        self.broken.append("redis flushed")

    def redis(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self.valkey.socket))

    def cut_redis(self) -> None:
        self.redis_line.cut()
        self.broken.append("redis cut off")

    def slow_redis(self, slow_s: float) -> None:
        self.redis_line.slow_s = slow_s
        if slow_s:
            self.broken.append("redis slow")

    def lose_redis(self, *, for_s: float) -> None:
        """-9; what comes back knows nothing."""
        child = self.valkey.child
        assert child is not None and child.process is not None
        child.process.kill()
        child.process.wait()
        self.broken.append("redis killed")
        time.sleep(for_s)
        self.valkey.start()

    def restart_postgres(self) -> None:
        self.postgres.stop()
        self.broken.append("postgres restarted")
        self.postgres.start()

    def end_sessions(self) -> None:
        """Of everybody, in the middle of a statement or between two."""
        self.rows(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        self.broken.append("postgres sessions ended")

    def crash_postgres(self) -> None:
        """-9 to the server that leads the others: they all go, and recover from the log."""
        child = self.postgres.child
        assert child is not None and child.process is not None
        child.process.kill()
        child.process.wait()
        self.broken.append("postgres crashed")
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
        self.redis_line.stop()
        self.valkey.stop()
        self.postgres.stop()
        self.mailbox.stop()
        remove_all_of(self.home)


def parsed(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
