"""Who is to be told of which parcels, and where: what carriers' customers follow, their hooks, the pushes due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from sqlite3 import Row

from carriers.simulator.state import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS following (
    carrier TEXT NOT NULL, key TEXT NOT NULL, number TEXT NOT NULL, provider INTEGER NOT NULL, tag TEXT,
    registered_at REAL NOT NULL, stopped INTEGER NOT NULL, retracked INTEGER NOT NULL, told INTEGER NOT NULL,
    PRIMARY KEY (carrier, key, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS following_number ON following (carrier, number);
CREATE TABLE IF NOT EXISTS due (
    carrier TEXT NOT NULL, key TEXT NOT NULL, number TEXT NOT NULL, event TEXT NOT NULL, due_at REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (carrier, key, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due_at ON due (due_at);
CREATE TABLE IF NOT EXISTS hooked (
    carrier TEXT NOT NULL, key TEXT NOT NULL, url TEXT NOT NULL, secret TEXT NOT NULL, PRIMARY KEY (carrier, key)
) WITHOUT ROWID;
"""
# A state file of the time when 17TRACK alone pushed: other carriers' customers had theirs before the key.
_IS_OLD = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'registration'"
_BROUGHT_OVER = """
INSERT OR IGNORE INTO following SELECT
    CASE instr(key, ':') WHEN 0 THEN '17track' ELSE substr(key, 1, instr(key, ':') - 1) END,
    substr(key, instr(key, ':') + 1), number, provider, tag, registered_at, stopped, retracked, 0
    FROM registration;
INSERT OR IGNORE INTO due SELECT '17track', key, number, lower(replace(event, 'TRACKING_', '')), due_at, tries
    FROM push;
INSERT OR IGNORE INTO hooked SELECT '17track', key, url, '' FROM hook;
DROP TABLE registration;
DROP TABLE push;
DROP TABLE hook;
"""


@dataclass(frozen=True, slots=True)
class Registration:
    """A number that a customer of the carrier's, known by `key`, follows. `told`: of how many scans it was."""

    carrier: str
    key: str
    number: str
    registered_at: float  # epoch seconds
    provider: int = 0
    tag: str | None = None
    stopped: bool = False
    retracked: bool = False
    told: int = 0


@dataclass(frozen=True, slots=True)
class Hook:
    """Where a customer wants to be told; `secret` signs, in whatever way the carrier has."""

    carrier: str
    key: str
    url: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Push:
    """Something a hook is to be told."""

    carrier: str
    key: str
    number: str
    event: str
    tries: int
    leased_until: float


