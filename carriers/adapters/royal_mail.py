"""Royal Mail Tracking v2: two keys in headers, one number a call.

- The answer is an object; the summary of several mail pieces, which `parse` reads too, is a list without history.
- Royal Mail publishes no list of its codes. Those here are known second-hand; the status category of the answer
  stands in for an unknown code whose words say nothing, of the newest event only.
- "Delivered" has one code for several endings: the event's name says which.
- Times carry their offset; the expected day has its window beside it as clock times with offset.
- Who signed is in `signature`, of which only the name is read, and kept apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import as_code, error_for, https, integer, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    ApiKey,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
    Limits,
    NotFoundError,
    Outcome,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://api.royalmail.net/mailpieces/v2"
LONDON = ZoneInfo("Europe/London")
STATUSES: Mapping[str, SubStatus] = {  # https://developer.royalmail.net: eventCode
    "EVAIP": SubStatus.LABEL_CREATED,  # Sender despatching item
    "EVNMI": SubStatus.IN_TRANSIT,  # Forwarded to Mail Centre
    "EVGPD": SubStatus.ON_VEHICLE,  # Due to be delivered today
    "EVNRT": SubStatus.FAILED_NOT_HOME,  # Attempted delivery - no answer
    "EVNAR": SubStatus.FAILED_OTHER,  # Attempted delivery
    "EVPLC": SubStatus.PICKUP_POINT,  # Available at a collection point
    "EVPPA": SubStatus.PICKUP_POINT,  # Available at a collection point
    "EVKSP": SubStatus.DELIVERED,  # Delivered by Postman / Customer
    "EVKNR": SubStatus.DELIVERED,  # Delivered
    "EVKOP": SubStatus.DELIVERED,  # Delivered
}
CATEGORIES: Mapping[str, SubStatus] = {  # summary.statusCategory
    "PRE ADVICE": SubStatus.LABEL_CREATED,
    "ACCEPTED": SubStatus.PICKED_UP,
    "IN TRANSIT": SubStatus.IN_TRANSIT,
    "ATTEMPTED": SubStatus.FAILED_OTHER,
    "DELIVERY ATTEMPTED": SubStatus.FAILED_OTHER,
    "AVAILABLE FOR COLLECTION": SubStatus.PICKUP_POINT,
    "DELIVERED": SubStatus.DELIVERED,
    "RETURNED": SubStatus.RETURNED,
}
CODES: Mapping[str, SubStatus] = {**STATUSES, **CATEGORIES}
_ENDINGS = {
    "neighbour": SubStatus.DELIVERED_NEIGHBOUR,
    "safeplace": SubStatus.DELIVERED_SAFE_PLACE,
    "safe place": SubStatus.DELIVERED_SAFE_PLACE,
    "letterbox": SubStatus.DELIVERED_MAILBOX,
    "letter box": SubStatus.DELIVERED_MAILBOX,
    "collected": SubStatus.DELIVERED_COLLECTED,
    "reception": SubStatus.DELIVERED_RECEPTION,
}
UNKNOWN = ("E1142", "E1144", "E1308")  # not recognised; no data yet; not tracked


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    return Request(
        f"{API}/{quote(queries[0].number, safe='')}/events",
        headers={"Accept": "application/json", "X-Accept-RMG-Terms": "yes"},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    errors = objs(payload.get("errors"))
    if errors or not ok(reply) or "mailPieces" not in payload:
        raise _refusal(reply, payload, errors)
    found = objs(payload["mailPieces"])
    if not found:
        raise BadResponseError("The answer has no mail piece.")
    return [_answer(piece) for piece in found]


def _refusal(reply: Reply, payload: dict[str, Any], errors: list[dict[str, Any]]) -> CarrierError:
    """A body repeats the HTTP status, which a recorded one has lost."""
    first = errors[0] if errors else {}
    code, detail = text(first.get("errorCode"), 12), text(first.get("errorDescription"))
    status = integer(payload.get("httpCode")) if reply.status is None or ok(reply) else reply.status
    if code in UNKNOWN:
        return NotFoundError(detail)
    if status == 400:
        return InvalidNumberError(detail)
    return error_for(reply, detail or text(payload.get("httpMessage")), status=status)


def _answer(piece: dict[str, Any]) -> Answer:
    summary = obj(piece.get("summary"))
    number = text(piece.get("mailPieceId"), 64) or text(summary.get("oneDBarcode"), 64)
    if not number:
        raise BadResponseError("A mail piece of the answer has no number.")
    if error := obj(piece.get("error")):
        unknown = text(error.get("errorCode"), 12) in UNKNOWN
        outcome = Outcome.NOT_FOUND if unknown else Outcome.BAD_RESPONSE
        return Answer(number, outcome, detail=text(error.get("errorDescription")))
    signed_by = text(obj(piece.get("signature")).get("recipientName"), 80)
    told = objs(piece.get("events")) or _latest(summary)
    scans = [scan for event in reversed(told) if (scan := _scan(event, bool(signed_by)))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=_when)
    if scans and scans[-1].code not in STATUSES and words.meaning(scans[-1].text) is None:
        category = text(summary.get("statusCategory"), 40).upper()
        scans[-1] = scans[-1]._replace(reading=_by_category(category, scans[-1].text))
    return Answer(
        number,
        scans=tuple(scans),
        eta=_eta(obj(piece.get("estimatedDelivery"))),
        delivery_options_url=https(obj(obj(piece.get("links")).get("redelivery")).get("href")),
        signed_by=signed_by,
    )


def _by_category(category: str, said: str) -> SubStatus | None:
    """What the category says, or the words within it."""
    sub, told = CATEGORIES.get(category), words.meaning(said, "en")
    return told if sub and told and told.status is sub.status else sub


def _latest(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The last event, where the answer has no history."""
    names = ("eventCode", "eventName", "eventDateTime", "locationName")
    told = ("lastEventCode", "lastEventName", "lastEventDateTime", "lastEventLocationName")
    return [{name: summary.get(said) for name, said in zip(names, told, strict=True)}] if summary else []


