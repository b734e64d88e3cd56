"""Canada Post's tracking service, as its server speaks: Basic, XML, one PIN a call, clocks by their abbreviations."""

from __future__ import annotations

import re
from html import escape

import xmltodict

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, basic_auth, is_refused
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
_PATH = re.compile(r"/vis/track/pin/(?P<pin>[^/]+)/detail")
_ACCEPTED = "application/vnd.cpc.track-v2+xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_MESSAGES = {
    401: ("E002", "AAA Authentication Failure"),
    404: ("004", "No Pin History"),
    406: ("E007", "The requested media type is not supported."),
    429: ("Server", "Rejected by SLM Monitor"),
    500: ("E000", "Internal Server Error"),
}
_PROVINCES = {"Toronto": "ON", "Montréal": "QC", "Vancouver": "BC", "New York": "NY"}

# Canada Post has hundreds of events. Those from 9001 on stand for the many that nobody has listed: only their
# words say what they mean.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line(
        "9001", "Electronic information submitted by shipper", (S.IN_TRANSIT, S.UNMAPPED_INFO_RECEIVED)
    ),
    S.PICKED_UP: Line("100", "Item accepted at the Post Office", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line(
        "9002", "Item departed from the processing facility", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.IN_SORTING: Line("9003", "Item processed", (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT)),
    S.AT_DELIVERY_DEPOT: Line(
        "9004",
        "Item arrived at the delivery depot",
        (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT),
    ),
    S.DEPARTED_COUNTRY: Line(
        "9005", "Item has left the country of origin", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.ARRIVED_COUNTRY: Line(
        "9006", "Item has arrived in Canada", (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT)
    ),
    S.CUSTOMS_PROCESSING: Line(
        "9007", "Item has been sent to customs for review", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "9008",
        "Customs requires further information",
        (S.IN_TRANSIT, S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING, S.UNMAPPED_IN_TRANSIT),
    ),
    S.CUSTOMS_CLEARED: Line(
        "9009", "Item released by customs", (S.IN_TRANSIT, S.CUSTOMS_PROCESSING, S.UNMAPPED_IN_TRANSIT)
    ),
    S.ON_VEHICLE: Line("174", "Item out for delivery"),
    S.FAILED_NOT_HOME: Line(
        "1417", "Delivery attempted; recipient not available, notice left", (S.FAILED_OTHER,)
    ),
    S.PICKUP_POINT: Line(
        "1701", "Item available for pickup at the Post Office", (S.PICKUP_DEPOT, S.PICKUP_STORE)
    ),
    S.DELIVERED: Line("1408", "Item successfully delivered", (S.DELIVERED_SIGNED,)),
    S.DELIVERED_COLLECTED: Line(
        "1408", "Item successfully delivered: collected at the Post Office", (S.DELIVERED, S.DELIVERED_SIGNED)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "9010",
        "Item was not claimed by the recipient",
        (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION),
    ),
    S.RETURNING: Line("9011", "Item being returned to the sender", (S.UNMAPPED_RETURNING,)),
    S.RETURNED: Line("9012", "Item delivered to the sender", (S.RETURNING, S.UNMAPPED_RETURNED)),
    S.DELAYED_WEATHER: Line(
        "159", "Delay due to extreme weather", (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL)
    ),
    S.DELAYED_OPERATIONS: Line("162", "Transportation delay", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line(
        "9013", "Item under investigation", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_LOST: Line(
        "9014", "Item declared lost", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_DAMAGED: Line(
        "9015", "Item damaged", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_REFUSED: Line("1416", "Item refused by the recipient", (S.FAILED_REFUSED, S.FAILED_OTHER)),
}


def answer(ask: Ask, world: World) -> Reply:
    asked = _PATH.fullmatch(ask.path)
    if any(map(is_refused, basic_auth(ask))):
        return refuse(401)
    if asked is None or ask.method != "GET":
        return refuse(404)
    if ask.headers.get("accept") != _ACCEPTED:
        return refuse(406)
    view = world.view("canada_post", asked["pin"], ask.quirks)
    if view is None:
        missing = refuse(404)
        return Reply(200, missing.body, missing.content_type) if ask.has(Quirk.SHAPE) else missing
    detail = xmltodict.unparse({"tracking-detail": _detail(view, ask)}, full_document=False)
    return Reply(200, (_HEAD + detail).encode(), _ACCEPTED)


def refuse(status: int) -> Reply:
    code, description = _MESSAGES.get(status, _MESSAGES[500])
    messages = (
        '<messages xmlns="http://www.canadapost.ca/ws/messages"><message>'
        f"<code>{escape(code)}</code><description>{escape(description)}</description></message></messages>"
    )
    return Reply(status, (_HEAD + messages).encode(), "application/xml; charset=utf-8")


def _detail(view: View, ask: Ask) -> dict[str, Json]:
    destination = view.parcel.route.destination
    return {
        "@xmlns": "http://www.canadapost.ca/ws/track-v2",
        "pin": view.parcel.number,
        "active-exists": "1",
        "archive-exists": "",
        "changed-expected-date": "",
        "destination-postal-id": destination.postal_code.replace(" ", ""),
        "expected-delivery-date": f"{view.eta:%Y-%m-%d}" if view.eta else "",
        "changed-expected-delivery-reason": "",
        "original-pin": "",
        "service-name": "Expedited Parcels",
        "service-name-2": "Colis accélérés",
        "customer-ref-1": view.parcel.reference,
        "return-pin": "",
        "signature-image-exists": "false",
        "suppress-signature": "false",
        "significant-events": {"occurrence": [_occurrence(told, ask) for told in view.newest_first]},
    }


def _occurrence(told: Told, ask: Ask) -> Json:
    line, place = LINES[told.kind], told.place
    waits = told.kind is S.PICKUP_POINT
    return {
        "event-identifier": line.code,
        "event-date": f"{told.local:%Y-%m-%d}",
        "event-time": f"{told.local:%H:%M:%S}",
        "event-time-zone": "" if ask.has(Quirk.MISSING_ZONE) else told.local.tzname(),
        "event-description": line.text,
        "signatory-name": "N. VIDAL" if told.kind.status is Status.DELIVERED else "",
        "event-site": place.name.upper(),
        "event-province": _PROVINCES.get(place.name, ""),
        "event-retail-location-id": "0000102131" if waits else "",
        "event-retail-name": f"POST OFFICE {place.name.upper()}" if waits else "",
    }


WIRE = Wire(
    code="canada_post",
    name="Canada Post",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: basic_auth(ask)[0],
)
