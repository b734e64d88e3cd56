"""DHL Express' MyDHL API, as its server speaks: Basic, one waybill or two hundred a call."""

from __future__ import annotations

import re

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.places import Place
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, basic_auth, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
_ONE = re.compile(r"/mydhlapi/shipments/(?P<number>[^/]*)/tracking")
MANY = "/mydhlapi/tracking"
PER_CALL = 200
_PROBLEMS = {
    400: ("Bad request", "Validation failed: the waybill number is missing or there are too many."),
    401: ("Unauthorized", "Invalid Credentials"),
    404: ("Not Found", "No data found"),
    429: ("Too Many Requests", "The quota of your account is used up"),
    500: ("Internal Server Error", "The service is unavailable"),
}

# The codes from X on stand for those that DHL does not list: only their words say what they mean.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("XO", "Shipment information received", (S.UNMAPPED_INFO_RECEIVED,)),
    S.PICKED_UP: Line("PU", "Shipment picked up"),
    S.DEPARTED_FACILITY: Line("DF", "Shipment has departed from a DHL facility"),
    S.IN_SORTING: Line("PL", "Processed at location", (S.IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("AR", "Arrived at DHL Delivery Facility", (S.ARRIVED_FACILITY,)),
    S.DEPARTED_COUNTRY: Line(
        "DF", "Shipment has departed from the country of origin", (S.DEPARTED_FACILITY, S.IN_TRANSIT)
    ),
    S.ARRIVED_COUNTRY: Line(
        "AF", "Arrived in the country of destination", (S.ARRIVED_FACILITY, S.IN_TRANSIT)
    ),
    S.CUSTOMS_PROCESSING: Line("IC", "Processed for clearance"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "CD", "Clearance delay: documents required by customs", (S.DELAYED_CUSTOMS, S.EXCEPTION_HELD)
    ),
    S.CUSTOMS_CLEARED: Line("CR", "Clearance processing complete", (S.CUSTOMS_PROCESSING,)),
    S.ON_VEHICLE: Line("WC", "Shipment is out with courier for delivery"),
    S.FAILED_NOT_HOME: Line("NH", "Delivery attempted; recipient not home"),
    S.PICKUP_POINT: Line("CC", "Awaiting collection by recipient as requested", (S.PICKUP_DEPOT,)),
    # Whoever takes it signs, which a reader may fairly say.
    S.DELIVERED: Line("OK", "Delivered", (S.DELIVERED_SIGNED,)),
    S.DELIVERED_COLLECTED: Line(
        "OK", "Delivered: collected by the recipient", (S.DELIVERED, S.DELIVERED_SIGNED)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "XA",
        "Collection period has expired; shipment not collected",
        (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION),
    ),
    S.RETURNING: Line(
        "XB", "Shipment is being returned to the shipper", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)
    ),
    S.RETURNED: Line("RT", "Returned to shipper"),
    S.DELAYED_WEATHER: Line(
        "MD", "Delayed by severe weather conditions", (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL)
    ),
    S.DELAYED_OPERATIONS: Line("MC", "Shipment missed its connection; delivery is delayed"),
    S.EXCEPTION_INVESTIGATION: Line(
        "XC", "Shipment is under investigation", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_LOST: Line("XD", "Shipment is lost", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)),
    S.EXCEPTION_DAMAGED: Line("XE", "Shipment is damaged", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)),
    S.EXCEPTION_REFUSED: Line("RD", "Recipient refused delivery", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    one = _ONE.fullmatch(ask.path)
    if ask.method != "GET" or not (one or ask.path == MANY):
        return refuse(404)
    if any(map(is_refused, basic_auth(ask))):
        return refuse(401)
    numbers = [one["number"]] if one else ask.every("shipmentTrackingNumber")
    if not 0 < len(numbers) <= PER_CALL:
        return refuse(400)
    views = [view for number in numbers if (view := world.view("dhl_express", number, ask.quirks))]
    if not views:
        return refuse(404, f"/mydhlapi/shipments/{numbers[0]}/tracking")
    return json_reply({"shipments": [_shipment(view, ask) for view in views]})


def refuse(status: int, instance: str = MANY) -> Reply:
    title, detail = _PROBLEMS.get(status, _PROBLEMS[500])
    problem = {
        "instance": instance,
        "detail": detail,
        "title": title,
        "message": f"{status}: {detail}",
        "status": status,
    }
    return json_reply(problem, status)


def _shipment(view: View, ask: Ask) -> Json:
    number, route = view.parcel.number, view.parcel.route
    # Oldest first as a rule, which DHL does not promise.
    scans = view.newest_first if ask.has(Quirk.SHAPE) else view.scans
    events = [_event(told, ask) for told in scans]
    shipment = {
        "shipmentTrackingNumber": number,
        "status": "Success",
        "shipmentTimestamp": f"{view.scans[0].local:%Y-%m-%dT%H:%M:%S}",
        "productCode": "U",
        "description": "Camisetas de algodón",
        "shipperDetails": _party("CERAMICA EL FARO", route.origin),
        "receiverDetails": _party("NURIA VIDAL", route.destination),
        "totalWeight": 1.4,
        "unitOfMeasurements": "metric",
        "shipperReferences": [{"value": view.parcel.reference, "typeCode": "CU"}],
        "events": events,
        "numberOfPieces": 1,
        "pieces": [_piece(number, events)],
    }
    if view.eta is not None:
        shipment["estimatedDeliveryDate"] = f"{view.eta:%Y-%m-%d}"
    return shipment


def _piece(number: str, events: list[Json]) -> Json:
    return {
        "number": 1,
        "typeCode": "",
        "shipmentTrackingNumber": number,
        "trackingNumber": f"JD0146{number:0>14}",
        "weight": 1.4,
        "dimensions": {"length": 30, "width": 20, "height": 10},
        "events": events,
    }


def _party(name: str, place: Place) -> Json:
    address = {"cityName": "", "postalCode": "", "countryCode": place.country}
    return {"name": name, "postalAddress": address, "serviceArea": [_area(place)]}


def _event(told: Told, ask: Ask) -> Json:
    line = LINES[told.kind]
    event: dict[str, Json] = {
        "date": f"{told.local:%Y-%m-%d}",
        "time": f"{told.local:%H:%M:%S}",
        "typeCode": line.code,
        "description": line.text,
        "serviceArea": [_area(told.place)],
    }
    if ask.query.get("requestGMTOffsetPerEvent") == "true" and not ask.has(Quirk.MISSING_ZONE):
        event["GMTOffset"] = told.local.isoformat()[-6:]
    if told.kind.status is Status.DELIVERED:
        event["signedBy"] = "N VIDAL"
    return event


def _area(place: Place) -> Json:
    return {"code": place.name[:3].upper(), "description": f"{place.name}-{place.country}"}


WIRE = Wire(
    code="dhl_express",
    name="DHL Express",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: basic_auth(ask)[0],
)
