"""DHL Unified Tracking: one API over twelve divisions, one number a call.

- The same number may live in several divisions: then no shipment comes back but addresses to ask instead.
- Codes are a division's own (`express:OK`); a second level, `statusCode`, is common to all and coarse: it
  says delivered of a parcel left at a parcel shop, and only "transit" of one on the van.
- A time without offset is the clock of the event's place, never UTC.
- A scan may be of some pieces only (`pieceIds`).
- 404 is also the answer for the first half hour after hand-over, and for ninety-day-old parcels.
- 250 calls a day until DHL grants more. How it signs its pushes is not documented:
  each is a reason to ask.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from carriers import tables, words, zones
from carriers.payload import country, error_for, https, items, json_of, obj, objs, ok, pieces, text
from carriers.pieces import as_one
from carriers.types import (
    Answer,
    ApiKey,
    BadResponseError,
    Carrier,
    Eta,
    Json,
    Limits,
    Outcome,
    PickupPoint,
    Query,
    Reply,
    Request,
    Scan,
    Status,
    SubStatus,
    Trust,
    ZoneSource,
)
from carriers.types import gettext_noop as _

API = "https://api-eu.dhl.com/track/shipments"
TABLE = tables.load("dhl")
ENUM = {  # https://developer.dhl.com/api-reference/shipment-tracking: statusCode
    "pre-transit": SubStatus.LABEL_CREATED,
    "transit": SubStatus.IN_TRANSIT,
    "delivered": SubStatus.DELIVERED,
    "failure": SubStatus.EXCEPTION_UNSPECIFIED,
    # "unknown" has no row: the parcel stays where it was.
}
STATUSES: Mapping[str, SubStatus] = {**TABLE.statuses, **ENUM}
REASONS = TABLE.reasons
_CODE = re.compile(
    r"[A-Za-z0-9][A-Za-z0-9_./-]{0,79}"
)  # some divisions write a sentence where a code belongs
_UTC = ZoneInfo("UTC")
_ALL: frozenset[str] = frozenset()  # an event that names no parcel is about all of them
_LONGEST_SLOT = timedelta(hours=14)  # longer is a day, not a slot


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    query = queries[0]
    params = {
        "trackingNumber": query.number,
        "language": query.language[:2].lower() or "en",
        "recipientPostalCode": query.postal_code,  # tells equal numbers apart and opens details
        "requesterCountryCode": query.country,
    }
    return Request(
        API,
        params={name: value for name, value in params.items() if value},
        headers={"Accept": "application/json"},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if not ok(reply) or "shipments" not in payload:
        return [_refusal(reply, payload)]
    shipments = [shipment for shipment in objs(payload["shipments"]) if text(shipment.get("id"))]
    elsewhere = tuple(filter(None, map(_address, items(payload.get("possibleAdditionalShipmentsUrl")))))
    if shipments:
        return _one_a_number([_answer(shipment) for shipment in shipments])
    if elsewhere:
        return [Answer(_number_in(elsewhere[0]), Outcome.OTHER, ask_again=elsewhere)]
    if payload["shipments"] == []:
        return [Answer(_number_in(text(payload.get("url"))), Outcome.NOT_FOUND)]
    raise BadResponseError("No shipment of the answer has a number.")


def _refusal(reply: Reply, problem: Mapping[str, Json]) -> Answer:
    """A problem+json body repeats the HTTP status, which a recorded body has lost."""
    status = reply.status
    if status is None and isinstance(problem.get("status"), int):
        status = problem["status"]
    if status is None:
        raise BadResponseError("The answer has no shipments.")
    detail = text(problem.get("detail")) or text(problem.get("title"))
    number = _number_in(text(problem.get("instance"), 1000))
    if status == 404 and number:
        return Answer(number, Outcome.NOT_FOUND, detail=detail)
    raise error_for(reply, detail, status=status)


def _answer(shipment: dict[str, Any]) -> Answer:
    details = obj(shipment.get("details"))
    told = objs(shipment.get("events"))
    latest = obj(shipment.get("status"))
    if latest and latest.get("timestamp") not in [event.get("timestamp") for event in told]:
        told = [latest, *told]
    parcels = _parcels(details)
    scans: list[tuple[Scan, frozenset[str]]] = []
    service, home = text(shipment.get("service"), 40), _home(shipment)
    signed = "signed" in obj(details.get("proofOfDelivery"))
    for event in reversed(told):  # newest first, so that of one moment the later line stays the later one
        if scan := _scan(event, service, home, signed):
            about = _parcels(event) if "pieceIds" in event else _ALL
            scans.append((scan, about))
            parcels |= about
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=_when)
    return Answer(
        number=text(shipment["id"], 64),
        scans=as_one(scans, parcels, STATUSES),
        eta=_eta(shipment),
        pickup=_pickup(latest, told, service),
        pieces=pieces(details.get("totalNumberOfPieces"), len(parcels)),
        delivery_options_url=https(shipment.get("rerouteUrl")),
    )


def _when(pair: tuple[Scan, frozenset[str]]) -> datetime:
    return pair[0].at


def _parcels(node: dict[str, Any]) -> frozenset[str]:
    said = node.get("pieceIds")
    return frozenset(filter(None, (text(parcel, 40) for parcel in said))) if type(said) is list else _ALL


def _scan(event: dict[str, Any], service: str, home: tuple[str, str], signed: bool) -> Scan | None:
    address = obj(obj(event.get("location")).get("address"))
    land = country(address.get("countryCode"))
    place = (land, text(address.get("postalCode"), 12)) if land else home
    said_at = text(event.get("timestamp"), 40)
    when = zones.moment(said_at, *place, _UTC)
    if when is None:
        return None
    level, native = text(event.get("statusCode"), 20).lower(), text(event.get("status"))
    code, reading = _meaning(service, native, level)
    said = text(event.get("description")) or text(event.get("remark")) or (native if code == level else "")
    if (coarse := reading or ENUM.get(code)) is SubStatus.IN_TRANSIT:
        reading = words.refined(coarse, said)
    if signed and (reading or STATUSES.get(code)) is SubStatus.DELIVERED:
        reading = SubStatus.DELIVERED_SIGNED
    raw = {"statusCode": level, "status": native}
    if "remark" in event and level != "delivered":  # there it may say who signed
        raw["remark"] = text(event["remark"])
    if "nextSteps" in event:
        raw["nextSteps"] = text(event["nextSteps"])
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=text(address.get("addressLocality"), 120),
        country=land,
        reading=reading,
        reason=REASONS.get(code, ""),
        zone_source=when[1] if land or when[1] is ZoneSource.OFFSET else ZoneSource.CARRIER,
        said_at=said_at,
        raw=raw,
    )


def _meaning(service: str, native: str, level: str) -> tuple[str, SubStatus | None]:
    """The code of an event, and a reading where the table has no row for it."""
    code = f"{service}:{native}"
    if code in STATUSES:
        return code, None
    if native.lower() in ENUM or not _CODE.fullmatch(native):
        return level, None
    return code, ENUM.get(level)


def _home(shipment: dict[str, Any]) -> tuple[str, str]:
    """The place of events that name none: where the parcel started, as most of them are announcements."""
    for end in ("origin", "destination"):
        address = obj(obj(shipment.get(end)).get("address"))
        if land := country(address.get("countryCode")):
            return land, text(address.get("postalCode"), 12)
    return "", ""


def _eta(shipment: dict[str, Any]) -> Eta | None:
    destination = obj(obj(shipment.get("destination")).get("address"))
    place = country(destination.get("countryCode")), text(destination.get("postalCode"), 12)
    frame = obj(shipment.get("estimatedDeliveryTimeFrame"))
    said = (
        frame.get("estimatedFrom"),
        frame.get("estimatedThrough"),
        shipment.get("estimatedTimeOfDelivery"),
    )
    start, end, alone = (zones.moment(text(when, 40), *place, _UTC) for when in said)
    if start and end and start[0] <= end[0]:
        slot = start[0] < end[0] <= start[0] + _LONGEST_SLOT
        first, last = start[0].date(), end[0].date()
        return Eta(first, last, start[0], end[0]) if slot else Eta(first, last)
    when = start or end or alone
    return Eta(when[0].date(), when[0].date()) if when else None


def _pickup(latest: dict[str, Any], told: list[dict[str, Any]], service: str) -> PickupPoint | None:
    """The service point of the newest event, while the parcel waits there."""
    newest = latest or (told[0] if told else {})
    location = obj(newest.get("location"))
    if "servicePoint" not in location:
        return None
    sub = STATUSES.get(f"{service}:{text(newest.get('status'))}")
    name = text(obj(location["servicePoint"]).get("label"), 120)
    if sub is None or sub.status is not Status.AVAILABLE_FOR_PICKUP or not name:
        return None
    address = obj(location.get("address"))
    lines = (text(address.get(part), 120) for part in ("streetAddress", "postalCode", "addressLocality"))
    return PickupPoint(name=name, address=", ".join(filter(None, lines)))


def _one_a_number(answers: list[Answer]) -> list[Answer]:
    """DHL gives old numbers out again: of two shipments with one number, the one that moved last."""
    latest: dict[str, Answer] = {}
    for answer in answers:
        known = latest.get(answer.number)
        if known is None or _last(answer) > _last(known):
            latest[answer.number] = answer
    return list(latest.values())


def _last(answer: Answer) -> datetime:
    return answer.scans[-1].at if answer.scans else datetime.min.replace(tzinfo=UTC)


def _address(value: Json) -> str:
    """An address to ask instead, on DHL's API and nowhere else."""
    path, _, query = text(value, 1000).partition("?")
    return f"{API}?{query}" if query and path.endswith("/shipments") else ""


def _number_in(address: str) -> str:
    return parse_qs(address.partition("?")[2]).get("trackingNumber", [""])[0][:64]


CARRIER = Carrier(
    code="dhl",
    name="DHL",
    docs="https://developer.dhl.com/api-reference/shipment-tracking",
    endpoint=API,
    auth=ApiKey(header="DHL-API-Key"),
    parse=parse,
    build=build,
    push=Trust.SHARED,
    statuses=STATUSES,
    limits=Limits(per_second=1.0, per_day=250, published=True),
    public_url="https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    notes=(
        _("A new key may ask 250 times a day and once a second; DHL raises it on request."),
        _("How DHL signs its pushes is not documented: each is a reason to ask, never believed by itself."),
    ),
)
