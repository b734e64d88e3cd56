"""Deliveries changed at customers' wish: what each carrier was asked, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from carriers.simulator.parcels import Quirk, View
from carriers.simulator.state import Store
from carriers.types import Json, Status

_SCHEMA = """
CREATE TABLE IF NOT EXISTS change (
    carrier TEXT NOT NULL, number TEXT NOT NULL, reference TEXT NOT NULL, said TEXT NOT NULL,
    outcome TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (carrier, number, reference)
) WITHOUT ROWID;
"""
OVER = frozenset({Status.DELIVERED, Status.RETURNING, Status.RETURNED, Status.CANCELLED, Status.EXPIRED})


class Ruling(StrEnum):
    DONE = "done"
    OUT = "out"  # with the driver already
    OVER = "over"
    NO_SUNDAY = "no_sunday"
    ABROAD = "abroad"
    UNWILLING = "unwilling"
    NO_INCIDENT = "no_incident"


@dataclass(frozen=True, slots=True)
class Asked:
    """What decides: where to, and on which day, where that is said."""

    reference: str
    country: str = ""
    day: date | None = None
    needs_incident: bool = False


def rule(view: View, asked: Asked, quirks: frozenset[Quirk]) -> Ruling:
    """Pure: what the carrier decides. No delivery on Sundays, none in another country."""
    status = view.latest.kind.status
    if status in OVER:
        return Ruling.OVER
    if status is Status.OUT_FOR_DELIVERY:
        return Ruling.OUT
    if Quirk.UNWILLING in quirks:
        return Ruling.UNWILLING
    if asked.country and asked.country != view.parcel.route.destination.country:
        return Ruling.ABROAD
    if asked.day and asked.day.weekday() == 6:
        return Ruling.NO_SUNDAY
    if asked.needs_incident and status not in (Status.FAILED_ATTEMPT, Status.EXCEPTION):
        return Ruling.NO_INCIDENT
    return Ruling.DONE


def decide(store: Store, view: View, asked: Asked, quirks: frozenset[Quirk], said: Json) -> Ruling:
    """The ruling, kept: asked again with the same reference it is the same."""
    with store.alone() as connection:
        connection.executescript(_SCHEMA)
        key = (view.parcel.carrier, view.parcel.number, asked.reference)
        known = connection.execute(
            "SELECT outcome FROM change WHERE carrier = ? AND number = ? AND reference = ?", key
        ).fetchone()
        if known:
            return Ruling(known["outcome"])
        ruling = rule(view, asked, quirks)
        connection.execute(
            "INSERT INTO change VALUES (?, ?, ?, ?, ?, ?)",
            (*key, json.dumps(said, ensure_ascii=False), ruling, view.now.timestamp()),
        )
        return ruling


def listed(store: Store, number: str = "") -> list[Mapping[str, Json]]:
    """The latest last."""
    with store.alone() as connection:
        connection.executescript(_SCHEMA)
        found = connection.execute(
            "SELECT * FROM change WHERE number = ? OR ? = '' ORDER BY at, reference", (number, number)
        ).fetchall()
    return [{**dict(row), "said": json.loads(row["said"])} for row in found]


def day_of(said: Json) -> date | None:
    """A day as carriers are told it: 2026-11-27, 20261127 or 27/11/2026; None where it is none."""
    for shape in ("%Y-%m-%d", "%Y%m%d", "%d/%m/%Y"):
        try:
            return datetime.strptime(said, shape).date()  # noqa: DTZ007  a day has no zone
        except (TypeError, ValueError):
            continue
    return None