def _when(scan: Scan) -> datetime:
    return scan.at


def _scan(event: dict[str, Any], signed: bool) -> Scan | None:
    said_at = text(event.get("eventDateTime"), 40)
    when = zones.moment(said_at, "", "", LONDON)
    if when is None:
        return None
    said = text(event.get("eventName"))
    code = text(event.get("eventCode"), 12).upper() or as_code(said)
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=text(event.get("locationName"), 120),
        reading=_ending(said.lower(), signed) if CODES.get(code) is SubStatus.DELIVERED else None,
        zone_source=when[1],
        said_at=said_at,
        raw={"eventCode": code},
    )


def _ending(said: str, signed: bool) -> SubStatus | None:
    """How it was delivered, where the words say it."""
    told = next((sub for ending, sub in _ENDINGS.items() if ending in said), None)
    return told or (SubStatus.DELIVERED_SIGNED if signed else None)


def _eta(said: dict[str, Any]) -> Eta | None:
    day = text(said.get("date"), 10)
    edges = (text(said.get(f"{edge}OfEstimatedWindow"), 20) for edge in ("start", "end"))
    start, end = (zones.moment(f"{day}T{edge}", "", "", LONDON) if edge else None for edge in edges)
    if start and end and start[0] < end[0]:
        return Eta(start[0].date(), end[0].date(), start[0], end[0])
    whole = zones.moment(day, "", "", LONDON)
    return Eta(whole[0].date(), whole[0].date()) if whole else None


CARRIER = Carrier(
    code="royal_mail",
    name="Royal Mail",
    docs="https://developer.royalmail.net/product/tracking-api-v2",
    endpoint=f"{API}/{{number}}/events",
    auth=ApiKey(
        header="X-IBM-Client-Id",
        secrets=(
            Secret("client_id", _("Client ID"), hidden=False),
            Secret("client_secret", _("Client secret")),
        ),
    ),
    secret_headers=(("X-IBM-Client-Secret", "client_secret"),),
    parse=parse,
    build=build,
    statuses=CODES,
    countries=("GB",),
    languages=("en",),
    zone=LONDON,
    limits=Limits(per_second=1.0),
    public_url="https://www.royalmail.com/track-your-item#/tracking-results/{number}",
    notes=(
        _("Royal Mail publishes no list of its codes: unknown ones are read from their words."),
        _("How often one may ask depends on the plan chosen at developer.royalmail.net."),
        _("Several numbers at once are answered without their history, so each is asked alone."),
    ),
)
