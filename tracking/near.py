"""Which pickup points are near: by coordinates where both ends are known, else by postal code. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

EARTH_KM = 6371.0


class PlaceRow(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def postal_code(self) -> str: ...
    @property
    def latitude(self) -> float | None: ...
    @property
    def longitude(self) -> float | None: ...


P = TypeVar("P", bound=PlaceRow)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where from. Without coordinates the postal code has to do."""

    postal_code: str
    latitude: float | None = None
    longitude: float | None = None


def bare(postal_code: str) -> str:
    return "".join(postal_code.split()).upper()


def distance_km(spot: Spot, place: PlaceRow) -> float | None:
    """As the crow flies; None where one end is not known."""
    if spot.latitude is None or spot.longitude is None or place.latitude is None or place.longitude is None:
        return None
    ours, theirs = math.radians(spot.latitude), math.radians(place.latitude)
    north, east = theirs - ours, math.radians(place.longitude - spot.longitude)
    chord = math.sin(north / 2) ** 2 + math.cos(ours) * math.cos(theirs) * math.sin(east / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(chord)))


def nearest(places: Iterable[P], spot: Spot, most: int) -> list[tuple[P, float | None]]:
    """The nearest first, with how many km it is, where that is known."""
    found = [(place, distance_km(spot, place)) for place in places]
    found.sort(key=lambda pair: _rank(pair[0], pair[1], spot))
    return found[:most]


def _rank(place: PlaceRow, km: float | None, spot: Spot) -> tuple[float, int, int, str]:
    """Those of the same postal district go before those whose distance only looks small in numbers."""
    here, there = bare(spot.postal_code), bare(place.postal_code)
    shared = next(
        (n for n, (a, b) in enumerate(zip(here, there, strict=False)) if a != b), min(len(here), len(there))
    )
    apart = abs(int(here) - int(there)) if here.isdecimal() and there.isdecimal() else 0
    return (km if km is not None else math.inf, -shared, apart, place.name)
