"""UPS Track v1, as its server speaks: OAuth2 tokens first, then one number a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from carriers.simulator.changes import Asked, Ruling, day_of, decide
from carriers.simulator.networks.ups import is_own as is_ups
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.places import Place
from carriers.simulator.watching import Registration
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import (
    Ask,
    Call,
    Line,
    News,
    Reply,
    Wire,
    basic_auth,
    is_refused,
    json_body,
    json_reply,
)
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
TOKEN_PATH = "/security/v1/oauth/token"  # noqa: S105  a path, not a secret
TRACK_PATH = "/api/track/v1/details/"
ALERT_PATH = "/api/track/v2/subscription/standard/package"
INTERCEPT_PATH = "/api/deliveryintercept/v2/"
INTERCEPTS = {"redirect/address": "AA", "reschedule": "FD"}
MOST_ALERTS = 100
TOKEN_LIFETIME_S = 14_399
_ERRORS = {
    403: ("10403", "Your request has been blocked."),
    429: ("10429", "Too many requests."),
    500: ("10004", "The service is unavailable, please try again later."),
}

_NO = {
    Ruling.OUT: ("605", "The package is already out for delivery."),
    Ruling.OVER: ("606", "The package has been delivered."),
    Ruling.NO_SUNDAY: ("611", "The requested delivery date is not available."),
    Ruling.ABROAD: ("607", "The new address is not in the destination country."),
    Ruling.UNWILLING: ("604", "The shipment is not eligible for this change."),
}

# Code: UPS's type, its two-character activity code, its three-digit status code.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("M MP 003", "Shipper created a label, UPS has not received the package yet. "),
    S.PICKED_UP: Line("P PU 038", "Pickup Scan", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line("I DP 005", "Departed from Facility", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("I YP 010", "Processing at UPS Facility", (S.IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("I DS 005", "Destination Scan", (S.IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("I EX 005", "Export Scan", (S.IN_TRANSIT,)),
    S.ARRIVED_COUNTRY: Line("I IP 005", "Import Scan", (S.IN_TRANSIT,)),
    S.CUSTOMS_PROCESSING: Line("I CP 012", "Your package is pending clearance with customs."),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "X 29 058",
        "Customs needs more information before the package can be released.",
        (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS),
    ),
    S.CUSTOMS_CLEARED: Line("I CL 014", "Your package has cleared customs and is on the way."),
    S.ON_VEHICLE: Line("I OT 021", "Out For Delivery Today"),
    S.FAILED_NOT_HOME: Line(
        "X 48 022",
        "The receiver was not available for delivery. We'll make a second attempt.",
        (S.FAILED_OTHER,),
    ),
    S.PICKUP_POINT: Line("I 2Q 040", "Ready for customer pickup"),
    S.DELIVERED: Line("D KB 011", "DELIVERED"),
    S.DELIVERED_COLLECTED: Line("D KB 011", "Package was picked up by the customer", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "X AX 069", "The customer did not collect the package in time.", (S.EXCEPTION_UNSPECIFIED,)
    ),
    S.RETURNING: Line("X 24 035", "Returning to Sender"),
    S.RETURNED: Line("D TU 034", "Returned to Sender"),
    S.DELAYED_WEATHER: Line("X 7V 052", "Severe weather conditions have delayed delivery."),
    S.DELAYED_OPERATIONS: Line("X 7Y 046", "The package was delayed in our network.", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line(
        "X LD 068", "An investigation has been opened to locate the package.", (S.EXCEPTION_LOST,)
    ),
    S.EXCEPTION_LOST: Line("X 93 013", "The package is lost. The sender has been notified."),
    S.EXCEPTION_DAMAGED: Line("X 25 059", "The package has been damaged. The sender has been notified."),
    S.EXCEPTION_REFUSED: Line("X AM 064", "The receiver refused the delivery.", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path == TOKEN_PATH and ask.method == "POST":
        return _token(ask, world.now())
    if ask.path == ALERT_PATH and ask.method == "POST":
        return _subscription(ask, world)
    if ask.path.startswith(INTERCEPT_PATH) and ask.method == "POST":
        return _intercept(ask, world)
    if not ask.path.startswith(TRACK_PATH) or ask.method != "GET":
        return _error(404, "10404", "The resource was not found.")
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return _error(401, "250002", "Invalid Authentication Information.")
    if not ask.headers.get("transid") or not ask.headers.get("transactionsrc"):
        return _error(400, "TV0010", "The transId and transactionSrc headers are required.")
    number = ask.path.removeprefix(TRACK_PATH)
    if not 7 <= len(number) <= 34 or (number.startswith("1Z") and not is_ups(number)):
        return _error(400, "TV1002", "Invalid inquiry number.")
    view = world.view("ups", number, ask.quirks)
    if view is not None:
        return json_reply({"trackResponse": {"shipment": [_shipment(view, ask)]}})
    if ask.has(Quirk.SHAPE):
        warning = {"code": "TW0001", "message": "Tracking Information Not Found"}
        return json_reply({"trackResponse": {"shipment": [{"inquiryNumber": number, "warnings": [warning]}]}})
    return _error(404, "TV1003", "Tracking Information Not Found")


def _subscription(ask: Ask, world: World) -> Reply:
    """Track Alert: up to a hundred numbers; those that are none of UPS's are named."""
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return _error(401, "250002", "Invalid Authentication Information.")
    try:
        numbers = json.loads(ask.body)["trackingNumberList"]
    except (ValueError, TypeError, KeyError):
        return _error(400, "VSS002", "Missing request body.")
    if not isinstance(numbers, list) or not 0 < len(numbers) <= MOST_ALERTS:
        return _error(400, "VSS215", "The list holds 1 to 100 tracking numbers.")
    valid = [number for number in numbers if isinstance(number, str) and is_ups(number)]
    client = tokens.client_of(tokens.bearer(ask))
    for number in valid:
        if world.watching.registration("ups", client, number) is None:
            world.follow(Registration("ups", client, number, world.now().timestamp()), from_now=True)
    return json_reply(
        {
            "validTrackingNumbers": valid,
            "invalidTrackingNumbers": [number for number in numbers if number not in valid],
        }
    )


