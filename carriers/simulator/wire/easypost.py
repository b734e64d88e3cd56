"""EasyPost's trackers, as its server speaks: creating one again gives the same; batches; times in UTC."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.networks.easypost import NETWORK
from carriers.simulator.parcels import Told, View
from carriers.simulator.places import Place
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
from carriers.simulator.wire.following import body_of, follow, followed, forget, hex_of
from carriers.simulator.wire.relayed import ENGLISH
from carriers.simulator.wire.signing import in_hex
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
CODE = "easypost"
PAGE = 100
PER_BATCH = 100
_ONE = re.compile(r"/v2/trackers/(trk_[0-9a-f]{32})")
_ERRORS = {
    400: ("BAD_REQUEST", "The request was malformed."),
    401: ("APIKEY.INVALID", "The API key provided is invalid."),
    404: ("NOT_FOUND", "The requested resource could not be found."),
    422: ("TRACKER.CREATE.ERROR", "The tracker could not be created: the carrier cannot be told."),
    429: ("RATE_LIMITED", "You have been rate-limited. Please slow down."),
    500: ("INTERNAL_SERVER_ERROR", "An error occurred on our end."),
}
_MOVING = (S.IN_TRANSIT,)

# Code: EasyPost's status, then its detail.
_CODES: dict[SubStatus, tuple[str, tuple[SubStatus, ...]]] = {
    S.LABEL_CREATED: ("pre_transit label_created", ()),
    S.PICKED_UP: ("in_transit received_at_origin_facility", (S.ARRIVED_FACILITY,)),
    S.DEPARTED_FACILITY: ("in_transit departed_facility", ()),
    S.IN_SORTING: ("in_transit arrived_at_facility", (S.ARRIVED_FACILITY,)),
    S.AT_DELIVERY_DEPOT: ("in_transit received_at_destination_facility", (S.ARRIVED_FACILITY,)),
    S.DEPARTED_COUNTRY: ("in_transit departed_facility", (S.DEPARTED_FACILITY,)),
    S.ARRIVED_COUNTRY: ("in_transit arrived_at_facility", (S.ARRIVED_FACILITY,)),
    S.CUSTOMS_PROCESSING: ("in_transit in_transit", _MOVING),
    S.CUSTOMS_INFO_REQUIRED: ("in_transit held", (S.EXCEPTION_HELD,)),
    S.CUSTOMS_CLEARED: ("in_transit in_transit", _MOVING),
    S.ON_VEHICLE: ("out_for_delivery out_for_delivery", ()),
    S.FAILED_NOT_HOME: ("failure unable_to_deliver", (S.FAILED_OTHER, S.EXCEPTION_UNSPECIFIED)),
    S.PICKUP_POINT: ("available_for_pickup arrived_at_pickup_location", ()),
    S.DELIVERED: ("delivered arrived_at_destination", ()),
    S.DELIVERED_COLLECTED: ("delivered arrived_at_destination", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: ("failure delivery_exception", (S.EXCEPTION_UNSPECIFIED,)),
    S.RETURNING: ("return_to_sender return", ()),
    S.RETURNED: ("return_to_sender return", (S.RETURNING,)),
    S.DELAYED_WEATHER: ("in_transit weather_delay", ()),
    S.DELAYED_OPERATIONS: ("in_transit delayed", ()),
    S.EXCEPTION_INVESTIGATION: ("failure transit_exception", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_LOST: ("failure lost", ()),
    S.EXCEPTION_DAMAGED: ("failure damaged", ()),
    S.EXCEPTION_REFUSED: ("failure refused", (S.FAILED_REFUSED,)),
}
LINES = {kind: Line(code, ENGLISH[kind], also) for kind, (code, also) in _CODES.items()}


def answer(ask: Ask, world: World) -> Reply:
    key = _account(ask)
    if is_refused(key):
        return _error(401)
    if ask.path == "/v2/trackers/batch" and ask.method == "POST":
        return _batch(ask, world)
    if ask.path == "/v2/trackers":
        return _create(ask, key, world) if ask.method == "POST" else _list(ask, key, world)
    found = _ONE.fullmatch(ask.path)
    number = next((one for one in followed(world, CODE, key) if found and _id(one) == found[1]), "")
    if not number:
        return _error(404)
    if ask.method == "DELETE":
        forget(world, CODE, key, number)
    return json_reply(_tracker(number, world.view(CODE, number, ask.quirks)))


def refuse(status: int) -> Reply:
    return _error(status)


def push(news: News) -> Sequence[Call]:
    """An event with the tracker as it is now, and what its status was before."""
    at = news.now
    first = len(news.view.scans) - len(news.fresh) if news.view else 0
    before = LINES[news.view.scans[first - 1].kind].code.partition(" ")[0] if news.view and first > 0 else ""
    body = json_body(
        {
            "id": "evt_" + hex_of(CODE, news.number, str(at.timestamp())),
            "object": "Event",
            "mode": "production",
            "description": "tracker.updated" if before else "tracker.created",
            "previous_attributes": {"status": before} if before else {},
            "created_at": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
            "pending_urls": [news.hook.url],
            "completed_urls": [],
            "status": "pending",
            "user_id": "user_000",
            "result": _tracker(news.number, news.view),
        }
    )
    secret = unicodedata.normalize("NFKD", news.hook.secret)
    return [Call(body, {"X-Hmac-Signature": f"hmac-sha256-hex={in_hex(secret, body)}"})]


def _error(status: int) -> Reply:
    code, message = _ERRORS.get(status, _ERRORS[500])
    return json_reply({"error": {"code": code, "message": message, "errors": []}}, status)


def _account(ask: Ask) -> str:
    return basic_auth(ask)[0]


def _create(ask: Ask, key: str, world: World) -> Reply:
    body = body_of(ask)
    wanted = body.get("tracker") if isinstance(body, dict) else None
    number = wanted.get("tracking_code") if isinstance(wanted, dict) else None
    if not isinstance(number, str) or not number:
        return _error(400)
    if not _is_told_apart(number):
        return _error(422)
    is_new = follow(world, CODE, key, number)
    return json_reply(_tracker(number, world.view(CODE, number, ask.quirks)), 201 if is_new else 200)


def _is_told_apart(number: str) -> bool:
    return NETWORK.is_own(number) or is_never_heard_of(number)


def _list(ask: Ask, key: str, world: World) -> Reply:
    number, size = ask.query.get("tracking_code", ""), ask.query.get("page_size", "20")
    mine = [one for one in followed(world, CODE, key) if not number or one == number]
    page = mine[: min(int(size), PAGE) if size.isdecimal() else 20]
    told = [_tracker(one, world.view(CODE, one, ask.quirks)) for one in page]
    return json_reply({"trackers": told, "has_more": len(mine) > len(page)})


def _batch(ask: Ask, world: World) -> Reply:
    body = body_of(ask)
    wanted = body.get("tracking_codes") if isinstance(body, dict) else None
    if not isinstance(wanted, list) or not 0 < len(wanted) <= PER_BATCH:
        return _error(400)
    numbers = [one for one in wanted if isinstance(one, str) and _is_told_apart(one)]
    told = [_tracker(one, world.view(CODE, one, ask.quirks)) for one in numbers]
    return json_reply({"trackers": told, "has_more": False})


def _id(number: str) -> str:
    return "trk_" + hex_of(CODE, number)


def _tracker(number: str, view: View | None) -> Json:
    code = LINES[view.latest.kind].code if view else "unknown unknown"
    status, _, detail = code.partition(" ")
    route = view.parcel.route if view else None
    is_delivered = view is not None and view.latest.kind.status is Status.DELIVERED
    return {
        "id": _id(number),
        "object": "Tracker",
        "mode": "production",
        "tracking_code": number,
        "status": status,
        "status_detail": detail,
        "signed_by": "ANA RUIZ" if is_delivered else None,
        "weight": 17.6 if view else None,
        "est_delivery_date": f"{view.eta:%Y-%m-%d}T23:59:00Z" if view and view.eta else None,
        "shipment_id": None,
        "carrier": "UPS",
        "tracking_details": [_detail(told) for told in view.scans] if view else [],
        "carrier_detail": {
            "object": "CarrierDetail",
            "service": "Ground",
            "container_type": None,
            "est_delivery_date_local": None,
            "est_delivery_time_local": None,
            "origin_location": _town(route.origin) if route else None,
            "destination_location": _town(route.destination) if route else None,
            "guaranteed_delivery_date": None,
            "alternate_identifier": None,
            "initial_delivery_attempt": None,
        },
        "finalized": bool(view and view.is_closed),
        "is_return": False,
        "public_url": "https://track.easypost.invalid/placeholder",
        "fees": [],
    }


def _town(place: Place) -> str:
    return f"{place.name.upper()}, {place.postal_code}"


def _detail(told: Told) -> Json:
    line = LINES[told.kind]
    status, _, detail = line.code.partition(" ")
    # Before it has the parcel, the carrier names no town; of its own country it does not name the country.
    place = None if told.kind is S.LABEL_CREATED else told.place
    return {
        "object": "TrackingDetail",
        "message": line.text,
        "description": "",
        "status": status,
        "status_detail": detail,
        "datetime": f"{told.at:%Y-%m-%dT%H:%M:%SZ}",
        "source": "UPS",
        "carrier_code": "",
        "tracking_location": {
            "object": "TrackingLocation",
            "city": place.name.upper() if place else None,
            "state": None,
            "country": place.country if place and place.country != "US" else None,
            "zip": place.postal_code if place else None,
        },
    }


WIRE = Wire(
    code=CODE, name="EasyPost", lines=LINES, answer=answer, refuse=refuse, account=_account, push=push
)
