"""GLS Group Track & Trace v1, as its server speaks: OAuth2 tokens first, then ten numbers a call."""

from __future__ import annotations

import re
from datetime import datetime

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, json_reply
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
TOKEN_PATH = "/oauth2/v2/token"  # noqa: S105  a path, not a secret
TRACK_PATH = "/track-and-trace-v1/tracking/simple/trackids/"
TOKEN_LIFETIME_S = 14_400
PER_CALL = 10
_NUMBER = re.compile(r"[A-Z0-9]{8,14}")
_FAULTS = {
    401: ("Invalid access token", "keymanagement.service.invalid_access_token"),
    429: ("Rate limit quota violation. Quota limit exceeded.", "policies.ratelimit.QuotaViolation"),
}
_TITLES = {400: "Bad Request", 404: "Not Found", 500: "Internal Server Error"}

_MOVING = (S.IN_TRANSIT,)
_TROUBLE = (S.EXCEPTION_UNSPECIFIED,)
_UNDELIVERED = (*_TROUBLE, S.FAILED_OTHER)
# Code: of the event, then the state the parcel is in by it. GLS lists the states, not the events.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("INTIAL.PREADVICE PREADVICE", "The parcel data was announced by the shipper."),
    S.PICKED_UP: Line("PICKUP.NORMAL INTRANSIT", "The parcel was picked up from the sender."),
    S.DEPARTED_FACILITY: Line("OUTBOUND.NORMAL INTRANSIT", "The parcel has left the depot."),
    S.IN_SORTING: Line("HUB.NORMAL INTRANSIT", "The parcel is being sorted at the hub."),
    S.AT_DELIVERY_DEPOT: Line(
        "INBOUND.NORMAL INTRANSIT",
        "The parcel arrived at the delivery depot.",
        (*_MOVING, S.ARRIVED_FACILITY),
    ),
    S.DEPARTED_COUNTRY: Line("OUTBOUND.NORMAL INTRANSIT", "The parcel has left the country of origin."),
    S.ARRIVED_COUNTRY: Line(
        "INBOUND.NORMAL INTRANSIT",
        "The parcel arrived in the country of destination.",
        (*_MOVING, S.ARRIVED_FACILITY),
    ),
    S.CUSTOMS_PROCESSING: Line("CUSTOMS.NORMAL INTRANSIT", "The parcel is in customs clearance."),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "CUSTOMS.DOCUMENTS INWAREHOUSE", "Customs: documents missing, parcel held."
    ),
    S.CUSTOMS_CLEARED: Line("CUSTOMS.RELEASED INTRANSIT", "The parcel was released by customs."),
    S.ON_VEHICLE: Line("OUTDELIVERY.NORMAL INDELIVERY", "The parcel was loaded for delivery."),
    S.FAILED_NOT_HOME: Line(
        "NOTDELIVERED.ABSENT NOTDELIVERED",
        "The parcel could not be delivered: consignee absent.",
        (S.FAILED_OTHER,),
    ),
    S.PICKUP_POINT: Line(
        "DELIVEREDPS.NORMAL DELIVEREDPS", "The parcel was left at the ParcelShop.", (S.PICKUP_STORE,)
    ),
    S.DELIVERED: Line("DELIVERED.NORMAL DELIVERED", "The parcel was handed to the consignee."),
    S.DELIVERED_COLLECTED: Line(
        "DELIVERED.PARCELSHOP DELIVERED", "The parcel was collected at the ParcelShop.", (S.DELIVERED,)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "NOTDELIVERED.NOTCOLLECTED NOTDELIVERED", "The parcel was not collected in time.", _UNDELIVERED
    ),
    S.RETURNING: Line("RETURN.NORMAL INTRANSIT", "The parcel is being returned to the sender."),
    S.RETURNED: Line("DELIVERED.RETURN FINAL", "The parcel was delivered to the sender."),
    S.DELAYED_WEATHER: Line("DELAY.WEATHER INTRANSIT", "The parcel is delayed due to the weather."),
    S.DELAYED_OPERATIONS: Line("DELAY.NORMAL INWAREHOUSE", "The parcel is delayed."),
    S.EXCEPTION_INVESTIGATION: Line("INVESTIGATION.NORMAL INWAREHOUSE", "An investigation was opened."),
    S.EXCEPTION_LOST: Line("INVESTIGATION.LOST FINAL", "The parcel is lost."),
    S.EXCEPTION_DAMAGED: Line("NOTDELIVERED.DAMAGED NOTDELIVERED", "The parcel is damaged.", _UNDELIVERED),
    S.EXCEPTION_REFUSED: Line(
        "NOTDELIVERED.REFUSED NOTDELIVERED",
        "The parcel was refused by the consignee.",
        (*_UNDELIVERED, S.FAILED_REFUSED),
    ),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path == TOKEN_PATH and ask.method == "POST":
        return _token(ask, world.now())
    if not ask.path.startswith(TRACK_PATH) or ask.method != "GET":
        return _problem(404, "The resource was not found")
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    numbers = ask.path.removeprefix(TRACK_PATH).split(",")
    if len(numbers) > PER_CALL:
        return _problem(400, f"No more than {PER_CALL} identifiers are allowed")
    return json_reply({"parcels": [_parcel(number, ask, world) for number in numbers]})