def _intercept(ask: Ask, world: World) -> Reply:
    """Delivery Intercept: another address, another day, for the shipper's own packages."""
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return _error(401, "250002", "Invalid Authentication Information.")
    action, _, number = ask.path.removeprefix(INTERCEPT_PATH).rpartition("/")
    try:
        said = json.loads(ask.body)
        kind = said["requestType"]
        country = str(said.get("newDeliveryAddress", {}).get("addressInfo", {}).get("countryCode", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return _error(400, "0006", "The request body is not valid.")
    reference = ask.headers.get("transid", "")
    if INTERCEPTS.get(action) != kind or not 3 <= len(reference) <= 14 or not is_ups(number):
        return _error(400, "0006", "The request is not valid.")
    view = world.view("ups", number, ask.quirks)
    if view is None:
        return _error(404, "TV1003", "Tracking Information Not Found")
    asked = Asked(reference, country, day_of(said.get("deliveryDate")))
    ruling = decide(world.store, view, asked, ask.quirks, said)
    if ruling is Ruling.DONE:
        result = {"transactionId": f"T{number[-9:]}", "statusCode": "000", "statusMsg": "Success"}
        return json_reply({**result, "success": True, "errors": [], "warnings": {}})
    code, message = _NO[ruling]
    fault = {"transactionId": "", "statusCode": code, "statusMsg": "Failure", "success": False}
    return json_reply({**fault, "errors": [{"code": code, "message": message}], "warnings": {}}, 400)


def push(news: News) -> Sequence[Call]:
    """A Track Alert for each scan, flat and without the history. Nothing is signed: the app's key is shown."""
    if news.view is None:
        return []
    shown = {"x-api-key": news.hook.secret} if news.hook.secret else {}
    headers = {"User-Agent": "UPSPubSubTrackingService", **shown}
    return [Call(json_body(_alert(told, news.view)), headers) for told in news.fresh]


def _alert(told: Told, view: View) -> Json:
    line, place = LINES[told.kind], told.place
    kind, code, status_code = line.code.split()
    is_delivered = told.kind.status is Status.DELIVERED
    delivered = told.local if is_delivered else None
    return {
        "trackingNumber": view.parcel.number,
        "localActivityDate": f"{told.local:%Y%m%d}",
        "localActivityTime": f"{told.local:%H%M%S}",
        "activityLocation": {
            "city": place.name.upper(),
            "stateProvince": "",
            "postalCode": place.postal_code,
            "country": place.country,
        },
        "activityStatus": {
            "type": kind,
            "code": code,
            "description": line.text,
            "descriptionCode": status_code,
        },
        "scheduledDeliveryDate": f"{view.eta:%Y%m%d}" if view.eta else "",
        "actualDeliveryDate": f"{delivered:%Y%m%d}" if delivered else "",
        "actualDeliveryTime": f"{delivered:%H%M%S}" if delivered else "",
        "gmtActivityDate": f"{told.at:%Y%m%d}",
        "gmtActivityTime": f"{told.at:%H%M%S}",
        "gmtOffset": told.local.isoformat()[-6:].replace(":", "."),
        "deliveryStartTime": "",
        "deliveryEndTime": "",
        "deliveryTimeDescription": "Delivered" if is_delivered else "",
        "deliveryPhoto": "",
        "alternateTrackingNumber": "",
        "receivedBy": "N. VIDAL" if is_delivered else "",
    }


def refuse(status: int) -> Reply:
    return _error(status, *_ERRORS.get(status, _ERRORS[500]))


def _error(status: int, code: str, message: str) -> Reply:
    return json_reply({"response": {"errors": [{"code": code, "message": message}]}}, status)


def _token(ask: Ask, now: datetime) -> Reply:
    client, secret = basic_auth(ask)
    if is_refused(client) or is_refused(secret):
        return _error(401, "250002", "Invalid Authentication Information.")
    if tokens.form_of(ask).get("grant_type") != "client_credentials":
        return _error(400, "10400", "The grant_type must be client_credentials.")
    return json_reply(
        {
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1000)),
            "client_id": client,
            "access_token": tokens.issued(now, TOKEN_LIFETIME_S, client),
            "scope": "",
            "expires_in": str(TOKEN_LIFETIME_S),
            "refresh_count": "0",
            "status": "approved",
        }
    )


