"""USPS Tracking v3, as its server speaks: OAuth2 tokens first, then one number a call."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from carriers.simulator.loopback import NotLoopbackError, checked
from carriers.simulator.networks.usps import is_own
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.watching import Hook, Registration
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import Ask, Call, Line, News, Reply, Wire, json_body, json_reply
from carriers.simulator.wire.following import uuid_of
from carriers.simulator.wire.signing import in_base64, in_hex
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
TOKEN_PATH, TRACK_PATH = "/oauth2/v3/token", "/tracking/v3/tracking/"
SUBSCRIPTIONS_PATH = "/subscriptions-tracking/v3/subscriptions"
TOKEN_LIFETIME_S = 28_799
_ERRORS = {
    400: ("01", "Bad request", "The tracking number is not valid."),
    401: ("10", "Unauthorized", "The access token is missing, expired or not valid."),
    404: ("02", "Tracking number not found", "A status update is not yet available for the package."),
    429: ("20", "Too many requests", "The hourly quota has been reached."),
    500: ("30", "Service unavailable", "The service is unavailable, please try again later."),
}
_STATES = {"Los Angeles": "CA", "New York": "NY", "Chicago": "IL", "Memphis": "TN"}

# Code: the event's, a bar, the category of a parcel that has got there. Text: as in an event.
# The codes from X on stand for the many that USPS does not list: only their words say what they mean.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("GX|Pre-Shipment", "SHIPPING LABEL CREATED, USPS AWAITING ITEM"),
    S.PICKED_UP: Line("03|Accepted", "USPS PICKED UP ITEM"),
    S.DEPARTED_FACILITY: Line("SF|In Transit", "DEPARTED USPS REGIONAL FACILITY", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line(
        "10|In Transit", "PROCESSED THROUGH USPS REGIONAL FACILITY", (S.ARRIVED_FACILITY, S.IN_TRANSIT)
    ),
    S.AT_DELIVERY_DEPOT: Line("07|In Transit", "ARRIVED AT POST OFFICE", (S.ARRIVED_FACILITY, S.IN_TRANSIT)),
    S.DEPARTED_COUNTRY: Line(
        "X1|In Transit", "DEPARTED FROM THE COUNTRY OF ORIGIN", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.ARRIVED_COUNTRY: Line(
        "X2|In Transit",
        "ARRIVED IN THE COUNTRY OF DESTINATION",
        (S.ARRIVED_FACILITY, S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT),
    ),
    S.CUSTOMS_PROCESSING: Line(
        "X3|In Transit", "INBOUND INTO CUSTOMS", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "X4|Alert",
        "HELD IN CUSTOMS, DOCUMENTS REQUIRED",
        (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION),
    ),
    S.CUSTOMS_CLEARED: Line("X5|In Transit", "CLEARED CUSTOMS", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)),
    S.ON_VEHICLE: Line("OF|Out for Delivery", "OUT FOR DELIVERY"),
    S.FAILED_NOT_HOME: Line(
        "55|Delivery Attempt", "NOTICE LEFT (NO AUTHORIZED RECIPIENT AVAILABLE)", (S.FAILED_OTHER,)
    ),
    S.PICKUP_POINT: Line("16|Available for Pickup", "AVAILABLE FOR PICKUP", (S.PICKUP_DEPOT, S.PICKUP_STORE)),
    S.DELIVERED: Line("01|Delivered", "DELIVERED, FRONT DESK/RECEPTION/MAIL ROOM", (S.DELIVERED_RECEPTION,)),
    S.DELIVERED_COLLECTED: Line(
        "01|Delivered", "DELIVERED, INDIVIDUAL PICKED UP AT POST OFFICE", (S.DELIVERED,)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line("X6|Alert", "UNCLAIMED", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)),
    S.RETURNING: Line("29|Return to Sender", "RETURN TO SENDER"),
    S.RETURNED: Line("01|Delivered", "DELIVERED, TO ORIGINAL SENDER"),
    S.DELAYED_WEATHER: Line(
        "X7|In Transit",
        "WEATHER DELAY",
        (S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL, S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT),
    ),
    S.DELAYED_OPERATIONS: Line(
        "X8|In Transit", "IN TRANSIT, ARRIVING LATE: DELAYED", (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
    ),
    S.EXCEPTION_INVESTIGATION: Line(
        "X9|Alert",
        "MISSING MAIL SEARCH: UNDER INVESTIGATION",
        (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION),
    ),
    S.EXCEPTION_LOST: Line(
        "X10|Alert", "ITEM DECLARED LOST", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)
    ),
    S.EXCEPTION_DAMAGED: Line("X11|Alert", "ITEM DAMAGED", (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)),
    S.EXCEPTION_REFUSED: Line("04|Alert", "REFUSED", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path == TOKEN_PATH and ask.method == "POST":
        return _token(ask, world.now())
    if ask.path == SUBSCRIPTIONS_PATH and ask.method == "POST":
        return _subscription(ask, world)
    if not ask.path.startswith(TRACK_PATH) or ask.method != "GET":
        return refuse(404)
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    number = ask.path.removeprefix(TRACK_PATH)
    if not is_own(number):
        return refuse(400, number)
    view = world.view("usps", number, ask.quirks)
    return refuse(404, number) if view is None else json_reply(_parcel(view, ask))


def refuse(status: int, number: str = "") -> Reply:
    code, title, detail = _ERRORS.get(status, _ERRORS[500])
    source = {"parameter": "trackingNumber", "example": number}
    error = {"status": str(status), "code": code, "title": title, "detail": detail, "source": source}
    told = {"code": str(status), "message": detail, "errors": [error]}
    return json_reply({"apiVersion": "v3", "error": told}, status)


def _subscription(ask: Ask, world: World) -> Reply:
    """One number, pushed to `listenerURL` from now on. Safe to repeat: it renews."""
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    try:
        wanted = json.loads(ask.body)
        number, url = str(wanted["filterProperties"]["trackingNumber"]), str(wanted["listenerURL"])
        secret = str(wanted["secret"])
    except (ValueError, TypeError, KeyError):
        return refuse(400)
    if not is_own(number) or not secret:
        return refuse(400, number)
    client = tokens.client_of(tokens.bearer(ask))
    if _is_here(url):
        world.hook(Hook("usps", client, url, secret))
    if world.watching.registration("usps", client, number) is None:
        world.follow(Registration("usps", client, number, world.now().timestamp()), from_now=True)
    return json_reply({"subscriptionId": uuid_of("usps", client, number), "status": "ENABLED"}, 201)


def _is_here(url: str) -> bool:
    """Listeners elsewhere are taken down, and never told anything."""
    try:
        checked(url)
    except NotLoopbackError:
        return False
    return True


def push(news: News) -> Sequence[Call]:
    """The parcel as an answer tells it. `X-HMAC` is in base64; in hex where the rarer form is asked for."""
    if news.view is None:
        return []
    body = json_body(_parcel(news.view, Ask("POST", "", {"expand": "DETAIL"}, quirks=news.quirks)))
    write = in_hex if Quirk.SHAPE in news.quirks else in_base64
    return [Call(body, {"X-HMAC": write(news.hook.secret, body)})]


def _token(ask: Ask, now: datetime) -> Reply:
    if tokens.form_of(ask).get("grant_type") != "client_credentials":
        return json_reply({"error": "unsupported_grant_type"}, 400)
    if not tokens.is_client(ask):
        return json_reply({"error": "invalid_client"}, 401)
    return json_reply(
        {
            "access_token": tokens.issued(now, TOKEN_LIFETIME_S, tokens.client_in(ask)),
            "token_type": "Bearer",
            "issued_at": int(now.timestamp() * 1000),
            "expires_in": TOKEN_LIFETIME_S,
            "status": "approved",
            "scope": "tracking",
        }
    )


def _parcel(view: View, ask: Ask) -> Json:
    number, route, latest = view.parcel.number, view.parcel.route, view.latest
    line = LINES[latest.kind]
    parcel: dict[str, Json] = {
        "trackingNumber": number,
        "mailClass": "PRIORITY_MAIL",
        "destinationCity": route.destination.name.upper(),
        "destinationState": _STATES.get(route.destination.name, ""),
        "destinationZIP": route.destination.postal_code,
        "originCity": route.origin.name.upper(),
        "originState": _STATES.get(route.origin.name, ""),
        "originZIP": route.origin.postal_code,
        "itemShape": "PARCEL",
        "mailType": "DOMESTIC_MAIL",
        "onTime": view.eta is not None,
        "proofOfDeliveryEnabled": latest.kind.status is Status.DELIVERED,
        "redeliveryEnabled": latest.kind.status is Status.FAILED_ATTEMPT,
        "services": ["USPS Tracking"],
        "status": line.text.title(),
        "statusCategory": line.code.partition("|")[2],
        "statusSummary": f"{line.text.title()}.",
    }
    if ask.query.get("expand") == "DETAIL":
        parcel["trackingEvents"] = [_event(told, ask) for told in view.newest_first]
    if view.eta is not None:
        start = view.eta.replace(minute=0, second=0)
        end = min(start + timedelta(hours=2), start.replace(hour=23, minute=59))
        parcel |= {
            "expectedDeliveryTimeStamp": f"{view.eta:%Y-%m-%d}T20:00:00",
            "expectedDeliveryType": "Expected Delivery by",
            "predictedDeliveryDate": f"{view.eta:%Y-%m-%d}",
            "predictedDeliveryWindowStartTime": f"{start:%H:%M:%S}",
            "predictedDeliveryWindowEndTime": f"{end:%H:%M:%S}",
        }
    return parcel


def _event(told: Told, ask: Ask) -> Json:
    line, place = LINES[told.kind], told.place
    is_home, is_delivered = place.country == "US", told.kind.status is Status.DELIVERED
    event: dict[str, Json] = {
        "eventType": line.text,
        "eventTimestamp": f"{told.local:%Y-%m-%dT%H:%M:%S}",
        "GMTTimestamp": f"{told.at:%Y-%m-%dT%H:%M:%SZ}",
        "GMTOffset": str(int((told.local.utcoffset() or timedelta()).total_seconds() // 60)),
        "eventCountry": "" if is_home else place.country,
        "eventCity": place.name.upper(),
        "eventState": _STATES.get(place.name, ""),
        "eventZIP": place.postal_code if is_home else "",
        "firm": "",
        "name": "N VIDAL" if is_delivered else "",
        "authorizedAgent": False,
        "eventCode": line.code.partition("|")[0],
    }
    if ask.has(Quirk.SHAPE) or ask.has(Quirk.MISSING_ZONE):
        del event["GMTTimestamp"]  # the offset says it too
    if ask.has(Quirk.MISSING_ZONE):
        del event["GMTOffset"]
    return event


WIRE = Wire(
    code="usps",
    name="USPS",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
    push=push,
)
