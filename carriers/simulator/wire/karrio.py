"""Karrio's server, as one's own instance speaks: a gateway to carriers, trackers by identifier or by number.

Its `timestamp` ends in Z and is the carrier's wall clock all the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

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
from carriers.simulator.wire.following import body_of, follow, followed, forget, hex_of
from carriers.simulator.wire.relayed import ENGLISH
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
CODE = "karrio"
CARRIER, ACCOUNT = "ups", "ups-account"
_ONE = re.compile(r"/v1/trackers/([A-Za-z0-9_]+)/?")
_ERRORS = {
    400: ("validation", "Invalid request payload"),
    401: ("authentication_failed", "Invalid token"),
    404: ("404", "No tracker found"),
    429: ("throttled", "Request was throttled."),
    500: ("failure", "An error occurred."),
}
_MOVING = (S.IN_TRANSIT,)

# Code: the carrier's own, then Karrio's status and its reason.
_CODES: dict[SubStatus, tuple[str, tuple[SubStatus, ...]]] = {
    S.LABEL_CREATED: ("MP pending", ()),
    S.PICKED_UP: ("OR picked_up", ()),
    S.DEPARTED_FACILITY: ("DP in_transit", _MOVING),
    S.IN_SORTING: ("YP in_transit", _MOVING),
    S.AT_DELIVERY_DEPOT: ("AR in_transit", _MOVING),
    S.DEPARTED_COUNTRY: ("EX in_transit", _MOVING),
    S.ARRIVED_COUNTRY: ("IP in_transit", _MOVING),
    S.CUSTOMS_PROCESSING: ("CP in_transit customs_inspection", _MOVING),
    S.CUSTOMS_INFO_REQUIRED: ("29 on_hold customs_documentation", (S.EXCEPTION_HELD,)),
    S.CUSTOMS_CLEARED: ("CL in_transit", _MOVING),
    S.ON_VEHICLE: ("OT out_for_delivery", ()),
    S.FAILED_NOT_HOME: ("48 delivery_failed consignee_not_home", ()),
    S.PICKUP_POINT: ("2Q ready_for_pickup", ()),
    S.DELIVERED: ("KB delivered", ()),
    S.DELIVERED_COLLECTED: ("KB delivered", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: ("AX on_hold", (S.EXCEPTION_HELD,)),
    S.RETURNING: ("24 return_to_sender", ()),
    S.RETURNED: ("TU return_to_sender", (S.RETURNING,)),
    S.DELAYED_WEATHER: ("7V delivery_delayed weather_delay", ()),
    S.DELAYED_OPERATIONS: ("7Y delivery_delayed", ()),
    S.EXCEPTION_INVESTIGATION: ("LD on_hold parcel_being_researched", ()),
    S.EXCEPTION_LOST: ("93 delivery_failed carrier_parcel_lost", ()),
    S.EXCEPTION_DAMAGED: ("25 delivery_failed carrier_damaged_parcel", ()),
    S.EXCEPTION_REFUSED: ("AM delivery_failed consignee_refused", (S.FAILED_REFUSED,)),
}
LINES = {kind: Line(code, ENGLISH[kind], also) for kind, (code, also) in _CODES.items()}


def answer(ask: Ask, world: World) -> Reply:
    key = _account(ask)
    if is_refused(key):
        return refuse(401)
    path = ask.path.rstrip("/")
    if path == "/v1/trackers":
        return _asked(ask, key, world) if ask.method == "POST" else _list(ask, key, world)
    if path == "/v1/proxy/tracking" and ask.method == "POST":
        return _asked(ask, key, world)
    if path == "/v1/batches/trackers" and ask.method == "POST":
        return _batch(ask, key, world)
    found = _ONE.fullmatch(ask.path)
    numbers = followed(world, CODE, key)
    number = next((one for one in numbers if found and found[1] in (one, _id(one))), "")
    if not number:
        return refuse(404)
    if ask.method == "DELETE":
        forget(world, CODE, key, number)
    return json_reply(_tracker(number, world.view(CODE, number, ask.quirks)))


def refuse(status: int) -> Reply:
    code, message = _ERRORS.get(status, _ERRORS[500])
    return json_reply({"errors": [{"code": code, "message": message, "details": {}}]}, status)


def push(news: News) -> Sequence[Call]:
    """The whole tracker. Nothing is signed: the secret is shown, in a header of another name."""
    body = json_body({"event": "tracker_updated", "data": _tracker(news.number, news.view)})
    return [Call(body, {"X-Event-Id": news.hook.secret})]


def _account(ask: Ask) -> str:
    scheme, _, token = ask.headers.get("authorization", "").partition(" ")
    return token if scheme in ("Token", "Bearer") else ""


def _asked(ask: Ask, key: str, world: World) -> Reply:
    """Made, or merely asked for through the proxy: the carrier is asked while the caller waits.

    What the carrier does not know is made all the same where the caller wants to wait for its pickup.
    """
    body = body_of(ask)
    number = body.get("tracking_number") if isinstance(body, dict) else None
    if not isinstance(number, str) or not number or not isinstance(body.get("carrier_name"), str):
        return refuse(400)
    view, is_proxy = world.view(CODE, number, ask.quirks), ask.path.startswith("/v1/proxy")
    if view is None and (is_proxy or ask.query.get("pending_pickup", "").lower() != "true"):
        return _unheard_of(number, ask)
    if is_proxy:
        return json_reply({"messages": [], "tracking": _tracker(number, view)})
    is_new = follow(world, CODE, key, number)
    return json_reply(_tracker(number, view), 201 if is_new else 200)


def _unheard_of(number: str, ask: Ask) -> Reply:
    """The carrier's own refusal, passed on; or a plain one."""
    if ask.has(Quirk.SHAPE):
        return refuse(404)
    message = {
        "carrier_name": CARRIER,
        "carrier_id": ACCOUNT,
        "code": "TV1003",
        "level": "error",
        "message": "Tracking Information Not Found",
        "details": {"tracking_number": number},
    }
    return json_reply({"messages": [message]}, 424)


