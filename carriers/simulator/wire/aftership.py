"""AfterShip's Tracking API, as its server speaks: create first, then list; tags and subtags beside the carrier's words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.networks.aftership import NETWORK
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
from carriers.simulator.wire.following import (
    ISO3,
    body_of,
    follow,
    followed,
    forget,
    hex_of,
    is_followed,
    uuid_of,
)
from carriers.simulator.wire.relayed import SPANISH
from carriers.simulator.wire.signing import in_base64
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
CODE = "aftership"
SLUG = "correos-de-espana"
LIST_LIMIT = 200
_PATH = re.compile(r"/(?:tracking/\d{4}-\d{2}|v4)/trackings(?:/(?P<id>[0-9a-f]{32})(?P<verb>/retrack)?)?")
_MESSAGES = {
    400: "Bad request.",
    401: "The API key is invalid.",
    404: "Not found.",
    429: "You have exceeded the API call rate limit.",
    500: "Something went wrong on AfterShip's end.",
    4001: "Invalid JSON data.",
    4003: "Tracking already exists.",
    4004: "Tracking does not exist.",
    4007: "Tracking number is required.",
    4012: "Cannot detect courier.",
    4013: "Retrack is not allowed. You can only retrack an inactive tracking.",
}
_TYPES = {
    401: "Unauthorized",
    404: "NotFound",
    4004: "NotFound",
    429: "TooManyRequests",
    500: "InternalError",
}

# Code: the subtag; what stands before its number is the tag.
_CODES: dict[SubStatus, tuple[str, str, tuple[SubStatus, ...]]] = {
    S.LABEL_CREATED: ("InfoReceived_001", "Info Received", ()),
    S.PICKED_UP: ("InTransit_002", "Acceptance scan", ()),
    S.DEPARTED_FACILITY: ("InTransit_007", "Departure Scan", ()),
    S.IN_SORTING: ("InTransit_001", "In Transit", (S.IN_TRANSIT,)),
    S.AT_DELIVERY_DEPOT: ("InTransit_003", "Arrival scan", (S.ARRIVED_FACILITY, S.IN_TRANSIT)),
    S.DEPARTED_COUNTRY: ("InTransit_007", "Departure Scan", (S.DEPARTED_FACILITY, S.IN_TRANSIT)),
    S.ARRIVED_COUNTRY: ("InTransit_004", "Arrived at the destination country", ()),
    S.CUSTOMS_PROCESSING: ("InTransit_006", "Customs clearance started", ()),
    S.CUSTOMS_INFO_REQUIRED: ("Exception_018", "Additional information required by customs", ()),
    S.CUSTOMS_CLEARED: ("InTransit_005", "Customs clearance completed", ()),
    S.ON_VEHICLE: ("OutForDelivery_001", "Out for Delivery", ()),
    S.FAILED_NOT_HOME: ("AttemptFail_002", "Addressee not available", ()),
    S.PICKUP_POINT: ("AvailableForPickup_001", "Available for pickup", ()),
    S.DELIVERED: ("Delivered_001", "Delivered", ()),
    S.DELIVERED_COLLECTED: ("Delivered_002", "Picked up by the customer", ()),
    S.EXCEPTION_PICKUP_MISSED: ("Exception_008", "Pickup missed", ()),
    S.RETURNING: ("Exception_010", "Returning to sender", ()),
    S.RETURNED: ("Exception_011", "Returned to sender", ()),
    S.DELAYED_WEATHER: ("Exception_017", "Delayed due to weather", ()),
    S.DELAYED_OPERATIONS: ("Exception_016", "Delayed", ()),
    S.EXCEPTION_INVESTIGATION: ("Exception_001", "Exception", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_LOST: ("Exception_013", "Lost", ()),
    S.EXCEPTION_DAMAGED: ("Exception_012", "Damaged", ()),
    S.EXCEPTION_REFUSED: ("Exception_003", "Rejected by the recipient", ()),
}
LINES = {kind: Line(code, SPANISH[kind], also) for kind, (code, _, also) in _CODES.items()}


def answer(ask: Ask, world: World) -> Reply:
    found = _PATH.fullmatch(ask.path)
    if found is None:
        return _error(404, 404)
    key = _account(ask)
    if is_refused(key):
        return _error(401, 401)
    if found["id"] is None:
        if ask.method == "POST":
            return _create(ask, key, world)
        return _list(ask, key, world) if ask.method == "GET" else _error(404, 404)
    number = next((one for one in followed(world, CODE, key) if _id(one) == found["id"]), "")
    if not number:
        return _error(4004, 404)
    return _one(ask, key, number, bool(found["verb"]), world)


def refuse(status: int) -> Reply:
    return _error(status if status in _MESSAGES else 500, status)


def push(news: News) -> Sequence[Call]:
    """The whole tracking each time."""
    at = news.now.timestamp()
    body = json_body(
        {
            "ts": int(at),
            "event": "tracking_update",
            "event_id": uuid_of(CODE, news.number, str(at)),
            "is_tracking_first_tag": _is_first_of_its_tag(news.view),
            "msg": _tracking(news.number, news.view, news.ask),
        }
    )
    return [Call(body, {"aftership-hmac-sha256": in_base64(news.hook.secret, body)})]


def _is_first_of_its_tag(view: View | None) -> bool:
    tags = [_CODES[told.kind][0].partition("_")[0] for told in view.scans] if view else ["Pending"]
    return tags.count(tags[-1]) == 1


def _error(code: int, status: int = 400, data: Json = None) -> Reply:
    meta = {"code": code, "message": _MESSAGES[code], "type": _TYPES.get(code, "BadRequest")}
    return json_reply({"meta": meta, "data": data or {}}, status)


def _good(data: Json, code: int = 200) -> Reply:
    limits = {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "9", "x-ratelimit-reset": "1458463600"}
    return json_reply({"meta": {"code": code}, "data": data}, code, **limits)


def _create(ask: Ask, key: str, world: World) -> Reply:
    body = body_of(ask)
    if not isinstance(body, dict):
        return _error(4001)
    wanted = body.get("tracking", body)  # older versions wrap it
    number = wanted.get("tracking_number") if isinstance(wanted, dict) else None
    if not isinstance(number, str) or not number:
        return _error(4007)
    if not (NETWORK.is_own(number) or is_never_heard_of(number)):
        return _error(4012)
    if not follow(world, CODE, key, number):
        return _error(4003, data={"id": _id(number), "tracking_number": number, "slug": SLUG})
    return _good(_tracking(number, world.view(CODE, number, ask.quirks), ask), 201)


def _list(ask: Ask, key: str, world: World) -> Reply:
    asked = [one for one in ask.query.get("tracking_numbers", "").split(",") if one]
    numbers = (
        [one for one in asked if is_followed(world, CODE, key, one)] if asked else followed(world, CODE, key)
    )
    limit = ask.query.get("limit", "100")
    page = numbers[: min(int(limit), LIST_LIMIT) if limit.isdecimal() else 100]
    told = [_tracking(number, world.view(CODE, number, ask.quirks), ask) for number in page]
    pages = {"total": len(told), "next_cursor": "", "has_next_page": False}
    return _good({"pagination": pages, "trackings": told})


def _one(ask: Ask, key: str, number: str, is_retrack: bool, world: World) -> Reply:
    view = world.view(CODE, number, ask.quirks)
    if is_retrack:
        if ask.method != "POST":
            return _error(404, 404)
        return _error(4013) if view is None or not view.is_closed else _good(_tracking(number, view, ask))
    if ask.method == "DELETE":
        forget(world, CODE, key, number)
    return _good(_tracking(number, view, ask)) if ask.method in ("GET", "DELETE", "PUT") else _error(404, 404)


def _id(number: str) -> str:
    return hex_of(CODE, number)


def _account(ask: Ask) -> str:
    return ask.headers.get("as-api-key", "")


def _tracking(number: str, view: View | None, ask: Ask) -> Json:
    subtag, says, _ = _CODES[view.latest.kind] if view else ("Pending_001", "Pending", ())
    route = view.parcel.route if view else None
    promised = f"{view.eta:%Y-%m-%d}" if view and view.eta else None
    estimate = {"type": "specific", "source": "Carrier EDD", "datetime": promised} if promised else None
    return {
        "id": _id(number),
        "legacy_id": _id(number)[:20],
        "tracking_number": number,
        "slug": SLUG,
        "active": not (view and view.is_closed),
        "custom_fields": {},
        "origin_country_region": ISO3[route.origin.country] if route else None,
        "destination_country_region": ISO3[route.destination.country] if route else None,
        "destination_city": route.destination.name if route else None,
        "destination_postal_code": route.destination.postal_code if route else None,
        "courier_estimated_delivery_date": {
            "estimated_delivery_date": promised,
            "estimated_delivery_date_min": None,
            "estimated_delivery_date_max": None,
        },
        "order_id": view.parcel.reference if view else None,
        "shipment_package_count": 1,
        "shipment_delivery_date": _delivery_date(view),
        "shipment_type": "Paq Premium",
        "signed_by": "ANA RUIZ" if _delivery_date(view) else None,
        "source": "api",
        "tag": subtag.partition("_")[0],
        "subtag": subtag,
        "subtag_message": says,
        "language": "es",
        "checkpoints": [_checkpoint(told, ask) for told in view.scans] if view else [],
        "return_to_sender": bool(view and view.latest.kind in (S.RETURNING, S.RETURNED)),
        "delivery_type": "door_to_door",
        "pickup_location": None,
        "pickup_note": None,
        "courier_tracking_link": f"https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={number}",
        "courier_redirect_link": None,
        "first_estimated_delivery": estimate,
        "latest_estimated_delivery": estimate,
        "failed_delivery_attempts": sum(told.kind is S.FAILED_NOT_HOME for told in view.scans) if view else 0,
        "customers": [
            {"role": "buyer", "name": "ANA RUIZ", "phone_number": None, "email": "ana.ruiz@example.invalid"}
        ],
        "proof_of_delivery": [],
    }


def _delivery_date(view: View | None) -> str | None:
    """When it was delivered: local, and always without offset."""
    if view is None or view.latest.kind.status is not Status.DELIVERED:
        return None
    return view.latest.local.replace(tzinfo=None).isoformat()


def _checkpoint(told: Told, ask: Ask) -> Json:
    subtag, says, _ = _CODES[told.kind]
    place: Place = told.place
    local: datetime = told.local
    return {
        "created_at": told.at.isoformat(),
        "slug": SLUG,
        "checkpoint_time": (local.replace(tzinfo=None) if ask.has(Quirk.MISSING_ZONE) else local).isoformat(),
        "location": place.name,
        "city": place.name,
        "state": None,
        "postal_code": None,
        "coordinate": {"latitude": place.lat, "longitude": place.lon},
        "country_region": ISO3[place.country],
        "country_region_name": place.country,
        "message": LINES[told.kind].text,
        "tag": subtag.partition("_")[0],
        "subtag": subtag,
        "subtag_message": says,
        "raw_tag": "H020000V",
        "events": [],
        "source": "carrier",
        "hash": hex_of(told.at.isoformat(), told.kind, place.name),
    }


WIRE = Wire(
    code=CODE,
    name="AfterShip",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=_account,
    per_second=10,
    push=push,
)
