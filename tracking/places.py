"""Where a town is, looked up offline: what carriers write for a place, as coordinates, and never another country's.

`tracking/data/places.xz` holds towns of GeoNames (CC BY 4.0: see NOTICE), made by `manage.py read_places`: by
country and by folded name, so that a name is found by bisection. Some 3 MB once loaded, and loaded when first asked.
"""

from __future__ import annotations

import json
import lzma
import math
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import accumulate

DEGREES = 65_535  # steps of a latitude over 180 degrees, of a longitude over 360
ALTERNATE = 17  # what a town's other names count less, in steps of population
LEAST_OF_PART = 123  # population, as it is kept, of a town found by a part of what was written: some 5,000
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d"})
_DIGITS = re.compile(r"\S*\d\S*")
_PARTS = re.compile(r"[,;/()|]| - ")
# What stands beside a town's name in carriers' scans, and is none.
NOISE_WORDS = """
agence agencia agency air airport almacen area automatizado automated base bureau cam carrier carteria cd cdd
centre center centro central centrale chronopost city clasificacion colis correios correo correos cp ct cta
ctcp ctt ctp ctr cts ctl de del delegacion deliver delivery departement deposito depot destino dhl
distribucion distribuicao distribution dpd echange ems entrega espana estacion expedicion express facility
fedex filiale france gateway germany gls hub industrial int internacional international italia italy la
las le les logistica logistico los mail mrw nacex nave norte oficina office operacional operations origen
paket paketzentrum parcel pl plataforma plateforme plaza poligono portugal post postal pq provincia
provincial punto recogida regional reparto seur service sort sorting sud sul sur terminal tnt tratamento
tratamiento transito transit tri ud unidad unidade ups ur usps warehouse zentrum zustellbasis
"""
NOISE = frozenset(NOISE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Point:
    """In degrees."""

    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Place:
    """A town, under the name it was found by. `weight`: ten times the binary logarithm of its people."""

    name: str
    point: Point
    weight: int


def fold(text: str) -> str:
    """Small letters without accents, words one space apart."""
    split = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    kept = "".join(c if c.isalnum() else " " for c in split if not unicodedata.combining(c))
    return " ".join(kept.split())


class Gazetteer:
    """The towns, in a few flat blocks: bytes and arrays, no object a town."""

    def __init__(self, packed: bytes) -> None:
        raw = lzma.decompress(packed)
        end = raw.index(b"\n")
        head = json.loads(raw[:end])
        count, size = head["count"], head["names"]
        at = end + 1
        self.countries: dict[str, tuple[int, int]] = {c: (a, b) for c, a, b in head["countries"]}
        self._names = raw[at : at + size]
        at += size
        self._ends = array("I", accumulate(raw[at : at + count], initial=0))
        at += count
        self._latitudes, self._longitudes = array("H"), array("H")
        self._latitudes.frombytes(raw[at : at + 2 * count])
        self._longitudes.frombytes(raw[at + 2 * count : at + 4 * count])
        self._weights = raw[at + 4 * count :]

    def name(self, index: int) -> str:
        return self._names[self._ends[index] : self._ends[index + 1]].decode()

    def place(self, index: int) -> Place:
        point = Point(
            round(self._latitudes[index] * 180 / DEGREES - 90, 4),
            round(self._longitudes[index] * 360 / DEGREES - 180, 4),
        )
        return Place(self.name(index), point, self._weights[index])

    def named(self, key: str, country: str) -> list[Place]:
        """All towns of the country with this folded name, the largest first."""
        first, end = self.countries.get(country, (0, 0))
        index = bisect_left(range(first, end), key, key=lambda i: fold(self.name(i))) + first
        found = []
        while index < end and fold(self.name(index)) == key:
            found.append(self.place(index))
            index += 1
        return sorted(found, key=lambda place: -place.weight)

    def within(self, country: str, low: Point, high: Point) -> Iterator[Place]:
        first, end = self.countries.get(country, (0, 0))
        south, north = (int((p.latitude + 90) * DEGREES / 180) for p in (low, high))
        west, east = (int((p.longitude + 180) * DEGREES / 360) for p in (low, high))
        latitudes, longitudes = self._latitudes, self._longitudes
        for index in range(first, end):
            if south <= latitudes[index] <= north and west <= longitudes[index] <= east:
                yield self.place(index)


@cache
def gazetteer() -> Gazetteer:
    return Gazetteer(resources.files("tracking").joinpath("data", "places.xz").read_bytes())


@lru_cache(maxsize=4096)
def place(text: str, country: str, region: str = "") -> Place | None:
    """The town a carrier means by `text`; None where it is not known, or the country (ISO 3166-1) is not.

    Of several of one name, the one nearest to `region`, where that is found itself; else the largest.
    """
    if not country or not text:
        return None
    for part in _PARTS.split(text[:160]):
        found = _in_words(fold(_DIGITS.sub(" ", part)).split(), country.upper(), region)
        if found:
            return found
    return None


def _in_words(words: list[str], country: str, region: str) -> Place | None:
    """By all the words; by those that are no noise; by the longest run of them, the largest town of several."""
    plain = [word for word in words if word not in NOISE]
    if not plain:
        return None
    for whole in (words, plain):
        if len(" ".join(whole)) > 2 and (found := gazetteer().named(" ".join(whole), country)):
            return _nearest(found, country, region)
    for length in range(len(plain) - 1, 0, -1):
        runs = (" ".join(plain[i : i + length]) for i in range(len(plain) - length + 1))
        known = [found[0] for run in runs if len(run) > 3 and (found := gazetteer().named(run, country))]
        largest = max(known, key=lambda one: one.weight, default=None)
        if largest and largest.weight >= LEAST_OF_PART:
            return largest
    return None


def _nearest(found: list[Place], country: str, region: str) -> Place:
    if len(found) == 1 or not region:
        return found[0]
    there = gazetteer().named(fold(region), country)
    return min(found, key=lambda one: distance_km(one.point, there[0].point)) if there else found[0]


def around(country: str, low: Point, high: Point, most: int) -> list[Place]:
    """The largest towns of the country between two corners, each under one name."""
    found = sorted(gazetteer().within(country.upper(), low, high), key=lambda one: -one.weight)
    largest: dict[Point, Place] = {}
    for one in found:
        largest.setdefault(one.point, one)
    return list(largest.values())[:most]


def distance_km(one: Point, other: Point) -> float:
    """Over the ground."""
    a, b = math.radians(one.latitude), math.radians(other.latitude)
    half = math.sin((b - a) / 2) ** 2
    turn = math.radians(other.longitude - one.longitude)
    return 12_742 * math.asin(math.sqrt(half + math.cos(a) * math.cos(b) * math.sin(turn / 2) ** 2))
