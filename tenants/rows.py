"""Many rows in one statement: inserted, changed or read, by arrays of their columns.

`bulk_create` costs three times as much and `bulk_update` thirty times. Columns are named by the caller's code,
never by a request; values are always parameters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psycopg
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models

Rows = Iterable[Sequence[Any]]

# Django's loader of times is Python, and costs 12 µs a time.
_QUICK_TIMES: Any = psycopg.adapters.get_loader(
    psycopg.postgres.types["timestamptz"].oid, psycopg.pq.Format.TEXT
)
_JSON = DjangoJSONEncoder()
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
) -> tuple[str, list[str]] | None:
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


def fetch(sql: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a query. Times are UTC; JSON is text, as it is in any cursor of Django's."""
    with connection.cursor() as cursor:
        cursor.adapters.register_loader("timestamptz", _QUICK_TIMES)
        cursor.execute(sql, params)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def array(cells: Iterable[Any]) -> str:
    """An array as PostgreSQL writes it, to be cast to its type: a psycopg list costs ten times as much.

    Raises ValueError for text with a NUL, which PostgreSQL cannot keep.
    """
    texts = [None if cell is None else str(cell) for cell in cells]
    if not texts:
        return "{}"
    joined = _NEXT.join("" if text is None else text for text in texts)
    if joined.count(_NEXT) != len(texts) - 1:
        raise ValueError("text holds a NUL character")
    if "\\" in joined or '"' in joined:
        joined = joined.replace("\\", "\\\\").replace('"', '\\"')
    if None in texts:
        quoted = zip(texts, joined.split(_NEXT), strict=True)
        return "{" + ",".join("NULL" if text is None else f'"{said}"' for text, said in quoted) + "}"
    return '{"' + joined.replace(_NEXT, '","') + '"}'


_NEXT = "\0"


def _hex(said: bytes) -> str:
    return "\\x" + said.hex()


def field_of(model: type[models.Model], name: str) -> Any:
    """A field of the table itself."""
    return model._meta.get_field(name)


class _Column:
    """How one column travels: as an array of its own type, or of text where PostgreSQL has no such array."""

    def __init__(self, model: type[models.Model], name: str) -> None:
        field = field_of(model, name)
        kind = _SIZE.sub("", field.db_type(connection) or "")
        self.quoted = f'"{field.column}"'
        self.write: Callable[[Any], str] | None = None  # to the text it travels as
        if isinstance(field, ArrayField):  # unnest would flatten arrays of arrays
            self.write = array
        elif isinstance(field, models.JSONField):
            self.write = _JSON.encode
        self.array = "text[]" if self.write else f"{kind}[]"
        self.read = f"u.{self.quoted}"
        if self.write:
            self.read = f"u.{self.quoted}::{kind}"
        elif isinstance(field, models.BinaryField):
            self.write = _hex

    def array_of(self, cells: Sequence[Any]) -> str:
        if self.write:
            cells = [None if cell is None else self.write(cell) for cell in cells]
        return array(cells)


def _by_column(columns: Sequence[_Column], rows: Rows) -> list[str] | None:
    """None where there are no rows."""
    values = list(zip(*rows, strict=True))
    if not values:
        return None
    return [column.array_of(cells) for column, cells in zip(columns, values, strict=True)]


def _table(model: type[models.Model]) -> str:
    return f'"{model._meta.db_table}"'


def _unnest(columns: Sequence[_Column]) -> str:
    arrays = ", ".join(f"%s::{c.array}" for c in columns)
    return f"unnest({arrays}) AS u({', '.join(c.quoted for c in columns)})"
