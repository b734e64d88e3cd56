"""Which part of the world a map shows, and where in its picture a place lies; the tiles that cover it. Pure.

A picture is WIDTH by HEIGHT; what is the same in a browser's pixels is a share of it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tracking.land import Box
from tracking.places import Point

WIDTH, HEIGHT = 400, 210
KM = 1 / 111.32  # degrees of a great circle
# How far the edge of a map with a courier on it is from its middle, above and below; the smallest that fits is taken.
REACHES_KM = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SPAN_KM = 36  # the least a map of a route is high
ABOVE, BESIDE, BELOW = 40, 46, 70  # left free around a route: for the pin, for labels, for the page's words
# The lower left corner, where the page says how far it is: so wide on a phone.
CHIP = (0, HEIGHT - 66, 300, 66)
SIDE, SEAM = 280, 0.4  # the most of the picture a tile is wide, and what it lies over the next one


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the world a map shows, in Mercator's projection; `x`, `y`: its middle, `scale`: units a turn."""

    x: float
    y: float
    scale: float
    reach_km: int = 0  # of a map with its destination in the middle

    @classmethod
    def around(cls, points: Sequence[Point]) -> Window:
        """Large enough for all of them, with room for their labels."""
        xs, ys = [_x(p) for p in points], [_y(p) for p in points]
        middle = sum(p.latitude for p in points) / len(points)
        least = SPAN_KM * KM / 360 / max(0.2, math.cos(math.radians(middle)))
        across, down = max(xs) - min(xs) or 1e-9, max(ys) - min(ys) or 1e-9
        scale = min((WIDTH - 2 * BESIDE) / across, (HEIGHT - ABOVE - BELOW) / down, HEIGHT / least)
        return cls((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2 + (BELOW - ABOVE) / 2 / scale, scale)

    @classmethod
    def centred(cls, middle: Point, reach_km: int) -> Window:
        """So many kilometres above and below `middle`."""
        turn = reach_km * KM / 360 / max(0.05, math.cos(math.radians(middle.latitude)))
        return cls(_x(middle), _y(middle), HEIGHT / 2 / turn, reach_km)

    @classmethod
    def following(cls, middle: Point, courier: Point) -> Window:
        """The smallest that has the courier well inside: it stays the same until he is a good deal nearer."""
        for reach in REACHES_KM:
            window = cls.centred(middle, reach)
            if window.holds(courier):
                return window
        return cls.around([middle, courier])

    def at(self, point: Point) -> tuple[float, float]:
        """Where it is in the picture, from its upper left corner."""
        return (
            WIDTH / 2 + (_x(point) - self.x) * self.scale,
            HEIGHT / 2 + (_y(point) - self.y) * self.scale,
        )

    def share(self, point: Point) -> tuple[float, float]:
        x, y = self.at(point)
        return round(x / WIDTH, 4), round(y / HEIGHT, 4)

    def holds(self, point: Point) -> bool:
        x, y = self.at(point)
        hidden = x < CHIP[2] + 12 and y > CHIP[1] - 12
        return WIDTH * 0.06 < x < WIDTH * 0.94 and HEIGHT * 0.1 < y < HEIGHT * 0.92 and not hidden

    def corners(self) -> tuple[Point, Point]:
        """South-west and north-east."""
        across, down = WIDTH / 2 / self.scale, HEIGHT / 2 / self.scale
        return (
            Point(_latitude(self.y + down), (self.x - across) * 360 - 180),
            Point(_latitude(self.y - down), (self.x + across) * 360 - 180),
        )

    def box(self) -> Box:
        """With a margin, so that no edge of the cut is seen."""
        low, high = self.corners()
        tall, wide = (high.latitude - low.latitude) * 0.05, (high.longitude - low.longitude) * 0.05
        return (
            low.longitude - wide, low.latitude - tall, high.longitude + wide, high.latitude + tall,
        )  # fmt: skip


def _x(point: Point) -> float:
    return (point.longitude + 180) / 360


def _y(point: Point) -> float:
    sine = math.sin(math.radians(max(-85.0, min(85.0, point.latitude))))
    return 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)


def _latitude(y: float) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y))))


@dataclass(frozen=True, slots=True)
class Tile:
    """`x`, `y`: its upper left corner in the picture; `size`: its side, a hair more than up to the next one."""

    url: str
    x: float
    y: float
    size: float


def tiles(window: Window, template: str) -> Iterator[Tile]:
    """The tiles that cover the map, a dozen or so, of the zoom whose words can be read on a phone and a desk alike."""
    zoom = max(0, min(18, math.ceil(math.log2(window.scale / SIDE))))
    size = window.scale / 2**zoom
    left, top = window.x * 2**zoom - WIDTH / 2 / size, window.y * 2**zoom - HEIGHT / 2 / size
    for row in range(max(0, int(top)), min(2**zoom - 1, int(top + HEIGHT / size)) + 1):
        for column in range(math.floor(left), math.floor(left + WIDTH / size) + 1):
            url = (
                template.replace("{z}", str(zoom))
                .replace("{x}", str(column % 2**zoom))
                .replace("{y}", str(row))
            )
            yield Tile(
                url, round((column - left) * size, 2), round((row - top) * size, 2), round(size + SEAM, 2)
            )
