"""Australia Post Shipping and Tracking: Basic auth and an account number, up to ten numbers a call.

- There are no event codes: the words of an event stand in for one. Each article has a status word besides, which
  stands in where the words of its newest event are not known.
- A number not known is an error at that number, under HTTP 200, and so is one that is none.
- One number may be a consignment of several articles, each with its own history; they may be nested once more.
- Times carry their offset; without one it is the clock of the state that ends the place ("SYDNEY NSW").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import as_code, error_for, integer, json_of, obj, objs, ok, pieces, text
from carriers.pieces import as_one
from carriers.types import (
    Answer,
    BadResponseError,
    Basic,
    Carrier,
    CarrierError,
    Limits,
    Outcome,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://digitalapi.auspost.com.au/shipping/v1/track"
SYDNEY = ZoneInfo("Australia/Sydney")
WORDS: Mapping[
    str, SubStatus
] = {  # an article's status, https://developers.auspost.com.au/apis/shipping-and-tracking
    "CREATED": SubStatus.LABEL_CREATED,
    "SEALED": SubStatus.LABEL_CREATED,
    "INITIATED": SubStatus.LABEL_CREATED,
    "CONFIRMED": SubStatus.LABEL_CREATED,
    "UNCONFIRMED": SubStatus.LABEL_CREATED,
    "BOOKED IN": SubStatus.LABEL_CREATED,
    "SHIPPING INFORMATION RECEIVED BY AUSTRALIA POST": SubStatus.LABEL_CREATED,
    "UNSUCCESSFUL PICKUP": SubStatus.NOT_COLLECTED,
    "PICKED UP": SubStatus.PICKED_UP,
    "PARTIAL PICKUP": SubStatus.PICKED_UP,
    "IN TRANSIT": SubStatus.IN_TRANSIT,
    "FREIGHT HANDLING": SubStatus.IN_SORTING,
    "INCOMPLETE": SubStatus.IN_TRANSIT,
    "PARTIAL DELIVERY": SubStatus.IN_TRANSIT,
    "RE-CONSIGNED": SubStatus.REDIRECTED,
    "POSSIBLE DELAY": SubStatus.DELAYED_OPERATIONS,
    "AT DELIVERY DEPOT": SubStatus.AT_DELIVERY_DEPOT,
    "ON BOARD FOR DELIVERY": SubStatus.ON_VEHICLE,
    "AWAITING COLLECTION": SubStatus.PICKUP_POINT,
    "READY FOR PICKUP": SubStatus.PICKUP_POINT,
    "UNSUCCESSFUL DELIVERY": SubStatus.FAILED_OTHER,
    "TO BE RE-DELIVERED": SubStatus.FAILED_OTHER,
    "HELD BY COURIER": SubStatus.EXCEPTION_HELD,
    "CANNOT BE DELIVERED": SubStatus.EXCEPTION_UNSPECIFIED,
    "FINAL SHORTAGE": SubStatus.EXCEPTION_UNSPECIFIED,
    "ARTICLE DAMAGED": SubStatus.EXCEPTION_DAMAGED,
    "CANCELLED": SubStatus.CANCELLED_VOIDED,
    "DELETED": SubStatus.CANCELLED_VOIDED,
    "DELIVERED": SubStatus.DELIVERED,
    "DELIVERED IN FULL": SubStatus.DELIVERED,
}
EVENTS: Mapping[str, SubStatus] = {  # an event's description, where it is not such a word
    "SHIPPING INFORMATION APPROVED BY AUSTRALIA POST": SubStatus.LABEL_CREATED,
    "ACCEPTED": SubStatus.PICKED_UP,
    "ITEM PROCESSED AT FACILITY": SubStatus.IN_SORTING,
    "ONBOARD WITH DRIVER": SubStatus.ON_VEHICLE,
    "ONBOARD FOR DELIVERY": SubStatus.ON_VEHICLE,
    "DELIVERY ATTEMPTED - NO ONE HOME": SubStatus.FAILED_NOT_HOME,
    "DELIVERED - LEFT IN A SAFE PLACE": SubStatus.DELIVERED_SAFE_PLACE,
    "RETURNING TO SENDER": SubStatus.RETURNING,
    "RETURN TO SENDER": SubStatus.RETURNING,
}
STATUSES: Mapping[str, SubStatus] = {**WORDS, **EVENTS}
REASONS = {"PARTIAL DELIVERY": "partial", "FINAL SHORTAGE": "partial", "ARTICLE DAMAGED": "damaged"}
UNKNOWN = ("ESB-10001",)  # Invalid tracking ID: said of one not seen yet, too
# How postal codes of a state begin. https://en.wikipedia.org/wiki/Postcodes_in_Australia
_POSTAL = {"NSW": "2", "ACT": "2", "VIC": "3", "QLD": "4", "SA": "5", "WA": "6", "TAS": "7", "NT": "08"}
_coded = lru_cache(maxsize=4096)(as_code)


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    numbers = ",".join(query.number for query in queries)
    return Request(API, params={"tracking_ids": numbers}, headers={"Accept": "application/json"})


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if "tracking_results" not in payload or not ok(reply):
        raise _refusal(reply, objs(payload.get("errors")))
    return [_answer(result) for result in objs(payload["tracking_results"])]


def _refusal(reply: Reply, errors: list[dict[str, Any]]) -> CarrierError:
    first = errors[0] if errors else {}
    detail = text(first.get("message")) or text(first.get("name"))
    return (
        BadResponseError(detail or "The answer has no tracking_results.")
        if ok(reply)
        else error_for(reply, detail)
    )


def _answer(result: dict[str, Any]) -> Answer:
    number = text(result.get("tracking_id"), 64)
    if not number:
        raise BadResponseError("A result of the answer has no number.")
    told = _lines(result)
    if not told and (errors := objs(result.get("errors"))):
        code = text(errors[0].get("code"), 20)
        outcome = Outcome.NOT_FOUND if code in UNKNOWN else Outcome.BAD_RESPONSE
        return Answer(number, outcome, detail=text(errors[0].get("name")) or code)
    scans = [(scan, about) for event, word, about in told if (scan := _scan(event, word))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=_when)
    articles = frozenset[str]().union(*(about for _, about in scans))
    said = sum(integer(item.get("number_of_items")) or 0 for item in objs(result.get("trackable_items")))
    return Answer(number, scans=as_one(scans, articles, STATUSES), pieces=pieces(said, len(articles)))


def _lines(result: dict[str, Any]) -> list[tuple[dict[str, Any], str, frozenset[str]]]:
    """Every event, oldest first; of an article's newest the article's status word; and the article it is about."""
    nodes: list[tuple[dict[str, Any], str]] = []
    for position, one in enumerate(objs(result.get("trackable_items"))):
        within = objs(one.get("items"))
        nodes.append((one, text(one.get("article_id"), 40) or ("" if within else f"#{position}")))
        nodes += [
            (item, text(item.get("article_id"), 40) or f"#{position}.{n}") for n, item in enumerate(within)
        ]
    if not any(objs(node.get("events")) for node, _ in nodes):  # else it only repeats them
        nodes = [(obj(result.get("consignment")), "")]
    lines: list[tuple[dict[str, Any], str, frozenset[str]]] = []
    for node, name in nodes:
        events, word = objs(node.get("events")), text(node.get("status"), 60)
        about = frozenset([name] if name else ())
        lines += [(event, word if event is events[0] else "", about) for event in reversed(events)]
    return lines


def _when(told: tuple[Scan, frozenset[str]]) -> datetime:
    return told[0].at


def _scan(event: dict[str, Any], word: str) -> Scan | None:
    said_at, place = text(event.get("date"), 40), text(event.get("location"), 120)
    start = _POSTAL.get(place.rpartition(" ")[2], "")
    when = zones.moment(said_at, "AU" if start else "", start, SYDNEY)
    if when is None:
        return None
    said = text(event.get("description"))
    code = _coded(said)
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=place,
        country="AU" if start else "",
        reading=_by_word(word, said) if word and code not in STATUSES else None,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"status": word} if word else None,
    )


def _by_word(word: str, said: str) -> SubStatus | None:
    """What the article's status says, or the event's own words within it."""
    sub, told = STATUSES.get(_coded(word)), words.meaning(said, "en")
    return told if sub and told and told.status is sub.status else sub


CARRIER = Carrier(
    code="australia_post",
    name="Australia Post",
    docs="https://developers.auspost.com.au/apis/shipping-and-tracking/reference/track-items",
    endpoint=API,
    auth=Basic(
        (
            Secret("username", _("API key"), hidden=False),
            Secret("password", _("API password")),
            Secret(
                "account_number",
                _("Account number"),
                _("Ten digits, of the eParcel or StarTrack contract."),
                hidden=False,
            ),
        )
    ),
    secret_headers=(("Account-Number", "account_number"),),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("AU",),
    languages=("en",),
    per_call=10,
    zone=SYDNEY,
    limits=Limits(per_second=10 / 60),
    public_url="https://auspost.com.au/mypost/track/details/{number}",
    notes=(
        _("Ten calls a minute, of ten numbers each, is what Australia Post is said to allow."),
        _("Events have no codes: they are read from their words."),
        _("Only parcels of your own account are shown."),
    ),
)
