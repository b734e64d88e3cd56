"""What was filled in to change a delivery, read: what is right of it, and a sentence beside what is not. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from tracking.change_words import SAFE_PLACES
from tracking.changing import Window

MOST = {"name": 80, "line": 160, "extra": 120, "postal_code": 16, "city": 80, "where": 120, "text": 200}
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_POSTAL_CODES = {
    "ES": re.compile(r"\d{5}"),
    "FR": re.compile(r"\d{5}"),
    "IT": re.compile(r"\d{5}"),
    "DE": re.compile(r"\d{5}"),
    "PT": re.compile(r"\d{4}-?\d{3}"),
    "BR": re.compile(r"\d{5}-?\d{3}"),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen of. `places`: by the value of the field, with the details that are kept."""

    country: str = ""
    days: Sequence[date] = ()
    windows: Sequence[Window] = ()
    places: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    hold: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class Read:
    """`faults`: by field; with any, the rest does not count."""

    details: Mapping[str, Any]
    window: Window | None = None
    faults: Mapping[str, str] = field(default_factory=dict)


def plain(said: str, most: int) -> str:
    """One line of text: no control characters, no runs of blanks, no longer than it may be."""
    return " ".join(_INVISIBLE.sub(" ", said).split())[:most].strip()


def read(kind: str, said: Mapping[str, str], choices: Choices) -> Read:
    return _READERS[kind]({name: str(value) for name, value in said.items()}, choices)


def _texts(said: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: plain(said.get(name, ""), MOST[name]) for name in names}


def _needed(details: Mapping[str, str], sentences: Mapping[str, str]) -> dict[str, str]:
    return {name: sentence for name, sentence in sentences.items() if not details[name]}


def _address(said: Mapping[str, str], choices: Choices) -> Read:
    details = _texts(said, "name", "line", "extra", "postal_code", "city")
    faults = _needed(
        details,
        {
            "line": _("Write the street and the number."),
            "postal_code": _("Write the postal code."),
            "city": _("Write the town."),
        },
    )
    shape = _POSTAL_CODES.get(choices.country)
    if details["postal_code"] and shape and not shape.fullmatch(details["postal_code"].replace(" ", "")):
        faults["postal_code"] = _("This is no postal code of the country the parcel goes to.")
    return Read({**details, "country": choices.country}, faults=faults)


def _pickup_point(said: Mapping[str, str], choices: Choices) -> Read:
    place = choices.places.get(said.get("place", ""))
    return Read(place or {}, faults={} if place else {"place": _("Choose one of the places.")})


def _day(said: Mapping[str, str], choices: Choices) -> Read:
    day = _date(said.get("day", ""))
    if day is None:
        return Read({}, faults={"day": _("Choose one of the days.")})
    if day not in choices.days:
        return Read({}, faults={"day": _("That day can no longer be had: choose another.")})
    return Read({"day": day.isoformat()})


def _slot(said: Mapping[str, str], choices: Choices) -> Read:
    window = next((w for w in choices.windows if w.starts_at.isoformat() == said.get("slot")), None)
    if window is None:
        return Read({}, faults={"slot": _("Choose one of the times.")})
    if not window.free:
        return Read({}, faults={"slot": _("This time is full: choose another.")})
    details = {"starts_at": window.starts_at.isoformat(), "ends_at": window.ends_at.isoformat()}
    return Read(details, window)


def _neighbour(said: Mapping[str, str], choices: Choices) -> Read:
    details = _texts(said, "name", "where")
    faults = _needed(
        details, {"name": _("Write the neighbour’s name."), "where": _("Write the house number or the door.")}
    )
    return Read(details, faults=faults)


def _safe_place(said: Mapping[str, str], choices: Choices) -> Read:
    details = {"place": said.get("place", ""), **_texts(said, "text")}
    if details["place"] not in SAFE_PLACES:
        return Read({}, faults={"place": _("Choose one of the places.")})
    if details["place"] == "other" and not details["text"]:
        return Read({}, faults={"text": _("Write where exactly.")})
    return Read(details)


def _note(said: Mapping[str, str], choices: Choices) -> Read:
    details = _texts(said, "text")
    return Read(details, faults=_needed(details, {"text": _("Write what the driver should know.")}))


def _hold(said: Mapping[str, str], choices: Choices) -> Read:
    until = _date(said.get("until", ""))
    if until is None or choices.hold is None:
        return Read({}, faults={"until": _("Choose the day you are back.")})
    if not choices.hold[0] <= until <= choices.hold[1]:
        return Read({}, faults={"until": _("It cannot be kept until that day: choose another.")})
    return Read({"until": until.isoformat()})


def _date(said: str) -> date | None:
    try:
        return date.fromisoformat(said) if len(said) == 10 else None
    except ValueError:
        return None


_READERS = {
    "address": _address,
    "pickup_point": _pickup_point,
    "day": _day,
    "slot": _slot,
    "neighbour": _neighbour,
    "safe_place": _safe_place,
    "note": _note,
    "hold": _hold,
}
FIELDS: Mapping[str, Collection[str]] = {
    "address": ("name", "line", "extra", "postal_code", "city"),
    "pickup_point": ("place", "near"),
    "day": ("day",),
    "slot": ("slot",),
    "neighbour": ("name", "where"),
    "safe_place": ("place", "text"),
    "note": ("text",),
    "hold": ("until",),
}
