"""Which rows of a file are one order, and which are none."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tracking.imports.cells import cell
from tracking.imports.columns import BY_NAME
from tracking.imports.files import Record
from tracking.imports.plan import Plan

MOST_ROWS = 500  # of one order


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows of one order that cannot be taken. `fields`: sentences by our field; "" for the row as a whole."""

    records: tuple[Record, ...]
    fields: Mapping[str, list[str]]


def groups(
    records: Iterable[Record], width: int, places: Mapping[str, int], plan: Plan
) -> Iterator[list[Record] | Refusal]:
    held: list[Record] = []
    key: tuple[str, str] | None = None
    closed: set[int] = set()  # orders whose rows have ended; told apart well enough by their hashes
    for record in records:
        own: tuple[str, str] | None = cell(record, places, "channel"), cell(record, places, "number")
        if any(cell.strip() for cell in record.cells[width:]):
            own = None
        elif own and plan.has_lines and held and own == key and own[1]:
            held.append(record)
            continue
        if held:
            yield _group(held, width, is_torn=hash(key) in closed)
            if plan.has_lines:
                closed.add(hash(key))
        held, key = [record], own
    if held:
        yield _group(held, width, is_torn=hash(key) in closed)


def _group(records: list[Record], width: int, *, is_torn: bool) -> list[Record] | Refusal:
    """The rows of one order, or why they are none."""
    found = len(records[0].cells)
    if any(cell.strip() for cell in records[0].cells[width:]):
        sentence = _(
            "The row has %(found)d cells, and there are %(width)d columns: put texts that contain the separator in "
            "quotes."
        )
        return Refusal(tuple(records), {"": [sentence % {"found": found, "width": width}]})
    if len(records) > MOST_ROWS:
        said = {"count": len(records), "most": MOST_ROWS}
        sentence = _("The order has %(count)d rows: %(most)d at most.") % said
        return Refusal(tuple(records), {"number": [sentence]})
    if is_torn:
        sentence = _("The rows of this order stand apart: sort the file by order number.")
        return Refusal(tuple(records), {"number": [sentence]})
    return records


def reasons(fields: Mapping[str, Sequence[str]], plan: Plan) -> str:
    """The sentences in a line, beside the names of the file's own columns."""
    said = []
    for name, sentences in fields.items():
        own = {"asserted": "status", "shipments": "tracking_number", "lines": "line_title"}
        stem = name.partition(".")[0]
        field = own.get(stem, stem)
        label = plan.columns.get(field) or (str(BY_NAME[field].label) if field in BY_NAME else "")
        said.append(f"{label}: {' '.join(sentences)}" if label else " ".join(sentences))
    return "; ".join(said)