def refuse(status: int) -> Reply:
    if status not in _FAULTS:
        return _problem(status, "An unexpected error occurred")
    text, code = _FAULTS[status]
    return json_reply({"fault": {"faultstring": text, "detail": {"errorcode": code}}}, status)


def _problem(status: int, detail: str) -> Reply:
    title = _TITLES.get(status, "Error")
    payload = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return json_reply(payload | {"instance": "/tracking/simple/trackids"}, status)


def _token(ask: Ask, now: datetime) -> Reply:
    if tokens.form_of(ask).get("grant_type") != "client_credentials":
        return _problem(400, "grant_type must be client_credentials")
    if not tokens.is_client(ask):
        return refuse(401)
    token = tokens.issued(now, TOKEN_LIFETIME_S)
    return json_reply({"access_token": token, "token_type": "Bearer", "expires_in": TOKEN_LIFETIME_S})


def _parcel(number: str, ask: Ask, world: World) -> Json:
    if not _NUMBER.fullmatch(number):
        return _unknown(number, "E_400_01", "Invalid identifier")
    view = world.view("gls_group", number, ask.quirks)
    if view is None:
        rarer = ask.has(Quirk.SHAPE)
        return _unknown(number, "E_404_02" if rarer else "E_404_01", "Parcel not found")
    return _known(view, ask)


def _unknown(number: str, code: str, message: str) -> Json:
    return {"requested": number, "errorCode": code, "errorMessage": message}


def _known(view: View, ask: Ask) -> Json:
    number, latest = view.parcel.number, view.latest
    state = LINES[latest.kind].code.split()[1]
    parcel: dict[str, Json] = {
        "requested": number,
        "unitno": number,
        "status": state,
        "statusDateTime": _time(latest, ask),
    }
    if ask.query.get("showEvents") == "true":
        parcel["events"] = [_event(told, ask) for told in view.newest_first]
    if state == "DELIVEREDPS":
        base = "https://api.gls-group.net/track-and-trace-v1/tracking/deliveryinfo/parcelid"
        parcel["_links"] = {"deliveryInfo": {"href": f"{base}/{number}", "templated": False}}
    if ask.has(Quirk.SHAPE):
        parcel |= {"errorCode": None, "errorMessage": None}
    return parcel


def _event(told: Told, ask: Ask) -> Json:
    line = LINES[told.kind]
    announced = told.kind is S.LABEL_CREATED
    return {
        "code": line.code.split()[0],
        "city": "" if announced else told.place.name,
        "postalCode": "" if announced else told.place.postal_code,
        "country": told.place.country,
        "description": line.text,
        "eventDateTime": _time(told, ask),
    }


def _time(told: Told, ask: Ask) -> str:
    """Local to the place; its offset is written without a colon."""
    return f"{told.local:%Y-%m-%dT%H:%M:%S}" + ("" if ask.has(Quirk.MISSING_ZONE) else f"{told.local:%z}")


WIRE = Wire(
    code="gls_group",
    name="GLS Group",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
    per_day=500,
)
