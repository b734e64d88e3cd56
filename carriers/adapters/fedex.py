"""FedEx Track v1: OAuth2, up to thirty numbers a call; and the pushes of its paid Visibility product.

- HTTP 200 also when a number is unknown: each number has its own `error`.
- FedEx gives numbers out again: of several results for one number, the one that moved last.
- A scan is its `eventType`. DE and SE only say "exception": the text says which, then the exception's code, whose
  numbers mean one thing with Express and another with Ground and are only partly documented. DY and DD say in
  `delayDetail` what is behind the delay.
- Event times carry the place's offset. A SHIP date at midnight with -06:00 is a day and no more.
- Blocked for asking too fast, one gets 429, or a 403 that is no JSON.
- Pushes repeat whole results, out of order, signed in `fdx-signature`: base64 of HMAC-SHA256 of the raw body.
- Answers carry names, signatures and photos: only the fields named here are read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from carriers import signatures, tables, words, zones
from carriers.payload import country, error_for, json_of, obj, objs, ok, pieces, text
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    Json,
    Limits,
    OAuth2,
    Outcome,
    PickupPoint,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
    TransientError,
    Trust,
)
from carriers.types import gettext_noop as _

HOST = "https://apis.fedex.com"
API = f"{HOST}/track/v1/trackingnumbers"
LOCALES = {"es": "es_ES", "pt": "pt_BR", "fr": "fr_FR", "it": "it_IT", "de": "de_DE"}
# https://developer.fedex.com/api/en-us/guides/api-reference.html#trackingstatuscodes
STATUSES, REASONS = tables.load("fedex")
_COARSE = ("DE", "SE")
DELAYS = {  # delayDetail.type
    "WEATHER": SubStatus.DELAYED_WEATHER,
    "CLEARANCE": SubStatus.DELAYED_CUSTOMS,
    "LOCAL": SubStatus.DELAYED_EXTERNAL,
    "GENERAL": SubStatus.DELAYED_EXTERNAL,
}
_LEFT_AT = {  # deliveryDetails.locationDescription, in English whatever the locale
    "receptionist/front desk": SubStatus.DELIVERED_RECEPTION,
    "guard/security station": SubStatus.DELIVERED_RECEPTION,
    "shipping/receiving": SubStatus.DELIVERED_RECEPTION,
    "mailroom": SubStatus.DELIVERED_RECEPTION,
    "mailbox": SubStatus.DELIVERED_MAILBOX,
    "neighbor": SubStatus.DELIVERED_NEIGHBOUR,
    "front door": SubStatus.DELIVERED_SAFE_PLACE,
    "side door": SubStatus.DELIVERED_SAFE_PLACE,
    "back door": SubStatus.DELIVERED_SAFE_PLACE,
    "porch": SubStatus.DELIVERED_SAFE_PLACE,
    "garage": SubStatus.DELIVERED_SAFE_PLACE,
}
UNKNOWN = ("TRACKING.TRACKINGNUMBER.NOTFOUND", "TRACKING.DATA.NOTFOUND")
INVALID = ("TRACKING.TRACKINGNUMBER.EMPTY", "TRACKING.TRACKINGNUMBER.INVALID")
_UTC = ZoneInfo("UTC")
_LONGEST_SLOT = timedelta(hours=14)  # longer is a day, not a slot


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    wanted = [{"trackingNumberInfo": {"trackingNumber": query.number}} for query in queries]
    return Request(
        API,
        "POST",
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            "x-locale": LOCALES.get(queries[0].language[:2].lower(), "en_US"),
            "x-customer-transaction-id": uuid4().hex,
        },
        body=json.dumps({"includeDetailedScans": True, "trackingInfo": wanted}).encode(),
    )


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether `fdx-signature` is made with our token. Without a token nothing is genuine."""
    said = signatures.header(headers, "fdx-signature")
    return signatures.is_same(said, signatures.base64_hmac(secrets.get("webhook_secret", ""), body))