def _list(ask: Ask, key: str, world: World) -> Reply:
    wanted = ask.query.get("tracking_number", "")
    numbers = [one for one in followed(world, CODE, key) if not wanted or one == wanted]
    told = [_tracker(one, world.view(CODE, one, ask.quirks)) for one in numbers]
    return json_reply({"count": len(told), "next": None, "previous": None, "results": told})


def _batch(ask: Ask, key: str, world: World) -> Reply:
    body = body_of(ask)
    wanted = body.get("trackers") if isinstance(body, dict) else None
    if not isinstance(wanted, list) or not wanted:
        return refuse(400)
    numbers = [one.get("tracking_number") for one in wanted if isinstance(one, dict)]
    for number in numbers:
        if isinstance(number, str) and world.view(CODE, number):
            follow(world, CODE, key, number)
    resources = [{"id": _id(str(number)), "status": "queued", "errors": None} for number in numbers]
    return json_reply(
        {"id": f"batch_{hex_of(CODE, *map(str, numbers))}", "status": "queued", "resources": resources}
    )


def _id(number: str) -> str:
    return "trk_" + hex_of(CODE, number)


def _said(kind: SubStatus) -> tuple[str, str, str | None]:
    """The carrier's code, Karrio's status, its reason."""
    code, status, *reason = LINES[kind].code.split()
    return code, status, reason[0] if reason else None


def _tracker(number: str, view: View | None) -> Json:
    promised = f"{view.eta:%Y-%m-%d}" if view and view.eta else None
    is_delivered = view is not None and view.latest.kind.status is Status.DELIVERED
    return {
        "id": _id(number),
        "object_type": "tracker",
        "carrier_name": CARRIER,
        "carrier_id": ACCOUNT,
        "tracking_number": number,
        "info": {
            "carrier_tracking_link": f"https://www.ups.com/track?tracknum={number}",
            "customer_name": "ANA RUIZ",
            "expected_delivery": promised,
            "note": None,
            "order_date": None,
            "order_id": view.parcel.reference if view else None,
            "package_weight": None,
            "shipment_service": "UPS Standard",
            "shipment_destination_country": view.parcel.route.destination.country if view else None,
            "signed_by": "ANA RUIZ" if is_delivered else None,
            "source": "api",
        },
        "events": [_event(told) for told in view.newest_first] if view else [],
        "delivered": is_delivered,
        "test_mode": False,
        "status": _said(view.latest.kind)[1] if view else "pending",
        "estimated_delivery": promised,
        "delivery_image_url": None,
        "signature_image_url": None,
        "meta": {"ext": CARRIER},
        "metadata": {},
        "messages": [],
        "is_archived": False,
        "archived_at": None,
    }


def _event(told: Told) -> Json:
    code, status, reason = _said(told.kind)
    local: datetime = told.local
    return {
        "date": f"{local:%Y-%m-%d}",
        "time": f"{local:%I:%M %p}",
        "timestamp": f"{local:%Y-%m-%dT%H:%M:%S}.000Z",
        "code": code,
        "status": status,
        "reason": reason,
        "description": LINES[told.kind].text,
        "location": f"{told.place.name}, {told.place.country}",
        "latitude": None,
        "longitude": None,
    }


WIRE = Wire(code=CODE, name="Karrio", lines=LINES, answer=answer, refuse=refuse, account=_account, push=push)
