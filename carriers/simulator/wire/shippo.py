"""Shippo's tracks, as its server speaks: by carrier and number, six statuses, the rest in a substatus."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

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
from carriers.simulator.wire.following import body_of, follow, hex_of
from carriers.simulator.wire.relayed import ENGLISH
from carriers.simulator.wire.signing import in_hex
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
CODE = "shippo"
CARRIER = "ups"  # it does not keep for whom a number was registered
_TRACK = re.compile(r"/tracks/(?P<carrier>[a-z0-9_]+)/(?P<number>[^/]+)/?")
_UNKNOWN = "The package has not been found via the carrier's tracking system."
_DETAILS = {
    400: "The request is not valid.",
    401: "Invalid token",
    404: "Not found.",
    429: "Request was throttled. Expected available in 2 seconds.",
    500: "A server error occurred.",
}
_MOVING = (S.IN_TRANSIT,)

# Code: Shippo's status, then the substatus. It has one word for on the way back and back.
_CODES: dict[SubStatus, tuple[str, tuple[SubStatus, ...]]] = {
    S.LABEL_CREATED: ("PRE_TRANSIT information_received", ()),
    S.PICKED_UP: ("TRANSIT package_accepted", ()),
    S.DEPARTED_FACILITY: ("TRANSIT package_departed", ()),
    S.IN_SORTING: ("TRANSIT package_processing", ()),
    S.AT_DELIVERY_DEPOT: ("TRANSIT package_arrived", (S.ARRIVED_FACILITY,)),
    S.DEPARTED_COUNTRY: ("TRANSIT package_departed", (S.DEPARTED_FACILITY,)),
    S.ARRIVED_COUNTRY: ("TRANSIT package_arrived", (S.ARRIVED_FACILITY,)),
    S.CUSTOMS_PROCESSING: ("TRANSIT package_processing", (S.IN_SORTING, *_MOVING)),
    S.CUSTOMS_INFO_REQUIRED: ("TRANSIT package_held", (S.EXCEPTION_HELD,)),
    S.CUSTOMS_CLEARED: ("TRANSIT package_processed", (S.IN_SORTING, *_MOVING)),
    S.ON_VEHICLE: ("TRANSIT out_for_delivery", ()),
    S.FAILED_NOT_HOME: ("TRANSIT delivery_attempted", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: ("TRANSIT pickup_available", (S.PICKUP_DEPOT,)),
    S.DELIVERED: ("DELIVERED delivered", ()),
    S.DELIVERED_COLLECTED: ("DELIVERED delivered", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: ("RETURNED package_unclaimed", (S.RETURNING, S.RETURNED)),
    S.RETURNING: ("RETURNED return_to_sender", (S.RETURNED,)),
    S.RETURNED: ("RETURNED return_to_sender", (S.RETURNING,)),
    S.DELAYED_WEATHER: ("TRANSIT delayed", (S.DELAYED_OPERATIONS,)),
    S.DELAYED_OPERATIONS: ("TRANSIT delayed", ()),
    S.EXCEPTION_INVESTIGATION: ("TRANSIT contact_carrier", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_LOST: ("FAILURE package_lost", ()),
    S.EXCEPTION_DAMAGED: ("TRANSIT package_damaged", ()),
    S.EXCEPTION_REFUSED: ("FAILURE package_undeliverable", (S.EXCEPTION_UNSPECIFIED, S.FAILED_REFUSED)),
}
LINES = {kind: Line(code, ENGLISH[kind], also) for kind, (code, also) in _CODES.items()}
_SHOPPER_MUST_ACT = {"package_held", "contact_carrier", "package_undeliverable", "pickup_available"}


def answer(ask: Ask, world: World) -> Reply:
    key = _account(ask)
    if is_refused(key):
        return refuse(401)
    if ask.path.rstrip("/") == "/tracks" and ask.method == "POST":
        body = body_of(ask)
        wanted = body if isinstance(body, dict) else {}
        carrier, number = wanted.get("carrier"), wanted.get("tracking_number")
        if not isinstance(carrier, str) or not isinstance(number, str) or not carrier or not number:
            return refuse(400)
        follow(world, CODE, key, number)
        return _track(carrier, number, ask, world, 201)
    found = _TRACK.fullmatch(ask.path)
    if found is None or ask.method != "GET":
        return refuse(404)
    return _track(found["carrier"], found["number"], ask, world)


def refuse(status: int) -> Reply:
    return json_reply({"detail": _DETAILS.get(status, _DETAILS[500])}, status)


def push(news: News) -> Sequence[Call]:
    """The whole track. Signed only for those who asked for it: whose hook has a secret."""
    track = _told(CARRIER, news.number, news.view, news.now)
    body = json_body({"event": "track_updated", "test": False, "data": track})
    if not news.hook.secret:
        return [Call(body)]
    at = str(int(news.now.timestamp()))
    signature = in_hex(news.hook.secret, f"{at}.".encode() + body)
    return [Call(body, {"Shippo-Auth-Signature": f"t={at},v1={signature}"})]


def _account(ask: Ask) -> str:
    scheme, _, token = ask.headers.get("authorization", "").partition(" ")
    return token if scheme == "ShippoToken" else ""


def _track(carrier: str, number: str, ask: Ask, world: World, status: int = 200) -> Reply:
    view = world.view(CODE, number, ask.quirks)
    if view is None and ask.has(Quirk.SHAPE) and ask.method == "GET":
        return refuse(404)
    return json_reply(_told(carrier, number, view, world.now()), status)


def _told(carrier: str, number: str, view: View | None, now: datetime) -> Json:
    history = [_step(told) for told in view.scans] if view else [_nothing(now)]
    route = view.parcel.route if view else None
    promised = f"{view.eta:%Y-%m-%d}T00:00:00Z" if view and view.eta else None
    return {
        "carrier": carrier,
        "tracking_number": number,
        "address_from": _address(route.origin) if route else None,
        "address_to": _address(route.destination) if route else None,
        "eta": promised,
        "original_eta": promised,
        "servicelevel": {"token": "ups_ground", "name": "Ground"} if view else {"token": None, "name": None},
        "metadata": view.parcel.reference if view else None,
        "messages": [],
        "tracking_status": _step(view.latest) if view else history[0],
        "tracking_history": history,
        "transaction": None,
        "test": False,
    }


def _address(place: Place | None) -> Json:
    if place is None:
        return None
    return {"city": place.name, "state": None, "zip": place.postal_code, "country": place.country}


def _step(told: Told) -> Json:
    line = LINES[told.kind]
    status, _, code = line.code.partition(" ")
    at = f"{told.at:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "object_id": hex_of(CODE, at, told.kind, str(told.index)),
        "object_created": at,
        "object_updated": None,
        "status": status,
        "status_details": line.text,
        "status_date": at,
        # Before it has the parcel, the carrier names no town.
        "location": _address(None if told.kind is S.LABEL_CREATED else told.place),
        "substatus": {
            "code": code,
            "text": f"{code.replace('_', ' ').capitalize()}.",
            "action_required": code in _SHOPPER_MUST_ACT,
        },
    }


def _nothing(now: datetime) -> Json:
    at = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    return {
        "object_id": hex_of(CODE, at),
        "object_created": at,
        "object_updated": None,
        "status": "UNKNOWN",
        "status_details": _UNKNOWN,
        "status_date": at,
        "location": None,
        "substatus": None,
    }


WIRE = Wire(code=CODE, name="Shippo", lines=LINES, answer=answer, refuse=refuse, account=_account, push=push)
