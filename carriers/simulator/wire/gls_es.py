"""GLS Spain, as its SOAP server speaks: one barcode a call, Madrid wall-clock times."""

from __future__ import annotations

import re
from html import escape
from xml.parsers.expat import ExpatError
from zoneinfo import ZoneInfo

import xmltodict

from carriers.simulator.changes import Asked, Ruling, day_of, decide
from carriers.simulator.parcels import Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
MADRID = ZoneInfo("Europe/Madrid")
PATH = "/b2b.asmx"
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NIL = "00000000-0000-0000-0000-000000000000"
_COUNTRY_CODES = {"ES": "34", "AD": "376", "PT": "351", "FR": "33", "IT": "39", "DE": "49", "GB": "44"}
_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap12:Envelope xmlns:soap12="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"><soap12:Body>{body}</soap12:Body></soap12:Envelope>'
)
_RESULT = (
    '<GetExpCliResponse xmlns="http://www.asmred.com/"><GetExpCliResult>{expeditions}'
    "</GetExpCliResult></GetExpCliResponse>"
)

_SOLVED = (
    '<GrabaSolucionResponse xmlns="http://www.asmred.com/"><GrabaSolucionResult>'
    "<return>{code}</return><mensaje>{words}</mensaje></GrabaSolucionResult></GrabaSolucionResponse>"
)
_NO = {
    Ruling.OUT: "Expedicion ya en reparto",
    Ruling.OVER: "Expedicion ya entregada",
    Ruling.NO_SUNDAY: "Fecha no valida",
    Ruling.UNWILLING: "La expedicion no admite solucion",
    Ruling.NO_INCIDENT: "La expedicion no tiene incidencia",
}

