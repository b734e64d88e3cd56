"""Finding a carrier among hundreds: by name, country and what it is; the likeliest first."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import ngettext

from carriers import directory
from carriers.directory import Listed
from console.carrier_offers import LABELS, TONES, Kind, countries_words, kind_of, names_of_countries
from console.carrier_popular import places_in

SHOWN = 24  # carriers at first
LONGEST = 80  # characters of what is searched for


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `country`: empty for everywhere."""

    q: str
    country: str
    kind: str
    all: bool

    @classmethod
    def of(cls, asked: QueryDict, shop_country: str) -> Wanted:
        """What no form could have sent counts for nothing."""
        country = asked.get("country", shop_country)
        kind = asked.get("kind", "")
        return cls(
            q=" ".join(asked.get("q", "").replace("\x00", "").split())[:LONGEST],
            country=country if country in _all_countries() else "",
            kind=kind if kind in set(map(str, Kind)) else "",
            all=asked.get("all") == "1",
        )

    def query(self, **changed: str) -> str:
        return urlencode({"q": self.q, "country": self.country, "kind": self.kind, **changed})


@dataclass(frozen=True, slots=True)
class Card:
    """A carrier in the list."""

    code: str
    name: str
    countries: str
    label: str
    tone: str
    is_connected: bool


@dataclass(frozen=True, slots=True)
class Found:
    cards: list[Card]
    total: int
    is_elsewhere: bool  # nothing in the country asked for, but there is elsewhere
    more: str  # the query that shows all of them; empty: they are shown

    @property
    def words(self) -> str:
        return ngettext("%(n)d carrier", "%(n)d carriers", self.total) % {"n": self.total}


def find(wanted: Wanted, connected: Collection[str]) -> Found:
    """Carriers that fit, the likeliest first. `connected`: codes the shop has."""
    everybody = directory.everyone()
    fitting: Iterable[Listed] = directory.search(wanted.q, len(everybody)) if wanted.q else everybody
    rows = [(one, kind_of(one.code)) for one in fitting]
    rows = [(one, kind) for one, kind in rows if not wanted.kind or kind == wanted.kind]
    here = [
        row
        for row in rows
        if not wanted.country or not row[0].countries or wanted.country in row[0].countries
    ]
    is_elsewhere = bool(rows) and not here
    rows = rows if is_elsewhere else here
    if not wanted.q:
        rows = _likeliest_first(rows, wanted.country)
    shown = rows if wanted.all else rows[:SHOWN]
    return Found(
        [_card(one, kind, connected) for one, kind in shown],
        len(rows),
        is_elsewhere,
        wanted.query(all="1") if len(rows) > len(shown) else "",
    )


def _likeliest_first(rows: list[tuple[Listed, Kind]], country: str) -> list[tuple[Listed, Kind]]:
    """The usual ones of the country, then those asked by API, its own before the world's; by name within."""
    places, kinds = places_in(country), list(Kind)
    return sorted(
        rows,
        key=lambda row: (places.get(row[0].code, len(places)), kinds.index(row[1]), not row[0].countries),
    )


def _card(one: Listed, kind: Kind, connected: Collection[str]) -> Card:
    return Card(
        one.code,
        one.name,
        countries_words(one.countries),
        str(LABELS[kind]),
        TONES[kind],
        one.code in connected,
    )


def countries() -> list[tuple[str, str]]:
    """Those some carrier delivers in: code and name, by name in the reader's language."""
    names = names_of_countries()
    found = [(code, names.get(code, code)) for code in _all_countries()]
    return sorted(found, key=lambda pair: unicodedata.normalize("NFKD", pair[1]).casefold())


@lru_cache(maxsize=1)
def _all_countries() -> frozenset[str]:
    return frozenset(code for one in directory.everyone() for code in one.countries)
