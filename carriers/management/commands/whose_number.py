"""`manage.py whose_number < numbers`: which carriers tracking numbers could be of, one JSON line for each line."""

from __future__ import annotations

import json
import os
import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any, BinaryIO

from django.core.management.base import BaseCommand, CommandError

from carriers import directory, numbers, shapes
from carriers.pasted import LONGEST_PASTE

LONGEST_LINE = 4 * LONGEST_PASTE  # bytes: a character has four at most


class Command(BaseCommand):
    help = (
        "Reads tracking numbers from the standard input, one a line, as people paste them; links too. Prints one "
        "JSON object for each line, in the same order. An empty or unreadable line has no number and no candidates."
    )
    requires_system_checks: list[str] = []  # it needs no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--carriers", metavar="CODES", help="only these, separated by commas: ups,dhl")
        parser.add_argument("--country", default="", metavar="CC", help="where the parcels go: ES")
        parser.add_argument("--origin", default="", metavar="CC", help="where they come from: ES")

    def handle(self, *args: Any, **options: Any) -> None:
        carriers = _carriers(options["carriers"])
        country, origin = _country(options["country"]), _country(options["origin"])
        try:
            for line in _lines(sys.stdin.buffer):
                found = numbers.candidates(line, carriers=carriers, country=country, origin=origin)
                self.stdout.write(json.dumps(_told(numbers.clean(line), found), ensure_ascii=False))
                self.stdout.flush()
        except BrokenPipeError:  # whoever read the answers has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(number: str, found: list[numbers.Candidate]) -> dict[str, Any]:
    chosen = numbers.pick(found)
    return {
        "number": number,
        "pick": chosen.carrier if chosen else None,
        "tie": chosen is None and len(numbers.to_ask(found)) > 1,
        "candidates": [
            {
                "carrier": one.carrier,
                "name": directory.name_of(one.carrier),
                "score": one.score,
                "reasons": [str(reason) for reason in one.reasons],
                "product": one.product,
                "url": one.url,
            }
            for one in found
        ],
    }


def _lines(stream: BinaryIO) -> Iterator[str]:
    """Each line as text; one that is too long to be a number or a link is passed over as an empty one."""
    while line := stream.readline(LONGEST_LINE + 1):
        fits = len(line) <= LONGEST_LINE
        while not line.endswith(b"\n") and (more := stream.readline(LONGEST_LINE)):
            line, fits = more, False
        yield line.decode("utf-8", "replace").strip("\r\n") if fits else ""


def _carriers(said: str | None) -> frozenset[str] | None:
    if said is None:
        return None
    codes = frozenset(code.strip().lower() for code in said.split(",") if code.strip())
    unknown = {code for code in codes if not directory.kind_of(code)} - shapes.carriers()
    if unknown or not codes:
        raise CommandError(
            f"There is no carrier {', '.join(sorted(unknown)) or 'in an empty list'}."
            " Name codes of carriers, separated by commas."
        )
    return codes


def _country(said: str) -> str:
    if said and not re.fullmatch(r"[A-Za-z]{2}", said):
        raise CommandError(f"{said!r} is no country. Give two letters, such as ES.")
    return said.upper()
