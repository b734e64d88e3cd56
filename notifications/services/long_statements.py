"""Figures over very many rows: with more memory and time than a page's statements have, and an end to both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection, transaction
from psycopg.errors import QueryCanceled

MEMORY, TIME = "64MB", "12s"  # for a sort or hash, and for one statement


class TooMuchError(Exception):
    """There are too many rows to be counted while somebody waits."""


@contextmanager
def long_statements() -> Iterator[None]:
    """What is asked in here may take long; raises TooMuchError where it takes too long. Inside a transaction, which stays
    usable."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('work_mem'), current_setting('statement_timeout')")
            before = cursor.fetchone()
            _set(MEMORY, TIME)
            yield
            _set(*before)
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise TooMuchError from error
        raise


def _set(memory: str, time: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('work_mem', %s, true), set_config('statement_timeout', %s, true)",
            [memory, time],
        )
