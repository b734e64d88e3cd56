"""The carriers there is no adapter for, as data: what they are called, where they deliver, their tracking page. Pure.

`carriers/data/directory.csv` has one row for each. `link` is the carrier's own page, with `{number}` where a
number can be handed over, else the page where a person pastes it. `confidence` says how we know: D the carrier
documents it, O it is in public use, M it was not verified. `seventeentrack` and `aftership` are what these two
aggregators call the carrier, where that is sure.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from string import Formatter
from types import MappingProxyType
from urllib.parse import urlsplit

KINDS = frozenset({"post", "courier", "regional", "freight", "locker", "cross_border", "marketplace"})
CONFIDENCES = frozenset("DOM")
# Before and after the slash: of a number such as 0810/7654321, where a page wants its halves apart.
FIELDS = frozenset({"number", "before_slash", "after_slash", "postal_code", "country", "language"})
_CODE = re.compile(r"[a-z0-9][a-z0-9_]{1,31}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_LINK = re.compile(r"https://[^\s\"'<>\\]+")


@dataclass(frozen=True, slots=True)
class Listed:
    """One carrier as a person chooses it from a list. `kind` is empty for those that have an adapter."""

    code: str
    name: str
    countries: tuple[str, ...] = ()  # ISO 3166-1 alpha-2, where it mostly works; empty: everywhere
    link: str = ""
    kind: str = ""
    confidence: str = "M"
    seventeentrack: int | None = None
    aftership: str = ""

    @property
    def takes_number(self) -> bool:
        """Whether the link opens at the parcel; otherwise a person pastes the number there."""
        return "{number}" in self.link or "{after_slash}" in self.link


def rows_of(name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file in `carriers/data`, each with its line number."""
    text = resources.files("carriers").joinpath("data", name).read_text("utf-8")
    return enumerate(csv.DictReader(text.splitlines()), start=2)


@cache
def _directory() -> Mapping[str, Listed]:
    """Raises ValueError naming the line that is wrong: a bad row must not get past start-up."""
    found: dict[str, Listed] = {}
    for line, row in rows_of("directory.csv"):
        listed = _listed(row)
        problem = _problem(listed) or ("is there twice" if listed.code in found else "")
        if problem:
            raise ValueError(f"directory.csv line {line}: {listed.code!r} {problem}")
        found[listed.code] = listed
    return MappingProxyType(found)


def _listed(row: Mapping[str, str]) -> Listed:
    return Listed(
        code=row["code"],
        name=row["name"],
        countries=tuple(row["countries"].split(";")) if row["countries"] else (),
        link=row["link"],
        kind=row["kind"],
        confidence=row["confidence"],
        seventeentrack=int(row["seventeentrack"]) if row["seventeentrack"] else None,
        aftership=row["aftership"],
    )


def _problem(listed: Listed) -> str:
    """What is wrong with a row, in words; empty when nothing is."""
    if not _CODE.fullmatch(listed.code):
        return "is no code: small letters, digits and _"
    if not listed.name.strip():
        return "has no name"
    if any(not _COUNTRY.fullmatch(country) for country in listed.countries):
        return "has a country that is not two capital letters"
    if not _LINK.fullmatch(listed.link) or not urlsplit(listed.link).hostname:
        return "has a link that is not https"
    unknown = {name for _text, name, _spec, _conversion in Formatter().parse(listed.link) if name} - FIELDS
    if unknown:
        return f"has a link with {', '.join(sorted(unknown))} in it, which nobody fills in"
    if listed.kind not in KINDS or listed.confidence not in CONFIDENCES:
        return "has a kind or a confidence that is not known"
    return ""


def get(code: str) -> Listed | None:
    return _directory().get(code)


def all_carriers() -> tuple[Listed, ...]:
    """By code."""
    return tuple(_directory().values())
