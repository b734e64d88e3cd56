"""How a file of rows is written: packed or not, in which encoding, with which separator. Rows are read one by one."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from django.utils.translation import gettext as _

MOST_BYTES = 50 * 1024 * 1024  # of an upload, unpacked
SAMPLE = 256 * 1024  # bytes that are looked at to guess how a file is written
MOST_COLUMNS = 400
LONGEST_RECORD = 2_000  # lines of one row: more, or a cell of 128 KiB, is a quote that was never closed
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16-le", "utf-16-be")
_GZIP, _ZIP, _PDF, _OLD_EXCEL = b"\x1f\x8b", b"PK\x03\x04", b"%PDF", b"\xd0\xcf\x11\xe0"
_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# What `refusals` puts before a cell that a spreadsheet would take for a formula; undone when it comes back.
GUARDED = ("'=", "'+", "'-", "'@", "'\t", "'\r")


class UnreadableFileError(Exception):
    """The file is none of orders. The message says what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How the text of a file is written down."""

    encoding: str = "utf-8"  # of ENCODINGS
    delimiter: str = ","


class Record(NamedTuple):
    """One row. `row` is the number a spreadsheet shows beside it: the first after the names is 2."""

    row: int
    cells: list[str]


@dataclass
class Table:
    """The names of the columns, and the rows below them, as they are read. Blank rows are passed over."""

    columns: list[str]
    records: Iterator[Record] = field(repr=False)


def unpacked(data: bytes, most: int = MOST_BYTES) -> bytes:
    """The file's text, out of gzip where it is packed. Raises UnreadableFileError."""
    if data.startswith(_GZIP):
        data = _gunzipped(data, most)
    if data.startswith((_ZIP, _OLD_EXCEL)):
        raise UnreadableFileError(
            _("This is a workbook or an archive, not a CSV file. In Excel: Save as, “CSV UTF-8”.")
        )
    if data.startswith(_PDF):
        raise UnreadableFileError(_("This is a PDF, not a CSV file: export the orders as CSV."))
    if not data.strip(b"\x00 \t\r\n"):
        raise UnreadableFileError(_("The file is empty."))
    if len(data) > most:
        raise _too_large(most)
    return data


