"""Evri's own tracking pages, as their server speaks: a number leads to parcels, whose stages are few."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
LONDON = ZoneInfo("Europe/London")
PATH = "/enterprise-tracking-api/v1/parcels"
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_REASONS = {401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error"}
_STAGES = {
    "1": "Received",
    "2": "On its way",
    "3": "At local depot",
    "4_COURIER": "Out for delivery",
    "5_COURIER": "Delivered",
}

_MOVING = (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
_TROUBLE = (*_MOVING, S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)
# Code: the stage. Five are known; of what has none of its own only the words tell.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("1", "We're expecting your parcel", (S.PICKED_UP, S.IN_TRANSIT)),
    S.PICKED_UP: Line("1", "We have your parcel", (S.LABEL_CREATED, S.IN_TRANSIT)),
    S.DEPARTED_FACILITY: Line("2", "On its way to the hub", _MOVING),
    S.IN_SORTING: Line("2", "Your parcel is being sorted at our hub", (*_MOVING, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("3", "At the local delivery depot", _MOVING),
    S.DEPARTED_COUNTRY: Line("2", "Left the country of origin", _MOVING),
    S.ARRIVED_COUNTRY: Line("2", "Arrived in the UK", _MOVING),
    S.CUSTOMS_PROCESSING: Line("2", "Your parcel is with customs", _MOVING),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "2_CUSTOMS", "Customs need more information", (*_TROUBLE, S.CUSTOMS_PROCESSING, S.EXCEPTION_HELD)
    ),
    S.CUSTOMS_CLEARED: Line("2", "Cleared customs", _MOVING),
    S.ON_VEHICLE: Line("4_COURIER", "Out for delivery"),
    S.FAILED_NOT_HOME: Line(
        "4_COURIER_ATTEMPT", "We tried to deliver, but nobody was home", (S.FAILED_OTHER,)
    ),
    S.PICKUP_POINT: Line("4_PARCELSHOP", "Ready to collect from the ParcelShop", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("5_COURIER", "Delivered"),
    S.DELIVERED_COLLECTED: Line(
        "5_PARCELSHOP", "Collected by the customer from the ParcelShop", (S.DELIVERED,)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "4_PARCELSHOP_EXPIRED", "Not collected in time from the ParcelShop", (*_TROUBLE, S.RETURNING)
    ),
    S.RETURNING: Line("2_RETURN", "Your parcel is being returned to the sender", _MOVING),
    S.RETURNED: Line("5_RETURN", "Your parcel has been returned to the sender", (S.RETURNING,)),
    S.DELAYED_WEATHER: Line("2_DELAY", "Delayed because of the weather", (*_TROUBLE, S.DELAYED_OPERATIONS)),
    S.DELAYED_OPERATIONS: Line("2_DELAY", "Your parcel has been delayed", _TROUBLE),
    S.EXCEPTION_INVESTIGATION: Line("2_TRACE", "Your parcel is being traced", _TROUBLE),
    S.EXCEPTION_LOST: Line("2_LOST", "Your parcel has been lost", (*_TROUBLE, S.EXCEPTION_INVESTIGATION)),
    S.EXCEPTION_DAMAGED: Line("2_DAMAGED", "Your parcel has been damaged", _TROUBLE),
    S.EXCEPTION_REFUSED: Line(
        "4_COURIER_REFUSED", "Delivery was refused by the recipient", (S.FAILED_REFUSED,)
    ),
}


def answer(ask: Ask, world: World) -> Reply:
    if not ask.path.startswith(PATH) or ask.method != "GET":
        return html_reply(404, "404", "Not found")
    if is_refused(ask.headers.get("apikey", "")):
        return refuse(401)
    if ask.path.startswith(f"{PATH}/reference/"):
        return _reference(ask.path.removeprefix(f"{PATH}/reference/"), ask, world)
    if ask.path != PATH:
        return refuse(404)
    views = [world.view("evri", _barcode(one), ask.quirks) for one in _wanted(ask)]
    return json_reply({"results": [_parcel(view) for view in views if view is not None]})


def refuse(status: int) -> Reply:
    reason = _REASONS.get(status, _REASONS[500])
    return json_reply({"status": status, "error": reason, "path": PATH}, status)


def _reference(number: str, ask: Ask, world: World) -> Reply:
    """The parcels a number stands for, by the names they go by inside."""
    if world.view("evri", number) is not None:
        return json_reply([_unique_id(number)])
    return json_reply([]) if ask.has(Quirk.SHAPE) else refuse(404)


def _wanted(ask: Ask) -> list[str]:
    return [one for value in ask.every("uniqueIds") for one in value.split(",") if one]


def _unique_id(barcode: str) -> str:
    return str(int(barcode, 36))


def _barcode(unique_id: str) -> str:
    if not re.fullmatch(r"\d{1,26}", unique_id):
        return ""
    left, letters = int(unique_id), ""
    while left:
        left, last = divmod(left, 36)
        letters = _ALPHABET[last] + letters
    return letters


def _parcel(view: View) -> Json:
    return {
        "uniqueId": _unique_id(view.parcel.number),
        "barcode": view.parcel.number,
        "orderDetails": {
            "client": "PED",
            "deliveryAddress": {"name": "Nuria Vidal", "line1": "1 Calle Mayor"},
        },
        "trackingEvents": [_event(told) for told in view.newest_first],
    }


def _event(told: Told) -> Json:
    line = LINES[told.kind]
    return {
        "dateTime": told.at.astimezone(LONDON).isoformat(),
        "trackingPoint": {"description": line.text},
        "trackingStage": {
            "trackingStageCode": line.code,
            "description": _STAGES.get(line.code, _STAGES[line.code[0]] if line.code[0] in "123" else ""),
        },
    }


WIRE = Wire(
    code="evri",
    name="Evri",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("apikey", ""),
)
