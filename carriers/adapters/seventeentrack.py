"""17TRACK API v2.2, an aggregator: numbers are registered, then asked for, forty a call; changes are pushed.

- Every call is a POST of an array. HTTP 200 is usual; failures are in `data.errors`, or per number in
  `data.rejected`. A number of the answer to a registration has no `track_info`.
- `NotFound` right after registering is normal: first data comes minutes later.
- A scan's code is its `sub_status`; where that is missing its milestone `stage`, and of the newest scan the
  shipment's own `latest_status`.
- `Expired` is a verdict after thirty days of silence and no scan: it is placed thirty days after the last.
- Several providers are legs: first the carrier that took the parcel, then the one that delivers.
- `time_utc` is sure; `time_raw` may lack a zone.
- A push is one accepted number, signed in the header `sign`: SHA-256 of the raw body, "/" and the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import country, error_for, integer, json_of, obj, objs, ok, pieces, text
from carriers.types import (
    Answer,
    ApiKey,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    NotFoundError,
    Outcome,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
    TransientError,
    Trust,
    ZoneSource,
)
from carriers.types import gettext_noop as _

API = "https://api.17track.net/track/v2.2"
STATUSES: Mapping[str, SubStatus] = {  # https://api.17track.net/en/doc?version=v2.2
    "NotFound": SubStatus.PENDING_NOT_FOUND,
    "NotFound_Other": SubStatus.PENDING_NOT_FOUND,
    "NotFound_InvalidCode": SubStatus.PENDING_INVALID_NUMBER,
    "InfoReceived": SubStatus.LABEL_CREATED,
    "InTransit": SubStatus.IN_TRANSIT,
    "InTransit_PickedUp": SubStatus.PICKED_UP,
    "InTransit_Other": SubStatus.IN_TRANSIT,
    "InTransit_Departure": SubStatus.DEPARTED_COUNTRY,
    "InTransit_Arrival": SubStatus.ARRIVED_COUNTRY,
    "InTransit_CustomsProcessing": SubStatus.CUSTOMS_PROCESSING,
    "InTransit_CustomsReleased": SubStatus.CUSTOMS_CLEARED,
    "InTransit_CustomsRequiringInformation": SubStatus.CUSTOMS_INFO_REQUIRED,
    "Expired": SubStatus.EXPIRED_NO_EVENTS,
    "Expired_Other": SubStatus.EXPIRED_NO_EVENTS,
    "AvailableForPickup": SubStatus.PICKUP_POINT,
    "AvailableForPickup_Other": SubStatus.PICKUP_POINT,
    "OutForDelivery": SubStatus.ON_VEHICLE,
    "OutForDelivery_Other": SubStatus.ON_VEHICLE,
    "DeliveryFailure": SubStatus.FAILED_OTHER,
    "DeliveryFailure_Other": SubStatus.FAILED_OTHER,
    "DeliveryFailure_NoBody": SubStatus.FAILED_NOT_HOME,
    "DeliveryFailure_Security": SubStatus.FAILED_PAYMENT,  # or customs: 17TRACK does not tell them apart
    "DeliveryFailure_Rejected": SubStatus.FAILED_REFUSED,
    "DeliveryFailure_InvalidAddress": SubStatus.FAILED_ADDRESS,
    "Delivered": SubStatus.DELIVERED,
    "Delivered_Other": SubStatus.DELIVERED,
    "Exception": SubStatus.EXCEPTION_UNSPECIFIED,
    "Exception_Other": SubStatus.EXCEPTION_UNSPECIFIED,
    "Exception_Returning": SubStatus.RETURNING,
    "Exception_Returned": SubStatus.RETURNED,
    "Exception_NoBody": SubStatus.EXCEPTION_RECIPIENT,
    "Exception_Security": SubStatus.EXCEPTION_HELD,
    "Exception_Damage": SubStatus.EXCEPTION_DAMAGED,
    "Exception_Rejected": SubStatus.EXCEPTION_REFUSED,
    "Exception_Delayed": SubStatus.DELAYED_OPERATIONS,
    "Exception_Lost": SubStatus.EXCEPTION_LOST,
    "Exception_Destroyed": SubStatus.EXCEPTION_DESTROYED,
    "Exception_Cancel": SubStatus.CANCELLED_VOIDED,
    # Milestones, where a scan has no sub-status.
    "PickedUp": SubStatus.PICKED_UP,
    "Departure": SubStatus.DEPARTED_COUNTRY,
    "Arrival": SubStatus.ARRIVED_COUNTRY,
    "Returning": SubStatus.RETURNING,
    "Returned": SubStatus.RETURNED,
}
REFUSALS: Mapping[int, type[CarrierError]] = {
    -18010001: AuthError,  # this address is not on the key's list
    -18010002: AuthError,
    -18010003: TransientError,
    -18010004: AuthError,  # account disabled
    -18010005: AuthError,
    -18010018: InvalidNumberError,  # the carrier wants more than the number
    -18010019: InvalidNumberError,
    -18010020: InvalidNumberError,
    -18019903: InvalidNumberError,  # no carrier recognised
    -18019907: RateLimitedError,  # the day's limit
    -18019908: RateLimitedError,  # the quota
    -18019909: NotFoundError,  # no data yet
    -18019910: InvalidNumberError,  # not a number of the carrier named
}
ALREADY_REGISTERED, NOT_REGISTERED = -18019901, -18019902
EXPIRES_AFTER = timedelta(days=30)
_UTC = ZoneInfo("UTC")
_WHOLE_DAY = time(0), time(23, 59)

# https://res.17track.net/asset/carrier/info/apicarrier.all.json. Only where 17TRACK has one number for all of
# the carrier: DHL and DPD have one for each country, and a wrong one is worse than none.
AGGREGATES = {
    "dhl_express": "100001",
    "ups": "100002",
    "fedex": "100003",
    "usps": "21051",
    "correos_es": "19181",
    "correos_express": "100048",
    "gls_es": "100189",
    "gls_group": "100005",
    "mrw": "100175",
    "ctt_express": "100114",
    "ctt_pt": "16101",
    "laposte": "6051",
    "poste_italiane": "9071",
    "brt": "100026",
    "correios_br": "2151",
    "estafeta": "100139",
    "inpost": "100043",
    "postnl": "14041",
    "royal_mail": "11031",
    "canada_post": "3041",
    "australia_post": "1151",
}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    return _post("gettrackinfo", [{"number": query.number} for query in queries])


def register(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Tells 17TRACK of numbers. One it knows already is rejected as such, which `parse` takes for done."""
    return _post("register", [_registration(query) for query in queries])


