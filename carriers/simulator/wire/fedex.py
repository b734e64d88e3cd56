"""FedEx Track v1, as its server speaks: OAuth2 tokens first, then thirty numbers a call, each with its own error."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from carriers.simulator.networks.fedex import is_own
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.places import Place
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import Ask, Call, Line, News, Reply, Wire, json_body, json_reply
from carriers.simulator.wire.signing import in_base64
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
TOKEN_PATH, TRACK_PATH = "/oauth/token", "/track/v1/trackingnumbers"
TOKEN_LIFETIME_S = 3599
PER_CALL = 30
_TRANSACTION = "0b7c8a1e-57f2-4d0e-9f0c-1b0f6f2f8a31"
_MEMPHIS = timezone(
    timedelta(hours=-5)
)  # its computers write what comes before the parcel by their own clock
_ERRORS = {
    400: ("INVALID.INPUT.EXCEPTION", "Invalid field value in the input."),
    401: ("NOT.AUTHORIZED.ERROR", "Access token expired. Please modify your request and try again."),
    403: ("FORBIDDEN.ERROR", "We could not authorize your credentials."),
    404: ("NOT.FOUND.ERROR", "The resource you requested is no longer available."),
    429: (
        "TOO.MANY.REQUESTS.ERROR",
        "The request limit has been reached. Please try again after midnight GMT.",
    ),
    500: (
        "INTERNAL.SERVER.ERROR",
        "We encountered an unexpected error and are working to resolve the issue.",
    ),
}
_COUNTRIES = {
    "ES": "Spain",
    "FR": "France",
    "DE": "Germany",
    "IT": "Italy",
    "US": "United States",
    "CN": "China",
}
# Kinds of step that come with why it is late.
_DELAYS = {
    S.DELAYED_WEATHER: "WEATHER",
    S.DELAYED_OPERATIONS: "OPERATIONAL",
    S.CUSTOMS_INFO_REQUIRED: "CLEARANCE",
}

# Code: FedEx's event type, the status derived from it, and the exception's code where there is one.
# Text: the event, a bar, the exception.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("OC IN", "Shipment information sent to FedEx"),
    S.PICKED_UP: Line("PU PU", "Picked up"),
    S.DEPARTED_FACILITY: Line("DP IT", "Departed FedEx location", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("AR IT", "Arrived at FedEx location", (S.ARRIVED_FACILITY, S.IN_TRANSIT)),
    S.AT_DELIVERY_DEPOT: Line("AF IT", "At local FedEx facility", (S.ARRIVED_FACILITY, S.IN_TRANSIT)),
    S.DEPARTED_COUNTRY: Line("LO IT", "Left FedEx origin facility", (S.DEPARTED_FACILITY, S.IN_TRANSIT)),
    S.ARRIVED_COUNTRY: Line(
        "FD IT", "At FedEx destination facility", (S.ARRIVED_FACILITY, S.AT_DELIVERY_DEPOT, S.IN_TRANSIT)
    ),
    S.CUSTOMS_PROCESSING: Line("CP CP", "Clearance in progress"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "CD CD",
        "Clearance delay|Customs requires further information",
        (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING),
    ),
    S.CUSTOMS_CLEARED: Line(
        "CC CC", "International shipment release - Import", (S.CUSTOMS_PROCESSING, S.IN_TRANSIT)
    ),
    S.ON_VEHICLE: Line("OD IT", "On FedEx vehicle for delivery"),
    S.FAILED_NOT_HOME: Line("DE DE 08", "Delivery exception|Recipient not in", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line("HL HL", "Ready for recipient pickup", (S.PICKUP_DEPOT, S.PICKUP_STORE)),
    # Whoever takes it signs, which a reader may fairly say.
    S.DELIVERED: Line("DL DL", "Delivered", (S.DELIVERED_SIGNED,)),
    S.DELIVERED_COLLECTED: Line("DL DL", "Delivered", (S.DELIVERED, S.DELIVERED_SIGNED)),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "SE SE", "Shipment exception|Package not claimed by the recipient", (S.EXCEPTION_UNSPECIFIED,)
    ),
    S.RETURNING: Line("RS RS", "Returning package to shipper"),
    S.RETURNED: Line("DL DL", "Delivered|Package returned to shipper"),
    S.DELAYED_WEATHER: Line("DY DY", "Delay|Weather delay", (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL)),
    S.DELAYED_OPERATIONS: Line("DY DY", "Delay|Operational delay", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line(
        "SE SE", "Shipment exception|Package is under investigation", (S.EXCEPTION_UNSPECIFIED,)
    ),
    S.EXCEPTION_LOST: Line("SE SE", "Shipment exception|Package is lost", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_DAMAGED: Line("SE SE 010", "Shipment exception|Damaged, delivery not completed"),
    S.EXCEPTION_REFUSED: Line("DE DE 001", "Delivery exception|Refused by recipient", (S.FAILED_REFUSED,)),
}
_DERIVED = {
    "IN": "Label created",
    "PU": "Picked up",
    "IT": "In transit",
    "DL": "Delivered",
    "DE": "Delivery exception",
}
_SEEN_AT = {
    "OC": "CUSTOMER",
    "PU": "PICKUP_LOCATION",
    "OD": "VEHICLE",
    "AR": "SORT_FACILITY",
    "DL": "DELIVERY_LOCATION",
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path == TOKEN_PATH and ask.method == "POST":
        return _token(ask, world.now())
    if ask.path != TRACK_PATH or ask.method != "POST":
        return refuse(404)
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    numbers = _asked(ask.body)
    if not 0 < len(numbers) <= PER_CALL:
        return refuse(400)
    for number in numbers:
        world.heard_of("fedex", tokens.client_of(tokens.bearer(ask)), number)
    results = [{"trackingNumber": number, "trackResults": _results(number, ask, world)} for number in numbers]
    return json_reply({"transactionId": _TRANSACTION, "output": {"completeTrackResults": results}})


def refuse(status: int) -> Reply:
    code, message = _ERRORS.get(status, _ERRORS[500])
    payload = {"transactionId": _TRANSACTION, "errors": [{"code": code, "message": message}]}
    return json_reply(payload, status)


def push(news: News) -> Sequence[Call]:
    """The result that an answer would hold."""
    if news.view is None:
        return []
    result = {"trackingNumber": news.number, "trackResults": [_result(news.view, news.ask)]}
    output = {"outputMetaData": {}, "completeTrackResults": [result]}
    body = json_body({"transactionId": _TRANSACTION, "output": output})
    return [Call(body, {"fdx-signature": in_base64(news.hook.secret, body)})]


def _token(ask: Ask, now: datetime) -> Reply:
    if tokens.form_of(ask).get("grant_type") != "client_credentials":
        return refuse(400)
    if not tokens.is_client(ask):
        return refuse(401)
    token = tokens.issued(now, TOKEN_LIFETIME_S, tokens.client_in(ask))
    return json_reply(
        {"access_token": token, "token_type": "bearer", "expires_in": TOKEN_LIFETIME_S, "scope": "CXS-TP"}
    )


def _asked(body: bytes) -> list[str]:
    """The numbers the request names; none where it is not what FedEx asks for."""
    try:
        asked = json.loads(body)["trackingInfo"]
        return [str(one["trackingNumberInfo"]["trackingNumber"]) for one in asked]
    except (ValueError, KeyError, TypeError):
        return []


def _results(number: str, ask: Ask, world: World) -> list[Json]:
    view = world.view("fedex", number, ask.quirks)
    if view is None:
        kind = "NOTFOUND" if is_own(number) else "INVALID"
        code = "TRACKING.DATA.NOTFOUND" if ask.has(Quirk.SHAPE) else f"TRACKING.TRACKINGNUMBER.{kind}"
        message = "Tracking number cannot be found. Please correct the tracking number and try again."
        named = {"trackingNumber": number, "trackingNumberUniqueId": "", "carrierCode": ""}
        return [{"trackingNumberInfo": named, "error": {"code": code, "message": message}}]
    result = _result(view, ask)
    # Numbers come round again after two years: then the parcel of that time is told of too.
    return [_predecessor(result, view), result] if ask.has(Quirk.SHAPE) else [result]


def _result(view: View, ask: Ask) -> dict[str, Json]:
    number, route, latest = view.parcel.number, view.parcel.route, view.latest
    references = [{"type": "CUSTOMER_REFERENCE", "values": [view.parcel.reference]}]
    result: dict[str, Json] = {
        "trackingNumberInfo": {
            "trackingNumber": number,
            "trackingNumberUniqueId": f"12029~{number}~FDXE",
            "carrierCode": "FDXE",
        },
        "additionalTrackingInfo": {"nickname": "", "packageIdentifiers": references},
        "shipperInformation": {
            "contact": {"companyName": "CERAMICA EL FARO"},
            "address": _address(route.origin),
        },
        "recipientInformation": {
            "contact": {"personName": "NURIA VIDAL"},
            "address": _address(route.destination) | {"streetLines": ["CALLE MAYOR 1"]},
        },
        "latestStatusDetail": _latest(latest),
        "dateAndTimes": _dates(view),
        "availableImages": [],
        "packageDetails": {"sequenceNumber": "1", "count": "1"},
        "shipmentDetails": {"possessionStatus": True},
        "scanEvents": [_event(told, ask) for told in view.newest_first],
        "deliveryDetails": {"deliveryAttempts": "0"},
        "serviceDetail": {"type": "INTERNATIONAL_PRIORITY", "description": "FedEx International Priority"},
    }
    if latest.kind.status is Status.DELIVERED:
        result["availableImages"] = [{"type": "SIGNATURE_PROOF_OF_DELIVERY", "size": "LARGE"}]
        signed = {"receivedByName": "N.VIDAL", "signedByName": "N.VIDAL"}
        result["deliveryDetails"] = signed | {"deliveryAttempts": "0"}
    if view.eta is not None:
        window = {
            "begins": (view.eta - timedelta(hours=1)).isoformat(),
            "ends": (view.eta + timedelta(hours=2)).isoformat(),
        }
        result["estimatedDeliveryTimeWindow"] = {"window": window, "type": "ESTIMATED_DELIVERY"}
    if view.pickup_until is not None:
        place = _address(latest.place)
        result["holdAtLocation"] = {"locationId": "LYSA", "locationContactAndAddress": {"address": place}}
    return result


def _predecessor(result: dict[str, Json], view: View) -> Json:
    first = min(told.local for told in view.scans) - timedelta(days=730)
    number = view.parcel.number
    named = {
        "trackingNumber": number,
        "trackingNumberUniqueId": f"12027~{number}~FDXE",
        "carrierCode": "FDXE",
    }
    event = {
        "date": first.isoformat(),
        "eventType": "DL",
        "eventDescription": "Delivered",
        "derivedStatusCode": "DL",
    }
    dates = [{"type": "ACTUAL_DELIVERY", "dateTime": first.isoformat()}]
    older = {"trackingNumberInfo": named, "scanEvents": [event], "dateAndTimes": dates}
    return {**result, **older, "estimatedDeliveryTimeWindow": {}}


def _latest(told: Told) -> Json:
    kind, derived, reason, said, why = _words(told)
    detail: dict[str, Json] = {
        "code": kind,
        "derivedCode": derived,
        "statusByLocale": _DERIVED.get(derived, said),
        "description": said,
        "scanLocation": _address(told.place),
        "ancillaryDetails": [{"reason": reason, "reasonDescription": why}] if why else [],
    }
    if told.kind in _DELAYS:
        detail["delayDetail"] = {"type": _DELAYS[told.kind], "status": "DELAYED"}
    return detail


def _dates(view: View) -> list[Json]:
    dates = {"SHIP": f"{view.scans[0].local:%Y-%m-%d}T00:00:00-06:00"}  # a day, written as a time
    for told in view.scans:
        if told.kind is S.PICKED_UP:
            dates["ACTUAL_PICKUP"] = told.local.isoformat()
    if view.latest.kind.status is Status.DELIVERED:
        dates["ACTUAL_DELIVERY"] = view.latest.local.isoformat()
    if view.eta is not None:
        dates["ESTIMATED_DELIVERY"] = view.eta.isoformat()
    return [{"type": kind, "dateTime": at} for kind, at in dates.items()]


def _event(told: Told, ask: Ask) -> Json:
    kind, derived, reason, said, why = _words(told)
    at = told.at.astimezone(_MEMPHIS) if told.kind is S.LABEL_CREATED else told.local
    place = _address(told.place)
    if ask.has(Quirk.MISSING_ZONE):
        at = told.local.replace(tzinfo=None)
    event: dict[str, Json] = {
        "date": at.isoformat(),
        "eventType": kind,
        "eventDescription": said,
        "exceptionCode": reason,
        "exceptionDescription": why,
        "scanLocation": place | {"city": ""} if told.kind is S.LABEL_CREATED else place,
        "locationType": _SEEN_AT.get(kind, "FEDEX_FACILITY"),
        "derivedStatus": _DERIVED.get(derived, said),
        "derivedStatusCode": derived,
    }
    if told.kind in _DELAYS:
        event["delayDetail"] = {"type": _DELAYS[told.kind], "status": "DELAYED"}
    return event


def _words(told: Told) -> tuple[str, str, str, str, str]:
    """Event type, derived status, exception code, what it says, why."""
    line = LINES[told.kind]
    kind, derived, *reason = line.code.split()
    said, _, why = line.text.partition("|")
    return kind, derived, "".join(reason), said, why


def _address(place: Place) -> dict[str, Json]:
    return {
        "streetLines": [""],
        "city": place.name,
        "stateOrProvinceCode": "",
        "postalCode": "",
        "countryCode": place.country,
        "countryName": _COUNTRIES.get(place.country, ""),
        "residential": False,
    }


WIRE = Wire(
    code="fedex",
    name="FedEx",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
    per_second=140,
    push=push,
)
