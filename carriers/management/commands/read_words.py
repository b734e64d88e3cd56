"""`manage.py read_words`: what carriers' sentences say, line by line. Needs no server."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandParser

from carriers.words import Told, read_text

MAX_LINE = 64 * 1024  # bytes; of a longer line, the rest is passed over
UNKNOWN = "unknown\t0.00"


class Command(BaseCommand):
    help = (
        "Read lines of `language<TAB>text` from standard input (UTF-8), and print for each, in the same order, "
        "`status<TAB>confidence`: what the text says happened to the parcel and how sure that is, from 0.00 to "
        "1.00, or `unknown` where it does not say. Languages: es, pt, fr, it, en, de; none or any other: all of "
        "them are tried. Below 0.70, a status is a hint and no more."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--detail", action="store_true", help="print the detailed status, such as delivered.to_neighbour"
        )

    def handle(self, *, detail: bool, **options: Any) -> None:
        for number, line in enumerate(_lines(_standard_input()), start=1):
            language, tab, text = line.partition("\t")
            if not tab:
                self.stderr.write(f"Line {number}: no tab between a language and a text.")
            self.stdout.write(_answer(read_text(text, language) if tab else None, detail=detail))
            self.stdout.flush()


def _answer(told: Told | None, *, detail: bool) -> str:
    if told is None:
        return UNKNOWN
    said = told.sub_status if detail else told.sub_status.status
    return f"{said}\t{told.confidence:.2f}"


def _standard_input() -> BinaryIO:
    """The bytes of it: a text stream would die on bad UTF-8."""
    return getattr(sys.stdin, "buffer", None) or io.BytesIO(sys.stdin.read().encode())


def _lines(source: BinaryIO) -> Iterator[str]:
    """Each line as it comes, without its end; bad bytes are replaced, and what is too long is cut."""
    while line := source.readline(MAX_LINE):
        whole = line
        while len(whole) == MAX_LINE and not whole.endswith(b"\n"):
            whole = source.readline(MAX_LINE)
        yield line.decode("utf-8", "replace").removeprefix("\ufeff").rstrip("\r\n")
