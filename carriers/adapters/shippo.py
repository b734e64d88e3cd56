"""Shippo tracking, an aggregator strong in the US: one number a call, and always with its carrier.

- It does not find out whose a number is: without a carrier it knows nothing can be asked.
- Any number may be asked about; registering it only makes Shippo push.
- `UNKNOWN` is normal at first, and comes as an event of its own.
- A scan's code is its `substatus`; where that is missing or has no row its `status`, the documented coarser level.
- `RETURNED` is said of a parcel that is to be sent back as well as of one that was: it is on its way back.
- Times are UTC and the history comes oldest first; the present status may stand outside of it.
- A push is signed only for those who asked Shippo for it: the secret address is all, so it is a reason to ask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import country, error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    ApiKey,
    BadResponseError,
    Carrier,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    Outcome,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
    Trust,
)
from carriers.types import gettext_noop as _

API = "https://api.goshippo.com/tracks"
STATUSES: Mapping[str, SubStatus] = {  # https://docs.goshippo.com/docs/tracking/tracking
    "UNKNOWN": SubStatus.PENDING_NOT_FOUND,
    "PRE_TRANSIT": SubStatus.LABEL_CREATED,
    "TRANSIT": SubStatus.IN_TRANSIT,
    "DELIVERED": SubStatus.DELIVERED,
    "RETURNED": SubStatus.RETURNING,  # en route to be returned, or returned
    "FAILURE": SubStatus.EXCEPTION_UNSPECIFIED,
    "information_received": SubStatus.LABEL_CREATED,  # Information about the package received
    "package_accepted": SubStatus.PICKED_UP,  # Package has been accepted into the carrier network
    "package_arrived": SubStatus.ARRIVED_FACILITY,  # Package has arrived at an intermediate location
    "package_departed": SubStatus.DEPARTED_FACILITY,  # Package has departed from an intermediate location
    "package_processing": SubStatus.IN_SORTING,  # Package is processing at an intermediate location
    "package_processed": SubStatus.IN_SORTING,  # Package has been processed at an intermediate location
    "package_forwarded": SubStatus.REDIRECTED,  # Package has been forwarded
    "package_held": SubStatus.EXCEPTION_HELD,  # Package held at carrier location
    "package_damaged": SubStatus.EXCEPTION_DAMAGED,  # Package has been damaged
    "out_for_delivery": SubStatus.ON_VEHICLE,  # Package is out for delivery
    "pickup_available": SubStatus.PICKUP_DEPOT,  # Package is available for pickup at carrier location
    "delayed": SubStatus.DELAYED_OPERATIONS,  # Delivery of package is delayed
    "delivery_scheduled": SubStatus.DELIVERY_DATE_SET,  # Delivery of package is scheduled
    "delivery_rescheduled": SubStatus.DELIVERY_RESCHEDULED,  # Delivery of package has been rescheduled
    "delivery_attempted": SubStatus.FAILED_OTHER,  # Delivery of package has been attempted
    "notice_left": SubStatus.FAILED_OTHER,  # Carrier left notice during attempted delivery
    "reschedule_delivery": SubStatus.FAILED_OTHER,  # Contact carrier to reschedule delivery
    "location_inaccessible": SubStatus.FAILED_ACCESS,  # Delivery location inaccessible to carrier
    "address_issue": SubStatus.EXCEPTION_ADDRESS,  # Address information is incorrect
    "contact_carrier": SubStatus.EXCEPTION_UNSPECIFIED,  # Contact the carrier for more information
    "delivered": SubStatus.DELIVERED,  # Package has been delivered
    "return_to_sender": SubStatus.RETURNING,  # Package is to be returned to sender
    "package_unclaimed": SubStatus.EXCEPTION_PICKUP_MISSED,  # Package is unclaimed
    "package_undeliverable": SubStatus.EXCEPTION_UNSPECIFIED,  # Package is not able to be delivered
    "package_disposed": SubStatus.EXCEPTION_DESTROYED,  # Package has been disposed
    "package_lost": SubStatus.EXCEPTION_LOST,  # Package has been lost
    "other": SubStatus.DATA_UPDATED,  # Unrecognized carrier status
}
UNKNOWN = "UNKNOWN"
_UTC = ZoneInfo("UTC")

# https://docs.goshippo.com/docs/tracking/trackingcarriers
AGGREGATES = {
    "ups": "ups",
    "usps": "usps",
    "fedex": "fedex",
    "dhl_express": "dhl_express",
    "correos_es": "correos_espana",
    "laposte": "la_poste",
    "chronopost": "chronopost",
    "mondial_relay": "mondial_relay",
    "poste_italiane": "poste_italiane",
    "royal_mail": "royal_mail",
    "evri": "hermes_uk",
    "correios_br": "correios_br",
    "estafeta": "estafeta",
    "canada_post": "canada_post",
    "australia_post": "australia_post",
}
TEST_CARRIER, TEST_NUMBERS = "shippo", "SHIPPO_"  # with a test token: SHIPPO_TRANSIT, SHIPPO_DELIVERED…


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Raises InvalidNumberError where the carrier is not known, or not to Shippo."""
    number = quote(queries[0].number, safe="")
    return Request(f"{API}/{_carrier_of(queries[0])}/{number}", headers=_headers())


