"""TrackingMore v4, as its server speaks: create or create forty, then get; its own numbers for what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.networks.trackingmore import NETWORK
from carriers.simulator.parcels import Quirk, Told, View
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
from carriers.simulator.wire.following import body_of, follow, followed, forget, hex_of, is_followed
from carriers.simulator.wire.relayed import SPANISH
from carriers.simulator.wire.signing import in_base64, in_hex
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
CODE = "trackingmore"
COURIER = "correos-spain"
API = "/v4/trackings"
PER_BATCH = 40
_ONE = re.compile(rf"{API}/(update|delete|retrack)/([0-9a-f]{{32}})")
_MESSAGES = {
    401: "Invalid API key.",
    404: "The requested resource does not exist.",
    429: "Exceeded API request limits.",
    511: "Server error. Please contact us.",
    4101: "Tracking No. already exists.",
    4102: "Tracking No. does not exist.",
    4103: "The number of tracking numbers exceeds 40.",
    4110: "The value of tracking_number is invalid.",
    4120: "The courier cannot be detected.",
}
_MOVING = (S.IN_TRANSIT,)

# Code: the status of a checkpoint, then its substatus. What `transit001` to `005` mean is not published.
_CODES: dict[SubStatus, tuple[str, tuple[SubStatus, ...]]] = {
    S.LABEL_CREATED: ("inforeceived notfound001", ()),
    S.PICKED_UP: ("transit transit001", _MOVING),
    S.DEPARTED_FACILITY: ("transit transit001", _MOVING),
    S.IN_SORTING: ("transit transit001", _MOVING),
    S.AT_DELIVERY_DEPOT: ("transit transit001", _MOVING),
    S.DEPARTED_COUNTRY: ("transit transit001", _MOVING),
    S.ARRIVED_COUNTRY: ("transit transit001", _MOVING),
    S.CUSTOMS_PROCESSING: ("transit transit001", _MOVING),
    S.CUSTOMS_INFO_REQUIRED: ("exception exception006", (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS)),
    S.CUSTOMS_CLEARED: ("transit transit001", _MOVING),
    S.ON_VEHICLE: ("pickup pickup001", ()),
    S.FAILED_NOT_HOME: ("undelivered undelivered002", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: ("pickup pickup002", ()),
    S.DELIVERED: ("delivered delivered001", ()),
    S.DELIVERED_COLLECTED: ("delivered delivered002", ()),
    S.EXCEPTION_PICKUP_MISSED: ("exception exception004", ()),
    S.RETURNING: ("exception exception011", ()),
    S.RETURNED: ("exception exception010", ()),
    S.DELAYED_WEATHER: ("transit transit001", _MOVING),
    S.DELAYED_OPERATIONS: ("transit transit001", _MOVING),
    S.EXCEPTION_INVESTIGATION: ("exception exception005", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_LOST: ("exception exception005", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_DAMAGED: ("exception exception007", ()),
    S.EXCEPTION_REFUSED: ("exception exception009", ()),
}
LINES = {kind: Line(code, SPANISH[kind], also) for kind, (code, also) in _CODES.items()}


def answer(ask: Ask, world: World) -> Reply:
    key = _account(ask)
    if is_refused(key):
        return _error(401, 401)
    if ask.path == f"{API}/get" and ask.method == "GET":
        return _get(ask, key, world)
    if ask.path == f"{API}/create" and ask.method == "POST":
        return _create(ask, key, world)
    if ask.path == f"{API}/batch" and ask.method == "POST":
        return _batch(ask, key, world)
    found = _ONE.fullmatch(ask.path)
    if found is None:
        return _error(404, 404)
    number = next((one for one in followed(world, CODE, key) if _id(one) == found[2]), "")
    if not number:
        return _error(4102, 400)
    if found[1] == "delete":
        forget(world, CODE, key, number)
    return _good(_brief(number))


def refuse(status: int) -> Reply:
    return _error(429 if status == 429 else 511, status)


def push(news: News) -> Sequence[Call]:
    """The whole tracking. Only the moment is signed, and how, its pages tell in two ways: in hex, or in base64."""
    at = int(news.now.timestamp())
    write = in_base64 if Quirk.SHAPE in news.quirks else in_hex
    verify = {"timestamp": at, "signature": write(news.hook.secret, str(at).encode())}
    tracking = _tracking(news.number, news.view, news.ask)
    return [Call(json_body({"code": 200, "message": "Success", "data": tracking, "verify_info": verify}))]


def _good(data: Json, code: int = 200) -> Reply:
    return json_reply({"meta": {"code": code, "message": "Request response is successful"}, "data": data})


def _error(code: int, status: int = 200, data: Json = None) -> Reply:
    return json_reply({"meta": {"code": code, "message": _MESSAGES[code]}, "data": data or []}, status)


def _account(ask: Ask) -> str:
    return ask.headers.get("tracking-api-key", "")


def _id(number: str) -> str:
    return hex_of(CODE, number)


def _brief(number: str) -> Json:
    return {"id": _id(number), "tracking_number": number, "courier_code": COURIER}


def _failure(item: Json, key: str, world: World) -> int:
    """Why a number cannot be followed, or 0; from then on it is."""
    number = item.get("tracking_number") if isinstance(item, dict) else None
    if not isinstance(number, str) or not number:
        return 4110
    if not (NETWORK.is_own(number) or is_never_heard_of(number)):
        return 4120
    return 0 if follow(world, CODE, key, number) else 4101


def _create(ask: Ask, key: str, world: World) -> Reply:
    item = body_of(ask)
    failure = _failure(item, key, world)
    if failure:
        known = _brief(item["tracking_number"]) if failure == 4101 else None
        return _error(failure, 400, known)
    return _good(_brief(item["tracking_number"]))


def _batch(ask: Ask, key: str, world: World) -> Reply:
    items = body_of(ask)
    if not isinstance(items, list):
        return _error(4110, 400)
    if len(items) > PER_BATCH:
        return _error(4103, 400)
    good: list[Json] = []
    bad: list[Json] = []
    for item in items:
        if failure := _failure(item, key, world):
            number = item.get("tracking_number") if isinstance(item, dict) else None
            bad.append({"tracking_number": number, "errorCode": failure, "errorMessage": _MESSAGES[failure]})
        else:
            good.append(_brief(item["tracking_number"]))
    return _good({"success": good, "error": bad}, 201)


def _get(ask: Ask, key: str, world: World) -> Reply:
    asked = [one for one in ask.query.get("tracking_numbers", "").split(",") if one]
    if len(asked) > PER_BATCH:
        return _error(4103, 400)
    numbers = [one for one in asked or followed(world, CODE, key) if is_followed(world, CODE, key, one)]
    if not numbers:
        return _error(4102)
    return _good([_tracking(one, world.view(CODE, one, ask.quirks), ask) for one in numbers])


def _tracking(number: str, view: View | None, ask: Ask) -> Json:
    latest = view.latest if view else None
    status, _, substatus = (LINES[latest.kind].code if latest else "notfound notfound002").partition(" ")
    said = LINES[latest.kind].text if latest else None
    at = latest.local.isoformat() if latest else None
    route = view.parcel.route if view else None
    destination = route.destination if route else None
    is_delivered = latest is not None and latest.kind.status is Status.DELIVERED
    return {
        **_brief(number),
        "order_number": view.parcel.reference if view else None,
        "delivery_status": status,
        "archived": False,
        "updating": False,
        "source": "API",
        "destination_country": destination.country if destination else None,
        "destination_city": destination.name if destination else None,
        "origin_country": route.origin.country if route else None,
        "tracking_postal_code": destination.postal_code if destination else None,
        "title": "",
        "note": "",
        "customer_name": "ANA RUIZ",
        "customer_email": "ana.ruiz@example.invalid",
        "scheduled_delivery_date": f"{view.eta:%Y-%m-%d}" if view and view.eta else None,
        "substatus": substatus,
        "status_info": said,
        "latest_event": f"{said},{latest.place.name},{at}" if latest else None,
        "latest_checkpoint_time": at,
        "transit_time": (view.now - view.scans[0].at).days if view else 0,
        "signed_by": "ANA RUIZ" if is_delivered else None,
        "service_code": None,
        "origin_info": _leg(COURIER, [told for told in _told(view) if not _is_abroad(view, told)], ask),
        "destination_info": _leg(None, [told for told in _told(view) if _is_abroad(view, told)], ask),
    }


def _told(view: View | None) -> tuple[Told, ...]:
    return view.newest_first if view else ()


def _is_abroad(view: View | None, told: Told) -> bool:
    """Of a parcel that crosses a border, what happens in the country it goes to is told apart."""
    if view is None:
        return False
    route = view.parcel.route
    is_there = told.place.country == route.destination.country
    return is_there and route.origin.country != route.destination.country


def _leg(courier: str | None, scans: list[Told], ask: Ask) -> Json:
    return {
        "courier_code": courier or (COURIER if scans else None),
        "courier_phone": "",
        "weblink": "https://www.correos.es" if scans else None,
        "reference_number": "",
        "milestone_date": {},
        "trackinfo": [_checkpoint(told, ask) for told in scans],
    }


def _checkpoint(told: Told, ask: Ask) -> Json:
    line = LINES[told.kind]
    status, _, substatus = line.code.partition(" ")
    local: datetime = told.local
    return {
        "checkpoint_date": (local.replace(tzinfo=None) if ask.has(Quirk.MISSING_ZONE) else local).isoformat(),
        "checkpoint_delivery_status": status,
        "checkpoint_delivery_substatus": substatus,
        "tracking_detail": line.text,
        "location": told.place.name,
        "country_iso2": told.place.country,
        "state": None,
        "city": told.place.name,
        "zip": None,
        "raw_status": "",
    }


WIRE = Wire(
    code=CODE,
    name="TrackingMore",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=_account,
    per_second=10,
    push=push,
)
