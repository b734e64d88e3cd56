"""DHL Express, MyDHL API: Basic auth, up to two hundred waybills a call.

- One waybill is asked at its own address, where an unknown one is a 404. Of several, those not known are just
  absent from the answer.
- A time is a day, a clock and, as we ask for it, the offset; where it lacks, it is the clock of the place, whose
  country ends the name of the service area ("Valencia-ES").
- A shipment of several pieces tells of each of them; what is said of the whole shipment repeats that.
- The day it is expected is only a day.
- Who signed is in `signedBy`, and may be in the words too. Names, addresses and references are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import country, error_for, json_of, obj, objs, ok, pieces, text
from carriers.pieces import as_one
from carriers.types import (
    Answer,
    BadResponseError,
    Basic,
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

API = "https://express.api.dhl.com/mydhlapi"
STATUSES: Mapping[
    str, SubStatus
] = {  # https://developer.dhl.com/api-reference/dhl-express-mydhl-api: typeCode
    "AD": SubStatus.DELIVERY_RESCHEDULED,  # Agreed delivery
    "AF": SubStatus.ARRIVED_FACILITY,  # Arrived at facility
    "AR": SubStatus.AT_DELIVERY_DEPOT,  # Arrived at delivery facility
    "BA": SubStatus.EXCEPTION_ADDRESS,  # Bad address
    "BN": SubStatus.CUSTOMS_PROCESSING,  # Broker notified
    "BR": SubStatus.CUSTOMS_CLEARED,  # Broker released
    "CA": SubStatus.FAILED_BUSINESS_CLOSED,  # Closed on arrival
    "CC": SubStatus.PICKUP_DEPOT,  # Awaiting collection by the receiver
    "CD": SubStatus.EXCEPTION_HELD,  # Clearance delay
    "CM": SubStatus.EXCEPTION_RECIPIENT,  # Receiver moved
    "CR": SubStatus.CUSTOMS_CLEARED,  # Clearance release
    "CS": SubStatus.DELAYED_OPERATIONS,  # Closed shipment
    "DD": SubStatus.DELIVERED,  # Delivered damaged
    "DF": SubStatus.DEPARTED_FACILITY,  # Departed facility
    "DS": SubStatus.EXCEPTION_DESTROYED,  # Destroyed
    "FD": SubStatus.REDIRECTED,  # Forwarded to another destination
    "HP": SubStatus.EXCEPTION_PAYMENT,  # Held for payment
    "IC": SubStatus.CUSTOMS_PROCESSING,  # In clearance
    "MC": SubStatus.DELAYED_OPERATIONS,  # Miscoded
    "MD": SubStatus.DELAYED_OPERATIONS,  # Missed delivery cycle
    "MS": SubStatus.DELAYED_OPERATIONS,  # Missorted
    "ND": SubStatus.FAILED_OTHER,  # Not delivered
    "NH": SubStatus.FAILED_NOT_HOME,  # Not home
    "OH": SubStatus.DELAYED_OPERATIONS,  # On hold
    "OK": SubStatus.DELIVERED,  # Delivered
    "PD": SubStatus.IN_TRANSIT,  # Partial delivery
    "PL": SubStatus.IN_SORTING,  # Processed at location
    "PU": SubStatus.PICKED_UP,  # Shipment picked up
    "PY": SubStatus.DATA_UPDATED,  # Payment
    "RD": SubStatus.EXCEPTION_REFUSED,  # Refused delivery
    "RR": SubStatus.IN_TRANSIT,  # Response received
    "RT": SubStatus.RETURNED,  # Returned to shipper
    "SA": SubStatus.PICKED_UP,  # Shipment accepted
    "SC": SubStatus.IN_TRANSIT,  # Service changed
    "SM": SubStatus.IN_TRANSIT,  # Scheduled for movement
    "SS": SubStatus.EXCEPTION_HELD,  # Shipment stopped
    "TP": SubStatus.HANDED_TO_LAST_MILE,  # Forwarded to a third party
    "TR": SubStatus.IN_TRANSIT,  # Record of transit
    "UD": SubStatus.EXCEPTION_HELD,  # Uncontrollable clearance delay
    "WC": SubStatus.ON_VEHICLE,  # With delivery courier
}
REASONS = {
    "BA": "address",
    "CD": "customs",
    "CM": "address",
    "DD": "damaged",
    "HP": "payment",
    "PD": "partial",
    "RD": "refused",
    "UD": "customs",
}
_UTC = ZoneInfo("UTC")
_Key = tuple[str, str, str]  # day, clock, code: by them an event of a piece is found again in the shipment's


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    params: dict[str, str | Sequence[str]] = {
        "trackingView": "all-checkpoints",
        "levelOfDetail": "all",
        "requestGMTOffsetPerEvent": "true",
    }
    url = f"{API}/tracking"
    if len(queries) == 1:
        url = f"{API}/shipments/{quote(queries[0].number, safe='')}/tracking"
    else:
        params["shipmentTrackingNumber"] = [query.number for query in queries]
    headers = {
        "Accept": "application/json",
        "Accept-Language": queries[0].language[:2].lower() or "en",
        "Message-Reference": uuid4().hex,
    }
    return Request(url, params=params, headers=headers)


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if "shipments" not in payload or not ok(reply):
        return [_refusal(reply, payload)]
    shipments = objs(payload["shipments"])
    if not shipments:
        raise NotFoundError
    return [_answer(shipment) for shipment in shipments]


def _refusal(reply: Reply, problem: dict[str, Any]) -> Answer:
    """A problem repeats the HTTP status, which a recorded body has lost, and names the waybill in its address."""
    said = problem.get("status")
    status = said if reply.status is None and type(said) is int else reply.status
    if status is None or 200 <= status < 300:
        raise BadResponseError("The answer has no shipments.")
    detail = text(problem.get("detail")) or text(problem.get("title"))
    kind: CarrierError = error_for(reply, detail, status=status)
    if status == 400:
        kind = InvalidNumberError(detail)
    before, _, after = text(problem.get("instance"), 300).rpartition("/shipments/")
    number = after.partition("/")[0][:64]
    if before and number and kind.outcome in (Outcome.NOT_FOUND, Outcome.INVALID_NUMBER):
        return Answer(number, kind.outcome, detail=detail)
    raise kind


def _answer(shipment: dict[str, Any]) -> Answer:
    number = text(shipment.get("shipmentTrackingNumber"), 64)
    if not number:
        raise BadResponseError("A shipment of the answer has no number.")
    parts = objs(shipment.get("pieces"))
    lines = _lines(objs(shipment.get("events")), parts)
    scans: dict[_Key, Scan] = {}
    about: dict[_Key, set[str]] = {}
    signed: list[tuple[datetime, str]] = []
    for event, piece in lines:
        key = text(event.get("date"), 10), text(event.get("time"), 8), text(event.get("typeCode"), 8)
        if key not in scans:
            if (scan := _scan(event)) is None:
                continue
            scans[key] = scan
            signed.append((scan.at, text(event.get("signedBy"), 80)))
        if piece:
            about.setdefault(key, set()).add(piece)
    if lines and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    told = sorted(((scan, frozenset(about.get(key, ()))) for key, scan in scans.items()), key=_when)
    return Answer(
        number,
        scans=as_one(told, frozenset[str]().union(*about.values()), STATUSES),
        eta=_eta(shipment),
        pieces=pieces(shipment.get("numberOfPieces"), len(parts)),
        signed_by=max(((at, name) for at, name in signed if name), default=("", ""))[1],
    )


def _lines(whole: list[dict[str, Any]], parts: list[dict[str, Any]]) -> list[tuple[dict[str, Any], str]]:
    """Every event with the piece it is about; none: about all of them."""
    lines = [(event, "") for event in whole]
    if len(parts) > 1:
        for position, part in enumerate(parts):
            name = text(part.get("trackingNumber"), 40) or f"#{position}"
            lines += [(event, name) for event in objs(part.get("events"))]
    return lines


def _when(told: tuple[Scan, frozenset[str]]) -> datetime:
    return told[0].at


def _scan(event: dict[str, Any]) -> Scan | None:
    area = (objs(event.get("serviceArea")) or [{}])[0]
    place, _, end = text(area.get("description"), 120).rpartition("-")
    land = country(end)
    day, clock = text(event.get("date"), 10), text(event.get("time"), 8)
    when = zones.moment(f"{day}T{clock}{text(event.get('GMTOffset'), 6)}" if clock else day, land, "", _UTC)
    if when is None:
        return None
    code = text(event.get("typeCode"), 8).upper()
    return Scan(
        at=when[0],
        code=code,
        text=text(event.get("description")),
        place=(place if land else text(area.get("description"), 120)).strip(),
        country=land,
        reading=SubStatus.DELIVERED_SIGNED if code == "OK" and text(event.get("signedBy"), 80) else None,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=f"{day} {clock}".strip(),
        raw={"typeCode": code, "serviceArea": text(area.get("code"), 8)},
    )


def _eta(shipment: dict[str, Any]) -> Eta | None:
    try:
        day = (
            datetime.fromisoformat(text(shipment.get("estimatedDeliveryDate"), 10)).replace(tzinfo=UTC).date()
        )
    except ValueError:
        return None
    return Eta(day, day)


CARRIER = Carrier(
    code="dhl_express",
    name="DHL Express",
    docs="https://developer.dhl.com/api-reference/dhl-express-mydhl-api",
    endpoint=API,
    auth=Basic(
        (
            Secret(
                "username",
                _("API user"),
                _("Given with the DHL Express account."),
                hidden=False,
            ),
            Secret("password", _("API password")),
        )
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    per_call=200,
    limits=Limits(per_second=1.0),
    public_url="https://www.dhl.com/global-en/home/tracking.html?tracking-id={number}",
    notes=(
        _(
            "A DHL Express account is needed; how often one may ask stands in the contract. Test access has 500 calls a day."
        ),
        _("DHL renews the password about once a year: when calls begin to be refused, ask for the new one."),
    ),
)
