"""The way a parcel came, as far as a map can show it: the towns it was scanned in, and the one it goes to. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zlib import crc32

from django.utils.translation import gettext as _

from carriers.types import Status
from tracking.map import Mark, Route
from tracking.places import Place, Point, around, distance_km, place
from tracking.position import SETTLED
from tracking.proof import Field, Trust, shows
from tracking.situation import live
from tracking.snapshot import Event, Look, Order, Parcel, Snapshot
from tracking.when import Clock
from tracking.window import Tile, Window, tiles

SAME_TOWN_KM = 3.0
MOST_TOWNS = 12  # the last ones
MOST_AROUND = 8


@dataclass(frozen=True, slots=True)
class Way:
    """One parcel's. `seen_at`: when it was scanned in the last of its towns. `followed`: a courier is on it now."""

    parcel: Parcel
    route: Route
    seen_at: datetime | None
    followed: bool


@dataclass(frozen=True, slots=True)
class Card:
    """The map as a page shows it. `said`: on it, with `iso` and `when` beside; `alt`: the same as the picture.

    `tiles`: what lies under it, of a real map by `credit`; that of a courier is laid by the page itself.
    """

    said: str
    iso: str
    when: str
    alt: str
    followed: bool
    src: str = "map.svg"
    tiles: tuple[Tile, ...] = ()
    credit: str = ""


def is_followed(parcel: Parcel) -> bool:
    return parcel.followed_at is not None and Status(parcel.status) not in SETTLED


def way_of(snapshot: Snapshot, shop_country: str) -> Way | None:
    """Of the parcel whose courier is followed, else of the one last seen somewhere; None where no town is known."""
    found = [_way(parcel, snapshot.order, shop_country) for parcel in live(snapshot.parcels)]
    known = [way for way in found if way.followed or way.route.passed]
    return max(known, key=_newest, default=None)


def _newest(way: Way) -> tuple[bool, float]:
    return way.followed, way.seen_at.timestamp() if way.seen_at else 0.0


def _way(parcel: Parcel, order: Order, shop_country: str) -> Way:
    scans = [(event, there) for event in parcel.events if (there := _where(event, order, shop_country))]
    towns: list[Mark] = []
    for _event, there in reversed(scans):
        if not towns or distance_km(towns[-1].point, there.point) > SAME_TOWN_KM:
            towns.append(Mark(there.name, there.point))
    arrived = Status(parcel.status) is Status.DELIVERED
    route = Route(tuple(towns[-MOST_TOWNS:]), destination_of(order), arrived)
    return Way(parcel, route, scans[0][0].occurred_at if scans else None, is_followed(parcel))


def _where(event: Event, order: Order, shop_country: str) -> Place | None:
    """A place without its country is looked for where the parcel goes, and where it comes from: nowhere else."""
    countries = (event.country,) if event.country else dict.fromkeys((order.country, shop_country))
    return next((found for c in countries if (found := place(event.place, c))), None)


def destination_of(order: Order) -> Mark | None:
    """Its town: never the door."""
    found = place(order.city, order.country, order.region)
    return Mark(order.city, found.point) if found else None


def window_of(route: Route) -> Window:
    return Window.around(points(route))


def points(route: Route) -> list[Point]:
    return [mark.point for mark in (*route.passed, route.destination) if mark]


def towns_around(window: Window, country: str) -> Sequence[Mark]:
    """What else to name on a map, so that one knows where one is."""
    low, high = window.corners()
    return [Mark(town.name, town.point) for town in around(country, low, high, MOST_AROUND)]


# --- In words ---


def card(way: Way, clock: Clock, trust: Trust, look: Look, *, faded: bool) -> Card | None:
    """In the active language. None for whom the map is not."""
    if not shows(Field.MAP, trust, faded=faded):
        return None
    alt = in_words(way)
    if way.followed:
        credit = look.tile_credit if look.tile_url else ""
        return Card(_("Your driver is on the way"), "", "", alt, followed=True, credit=credit)
    at = way.seen_at
    if at is None:
        return None
    day, hour = clock.date_of(at), clock.hour(at)
    when = hour if day == clock.today else f"{clock.day(day)}, {hour}"
    said = (
        _("Delivered")
        if way.route.arrived
        else _("Last seen in %(town)s") % {"town": way.route.passed[-1].name}
    )
    return _over_tiles(Card(said, at.isoformat(), when, alt, followed=False), way, look)


def _over_tiles(drawn: Card, way: Way, look: Look) -> Card:
    """Its picture's address changes with the part of the world it shows: an open page never lays it over another's."""
    if not look.tile_url:
        return drawn
    window = window_of(way.route)
    src = f"map.svg?over=tiles&of={crc32(repr(window).encode()):x}"
    return replace(drawn, src=src, tiles=tuple(tiles(window, look.tile_url)), credit=look.tile_credit)


def in_words(way: Way) -> str:
    """What the map shows, for who does not see it."""
    route = way.route
    town = route.destination.name if route.destination else ""
    if way.followed:
        return (
            _("Map: your driver is on the way to %(town)s.") % {"town": town}
            if town
            else _("Map of the way to you.")
        )
    names = " → ".join(mark.name for mark in route.passed)
    if not town:
        return _("Map of the way so far: %(towns)s.") % {"towns": names}
    return _("Map of the way so far: %(towns)s. It goes to %(town)s.") % {"towns": names, "town": town}
