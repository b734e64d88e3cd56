"""DPD's shipper services (BE, NL), as their SOAP servers speak: a login for a day, then one parcel a call.

A parcel is told as a ladder: the rungs it has reached, each with its moment, and those still to come without.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import soap, tokens
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
LOGIN_PATH = "/soap/services/LoginService/V2_1"
TRACK_PATH = "/soap/services/ParcelLifeCycleService/V2_0"
LOGIN_NS = "http://dpd.com/common/service/types/LoginService/2.1"
TRACK_NS = "http://dpd.com/common/service/types/ParcelLifeCycleService/2.0"
TOKEN_LIFETIME_S = 86_400

_MOVING = (S.IN_TRANSIT,)
_UNDELIVERED = (S.FAILED_OTHER,)
# The rungs documented are few. What else befalls a parcel comes under a name nobody has listed: the words say it.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("SHIPMENT", "Parcel information received"),
    S.PICKED_UP: Line("AT_SENDING_DEPOT", "At parcel dispatch centre", (*_MOVING, S.ARRIVED_FACILITY)),
    S.DEPARTED_FACILITY: Line("ON_THE_ROAD", "In transit", _MOVING),
    S.IN_SORTING: Line("ON_THE_ROAD", "In transit", _MOVING),
    S.AT_DELIVERY_DEPOT: Line("AT_DELIVERY_DEPOT", "At parcel delivery centre"),
    S.DEPARTED_COUNTRY: Line("ON_THE_ROAD", "In transit", _MOVING),
    S.ARRIVED_COUNTRY: Line("ON_THE_ROAD", "In transit", _MOVING),
    S.CUSTOMS_PROCESSING: Line("CUSTOMS", "In customs clearance"),
    S.CUSTOMS_CLEARED: Line("CUSTOMS", "Released by customs"),
    S.ON_VEHICLE: Line("OUT_FOR_DELIVERY", "Parcel out for delivery"),
    S.FAILED_NOT_HOME: Line("DELIVERY_FAILURE", "We are sorry, the recipient was not at home"),
    S.PICKUP_POINT: Line("AT_PARCELSHOP", "At Pickup point", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("DELIVERED", "Delivered"),
    S.DELIVERED_COLLECTED: Line("DELIVERED", "Collected at the Pickup point", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("DELIVERY_FAILURE", "Not collected in time", _UNDELIVERED),
    S.EXCEPTION_REFUSED: Line(
        "DELIVERY_FAILURE", "Refused by the recipient", (*_UNDELIVERED, S.FAILED_REFUSED)
    ),
    S.CUSTOMS_INFO_REQUIRED: Line("CUSTOMS", "Held by customs: documents are missing"),
    S.DELAYED_WEATHER: Line("DELAYED", "In transit, delayed by the weather"),
    S.DELAYED_OPERATIONS: Line("DELAYED", "In transit, delayed"),
    S.EXCEPTION_INVESTIGATION: Line("INVESTIGATION", "The parcel is under investigation"),
    S.EXCEPTION_LOST: Line("INVESTIGATION", "The parcel is lost"),
    S.EXCEPTION_DAMAGED: Line("DAMAGED", "The parcel is damaged"),
    S.RETURNING: Line("RETURN_TO_SENDER", "Return to sender"),
    S.RETURNED: Line("DELIVERED", "Returned to sender"),
}
_LADDER = (S.LABEL_CREATED, S.PICKED_UP, S.DEPARTED_FACILITY, S.AT_DELIVERY_DEPOT, S.ON_VEHICLE, S.DELIVERED)


def answer(ask: Ask, world: World) -> Reply:
    if ask.method != "POST" or ask.path not in (LOGIN_PATH, TRACK_PATH):
        return html_reply(404, "404", "No service was found.")
    if ask.path == LOGIN_PATH:
        return _login(ask, world.now())
    signed = soap.values(ask.body, "Header", "authentication") or {}
    if is_refused(signed.get("delisId", "")) or not tokens.is_good(signed.get("authToken", ""), world.now()):
        return _no_entry("LOGIN_5", "The authtoken is invalid or expired")
    call = soap.values(ask.body, "Body", "getTrackingData")
    if call is None:
        return soap.fault("Unmarshalling Error: there is no getTrackingData in its body.", code="soap:Client")
    view = world.view("dpd", call.get("parcelLabelNumber", ""), ask.quirks)
    return _unknown() if view is None else _found(view, rarer=ask.has(Quirk.SHAPE))


def refuse(status: int) -> Reply:
    if status == 500:
        return soap.fault("Internal server error")
    return html_reply(status, str(status), "Too Many Requests")


# --- Signing in ---


def _login(ask: Ask, now: datetime) -> Reply:
    call = soap.values(ask.body, "Body", "getAuth")
    if call is None:
        return soap.fault("Unmarshalling Error: there is no getAuth in its body.", code="soap:Client")
    if is_refused(call.get("delisId", "")) or is_refused(call.get("password", "")):
        return _no_entry("LOGIN_1", "The combination of user and password is invalid")
    expires_at = now + timedelta(seconds=TOKEN_LIFETIME_S)
    said = {
        "delisId": call["delisId"],
        "customerUid": call["delisId"],
        "authToken": tokens.issued(now, TOKEN_LIFETIME_S),
        "depot": "0530",
        "authTokenExpires": f"{expires_at:%Y-%m-%dT%H:%M:%S}.00",
    }
    return soap.envelope(soap.element({"ns2:getAuthResponse": {"@xmlns:ns2": LOGIN_NS, "return": said}}))


def _no_entry(code: str, message: str) -> Reply:
    inside = {"@xmlns:ns": LOGIN_NS, "errorCode": code, "errorMessage": message}
    return soap.fault("Fault occured", soap.element({"ns:authenticationFault": inside}))


# --- Tracking ---


def _unknown() -> Reply:
    message = "No data found for the given parcel label number"
    inside = {"@xmlns:ns": TRACK_NS, "faultCode": "PARCEL_NOT_FOUND", "message": message}
    return soap.fault("Fault occured", soap.element({"ns:faults": inside}))


def _found(view: View, *, rarer: bool) -> Reply:
    prefix = "ns2" if rarer else "ns3"
    result = {
        "shipmentInfo": _shipment(view),
        "statusInfo": [*(_reached(told, view, rarer=rarer) for told in view.scans), *_to_come(view)],
    }
    inside = {f"@xmlns:{prefix}": TRACK_NS, "trackingresult": result}
    return soap.envelope(soap.element({f"{prefix}:getTrackingDataResponse": inside}))


def _words(said: str) -> Json:
    return {"content": said, "bold": "false", "paragraph": "false"}


def _shipment(view: View) -> Json:
    town = view.parcel.route.destination
    info = {
        "receiver": {
            "label": _words("Receiver"),
            "content": _words(f"NURIA VIDAL, {town.postal_code} {town.name}"),
        },
        "serviceDescription": {"label": _words("Service"), "content": _words("DPD CLASSIC")},
        "status": "SHIPMENT",
        "label": _words("Shipment"),
        "description": None,
        "statusHasBeenReached": "true",
        "isCurrentStatus": "false",
        "showContactInfo": "false",
    }
    if view.eta is None:
        return info
    return info | {"predictInformation": {"content": _words(f"{view.eta:%d.%m.%Y}")}}


def _rung(line: Line, *, reached: bool, current: bool, rarer: bool) -> dict[str, Json]:
    described: Json = _words(line.text)
    return {
        "status": line.code,
        "label": described,
        "description": {"content": [described, _words("")] if rarer else described},
        "statusHasBeenReached": str(reached).lower(),
        "isCurrentStatus": str(current).lower(),
        "showContactInfo": "false",
    }


def _reached(told: Told, view: View, *, rarer: bool) -> Json:
    rung = _rung(LINES[told.kind], reached=True, current=told == view.latest, rarer=rarer)
    where = {"location": _words(f"{told.place.name} ({told.place.country})")}
    return rung | where | {"date": _words(_date(told.local))}


def _date(local: datetime) -> str:
    """By the American calendar and clock: `05/08/2026 5:30:00 PM`."""
    hour = local.hour % 12 or 12
    return f"{local:%m/%d/%Y} {hour}:{local:%M:%S} {'AM' if local.hour < 12 else 'PM'}"


def _to_come(view: View) -> list[Json]:
    """The rungs above the highest one reached."""
    climbed = [_LADDER.index(told.kind) for told in view.scans if told.kind in _LADDER]
    above = _LADDER[max(climbed, default=-1) + 1 :] if not view.is_closed else ()
    return [_rung(LINES[kind], reached=False, current=False, rarer=False) for kind in above]


def _account(ask: Ask) -> str:
    signed = soap.values(ask.body, "Header", "authentication") or soap.values(ask.body, "Body", "getAuth")
    return (signed or {}).get("delisId", "")


WIRE = Wire(code="dpd", name="DPD", lines=LINES, answer=answer, refuse=refuse, account=_account)
