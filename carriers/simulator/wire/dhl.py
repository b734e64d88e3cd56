"""DHL Unified Tracking, as its server speaks: Express and Paket, one number a call, problem+json."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from carriers.simulator.networks.dhl import is_paket
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.places import Place
from carriers.simulator.wire.contract import (
    Ask,
    Call,
    Line,
    News,
    Reply,
    Wire,
    is_refused,
    json_body,
    json_reply,
)
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
PATH = "/track/shipments"
_TITLES = {
    400: ("Bad Request", "The request is missing a required parameter."),
    401: ("Unauthorized", "Unauthorized for given resource."),
    404: ("No result found", "No shipment with given tracking number found."),
    429: ("Too Many Requests", "Too many requests within defined time period, please try again later."),
    500: ("Internal Server Error", "An internal error occurred, please try again later."),
}

# Code: DHL's five-word status, then the division's own code, which some events lack.
EXPRESS: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("pre-transit PD-INFO", "Shipment information received"),
    S.PICKED_UP: Line("transit PU", "Shipment picked up"),
    S.DEPARTED_FACILITY: Line("transit DF", "Departed facility"),
    S.IN_SORTING: Line("transit PL", "Processed at location", (S.IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("transit AR", "Arrived at delivery facility", (S.ARRIVED_FACILITY,)),
    S.DEPARTED_COUNTRY: Line(
        "transit DF", "Departed from the country of origin", (S.DEPARTED_FACILITY, S.IN_TRANSIT)
    ),
    S.ARRIVED_COUNTRY: Line(
        "transit AF", "Arrived in the country of destination", (S.ARRIVED_FACILITY, S.IN_TRANSIT)
    ),
    S.CUSTOMS_PROCESSING: Line("transit IC", "Processed for clearance"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "failure CD",
        "Clearance delay: further information is required by customs",
        (S.DELAYED_CUSTOMS, S.EXCEPTION_HELD),
    ),
    S.CUSTOMS_CLEARED: Line("transit CR", "Clearance processing complete", (S.CUSTOMS_PROCESSING,)),
    S.ON_VEHICLE: Line("transit WC", "Shipment is out with courier for delivery"),
    S.FAILED_NOT_HOME: Line("failure NH", "Delivery attempted; recipient not home"),
    S.PICKUP_POINT: Line(
        "transit CC", "Awaiting collection by the recipient at the service point", (S.PICKUP_DEPOT,)
    ),
    S.DELIVERED: Line("delivered OK", "Delivered"),
    S.DELIVERED_COLLECTED: Line(
        "delivered OK", "Delivered: collected by the recipient at the service point", (S.DELIVERED,)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "failure", "The collection period has ended; shipment not collected", (S.EXCEPTION_UNSPECIFIED,)
    ),
    S.RETURNING: Line(
        "transit", "The shipment is being returned to the shipper", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.RETURNED: Line("delivered RT", "Returned to shipper"),
    S.DELAYED_WEATHER: Line(
        "transit MD", "Delayed by adverse weather conditions", (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL)
    ),
    S.DELAYED_OPERATIONS: Line("transit MC", "Shipment missed its connection; delivery is delayed"),
    S.EXCEPTION_INVESTIGATION: Line("failure", "Shipment is under investigation", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_LOST: Line("failure", "Shipment is lost", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_DAMAGED: Line("failure", "Shipment is damaged", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_REFUSED: Line("failure RD", "Recipient refused delivery", (S.FAILED_REFUSED,)),
}
# The parcel shop trap: DHL's own word for ZF is "delivered", though the parcel only waits in a shop.
PAKET: dict[SubStatus, Line] = EXPRESS | {
    S.LABEL_CREATED: Line("pre-transit VA", "The shipment data have been transmitted electronically"),
    S.PICKED_UP: Line("transit AE", "The shipment has been collected from the sender", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line(
        "transit AA",
        "The shipment has been processed in the parcel centre of origin",
        (S.IN_TRANSIT, S.IN_SORTING),
    ),
    S.IN_SORTING: Line("transit NB", "The shipment is being processed in the parcel centre", (S.IN_TRANSIT,)),
    S.AT_DELIVERY_DEPOT: Line(
        "transit EE", "The shipment has arrived at the delivery base", (S.IN_TRANSIT, S.ARRIVED_FACILITY)
    ),
    S.ON_VEHICLE: Line("transit PO", "The shipment has been loaded onto the delivery vehicle"),
    S.FAILED_NOT_HOME: Line("failure ZN", "The recipient was not at home", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line(
        "delivered ZF", "The shipment has been delivered to the retail outlet for pick-up", (S.PICKUP_STORE,)
    ),
    S.DELIVERED: Line("delivered ZU", "The shipment has been successfully delivered"),
    S.DELIVERED_COLLECTED: Line(
        "delivered ZU", "The recipient has picked up the shipment from the retail outlet", (S.DELIVERED,)
    ),
    S.CUSTOMS_PROCESSING: Line("transit ZO", "The shipment is being presented to customs"),
}


def lines_of(number: str) -> dict[SubStatus, Line]:
    return PAKET if is_paket(number) else EXPRESS


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "GET":
        return refuse(404)
    number = ask.query.get("trackingNumber", "")
    if is_refused(ask.headers.get("dhl-api-key", "")):
        return _problem(401, number)
    if not number:
        return _problem(400, number)
    world.heard_of("dhl", ask.headers.get("dhl-api-key", ""), number)
    service = _service(number)
    if ask.query.get("service", service) != service:
        return _problem(404, number)
    view = world.view("dhl", number, ask.quirks)
    if view is None:
        return _problem(404, number)
    if ask.has(Quirk.SHAPE) and "service" not in ask.query:
        return json_reply({"shipments": [], "possibleAdditionalShipmentsUrl": _ambiguous(number, service)})
    return json_reply(_page(view, service, ask))


def refuse(status: int) -> Reply:
    title, detail = _TITLES.get(status, _TITLES[500])
    return json_reply({"title": title, "detail": detail, "status": status}, status)


def push(news: News) -> Sequence[Call]:
    """The shipment as an answer tells it. How DHL signs is not known: this is not signed."""
    if news.view is None:
        return []
    return [Call(json_body(_page(news.view, _service(news.number), news.ask)))]


def _service(number: str) -> str:
    return "parcel-de" if is_paket(number) else "express"


def _problem(status: int, number: str) -> Reply:
    title, detail = _TITLES[status]
    instance = f"/shipments?trackingNumber={number}"
    problem = {"title": title, "detail": detail, "status": status, "instance": instance}
    reply = json_reply(problem, status)
    return Reply(reply.status, reply.body, "application/problem+json")


def _ambiguous(number: str, service: str) -> list[str]:
    return [f"/shipments?trackingNumber={number}&service={one}" for one in (service, "ecommerce")]


def _page(view: View, service: str, ask: Ask) -> Json:
    number = view.parcel.number
    url = f"/shipments?trackingNumber={number}"
    return {
        "url": url,
        "prevUrl": f"{url}&offset=0",
        "nextUrl": f"{url}&offset=5",
        "firstUrl": f"{url}&offset=0",
        "lastUrl": f"{url}&offset=5",
        "shipments": [_shipment(view, service, ask)],
    }


def _shipment(view: View, service: str, ask: Ask) -> Json:
    number, route = view.parcel.number, view.parcel.route
    country = route.destination.country.lower()
    shipment = {
        "id": number,
        "service": service,
        "origin": _location(route.origin),
        "destination": _location(route.destination),
        "status": _event(view, view.latest, ask),
        "details": _details(view, service),
        "events": [_event(view, told, ask) for told in view.newest_first],
        "serviceUrl": f"https://www.dhl.com/{country}-en/home/tracking.html?tracking-id={number}",
    }
    if view.eta is not None:
        shipment["estimatedTimeOfDelivery"] = view.eta.isoformat()
        shipment["rerouteUrl"] = f"https://delivery.dhl.com/waybill.xhtml?awb={number}"
        if any(told.kind is S.ON_VEHICLE for told in view.scans):
            start = view.eta.replace(minute=0, second=0)
            shipment["estimatedDeliveryTimeFrame"] = {
                "estimatedFrom": (start - timedelta(hours=1)).isoformat(),
                "estimatedThrough": (start + timedelta(hours=2)).isoformat(),
            }
            shipment["estimatedTimeOfDeliveryRemark"] = "Within the time frame shown"
    return shipment


def _details(view: View, service: str) -> Json:
    details = {
        "product": {"productName": "EXPRESS WORLDWIDE" if service == "express" else "DHL PAKET"},
        "totalNumberOfPieces": 1,
        "pieceIds": [_piece(view)],
        "weight": {"value": 1.4, "unitText": "KGM"},
        "references": [{"number": view.parcel.reference, "type": "customer-reference"}],
    }
    if view.latest.kind.status is Status.DELIVERED:
        details["proofOfDelivery"] = {"timestamp": view.latest.local.isoformat()}
    return details


def _piece(view: View) -> str:
    return f"JD0146{view.parcel.number[:12]:0>12}"


def _event(view: View, told: Told, ask: Ask) -> Json:
    line = lines_of(view.parcel.number)[told.kind]
    status, _, code = line.code.partition(" ")
    event = {
        "timestamp": _timestamp(view, told, ask),
        "location": _location(told.place),
        "statusCode": status,
        "status": code,
        "description": line.text,
        "pieceIds": [_piece(view)],
    }
    return {key: value for key, value in event.items() if value != ""}


def _timestamp(view: View, told: Told, ask: Ask) -> str:
    """Three in ten of DHL's times come without offset: local time of the place, as the sheet warns."""
    bare = (int(view.parcel.number[-5:], 36) + told.index * 7) % 10 < 3
    local: datetime = told.local
    if bare or ask.has(Quirk.MISSING_ZONE):
        local = local.replace(tzinfo=None)
    return local.isoformat()


def _location(place: Place) -> Json:
    return {
        "address": {
            "countryCode": place.country,
            "postalCode": place.postal_code,
            "addressLocality": place.name,
        }
    }


WIRE = Wire(
    code="dhl",
    name="DHL",
    lines=EXPRESS,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("dhl-api-key", ""),
    per_second=1,
    per_day=250,
    push=push,
)