def parse(reply: Reply) -> Sequence[Answer]:
    try:
        payload = obj(json_of(reply))
    except (
        AuthError
    ) as error:  # a refused token is told in JSON; this is the door shut on whoever asks too fast
        raise RateLimitedError(error.detail, retry_after_s=error.retry_after_s) from error
    errors = objs(payload.get("errors"))
    if errors or not ok(reply):
        raise _refusal(reply, errors)
    if "access_token" in payload:
        return []
    output = obj(payload.get("output"))
    if "completeTrackResults" not in output:
        raise BadResponseError("The answer has no completeTrackResults.")
    return [_of_number(item) for item in objs(output["completeTrackResults"])]


def _refusal(reply: Reply, errors: list[dict[str, Any]]) -> CarrierError:
    first = errors[0] if errors else {}
    code, detail = text(first.get("code"), 60), text(first.get("message"))
    if reply.status is None or ok(reply):  # a recorded body, or a failure inside of a 200
        if code in ("NOT.AUTHORIZED.ERROR", "FORBIDDEN.ERROR"):
            return AuthError(detail)
        if code in ("INTERNAL.SERVER.ERROR", "SERVICE.UNAVAILABLE.ERROR"):
            return TransientError(detail)
        return BadResponseError(detail or code)
    return error_for(reply, detail or code)


def _of_number(item: dict[str, Any]) -> Answer:
    """What FedEx says of one number: of its results the one that moved last."""
    results = objs(item.get("trackResults"))
    first = results[0] if results else {}
    info = obj(first.get("trackingNumberInfo"))
    number = text(item.get("trackingNumber"), 64) or text(info.get("trackingNumber"), 64)
    if not number:
        raise BadResponseError("A result of the answer has no number.")
    found = [_answer(number, result) for result in results if not obj(result.get("error"))]
    if found:
        return max(found, key=_last)
    error = obj(first.get("error"))
    code, outcome = text(error.get("code"), 60), Outcome.BAD_RESPONSE
    if code in UNKNOWN:
        outcome = Outcome.NOT_FOUND
    elif code in INVALID:
        outcome = Outcome.INVALID_NUMBER
    elif "UNAVAILABLE" in code:
        outcome = Outcome.TRANSIENT
    return Answer(number, outcome, detail=text(error.get("message")) or code)


def _last(answer: Answer) -> datetime:
    return answer.scans[-1].at if answer.scans else datetime.min.replace(tzinfo=UTC)


def _answer(number: str, result: dict[str, Any]) -> Answer:
    told, delivery = objs(result.get("scanEvents")), obj(result.get("deliveryDetails"))
    signed_by = text(delivery.get("signedByName"), 80)
    if "SIGNATURE" in signed_by.upper():  # "Signature not required"
        signed_by = ""
    left_at = _LEFT_AT.get(text(delivery.get("locationDescription"), 40).lower())
    left_at = left_at or (SubStatus.DELIVERED_SIGNED if signed_by else None)
    scans = [scan for event in reversed(told) if (scan := _scan(event, left_at))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=_when)
    return Answer(
        number,
        scans=tuple(scans),
        eta=_eta(result),
        pickup=_pickup(result, scans),
        pieces=pieces(obj(result.get("packageDetails")).get("count")),
        signed_by=signed_by,
    )


def _when(scan: Scan) -> datetime:
    return scan.at


