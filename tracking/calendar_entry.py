"""A delivery as a calendar entry: of a slot, of a day, of some days; taken back when it is over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, vDuration

ASK_AGAIN = timedelta(hours=1)
PRODUCT = "-//Rastro//Delivery//EN"
DEAD = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Entry:
    """`uid` never changes; `sequence` grows whenever the rest does. `begins`: a moment, with `ends`; or a day, with the
    last day. None: no day is known, and there is nothing to enter."""

    uid: str
    sequence: int
    title: str
    text: str
    url: str
    place: str
    zone: ZoneInfo
    begins: datetime | date | None
    ends: datetime | date | None
    is_off: bool = False  # delivered, cancelled: not to be waited for any more


def calendar(entry: Entry, *, name: str, now: datetime) -> bytes:
    """One iCalendar file, RFC 5545 and RFC 7986."""
    made = Calendar()
    made.add("prodid", PRODUCT)
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("name", _line(name))
    made.add("x-wr-calname", _line(name))
    made.add("refresh-interval", vDuration(ASK_AGAIN), parameters={"value": "DURATION"})
    made.add("x-published-ttl", vDuration(ASK_AGAIN))
    if entry.begins is not None:
        made.add_component(_event(entry, now))
        if isinstance(entry.begins, datetime):
            made.add_missing_timezones()
    return bytes(made.to_ical())


def _event(entry: Entry, now: datetime) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    event.add("sequence", entry.sequence)
    event.add("dtstamp", now)
    event.add("summary", _line(entry.title))
    if isinstance(entry.begins, datetime):
        ends = entry.ends if isinstance(entry.ends, datetime) else entry.begins + timedelta(hours=1)
        event.add("dtstart", entry.begins.astimezone(entry.zone))
        event.add("dtend", ends.astimezone(entry.zone))
    elif entry.begins is not None:
        last = entry.ends or entry.begins
        event.add("dtstart", entry.begins)
        event.add("dtend", last + timedelta(days=1))  # the first day it is no more
    event.add("description", f"{_line(entry.text)}\n{entry.url}".strip())
    event.add("url", entry.url)
    if entry.place:
        event.add("location", _line(entry.place))
    event.add("transp", "TRANSPARENT")  # nobody is busy for a parcel
    event.add("status", DEAD if entry.is_off else "CONFIRMED")
    return event


def _line(said: str) -> str:
    """On one line, without the signs that end one for some programs."""
    return " ".join("".join(c if c.isprintable() else " " for c in said).split())
