"""Karrio, an aggregator the operator runs: a tracker is made for each number with its carrier, then fetched by number.

- It does not find out whose a number is: without a carrier no tracker can be made.
- An event has a `status` of Karrio's and sometimes a `reason`; the code is both, `delivery_failed/consignee_not_home`.
  For a pair without a row the status alone stands in. An event without a status goes by its text.
- The carrier's own code is another one with each carrier: it is kept, and decides nothing.
- `timestamp` ends in Z and is the wall clock of the place all the same, which names its country last.
- 424 is an error of the carrier behind; "not found" among them is no error.
- Events come newest first. A push shows a fixed secret: a reason to ask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import signatures, zones
from carriers.payload import as_code, country, error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    ApiKey,
    BadResponseError,
    Carrier,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    NotFoundError,
    Outcome,
    Query,
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

API = "https://karrio.invalid/v1/trackers"  # the host is the operator's
_BY_STATUS = {  # https://docs.karrio.io/reference/api/trackers
    "pending": SubStatus.LABEL_CREATED,
    "picked_up": SubStatus.PICKED_UP,
    "in_transit": SubStatus.IN_TRANSIT,
    "on_hold": SubStatus.EXCEPTION_HELD,
    "delivery_delayed": SubStatus.DELAYED_OPERATIONS,
    "out_for_delivery": SubStatus.ON_VEHICLE,
    "ready_for_pickup": SubStatus.PICKUP_POINT,
    "delivery_failed": SubStatus.FAILED_OTHER,
    "delivered": SubStatus.DELIVERED,
    "return_to_sender": SubStatus.RETURNING,
    "cancelled": SubStatus.CANCELLED_VOIDED,
}
_BY_REASON = {
    "carrier_damaged_parcel": SubStatus.EXCEPTION_DAMAGED,
    "carrier_parcel_lost": SubStatus.EXCEPTION_LOST,
    "carrier_sorting_error": SubStatus.DELAYED_OPERATIONS,
    "carrier_vehicle_issue": SubStatus.DELAYED_OPERATIONS,
    "carrier_delay": SubStatus.DELAYED_OPERATIONS,
    "carrier_address_not_found": SubStatus.FAILED_ADDRESS,
    "carrier_not_enough_time": SubStatus.FAILED_NO_TIME,
    "consignee_refused": SubStatus.EXCEPTION_REFUSED,
    "consignee_incorrect_address": SubStatus.EXCEPTION_ADDRESS,
    "consignee_business_closed": SubStatus.FAILED_BUSINESS_CLOSED,
    "consignee_not_available": SubStatus.FAILED_NOT_HOME,
    "consignee_not_home": SubStatus.FAILED_NOT_HOME,
    "consignee_access_restricted": SubStatus.FAILED_ACCESS,
    "consignee_verification_failed": SubStatus.FAILED_ID_CHECK,
    "customs_delay": SubStatus.DELAYED_CUSTOMS,
    "customs_inspection": SubStatus.CUSTOMS_PROCESSING,
    "customs_documentation": SubStatus.CUSTOMS_INFO_REQUIRED,
    "customs_duties_unpaid": SubStatus.EXCEPTION_PAYMENT,
    "customs_prohibited": SubStatus.EXCEPTION_PROHIBITED,
    "regulatory_hold": SubStatus.EXCEPTION_HELD,
    "weather_delay": SubStatus.DELAYED_WEATHER,
    "natural_disaster": SubStatus.DELAYED_WEATHER,
    "force_majeure": SubStatus.DELAYED_EXTERNAL,
    "delivery_exception_hold": SubStatus.EXCEPTION_HELD,
    "delivery_exception_undeliverable": SubStatus.EXCEPTION_UNSPECIFIED,
    "parcel_being_researched": SubStatus.EXCEPTION_INVESTIGATION,
    "retailer_not_ready": SubStatus.NOT_COLLECTED,
    "retailer_cancelled": SubStatus.CANCELLED_VOIDED,
    "retailer_packaging_issue": SubStatus.EXCEPTION_REJECTED,
}
STATUSES: Mapping[str, SubStatus] = {
    **_BY_STATUS,
    **{
        f"{status}/{reason}": sub
        for status in ("in_transit", "on_hold", "delivery_delayed", "delivery_failed")
        for reason, sub in _BY_REASON.items()
    },
    "delivery_failed/consignee_refused": SubStatus.FAILED_REFUSED,
    "delivery_failed/consignee_incorrect_address": SubStatus.FAILED_ADDRESS,
}
WHY = {  # the reasons of a return, and of what customs hold
    "consignee_refused": "refused",
    "consignee_incorrect_address": "address",
    "carrier_address_not_found": "address",
    "customs_delay": "customs",
    "customs_documentation": "customs",
    "regulatory_hold": "customs",
}
_UTC = ZoneInfo("UTC")
# "Los Angeles, CA" is not in Canada: two letters that are a state of the US as well as a country.
_STATES = frozenset({
    "AL", "AR", "AZ", "CA", "CO", "DE", "GA", "ID", "IL", "IN", "KY", "LA", "MA",
    "MD", "ME", "MN", "MO", "MS", "MT", "NC", "NE", "PA", "SC", "SD", "TN", "VA",
})  # fmt: skip

AGGREGATES = {
    "dhl": "dhl_universal",
    "dhl_express": "dhl_express",
    "ups": "ups",
    "fedex": "fedex",
    "usps": "usps",
    "laposte": "laposte",
    "chronopost": "chronopost",
    "dpd": "dpd",
    "royal_mail": "royalmail",
    "canada_post": "canadapost",
    "australia_post": "australiapost",
}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    return Request(f"{API}/{quote(queries[0].number, safe='')}", headers={"Accept": "application/json"})


def register(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Makes the number's tracker, or finds the one there is.

    Raises InvalidNumberError where the carrier is not known, or not to Karrio.
    """
    query = queries[0]
    carrier = AGGREGATES.get(query.carrier)
    if carrier is None and query.carrier:
        raise InvalidNumberError("Karrio does not track parcels of this carrier.")
    if carrier is None:
        raise InvalidNumberError("Karrio cannot tell whose number this is: the parcel needs its carrier.")
    return Request(
        API,
        "POST",
        params={"pending_pickup": "true"},  # also where the carrier does not know it yet
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps({"carrier_name": carrier, "tracking_number": query.number}).encode(),
    )


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the webhook's secret is ours; the body is not signed. Without a secret nothing is genuine."""
    return signatures.is_same(signatures.header(headers, "x-event-id"), secrets.get("webhook_secret", ""))


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if not ok(reply):
        return [_refused(reply, payload)]
    if "results" in payload:
        told = [_answer(item) for item in objs(payload["results"])]
        return told or [Answer("", Outcome.NOT_REGISTERED)]
    if "event" not in payload:
        return [_answer(payload)]
    # There are pushes of shipments and orders too.
    return [_answer(obj(payload.get("data")))] if text(payload["event"], 40).startswith("tracker") else []


