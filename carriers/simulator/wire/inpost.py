"""InPost ShipX (Poland), the public tracking: one number a call, names of steps and no words, lockers in full."""

from __future__ import annotations

import re
from collections.abc import Sequence

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.places import Place
from carriers.simulator.wire.contract import (
    Ask,
    Call,
    Line,
    News,
    Reply,
    Wire,
    html_reply,
    json_body,
    json_reply,
)
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
PATH = "/v1/tracking/"
_NUMBER = re.compile(r"\d{24}")
_ERRORS = {
    404: ("resource_not_found", "Requested tracking information could not be found."),
    429: ("too_many_requests", "Too many requests. Try again later."),
    500: ("internal_server_error", "Something went wrong."),
}
_AGENCIES = {"Kraków": "KRA", "Łódź": "LOD", "Poznań": "POZ", "Warszawa": "WAW"}

_LATE = (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL)
_TROUBLE = (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)
# Code: InPost's name of the step, and the courier's own for it. There are no words: the names are all it says.
# It has none for customs, nor for damage, and one for every delay.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("confirmed PPN", ""),
    S.PICKED_UP: Line("collected_from_sender ODB", "", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line("sent_from_source_branch WPS", "", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("adopted_at_sorting_center SRT", "", (S.IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("adopted_at_target_branch PTB", "", (S.IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("sent_from_sorting_center WSC", "", (S.IN_TRANSIT, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line(
        "adopted_at_sorting_center SRT", "", (S.IN_TRANSIT, S.ARRIVED_FACILITY, S.IN_SORTING)
    ),
    S.CUSTOMS_PROCESSING: Line("delay_in_delivery OPZ", "", _LATE),
    S.CUSTOMS_INFO_REQUIRED: Line("delay_in_delivery OPZ", "", _LATE),
    S.CUSTOMS_CLEARED: Line("sent_from_sorting_center WSC", "", (S.IN_TRANSIT, S.DEPARTED_FACILITY)),
    S.ON_VEHICLE: Line("out_for_delivery WSR", ""),
    S.FAILED_NOT_HOME: Line("avizo AWI", "", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line("ready_to_pickup DOR", "", (S.PICKUP_LOCKER,)),
    S.DELIVERED: Line("delivered DEL", ""),
    S.DELIVERED_COLLECTED: Line("delivered DEL", "", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("pickup_time_expired PTE", "", (S.RETURNING,)),
    S.RETURNING: Line("stack_parcel_pickup_time_expired SPE", "", (S.EXCEPTION_PICKUP_MISSED,)),
    S.RETURNED: Line("returned_to_sender ZWR", ""),
    S.DELAYED_WEATHER: Line("delay_in_delivery OPZ", "", _LATE),
    S.DELAYED_OPERATIONS: Line("delay_in_delivery OPZ", "", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line("claimed REK", "", _TROUBLE),
    S.EXCEPTION_LOST: Line("missing ZAG", "", (S.EXCEPTION_INVESTIGATION,)),
    S.EXCEPTION_DAMAGED: Line("other INN", "", _TROUBLE),
    S.EXCEPTION_REFUSED: Line("rejected_by_receiver ODM", "", (S.FAILED_REFUSED,)),
}
_NOWHERE = frozenset({S.LABEL_CREATED, S.DELIVERED, S.DELIVERED_COLLECTED})


def answer(ask: Ask, world: World) -> Reply:
    if not ask.path.startswith(PATH) or ask.method != "GET":
        return html_reply(404, "404 Not Found", "nginx")
    number = ask.path.removeprefix(PATH)
    view = world.view("inpost", number, ask.quirks) if _NUMBER.fullmatch(number) else None
    if view is not None:
        for hook in world.watching.hooks("inpost"):  # who asks is not known: it is told to all
            world.heard_of("inpost", hook.key, number)
    return refuse(404) if view is None else json_reply(_shipment(view, ask))


def refuse(status: int) -> Reply:
    error, message = _ERRORS.get(status, _ERRORS[500])
    return json_reply({"status": status, "error": error, "message": message, "details": {}}, status)


def push(news: News) -> Sequence[Call]:
    """A change of status each: its name and its moment. Nothing is signed."""
    return [Call(json_body(_change(told, news.number))) for told in news.fresh]


def _change(told: Told, number: str) -> Json:
    return {
        "event_ts": f"{told.local:%Y-%m-%d %H:%M:%S %z}",
        "event": "shipment_status_changed",
        "organization_id": 1,
        "payload": {
            "shipment_id": int(number[-9:]),
            "status": LINES[told.kind].code.split()[0],
            "tracking_number": number,
        },
    }


def _shipment(view: View, ask: Ask) -> Json:
    is_to_door = ask.has(Quirk.SHAPE)
    service = "inpost_courier_standard" if is_to_door else "inpost_locker_standard"
    return {
        "tracking_number": view.parcel.number,
        "service": service,
        "type": service,
        "status": LINES[view.latest.kind].code.split()[0],
        "custom_attributes": _attributes(None if is_to_door else view.parcel.route.destination),
        "tracking_details": [_detail(one, ask) for one in view.newest_first],
        "expected_flow": [],
        "created_at": _detail(min(view.scans, key=lambda one: one.at), ask)["datetime"],
        "updated_at": _detail(view.latest, ask)["datetime"],
    }


def _attributes(town: Place | None) -> Json:
    """Of a parcel for a locker: which one, where, and when it is open."""
    if town is None:
        return {"size": "B", "target_machine_id": None, "target_machine_detail": None}
    name = f"{_AGENCIES[town.name]}01N"
    return {
        "size": "B",
        "target_machine_id": name,
        "target_machine_detail": {
            "name": name,
            "opening_hours": "24/7",
            "location_description": "przy sklepie",
            "location": {"latitude": town.lat, "longitude": town.lon},
            "address": {"line1": "Przykładowa 1", "line2": f"{town.postal_code} {town.name}"},
            "type": ["parcel_locker"],
            "location247": True,
        },
        "dropoff_machine_id": None,
        "end_of_week_collection": False,
    }


def _detail(told: Told, ask: Ask) -> Json:
    status, courier_status = LINES[told.kind].code.split()
    local = told.local.replace(tzinfo=None) if ask.has(Quirk.MISSING_ZONE) else told.local
    return {
        "status": status,
        "origin_status": courier_status,
        "agency": None if told.kind in _NOWHERE else _AGENCIES.get(told.place.name),
        "datetime": local.isoformat(timespec="milliseconds"),
    }


WIRE = Wire(
    code="inpost",
    name="InPost",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: "",  # nobody signs in
    push=push,
)
