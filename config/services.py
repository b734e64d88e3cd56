"""Where PostgreSQL and Redis are: the environment's addresses, or private servers started here."""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg
import redis
from environ.fileaware_mapping import FileAwareMapping

from config.database import APP, DISPATCH, OWNER, Urls, database_of, may_create_roles, urls_from
from config.embedded.places import ServiceError
from config.embedded.postgres import Postgres
from config.embedded.valkey import ONCE, Valkey

DATABASE = "rastro"


def located(base: Path) -> dict[str, str]:
    """The environment of the demo that runs in this checkout; empty when none does.

    So `manage.py` in a second terminal finds the first one's servers. Where the environment names a database
    it means another installation, and nothing is taken over.
    """
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        return {}
    home = Path(os.environ.get("DATA_DIR") or base / ".data")
    state = home / "services.json"
    if not os.access(state, os.R_OK) or not _held(home):
        return {}
    environment: dict[str, str] = json.loads(state.read_text())
    return environment


@contextmanager
def claimed(home: Path) -> Iterator[None]:
    """Hold `home` for this process. The kernel lets go when it ends, however it ends. Raises ServiceError."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("a") as lock:
        deadline = time.monotonic() + 1  # somebody may just be looking
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise ServiceError(_taken(home)) from None
                time.sleep(0.1)
        try:
            yield
        finally:
            (home / "services.json").unlink(missing_ok=True)


def publish(home: Path, environment: Mapping[str, str]) -> None:
    """Let `located` find these. Holds secrets: for the owner's eyes."""
    write_private(home / "services.json", json.dumps(dict(environment), indent=1))


def write_private(path: Path, text: str) -> None:
    """All or nothing, readable by its owner alone from the first byte."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    unfinished.replace(path)


def database(
    home: Path, *, environ: Mapping[str, str], secret: str, durable: bool = True
) -> tuple[dict[str, str], Postgres | None]:
    """The database's addresses as environment variables, and the server when one was started here.

    DATABASE_ADMIN_URL is among them when `manage.py prepare_database` may create the roles. Passwords of
    roles made here follow from `secret`. Raises ServiceError.
    """
    app = _named(environ, "DATABASE_URL")
    if not app:
        server = Postgres(home, home / "log" / "postgres.log", durable=durable)
        server.start()
        urls = urls_from(server.admin_url, database=DATABASE, passwords={})
        return {**urls.as_environment(), "DATABASE_ADMIN_URL": server.admin_url}, server
    owner, dispatch = _named(environ, "DATABASE_OWNER_URL"), _named(environ, "DATABASE_DISPATCH_URL")
    if owner and dispatch:
        given = Urls(app=app, owner=owner, dispatch=dispatch).as_environment()
        admin = _named(environ, "DATABASE_ADMIN_URL")
        return (given | {"DATABASE_ADMIN_URL": admin} if admin else given), None
    if not _may_prepare(app):
        raise ServiceError(
            "DATABASE_URL logs in as a role that may not create others. Name one that may (a superuser, "
            "or CREATEROLE, CREATEDB and BYPASSRLS together), or make the three roles yourself and set "
            "DATABASE_OWNER_URL and DATABASE_DISPATCH_URL too: docs/operating.md says how."
        )
    name = database_of(app)
    urls = urls_from(
        app, database=DATABASE if name in ("", "postgres") else name, passwords=passwords_from(secret)
    )
    return {**urls.as_environment(), "DATABASE_ADMIN_URL": app}, None


def broker(home: Path, *, environ: Mapping[str, str]) -> tuple[str, Valkey | None]:
    """REDIS_URL, and the server when one was started here. Raises ServiceError."""
    url = _named(environ, "REDIS_URL")
    if not url:
        server = Valkey(home, home / "log" / "valkey.log")
        server.start()
        return server.url, server
    try:
        redis.Redis.from_url(url, socket_connect_timeout=5, retry=ONCE).ping()
    except (redis.RedisError, ValueError) as error:
        raise ServiceError(
            f"REDIS_URL does not answer: {error}. Mend it, or unset it to use the embedded one."
        ) from error
    return url, None


def passwords_from(secret: str) -> dict[str, str]:
    """The roles' passwords, from the installation's secret: nothing more to keep."""
    return {
        role: hmac.new(secret.encode(), f"database:{role}".encode(), hashlib.sha256).hexdigest()[:40]
        for role in (APP, OWNER, DISPATCH)
    }


def _named(environ: Mapping[str, str], name: str) -> str:
    """NAME, or what the file called NAME_FILE holds; empty when neither is set."""
    value: str = FileAwareMapping(env=environ).get(name, "")
    return value.strip()


def _may_prepare(url: str) -> bool:
    try:
        return may_create_roles(url)
    except psycopg.OperationalError as error:
        raise ServiceError(
            f"DATABASE_URL does not answer. Mend it, or unset it to use the embedded one.\n{error}"
        ) from error


def _held(home: Path) -> bool:
    with (home / "lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _taken(home: Path) -> str:
    state = home / "services.json"
    site = json.loads(state.read_text()).get("SITE_URL", "") if state.exists() else ""
    where = f" at {site}" if site else ""
    return f"A demo already runs in this checkout{where}. Use that one, or stop it with Ctrl-C first."
