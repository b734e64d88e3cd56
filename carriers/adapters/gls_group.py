"""GLS Group, Track & Trace v1 (GLS outside of Spain): OAuth2, up to ten parcels a call.

- A parcel has a `status`, of which twelve are documented. An event's own code is finer and begins with one or with a
  step of GLS's ("OUTDELIVERY.NORMAL"); GLS publishes no list of them. Where a code is new its beginning is read, and of
  the newest event the parcel's status.
- DELIVEREDPS is delivered at a parcel shop, where it waits. FINAL only closes a parcel: it moves nothing.
- Each item answers for itself: not found is an `errorCode` beside the number asked for. Events come newest first.
- Times have an offset without a colon.
- Errors of the gateway come as `fault`, those of the service as a problem document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import country, error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    BadResponseError,
    Carrier,
    CarrierError,
    Json,
    Limits,
    OAuth2,
    Outcome,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    SubStatus,
)
from carriers.types import gettext_noop as _

HOST = "https://api.gls-group.net"
API = f"{HOST}/track-and-trace-v1/tracking/simple/trackids"
BERLIN = ZoneInfo("Europe/Berlin")
STATUSES: Mapping[str, SubStatus] = {
    # A parcel's status, and the beginning of an event's code; GLS names them, the words are ours.
    "PREADVICE": SubStatus.LABEL_CREATED,  # announced by the shipper
    "PLANNEDPICKUP": SubStatus.PICKUP_SCHEDULED,  # a pickup is planned
    "INPICKUP": SubStatus.PICKUP_SCHEDULED,  # the courier is on the way to collect it
    "NOTPICKEDUP": SubStatus.NOT_COLLECTED,  # could not be collected at the shipper's
    "INTRANSIT": SubStatus.IN_TRANSIT,
    "INWAREHOUSE": SubStatus.ARRIVED_FACILITY,  # stored at a depot
    "INDELIVERY": SubStatus.ON_VEHICLE,
    "DELIVEREDPS": SubStatus.PICKUP_POINT,  # delivered at the ParcelShop
    "DELIVERED": SubStatus.DELIVERED,
    "NOTDELIVERED": SubStatus.FAILED_OTHER,
    "CANCELED": SubStatus.CANCELLED_VOIDED,
    "FINAL": SubStatus.DATA_UPDATED,  # closed, without saying how
    # Beginnings that are only an event's.
    "INTIAL": SubStatus.LABEL_CREATED,  # so GLS spells it
    "INITIAL": SubStatus.LABEL_CREATED,
    "INBOUND": SubStatus.ARRIVED_FACILITY,
    "OUTDELIVERY": SubStatus.ON_VEHICLE,
    "RETURN": SubStatus.RETURNING,  # unverified: GLS's own list is not public
    # Whole codes.
    "INTIAL.PREADVICE": SubStatus.LABEL_CREATED,  # Data announced by the shipper
    "INBOUND.NORMAL": SubStatus.ARRIVED_FACILITY,  # Parcel arrived at the depot
    "OUTDELIVERY.NORMAL": SubStatus.ON_VEHICLE,  # Parcel loaded for delivery
    "DELIVERED.NORMAL": SubStatus.DELIVERED,  # Parcel handed to the consignee
    "DELIVEREDPS.NORMAL": SubStatus.PICKUP_POINT,  # Parcel left at the ParcelShop
    "NOTDELIVERED.ABSENT": SubStatus.FAILED_NOT_HOME,  # Consignee absent
}
REFUSALS = {  # of one number
    "E_404_01": Outcome.NOT_FOUND,
    "E_404_02": Outcome.NOT_FOUND,
    "E_400_01": Outcome.INVALID_NUMBER,
    "E_400_02": Outcome.INVALID_NUMBER,
    "E_400_03": Outcome.INVALID_NUMBER,
    "E_500_01": Outcome.TRANSIENT,
}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    numbers = ",".join(quote(query.number, safe="") for query in queries)
    language = queries[0].language[:2].lower()
    return Request(
        f"{API}/{numbers}",
        params={"showEvents": "true"},
        headers={
            "Accept": "application/json",
            "Accept-Language": language if language.isascii() and language.isalpha() else "en",
        },
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if fault := obj(payload.get("fault")):
        raise _fault(reply, fault)
    if not ok(reply):
        raise error_for(reply, text(payload.get("detail")) or text(payload.get("title")))
    if "parcels" in payload:
        named = [(number, parcel) for parcel in objs(payload["parcels"]) if (number := _number(parcel))]
        if not named:
            raise BadResponseError("The answer names no parcel.")
        return [_answer(number, parcel) for number, parcel in named]
    if "access_token" in payload:
        return []
    raise BadResponseError(text(payload.get("detail")) or "The answer has no parcels.")


def _fault(reply: Reply, fault: dict[str, Any]) -> CarrierError:
    """The gateway's: it may call a quota that is used up by any HTTP status."""
    detail, code = (
        text(fault.get("faultstring")),
        text(obj(fault.get("detail")).get("errorcode"), 120).lower(),
    )
    if "ratelimit" in code or "quota" in code:
        return RateLimitedError(detail, retry_after_s=error_for(reply).retry_after_s)
    status = 401 if reply.status is None and ("token" in code or "apikey" in code) else None
    return error_for(reply, detail, status=status)


