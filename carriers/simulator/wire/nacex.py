"""NACEX's web service, as its server speaks: text in bars and tildes, one expedition a call, the clock to the minute."""

from __future__ import annotations

import hashlib
from datetime import datetime
from zoneinfo import ZoneInfo

from carriers.simulator.networks.nacex import is_own
from carriers.simulator.parcels import Told, View
from carriers.simulator.places import Place
from carriers.simulator.wire.contract import REFUSED_PREFIX, Ask, Line, Reply, Wire, html_reply, is_refused
from carriers.simulator.world import World
from carriers.types import Status, SubStatus

S = SubStatus
PATH = "/nacex_ws/ws"
NOW, HISTORY = "getEstadoExpedicion", "getHistoricoExpedicion"
_ZONES = {"PT": ZoneInfo("Europe/Lisbon"), "AD": ZoneInfo("Europe/Andorra")}
MADRID = ZoneInfo("Europe/Madrid")
_BAD_PASSWORD = hashlib.md5(REFUSED_PREFIX.encode(), usedforsecurity=False).hexdigest().upper()
_MESSAGES = {429: "Demasiadas peticiones", 500: "Error interno del servidor"}
_ON_ITS_WAY = (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
_IN_TROUBLE = (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION)

# Code: the state's word and number, in bars. Text: the remark, of an incident only.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("GRABADO|0", "", (S.UNMAPPED_INFO_RECEIVED, S.UNMAPPED_PENDING)),
    S.PICKED_UP: Line("RECOGIDO|1", ""),
    S.DEPARTED_FACILITY: Line("TRANSITO|2", "", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("TRANSITO|2", "", (S.IN_TRANSIT,)),
    S.AT_DELIVERY_DEPOT: Line("DELEGACION|6", "", (*_ON_ITS_WAY, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("TRANSITO|2", "", (S.IN_TRANSIT,)),
    S.ARRIVED_COUNTRY: Line("TRANSITO|2", "", (S.IN_TRANSIT,)),
    S.CUSTOMS_PROCESSING: Line("INCIDENCIA|5", "EN TRAMITE DE ADUANA", _IN_TROUBLE),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "INCIDENCIA|5",
        "RETENIDO EN ADUANA: FALTA DOCUMENTACION",
        (*_IN_TROUBLE, S.EXCEPTION_HELD, S.CUSTOMS_PROCESSING, S.DELAYED_CUSTOMS),
    ),
    S.CUSTOMS_CLEARED: Line("TRANSITO|2", "", (S.IN_TRANSIT,)),
    S.ON_VEHICLE: Line("REPARTO|3", ""),
    S.FAILED_NOT_HOME: Line("INCIDENCIA|5", "AUSENTE"),
    S.PICKUP_POINT: Line("INCIDENCIA|5", "DEPOSITADO EN NACEX.SHOP", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("OK|4", ""),
    S.DELIVERED_COLLECTED: Line("OK|4", "", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("INCIDENCIA|5", "NO RECOGIDO EN PLAZO", _IN_TROUBLE),
    S.RETURNING: Line("INCIDENCIA|5", "EN DEVOLUCION AL REMITENTE", _IN_TROUBLE),
    S.RETURNED: Line("INCIDENCIA|5", "DEVUELTO AL REMITENTE", (*_IN_TROUBLE, S.RETURNING)),
    S.DELAYED_WEATHER: Line(
        "INCIDENCIA|5", "RETRASO POR CAUSAS METEOROLOGICAS", (*_IN_TROUBLE, S.DELAYED_OPERATIONS)
    ),
    S.DELAYED_OPERATIONS: Line("INCIDENCIA|5", "RETRASO EN RUTA", (*_IN_TROUBLE, S.DELAYED_EXTERNAL)),
    S.EXCEPTION_INVESTIGATION: Line("INCIDENCIA|5", "EN BUSQUEDA", _IN_TROUBLE),
    S.EXCEPTION_LOST: Line("INCIDENCIA|5", "MERCANCIA EXTRAVIADA", (*_IN_TROUBLE, S.EXCEPTION_INVESTIGATION)),
    S.EXCEPTION_DAMAGED: Line("INCIDENCIA|5", "MERCANCIA DAÑADA", _IN_TROUBLE),
    S.EXCEPTION_REFUSED: Line("INCIDENCIA|5", "REHUSADO POR EL DESTINATARIO", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "GET":
        return html_reply(404, "404", "Not Found")
    method, password = ask.query.get("method", ""), ask.query.get("pass", "")
    if is_refused(ask.query.get("user", "")) or is_refused(password) or password.upper() == _BAD_PASSWORD:
        return _error("5001 - USUARIO O PASSWORD INCORRECTOS")
    if method not in (NOW, HISTORY):
        return _error("5000 - METODO NO SOPORTADO")
    number = _number(ask.query.get("data", ""))
    view = world.view("nacex", number, ask.quirks) if is_own(number) else None
    if view is None:
        return _error("5611 - EXPEDICION NO ENCONTRADA")
    return _text(_state(view) if method == NOW else "|".join(map(_step, view.newest_first)))


def refuse(status: int) -> Reply:
    return _error(_MESSAGES.get(status, _MESSAGES[500]), status)


def _error(message: str, status: int = 200) -> Reply:
    return _text(f"ERROR|{message}", status)


def _text(said: str, status: int = 200) -> Reply:
    return Reply(status, said.encode("latin-1", "replace"), "text/plain;charset=ISO-8859-1")


def _number(data: str) -> str:
    """The number a call is about, whether it names agency and waybill or NACEX's own code of the expedition."""
    said = dict(part.partition("=")[::2] for part in data.split("|"))
    code = said.get("codexp") or said.get("expe_codigo") or ""
    if code:
        return f"{code[:4]}/{code[4:]}"
    return f"{said.get('origen', '')}/{said.get('albaran', '')}"


def _state(view: View) -> str:
    """How things stand, in one line. Who took it stands where an incident has its remark."""
    latest, number = view.latest, view.parcel.number
    line, at = LINES[latest.kind], _local(latest)
    remark = "NURIA VIDAL" if latest.kind.status is Status.DELIVERED else line.text
    agency = _agency(latest.place)
    code = number.replace("/", "")
    return f"{code}|{at:%d/%m/%Y}|{at:%H:%M}|{remark}|{line.code}|{agency}|{number}|"


def _step(told: Told) -> str:
    line, at = LINES[told.kind], _local(told)
    words = " ".join(filter(None, (line.code.partition("|")[0], line.text)))
    return f"{at:%d/%m/%Y}~{at:%H:%M}~{words}~{_agency(told.place)}"


def _agency(place: Place) -> str:
    """Four digits; the first two, at home, those of the province."""
    return f"{place.postal_code[:2]}01" if place.country == "ES" else "9901"


def _local(told: Told) -> datetime:
    return told.at.astimezone(_ZONES.get(told.place.country, MADRID))


WIRE = Wire(
    code="nacex",
    name="NACEX",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.query.get("user", ""),
)
