"""Royal Mail Tracking v2, as its server speaks: two headers sign in, one item's events or many items' summaries."""

from __future__ import annotations

import re
from datetime import timedelta

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
_EVENTS = re.compile(r"/mailpieces/v2/(?P<item>[^/]+)/events")
SUMMARIES = "/mailpieces/v2/summary"
PER_CALL = 30
_REFUSALS = {
    400: ("Bad Request", "E1308", "The item cannot be tracked", "The reference is not one of a tracked item"),
    401: ("Unauthorized", "E0014", "Invalid client id or secret.", "The client is not registered"),
    404: (
        "Not Found",
        "E1142",
        "Barcode reference not recognised",
        "A mail item with that barcode cannot be located",
    ),
    406: ("Not Acceptable", "E0005", "The terms have not been accepted", "X-Accept-RMG-Terms is not yes"),
    429: ("Too Many Requests", "E0010", "Too many requests", "The plan's limit has been reached"),
    500: ("Internal Server Error", "E0009", "Internal server error", "The service failed"),
}
_NO_DATA = ("Not Found", "E1144", "No tracking data is available", "The item has not been scanned yet")

# Code: the event's, a bar, the category of an item that has got there. Royal Mail lists its codes nowhere: those
# from EVX on stand for the many that only their words explain.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("EVAIP|PRE ADVICE", "Sender despatching item"),
    S.PICKED_UP: Line(
        "EVXPU|ACCEPTED", "Item received from the sender", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.DEPARTED_FACILITY: Line("EVNMI|IN TRANSIT", "Forwarded to Mail Centre", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line(
        "EVXMC|IN TRANSIT",
        "Item processed at Mail Centre",
        (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT),
    ),
    S.AT_DELIVERY_DEPOT: Line(
        "EVXDO|IN TRANSIT",
        "Arrived at Delivery Office",
        (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT),
    ),
    S.DEPARTED_COUNTRY: Line(
        "EVXEX|IN TRANSIT", "Item left the country of origin", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.ARRIVED_COUNTRY: Line(
        "EVXIM|IN TRANSIT",
        "Item arrived in the United Kingdom",
        (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT),
    ),
    S.CUSTOMS_PROCESSING: Line(
        "EVXCI|IN TRANSIT", "Item presented to customs", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "EVXCH|IN TRANSIT",
        "Held by customs: further information required",
        (S.IN_TRANSIT, S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING, S.UNMAPPED_EXCEPTION),
    ),
    S.CUSTOMS_CLEARED: Line(
        "EVXCR|IN TRANSIT", "Released by customs", (S.IN_TRANSIT, S.CUSTOMS_PROCESSING, S.UNMAPPED_IN_TRANSIT)
    ),
    S.ON_VEHICLE: Line("EVGPD|IN TRANSIT", "Due to be delivered today"),
    S.FAILED_NOT_HOME: Line("EVNRT|DELIVERY ATTEMPTED", "Attempted delivery - no answer", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line(
        "EVPLC|AVAILABLE FOR COLLECTION",
        "Available for collection at the Customer Service Point",
        (S.PICKUP_DEPOT, S.PICKUP_STORE),
    ),
    S.DELIVERED: Line("EVKSP|DELIVERED", "Delivered by Postman / Customer", (S.DELIVERED_SIGNED,)),
    S.DELIVERED_COLLECTED: Line(
        "EVKOP|DELIVERED", "Delivered: collected by the customer", (S.DELIVERED, S.DELIVERED_SIGNED)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "EVXNC|IN TRANSIT",
        "Item not collected by the recipient",
        (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION),
    ),
    S.RETURNING: Line("EVXRT|IN TRANSIT", "Item being returned to sender", (S.UNMAPPED_RETURNING,)),
    S.RETURNED: Line("EVXRS|RETURNED", "Item returned to sender", (S.RETURNING, S.UNMAPPED_RETURNED)),
    S.DELAYED_WEATHER: Line(
        "EVXWE|IN TRANSIT",
        "Delayed by severe weather",
        (S.IN_TRANSIT, S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL, S.UNMAPPED_IN_TRANSIT),
    ),
    S.DELAYED_OPERATIONS: Line(
        "EVXDE|IN TRANSIT", "Item delayed", (S.IN_TRANSIT, S.DELAYED_EXTERNAL, S.UNMAPPED_IN_TRANSIT)
    ),
    S.EXCEPTION_INVESTIGATION: Line(
        "EVXIN|IN TRANSIT", "Item under investigation", (S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_LOST: Line(
        "EVXLO|IN TRANSIT", "Item declared lost", (S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_DAMAGED: Line(
        "EVXDA|IN TRANSIT", "Item damaged", (S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_REFUSED: Line(
        "EVXRF|DELIVERY ATTEMPTED",
        "Item refused by the recipient",
        (S.FAILED_REFUSED, S.FAILED_OTHER, S.UNMAPPED_EXCEPTION),
    ),
}


def answer(ask: Ask, world: World) -> Reply:
    if any(is_refused(ask.headers.get(f"x-ibm-client-{half}", "")) for half in ("id", "secret")):
        return refuse(401)
    if ask.headers.get("x-accept-rmg-terms", "").lower() != "yes":
        return refuse(406)
    if ask.path == SUMMARIES and ask.method == "GET":
        return _summaries(ask, world)
    asked = _EVENTS.fullmatch(ask.path)
    if asked is None or ask.method != "GET":
        return refuse(404)
    view = world.view("royal_mail", asked["item"], ask.quirks)
    if view is None:
        return _refusal(404, *_NO_DATA) if ask.has(Quirk.SHAPE) else refuse(404)
    return json_reply({"mailPieces": _item(view, ask)})


def refuse(status: int) -> Reply:
    return _refusal(status, *_REFUSALS.get(status, _REFUSALS[500]))


def _refusal(status: int, message: str, code: str, description: str, cause: str) -> Reply:
    error = {
        "errorCode": code,
        "errorDescription": description,
        "errorCause": cause,
        "errorResolution": "Check and resubmit",
    }
    told = {"httpCode": str(status), "httpMessage": message, "moreInformation": "", "errors": [error]}
    return json_reply(told, status)


def _summaries(ask: Ask, world: World) -> Reply:
    """The newest event of up to thirty items; an item that is not known carries its error."""
    items = [item for item in ask.query.get("mailPieceId", "").split(",") if item]
    if not 0 < len(items) <= PER_CALL:
        return refuse(400)
    told: list[Json] = []
    for item in items:
        view = world.view("royal_mail", item, ask.quirks)
        if view is None:
            _, code, description, _ = _REFUSALS[404]
            told.append(
                {
                    "mailPieceId": item,
                    "status": "404",
                    "error": {"errorCode": code, "errorDescription": description},
                }
            )
        else:
            told.append({"mailPieceId": item, "status": "200", "summary": _summary(view, ask)})
    return json_reply({"mailPieces": told})


def _item(view: View, ask: Ask) -> Json:
    number = view.parcel.number
    item: dict[str, Json] = {
        "mailPieceId": number,
        "carrierShortName": "RM",
        "carrierFullName": "Royal Mail Group Ltd",
        "summary": _summary(view, ask),
        "events": [_event(told, ask) for told in view.newest_first],
        "links": {"summary": {"href": f"/mailpieces/v2/{number}/summary", "title": "Summary"}},
    }
    if view.eta is not None:
        edges = view.eta - timedelta(hours=1), view.eta + timedelta(hours=1)
        start, end = (f"{edge:%H:%M:%S}{edge.isoformat()[-6:]}" for edge in edges)
        item["estimatedDelivery"] = {
            "date": f"{view.eta:%Y-%m-%d}",
            "startOfEstimatedWindow": start,
            "endOfEstimatedWindow": end,
        }
    if view.latest.kind.status is Status.DELIVERED:
        at = view.latest.local.isoformat()
        item["signature"] = {"recipientName": "NURIA VIDAL", "signatureDateTime": at, "imageId": "001234"}
    return item


def _summary(view: View, ask: Ask) -> Json:
    latest = view.latest
    line, event = LINES[latest.kind], _event(latest, ask)
    category = line.code.partition("|")[2]
    return {
        "uniqueItemId": "0000000000000A1",
        "oneDBarcode": view.parcel.number,
        "productId": "TPS",
        "productName": "Tracked 48",
        "productCategory": "NON-INTERNATIONAL",
        "destinationCountryCode": "GBR",
        "lastEventCode": event["eventCode"],
        "lastEventName": event["eventName"],
        "lastEventDateTime": event["eventDateTime"],
        "lastEventLocationName": event["locationName"],
        "statusDescription": category.capitalize(),
        "statusCategory": category,
        "statusHelpText": "",
        "summaryLine": category.capitalize(),
    }


def _event(told: Told, ask: Ask) -> dict[str, str]:
    line = LINES[told.kind]
    at = told.local.replace(tzinfo=None) if ask.has(Quirk.MISSING_ZONE) else told.local
    office = "MC" if told.kind in (S.IN_SORTING, S.DEPARTED_FACILITY) else "DO"
    return {
        "eventCode": line.code.partition("|")[0],
        "eventName": line.text,
        "eventDateTime": at.isoformat(),
        "locationName": "" if told.kind is S.LABEL_CREATED else f"{told.place.name} {office}",
    }


WIRE = Wire(
    code="royal_mail",
    name="Royal Mail",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("x-ibm-client-id", ""),
)
