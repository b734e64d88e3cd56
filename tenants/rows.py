"""Many rows in one statement: inserted, or changed, from arrays of their columns.

`bulk_create` costs three times as much and `bulk_update` thirty times (docs/bench.md). Columns are named by the
caller's code, never by a request; values are always parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

Rows = Iterable[Sequence[Any]]

_SIZE = re.compile(r"\([\d, ]+\)")  # a cast to varchar(80) would cut silently; the column itself refuses


def insert(
    model: type[models.Model],
    names: Sequence[str],
    rows: Rows,
    *,
    once: bool = False,
    returning: Sequence[str] = (),
) -> list[tuple[Any, ...]]:
    """Insert `rows`, each with the values of `names`; give back the columns `returning` of those inserted.

    With `once`, rows that break a unique constraint are left out, so that repeating does nothing.
    """
    statement = insertion(model, names, rows, once=once, returning=returning)
    if statement is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return cursor.fetchall() if returning else []


def insertion(
    model: type[models.Model],
    names: Sequence[str],
    rows: Rows,
    *,
    once: bool = False,
    returning: Sequence[str] = (),
) -> tuple[str, list[Any]] | None:
    """The statement of `insert` and its parameters, to be part of another; None where there are no rows."""
    columns = [_Column(model, name) for name in names]
    values = _by_column(columns, rows)
    if values is None:
        return None
    sql = (
        f"INSERT INTO {_table(model)} ({', '.join(c.quoted for c in columns)}) "  # noqa: S608  names of fields
        f"SELECT {', '.join(c.read for c in columns)} FROM {_unnest(columns)}"
    )
    if once:
        sql += " ON CONFLICT DO NOTHING"
    if returning:
        sql += f" RETURNING {', '.join(_Column(model, name).quoted for name in returning)}"
    return sql, values


def update(
    model: type[models.Model], names: Sequence[str], rows: Rows, *, key: str = "id", also: str = ""
) -> None:
    """Set the columns `names` of the rows whose `key` comes first in each of `rows`.

    `also` is SQL for more assignments, of the row `t`: "version = t.version + 1".
    """
    columns = [_Column(model, name) for name in (key, *names)]
    values = _by_column(columns, rows)
    if values is None:
        return
    sets = [f"{c.quoted} = {c.read}" for c in columns[1:]] + ([also] if also else [])
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(model)} t SET {', '.join(sets)} FROM {_unnest(columns)} "  # noqa: S608
            f"WHERE t.{columns[0].quoted} = u.{columns[0].quoted}",
            values,
        )


def field_of(model: type[models.Model], name: str) -> Any:
    """A field of the table itself."""
    return model._meta.get_field(name)


class _Column:
    """How one column travels: as an array of its own type, or of text where PostgreSQL has no such array."""

    def __init__(self, model: type[models.Model], name: str) -> None:
        field = field_of(model, name)
        kind = _SIZE.sub("", field.db_type(connection) or "")
        self.quoted = f'"{field.column}"'
        self.is_json = isinstance(field, ArrayField | models.JSONField)
        self.array = "text[]" if self.is_json else f"{kind}[]"
        self.read = f"u.{self.quoted}"
        if isinstance(field, ArrayField):  # unnest would flatten arrays of arrays
            self.read = f"ARRAY(SELECT jsonb_array_elements_text(u.{self.quoted}::jsonb))::{kind}"
        elif self.is_json:
            self.read = f"u.{self.quoted}::jsonb"


def _by_column(columns: Sequence[_Column], rows: Rows) -> list[list[Any]] | None:
    """None where there are no rows."""
    values = [list(column) for column in zip(*rows, strict=True)]
    if not values:
        return None
    for column, cells in zip(columns, values, strict=True):
        if column.is_json:
            cells[:] = [None if cell is None else json.dumps(cell, cls=DjangoJSONEncoder) for cell in cells]
    return values


def _table(model: type[models.Model]) -> str:
    return f'"{model._meta.db_table}"'


def _unnest(columns: Sequence[_Column]) -> str:
    arrays = ", ".join(f"%s::{c.array}" for c in columns)
    return f"unnest({arrays}) AS u({', '.join(c.quoted for c in columns)})"
