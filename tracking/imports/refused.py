"""The file of rows that were not taken: as they came, each with the reason, to be corrected and brought again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from django.utils.translation import gettext as _

# A spreadsheet takes a cell that begins like this for a formula, and would run it.
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
BOM = "\ufeff"  # without it Excel takes UTF-8 for Windows' own


def heading(columns: Sequence[str], *, delimiter: str) -> str:
    return BOM + _line([*columns, _("Why it was refused"), _("Row")], delimiter)


def lines(
    columns: Sequence[str], rows: Iterable[tuple[int, Sequence[str], str]], *, delimiter: str
) -> Iterator[str]:
    """A line for each of `rows`: the number of the row, its cells, the reason."""
    for row, cells, reason in rows:
        blank = [""] * (len(columns) - len(cells))
        yield _line([*cells, *blank, reason, str(row)], delimiter)


def _line(cells: Iterable[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerow([guarded(cell) for cell in cells])
    return out.getvalue()


def guarded(cell: str) -> str:
    """With an apostrophe before what would be a formula; `files` takes it away when the file comes back."""
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
