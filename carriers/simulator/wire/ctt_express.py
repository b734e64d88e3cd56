"""CTT Express' history service, as its server speaks: a token for a day, one shipping code a call, Madrid's clock."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from carriers.simulator.changes import Asked, Ruling, day_of, decide
from carriers.simulator.networks.ctt_express import is_own
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
MADRID = ZoneInfo("Europe/Madrid")
TOKEN_PATH = "/integrations/oauth2/token"  # noqa: S105  a path, not a secret
HISTORY_PATHS = (
    "/integrations/trf/item-history-api/history/",
    "/integrations-info/trf/item-history-api/history/",
)
CHANGE_PATH = "/integrations/trf/v1.0/management/v1/shippings/"
CHANGES = ("rpc-change-delivery-address", "rpc-change-delivery-options")
TOKEN_LIFETIME_S = 86_400
SCOPE = "urn:com:ctt-express:integration-clients:scopes:common/ALL"
_ERRORS = {
    400: ("BAD_REQUEST", "The shipping code is not valid"),
    401: ("UNAUTHORIZED", "Invalid or expired token"),
    404: ("SHIPPING_NOT_FOUND", "Shipping not found"),
    429: ("TOO_MANY_REQUESTS", "Rate limit exceeded"),
    500: ("INTERNAL_ERROR", "Internal server error"),
}
_NO = {
    Ruling.OUT: "El envío ya está en reparto: fuera de plazo",
    Ruling.OVER: "El envío ya ha sido entregado o está en devolución",
    Ruling.NO_SUNDAY: "No hay servicio de entrega en domingo",
    Ruling.ABROAD: "La nueva dirección está fuera de la zona de servicio",
    Ruling.UNWILLING: "El cambio no está permitido para este servicio",
}
_MOVING = (S.IN_TRANSIT,)
_TROUBLE = (S.EXCEPTION_UNSPECIFIED,)

# Code: of a state; or of an incident, told as a record of its own whose name is the text. 0910, 0920 and 2310
# stand for states that are documented nowhere: only their words say what they mean.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("0000", "PENDIENTE DE ENTRADA EN RED"),
    S.PICKED_UP: Line("0400", "RECOGIDO", _MOVING),
    S.DEPARTED_FACILITY: Line("0900", "EN TRANSITO", _MOVING),
    S.IN_SORTING: Line("1000", "EN CENTRO DE CLASIFICACION", (*_MOVING, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("1200", "EN DELEGACION DE DESTINO", _MOVING),
    S.DEPARTED_COUNTRY: Line("0900", "EN TRANSITO", (*_MOVING, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line("1000", "EN CENTRO DE CLASIFICACION", (*_MOVING, S.IN_SORTING)),
    S.CUSTOMS_PROCESSING: Line("0910", "EN TRAMITE DE ADUANA", (S.UNMAPPED_IN_TRANSIT,)),
    S.CUSTOMS_CLEARED: Line("0920", "DESPACHADO DE ADUANA", (S.UNMAPPED_IN_TRANSIT,)),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "40_INCT",
        "RETENIDO EN ADUANA: FALTA DOCUMENTACION",
        (*_TROUBLE, S.EXCEPTION_HELD, S.CUSTOMS_PROCESSING, S.DELAYED_CUSTOMS),
    ),
    S.ON_VEHICLE: Line("1500", "EN REPARTO"),
    S.FAILED_NOT_HOME: Line("12_INCT", "DESTINATARIO AUSENTE"),
    S.PICKUP_POINT: Line("2310", "DISPONIBLE EN PUNTO DE RECOGIDA", (S.PICKUP_STORE, S.UNMAPPED_IN_TRANSIT)),
    S.EXCEPTION_PICKUP_MISSED: Line("60_INCT", "NO RECOGIDO EN PLAZO", _TROUBLE),
    S.DELIVERED: Line("2100", "ENTREGADO"),
    S.DELIVERED_COLLECTED: Line("2100", "ENTREGADO", (S.DELIVERED,)),
    S.RETURNING: Line("2500", "EN DEVOLUCION AL REMITENTE"),
    S.RETURNED: Line("2500", "DEVUELTO AL REMITENTE"),
    S.EXCEPTION_REFUSED: Line("2500", "RECHAZADO POR EL DESTINATARIO", (S.FAILED_REFUSED,)),
    S.DELAYED_WEATHER: Line(
        "20_INCT", "RETRASO POR CAUSAS METEOROLOGICAS", (*_TROUBLE, S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL)
    ),
    S.DELAYED_OPERATIONS: Line("21_INCT", "RETRASO EN LA RUTA", (*_TROUBLE, S.DELAYED_EXTERNAL)),
    S.EXCEPTION_INVESTIGATION: Line("50_INCT", "EN BUSQUEDA", _TROUBLE),
    S.EXCEPTION_LOST: Line("51_INCT", "MERCANCIA EXTRAVIADA", (*_TROUBLE, S.EXCEPTION_INVESTIGATION)),
    S.EXCEPTION_DAMAGED: Line("52_INCT", "MERCANCIA DETERIORADA", _TROUBLE),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path == TOKEN_PATH and ask.method == "POST":
        return _token(ask, world)
    if ask.path.startswith(CHANGE_PATH) and ask.method == "POST":
        return _change(ask, world)
    path = next((path for path in HISTORY_PATHS if ask.path.startswith(path)), "")
    if not path or ask.method != "GET":
        return refuse(404)
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    number = ask.path.removeprefix(path)
    if not is_own(number) or ask.query.get("view") != "APITRACK":
        return refuse(400)
    view = world.view("ctt_express", number, ask.quirks)
    if view is None:  # its rarer form says so inside of a 200
        return json_reply(_problem(404), 200 if ask.has(Quirk.SHAPE) else 404)
    return json_reply({"data": _shipping(view), "error": None})


def _change(ask: Ask, world: World) -> Reply:
    """Another address, or other options: taken until it is out for delivery."""
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    centre, _, rest = ask.path.removeprefix(CHANGE_PATH).partition("/")
    number, _, action = rest.partition("/")
    try:
        said = json.loads(ask.body)
    except ValueError:
        return refuse(400)
    if not centre or action not in CHANGES or not isinstance(said, dict) or not is_own(number):
        return refuse(400)
    view = world.view("ctt_express", number, ask.quirks)
    if view is None:
        return refuse(404)
    asked = Asked(
        str(said.get("client_reference", "")),
        str(said.get("recipient_country_code", "")),
        day_of(said.get("delivery_date")),
    )
    ruling = decide(world.store, view, asked, ask.quirks, said)
    if ruling is Ruling.DONE:
        return json_reply({"data": {"change_code": f"CH{number[-8:]}"}, "error": None})
    error = {"error_code": f"CHANGE_{ruling.upper()}", "error_message": _NO[ruling]}
    return json_reply({"data": None, "error": error}, 422)


def refuse(status: int) -> Reply:
    return json_reply(_problem(status), status)


def _problem(status: int) -> Json:
    code, message = _ERRORS.get(status, _ERRORS[500])
    return {"data": None, "error": {"error_code": code, "error_message": message}}


def _token(ask: Ask, world: World) -> Reply:
    form = tokens.form_of(ask)
    if form.get("grant_type") != "client_credentials" or form.get("scope") != SCOPE:
        return json_reply({"error": "invalid_scope"}, 400)
    if not tokens.is_client(ask):
        return json_reply({"error": "invalid_client"}, 401)
    return json_reply(
        {
            "access_token": tokens.issued(world.now(), TOKEN_LIFETIME_S),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME_S,
        }
    )


def _shipping(view: View) -> Json:
    latest = view.latest
    is_delivered = latest.kind.status is Status.DELIVERED
    return {
        "shipping_code": view.parcel.number,
        "client_reference": view.parcel.reference,
        "origin_name": "CERAMICA EL FARO",
        "destin_name": "NURIA VIDAL",
        "committed_delivery_datetime": f"{view.eta.astimezone(MADRID):%Y-%m-%dT19:00:00}"
        if view.eta
        else None,
        "delivery_date": f"{latest.at.astimezone(MADRID):%Y-%m-%d}" if is_delivered else None,
        "item_count": 1,
        "shipping_history": {"events": [record for told in view.scans for record in _records(told, view)]},
    }


def _records(told: Told, view: View) -> list[Json]:
    """What CTT Express writes of a step: a state, or the state 1600 and the incident beside it."""
    line, detail = LINES[told.kind], _detail(told, view)
    if not line.code.endswith("_INCT"):
        return [_record(line.code, line.text, "STATUS", told, detail)]
    number = line.code.partition("_")[0]
    incident = detail | {"incident_type_code": number, "incident_type_name": line.text}
    return [
        _record("1600", "INCIDENCIA", "STATUS", told, incident),
        _record(line.code, line.text, "INCT", told, incident),
    ]


def _record(code: str, text: str, kind: str, told: Told, detail: Json) -> Json:
    at = f"{told.at.astimezone(MADRID):%Y-%m-%dT%H:%M:%S}"
    return {"code": code, "description": text, "type": kind, "event_date": at, "detail": detail}


def _detail(told: Told, view: View) -> dict[str, Json]:
    is_delivered, route = told.kind.status is Status.DELIVERED, view.parcel.route
    return {
        "event_latitude_gps": f"{told.place.lat:.4f}" if is_delivered else "",
        "event_longitude_gps": f"{told.place.lon:.4f}" if is_delivered else "",
        "origin_province_name": route.origin.name.upper(),
        "destin_province_name": route.destination.name.upper(),
        "signee_name": "N. VIDAL" if is_delivered else "",
        "delivery_comments": "",
    }


WIRE = Wire(
    code="ctt_express",
    name="CTT Express",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
)
