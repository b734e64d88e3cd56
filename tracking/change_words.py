"""Changes of a delivery in words: what was asked for, and what became of it. In the active language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_currency
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tracking.when import Clock

KINDS: Mapping[str, Promise] = {
    "address": gettext_lazy("Another address"),
    "pickup_point": gettext_lazy("A pickup point or locker"),
    "day": gettext_lazy("Another day"),
    "slot": gettext_lazy("A time that suits you"),
    "neighbour": gettext_lazy("A neighbour takes it"),
    "safe_place": gettext_lazy("A safe place"),
    "note": gettext_lazy("A note for the driver"),
    "hold": gettext_lazy("Hold it while I am away"),
}
LEADS: Mapping[str, Promise] = {
    "address": gettext_lazy("At work, at a friend’s, wherever you are."),
    "pickup_point": gettext_lazy("Fetch it when it suits you, near you."),
    "day": gettext_lazy("Choose the day you are in."),
    "slot": gettext_lazy("Choose the hour, and be there just then."),
    "neighbour": gettext_lazy("Somebody you trust takes it for you."),
    "safe_place": gettext_lazy("Left where you say, if nobody opens."),
    "note": gettext_lazy("The way in, the doorbell, what a stranger cannot know."),
    "hold": gettext_lazy("The depot keeps it until you are back."),
}
ICONS = {
    "address": "pin",
    "pickup_point": "shop",
    "day": "day",
    "slot": "clock",
    "neighbour": "people",
    "safe_place": "lock",
    "note": "note",
    "hold": "pause",
}
# As the story of an order tells it.
ASKED: Mapping[str, Promise] = {
    "address": gettext_lazy("You asked for another address"),
    "pickup_point": gettext_lazy("You asked for a pickup point"),
    "day": gettext_lazy("You asked for another day"),
    "slot": gettext_lazy("You asked for a time"),
    "neighbour": gettext_lazy("You asked for it to be left with a neighbour"),
    "safe_place": gettext_lazy("You asked for it to be left in a safe place"),
    "note": gettext_lazy("You left a note for the driver"),
    "hold": gettext_lazy("You asked for it to be kept for a while"),
}
NOTED_BY_SHOP = gettext_lazy("The shop left a note for the driver")
SAFE_PLACES: Mapping[str, Promise] = {
    "concierge": gettext_lazy("With the concierge"),
    "porch": gettext_lazy("In the porch"),
    "garage": gettext_lazy("In the garage"),
    "shed": gettext_lazy("In the shed"),
    "other": gettext_lazy("Somewhere else"),
}
STATUSES: Mapping[str, Promise] = {
    "asked": gettext_lazy("Waits for the shop"),
    "approved": gettext_lazy("About to be sent"),
    "sent": gettext_lazy("Sent"),
    "accepted": gettext_lazy("Accepted"),
    "refused": pgettext_lazy("change of a delivery", "Refused"),
    "too_late": gettext_lazy("Too late"),
    "done": gettext_lazy("Done"),
    "withdrawn": gettext_lazy("Withdrawn"),
}
ON_A_LIST = gettext_lazy("On the shop’s list")
TONES = {"accepted": "done", "done": "done", "refused": "bad", "too_late": "bad", "withdrawn": "plain"}


@dataclass(frozen=True, slots=True)
class Wish:
    """One request as it is told. `carrier`: its name, or empty where there is none to name."""

    kind: str
    way: str
    status: str
    details: Mapping[str, Any]
    carrier: str
    asked_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    answer: str


def detail(kind: str, details: Mapping[str, Any], clock: Clock) -> str:
    """What exactly was asked for: the day, the place, the words."""
    said = {name: str(value) for name, value in details.items() if value is not None}
    if kind == "address":
        return address_line(said)
    if kind == "pickup_point":
        return ", ".join(part for part in (said.get("name"), said.get("address"), said.get("city")) if part)
    if kind == "day":
        return clock.day(date.fromisoformat(said["day"])) if said.get("day") else ""
    if kind == "slot":
        return slot_words(said, clock)
    if kind == "neighbour":
        return ", ".join(part for part in (said.get("name"), said.get("where")) if part)
    if kind == "safe_place":
        place = str(SAFE_PLACES.get(said.get("place", ""), "")) if said.get("place") != "other" else ""
        return ", ".join(part for part in (place, said.get("text")) if part)
    if kind == "hold":
        return _("until %(day)s") % {"day": clock.day(date.fromisoformat(said["until"]))}
    return said.get("text", "")


def address_line(said: Mapping[str, str]) -> str:
    town = " ".join(part for part in (said.get("postal_code"), said.get("city")) if part)
    return ", ".join(part for part in (said.get("name"), said.get("line"), said.get("extra"), town) if part)


def slot_words(said: Mapping[str, str], clock: Clock) -> str:
    start, end = (datetime.fromisoformat(said[name]) for name in ("starts_at", "ends_at"))
    return _("%(day)s, %(start)s to %(end)s") % {
        "day": clock.day(clock.date_of(start)),
        "start": clock.hour(start),
        "end": clock.hour(end),
    }


def summary(kind: str, details: Mapping[str, Any], clock: Clock) -> str:
    """ "Another day: Friday 27"."""
    said = {"kind": str(KINDS[kind]), "detail": detail(kind, details, clock)}
    return _("%(kind)s: %(detail)s") % said if said["detail"] else said["kind"]


def moment(at: datetime, clock: Clock) -> str:
    """ "today 20:00", "Friday 20, 18:00"."""
    day = clock.date_of(at)
    if day == clock.today:
        return _("today %(hour)s") % {"hour": clock.hour(at)}
    return _("%(day)s, %(hour)s") % {"day": clock.day(day), "hour": clock.hour(at)}


def price(amount: Decimal, currency: str, clock: Clock) -> str:
    """ "3.50 €", or that it costs nothing."""
    if not amount or not currency:
        return _("Free")
    return format_currency(amount, currency, locale=clock.locale)


def status(status: str, way: str) -> str:
    """In a word or two: what waits for a person is not about to be sent."""
    return str(ON_A_LIST if (status, way) == ("approved", "task") else STATUSES[status])


def deadline(cutoff_at: datetime | None, clock: Clock) -> str:
    if cutoff_at is None:
        return _("You can change this until the driver sets out with it.")
    return _("You can change this until %(when)s.") % {"when": moment(cutoff_at, clock)}


def receiver(way: str, carrier: str) -> str:
    """Whom a request goes to."""
    if way == "task" or not carrier:
        return _("the shop’s team") if way == "task" else _("the carrier")
    return _("%(carrier)s’s depot") % {"carrier": carrier} if way == "mail" else carrier


def story(wish: Wish, clock: Clock) -> str:
    """Where it stands, in one sentence: never more than is known."""
    to = receiver(wish.way, wish.carrier)
    sent = moment(wish.sent_at, clock) if wish.sent_at else ""
    over = moment(wish.settled_at, clock) if wish.settled_at else ""
    if wish.status == "asked":
        return _("Asked %(when)s. The shop has to agree to it first.") % {
            "when": moment(wish.asked_at, clock)
        }
    if wish.status == "approved":
        if wish.way == "task":
            return _("Asked %(when)s. The shop’s team has it on its list.") % {
                "when": moment(wish.asked_at, clock)
            }
        return _("Asked %(when)s. It is about to be sent.") % {"when": moment(wish.asked_at, clock)}
    if wish.status == "sent":
        if wish.way == "task":
            return _("Somebody at the shop took it up %(when)s, and is asking the carrier.") % {"when": sent}
        return _("Sent to %(to)s %(when)s, waiting for their answer.") % {"to": to, "when": sent}
    if wish.status == "accepted":
        return _("Accepted %(when)s.") % {"when": over or sent}
    if wish.status == "refused":
        return _("Not possible: refused %(when)s. The delivery stays as it was.") % {"when": over}
    if wish.status == "too_late":
        return _("It was too late for this. The delivery stays as it was.")
    if wish.status == "withdrawn":
        return _("Withdrawn %(when)s.") % {"when": over}
    if wish.details.get("unanswered"):
        return _("The parcel arrived before anybody answered.")
    return _("Done %(when)s.") % {"when": over}


def step(status: str, way: str, carrier: str) -> str:
    """As the timeline of an order tells that a request went on; empty for what is no news."""
    to = receiver(way, carrier)
    if status == "sent":
        return (
            _("Your wish was taken up by the shop")
            if way == "task"
            else _("Your wish was sent to %(to)s") % {"to": to}
        )
    return {
        "accepted": _("Your wish was accepted"),
        "refused": _("Your wish was refused"),
        "too_late": _("It was too late for your wish"),
        "withdrawn": _("Your wish was withdrawn"),
    }.get(status, "")