def register(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Makes Shippo push what happens to the number. Safe to repeat. Raises as `build` does."""
    body = {"carrier": _carrier_of(queries[0]), "tracking_number": queries[0].number}
    headers = {"Content-Type": "application/json", **_headers()}
    return Request(f"{API}/", "POST", headers=headers, body=json.dumps(body).encode())


def _carrier_of(query: Query) -> str:
    if query.number.startswith(TEST_NUMBERS):
        return TEST_CARRIER
    if carrier := AGGREGATES.get(query.carrier):
        return carrier
    if query.carrier:
        raise InvalidNumberError("Shippo does not track parcels of this carrier.")
    raise InvalidNumberError("Shippo cannot tell whose number this is: the parcel needs its carrier.")


def _headers() -> dict[str, str]:
    return {"Accept": "application/json", "SHIPPO-API-VERSION": "2018-02-08"}


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if not ok(reply):
        detail = text(payload.get("detail"))
        if reply.status in (400, 422):
            raise InvalidNumberError(detail)
        raise error_for(reply, detail)
    if "event" not in payload:
        return [_answer(payload)]
    # There are pushes of labels bought too.
    return [_answer(obj(payload.get("data")))] if payload["event"] == "track_updated" else []


def _answer(item: Mapping[str, Json]) -> Answer:
    number = text(item.get("tracking_number"), 64)
    if not number:
        raise BadResponseError("A track has no number.")
    now = obj(item.get("tracking_status"))
    told = objs(item.get("tracking_history")) + ([now] if now else [])
    found = {(scan.at, scan.code, scan.text): scan for event in told if (scan := _scan(event))}
    if told and not found:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans = sorted(found.values(), key=lambda scan: scan.at)
    if all(scan.code == UNKNOWN for scan in scans):
        return Answer(number, Outcome.NOT_FOUND, detail=scans[-1].text if scans else "")
    return Answer(number, scans=tuple(scans), eta=_eta(item))


def _scan(event: Mapping[str, Json]) -> Scan | None:
    said_at = text(event.get("status_date"), 40)
    when = zones.moment(said_at, "", "", _UTC)
    if when is None:
        return None
    status, finer = text(event.get("status"), 40), obj(event.get("substatus"))
    code = text(finer.get("code"), 60) or status
    place = obj(event.get("location"))
    where = (text(place.get("city"), 80), text(place.get("state"), 40))
    return Scan(
        at=when[0],
        code=code,
        text=text(event.get("status_details")) or text(finer.get("text")),
        place=", ".join(filter(None, where)),
        country=country(place.get("country")),
        reading=None if code in STATUSES else STATUSES.get(status),
        zone_source=when[1],
        said_at=said_at,
        raw={"status": status},
    )


def _eta(item: Mapping[str, Json]) -> Eta | None:
    """The day, on the clock of where the parcel goes."""
    when = zones.moment(text(item.get("eta"), 40), "", "", _UTC)
    if when is None:
        return None
    goes_to = obj(item.get("address_to"))
    there = zones.zone_at(country(goes_to.get("country")), text(goes_to.get("zip"), 12))
    day = when[0].astimezone(there[0] if there else _UTC).date()
    return Eta(day, day)


CARRIER = Carrier(
    code="shippo",
    name="Shippo",
    docs="https://docs.goshippo.com/docs/tracking/tracking",
    endpoint=f"{API}/",
    auth=ApiKey(
        header="Authorization",
        prefix="ShippoToken ",
        secrets=(Secret("api_key", _("Live or test token")),),
    ),
    parse=parse,
    build=build,
    register=register,
    push=Trust.SHARED,
    statuses=STATUSES,
    limits=Limits(per_second=5.0),
    aggregates=AGGREGATES,
    needs_carrier=True,
    notes=(
        _(
            "Shippo does not find out whose a number is: only parcels whose carrier is known can be tracked through it."
        ),
        _("Parcels not shipped with a label of Shippo's own are billed each."),
        _(
            "Shippo signs pushes only on request; without that, the push address itself is the secret: keep it so."
        ),
    ),
)
