"""One parcel as its card on the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carriers.types import Status, SubStatus
from tracking import headlines, journey, labels, telling
from tracking.actions import carrier_name, carrier_page
from tracking.calm import calm
from tracking.journey import Day, Entry, Tongue
from tracking.parcels import TROUBLE, UNASKED, UNNAMED
from tracking.proof import Field, Trust, shows
from tracking.qr import qr_of
from tracking.situation import pickup_until
from tracking.snapshot import Line, Order, Parcel, Wording
from tracking.substatuses import is_terminal
from tracking.when import Clock

RECENT, RECENT_OF_SEVERAL = 5, 3  # entries shown before "all"


@dataclass(frozen=True, slots=True)
class Pill:
    """`tone`: "" (the brand's), done, warn, bad or plain."""

    label: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Pickup:
    """`left`: how long it is kept from today. `code` and its picture are for who has proved the order."""

    name: str
    address: str
    hours: str
    until: str
    left: str
    code: str
    qr: SafeString | str


@dataclass(frozen=True, slots=True)
class Card:
    """Empty strings and tuples are what is not known, or not for this reader."""

    anchor: str
    title: str
    carrier: str
    pill: Pill
    headline: str
    explained: str
    contents: tuple[str, ...]
    pickup: Pickup | None
    signed_by: str
    picture: int | None  # of its delivery: the parcel's id, by which it is fetched
    number: str
    carrier_url: str
    recent: tuple[Day, ...]
    older: tuple[Day, ...]
    older_count: int
    has_words: bool  # the carrier's own


def pill_of(sub_status: str, delayed: bool = False) -> Pill:
    """Of a parcel: its label, and how worried to look."""
    sub = SubStatus(sub_status)
    if is_terminal(sub):
        return Pill(labels.status_label(sub), "bad")
    if sub.status in TROUBLE or headlines.trouble_headline(sub):
        return Pill(labels.status_label(sub), "warn")
    if delayed and sub.status is not Status.DELIVERED:
        return Pill(labels.health_label("delayed"), "warn")
    return Pill(labels.status_label(sub), "done" if sub.status is Status.DELIVERED else "")


def card(
    parcel: Parcel,
    *,
    index: int,
    among: Sequence[Parcel],
    order: Order,
    lines: Sequence[Line],
    wordings: Sequence[Wording],
    tongue: Tongue,
    own: Sequence[Entry],
    clock: Clock,
    trust: Trust,
    faded: bool,
) -> Card:
    """`index` from 1, `among` all parcels of the order. `own`: what the shop did, for an only parcel."""

    def seen(field: Field) -> bool:
        return shows(field, trust, faded=faded)

    named = parcel.carrier not in UNNAMED
    tracked = parcel.carrier not in UNASKED
    several = len(among) > 1
    shown = RECENT_OF_SEVERAL if several else RECENT
    entries = [*journey.of_parcel(parcel, clock, trust, faded=faded), *own]
    recent, older = journey.cut(journey.by_day(entries, clock), shown)
    told = telling.of_parcel(parcel, clock, wordings, tongue) if several else None
    return Card(
        anchor=f"parcel-{index}",
        title=_title(parcel, index, among),
        carrier=carrier_name(parcel.carrier) if named and seen(Field.CARRIER) else "",
        pill=pill_of(parcel.sub_status, parcel.delayed),
        headline=told.headline if told else "",
        explained=told.explained if told else "",
        contents=_contents(parcel, lines) if several and seen(Field.LINES) else (),
        pickup=pickup_of(parcel, clock, trust, faded=faded) if several else None,
        signed_by=parcel.signed_by if several and seen(Field.PROOF_OF_DELIVERY) else "",
        picture=parcel.id if parcel.pictured and seen(Field.DELIVERY_PICTURE) else None,
        number=parcel.number if tracked and seen(Field.TRACKING_NUMBER) else "",
        carrier_url=_page(parcel, order) if seen(Field.CARRIER_PAGE) else "",
        recent=recent,
        older=older,
        older_count=max(0, len(entries) - shown),
        has_words=any(entry.words for entry in entries),
    )


def _page(parcel: Parcel, order: Order) -> str:
    return carrier_page(parcel.carrier, parcel.number, order.postal_code, order.country, order.language)


def _title(parcel: Parcel, index: int, among: Sequence[Parcel]) -> str:
    if parcel.direction == "return":
        return _("Return parcel")
    if len(among) == 1:
        return _("Journey")
    return _("Parcel %(number)d of %(total)d") % {"number": index, "total": len(among)}


def _contents(parcel: Parcel, lines: Sequence[Line]) -> tuple[str, ...]:
    units = parcel.units or {}
    titles = {str(line.id): line.title for line in lines}
    return tuple(f"{quantity} × {titles[key]}" for key, quantity in units.items() if key in titles)


def pickup_of(parcel: Parcel, clock: Clock, trust: Trust, *, faded: bool) -> Pickup | None:
    """Where it waits, and what to show there; None where it does not wait, or not for this reader's eyes."""
    if parcel.status != Status.AVAILABLE_FOR_PICKUP or not parcel.pickup:
        return None
    if not shows(Field.PICKUP_POINT, trust, faded=faded):
        return None
    said, until = parcel.pickup, pickup_until(parcel)
    code = (said.get("code") or "") if shows(Field.PICKUP_CODE, trust, faded=faded) else ""
    return Pickup(
        name=calm(said.get("name") or ""),
        address=calm(said.get("address") or ""),
        hours=said.get("hours") or "",
        until=clock.day(until) if until else "",
        left=_left((until - clock.today).days) if until else "",
        code=code,
        qr=qr_of(code),
    )


def _left(days: int) -> str:
    if days < 0:
        return _("ask there whether they still have it")
    if days == 0:
        return _("today is the last day")
    return ngettext("%(count)d more day", "%(count)d more days", days) % {"count": days}