def _gunzipped(data: bytes, most: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            text = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFileError(
            _("The packed file is damaged: make it again, or upload it unpacked.")
        ) from error
    if len(text) > most:
        raise _too_large(most)
    return text


def _too_large(most: int) -> UnreadableFileError:
    said = {"most": most // (1024 * 1024)}
    return UnreadableFileError(_("The file is larger than %(most)d MB: bring it in several parts.") % said)


# --- Guessing ---


def layout_of(data: bytes) -> Layout:
    """How `data` is written, as far as that can be told from it. Raises UnreadableFileError."""
    encoding = encoding_of(data)
    sample = _decoded(data[:SAMPLE], encoding)
    if "\x00" in sample[:4096]:
        raise UnreadableFileError(_("This is not a text file: export the orders as CSV."))
    return Layout(encoding, delimiter_of(sample))


def encoding_of(data: bytes) -> str:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if data.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
    even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
    if max(even, odd) > len(data[:4096]) // 5:  # Latin letters have a NUL beside them
        return "utf-16-le" if odd > even else "utf-16-be"
    if _is_utf8(data):
        return "utf-8"
    # Windows' own has no letter at five places; a file that uses them is of another making.
    return "latin-1" if any(byte in data for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)) else "cp1252"


def _is_utf8(data: bytes) -> bool:
    """A few broken letters, or one cut off at the end, do not make it something else."""
    text = data.decode("utf-8", errors="surrogateescape")
    if text.isascii():
        return True
    broken = sum("\ud800" <= c <= "\udfff" for c in text)
    return broken * 10 <= sum(c > "\x7f" for c in text) - broken


def delimiter_of(sample: str) -> str:
    """The one that cuts the first rows into the same number of cells, and the most of them."""
    lines = _without_hint(sample.splitlines(keepends=True)[:200])
    if hinted := _hint(sample):
        return hinted
    return max(DELIMITERS, key=lambda delimiter: _evenness(lines, delimiter))


def _evenness(lines: Sequence[str], delimiter: str) -> tuple[float, int]:
    try:
        rows = [cells for cells in csv.reader(lines, delimiter=delimiter) if cells][:50]
    except csv.Error:  # a cell without an end: said when the rows are read
        return 0.0, 0
    if not rows or len(rows[0]) < 2:
        return 0.0, 0
    width = len(rows[0])
    even = sum(len(cells) == width for cells in rows) / len(rows)
    return round(even, 1) if even < 0.8 else 1.0, width


def _hint(sample: str) -> str:
    """Excel's own: a first line `sep=;`."""
    first = sample[:8].lstrip("\ufeff")
    return first[4] if first[:4].lower() == "sep=" and first[4:5] in DELIMITERS else ""


def _without_hint(lines: list[str]) -> list[str]:
    return lines[1:] if lines and _hint(lines[0]) else lines


def _decoded(data: bytes, encoding: str) -> str:
    for bom in _BOMS:
        data = data.removeprefix(bom)
    return data.decode(encoding, errors="replace")


# --- Reading ---


def read(stream: BinaryIO, layout: Layout) -> Table:
    """The rows of an unpacked file. Raises UnreadableFileError, also while the rows are read."""
    text = io.TextIOWrapper(stream, encoding=layout.encoding, errors="replace", newline="")
    lines = _Lines(text)
    records = _records(lines, layout.delimiter)
    first = next(records, None)
    if first is None:
        raise UnreadableFileError(_("The file is empty."))
    return Table(columns_of(first.cells), records)


def read_packed(content: bytes, layout: Layout) -> Table:
    """`read` of what is kept of a job: gzip."""
    return read(gzip.GzipFile(fileobj=io.BytesIO(content)), layout)  # type: ignore[arg-type]


def columns_of(cells: Iterable[str]) -> list[str]:
    """Names that tell the columns apart: "city", "city (2)", "Column 5". Raises UnreadableFileError."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = " ".join(cell.replace("\x00", "").split())[:120] or _("Column %(number)d") % {"number": number}
        twin = sum(known == name or known.startswith(f"{name} (") for known in names)
        names.append(f"{name} ({twin + 1})" if twin else name)
    if len(names) > MOST_COLUMNS:
        raise UnreadableFileError(
            _("The first row has %(count)d cells: is it the row with the names of the columns?")
            % {"count": len(names)}
        )
    return names


class _Lines:
    """The lines of a text, one by one, of which those of the row being read are remembered."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text
        self.held: list[str] = []
        self._is_first = True

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = next(self._text)
        if self._is_first:
            self._is_first = False
            line = line.removeprefix("\ufeff")
            if _hint(line):
                line = next(self._text)
        self.held.append(line)
        if len(self.held) > LONGEST_RECORD:
            raise csv.Error("field larger than field limit")
        return line


def _records(lines: _Lines, delimiter: str) -> Iterator[Record]:
    reader = csv.reader(lines, delimiter=delimiter)
    row = 0
    while True:
        lines.held = []
        row += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _unclosed(row) from error
        if len(lines.held) > 1 and _is_cut_off(lines.held, delimiter):
            raise _unclosed(row)
        if any(cell and not cell.isspace() for cell in cells):
            yield Record(row, [_unguarded(cell) for cell in cells])


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith(GUARDED) else cell


def _is_cut_off(lines: list[str], delimiter: str) -> bool:
    """Whether the text ended, or went on for ever, inside a quote: the rows after it are then one cell."""
    quotes = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for _cells in quotes:
            pass
    except csv.Error as error:
        return "unexpected end" in str(error)
    return False


def _unclosed(row: int) -> UnreadableFileError:
    return UnreadableFileError(
        _('A quote (") that opens in row %(row)d is never closed: correct it, and bring the file again.')
        % {"row": row}
    )
