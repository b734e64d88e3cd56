"""What outlives the process: parcels, messages, who watches (`watching.py`). SQLite, one file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from carriers.simulator.clock import Clock, Stretch
from carriers.simulator.parcels import Parcel

MEMORY = ":memory:"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS parcel (
    carrier TEXT NOT NULL, number TEXT NOT NULL, journey TEXT NOT NULL, origin TEXT NOT NULL,
    destination TEXT NOT NULL, seed TEXT NOT NULL, clock TEXT NOT NULL, added_at REAL NOT NULL,
    PRIMARY KEY (carrier, number)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parcel_number ON parcel (number);
CREATE INDEX IF NOT EXISTS parcel_added ON parcel (added_at);
CREATE TABLE IF NOT EXISTS content (sid TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS message (
    sid TEXT PRIMARY KEY, account TEXT NOT NULL, token TEXT NOT NULL, sender TEXT NOT NULL,
    recipient TEXT NOT NULL, body TEXT NOT NULL, callback TEXT NOT NULL, status TEXT NOT NULL,
    error_code INTEGER, created_at REAL NOT NULL, updated_at REAL NOT NULL,
    stage INTEGER NOT NULL DEFAULT 0, due_at REAL, tries INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS message_due ON message (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS message_recipient ON message (recipient, created_at);
"""


@dataclass(frozen=True, slots=True)
class Message:
    """A text to a phone. `token` signs its receipts; `stage` counts those sent; times in epoch seconds."""

    sid: str
    account: str
    token: str
    sender: str
    recipient: str
    body: str
    callback: str
    created_at: float
    updated_at: float
    status: str = "queued"
    error_code: int | None = None
    stage: int = 0
    due_at: float | None = None
    tries: int = 0


class Store:
    """The state file. Every method is one transaction; any thread may call."""

    def __init__(self, path: str = MEMORY) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """The connection, while nobody else uses it; transactions are the caller's own."""
        with self._lock:
            yield self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def write(self, sql: str, values: Sequence[object] = ()) -> int:
        """Run one statement; return how many rows it touched."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    # Parcels

    def parcel(self, carrier: str, number: str) -> Parcel | None:
        found = self.rows("SELECT * FROM parcel WHERE carrier = ? AND number = ?", (carrier, number))
        return _parcel(found[0]) if found else None

    def parcels(self, *, carrier: str = "", number: str = "", limit: int = 1000) -> list[Parcel]:
        """Latest added first. An empty filter takes all."""
        found = self.rows(
            "SELECT * FROM parcel WHERE (carrier = ? OR ? = '') AND (number = ? OR ? = '')"
            " ORDER BY added_at DESC, number LIMIT ?",
            (carrier, carrier, number, number, limit),
        )
        return [_parcel(row) for row in found]

    def save_parcel(self, parcel: Parcel, *, now: datetime) -> None:
        self.write(
            "INSERT INTO parcel VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (carrier, number) DO UPDATE SET"
            " journey = excluded.journey, origin = excluded.origin, destination = excluded.destination,"
            " seed = excluded.seed, clock = excluded.clock",
            (
                parcel.carrier,
                parcel.number,
                parcel.journey,
                parcel.origin,
                parcel.destination,
                parcel.seed,
                json.dumps([(s.at.timestamp(), s.minutes, s.speed) for s in parcel.clock.stretches]),
                now.timestamp(),
            ),
        )

    # Phone messages

    def save_message(self, one: Message) -> None:
        names = [field.name for field in fields(Message)]
        self.write(
            f"INSERT OR REPLACE INTO message ({', '.join(names)})"  # noqa: S608  names are our own
            f" VALUES ({', '.join('?' * len(names))})",
            [getattr(one, name) for name in names],
        )

    def message(self, sid: str) -> Message | None:
        found = self.rows("SELECT * FROM message WHERE sid = ?", (sid,))
        return Message(**dict(found[0])) if found else None

    def messages(self, *, recipient: str = "", limit: int = 1000) -> list[Message]:
        """Latest first. An empty filter takes all."""
        found = self.rows(
            "SELECT * FROM message WHERE (recipient = ? OR ? = '') ORDER BY created_at DESC, rowid DESC LIMIT ?",
            (recipient, recipient, limit),
        )
        return [Message(**dict(row)) for row in found]

    def claim_messages(self, now: float, lease_s: float) -> list[Message]:
        """Messages whose next status is due, set aside for `lease_s` seconds."""
        with self.transaction() as connection:
            found = connection.execute("SELECT * FROM message WHERE due_at <= ? LIMIT 100", (now,)).fetchall()
            connection.executemany(
                "UPDATE message SET due_at = ? WHERE sid = ?", [(now + lease_s, row["sid"]) for row in found]
            )
        return [Message(**dict(row)) for row in found]

    def content(self, sid: str) -> str | None:
        found = self.rows("SELECT body FROM content WHERE sid = ?", (sid,))
        return str(found[0]["body"]) if found else None

    def save_content(self, sid: str, body: str) -> None:
        self.write("INSERT OR REPLACE INTO content VALUES (?, ?)", (sid, body))


def _parcel(row: sqlite3.Row) -> Parcel:
    stretches = tuple(
        Stretch(datetime.fromtimestamp(at, UTC), minutes, speed)
        for at, minutes, speed in json.loads(row["clock"])
    )
    return Parcel(
        carrier=row["carrier"],
        number=row["number"],
        journey=row["journey"],
        origin=row["origin"],
        destination=row["destination"],
        seed=row["seed"],
        clock=Clock(stretches),
    )
