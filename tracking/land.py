"""The outline of the land, and the piece of it that a map shows. Pure.

`tracking/data/land.xz` is Natural Earth's land at 1:50 million (public domain), made by `manage.py read_places`.
"""

from __future__ import annotations

import lzma
import struct
from array import array
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import resources
from itertools import pairwise

STEPS = 180  # of one degree
XY = tuple[float, float]  # longitude, latitude
Box = tuple[float, float, float, float]  # west, south, east, north


class Land:
    """Rings as flat numbers, each with the box it fills."""

    def __init__(self, packed: bytes) -> None:
        raw = lzma.decompress(packed)
        (count,) = struct.unpack_from("<I", raw)
        sizes = struct.unpack_from(f"<{count}H", raw, 4)
        self.rings: list[tuple[Box, int, int]] = []
        self._xy = array("h")
        self._xy.frombytes(raw[4 + 2 * count :])
        at = 0
        for size in sizes:
            xs, ys = self._xy[at : at + 2 * size : 2], self._xy[at + 1 : at + 2 * size : 2]
            box = (min(xs) / STEPS, min(ys) / STEPS, max(xs) / STEPS, max(ys) / STEPS)
            self.rings.append((box, at, at + 2 * size))
            at += 2 * size

    def within(self, box: Box) -> Iterator[list[XY]]:
        """The rings, cut off at the edges of the box."""
        west, south, east, north = box
        for (w, s, e, n), start, end in self.rings:
            if w > east or e < west or s > north or n < south:
                continue
            ring = [(x / STEPS, y / STEPS) for x, y in _pairs(self._xy[start:end])]
            if cut := clipped(ring, box):
                yield cut


def _pairs(flat: Sequence[int]) -> Iterator[tuple[int, int]]:
    return zip(flat[::2], flat[1::2], strict=True)


def clipped(ring: list[XY], box: Box) -> list[XY]:
    """A closed ring's part inside the box, edge by edge (Sutherland and Hodgman)."""
    for axis, limit, is_least in (
        (0, box[0], True),
        (0, box[2], False),
        (1, box[1], True),
        (1, box[3], False),
    ):
        if not ring:
            return []
        kept: list[XY] = []
        for before, here in pairwise([ring[-1], *ring]):
            inside = here[axis] >= limit if is_least else here[axis] <= limit
            was_inside = before[axis] >= limit if is_least else before[axis] <= limit
            if inside != was_inside:
                kept.append(_crossing(before, here, axis, limit))
            if inside:
                kept.append(here)
        ring = kept
    return ring


def _crossing(one: XY, other: XY, axis: int, limit: float) -> XY:
    share = (limit - one[axis]) / (other[axis] - one[axis])
    across = one[1 - axis] + share * (other[1 - axis] - one[1 - axis])
    return (limit, across) if axis == 0 else (across, limit)


@cache
def land() -> Land:
    return Land(resources.files("tracking").joinpath("data", "land.xz").read_bytes())
