"""Reads a carrier's code table from `adapters/codes/<code>.csv`: code, our sub-status, reason, its words."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from importlib import resources
from typing import NamedTuple

from carriers.types import SubStatus


class Table(NamedTuple):
    statuses: Mapping[str, SubStatus]
    reasons: Mapping[str, str]  # only codes that say why


def load(name: str) -> Table:
    """Raises ValueError naming the line that is wrong: a bad table must not get past start-up."""
    source = resources.files("carriers.adapters").joinpath("codes", f"{name}.csv")
    statuses: dict[str, SubStatus] = {}
    reasons: dict[str, str] = {}
    for number, row in enumerate(csv.DictReader(source.read_text("utf-8").splitlines()), start=2):
        code = row["code"]
        if not code or code in statuses:
            raise ValueError(f"{name}.csv line {number}: code {code!r} is empty or there twice")
        try:
            statuses[code] = SubStatus(row["sub_status"])
        except ValueError as error:
            raise ValueError(f"{name}.csv line {number}: {error}") from None
        if row["reason"]:
            reasons[code] = row["reason"]
    return Table(statuses, reasons)
