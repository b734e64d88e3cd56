"""What an operator chooses in words: presets, field=column, word=meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from tracking.imports.columns import FIELDS, plain
from tracking.imports.files import Record
from tracking.imports.meanings import Meaning
from tracking.imports.plan import Plan, guess
from tracking.imports.presets import PRESETS

CHOICES = ("day_first", "decimal_comma", "currency", "country", "channel", "carrier")


class ChoiceError(Exception):
    """There is no such thing to choose. The message says what there is."""


def chosen(
    columns: Sequence[str],
    sample: Iterable[Record],
    options: Mapping[str, Any],
    *,
    time_zone: str,
    country: str,
    now: datetime,
) -> Plan:
    """What is guessed of a file, and what the operator says instead. Raises ChoiceError."""
    plan = guess(columns, sample, time_zone=time_zone, country=country, now=now)
    if preset := PRESETS.get(options["preset"] or ""):
        known = {field: column for field, column in preset.columns.items() if column in columns}
        zone = preset.time_zone or time_zone
        plan = replace(plan, columns=known, time_zone=zone, currency=preset.currency, country=preset.country)
    said = {name: options[name] for name in CHOICES if options[name] is not None}
    plan = replace(
        plan,
        columns=_columns(options["map"], plan.columns, columns),
        statuses={**plan.statuses, **_statuses(options["status"])},
        time_zone=_zone(options["time_zone"]) or plan.time_zone,
        **said,
    )
    if plan.missing:
        missing = ", ".join(f"--map {field}=COLUMN" for field in plan.missing)
        raise ChoiceError(
            f"No column tells the order's number: say {missing}. Columns: {', '.join(columns)}."
        )
    return plan


def _columns(said: Iterable[str], guessed: Mapping[str, str], columns: Sequence[str]) -> dict[str, str]:
    """What was guessed, and what was said instead; an empty column takes a guess away."""
    known = {field.name for field in FIELDS}
    mapping = dict(guessed)
    for field, column in _pairs(said, "--map"):
        if field not in known:
            raise ChoiceError(f"There is no field “{field}”. Fields: {', '.join(sorted(known))}.")
        if column and column not in columns:
            raise ChoiceError(f"There is no column “{column}”. Columns: {', '.join(columns)}.")
        mapping[field] = column
    return {field: column for field, column in mapping.items() if column}


def _statuses(said: Iterable[str]) -> dict[str, str]:
    statuses = {}
    for word, meaning in _pairs(said, "--status"):
        if meaning not in set(Meaning):
            raise ChoiceError(f"“{meaning}” is no state. States: {', '.join(Meaning)}.")
        statuses[plain(word)] = meaning
    return statuses


def _pairs(said: Iterable[str], name: str) -> Iterator[tuple[str, str]]:
    for one in said:
        left, is_pair, right = one.partition("=")
        if not is_pair:
            raise ChoiceError(f"{name} wants two words with = between them, not “{one}”.")
        yield left.strip(), right.strip()


def _zone(name: str | None) -> str:
    if name and name not in available_timezones():
        raise ChoiceError(f"There is no time zone “{name}”: write it like America/Sao_Paulo.")
    return name or ""
