"""Ship24, as its server speaks: trackers made one by one or by the hundred, results by tracker or by number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.networks.ship24 import NETWORK
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
from carriers.simulator.wire.following import body_of, follow, followed, is_followed, uuid_of
from carriers.simulator.wire.relayed import SPANISH
from carriers.simulator.wire.tokens import bearer
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
CODE = "ship24"
COURIER = "correos-es"
API = "/public/v1"
PER_BULK = 100
_RESULTS = re.compile(rf"{API}/trackers/(?P<id>[^/]+)/results")
_SEARCH = re.compile(rf"{API}/trackers/search/(?P<number>[^/]+)/results")
_ERRORS = {
    400: ("validation_error", "The request could not be validated."),
    401: ("auth_invalid_api_key", "Invalid API key."),
    404: ("tracker_not_found", "Tracker not found."),
    429: ("too_many_requests", "Too many requests."),
    500: ("internal_error", "An internal error occurred."),
}
_MOVING = (S.IN_TRANSIT,)

# Code: Ship24's milestone, then its status code, which most movements lack.
_CODES: dict[SubStatus, tuple[str, tuple[SubStatus, ...]]] = {
    S.LABEL_CREATED: ("info_received", ()),
    S.PICKED_UP: ("in_transit", _MOVING),
    S.DEPARTED_FACILITY: ("in_transit", _MOVING),
    S.IN_SORTING: ("in_transit", _MOVING),
    S.AT_DELIVERY_DEPOT: ("in_transit", _MOVING),
    S.DEPARTED_COUNTRY: ("in_transit", _MOVING),
    S.ARRIVED_COUNTRY: ("in_transit", _MOVING),
    S.CUSTOMS_PROCESSING: ("in_transit customs_received", _MOVING),
    S.CUSTOMS_INFO_REQUIRED: ("exception customs_exception", (S.DELAYED_CUSTOMS, S.EXCEPTION_HELD)),
    S.CUSTOMS_CLEARED: ("in_transit customs_cleared", _MOVING),
    S.ON_VEHICLE: ("out_for_delivery delivery_out_for_delivery", ()),
    S.FAILED_NOT_HOME: ("failed_attempt delivery_attempted", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: ("available_for_pickup delivery_available_for_pickup", ()),
    S.DELIVERED: ("delivered delivery_delivered", ()),
    S.DELIVERED_COLLECTED: ("delivered delivery_delivered", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: ("exception", (S.EXCEPTION_UNSPECIFIED,)),
    S.RETURNING: ("exception exception_return", ()),
    S.RETURNED: ("exception exception_return", (S.RETURNING,)),
    S.DELAYED_WEATHER: ("in_transit", _MOVING),
    S.DELAYED_OPERATIONS: ("in_transit", _MOVING),
    S.EXCEPTION_INVESTIGATION: ("exception", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_LOST: ("exception", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_DAMAGED: ("exception", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_REFUSED: ("exception", (S.EXCEPTION_UNSPECIFIED,)),
}
LINES = {kind: Line(code, SPANISH[kind], also) for kind, (code, also) in _CODES.items()}
_STAMPS = {
    "infoReceived": "info_received",
    "inTransit": "in_transit",
    "outForDelivery": "out_for_delivery",
    "failedAttempt": "failed_attempt",
    "availableForPickup": "available_for_pickup",
    "exception": "exception",
    "delivered": "delivered",
}


def answer(ask: Ask, world: World) -> Reply:
    key = bearer(ask)
    if is_refused(key):
        return _error(401)
    if ask.method == "POST":
        return _posted(ask, key, world)
    if ask.method != "GET":
        return _error(404)
    if found := _SEARCH.fullmatch(ask.path):
        number = found["number"]
        return _results(number, ask, world) if is_followed(world, CODE, key, number) else _error(404)
    if found := _RESULTS.fullmatch(ask.path):
        number = next((one for one in followed(world, CODE, key) if _id(one) == found["id"]), "")
        return _results(number, ask, world) if number else _error(404)
    return _error(404)


def refuse(status: int) -> Reply:
    return _error(status)


def push(news: News) -> Sequence[Call]:
    """The tracking as it is now. Nothing is signed: the secret is shown."""
    sent = {
        "generatedAt": f"{news.now:%Y-%m-%dT%H:%M:%S}.000Z",
        "messageId": uuid_of(CODE, news.number, str(news.now.timestamp())),
    }
    reference = news.view.parcel.reference if news.view else None
    tracking = _tracking(news.number, news.view, reference, news.ask, news.now) | {"metadata": sent}
    body = json_body({"trackings": [tracking]})
    return [Call(body, {"Authorization": f"Bearer {news.hook.secret}"})]


def _error(status: int) -> Reply:
    code, message = _ERRORS.get(status, _ERRORS[500])
    return json_reply({"errors": [{"code": code, "message": message}], "data": None}, status)


def _posted(ask: Ask, key: str, world: World) -> Reply:
    body, call = body_of(ask), ask.path.removeprefix(API)
    if call == "/trackers/bulk":
        return _bulk(body, key, world)
    number = _number(body)
    if not number:
        return _error(400)
    if call == "/tracking/search":
        return _results(number, ask, world)
    if call not in ("/trackers", "/trackers/track"):
        return _error(404)
    follow(world, CODE, key, number)
    if call == "/trackers/track":
        return _results(number, ask, world, 201)
    return json_reply({"data": {"tracker": _tracker(number, world)}}, 201)


def _number(item: Json) -> str:
    """The number asked for; empty where there is none that could be one."""
    number = item.get("trackingNumber") if isinstance(item, dict) else None
    good = isinstance(number, str) and (NETWORK.is_own(number) or is_never_heard_of(number))
    return str(number) if good else ""


def _bulk(body: Json, key: str, world: World) -> Reply:
    if not isinstance(body, list) or not 0 < len(body) <= PER_BULK:
        return _error(400)
    told: list[dict[str, Json]] = []
    for item in body:
        number = _number(item)
        if not number:
            error = {"code": "validation_error", "message": "trackingNumber is not valid."}
            told.append({"itemStatus": "failed", "inputData": item, "tracker": None, "errors": [error]})
            continue
        made = "created" if follow(world, CODE, key, number) else "existing"
        told.append({"itemStatus": made, "inputData": item, "tracker": _tracker(number, world), "errors": []})
    failed = sum(one["itemStatus"] == "failed" for one in told)
    return json_reply({"status": "partial" if failed else "success", "data": told}, 207 if failed else 201)


def _id(number: str) -> str:
    return uuid_of(CODE, number)


def _tracker(number: str, world: World) -> Json:
    parcel = world.parcel(CODE, number)
    return _made(number, parcel.reference if parcel else None, world.now())


def _made(number: str, reference: str | None, now: datetime) -> Json:
    return {
        "trackerId": _id(number),
        "trackingNumber": number,
        "shipmentReference": reference,
        "courierCode": [COURIER],
        "clientTrackerId": None,
        "isSubscribed": True,
        "isTracked": True,
        "createdAt": f"{now:%Y-%m-%dT%H:%M:%S}.000Z",
    }


def _results(number: str, ask: Ask, world: World, status: int = 200) -> Reply:
    view, parcel = world.view(CODE, number, ask.quirks), world.parcel(CODE, number)
    tracking = _tracking(number, view, parcel.reference if parcel else None, ask, world.now())
    return json_reply({"data": {"trackings": [tracking]}}, status)


def _tracking(
    number: str, view: View | None, reference: str | None, ask: Ask, now: datetime
) -> dict[str, Json]:
    return {
        "tracker": _made(number, reference, now),
        "shipment": _shipment(number, view),
        "events": [_event(told, number, ask) for told in view.newest_first] if view else [],
        "statistics": {"timestamps": _stamps(view)},
    }


def _said(kind: SubStatus | None) -> dict[str, str | None]:
    milestone, _, code = LINES[kind].code.partition(" ") if kind else ("pending", "", "")
    return {
        "statusCode": code or None,
        "statusCategory": code.partition("_")[0] or None,
        "statusMilestone": milestone,
    }


def _shipment(number: str, view: View | None) -> Json:
    route = view.parcel.route if view else None
    is_delivered = view is not None and view.latest.kind.status is Status.DELIVERED
    promised = view.eta.replace(tzinfo=None).isoformat() if view and view.eta else None
    return {
        "shipmentId": uuid_of(CODE, "shipment", number),
        **_said(view.latest.kind if view else None),
        "originCountryCode": route.origin.country if route else None,
        "destinationCountryCode": route.destination.country if route else None,
        "delivery": {
            "estimatedDeliveryDate": promised,
            "courierEstimatedDeliveryDate": {"from": None, "to": None},
            "service": "Paq Premium" if view else None,
            "signedBy": "ANA RUIZ" if is_delivered else None,
        },
        "trackingNumbers": [{"tn": number}],
        "recipient": {
            "name": "ANA RUIZ" if view else None,
            "address": "CALLE MAYOR 1" if view else None,
            "postCode": route.destination.postal_code if route else None,
            "city": route.destination.name if route else None,
            "subdivision": None,
        },
    }


def _event(told: Told, number: str, ask: Ask) -> Json:
    said_at, offset = _when(told, ask)
    return {
        "eventId": uuid_of(number, str(told.index)),
        "trackingNumber": number,
        "eventTrackingNumber": number,
        "status": LINES[told.kind].text,
        "occurrenceDatetime": said_at,
        "order": None,
        "datetime": said_at,
        "hasNoTime": False,
        "utcOffset": offset,
        "location": told.place.name,
        "sourceCode": f"{COURIER}-tracking",
        "courierCode": COURIER,
        **_said(told.kind),
    }


def _when(told: Told, ask: Ask) -> tuple[str, str | None]:
    """The time and, apart from it, the offset: every third time has it in itself, some have none at all."""
    local: datetime = told.local
    bare = local.replace(tzinfo=None).isoformat()
    if ask.has(Quirk.MISSING_ZONE):
        return bare, None
    return (local.isoformat(), None) if told.index % 3 == 1 else (bare, local.isoformat()[-6:])


def _stamps(view: View | None) -> Json:
    first: dict[str, str] = {}
    for told in view.scans if view else ():
        first.setdefault(
            str(_said(told.kind)["statusMilestone"]), told.local.replace(tzinfo=None).isoformat()
        )
    return {f"{name}Datetime": first.get(milestone) for name, milestone in _STAMPS.items()}


WIRE = Wire(
    code=CODE,
    name="Ship24",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=bearer,
    push=push,
    probes="HEAD",
)
