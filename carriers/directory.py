"""Every carrier we know, with an adapter or without: what each is called, its public page, and finding one. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from urllib.parse import quote

from carriers.listed import FIELDS, Listed, all_carriers, get
from carriers.registry import CARRIERS

__all__ = ["Listed", "all_carriers", "everyone", "get", "kind_of", "link_for", "name_of", "search"]

LONGEST = 128  # characters of what is put into a link
_SLOT = re.compile(r"\{(?P<name>" + "|".join(sorted(FIELDS)) + r")\}")
_WITH_POSTAL_CODE = re.compile(r"[/-](?:\{country\}-)?\{postal_code\}")
_FOLDED = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ə": "e"})


@cache
def everyone() -> tuple[Listed, ...]:
    """With and without an adapter, by name. Raises ValueError where the directory lists one that has an adapter."""
    if twice := [listed.code for listed in all_carriers() if listed.code in CARRIERS]:
        raise ValueError(f"directory.csv: {', '.join(twice)} have an adapter already")
    return tuple(sorted([*_adapters().values(), *all_carriers()], key=lambda listed: _plain(listed.name)))


@cache
def _adapters() -> Mapping[str, Listed]:
    return {c.code: Listed(c.code, c.name, c.countries, c.public_url, "", "D") for c in CARRIERS.values()}


def kind_of(code: str) -> str:
    """How much we can do: `adapter`, `aggregator`, `link`; empty for a code nobody knows."""
    if carrier := CARRIERS.get(code):
        return "aggregator" if carrier.is_aggregator or carrier.register else "adapter"
    return "link" if get(code) else ""


def name_of(code: str) -> str:
    """The carrier's name, or the code itself when nobody knows it."""
    listed = _known(code)
    return listed.name if listed else code


def _known(code: str) -> Listed | None:
    return _adapters().get(code) or get(code)


def link_for(code: str, number: str, postal_code: str = "", country: str = "", language: str = "") -> str:
    """The carrier's own page for this parcel; empty when we know none, or when a value is no text for a link.

    Everything is percent-encoded. What a page wants and nobody told is left empty: a country is the carrier's
    first, a language is English, and a path ends where the postal code would be.
    """
    values = (number, postal_code, country, language)
    if any(len(value) > LONGEST or not value.isprintable() for value in values):
        return ""
    listed = _known(code)
    if listed is None:
        return ""
    before, _slash, after = number.partition("/")
    filled = {
        "number": number,
        "before_slash": before,
        "after_slash": after,
        "postal_code": postal_code,
        "country": country or "".join(listed.countries[:1]),
        "language": language or "en",
    }
    template = listed.link if postal_code else _WITH_POSTAL_CODE.split(listed.link)[0]
    return _SLOT.sub(lambda slot: quote(filled[slot["name"]], safe=""), template)


def search(text: str, limit: int = 20) -> list[Listed]:
    """Carriers whose name, code or country fits what somebody typed, the best first; accents do not matter."""
    wanted = _plain(text[:LONGEST])
    if not wanted:
        return []
    ranked = [(rank, listed) for listed in everyone() if (rank := _rank(listed, wanted)) is not None]
    return [listed for _rank_, listed in sorted(ranked, key=lambda pair: pair[0])][:limit]


def _rank(listed: Listed, wanted: str) -> int | None:
    name = _plain(listed.name)
    if wanted in (listed.code, name):
        return 0
    if name.startswith(wanted):
        return 1
    words = name.split()
    if all(any(word.startswith(part) for word in words) for part in wanted.split()):
        return 2
    if all(part.upper() in listed.countries or part in words for part in wanted.split()):
        return 3
    return 4 if wanted in name or wanted.replace(" ", "_") in listed.code else None


def _plain(text: str) -> str:
    """Small letters without accents, words one space apart."""
    split = unicodedata.normalize("NFKD", text.lower().translate(_FOLDED))
    kept = "".join(c if c.isalnum() else " " for c in split if not unicodedata.combining(c))
    return " ".join(kept.split())
