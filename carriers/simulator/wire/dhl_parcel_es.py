"""DHL Parcel Iberia's customer service, as its server speaks: a token that is a bare text, Madrid's clock."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from carriers.simulator.networks.dhl_parcel_es import is_own
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
MADRID = ZoneInfo("Europe/Madrid")
TOKEN_PATH, TRACK_PATH = (f"/cimapi/api/v1/customer/{call}" for call in ("authenticate", "track"))
TOKEN_LIFETIME_S = 3600
SHOWN = ("events", "status", "both")
_MESSAGES = {
    400: "Faltan datos en la petición",
    401: "Authorization has been denied for this request.",
    404: "No existe el envío indicado",
    429: "Se ha superado el número de peticiones permitido",
    500: "An error has occurred.",
}
_IN_TRANSIT = (S.IN_TRANSIT,)

# Of DHL's codes only A, T and R are known; R says received. All else is T, and its words say what it is.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("A", "Datos recibidos"),
    S.PICKED_UP: Line("T", "Recogido", _IN_TRANSIT),
    S.DEPARTED_FACILITY: Line("T", "En tránsito", _IN_TRANSIT),
    S.IN_SORTING: Line("T", "En centro de clasificación", (*_IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("T", "En delegación de destino", (*_IN_TRANSIT, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("T", "En tránsito", (*_IN_TRANSIT, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line(
        "T", "En centro de clasificación", (*_IN_TRANSIT, S.ARRIVED_FACILITY, S.IN_SORTING)
    ),
    S.CUSTOMS_PROCESSING: Line("T", "En trámite de aduana"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "T",
        "Retenido en aduana: falta documentación",
        (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING),
    ),
    S.CUSTOMS_CLEARED: Line("T", "Despachado de aduana", (S.CUSTOMS_PROCESSING,)),
    S.ON_VEHICLE: Line("T", "En reparto"),
    S.FAILED_NOT_HOME: Line("T", "Destinatario ausente"),
    S.PICKUP_POINT: Line("T", "Disponible en punto de recogida", (S.PICKUP_STORE, S.IN_TRANSIT)),
    S.DELIVERED: Line("R", "Entregado"),
    S.DELIVERED_COLLECTED: Line("R", "Entregado", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("T", "No recogido en plazo", _IN_TRANSIT),
    S.RETURNING: Line("T", "En devolución al remitente"),
    S.RETURNED: Line("R", "Devuelto al remitente"),
    S.DELAYED_WEATHER: Line("T", "Retraso por causas meteorológicas", (*_IN_TRANSIT, S.DELAYED_OPERATIONS)),
    S.DELAYED_OPERATIONS: Line("T", "Retraso en ruta", (*_IN_TRANSIT, S.DELAYED_EXTERNAL)),
    S.EXCEPTION_INVESTIGATION: Line("T", "En búsqueda", _IN_TRANSIT),
    S.EXCEPTION_LOST: Line("T", "Envío extraviado", (*_IN_TRANSIT, S.EXCEPTION_INVESTIGATION)),
    S.EXCEPTION_DAMAGED: Line("T", "Mercancía dañada", _IN_TRANSIT),
    S.EXCEPTION_REFUSED: Line("T", "Rehusado por el destinatario", (*_IN_TRANSIT, S.FAILED_REFUSED)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path == TOKEN_PATH and ask.method == "POST":
        return _token(ask, world)
    if ask.path != TRACK_PATH or ask.method != "GET":
        return json_reply({"Message": "No HTTP resource was found that matches the request URI."}, 404)
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    number, shown = ask.query.get("id", ""), ask.query.get("show", "")
    if not number or shown not in SHOWN:
        return refuse(400)
    view = world.view("dhl_parcel_es", number, ask.quirks) if is_own(number) else None
    if view is None:  # its rarer form is a 400 in the same words
        return refuse(404, 400 if ask.has(Quirk.SHAPE) else 404)
    return json_reply(_shipment(view, is_history=shown != "status"))


def refuse(status: int, said_as: int = 0) -> Reply:
    return json_reply({"Message": _MESSAGES.get(status, _MESSAGES[500])}, said_as or status)


def _token(ask: Ask, world: World) -> Reply:
    """The body is the token, as a JSON text. How long one is good is not documented."""
    try:
        given = json.loads(ask.body)
    except ValueError:
        return refuse(400)
    login = given if isinstance(given, dict) else {}
    if any(is_refused(str(login.get(name) or "")) for name in ("Username", "Password")):
        return refuse(401)
    return json_reply(tokens.issued(world.now(), TOKEN_LIFETIME_S))


def _shipment(view: View, *, is_history: bool) -> Json:
    number, route = view.parcel.number, view.parcel.route
    told = view.scans if is_history else (view.latest,)
    return {
        "Year": f"{view.scans[0].at:%Y}"[-1],
        "From": number[:2],
        "Tracking": number,
        "Origin": route.origin.name,
        "Destination": route.destination.name,
        "Product": "EUROPLUS DOM",
        "Parcels": 1,
        "Weight": 3,
        "Ship_Reference": view.parcel.reference,
        "AWB": "",
        "Receiver": "NURIA VIDAL",
        "Events": [_event(one) for one in told],
    }


def _event(told: Told) -> Json:
    line = LINES[told.kind]
    return {
        "DateTime": f"{told.at.astimezone(MADRID):%Y-%m-%dT%H:%M:%S}",
        "Code": line.code,
        "Status": line.text,
        "Ubication": told.place.name,
    }


WIRE = Wire(
    code="dhl_parcel_es",
    name="DHL Parcel Iberia",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
)