def _scan(event: dict[str, Any], left_at: SubStatus | None) -> Scan | None:
    where = obj(event.get("scanLocation"))
    land, said_at = country(where.get("countryCode")), text(event.get("date"), 40)
    when = zones.moment(said_at, land, text(where.get("postalCode"), 12), _UTC)
    if when is None:
        return None
    kind = text(event.get("eventType"), 8).upper()
    why = text(event.get("exceptionCode"), 12).upper()
    said, detail = text(event.get("eventDescription")), text(event.get("exceptionDescription"))
    code, reading = f"{kind}:{why}" if why and kind in _COARSE else kind, None
    if kind in _COARSE:
        reading = _trouble(code, kind, detail or said)
    elif kind in ("DY", "DD"):
        reading = DELAYS.get(text(obj(event.get("delayDetail")).get("type"), 20))
    elif kind == "DL":
        reading = left_at
    return Scan(
        at=when[0],
        code=code,
        text=f"{said}: {detail}" if detail and detail != said else said,
        place=text(where.get("city"), 120),
        country=land,
        reading=reading,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"derivedStatusCode": text(event.get("derivedStatusCode"), 8), "exceptionCode": why},
    )


def _trouble(code: str, kind: str, said: str) -> SubStatus | None:
    """An exception as its text tells it; None leaves it to the table."""
    coarse = STATUSES[kind]
    clear = words.refined(coarse, said)
    return None if clear is coarse and code in STATUSES else clear


def _eta(result: dict[str, Any]) -> Eta | None:
    """The estimated slot, else the estimated day, else the promised one."""
    window = obj(obj(result.get("estimatedDeliveryTimeWindow")).get("window"))
    start, end = (zones.moment(text(window.get(edge), 40), "", "", _UTC) for edge in ("begins", "ends"))
    if start and end and start[0] < end[0]:
        first, last = start[0].date(), end[0].date()
        slot = end[0] - start[0] <= _LONGEST_SLOT
        return Eta(first, last, start[0], end[0]) if slot else Eta(min(first, last), max(first, last))
    days = {text(one.get("type"), 40): one.get("dateTime") for one in objs(result.get("dateAndTimes"))}
    day = _day(days.get("ESTIMATED_DELIVERY")) or _day(days.get("COMMITMENT"))
    return Eta(day, day) if day else None


def _day(value: Json) -> date | None:
    when = zones.moment(text(value, 40), "", "", _UTC)
    return when[0].date() if when else None


def _pickup(result: dict[str, Any], scans: list[Scan]) -> PickupPoint | None:
    sub = STATUSES.get(scans[-1].code) if scans else None
    if sub is None or sub.status is not Status.AVAILABLE_FOR_PICKUP:
        return None
    place = obj(obj(result.get("holdAtLocation")).get("locationContactAndAddress"))
    address = obj(place.get("address"))
    streets = address.get("streetLines")
    lines = [text(line, 120) for line in streets] if type(streets) is list else []
    lines += [text(address.get("postalCode"), 12), text(address.get("city"), 80)]
    name = text(obj(place.get("contact")).get("companyName"), 120)
    told = ", ".join(filter(None, lines))
    return PickupPoint(name=name, address=told) if name or told else None


CARRIER = Carrier(
    code="fedex",
    name="FedEx",
    docs="https://developer.fedex.com/api/en-us/catalog/track/v1/docs.html",
    endpoint=API,
    auth=OAuth2(
        token_url=f"{HOST}/oauth/token",
        credentials_in="form",
        lifetime_s=3599,
        secrets=(
            Secret("client_id", _("API key"), hidden=False),
            Secret("client_secret", _("Secret key")),
            Secret(
                "webhook_secret",
                _("Security token of the webhook"),
                _("Only with Advanced Integrated Visibility, which pushes changes."),
                required=False,
            ),
        ),
    ),
    parse=parse,
    build=build,
    push=Trust.SIGNED,
    verify=verify,
    statuses=STATUSES,
    per_call=30,
    limits=Limits(per_second=140.0, published=True),
    public_url="https://www.fedex.com/fedextrack/?trknbr={number}",
    notes=(
        _("FedEx allows 1400 calls in ten seconds, and so many a day as your organisation was granted."),
        _("Thirty numbers a call is widely said, but not in FedEx's own description."),
        _("FedEx documents only some of the codes for why a delivery failed: the text is read first."),
        _(
            "Pushes need the paid Advanced Integrated Visibility, and a FedEx account billed in the United States."
        ),
    ),
)
