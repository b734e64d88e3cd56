"""`manage.py import_orders FILE --shop SLUG`: orders from a CSV file, by an operator."""

from __future__ import annotations

import io
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tenants.models import Shop
from tracking.imports import files, refused
from tracking.imports.choices import ChoiceError, chosen
from tracking.imports.files import Layout, UnreadableFileError
from tracking.imports.grouping import Refusal, reasons
from tracking.imports.orders import readings
from tracking.imports.plan import Plan
from tracking.imports.presets import PRESETS
from tracking.services.importing import Outcome, check, take

MOST_BYTES = 2 * 1024**3  # an operator knows how much memory there is
CHUNK = 500  # orders taken in at once
SHOWN = 10  # refused rows that are told on the screen
USAGE, REFUSED = 2, 1  # what the shell is told


class Command(BaseCommand):
    help = "Bring the orders of a CSV file into a shop. Bringing the same file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a .csv or .csv.gz file, or - for the standard input")
        parser.add_argument("--shop", required=True, metavar="SLUG", help="the shop, as in its address")
        parser.add_argument(
            "--preset", choices=sorted(PRESETS), help="a kind of file whose columns are known"
        )
        parser.add_argument(
            "--map",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="which column is which; repeatable",
        )
        parser.add_argument(
            "--status",
            action="append",
            default=[],
            metavar="WORD=MEANING",
            help="what a state means; repeatable",
        )
        parser.add_argument("--time-zone", metavar="ZONE", help="of times without offset; else the shop's")
        parser.add_argument("--encoding", choices=files.ENCODINGS)
        parser.add_argument("--delimiter", metavar="CHARACTER", help="between cells; else it is found out")
        days = parser.add_mutually_exclusive_group()
        days.add_argument(
            "--day-first", action="store_true", default=None, help="04/09 is the 4th of September"
        )
        days.add_argument(
            "--month-first", dest="day_first", action="store_false", help="04/09 is the 9th of April"
        )
        marks = parser.add_mutually_exclusive_group()
        marks.add_argument("--decimal-comma", action="store_true", default=None, help="1.234,56")
        marks.add_argument("--decimal-point", dest="decimal_comma", action="store_false", help="1,234.56")
        parser.add_argument("--currency", metavar="CODE", help="of rows that name none; else the shop's")
        parser.add_argument("--country", metavar="CODE", help="of rows that name none")
        parser.add_argument("--channel", metavar="NAME", help="of rows that name none; else web")
        parser.add_argument("--carrier", metavar="CODE", help="of tracking numbers without a carrier")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
        parser.add_argument("--refused", metavar="FILE", help="where to write the rows that were not taken")
        parser.add_argument(
            "--tell", action="store_true", help="tell shoppers of what is new; else nobody is told"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        shop = Shop.objects.filter(slug=options["shop"]).first()
        if shop is None:
            raise CommandError(f"There is no shop “{options['shop']}”.", returncode=USAGE)
        try:
            outcome = self._run(shop, options)
        except (UnreadableFileError, ChoiceError, OSError) as error:
            raise CommandError(str(error), returncode=USAGE) from error
        if outcome.refused:
            sys.exit(REFUSED)

    def _run(self, shop: Shop, options: Mapping[str, Any]) -> Outcome:
        now = timezone.now()
        data = _bytes(options["file"])
        layout = _layout(data, options)
        total = _count(data, layout)
        table = files.read(io.BytesIO(data), layout)
        sample = files.read(io.BytesIO(data), layout).records
        plan = chosen(table.columns, sample, options, time_zone=shop.time_zone, country=shop.country, now=now)
        self.stdout.write(f"{total:,} rows, {layout.encoding}, separated by {layout.delimiter!r}.")
        for field, column in plan.columns.items():
            self.stdout.write(f"  {field:18} ← {column}")
        outcome = Outcome()
        with RefusedFile(options["refused"], table.columns, layout.delimiter) as kept:
            for chunk in _chunks(readings(table.columns, table.records, plan)):
                if options["dry_run"]:
                    piece = check(shop=shop, found=chunk, now=now)
                else:
                    piece = take(shop=shop, found=chunk, now=now, history=not options["tell"])
                self._tell_refusals(piece, outcome.refused, plan)
                kept.keep(piece.refusals, plan)
                outcome.add(piece)
                self._progress(outcome, total)
        self._summary(outcome, options)
        return outcome

    def _progress(self, outcome: Outcome, total: int) -> None:
        share = 100 * outcome.rows // total
        ending = "\r" if self.stdout.isatty() else "\n"
        self.stdout.write(f"{share:3}%  {outcome.rows:,} of {total:,} rows", ending=ending)
        self.stdout.flush()

    def _tell_refusals(self, piece: Outcome, before: int, plan: Plan) -> None:
        told = before
        for refusal in piece.refusals:
            for record in refusal.records:
                if told < SHOWN:
                    self.stderr.write(f"Row {record.row}: {reasons(refusal.fields, plan)}")
                told += 1

    def _summary(self, outcome: Outcome, options: Mapping[str, Any]) -> None:
        if options["dry_run"]:
            said = f"Nothing was written. New: {outcome.created:,}. Known already: {outcome.updated:,}."
        else:
            said = (
                f"Orders created: {outcome.created:,}. Updated: {outcome.updated:,}. "
                f"Unchanged: {outcome.unchanged:,}."
            )
        self.stdout.write(f"{said} Rows refused: {outcome.refused:,}.")
        if outcome.refused and options["refused"]:
            self.stdout.write(
                f"The refused rows are in {options['refused']}: correct them and bring that file."
            )
        elif outcome.refused:
            self.stdout.write("Name a file with --refused to get the refused rows, each with its reason.")


def _bytes(name: str) -> bytes:
    data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    return files.unpacked(data, most=MOST_BYTES)


def _layout(data: bytes, options: Mapping[str, Any]) -> Layout:
    layout = files.layout_of(data)
    delimiter = {"tab": "\t", "\\t": "\t"}.get(options["delimiter"] or "", options["delimiter"])
    if delimiter and delimiter not in files.DELIMITERS:
        raise CommandError("The separator is one of: , ; | tab.", returncode=USAGE)
    return replace(
        layout, encoding=options["encoding"] or layout.encoding, delimiter=delimiter or layout.delimiter
    )


def _count(data: bytes, layout: Layout) -> int:
    """Reads the file to its end: what cannot be read is known before anything is written."""
    count = sum(1 for _record in files.read(io.BytesIO(data), layout).records)
    if not count:
        raise UnreadableFileError("The file has no rows below the names of its columns.")
    return count


def _chunks(found: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(found, CHUNK)):
        yield chunk


class RefusedFile:
    """Where refused rows go; nowhere without a name."""

    def __init__(self, name: str | None, columns: list[str], delimiter: str) -> None:
        self._name, self._columns, self._delimiter = name, columns, delimiter
        self._out: TextIO | None = None

    def __enter__(self) -> RefusedFile:
        if self._name:
            self._out = Path(self._name).open("w", encoding="utf-8", newline="")
            self._out.write(refused.heading(self._columns, delimiter=self._delimiter))
        return self

    def keep(self, refusals: Iterable[Refusal], plan: Plan) -> None:
        if self._out:
            rows = (
                (record.row, record.cells, reasons(refusal.fields, plan))
                for refusal in refusals
                for record in refusal.records
            )
            self._out.writelines(refused.lines(self._columns, rows, delimiter=self._delimiter))

    def __exit__(self, *error: object) -> None:
        if self._out:
            self._out.close()
