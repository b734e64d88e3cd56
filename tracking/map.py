"""A map drawn by ourselves: land and water, the way a parcel came and has to go, towns, where it is now. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from tracking.land import land
from tracking.places import Point
from tracking.window import CHIP, HEIGHT, WIDTH, Window

FINEST = 0.9  # of a coast
LETTER, LINE = 6.1, 14  # what a letter of a label takes at most, and its line


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place that has a name."""

    name: str
    point: Point


@dataclass(frozen=True, slots=True)
class Route:
    """`passed`: oldest first; the last is where it is, unless a courier is followed."""

    passed: tuple[Mark, ...]
    destination: Mark | None
    arrived: bool = False
    courier: Point | None = None


@dataclass(frozen=True, slots=True)
class Colours:
    """Light and dark of each."""

    line: tuple[str, str]
    halo: tuple[str, str]


def draw(
    route: Route,
    window: Window,
    *,
    towns: Sequence[Mark],
    colours: Colours,
    said: str,
    with_courier: bool = True,
    with_land: bool = True,
) -> str:
    """The map as SVG, for light and dark. `said`: the same in words. `towns`: those round about, the largest first.

    Without its courier, or its land: for who puts a moving one on it, or real tiles under it.
    """
    free = _Room()
    spots = _spots(route, window, free, with_courier=with_courier)
    labels = "".join(_labels(route, window, towns, free))
    ways = _ways(route, window)
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            f"<title>{escape(said)}</title><style>{style(colours)}</style>",
            "" if with_land else '<g class="over">',
            f'<rect class="water" width="{WIDTH}" height="{HEIGHT}"/>' if with_land else "",
            f'<path class="land" d="{_land(window)}"/>' if with_land else "",
            _rings(window),
            "" if with_land else f'<g class="edging">{ways}</g>',
            ways,
            labels,
            spots,
            "" if with_land else "</g>",
            "</svg>",
        )
    )


def style(colours: Colours) -> str:
    """Its text follows from the colours alone, so that a content security policy can name it."""

    def side(index: int, land_: str, water: str, ring: str, ink: str, pin: str, dot: str) -> str:
        line, halo = colours.line[index], colours.halo[index]
        return (
            f".water{{fill:{water}}}.land{{fill:{land_}}}.ring{{stroke:{ring}}}.km{{fill:{ink};opacity:.6}}"
            f".way{{stroke:{line}}}.here,.halo{{fill:{line}}}.edge{{fill:{halo}}}"
            f".town{{fill:{ink};stroke:{land_}}}.quiet{{opacity:.55}}.pin{{fill:{pin}}}.eye{{fill:{dot}}}.stop{{fill:{halo};stroke:{line}}}"
            f".edging .way{{stroke:{halo}}}.over .ring{{stroke:{ink}}}.over .km{{stroke:{land_}}}"
        )

    light = side(0, "#e9ede6", "#cfdde3", "#fff", "#3d443f", "#1b1d1c", "#fff")
    dark = side(1, "#2b322e", "#182024", "#47504a", "#c9cfca", "#f1f3f0", "#1b1d1c")
    return (
        ".ring,.way{fill:none}.way{stroke-width:4;stroke-linecap:round;stroke-linejoin:round}"
        ".todo{stroke-dasharray:.1 8.5}.stop{stroke-width:2.5}.halo{opacity:.22}"
        ".edging .way{stroke-width:8}.over .ring{opacity:.3}.over .km{opacity:1}"
        "text{font:500 11px ui-sans-serif,system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;paint-order:stroke;"
        "stroke-width:3px;stroke-linejoin:round}.strong{font-weight:650;font-size:12px}.km{stroke:none;font-size:9.5px}"
        f"{light}@media(prefers-color-scheme:dark){{{dark}}}"
        "@media(prefers-reduced-motion:no-preference){.halo{animation:p 2.4s ease-in-out infinite;transform-box:fill-box;"
        "transform-origin:center}@keyframes p{50%{transform:scale(1.35);opacity:.1}}}"
    )


