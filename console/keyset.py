"""Pages of a long list by where the last one ended: as quick on page 2,000 as on the first."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def _number(said: Any) -> int:
    if type(said) is not int or not 0 <= said < 2**63:
        raise ValueError(said)
    return said


@dataclass(frozen=True, slots=True)
class Sort:
    """By one never empty column or annotation, and by id where two are the same."""

    field: str
    descending: bool
    read: Callable[[str], Any] = datetime.fromisoformat  # the value from its text
    key: Callable[[Any], Any] = _number  # the id, from what the cursor holds

    def order_by(self, *, backwards: bool = False) -> tuple[str, str]:
        sign = "-" if self.descending is not backwards else ""
        return f"{sign}{self.field}", f"{sign}id"


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    rows: list[M]
    newer: str  # cursors; empty: there is nothing that way
    older: str


def page(rows: QuerySet[M], sort: Sort, *, size: int, after: str = "", before: str = "") -> Page[M]:
    """The rows after (or before) a cursor; a cursor that is none is as good as the first page."""
    place = _read(before or after, sort)
    backwards = bool(before) and place is not None
    if place is not None:
        value, pk = place
        further = "lt" if sort.descending is not backwards else "gt"
        rows = rows.filter(**{f"{sort.field}__{further}e": value}).exclude(
            **{sort.field: value, f"id__{'gte' if further == 'lt' else 'lte'}": pk}
        )
    found = list(rows.order_by(*sort.order_by(backwards=backwards))[: size + 1])
    has_more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    came_from = place is not None and bool(found)
    return Page(
        found,
        newer=_write(found[0], sort) if found and (has_more if backwards else came_from) else "",
        older=_write(found[-1], sort) if found and (has_more or (backwards and came_from)) else "",
    )


def _write(row: Model, sort: Sort) -> str:
    value = getattr(row, sort.field)
    said = value.isoformat() if isinstance(value, (date, datetime)) else str(value)
    return base64.urlsafe_b64encode(json.dumps([said, row.pk], default=str).encode()).decode().rstrip("=")


def _read(cursor: str, sort: Sort) -> tuple[Any, int] | None:
    if not cursor or len(cursor) > 200:
        return None
    try:
        said, pk = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        value, pk = sort.read(said), sort.key(pk)
    except (ValueError, TypeError, binascii.Error):
        return None
    if isinstance(value, datetime) and value.tzinfo is None:
        return None
    return value, pk