def _number(parcel: Mapping[str, Json]) -> str:
    return text(parcel.get("requested"), 64) or text(parcel.get("unitno"), 64)


def _answer(number: str, parcel: dict[str, Any]) -> Answer:
    if code := text(parcel.get("errorCode"), 20):
        outcome = REFUSALS.get(code, Outcome.BAD_RESPONSE)
        return Answer(number, outcome, detail=text(parcel.get("errorMessage")) or code)
    status = text(parcel.get("status"), 40).upper()
    told = objs(parcel.get("events")) or [{"code": status, "eventDateTime": parcel.get("statusDateTime")}]
    scans = [scan for event in reversed(told) if (scan := _scan(event))]
    if not scans and parcel.get("events"):
        return Answer(number, Outcome.BAD_RESPONSE, detail="No event has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    # Of what FINAL leaves open, the event's own words may still say more.
    if scans and status != "FINAL" and scans[-1].reading is None and scans[-1].code not in STATUSES:
        scans[-1] = scans[-1]._replace(reading=STATUSES.get(status))
    return Answer(number, scans=tuple(scans))


def _scan(event: dict[str, Any]) -> Scan | None:
    said_at, land = text(event.get("eventDateTime"), 40), country(event.get("country"))
    when = zones.moment(said_at, land, text(event.get("postalCode"), 12), BERLIN)
    if when is None:
        return None
    code = text(event.get("code"), 60).upper()
    return Scan(
        at=when[0],
        code=code,
        text=text(event.get("description")),
        place=text(event.get("city"), 120),
        country=land,
        reading=None if code in STATUSES else STATUSES.get(code.partition(".")[0]),
        zone_source=when[1],
        said_at=said_at,
    )


CARRIER = Carrier(
    code="gls_group",
    name="GLS Group",
    docs="https://dev-portal.gls-group.net",
    endpoint=f"{API}/{{number}}",
    auth=OAuth2(token_url=f"{HOST}/oauth2/v2/token", lifetime_s=14_400),
    parse=parse,
    build=build,
    statuses=STATUSES,
    per_call=10,
    zone=BERLIN,
    limits=Limits(per_second=1.0, per_day=500, published=True),
    public_url="https://gls-group.com/GROUP/en/parcel-tracking?match={number}",
    notes=(
        _("A new account may ask 500 times a day, for ten parcels each; GLS raises it on request."),
        _("GLS publishes no list of its events' codes: a new one is read by how it begins."),
        _("For parcels of GLS Spain use GLS Spain's own interface."),
    ),
)
