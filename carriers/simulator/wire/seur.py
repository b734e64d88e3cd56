"""SEUR's tracking service, as its server speaks: a token for half a minute, one reference a call, Madrid's clock."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from carriers.simulator.changes import Asked, Ruling, day_of, decide
from carriers.simulator.networks.seur import is_own
from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import tokens
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
MADRID = ZoneInfo("Europe/Madrid")
TOKEN_PATH = "/pic_token"  # noqa: S105  a path, not a secret
HISTORY_PATH, LATEST_PATH = (f"/pic/v1/tracking-services/{which}" for which in ("extended", "simplified"))
UPDATE_PATH = "/pic/v1/shipments/update"
TOKEN_LIFETIME_S = 30
_NO = {
    Ruling.OUT: "El envío está en reparto y no admite cambios",
    Ruling.OVER: "El envío ya ha sido entregado",
    Ruling.NO_SUNDAY: "La fecha de entrega no es laborable",
    Ruling.ABROAD: "El destino no corresponde al servicio contratado",
    Ruling.UNWILLING: "El envío no admite modificaciones",
}
REF_TYPES = ("REFERENCE", "ECB", "PARCEL_NUMBER", "SECOND_REFERENCE", "PACK_REFERENCE")
_ERRORS = {
    400: ("Bad Request", "The reference is missing, or of no known type."),
    401: ("Unauthorized", "Full authentication is required to access this resource"),
    404: ("Not Found", "Shipment not found"),
    429: ("Too Many Requests", "The limit of calls has been reached"),
    500: ("Internal Server Error", "The service is not available"),
}
_AT = (S.ARRIVED_FACILITY, S.IN_TRANSIT)

# Code: SEUR's; of a hub, LI4 and the number of its province. Text: with the town, where SEUR names it.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("SX010", "ENVÍO REGISTRADO"),
    S.PICKED_UP: Line("LI4", "MERCANCÍA EN {town}", (*_AT, S.IN_SORTING)),
    S.DEPARTED_FACILITY: Line("LT859", "EN TRÁNSITO", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("LI4", "MERCANCÍA EN {town}", _AT),
    S.AT_DELIVERY_DEPOT: Line("LI4", "MERCANCÍA EN {town}", (*_AT, S.IN_SORTING)),
    S.DEPARTED_COUNTRY: Line("LT859", "EN TRÁNSITO", (S.IN_TRANSIT, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line("LI4", "MERCANCÍA EN {town}", (*_AT, S.IN_SORTING)),
    S.CUSTOMS_PROCESSING: Line("LD841", "EN TRÁMITE DE ADUANA"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "LD221", "RETENIDO EN ADUANA: FALTA DOCUMENTACIÓN", (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS)
    ),
    S.CUSTOMS_CLEARED: Line("LD846", "DESPACHADO DE ADUANA", (S.CUSTOMS_PROCESSING,)),
    S.ON_VEHICLE: Line("LC003", "EN REPARTO CONFIRMADO - BULTOS"),
    S.FAILED_NOT_HOME: Line("LI523", "CERRADO O PRIMERA AUSENCIA"),
    S.PICKUP_POINT: Line("LI574", "RECEPCIONADO EN PICK UP", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("LL001", "Entregado"),
    S.DELIVERED_COLLECTED: Line("LL001", "Entregado", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("LI573", "NO RECOGIDO EN PICK UP", (S.EXCEPTION_UNSPECIFIED,)),
    S.RETURNING: Line("LI572", "EN DEVOLUCIÓN"),
    S.RETURNED: Line("LL300", "DEVUELTO AL REMITENTE"),
    S.DELAYED_WEATHER: Line("LI544", "RETRASO POR CLIMATOLOGÍA ADVERSA", (S.DELAYED_EXTERNAL,)),
    S.DELAYED_OPERATIONS: Line("LI502", "RETRASO EN LA RUTA", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line("LI512", "EN BÚSQUEDA", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_LOST: Line("LI535", "EXTRAVÍO"),
    S.EXCEPTION_DAMAGED: Line("LI537", "MERCANCÍA DETERIORADA"),
    S.EXCEPTION_REFUSED: Line("LI542", "REHUSADO POR EL DESTINATARIO", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path == TOKEN_PATH and ask.method == "POST":
        return _token(ask, world)
    if ask.path == UPDATE_PATH and ask.method == "POST":
        return _update(ask, world)
    if ask.path not in (HISTORY_PATH, LATEST_PATH) or ask.method != "GET":
        return refuse(404)
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    number = ask.query.get("ref", "")
    if ask.query.get("refType") not in REF_TYPES or not number:
        return refuse(400)
    view = world.view("seur", number[:14], ask.quirks) if is_own(number) else None
    if view is None:
        return _unknown(number, ask)
    shipment = _history(view) if ask.path == HISTORY_PATH else _shipment(view) | _situation(view.latest)
    return json_reply({"data": [shipment]})


def _update(ask: Ask, world: World) -> Reply:
    if not tokens.is_good(tokens.bearer(ask), world.now()):
        return refuse(401)
    try:
        said = json.loads(ask.body)
        number = str(said["shipmentCode"])
        receiver = said.get("receiver") or {}
        country = str((receiver.get("address") or {}).get("country", ""))
    except (ValueError, TypeError, KeyError, AttributeError):
        return refuse(400)
    view = world.view("seur", number[:14], ask.quirks) if is_own(number) else None
    if view is None:
        return refuse(404)
    asked = Asked(str(said.get("ref", "")), country, day_of(said.get("deliveryDate")))
    ruling = decide(world.store, view, asked, ask.quirks, said)
    if ruling is Ruling.DONE:
        return json_reply({"data": {"shipmentCode": number}})
    problem = {"title": "Bad Request", "status": "400", "detail": _NO[ruling]}
    return json_reply({"errors": [problem]}, 200 if ask.has(Quirk.SHAPE) else 400)


def refuse(status: int) -> Reply:
    return json_reply(_problem(status), status)


def _unknown(number: str, ask: Ask) -> Reply:
    """Its rarer forms: an error inside of a 200, and no body at all."""
    if not ask.has(Quirk.SHAPE):
        return refuse(404)
    return json_reply(_problem(404)) if sum(map(int, filter(str.isdigit, number))) % 2 else Reply()


def _problem(status: int) -> Json:
    title, detail = _ERRORS.get(status, _ERRORS[500])
    return {"errors": [{"title": title, "status": str(status), "detail": detail}]}


def _token(ask: Ask, world: World) -> Reply:
    form = tokens.form_of(ask)
    if form.get("grant_type") != "password":
        return json_reply({"error": "unsupported_grant_type"}, 400)
    if not tokens.is_client(ask) or any(is_refused(form.get(name, "")) for name in ("username", "password")):
        return json_reply({"error": "invalid_grant", "error_description": "Invalid user credentials"}, 401)
    return json_reply(
        {
            "access_token": tokens.issued(world.now(), TOKEN_LIFETIME_S),
            "expires_in": TOKEN_LIFETIME_S,
            "refresh_expires_in": 1800,
            "token_type": "Bearer",
            "scope": "email profile",
        }
    )


def _shipment(view: View) -> dict[str, Json]:
    number = view.parcel.number
    return {
        "shipmentCode": number,
        "reference": view.parcel.reference,
        "parcelNumber": f"{number}001",
        "receiverName": "NURIA VIDAL",
        "bultos": 1,
    }


def _history(view: View) -> Json:
    return _shipment(view) | {"situations": [_situation(told) for told in view.scans]}


def _situation(told: Told) -> dict[str, Json]:
    line, place = LINES[told.kind], told.place
    at_hub, is_home = line.code == "LI4", place.country == "ES"
    return {
        "eventCode": (f"LI4{place.postal_code[:2]}" if is_home else "LT859") if at_hub else line.code,
        "description": line.text.format(town=place.name.upper()),
        "situationDate": f"{told.at.astimezone(MADRID):%Y-%m-%dT%H:%M:%S}.000",
    }


WIRE = Wire(
    code="seur",
    name="SEUR",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
)
