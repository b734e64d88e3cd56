"""UPS Track API v1: OAuth2, one number a call; and the body of a Track Alert push.

- `statusCode` (three digits) says what happened; `type` is the coarse second level; of an exception (X) and
  of a movement (I) the two-character `code` says more. Type U only updates data and moves nothing.
- `currentStatus` often carries the three digits in `code`.
- Times come as GMT and, apart from that, local with `gmtOffset`; both as digits, sometimes with colons.
- Not found is a 404, or 200 with a warning and no package. Token and Intercept answers carry no tracking.
- One shipment may hold several packages, each with its own history.
- Answers carry names, signatures and photos: only the fields named here are read.
- A Track Alert is not signed (a static credential only), so pushes are read but never trusted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from carriers import tables, zones
from carriers.changes.ups import CHANGING
from carriers.payload import country, error_for, json_of, obj, objs, ok, pieces, text
from carriers.pieces import as_one
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    NotFoundError,
    OAuth2,
    PickupPoint,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    Status,
    Subscription,
    SubStatus,
    TransientError,
    Trust,
    ZoneSource,
)
from carriers.types import gettext_noop as _

HOST = "https://onlinetools.ups.com"
API = f"{HOST}/api/track/v1/details"
STATUSES, REASONS = tables.load("ups")
LOCALES = {"es": "es_ES", "en": "en_US", "pt": "pt_BR", "fr": "fr_FR", "it": "it_IT", "de": "de_DE"}
REFUSALS: Mapping[str, type[CarrierError]] = {
    "TV1002": NotFoundError,
    "TV1003": NotFoundError,
    "TW0001": NotFoundError,
    "TV1001": InvalidNumberError,
    "250002": AuthError,
    "250003": AuthError,
    "UJ0001": AuthError,
    "10429": RateLimitedError,
    "10004": TransientError,
}
# Statuses too coarse to be the last word where the two characters know more.
_COARSE = {SubStatus.EXCEPTION_UNSPECIFIED, SubStatus.DELAYED_OPERATIONS, SubStatus.IN_TRANSIT}
_LEFT_AT = {  # deliveryInformation.location, in English whatever the locale
    "front desk": SubStatus.DELIVERED_RECEPTION,
    "reception": SubStatus.DELIVERED_RECEPTION,
    "receiver": SubStatus.DELIVERED_RECEPTION,
    "mail room": SubStatus.DELIVERED_RECEPTION,
    "mailbox": SubStatus.DELIVERED_MAILBOX,
    "mail slot": SubStatus.DELIVERED_MAILBOX,
    "neighbor": SubStatus.DELIVERED_NEIGHBOUR,
    "front door": SubStatus.DELIVERED_SAFE_PLACE,
    "side door": SubStatus.DELIVERED_SAFE_PLACE,
    "rear door": SubStatus.DELIVERED_SAFE_PLACE,
    "porch": SubStatus.DELIVERED_SAFE_PLACE,
    "garage": SubStatus.DELIVERED_SAFE_PLACE,
    "patio": SubStatus.DELIVERED_SAFE_PLACE,
    "deck": SubStatus.DELIVERED_SAFE_PLACE,
}
WINDOWS = {"EDW", "CDW", "IDW"}  # deliveryTime types that are a slot; EOD and CMT only set an end
_UTC = ZoneInfo("UTC")


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    query = queries[0]
    return Request(
        f"{API}/{quote(query.number, safe='')}",
        params={"locale": LOCALES.get(query.language[:2].lower(), "en_US")},
        headers={"transId": uuid4().hex, "transactionSrc": "rastro", "Accept": "application/json"},
    )


def subscribe(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Track Alert v2: pushes about up to a hundred numbers. Where they go is set with the app at UPS."""
    body = {
        "locale": "en_US",
        "countryCode": "US",
        "trackingNumberList": [query.number for query in queries],
    }
    return Request(
        f"{HOST}/api/track/v2/subscription/standard/package",
        "POST",
        headers={"Content-Type": "application/json", "transId": uuid4().hex, "transactionSrc": "rastro"},
        body=json.dumps(body).encode(),
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    errors = objs(obj(payload.get("response")).get("errors"))
    if errors or not ok(reply):
        raise _refusal(reply, errors)
    if "trackResponse" in payload:
        return _answers(objs(obj(payload["trackResponse"]).get("shipment")))
    if "trackingNumber" in payload:
        return [_alert(payload)]
    if "access_token" in payload or "commonEligibilityMap" in obj(payload.get("response")):
        return []
    raise BadResponseError("The answer has no trackResponse.")


def _refusal(reply: Reply, errors: list[dict[str, Any]]) -> CarrierError:
    first = errors[0] if errors else {}
    code, detail = text(first.get("code"), 20), text(first.get("message"))
    if code in REFUSALS:
        return REFUSALS[code](detail, retry_after_s=error_for(reply).retry_after_s)
    if reply.status == 400:
        return InvalidNumberError(detail)
    return error_for(reply, detail or code)


def _answers(shipments: list[dict[str, Any]]) -> list[Answer]:
    if not shipments:
        raise BadResponseError("The answer has no shipment.")
    return [_answer(shipment) for shipment in shipments]


def _answer(shipment: dict[str, Any]) -> Answer:
    packages = objs(shipment.get("package"))
    number = text(shipment.get("inquiryNumber"), 64) or text((packages or [{}])[0].get("trackingNumber"), 64)
    if not number:
        raise BadResponseError("A shipment of the answer has no number.")
    if not packages:
        warning = (objs(shipment.get("warnings")) or [{}])[0]
        kind = REFUSALS.get(text(warning.get("code"), 20), NotFoundError)
        return Answer(number, kind.outcome, detail=text(warning.get("message")))
    scans: list[tuple[Scan, frozenset[str]]] = []
    for position, package in enumerate(packages):
        about = frozenset([text(package.get("trackingNumber"), 64) or f"#{position}"])
        scans += [(scan, about) for scan in _scans(package)]
    scans.sort(key=lambda pair: pair[0].at)
    every = frozenset[str]().union(*(about for _, about in scans))
    asked = next((package for package in packages if package.get("trackingNumber") == number), packages[0])
    return Answer(
        number=number,
        scans=as_one(scans, every, STATUSES),
        eta=_eta(asked),
        pickup=_pickup(asked),
        pieces=pieces(asked.get("packageCount"), len(packages)),
    )


def _alert(alert: dict[str, Any]) -> Answer:
    """A Track Alert push: one scan, flat, in words of its own."""
    told, where = obj(alert.get("activityStatus")), obj(alert.get("activityLocation"))
    scan = _scan(
        {
            "date": alert.get("localActivityDate"),
            "time": alert.get("localActivityTime"),
            "gmtDate": alert.get("gmtActivityDate"),
            "gmtTime": alert.get("gmtActivityTime"),
            "gmtOffset": alert.get("gmtOffset"),
            "location": {"address": where},
            "status": {**told, "statusCode": told.get("descriptionCode")},
        }
    )
    number = text(alert["trackingNumber"], 64)
    if scan is None or not number:
        raise BadResponseError("The alert has no number or no time that can be read.")
    return Answer(number, scans=(scan,))


def _scans(package: dict[str, Any]) -> list[Scan]:
    """One package's history, oldest first."""
    told = objs(package.get("activity"))
    left_at = _LEFT_AT.get(text(obj(package.get("deliveryInformation")).get("location"), 40).lower())
    scans = [scan for activity in reversed(told) if (scan := _scan(activity, left_at))]
    if told and not scans:
        raise BadResponseError("No activity of the answer has a time that can be read.")
    return scans


def _scan(activity: dict[str, Any], left_at: SubStatus | None = None) -> Scan | None:
    status, address = obj(activity.get("status")), obj(obj(activity.get("location")).get("address"))
    land = country(address.get("countryCode")) or country(address.get("country"))
    when = _when(activity, land, text(address.get("postalCode"), 12))
    if when is None:
        return None
    kind, letters = text(status.get("type"), 4).upper(), text(status.get("code"), 8).upper()
    number = text(status.get("statusCode"), 8) or (letters if len(letters) == 3 else "")
    code, reading = _meaning(kind, number.zfill(3) if number.isdecimal() else "", letters)
    if left_at and (reading or STATUSES.get(code)) is SubStatus.DELIVERED:
        reading = left_at
    return Scan(
        at=when[0],
        code=code,
        text=text(status.get("description")),
        place=text(address.get("city"), 120),
        country=land,
        reading=reading,
        reason=REASONS.get(code) or REASONS.get(f"{kind}:{letters}", ""),
        zone_source=when[1],
        said_at=f"{text(activity.get('date'), 12)} {text(activity.get('time'), 12)}".strip(),
        raw={"type": kind, "code": letters, "statusCode": number},
    )


def _meaning(kind: str, number: str, letters: str) -> tuple[str, SubStatus | None]:
    """The code of a scan, and a reading where the table's row for it is missing or too coarse."""
    finer = f"{kind}:{letters}"
    if kind == "U":
        return number or finer, SubStatus.DATA_UPDATED
    known = STATUSES.get(number)
    if known is None:
        return (finer, None) if finer in STATUSES else (number or finer, STATUSES.get(kind))
    return number, STATUSES.get(finer) if known in _COARSE else None


def _when(activity: dict[str, Any], land: str, postal_code: str) -> tuple[datetime, ZoneSource] | None:
    local, offset = _clock(activity.get("date"), activity.get("time")), text(activity.get("gmtOffset"), 9)
    if offset and (here := zones.moment(local + offset.replace(".", ":"), "", "", _UTC)):
        return here
    if "gmtTime" in activity:
        gmt = _clock(activity.get("gmtDate"), activity["gmtTime"])
        if sure := zones.moment(f"{gmt}Z", "", "", _UTC):
            return sure
    return zones.moment(local, land, postal_code, _UTC)


def _clock(day: Json, time: Json) -> str:
    """`20260506` and `13:18:44`, or `131844`, as one ISO 8601 time; without a time, the day."""
    said = text(time, 9).replace(":", "")
    return f"{text(day, 10)}T{said}" if said else text(day, 10)


def _eta(package: dict[str, Any]) -> Eta | None:
    """The promised day, or the new one where UPS has set another; what was delivered has none."""
    days = {text(one.get("type"), 4): _day(one.get("date")) for one in objs(package.get("deliveryDate"))}
    day = days.get("RDD") or days.get("SDD")
    if day is None:
        return None
    window = obj(package.get("deliveryTime"))
    start, end = (_clock(day.strftime("%Y%m%d"), window.get(edge)) for edge in ("startTime", "endTime"))
    if text(window.get("type"), 4) not in WINDOWS or not window.get("startTime") or not window.get("endTime"):
        return Eta(day, day)
    destination = next(
        (one for one in objs(package.get("packageAddress")) if one.get("type") == "DESTINATION"), {}
    )
    address = obj(destination.get("address"))
    place = country(address.get("countryCode")), text(address.get("postalCode"), 12)
    slot = [zones.moment(edge, *place, _UTC) for edge in (start, end)]
    known = [edge[0] for edge in slot if edge and edge[1] is ZoneSource.PLACE]
    return Eta(day, day, known[0], known[1]) if len(known) == 2 and known[0] < known[1] else Eta(day, day)


def _day(value: Json) -> date | None:
    when = zones.moment(text(value, 10), "", "", _UTC)
    return when[0].date() if when else None


def _pickup(package: dict[str, Any]) -> PickupPoint | None:
    """Where the package waits, as far as UPS says: until when, and the town of its last scan."""
    current = obj(package.get("currentStatus"))
    sub = STATUSES.get(text(current.get("statusCode"), 8) or text(current.get("code"), 8))
    if sub is None or sub.status is not Status.AVAILABLE_FOR_PICKUP:
        return None
    latest = (objs(package.get("activity")) or [{}])[0]
    address = obj(obj(latest.get("location")).get("address"))
    town = " ".join(filter(None, (text(address.get(part), 80) for part in ("postalCode", "city"))))
    until = _day(obj(package.get("accessPointInformation")).get("pickupByDate"))
    return PickupPoint(address=town, until=until) if town or until else None


CARRIER = Carrier(
    code="ups",
    name="UPS",
    docs="https://developer.ups.com/tag/Tracking",
    endpoint=f"{API}/{{number}}",
    auth=OAuth2(token_url=f"{HOST}/security/v1/oauth/token", lifetime_s=14_399),
    parse=parse,
    build=build,
    push=Trust.SHARED,
    subscription=Subscription(subscribe, lasts=timedelta(days=14), per_call=100),
    change=CHANGING,
    statuses=STATUSES,
    limits=Limits(per_second=2.0),
    public_url="https://www.ups.com/track?tracknum={number}",
    notes=(
        _("UPS publishes no limit for one app; two calls a second is our caution."),
        _("Track Alert pushes are not signed, so they are not accepted as facts."),
        _("UPS charges you for each delivery changed through Delivery Intercept, at its own prices."),
    ),
)
