"""The map of a parcel's way as a PNG: mail programs show no SVG. Drawn from our own land and towns. Pure."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from tracking.land import land
from tracking.map import Mark, Route
from tracking.places import Point
from tracking.window import HEIGHT, WIDTH, Window

SCALE, FINER = (
    2.52,
    2,
)  # pixels to a unit, so that it is 1008 wide; drawn larger and made smaller, for smooth edges
LAND, WATER, INK, HALO, PIN = "#e9ede6", "#cfdde3", "#3d443f", "#ffffff", "#1b1d1c"
SWING = 0.12  # how far a way swings to one side, as in tracking.map
LETTERS = 11  # units high
Spot = tuple[float, float]
BoxOf = tuple[float, float, float, float]


def picture_of(route: Route, window: Window, *, towns: Sequence[Mark], line: str) -> bytes:
    """`line`: the colour of its way, `#rrggbb`. `towns`: those round about, the largest first."""
    k = SCALE * FINER
    image = Image.new("RGB", (round(WIDTH * k), round(HEIGHT * k)), WATER)
    draw = ImageDraw.Draw(image)
    for ring in land().within(window.box()):
        points = [_scaled(window.at(Point(latitude, longitude)), k) for longitude, latitude in ring]
        if len(points) > 2:
            draw.polygon(points, fill=LAND)
    taken: list[BoxOf] = []
    _ways(draw, route, window, line, k)
    _spots(draw, route, window, line, k, taken)
    image = image.resize((round(WIDTH * SCALE), round(HEIGHT * SCALE)), Image.Resampling.LANCZOS)
    _names(ImageDraw.Draw(image), route, window, towns, taken)
    out = io.BytesIO()
    image.quantize(64, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _scaled(at: Spot, k: float) -> Spot:
    return at[0] * k, at[1] * k


def _ways(draw: ImageDraw.ImageDraw, route: Route, window: Window, line: str, k: float) -> None:
    points = [window.at(mark.point) for mark in route.passed]
    for a, b in pairwise(points):
        draw.line([_scaled(p, k) for p in _leg(a, b)], fill=line, width=round(4 * k), joint="curve")
    if route.destination and points and not route.arrived:
        way = _leg(points[-1], window.at(route.destination.point))
        for n, (x, y) in enumerate(way):
            if n % 2 == 0:
                _dot(draw, (x, y), 1.8, line, k)


def _leg(a: Spot, b: Spot) -> list[Spot]:
    """A quadratic curve, as often sampled as it is long."""
    bend = (a[0] + b[0]) / 2 + (b[1] - a[1]) * SWING, (a[1] + b[1]) / 2 - (b[0] - a[0]) * SWING
    many = max(2, round((abs(b[0] - a[0]) + abs(b[1] - a[1])) / 4))
    made = []
    for n in range(many + 1):
        t = n / many
        u = 1 - t
        made.append(
            (
                u * u * a[0] + 2 * u * t * bend[0] + t * t * b[0],
                u * u * a[1] + 2 * u * t * bend[1] + t * t * b[1],
            )
        )
    return made


def _dot(draw: ImageDraw.ImageDraw, at: Spot, radius: float, fill: str, k: float) -> None:
    x, y = at
    draw.ellipse([(x - radius) * k, (y - radius) * k, (x + radius) * k, (y + radius) * k], fill=fill)


def _spots(
    draw: ImageDraw.ImageDraw, route: Route, window: Window, line: str, k: float, taken: list[BoxOf]
) -> None:
    for mark in route.passed:
        at = window.at(mark.point)
        _dot(draw, at, 5, line, k)
        _dot(draw, at, 2.6, HALO, k)
        taken.append((at[0] - 6, at[1] - 6, at[0] + 6, at[1] + 6))
    if route.destination:
        x, y = window.at(route.destination.point)
        draw.polygon([((x - 9) * k, (y - 15) * k), ((x + 9) * k, (y - 15) * k), (x * k, y * k)], fill=PIN)
        _dot(draw, (x, y - 19), 11, PIN, k)
        _dot(draw, (x, y - 19), 4, HALO, k)
        taken.append((x - 12, y - 32, x + 12, y + 2))
    if route.passed and not route.arrived:
        at = window.at(route.passed[-1].point)
        _dot(draw, at, 10, HALO, k)
        _dot(draw, at, 7, line, k)
        taken.append((at[0] - 12, at[1] - 12, at[0] + 12, at[1] + 12))


def _names(
    draw: ImageDraw.ImageDraw, route: Route, window: Window, towns: Sequence[Mark], taken: list[BoxOf]
) -> None:
    own = [mark for mark in (*route.passed[::-1], route.destination) if mark and mark.name]
    named: set[str] = set()
    for mark, is_own in (*((m, True) for m in own), *((m, False) for m in towns)):
        if mark.name in named:
            continue
        font, has_accents = _font((LETTERS + (1 if is_own else 0)) * SCALE)
        name = mark.name if has_accents else _bare(mark.name)
        wide, x, y = draw.textlength(name, font=font) / SCALE, *window.at(mark.point)
        for left, top in (
            (x + 14, y - 8),
            (x - 14 - wide, y - 8),
            (x - wide / 2, y + 8),
            (x - wide / 2, y - 48),
        ):
            box = (left, top, left + wide, top + 15)
            if _fits(box, taken):
                taken.append(box)
                named.add(mark.name)
                draw.text(
                    (left * SCALE, top * SCALE), name, font=font, fill=INK if is_own else "#6d756f",
                    stroke_width=3, stroke_fill=LAND,
                )  # fmt: skip
                break


@cache
def _font(size: float) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, bool]:
    """And whether it has letters with accents: the one that every Pillow brings has none."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", size), True
    except OSError:
        return ImageFont.load_default(size), False


def _bare(name: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))


def _fits(box: BoxOf, taken: Sequence[BoxOf]) -> bool:
    left, top, right, bottom = box
    if left < 4 or top < 3 or right > WIDTH - 4 or bottom > HEIGHT - 3:
        return False
    return not any(left < c and right > a and top < d and bottom > b for a, b, c, d in taken)