def _registration(query: Query) -> dict[str, str | int]:
    wanted = {"number": query.number, "param": query.postal_code, "lang": query.language[:2].lower()}
    named = {"carrier": int(AGGREGATES[query.carrier])} if query.carrier in AGGREGATES else {}
    return {name: value for name, value in wanted.items() if value} | named  # unnamed, 17TRACK finds out


def _post(call: str, body: Json) -> Request:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(f"{API}/{call}", "POST", headers=headers, body=json.dumps(body).encode())


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether `sign` is ours: over the raw bytes, in constant time. Without a key nothing is genuine."""
    key = secrets.get("api_key", "")
    said = next((value for name, value in headers.items() if name.lower() == "sign"), "")
    due = hashlib.sha256(body + b"/" + key.encode()).hexdigest()
    return bool(key) and hmac.compare_digest(said.strip().lower().encode(), due.encode())


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    data = obj(payload.get("data"))
    if errors := objs(data.get("errors")):
        raise _refusal(errors[0])
    if integer(payload.get("code")):
        raise _refusal(payload)
    if not ok(reply):
        raise error_for(reply)
    if "event" in payload:
        return [_pushed(data)]
    if "accepted" in data or "rejected" in data:
        accepted, rejected = objs(data.get("accepted")), objs(data.get("rejected"))
        return [_answer(item) for item in accepted] + [_rejected(item) for item in rejected]
    raise BadResponseError("The answer has neither accepted nor rejected numbers.")


def _refusal(error: Mapping[str, Json]) -> CarrierError:
    kind = REFUSALS.get(integer(error.get("code")) or 0, BadResponseError)
    return kind(text(error.get("message")))


def _rejected(item: dict[str, Any]) -> Answer:
    error = obj(item.get("error"))
    code = integer(error.get("code")) or 0
    outcome = REFUSALS[code].outcome if code in REFUSALS else Outcome.BAD_RESPONSE
    if code == NOT_REGISTERED:
        outcome = Outcome.NOT_REGISTERED
    elif code == ALREADY_REGISTERED:
        outcome = Outcome.OTHER
    return Answer(text(item.get("number"), 64), outcome, detail=text(error.get("message")))


def _pushed(data: dict[str, Any]) -> Answer:
    """TRACKING_UPDATED holds a number as accepted; TRACKING_STOPPED only names one."""
    if not text(data.get("number"), 64):
        raise BadResponseError("The push names no number.")
    return _answer(data)


def _answer(item: dict[str, Any]) -> Answer:
    number = text(item.get("number"), 64)
    if not number:
        raise BadResponseError("An accepted item has no number.")
    if "track_info" not in item:
        return Answer(number, Outcome.OTHER)
    info = obj(item["track_info"])
    latest = obj(info.get("latest_status"))
    verdict = text(latest.get("sub_status"), 60) or text(latest.get("status"), 60)
    scans = _scans(info, verdict)
    if not scans and verdict.startswith("NotFound"):
        invalid = STATUSES.get(verdict) is SubStatus.PENDING_INVALID_NUMBER
        return Answer(number, Outcome.INVALID_NUMBER if invalid else Outcome.NOT_FOUND)
    if scans and verdict.startswith("Expired"):
        scans.append(_expiry(scans[-1], verdict))
    return Answer(
        number,
        scans=tuple(scans),
        eta=_eta(info),
        pieces=pieces(obj(info.get("misc_info")).get("pieces")),
    )


def _scans(info: dict[str, Any], verdict: str) -> list[Scan]:
    """Every provider's scans, oldest first."""
    legs = objs(obj(info.get("tracking")).get("providers"))
    told = [(leg, event) for leg, one in enumerate(legs, 1) for event in reversed(objs(one.get("events")))]
    scans = [scan for leg, event in told if (scan := _scan(event, leg))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    if scans and not scans[-1].code:
        scans[-1] = scans[-1]._replace(reading=STATUSES.get(verdict))
    return scans


def _scan(event: dict[str, Any], leg: int) -> Scan | None:
    address = obj(event.get("address"))
    land = country(address.get("country"))
    when, said_at = _when(event, land, text(address.get("postal_code"), 12))
    if when is None:
        return None
    code = text(event.get("sub_status"), 60) or text(event.get("stage"), 60)
    return Scan(
        at=when[0],
        code=code,
        text=text(event.get("description")),
        place=text(event.get("location"), 120) or text(address.get("city"), 120),
        country=land,
        leg=leg,
        zone_source=when[1],
        said_at=said_at,
        raw={"stage": text(event.get("stage"), 60)},
    )


def _when(
    event: dict[str, Any], land: str, postal_code: str
) -> tuple[tuple[datetime, ZoneSource] | None, str]:
    """When a scan was, and how the carrier itself wrote it."""
    raw, iso = obj(event.get("time_raw")), text(event.get("time_iso"), 40)
    wall = " ".join(filter(None, (text(raw.get("date"), 12), text(raw.get("time"), 12))))
    said_at = wall or iso
    local = zones.moment(iso, land, postal_code, _UTC)
    sure = zones.moment(text(event.get("time_utc"), 40), "", "", _UTC)
    if sure and sure[1] is ZoneSource.OFFSET:
        known = local is not None and local[1] is ZoneSource.OFFSET
        return (
            sure[0].astimezone(local[0].tzinfo) if local and known else sure[0],
            ZoneSource.OFFSET,
        ), said_at
    return local or zones.moment(f"{wall}{text(raw.get('timezone'), 9)}", land, postal_code, _UTC), said_at


def _expiry(last: Scan, verdict: str) -> Scan:
    return Scan(
        at=last.at + EXPIRES_AFTER,
        code=verdict,
        leg=last.leg,
        zone_source=last.zone_source,
        said_at="",
    )


def _eta(info: dict[str, Any]) -> Eta | None:
    """A day or several; a slot where both ends are of one day and it is not all of it."""
    said = obj(obj(info.get("time_metrics")).get("estimated_delivery_date"))
    edges = [zones.moment(text(said.get(edge), 40), "", "", _UTC) for edge in ("from", "to")]
    known = [edge for edge in edges if edge]
    if not known:
        return None
    start, end = known[0][0], known[-1][0]
    first, last = sorted((start.date(), end.date()))
    whole = start.time() == _WHOLE_DAY[0] and end.time() >= _WHOLE_DAY[1]
    offsets = all(edge[1] is ZoneSource.OFFSET for edge in known)
    if first == last and start < end and offsets and not whole:
        return Eta(first, last, start, end)
    return Eta(first, last)


CARRIER = Carrier(
    code="17track",
    name="17TRACK",
    docs="https://api.17track.net/en/doc?version=v2.2",
    endpoint=f"{API}/gettrackinfo",
    auth=ApiKey(header="17token", secrets=(Secret("api_key", _("Security key")),)),
    parse=parse,
    build=build,
    register=register,
    verify=verify,
    push=Trust.SIGNED,
    statuses=STATUSES,
    per_call=40,
    limits=Limits(per_second=3.0, published=True),
    public_url="https://t.17track.net/en#nums={number}",
    aggregates=AGGREGATES,
    notes=(
        _("17TRACK bills by registered numbers: each parcel uses up one of the plan's."),
        _("How pushes are signed is known from other clients, not from 17TRACK's own page."),
        _("Addresses that may call can be listed at 17TRACK: then this server's must be among them."),
    ),
)
