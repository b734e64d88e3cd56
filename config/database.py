"""The three PostgreSQL roles, and how a database is made ready for them.

`rastro_owner` owns the tables and runs migrations. `rastro_app` serves: row-level security binds it to one
shop a transaction. `rastro_dispatch` sees the work queues of every shop, and nothing else: which columns of
which tables is said by the migrations (`tenants.isolation.Queue`). `rastro_maint` cannot log in; the owner
puts it on for data migrations, and backups run as a login that is a member of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import psycopg
from psycopg import sql

APP, OWNER, DISPATCH, MAINT = "rastro_app", "rastro_owner", "rastro_dispatch", "rastro_maint"

# Bounds for the serving roles. A page that needs longer than this is broken, not slow.
BOUNDS = {
    "statement_timeout": "5s",
    "lock_timeout": "2s",
    "idle_in_transaction_session_timeout": "15s",
}


@dataclass(frozen=True, slots=True)
class Urls:
    """One database, as seen by its three roles."""

    app: str
    owner: str
    dispatch: str

    def as_environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.app,
            "DATABASE_OWNER_URL": self.owner,
            "DATABASE_DISPATCH_URL": self.dispatch,
        }


def url_as(url: str, *, user: str, password: str = "", database: str = "") -> str:
    """`url` with another user (and password, database), its other parameters kept."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    query.pop("user", None)
    query.pop("password", None)
    if parts.hostname:
        port = f":{parts.port}" if parts.port else ""
        netloc = f"{user}:{password}@{parts.hostname}{port}" if password else f"{user}@{parts.hostname}{port}"
    else:  # a socket directory: postgresql:///db?host=/dir
        netloc = ""
        query["user"] = user
        if password:
            query["password"] = password
    path = f"/{database}" if database else parts.path
    return _joined(parts.scheme, netloc, path, urlencode(query, safe="/"))


def _joined(scheme: str, netloc: str, path: str, query: str) -> str:
    """Not urlunsplit, which drops the slashes of an empty host: postgresql:///db?host=/dir."""
    return f"{scheme}://{netloc}{path}{'?' if query else ''}{query}"


def database_of(url: str) -> str:
    return unquote(urlsplit(url).path.lstrip("/"))


def urls_from(admin_url: str, *, database: str, passwords: Mapping[str, str]) -> Urls:
    return Urls(
        app=url_as(admin_url, user=APP, password=passwords.get(APP, ""), database=database),
        owner=url_as(admin_url, user=OWNER, password=passwords.get(OWNER, ""), database=database),
        dispatch=url_as(admin_url, user=DISPATCH, password=passwords.get(DISPATCH, ""), database=database),
    )


def prepare(admin_url: str, *, database: str, passwords: Mapping[str, str]) -> Urls:
    """Create the roles and the database where they are missing; return the three addresses.

    Safe to repeat. `passwords` by role name; an empty one leaves the role without (socket trust).
    Raises psycopg.Error when `admin_url` may not create roles.
    """
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for role in (OWNER, APP, DISPATCH):
            _role(admin, role, passwords.get(role, ""))
        _maintenance_role(admin)
        if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
            admin.execute(
                sql.SQL(
                    "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'"
                ).format(sql.Identifier(database), sql.Identifier(OWNER))
            )
        admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
        admin.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}, {}, {}").format(
                sql.Identifier(database), *(sql.Identifier(r) for r in (APP, DISPATCH, MAINT))
            )
        )
    with psycopg.connect(url_as_admin(admin_url, database), autocommit=True) as admin:
        _schema_rights(admin)
    return urls_from(admin_url, database=database, passwords=passwords)


def url_as_admin(admin_url: str, database: str) -> str:
    parts = urlsplit(admin_url)
    return _joined(parts.scheme, parts.netloc, f"/{database}", parts.query)


def may_create_roles(url: str) -> bool:
    """Whether `url` logs in as a role that can prepare a database."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT rolsuper OR (rolcreaterole AND rolcreatedb AND rolbypassrls) FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    return bool(row and row[0])


def _role(admin: psycopg.Connection[tuple[object, ...]], role: str, password: str) -> None:
    name = sql.Identifier(role)
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        admin.execute(
            sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOINHERIT").format(
                name
            )
        )
    if password:
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))
    if role != OWNER:
        for setting, value in BOUNDS.items():
            admin.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(name, sql.Identifier(setting), sql.Literal(value))
            )


def _maintenance_role(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [MAINT]).fetchone():
        admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN BYPASSRLS").format(sql.Identifier(MAINT)))
    admin.execute(
        sql.SQL("GRANT {} TO {} WITH INHERIT FALSE, SET TRUE").format(
            sql.Identifier(MAINT), sql.Identifier(OWNER)
        )
    )


def _schema_rights(admin: psycopg.Connection[tuple[object, ...]]) -> None:
    owner, app, dispatch, maint = (sql.Identifier(r) for r in (OWNER, APP, DISPATCH, MAINT))
    admin.execute(sql.SQL("ALTER SCHEMA public OWNER TO {}").format(owner))
    admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    admin.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}, {}, {}").format(app, dispatch, maint))
    for rights, things, roles in (
        ("SELECT, INSERT, UPDATE, DELETE", "TABLES", (app, maint)),
        ("USAGE, SELECT", "SEQUENCES", (app, maint)),
    ):
        for role in roles:
            admin.execute(
                sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA public GRANT {} ON {} TO {}").format(
                    owner, sql.SQL(rights), sql.SQL(things), role
                )
            )
