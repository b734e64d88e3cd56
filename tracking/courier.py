"""A courier who is followed: how far he is, in words and on the map; the key that lets a page listen. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache as once
from typing import Any

from babel import Locale
from babel.numbers import format_decimal
from django.core.signing import BadSignature, TimestampSigner
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tracking.places import Point, distance_km
from tracking.proof import Trust
from tracking.window import Window

FOLLOWED_FOR = timedelta(hours=2)  # since he last said where he is
KEPT_FOR = timedelta(hours=24)
LISTENS_FOR = timedelta(minutes=15)  # how long a page's key lets it begin to listen
IN_TOWN_KM = 8.0  # nearer, a town's middle says nothing about a door
AT_THE_DOOR_KM = 0.3


@once
def _signer() -> TimestampSigner:
    return TimestampSigner(salt="tracking.live")


@dataclass(frozen=True, slots=True)
class Seen:
    """Where he was."""

    point: Point
    at: datetime
    stops_before: int | None = None


@dataclass(frozen=True, slots=True)
class Goal:
    """Where he goes, for one reader. `point` is None where not even the town is known."""

    point: Point | None
    town: str
    is_door: bool


def goal_of(*, town: str, town_point: Point | None, door: Point | None, trust: Trust) -> Goal:
    """The door only for who proved the order theirs: from distances to it anybody could work out where it is."""
    if door and trust >= Trust.PROVED:
        return Goal(door, town, is_door=True)
    return Goal(town_point, town, is_door=False)


def middle_of(goal: Goal, seen: Seen) -> Point:
    """Of his map: where he goes; else about where he is."""
    rough = Point(round(seen.point.latitude, 1), round(seen.point.longitude, 1))
    return goal.point or rough


def window_of(goal: Goal, seen: Seen) -> Window:
    return Window.following(middle_of(goal, seen), seen.point)


def state_of(goal: Goal, seen: Seen, locale: Locale) -> dict[str, Any]:
    """What an open page is told, in the active language: `x`, `y` are shares of a map that reaches `reach` km."""
    window = window_of(goal, seen)
    x, y = window.share(seen.point)
    km = distance_km(goal.point, seen.point) if goal.point else None
    return {
        "x": x,
        "y": y,
        "reach": window.reach_km,
        "km": round(km, 1) if km is not None and goal.is_door else None,
        "said": _said(goal, km, locale),
        "stops": _stops(seen.stops_before),
        "at": seen.at.isoformat(),
    }


def _said(goal: Goal, km: float | None, locale: Locale) -> str:
    if km is not None and goal.is_door:
        if km < AT_THE_DOOR_KM:
            return _("Almost at your door")
        return _("%(km)s km from you") % {"km": _number(km, locale)}
    if km is not None and km > IN_TOWN_KM:
        return _("%(km)s km from %(town)s") % {"km": _number(km, locale), "town": goal.town}
    return _("Your driver is on the way")


def _number(km: float, locale: Locale) -> str:
    return str(format_decimal(round(km, 1) if km < 10 else round(km), locale=locale))


def _stops(before: int | None) -> str:
    if before is None:
        return ""
    if not before:
        return _("You are next")
    return ngettext("%(count)d stop before yours", "%(count)d stops before yours", before) % {"count": before}


# --- The key to listen with ---


def ticket(token_hash: str, trust: Trust, language: str) -> str:
    """Lets who holds it listen to this order as that reader, soon."""
    return _signer().sign(f"{token_hash}~{int(trust)}~{language}")


def opened(said: str, token_hash: str) -> tuple[Trust, str]:
    """As whom to listen: whoever has no key, or another's, knows no more than the page's address."""
    try:
        whose, trust, language = _signer().unsign(said, max_age=LISTENS_FOR).split("~")
    except (BadSignature, ValueError):
        return Trust.LINK, ""
    return (Trust(int(trust)), language) if whose == token_hash else (Trust.LINK, "")