def _land(window: Window) -> str:
    pieces = []
    for ring in land().within(window.box()):
        points = _thinned([window.at(Point(latitude, longitude)) for longitude, latitude in ring])
        if len(points) > 2:
            pieces.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(pieces)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Without those too near to the last one to be seen."""
    kept = points[:1]
    for point in points:
        if math.dist(point, kept[-1]) > FINEST:
            kept.append(point)
    return kept


def _rings(window: Window) -> str:
    """Circles of so many kilometres around the middle, where a courier comes nearer."""
    if not window.reach_km:
        return ""
    unit = HEIGHT / 2 / window.reach_km
    x, y = WIDTH / 2, HEIGHT / 2
    made = []
    for share in (0.5, 1.0, 1.5):
        radius, km = window.reach_km * share * unit, window.reach_km * share
        made.append(f'<circle class="ring" cx="{x:g}" cy="{y:g}" r="{radius:g}" stroke-width="1.5"/>')
        if share != 1.0:
            made.append(
                f'<text class="km" x="{x + radius - 3:g}" y="{y + 3:g}" text-anchor="end">{km:g} km</text>'
            )
    return "".join(made)


def _ways(route: Route, window: Window) -> str:
    """Lines done, and the dotted one to come."""
    points = [window.at(mark.point) for mark in route.passed]
    done = "".join(_leg(a, b) for a, b in pairwise(points))
    made = f'<path class="way" d="M{points[0][0]:.1f} {points[0][1]:.1f}{done}"/>' if done else ""
    here = window.at(route.courier) if route.courier else points[-1] if points else None
    if route.destination and here and not route.arrived and not route.courier:
        end = window.at(route.destination.point)
        if math.dist(here, end) > 14:
            made += f'<path class="way todo" d="M{here[0]:.1f} {here[1]:.1f}{_leg(here, end)}"/>'
    return made


def _leg(a: tuple[float, float], b: tuple[float, float]) -> str:
    """A way that swings a little to one side, as a road would."""
    swing = 0.12
    x, y = (a[0] + b[0]) / 2 + (b[1] - a[1]) * swing, (a[1] + b[1]) / 2 - (b[0] - a[0]) * swing
    return f"Q{x:.1f} {y:.1f} {b[0]:.1f} {b[1]:.1f}"


def _spots(route: Route, window: Window, free: _Room, *, with_courier: bool) -> str:
    made = []
    here = route.passed[-1].point if route.passed and not route.arrived else None
    if route.courier:
        here = route.courier if with_courier else None
    for mark in route.passed[:-1] if here and not route.courier else route.passed:
        x, y = window.at(mark.point)
        free.take(x - 5, y - 5, 10, 10)
        made.append(f'<circle class="stop" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
    if route.destination:
        x, y = window.at(route.destination.point)
        free.take(x - 12, y - 32, 24, 34)
        pin, eye = _pin(x, y)
        made.append(f'<path class="pin" d="{pin}"/>{eye}')
    if here:
        x, y = window.at(here)
        free.take(x - 12, y - 12, 24, 24)
        made.append(
            f'<circle class="halo" cx="{x:.1f}" cy="{y:.1f}" r="14"/><circle class="edge" cx="{x:.1f}" '
            f'cy="{y:.1f}" r="9"/><circle class="here" cx="{x:.1f}" cy="{y:.1f}" r="6"/>'
        )
    return "".join(made)


def _pin(x: float, y: float) -> tuple[str, str]:
    """Its tip at (x, y)."""
    return (
        f"M{x:.1f} {y:.1f}c-7-9-11-13-11-19a11 11 0 0 1 22 0c0 6-4 10-11 19z",
        f'<circle class="eye" cx="{x:.1f}" cy="{y - 19:.1f}" r="4"/>',
    )


class _Room:
    """What of the picture is taken already."""

    def __init__(self) -> None:
        self._taken: list[tuple[float, float, float, float]] = []

    def take(self, x: float, y: float, wide: float, high: float) -> None:
        self._taken.append((x, y, x + wide, y + high))

    def fits(self, x: float, y: float, wide: float, high: float) -> bool:
        if x < 3 or y < 2 or x + wide > WIDTH - 3 or y + high > HEIGHT - 2:
            return False
        return not any(x < c and x + wide > a and y < d and y + high > b for a, b, c, d in self._taken)


def _labels(route: Route, window: Window, towns: Sequence[Mark], free: _Room) -> Iterator[str]:
    free.take(*CHIP)
    own = [m for m in (*route.passed[::-1], route.destination) if m]
    named: set[str] = set()
    for mark, kind in (*((m, "town strong") for m in own), *((m, "town quiet") for m in towns)):
        if mark.name not in named and (label := _label(mark, kind, window, free)):
            named.add(mark.name)
            yield label


def _label(mark: Mark, kind: str, window: Window, free: _Room) -> str:
    """Beside its place, wherever there is room; else not at all."""
    x, y = window.at(mark.point)
    wide = len(mark.name) * LETTER * (1.12 if "strong" in kind else 1)
    quiet = "quiet" in kind
    away = 5 if quiet else 15
    dot = f'<circle class="km" cx="{x:.1f}" cy="{y:.1f}" r="1.6"/>' if quiet else ""
    for left, top in (
        (x + away, y - LINE / 2), (x - away - wide, y - LINE / 2), (x - wide / 2, y + away - 2),
        (x - wide / 2, y - away - LINE - (14 if not quiet else 0)),
    ):  # fmt: skip
        if free.fits(left, top, wide, LINE):
            free.take(left, top, wide, LINE)
            return f'{dot}<text class="{kind}" x="{left:.1f}" y="{top + 11:.1f}">{escape(mark.name)}</text>'
    return ""