class Watching:
    """Kept in the state file. Every method is one transaction; any thread may call."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.alone() as connection:
            connection.executescript(_SCHEMA)
            if connection.execute(_IS_OLD).fetchone():
                connection.executescript(f"BEGIN;{_BROUGHT_OVER}COMMIT;")

    def registration(self, carrier: str, key: str, number: str) -> Registration | None:
        found = self._store.rows(
            "SELECT * FROM following WHERE carrier = ? AND key = ? AND number = ?", (carrier, key, number)
        )
        return _registration(found[0]) if found else None

    def registrations(self, carrier: str, *, key: str = "", number: str = "") -> list[Registration]:
        """Latest first. An empty filter takes all."""
        found = self._store.rows(
            "SELECT * FROM following WHERE carrier = ? AND (key = ? OR ? = '') AND (number = ? OR ? = '')"
            " ORDER BY registered_at DESC, number",
            (carrier, key, key, number, number),
        )
        return [_registration(row) for row in found]

    def watchers(self, carrier: str, number: str) -> list[Registration]:
        """Who follows this number."""
        found = self._store.rows(
            "SELECT * FROM following WHERE carrier = ? AND number = ?", (carrier, number)
        )
        return [_registration(row) for row in found]

    def save(self, one: Registration) -> None:
        self._store.write(
            "INSERT OR REPLACE INTO following VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                one.carrier,
                one.key,
                one.number,
                one.provider,
                one.tag,
                one.registered_at,
                one.stopped,
                one.retracked,
                one.told,
            ),
        )

    def note(self, push: Push, *, told: int, stopped: bool) -> None:
        """Of how many scans this customer has been told, and whether it will be told of more."""
        self._store.write(
            "UPDATE following SET told = ?, stopped = max(stopped, ?) WHERE carrier = ? AND key = ? AND number = ?",
            (told, stopped, push.carrier, push.key, push.number),
        )

    def begin_anew(self, carrier: str, number: str) -> None:
        """Nobody has been told anything of this number."""
        self._store.write("UPDATE following SET told = 0 WHERE carrier = ? AND number = ?", (carrier, number))

    def forget(self, carrier: str, key: str, number: str) -> None:
        with self._store.transaction() as connection:
            for sql in (
                "DELETE FROM following WHERE carrier = ? AND key = ? AND number = ?",
                "DELETE FROM due WHERE carrier = ? AND key = ? AND number = ?",
            ):
                connection.execute(sql, (carrier, key, number))

    def hook(self, carrier: str, key: str) -> Hook | None:
        found = self._store.rows("SELECT * FROM hooked WHERE carrier = ? AND key = ?", (carrier, key))
        return Hook(**dict(found[0])) if found else None

    def hooks(self, carrier: str) -> list[Hook]:
        return [
            Hook(**dict(row))
            for row in self._store.rows("SELECT * FROM hooked WHERE carrier = ?", (carrier,))
        ]

    def save_hook(self, hook: Hook) -> None:
        self._store.write(
            "INSERT OR REPLACE INTO hooked VALUES (?, ?, ?, ?)",
            (hook.carrier, hook.key, hook.url, hook.secret),
        )

    def schedule(self, one: Registration, event: str, due_at: datetime) -> None:
        """Replaces the push that was due for the number: whoever sends it tells all that is new by then."""
        self._store.write(
            "INSERT OR REPLACE INTO due (carrier, key, number, event, due_at) VALUES (?, ?, ?, ?, ?)",
            (one.carrier, one.key, one.number, event, due_at.timestamp()),
        )

    def cancel(self, carrier: str, key: str, number: str) -> None:
        self._store.write(
            "DELETE FROM due WHERE carrier = ? AND key = ? AND number = ?", (carrier, key, number)
        )

    def claim(self, now: float, lease_s: float) -> list[Push]:
        """Pushes that are due, set aside for `lease_s` seconds."""
        with self._store.transaction() as connection:
            found = connection.execute("SELECT * FROM due WHERE due_at <= ? LIMIT 100", (now,)).fetchall()
            connection.executemany(
                "UPDATE due SET due_at = ? WHERE carrier = ? AND key = ? AND number = ?",
                [(now + lease_s, row["carrier"], row["key"], row["number"]) for row in found],
            )
        return [
            Push(row["carrier"], row["key"], row["number"], row["event"], row["tries"], now + lease_s)
            for row in found
        ]

    def finish(self, push: Push) -> bool:
        """Forget a push that was claimed; False when another has been ordered in its place since."""
        gone = self._store.write(
            "DELETE FROM due WHERE carrier = ? AND key = ? AND number = ? AND due_at = ?",
            (push.carrier, push.key, push.number, push.leased_until),
        )
        return gone > 0

    def retry(self, push: Push, due_at: float) -> None:
        self._store.write(
            "UPDATE due SET due_at = ?, tries = tries + 1 WHERE carrier = ? AND key = ? AND number = ? AND due_at = ?",
            (due_at, push.carrier, push.key, push.number, push.leased_until),
        )


def _registration(row: Row) -> Registration:
    named = dict(row)
    return Registration(**{**named, "stopped": bool(named["stopped"]), "retracked": bool(named["retracked"])})
