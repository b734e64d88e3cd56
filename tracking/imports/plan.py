"""How one file is to be read: which column is what, and how its cells are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from tracking.imports import values
from tracking.imports.columns import AMOUNTS, LINES, MOMENTS, NEEDED, guessed
from tracking.imports.files import Record
from tracking.imports.meanings import guessed_meanings
from tracking.imports.presets import PRESETS

SAMPLE = 400  # rows looked at to guess how cells are written
MOST_WORDS = 40  # different words a column of states may hold, to be asked about
MONTH_FIRST = frozenset({"US", "PH", "PR"})
POINT_COUNTRIES = frozenset({"US", "GB", "IE", "MX", "CH", "CN", "JP", "IN", "AU", "NZ", "PR", "PH", "IL"})


@dataclass(frozen=True, slots=True)
class Plan:
    """`columns`: our field → their column. `statuses`: a word of theirs in small letters → a Meaning."""

    columns: Mapping[str, str]
    time_zone: str
    day_first: bool = True
    decimal_comma: bool = False
    currency: str = ""  # of rows that name none
    country: str = ""
    channel: str = "web"
    carrier: str = ""
    statuses: Mapping[str, str] = field(default_factory=dict)
    now: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def has_lines(self) -> bool:
        """Whether an order may take several rows, one an article."""
        return any(name in self.columns for name in LINES)

    @property
    def missing(self) -> list[str]:
        """Fields an order cannot do without, and which no column brings."""
        return [name for name in NEEDED if not self.columns.get(name)]

    def as_json(self) -> dict[str, Any]:
        """All but the columns, which are kept beside it."""
        kept = asdict(self)
        del kept["columns"], kept["now"]
        return kept

    @classmethod
    def from_json(cls, columns: Mapping[str, str], options: Mapping[str, Any], *, now: datetime) -> Plan:
        known = {name: options[name] for name in cls.__dataclass_fields__ if name in options}
        return cls(columns=dict(columns), now=now, **known)


def guess(
    columns: Sequence[str], sample: Iterable[Record], *, time_zone: str, country: str, now: datetime
) -> Plan:
    """What the names of the columns and the first rows tell, to be confirmed by a person."""
    rows = [record.cells for record in islice(sample, SAMPLE)]
    preset = next((known for known in PRESETS.values() if set(known.columns.values()) <= set(columns)), None)
    mapping = dict(preset.columns) if preset else guessed(columns)
    plan = Plan(columns=mapping, time_zone=time_zone, now=now)
    if preset:
        plan = replace(
            plan,
            time_zone=preset.time_zone or time_zone,
            currency=preset.currency,
            country=preset.country,
        )
    return replace(
        plan,
        day_first=values.is_day_first(
            _cells(rows, columns, mapping, (*MOMENTS, "promised_date")), otherwise=country not in MONTH_FIRST
        ),
        decimal_comma=values.is_decimal_comma(
            _cells(rows, columns, mapping, AMOUNTS), otherwise=country not in POINT_COUNTRIES
        ),
        statuses=guessed_meanings(words_of(columns, rows, mapping.get("status", ""))),
    )


def words_of(columns: Sequence[str], rows: Iterable[Sequence[str]], column: str) -> list[str]:
    """The different words of a column, the most frequent first: at most one more than may be states."""
    if column not in columns:
        return []
    place = columns.index(column)
    counted: Counter[str] = Counter()
    for cells in rows:
        if place < len(cells) and (word := values.said(cells[place])):
            counted[word] += 1
            if len(counted) > MOST_WORDS:
                break
    return [word for word, _count in counted.most_common()]


def _cells(
    rows: Iterable[Sequence[str]], columns: Sequence[str], mapping: Mapping[str, str], fields: Sequence[str]
) -> Iterable[str]:
    places = [columns.index(mapping[name]) for name in fields if mapping.get(name) in columns]
    return [values.said(cells[place]) for cells in rows for place in places if place < len(cells)]