def _shipment(view: View, ask: Ask) -> Json:
    number = view.parcel.number
    return {"inquiryNumber": number, "package": [_package(view, ask)], "userRelation": ["SHIPPER"]}


def _package(view: View, ask: Ask) -> Json:
    number, route, latest = view.parcel.number, view.parcel.route, view.latest
    line = LINES[latest.kind]
    kind, _, status_code = line.code.split()
    package = {
        "trackingNumber": number,
        "currentStatus": {
            "description": line.text,
            "code": status_code,
            "statusCode": status_code,
            "type": kind,
            "simplifiedTextDescription": line.text.strip(),
        },
        "statusCode": status_code,
        "statusDescription": line.text,
        "activity": [_activity(told, ask) for told in view.newest_first],
        "packageAddress": [_address("ORIGIN", route.origin), _address("DESTINATION", route.destination)],
        "weight": {"unitOfMeasurement": "KGS", "weight": "2.10"},
        "service": {"code": "011", "levelCode": "011", "description": "UPS Standard®"},
        "referenceNumber": [{"type": "SHIPMENT", "number": view.parcel.reference}],
        "packageCount": 1,
    }
    package |= _delivery(view)
    if view.pickup_until is not None:
        package["accessPointInformation"] = {"pickupByDate": f"{view.pickup_until:%Y%m%d}"}
    return package


def _delivery(view: View) -> dict[str, Json]:
    latest = view.latest
    if latest.kind.status is Status.DELIVERED:
        return {
            "deliveryDate": [{"type": "DEL", "date": f"{latest.local:%Y%m%d}"}],
            "deliveryTime": {"type": "DEL", "endTime": f"{latest.local:%H%M%S}"},
            "deliveryInformation": {"receivedBy": "", "location": ""},
        }
    if view.eta is None:
        return {}
    rescheduled = latest.kind.status is Status.FAILED_ATTEMPT or latest.kind is S.DELAYED_OPERATIONS
    start = view.eta.replace(minute=0, second=0)
    end = min(start + timedelta(hours=2), start.replace(hour=23, minute=59))
    return {
        "deliveryDate": [{"type": "RDD" if rescheduled else "SDD", "date": f"{view.eta:%Y%m%d}"}],
        "deliveryTime": {"type": "EDW", "startTime": f"{start:%H%M%S}", "endTime": f"{end:%H%M%S}"},
    }


def _activity(told: Told, ask: Ask) -> Json:
    line = LINES[told.kind]
    kind, code, status_code = line.code.split()
    gmt_time = f"{told.at:%H%M%S}" if ask.has(Quirk.SHAPE) else f"{told.at:%H:%M:%S}"
    activity = {
        "location": {
            "address": {
                # Before it has the parcel, UPS knows the country alone.
                "city": "" if told.kind is S.LABEL_CREATED else told.place.name,
                "stateProvince": "",
                "postalCode": "" if told.kind is S.LABEL_CREATED else told.place.postal_code,
                "countryCode": told.place.country,
                "country": told.place.country,
            },
            "slic": "4611",
        },
        "status": {
            "type": kind,
            "description": line.text,
            "code": code,
            "statusCode": status_code,
            "simplifiedTextDescription": line.text.strip(),
        },
        "date": f"{told.local:%Y%m%d}",
        "time": f"{told.local:%H%M%S}",
    }
    if not ask.has(Quirk.MISSING_ZONE):
        offset = told.local.isoformat()[-6:]
        activity |= {"gmtDate": f"{told.at:%Y%m%d}", "gmtOffset": offset, "gmtTime": gmt_time}
    return activity


def _address(kind: str, place: Place) -> Json:
    country = place.country
    return {
        "type": kind,
        "address": {"city": place.name.upper(), "countryCode": country, "country": country},
    }


WIRE = Wire(
    code="ups",
    name="UPS",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
    push=push,
)
