"""Changes of the delivery as the order's page tells them: a card of what stands, and lines of its timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking import change_words, changing
from tracking.actions import carrier_name
from tracking.change_words import Wish
from tracking.journey import Entry
from tracking.parcels import UNNAMED
from tracking.proof import Field
from tracking.snapshot import Parcel, Request
from tracking.when import Clock

SHOWN_FOR = timedelta(days=3)  # after it was settled
MOST = 3

Seen = Callable[[Field], bool]


@dataclass(frozen=True, slots=True)
class ChangeCard:
    """`detail` and `answer` are empty for a reader who has proved nothing. `withdraw`: its address below the page."""

    title: str
    detail: str
    status: str
    tone: str
    story: str
    answer: str
    price: str
    withdraw: str


def cards(
    requests: Sequence[Request], parcels: Sequence[Parcel], clock: Clock, seen: Seen
) -> tuple[ChangeCard, ...]:
    """What stands, and what was settled lately; the newest first."""
    if not seen(Field.REQUESTS):
        return ()
    return tuple(_card(one, parcels, clock, seen) for one in requests if _is_news(one, clock))[:MOST]


def _is_news(request: Request, clock: Clock) -> bool:
    over = request.settled_at if request.status not in changing.STANDING else None
    return request.asked_by == "shopper" and (over is None or clock.now - over < SHOWN_FOR)


def _card(request: Request, parcels: Sequence[Parcel], clock: Clock, seen: Seen) -> ChangeCard:
    whole = seen(Field.REQUEST_DETAILS)
    return ChangeCard(
        title=str(change_words.ASKED[request.kind]),
        detail=change_words.detail(request.kind, request.details, clock) if whole else "",
        status=change_words.status(request.status, request.way),
        tone=change_words.TONES.get(request.status, ""),
        story=change_words.story(_wish(request, parcels), clock),
        answer=request.answer if whole else "",
        price=change_words.price(request.price, request.currency, clock) if request.price else "",
        withdraw=f"delivery/withdraw/{request.id}" if changing.may_withdraw(request.status) else "",
    )


def _wish(request: Request, parcels: Sequence[Parcel]) -> Wish:
    return Wish(
        kind=request.kind,
        way=request.way,
        status=request.status,
        details=request.details,
        carrier=_carrier(request, parcels),
        asked_at=request.asked_at,
        sent_at=request.sent_at,
        settled_at=request.settled_at,
        answer=request.answer,
    )


def _carrier(request: Request, parcels: Sequence[Parcel]) -> str:
    mine = next((p for p in parcels if p.id == request.shipment_id), None)
    return carrier_name(mine.carrier) if mine and mine.carrier not in UNNAMED else ""


def entries(requests: Sequence[Request], parcels: Sequence[Parcel], clock: Clock, seen: Seen) -> list[Entry]:
    """Each step of each request where it belongs in the story of the order."""
    if not (seen(Field.REQUESTS) and seen(Field.TIMELINE)):
        return []
    whole = seen(Field.REQUEST_DETAILS)
    told: list[Entry] = []
    for one in requests:
        by_shopper = one.asked_by == "shopper"
        label = str(change_words.ASKED[one.kind] if by_shopper else change_words.NOTED_BY_SHOP)
        detail = change_words.detail(one.kind, one.details, clock) if whole else ""
        told.append(_entry(one.asked_at, label, clock, detail))
        carrier = _carrier(one, parcels)
        if one.sent_at:
            told.append(_entry(one.sent_at, change_words.step("sent", one.way, carrier), clock))
        if one.settled_at and (label := change_words.step(_outcome(one), one.way, carrier)):
            told.append(_entry(one.settled_at, label, clock, one.answer if whole else ""))
    return told


def _outcome(request: Request) -> str:
    """What `settled_at` is the moment of: what is done was accepted first, if anybody answered."""
    if request.status == "done":
        return "" if request.details.get("unanswered") else "accepted"
    return request.status


def _entry(at: datetime, label: str, clock: Clock, where: str = "") -> Entry:
    return Entry(at=at, hour=clock.hour(at), label=label, where=where)