def _refused(reply: Reply, payload: Mapping[str, Json]) -> Answer:
    """A number without a tracker is an answer. Raises what the rest means."""
    told = objs(payload.get("errors")) + objs(payload.get("messages"))
    detail = text(told[0].get("message")) if told else text(payload.get("detail"))
    if reply.status == 404:
        return Answer("", Outcome.NOT_REGISTERED, detail=detail)
    if reply.status == 424:
        raise (NotFoundError if "not found" in detail.lower() else TransientError)(detail)
    if reply.status == 400:
        raise InvalidNumberError(detail)
    raise error_for(reply, detail)


def _answer(item: Mapping[str, Json]) -> Answer:
    number, info = text(item.get("tracking_number"), 64), obj(item.get("info"))
    if not number:
        raise BadResponseError("A tracker has no number.")
    told = objs(item.get("events"))
    goes_to = country(info.get("shipment_destination_country"))
    scans = [scan for event in reversed(told) if (scan := _scan(event, goes_to))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    if not scans:
        return Answer(number, Outcome.NOT_FOUND)
    scans.sort(key=lambda scan: scan.at)
    if not scans[-1].raw["status"]:
        scans[-1] = scans[-1]._replace(reading=_BY_STATUS.get(text(item.get("status"), 40)))
    when = zones.moment(text(item.get("estimated_delivery"), 40), "", "", _UTC)
    eta = Eta(when[0].date(), when[0].date()) if when else None
    return Answer(number, scans=tuple(scans), eta=eta, signed_by=text(info.get("signed_by"), 120))


def _scan(event: Mapping[str, Json], goes_to: str) -> Scan | None:
    place = text(event.get("location"), 120)
    land = _country(place, goes_to)
    said_at = text(event.get("timestamp"), 40) or _wall(event)
    when = _moment(said_at, land)
    if when is None:
        return None
    status, reason = text(event.get("status"), 40), text(event.get("reason"), 60)
    status = "" if status == "unknown" else status
    said = text(event.get("description"))
    code = f"{status}/{reason}" if reason and reason != "unknown" else status
    return Scan(
        at=when[0],
        code=code if status else as_code(said),
        text=said,
        place=place,
        country=land,
        reading=None if code in STATUSES else STATUSES.get(status),
        reason=WHY.get(reason, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"status": status, "carrier_code": text(event.get("code"), 60)},
    )


def _moment(said_at: str, land: str) -> tuple[datetime, ZoneSource] | None:
    """Z and no offset are the wall clock of the place; any other offset is believed."""
    return zones.moment(said_at.removesuffix("Z"), land, "", _UTC)


def _wall(event: Mapping[str, Json]) -> str:
    """`2026-05-06` and `01:18 PM`, where there is no timestamp."""
    clock, _, half = text(event.get("time"), 12).upper().partition(" ")
    hour, _, minute = clock.partition(":")
    if hour.isascii() and hour.isdecimal() and half in ("AM", "PM"):
        clock = f"{int(hour) % 12 + (12 if half == 'PM' else 0):02}:{minute}"
    return f"{text(event.get('date'), 10)}T{clock or '00:00'}"


def _country(place: str, goes_to: str) -> str:
    """The last part of the place, unless that may be one of the United States."""
    parts: list[Any] = place.split(",")
    land = country(parts[-1]) if len(parts) > 1 else ""
    return "" if len(parts) == 2 and land in _STATES and land != goes_to else land


CARRIER = Carrier(
    code="karrio",
    name="Karrio",
    docs="https://docs.karrio.io/reference/api/trackers",
    endpoint=f"{API}/{{number}}",
    auth=ApiKey(
        header="Authorization",
        prefix="Token ",
        secrets=(
            Secret("api_key", _("API key")),
            Secret(
                "webhook_secret",
                _("Webhook secret"),
                help=_("Pushes are heeded only with it."),
                required=False,
            ),
        ),
    ),
    parse=parse,
    build=build,
    register=register,
    verify=verify,
    push=Trust.SHARED,
    statuses=STATUSES,
    limits=Limits(per_second=5.0),
    aggregates=AGGREGATES,
    needs_carrier=True,
    address_setting="KARRIO_URL",
    notes=(
        _("Karrio is yours to run: KARRIO_URL holds its address, and the carriers are connected there."),
        _(
            "Karrio does not find out whose a number is: only parcels whose carrier is known can be tracked through it."
        ),
        _(
            "Times come as the carrier's wall clock: the clock of the place is assumed, where its country is told."
        ),
    ),
)
