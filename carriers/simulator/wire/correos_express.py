"""Correos Express' tracking service, as its server speaks: one shipment a call, Madrid's clock in digits."""

from __future__ import annotations

import json
from zoneinfo import ZoneInfo

from carriers.simulator.networks.correos_express import is_own
from carriers.simulator.parcels import Quirk, Told
from carriers.simulator.wire.contract import (
    Ask,
    Line,
    Reply,
    Wire,
    basic_auth,
    html_reply,
    is_refused,
    json_reply,
)
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

S = SubStatus
MADRID = ZoneInfo("Europe/Madrid")
PATH = "/wspsc/apiRestSeguimientoEnviosk8s/json/seguimientoEnvio"
NOT_FOUND, BAD_INPUT = 402, 401
_MESSAGES = {
    429: "Número máximo de peticiones superado",
    500: "Error interno del servicio, inténtelo de nuevo más tarde",
}
_ON_ITS_WAY = (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
_IN_TROUBLE = (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)

# Only 1, 2, 8, 12 and 17 have been seen. The codes from 40 on stand for the many that are documented nowhere:
# only their words say what they mean.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("1", "Informado"),
    S.PICKED_UP: Line("2", "Admitido en delegación", (*_ON_ITS_WAY, S.ARRIVED_FACILITY)),
    S.DEPARTED_FACILITY: Line("40", "En tránsito", _ON_ITS_WAY),
    S.IN_SORTING: Line("41", "En plataforma de clasificación", (*_ON_ITS_WAY, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("42", "En delegación de destino", (*_ON_ITS_WAY, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("40", "En tránsito", (*_ON_ITS_WAY, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line(
        "41", "En plataforma de clasificación", (*_ON_ITS_WAY, S.ARRIVED_FACILITY, S.IN_SORTING)
    ),
    S.CUSTOMS_PROCESSING: Line("43", "En trámite de aduana"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "44", "Retenido en aduana: falta documentación", (S.EXCEPTION_HELD, S.DELAYED_CUSTOMS)
    ),
    S.CUSTOMS_CLEARED: Line("45", "Despachado de aduana"),
    S.ON_VEHICLE: Line("8", "En reparto"),
    S.FAILED_NOT_HOME: Line("17", "Ausente reparto"),
    S.PICKUP_POINT: Line("46", "Disponible en oficina de Correos para su recogida", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("12", "Entregado"),
    S.DELIVERED_COLLECTED: Line("12", "Entregado", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("47", "No recogido en oficina", _IN_TROUBLE),
    S.RETURNING: Line("48", "En devolución"),
    S.RETURNED: Line("49", "Devuelto al remitente"),
    S.DELAYED_WEATHER: Line("50", "Retraso por causas meteorológicas", (S.DELAYED_OPERATIONS,)),
    S.DELAYED_OPERATIONS: Line("51", "Retraso en ruta", (S.DELAYED_EXTERNAL,)),
    S.EXCEPTION_INVESTIGATION: Line("52", "En búsqueda", _IN_TROUBLE),
    S.EXCEPTION_LOST: Line("53", "Envío dado por perdido", (*_IN_TROUBLE, S.EXCEPTION_INVESTIGATION)),
    S.EXCEPTION_DAMAGED: Line("54", "Mercancía deteriorada", _IN_TROUBLE),
    S.EXCEPTION_REFUSED: Line("55", "Rehusado por el destinatario", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "POST":
        return html_reply(404, "404", "Not Found")
    if any(map(is_refused, basic_auth(ask))):
        return json_reply({"codigoRetorno": 99, "mensajeRetorno": "Usuario no autorizado"})
    call = _call(ask.body)
    if not call.get("codigoCliente") or not call.get("dato"):
        return _told(BAD_INPUT, "Faltan datos obligatorios: codigoCliente, dato")
    number = str(call["dato"])
    view = world.view("correos_express", number[:16], ask.quirks) if is_own(number) else None
    if view is None:
        return _told(NOT_FOUND, "No hay datos para el envío indicado")
    return _told(0, "", [_state(told, ask) for told in view.scans])


def refuse(status: int) -> Reply:
    """Not JSON, and not in UTF-8."""
    text = _MESSAGES.get(status, _MESSAGES[500])
    return Reply(status, text.encode("latin-1"), "text/plain;charset=ISO-8859-1")


def _call(body: bytes) -> dict[str, Json]:
    try:
        call = json.loads(body)
    except ValueError:
        return {}
    return call if isinstance(call, dict) else {}


def _told(error: int, message: str, states: list[Json] | None = None) -> Reply:
    return json_reply({"error": error, "mensajeError": message, "estadoEnvios": states or []})


def _state(told: Told, ask: Ask) -> Json:
    line, at = LINES[told.kind], told.at.astimezone(MADRID)
    names = ("codigoEstado", "descripcionEstado") if ask.has(Quirk.SHAPE) else ("codEstado", "descEstado")
    return {
        names[0]: line.code,
        names[1]: line.text,
        "fechaEstado": f"{at:%d%m%Y}",
        "horaEstado": f"{at:%H%M%S}",
    }


WIRE = Wire(
    code="correos_express",
    name="Correos Express",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("authorization", ""),
)
