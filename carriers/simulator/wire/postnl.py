"""PostNL Shipping Status v2, as its server speaks: one barcode a call, the Dutch wall clock, two forms of everything."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_PATH = re.compile(r"/shipment/v2/status/(?P<by>barcode|signature)/(?P<barcode>[^/]+)")
_PHASES = {"1": "Collection", "2": "Sorting", "3": "Distribution", "4": "Delivered", "99": "Not applicable"}
_STATUSES = {  # number: words and phase
    "1": ("Shipment pre-alerted", "1"),
    "2": ("Shipment in collection process", "1"),
    "5": ("Shipment sorted", "2"),
    "7": ("Shipment out for delivery", "3"),
    "8": ("Shipment not delivered", "3"),
    "9": ("Shipment at customs", "3"),
    "11": ("Shipment delivered", "4"),
    "12": ("Shipment available at pickup location", "3"),
    "16": ("Missing in sorting", "2"),
    "18": ("Definitely missing", "99"),
    "20": ("Shipment under customs clearance", "3"),
    "22": ("Shipment picked up from post office", "4"),
    "99": ("Not applicable", "99"),
}

_MOVING = (S.IN_TRANSIT, S.IN_SORTING)
# Code: the observation and the number of the shipment's status with it.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("A01 1", "Shipment expected, but not yet arrived at PostNL"),
    S.PICKED_UP: Line("B01 2", "Shipment received by PostNL", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line("Q13 5", "Placed on transport", _MOVING),
    S.IN_SORTING: Line("J01 5", "Shipment has been sorted", _MOVING),
    S.AT_DELIVERY_DEPOT: Line("J27 5", "Sorted by the depot", (*_MOVING, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("X01 5", "Crossed the border", _MOVING),
    S.ARRIVED_COUNTRY: Line("A76 20", "Arrived in the Netherlands", (*_MOVING, S.CUSTOMS_PROCESSING)),
    S.CUSTOMS_PROCESSING: Line("Y25 9", "With the customs authorities for further processing"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "X10 20",
        "Parcel details missing. You will receive an information request",
        (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING),
    ),
    S.CUSTOMS_CLEARED: Line("X61 9", "Import declaration completed successfully", (S.CUSTOMS_PROCESSING,)),
    S.ON_VEHICLE: Line("J05 7", "Driver is en route"),
    S.FAILED_NOT_HOME: Line("Y10 8", "We missed you; we'll try again", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line("J12 12", "Available at PostNL outlet", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("I01 11", "Shipment delivered"),
    S.DELIVERED_COLLECTED: Line("I02 22", "Collected at PostNL outlet"),
    S.EXCEPTION_PICKUP_MISSED: Line("H03 8", "Shipment not collected, return to sender", (S.RETURNING,)),
    S.RETURNING: Line("H05 8", "We missed you; shipment returned to sender"),
    S.RETURNED: Line("J63 11", "Return shipment delivered"),
    S.DELAYED_WEATHER: Line("Y65 99", "Delayed due to extreme weather conditions", (S.DELAYED_OPERATIONS,)),
    S.DELAYED_OPERATIONS: Line(
        "G01 16",
        "Sorry, delivery time has been updated (not sorted, or missing)",
        (S.EXCEPTION_INVESTIGATION,),
    ),
    S.EXCEPTION_INVESTIGATION: Line("Y71 8", "Shipment missing", (S.EXCEPTION_LOST,)),
    # No list of observations has this one: the status beside it says what it means.
    S.EXCEPTION_LOST: Line("G09 18", "Definitely missing", (S.EXCEPTION_INVESTIGATION,)),
    S.EXCEPTION_DAMAGED: Line("Y04 8", "Shipment damaged"),
    S.EXCEPTION_REFUSED: Line("Y03 8", "Refused by addressee", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    match = _PATH.fullmatch(ask.path)
    if match is None or ask.method != "GET":
        return html_reply(404, "404", "Resource not found.")
    if is_refused(ask.headers.get("apikey", "")):
        return refuse(401)
    view = world.view("postnl", match["barcode"], ask.quirks)
    if view is None:
        return json_reply(_not_found(ask))
    if match["by"] == "signature":
        return json_reply(
            {"Signature": {"Barcode": match["barcode"], "SignatureDate": None, "SignatureImage": ""}}
        )
    return json_reply(_status(view, ask))


def refuse(status: int) -> Reply:
    if status == 401:
        return _fault(401, "Invalid ApiKey", "oauth.v2.InvalidApiKey")
    if status == 429:
        return _fault(429, "Rate limit quota violation.", "policies.ratelimit.QuotaViolation")
    error = {"ErrorMsg": "Internal server error", "ErrorNumber": "99"}
    return json_reply({"Errors": [error]}, status)


def _fault(status: int, text: str, code: str) -> Reply:
    return json_reply({"fault": {"faultstring": text, "detail": {"errorcode": code}}}, status)


def _not_found(ask: Ask) -> Json:
    warning = {"Code": "2", "Description": "No shipment found"}
    name = "CompleteStatus" if ask.query.get("detail") == "true" else "CurrentStatus"
    if ask.has(Quirk.SHAPE):
        return {name: {}, "Warnings": [warning]}
    return {"CurrentStatus": None, "Warnings": [warning]}


def _status(view: View, ask: Ask) -> Json:
    """With detail the whole history, else where it is; the container an object or, more rarely, a list of one."""
    is_complete = ask.query.get("detail") == "true"
    shipment = _shipment(view, ask, is_complete=is_complete)
    name = "CompleteStatus" if is_complete else "CurrentStatus"
    return {name: {"Shipment": [shipment] if ask.has(Quirk.SHAPE) else shipment}}


def _shipment(view: View, ask: Ask, *, is_complete: bool) -> Json:
    number, town = view.parcel.number, view.parcel.route.destination
    shipment: dict[str, Json] = {
        "MainBarcode": number,
        "Barcode": number,
        "ShipmentAmount": "1",
        "ShipmentCounter": "1",
        "Customer": {"CustomerCode": number[2:6], "CustomerNumber": "00000000"},
        "ProductCode": "003085",
        "ProductDescription": "Standard shipment",
        "Reference": view.parcel.reference,
        "Dimension": {"Height": "100", "Length": "300", "Volume": "6000", "Weight": "900", "Width": "200"},
        "Address": [
            {
                "AddressType": "02",
                "FirstName": "Nuria",
                "LastName": "Vidal",
                "City": town.name,
                "CountryCode": town.country,
                "HouseNumber": "1",
                "Street": "Voorbeeldstraat",
                "Zipcode": town.postal_code.replace(" ", ""),
            }
        ],
        "Group": [],
        "ProductOption": [],
        "Warning": [],
        "Status": _now(view.latest),
    }
    if view.eta is not None:
        hour = view.eta.astimezone(AMSTERDAM).replace(minute=0, second=0, tzinfo=None)
        shipment["DeliveryDate"] = hour.replace(hour=0).isoformat()
        shipment["Expectation"] = {
            "ETAFrom": hour.isoformat(),
            "ETATo": hour.replace(hour=min(hour.hour + 2, 23)).isoformat(),
        }
    if is_complete:
        several = "s" if ask.has(Quirk.SHAPE) else ""
        shipment[f"Event{several}"] = [_event(told) for told in view.newest_first]
        shipment["OldStatuses" if several else "OldStatus"] = [_now(told) for told in view.newest_first[1:]]
    return shipment


def _now(told: Told) -> Json:
    status = LINES[told.kind].code.split()[1]
    words, phase = _STATUSES[status]
    return {
        "TimeStamp": _clock(told),
        "StatusCode": status,
        "StatusDescription": words,
        "PhaseCode": phase,
        "PhaseDescription": _PHASES[phase],
    }


def _event(told: Told) -> Json:
    line = LINES[told.kind]
    return {
        "Code": line.code.split()[0],
        "Description": line.text,
        "DestinationLocationCode": "160662",
        "LocationCode": "888888",
        "RouteCode": "",
        "RouteName": "",
        "TimeStamp": _clock(told),
    }


def _clock(told: Told) -> str:
    return f"{told.at.astimezone(AMSTERDAM):%d-%m-%Y %H:%M:%S}"


WIRE = Wire(
    code="postnl",
    name="PostNL",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("apikey", ""),
)
