"""Australia Post's tracking, as its server speaks: Basic and the account's number, ten a call, words for codes."""

from __future__ import annotations

from carriers.simulator.parcels import Quirk, Told
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, basic_auth, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
PATH = "/shipping/v1/track"
PER_CALL = 10
_ERRORS = {
    400: ("44013", "Bad request", "The tracking_ids are missing, or there are more than ten."),
    401: ("API_001", "Unauthorised", "The credentials or the account number are not valid."),
    404: ("44014", "Not found", "The resource was not found."),
    429: ("API_002", "Too many requests", "The limit of calls a minute has been reached."),
    500: ("API_003", "Internal error", "The service is unavailable, please try again later."),
}
_STATES = {"Sydney": "NSW", "Melbourne": "VIC", "Brisbane": "QLD"}

# There are no codes. Code: the status of an article that has got there.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("Initiated", "Shipping information received by Australia Post"),
    S.PICKED_UP: Line("In transit", "Accepted", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line(
        "In transit", "Item departed the facility", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.IN_SORTING: Line("In transit", "Item processed at facility", (S.IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line(
        "In transit",
        "Arrived at the delivery depot",
        (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT),
    ),
    S.DEPARTED_COUNTRY: Line(
        "In transit", "Departed the country of origin", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.ARRIVED_COUNTRY: Line(
        "In transit",
        "Arrived in the country of destination",
        (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.UNMAPPED_IN_TRANSIT),
    ),
    S.CUSTOMS_PROCESSING: Line("In transit", "Presented to customs", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "Held by courier",
        "Held by customs: documents required",
        (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING, S.UNMAPPED_EXCEPTION),
    ),
    S.CUSTOMS_CLEARED: Line(
        "In transit", "Cleared customs", (S.IN_TRANSIT, S.CUSTOMS_PROCESSING, S.UNMAPPED_IN_TRANSIT)
    ),
    S.ON_VEHICLE: Line("On Board for Delivery", "Onboard with driver"),
    S.FAILED_NOT_HOME: Line("Unsuccessful Delivery", "Delivery attempted - no one home", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line(
        "Awaiting collection", "Ready for pickup at the post office", (S.PICKUP_DEPOT, S.PICKUP_STORE)
    ),
    S.DELIVERED: Line("Delivered", "Delivered"),
    S.DELIVERED_COLLECTED: Line("Delivered", "Delivered - collected by the customer", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "Cannot be delivered",
        "Not collected by the recipient in time",
        (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION),
    ),
    S.RETURNING: Line(
        "Cannot be delivered", "Being returned to sender", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_RETURNING)
    ),
    S.RETURNED: Line("Delivered", "Returned to sender", (S.RETURNING, S.UNMAPPED_RETURNED)),
    S.DELAYED_WEATHER: Line(
        "Possible delay", "Possible delay due to severe weather", (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL)
    ),
    S.DELAYED_OPERATIONS: Line("Possible delay", "Possible delay", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line(
        "Cannot be delivered", "Under investigation", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_LOST: Line(
        "Cannot be delivered", "Article declared lost", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_DAMAGED: Line("Article damaged", "Article damaged", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_REFUSED: Line(
        "Cannot be delivered",
        "Refused by the recipient",
        (S.FAILED_REFUSED, S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION),
    ),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "GET":
        return refuse(404)
    if any(map(is_refused, (*basic_auth(ask), ask.headers.get("account-number", "")))):
        return refuse(401)
    numbers = [number for number in ask.query.get("tracking_ids", "").split(",") if number]
    if not 0 < len(numbers) <= PER_CALL:
        return refuse(400)
    return json_reply({"tracking_results": [_result(number, ask, world) for number in numbers]})


def refuse(status: int) -> Reply:
    code, name, message = _ERRORS.get(status, _ERRORS[500])
    return json_reply({"errors": [{"code": code, "name": name, "message": message}]}, status)


def _result(number: str, ask: Ask, world: World) -> Json:
    view = world.view("australia_post", number, ask.quirks)
    if view is None:
        return {"tracking_id": number, "errors": [{"code": "ESB-10001", "name": "Invalid tracking ID"}]}
    events = [_event(told, ask) for told in view.newest_first]
    status = LINES[view.latest.kind].code
    if ask.has(Quirk.SHAPE):  # a consignment may be told of as a whole, without its articles
        return {
            "tracking_id": number,
            "status": status,
            "consignment": {"status": status, "events": events},
        }
    article = {
        "article_id": f"{number}000930000",
        "product_type": "Parcel Post",
        "events": events,
        "status": status,
    }
    return {"tracking_id": number, "status": status, "trackable_items": [article]}


def _event(told: Told, ask: Ask) -> Json:
    place = told.place
    at = told.local.replace(tzinfo=None) if ask.has(Quirk.MISSING_ZONE) else told.local
    where = f"{place.name} {_STATES.get(place.name, place.country)}".upper()
    return {
        "location": "" if told.kind.status is Status.INFO_RECEIVED else where,
        "description": LINES[told.kind].text,
        "date": at.isoformat(),
    }


WIRE = Wire(
    code="australia_post",
    name="Australia Post",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("account-number", ""),
)
