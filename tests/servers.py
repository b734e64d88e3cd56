"""A private PostgreSQL and Valkey for one test run: nothing of the demo, nor of anyone else, is touched."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis
from psycopg import sql

from config.children import command_of
from config.database import prepare, url_as_admin, urls_from
from config.embedded.places import remove_all_of
from config.embedded.postgres import Postgres
from config.embedded.valkey import ONCE, Valkey
from config.services import passwords_from

SECRET = "a secret of the tests only"
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": SECRET,
    "VAULT_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "DEBUG": "0",
    "SITE_URL": "http://testserver",  # the test client's host is the installation's
    "SITE_HOSTS": "127.0.0.1,localhost",  # and so is the live server's
    "EMAIL_URL": "memorymail://",
    "EMAIL_BACKEND": "",
    "DEFAULT_FROM_EMAIL": "Rastro <rastro@example.test>",
    "CARRIER_SIMULATOR_URL": "",
    "POLL_PACE_SCALE": "1",
    "LOG_LEVEL": "WARNING",
    "STATICFILES_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
}


@dataclass
class Servers:
    """The servers of this run. `home` is shared by its workers; only the first process starts and stops."""

    home: Path
    admin_url: str
    redis_url: str
    started: list[Postgres | Valkey] = field(default_factory=list)

    @classmethod
    def start(cls) -> Servers:
        """TEST_DATABASE_URL (may create roles and databases) and TEST_REDIS_URL (may be emptied), or our own."""
        _sweep()
        home = Path(tempfile.mkdtemp(prefix=f"rastro-test-{os.getpid()}-"))
        home.chmod(0o711)  # run by root, PostgreSQL is another user
        servers = cls(home, os.environ.get("TEST_DATABASE_URL", ""), os.environ.get("TEST_REDIS_URL", ""))
        if not servers.admin_url:
            postgres = Postgres(home, home / "postgres.log", durable=False)
            postgres.start()
            servers.started.append(postgres)
            servers.admin_url = postgres.admin_url
        if not servers.redis_url:
            valkey = Valkey(home, home / "valkey.log")
            valkey.start()
            servers.started.append(valkey)
            servers.redis_url = valkey.url
        return servers

    def stop(self) -> None:
        if not any(isinstance(server, Postgres) for server in self.started):
            self._drop_databases()
        for server in reversed(self.started):
            server.stop()
        remove_all_of(self.home)

    def environment(self, worker: str) -> dict[str, str]:
        """What settings read in `worker` ("main", "gw0", "gw1", …): a database and a Redis number of its own."""
        urls = urls_from(self.admin_url, database=self.database(worker), passwords=self._passwords)
        number = int(worker[2:]) + 1 if worker.startswith("gw") else 0
        redis_url = self.redis_url.partition("?db=")[0] + f"?db={number}"
        places = {"DATA_DIR": str(self.home), "STATIC_ROOT": str(self.home)}
        return {**ENVIRONMENT, **urls.as_environment(), "REDIS_URL": redis_url, **places}

    def empty_redis(self, url: str) -> None:
        redis.Redis.from_url(url, retry=ONCE).flushdb()

    def database(self, worker: str) -> str:
        return f"{self.home.name.replace('-', '_')}_{worker}"

    def make_database(self, worker: str) -> None:
        """A copy of the migrated template, which the first worker to come makes."""
        with self._locked("template"):
            if not (self.home / "template.done").exists():
                self._make_template()
                (self.home / "template.done").touch()
            with self._admin() as admin:
                admin.execute(
                    sql.SQL("CREATE DATABASE {} OWNER rastro_owner TEMPLATE {}").format(
                        sql.Identifier(self.database(worker)), sql.Identifier(self.database("template"))
                    )
                )

    def _make_template(self) -> None:
        from django.core.management import call_command
        from django.db import connections

        prepare(self.admin_url, database=self.database("template"), passwords=self._passwords)
        owner = connections["owner"]
        name = owner.settings_dict["NAME"]
        owner.settings_dict["NAME"] = self.database("template")
        try:
            call_command("migrate", database="owner", verbosity=0)
        finally:
            owner.close()
            owner.settings_dict["NAME"] = name

    @property
    def _passwords(self) -> dict[str, str]:
        """None are needed on our own server, whose socket is private."""
        return passwords_from(SECRET) if os.environ.get("TEST_DATABASE_URL") else {}

    def _drop_databases(self) -> None:
        with self._admin() as admin:
            prefix = self.database("")
            rows = admin.execute(
                "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
            ).fetchall()
            for (name,) in rows:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(str(name))))

    def _admin(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.admin_url, autocommit=True)

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        with (self.home / f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Emptier:
    """Puts a worker's database back to how the migrations left it."""

    def __init__(self, servers: Servers, worker: str) -> None:
        self.url = url_as_admin(servers.admin_url, servers.database(worker))
        with psycopg.connect(self.url) as connection:
            names = [
                str(name)
                for (name,) in connection.execute(
                    "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                    "WHERE nspname = 'public' AND relkind IN ('r', 'p') AND NOT relispartition"
                )
            ]
            self.tables = [name for name in names if not self._has_rows(connection, name)]

    def empty_database(self) -> None:
        """Every table the migrations left empty is emptied; what they filled stays.

        Raises LockNotAvailable when a test left a transaction open in a thread or a process.
        """
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '10s'")
            filled = [name for name in self.tables if self._has_rows(connection, name)]
            if filled:
                tables = sql.SQL(", ").join(map(sql.Identifier, filled))
                # Ids go on counting: what anything remembers of a row is never taken for another's.
                connection.execute(sql.SQL("TRUNCATE {} CASCADE").format(tables))

    @staticmethod
    def _has_rows(connection: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
        found = connection.execute(
            sql.SQL("SELECT EXISTS (SELECT FROM {})").format(sql.Identifier(name))
        ).fetchone()
        return bool(found and found[0])


def _sweep() -> None:
    """Remove what killed runs left: a directory whose process is gone."""
    for left in Path(tempfile.gettempdir()).glob("rastro-test-*-*"):
        pid = left.name.split("-")[2]
        if pid.isdigit() and left.stat().st_uid == os.getuid() and command_of(int(pid)) is None:
            remove_all_of(left)
            shutil.rmtree(left, ignore_errors=True)
