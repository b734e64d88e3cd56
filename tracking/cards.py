"""One parcel as its card on the page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from carriers.types import Status, SubStatus
from tracking import explanations, headlines, journey, labels
from tracking.actions import carrier_name, carrier_page, directions
from tracking.journey import Day, Entry
from tracking.parcels import TROUBLE, UNASKED, UNNAMED
from tracking.proof import Field, Trust, shows
from tracking.situation import facts_of_parcel, pickup_until
from tracking.snapshot import Line, Order, Parcel
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
    name: str
    address: str
    hours: str
    until: str
    code: str
    map_url: str


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


def explained(parcel: Parcel, *, besides: str) -> tuple[str, ...]:
    """Why it is where it is, and what comes next; without what `besides` has already said."""
    said = explanations.of_sub_status(parcel.sub_status)
    back = parcel.status in (Status.RETURNING, Status.RETURNED)
    why = explanations.RETURNS.get(parcel.reason, said.reason) if back else said.reason
    return tuple(str(s) for s in (why, said.next) if s and str(s).rstrip(".") != besides)


def card(
    parcel: Parcel,
    *,
    index: int,
    among: Sequence[Parcel],
    order: Order,
    lines: Sequence[Line],
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
    headline = headlines.parcel_headline(facts_of_parcel(parcel, clock)) if several else ""
    return Card(
        anchor=f"parcel-{index}",
        title=_title(parcel, index, among),
        carrier=carrier_name(parcel.carrier) if named and seen(Field.CARRIER) else "",
        pill=pill_of(parcel.sub_status, parcel.delayed),
        headline=headline,
        explained=" ".join(explained(parcel, besides=headline)) if several else "",
        contents=_contents(parcel, lines) if several and seen(Field.LINES) else (),
        pickup=_pickup(parcel, clock, with_code=seen(Field.PICKUP_CODE))
        if seen(Field.PICKUP_POINT)
        else None,
        signed_by=parcel.signed_by if seen(Field.PROOF_OF_DELIVERY) else "",
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


def _pickup(parcel: Parcel, clock: Clock, *, with_code: bool) -> Pickup | None:
    if parcel.status != Status.AVAILABLE_FOR_PICKUP or not parcel.pickup:
        return None
    said = parcel.pickup
    until = pickup_until(parcel)
    return Pickup(
        name=said.get("name") or "",
        address=said.get("address") or "",
        hours=said.get("hours") or "",
        until=clock.day(until) if until else "",
        code=(said.get("code") or "") if with_code else "",
        map_url=directions(said),
    )