# Code: the kind of line, then GLS's number. An incident's number is not a state's: only its words count.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("ESTADO -10", "GRABADO"),
    S.PICKED_UP: Line("ESTADO 16", "EN DELEGACION ORIGEN", (S.ARRIVED_FACILITY, S.IN_TRANSIT)),
    S.DEPARTED_FACILITY: Line("ESTADO 2", "EN TRANSITO A DESTINO", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("ESTADO 19", "EN DELEGACION DE TRANSITO", (S.ARRIVED_FACILITY, S.IN_TRANSIT)),
    S.AT_DELIVERY_DEPOT: Line("ESTADO 3", "EN DELEGACION DESTINO"),
    S.DEPARTED_COUNTRY: Line("ESTADO 2", "EN TRANSITO A DESTINO", (S.IN_TRANSIT, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line(
        "ESTADO 19", "EN DELEGACION DE TRANSITO", (S.ARRIVED_FACILITY, S.IN_TRANSIT, S.IN_SORTING)
    ),
    S.CUSTOMS_PROCESSING: Line(
        "INCIDENCIA 40",
        "EN TRAMITE DE ADUANA",
        (S.UNMAPPED_EXCEPTION, S.EXCEPTION_UNSPECIFIED, S.CUSTOMS_INFO_REQUIRED, S.DELAYED_CUSTOMS),
    ),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "INCIDENCIA 41",
        "RETENIDO EN ADUANA: FALTA DOCUMENTACION",
        (S.UNMAPPED_EXCEPTION, S.EXCEPTION_UNSPECIFIED, S.CUSTOMS_PROCESSING, S.DELAYED_CUSTOMS),
    ),
    S.CUSTOMS_CLEARED: Line("ESTADO 2", "EN TRANSITO A DESTINO", (S.IN_TRANSIT, S.DEPARTED_FACILITY)),
    S.ON_VEHICLE: Line("ESTADO 6", "EN REPARTO"),
    S.FAILED_NOT_HOME: Line("INCIDENCIA 1", "AUSENTE"),
    S.PICKUP_POINT: Line("ESTADO 22", "ENTREGADO EN PARCELSHOP", (S.PICKUP_STORE,)),
    S.DELIVERED: Line("ESTADO 7", "ENTREGADO"),
    S.DELIVERED_COLLECTED: Line("ESTADO 7", "ENTREGADO", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "INCIDENCIA 30",
        "NO RETIRADO EN PARCELSHOP EN PLAZO",
        (
            S.UNMAPPED_EXCEPTION,
            S.EXCEPTION_UNSPECIFIED,
        ),
    ),
    S.RETURNING: Line("ESTADO 15", "EN DEVOLUCION"),
    S.RETURNED: Line("ESTADO 12", "DEVUELTA AL CLIENTE"),
    S.DELAYED_WEATHER: Line(
        "INCIDENCIA 20",
        "RETRASO POR CAUSAS METEOROLOGICAS",
        (S.UNMAPPED_EXCEPTION, S.EXCEPTION_UNSPECIFIED, S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL),
    ),
    S.DELAYED_OPERATIONS: Line(
        "INCIDENCIA 21",
        "RETRASO EN LA RUTA",
        (S.UNMAPPED_EXCEPTION, S.EXCEPTION_UNSPECIFIED, S.DELAYED_EXTERNAL),
    ),
    S.EXCEPTION_INVESTIGATION: Line(
        "INCIDENCIA 50",
        "EN BUSQUEDA",
        (
            S.UNMAPPED_EXCEPTION,
            S.EXCEPTION_UNSPECIFIED,
        ),
    ),
    S.EXCEPTION_LOST: Line("ESTADO 20", "CERRADO POR EXTRAVIO"),
    S.EXCEPTION_DAMAGED: Line(
        "INCIDENCIA 51",
        "MERCANCIA DAÑADA",
        (
            S.UNMAPPED_EXCEPTION,
            S.EXCEPTION_UNSPECIFIED,
        ),
    ),
    S.EXCEPTION_REFUSED: Line("INCIDENCIA 3", "REHUSADA", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "POST":
        return html_reply(404, "404", "The resource cannot be found.")
    if (solution := _call(ask.body, "GrabaSolucion")) is not None:
        return _solved(solution, ask, world)
    call = _call(ask.body)
    if call is None:
        return _fault("Server was unable to read request: there is no GetExpCli in its body.")
    guid = call.get("uid") or ""
    if not _GUID.fullmatch(guid):
        return _fault("Server was unable to process request: uid is not a GUID.")
    view = None if guid == _NIL else world.view("gls_es", call.get("codigo") or "", ask.quirks)
    if view is None:
        return _soap(_RESULT.format(expeditions='<expediciones xmlns=""/>'))
    expedition = xmltodict.unparse({"exp": _expedition(view)}, full_document=False)
    return _soap(_RESULT.format(expeditions=f'<expediciones xmlns="">{expedition}</expediciones>'))


def refuse(status: int) -> Reply:
    if status == 500:
        return _fault("Server was unable to process request: timeout expired.")
    return html_reply(status, str(status), "The service is busy. Try again later.")


def _solved(said: dict[str, str | None], ask: Ask, world: World) -> Reply:
    """What is to be done about a delivery that failed: written down, or refused."""
    guid = said.get("uid") or ""
    if not _GUID.fullmatch(guid) or guid == _NIL:
        return _fault("Server was unable to process request: uid is not a GUID.")
    view = world.view("gls_es", said.get("codigo") or "", ask.quirks)
    if view is None:
        return _soap(_SOLVED.format(code="-1", words="Expedicion no encontrada"))
    asked = Asked(said.get("referencia") or "", day=day_of(said.get("fecha")), needs_incident=True)
    ruling = decide(world.store, view, asked, ask.quirks, said)
    if ruling is Ruling.DONE:
        return _soap(_SOLVED.format(code="0", words="Solucion grabada"))
    return _soap(_SOLVED.format(code="-2", words=_NO[ruling]))


def _call(body: bytes, name: str = "GetExpCli") -> dict[str, str | None] | None:
    """What the request's element `name` holds, by local names; None when there is no such thing."""
    try:
        envelope = xmltodict.parse(body)
        content = _child(_child(envelope, "Envelope"), "Body")
        call = _child(content, name)
    except (ExpatError, ValueError, KeyError):
        return None
    return {
        name.rpartition(":")[2]: value if isinstance(value, str) else None for name, value in call.items()
    }


def _child(node: Json, name: str) -> dict[str, Json]:
    """Raises KeyError when `node` has no element of that local name with content."""
    for key, value in node.items() if isinstance(node, dict) else ():
        if key.rpartition(":")[2] == name and isinstance(value, dict):
            return value
    raise KeyError(name)


def _fault(text: str) -> Reply:
    fault = (
        "<soap12:Fault><soap12:Code><soap12:Value>soap12:Receiver</soap12:Value></soap12:Code>"
        f'<soap12:Reason><soap12:Text xml:lang="en">{escape(text)}</soap12:Text></soap12:Reason></soap12:Fault>'
    )
    return _soap(fault, 500)


def _soap(body: str, status: int = 200) -> Reply:
    return Reply(status, _ENVELOPE.format(body=body).encode(), "application/soap+xml; charset=utf-8")


def _expedition(view: View) -> Json:
    number, route = view.parcel.number, view.parcel.route
    state, incident = _state(view)
    return {
        "expedicion": number[5:],
        "albaran": view.parcel.reference,
        "codexp": number[5:],
        "codbar": number,
        "uidExp": "00000000-0000-4000-8000-000000000001",
        "codplaza_cli": "771",
        "fecha": f"{view.scans[0].at.astimezone(MADRID):%d/%m/%Y}",
        "FPEntrega": f"{view.eta.astimezone(MADRID):%d/%m/%Y}" if view.eta else "",
        "nombre_dst": "DESTINATARIO",
        "localidad_dst": route.destination.name.upper(),
        "cp_dst": route.destination.postal_code,
        "codpais_org": _COUNTRY_CODES.get(route.origin.country, ""),
        "codpais_dst": _COUNTRY_CODES.get(route.destination.country, ""),
        "bultos": "1",
        "kgs": "1,5",
        "vol": "0,012",
        "Retorno": "N",
        "reembolso": "0,00",
        "codestado": state[0],
        "estado": state[1],
        "incidencia": incident or "SIN INCIDENCIA",
        "detallebultos": {"bulto": [f"{number}001"]},
        "tracking_list": {"tracking": [line for told in view.scans for line in _tracking(told)]},
        "digitalizaciones": _proof(view),
    }


def _state(view: View) -> tuple[tuple[str, str], str]:
    """Number and words of the present state, and of the incident if there is one."""
    line = LINES[view.latest.kind]
    kind, code = line.code.split()
    return (("91", "CON INCIDENCIA"), line.text) if kind == "INCIDENCIA" else ((code, line.text), "")


def _tracking(told: Told) -> list[Json]:
    line = LINES[told.kind]
    kind, code = line.code.split()
    entry = {
        "fecha": f"{told.at.astimezone(MADRID):%d/%m/%Y %H:%M:%S}",
        "tipo": kind,
        "codigo": code,
        "evento": line.text,
        "plaza": "850",
        "nombreplaza": told.place.name.upper(),
    }
    if told.kind.status is Status.DELIVERED:
        return [entry, entry | {"tipo": "POD", "evento": "RECEPTOR"}]
    return [entry]


def _proof(view: View) -> Json:
    if view.latest.kind.status is not Status.DELIVERED:
        return None
    at = f"{view.latest.at.astimezone(MADRID):%d/%m/%Y %H:%M:%S}"
    return {"digitalizacion": [{"fecha": at, "codtipo": "4", "tipo": "FIRMA", "imagen": ""}]}


def _account(ask: Ask) -> str:
    call = _call(ask.body) if ask.method == "POST" else None
    return (call or {}).get("uid") or ""


WIRE = Wire(code="gls_es", name="GLS", lines=LINES, answer=answer, refuse=refuse, account=_account)
