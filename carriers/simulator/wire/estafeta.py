"""Estafeta (Mexico), as its SOAP server speaks: the login in every call, many waybills a call, Mexico City's clock."""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers.expat import ExpatError
from zoneinfo import ZoneInfo

import xmltodict

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.places import Place
from carriers.simulator.wire import soap
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
MEXICO = ZoneInfo("America/Mexico_City")
PATH = "/Service.asmx"
BAD_LOGIN, BAD_NUMBER = "101", "102"
_MESSAGES = {BAD_LOGIN: "Usuario o contraseña inválidos", BAD_NUMBER: "Número de guía inválido"}
_ACRONYMS = {"Ciudad de México": "MEX", "Guadalajara": "GDL", "Monterrey": "MTY", "Los Angeles": "LAX"}
_STATES = {
    Status.DELIVERED: "ENTREGADO",
    Status.RETURNED: "DEVUELTO",
    Status.AVAILABLE_FOR_PICKUP: "EN_TRANSITO",
}

_TROUBLE = (S.EXCEPTION_UNSPECIFIED, S.UNMAPPED_EXCEPTION, S.UNMAPPED_IN_TRANSIT)
_MOVING = (S.IN_TRANSIT, S.UNMAPPED_IN_TRANSIT)
# Code: the event, and of an incident its own; the text: the event's words, a bar, the incident's. Estafeta
# publishes no list of either: the words are what counts.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("GN", "Guía generada", (S.UNMAPPED_PENDING,)),
    S.PICKED_UP: Line("PU", "Envío recibido en oficina", (*_MOVING, S.ARRIVED_FACILITY)),
    S.DEPARTED_FACILITY: Line("CT", "En ruta foránea", _MOVING),
    S.IN_SORTING: Line("CL", "Envío en proceso de clasificación", (*_MOVING, S.ARRIVED_FACILITY)),
    S.AT_DELIVERY_DEPOT: Line("AR", "Llegada a centro de distribución", (*_MOVING, S.ARRIVED_FACILITY)),
    S.DEPARTED_COUNTRY: Line("SO", "Salida del país de origen", (*_MOVING, S.DEPARTED_FACILITY)),
    S.ARRIVED_COUNTRY: Line("LP", "Llegada al país de destino", (*_MOVING, S.ARRIVED_FACILITY)),
    S.CUSTOMS_PROCESSING: Line("AD", "En trámite de aduana", (*_MOVING, S.DELAYED_CUSTOMS)),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "AD A01",
        "Retenido en aduana|Falta documentación del destinatario",
        (*_TROUBLE, *_MOVING, S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING),
    ),
    S.CUSTOMS_CLEARED: Line("AL", "Liberado de la aduana", (*_MOVING, S.CUSTOMS_PROCESSING)),
    S.ON_VEHICLE: Line("OC", "En proceso de entrega a domicilio"),
    S.FAILED_NOT_HOME: Line("DE C08", "Intento de entrega|Destinatario ausente", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line(
        "OD", "Disponible en oficina Estafeta para su recolección", (S.PICKUP_DEPOT, S.PICKUP_STORE)
    ),
    S.DELIVERED: Line("DL", "Entregado"),
    S.DELIVERED_COLLECTED: Line("DL", "Entregado en oficina", (S.DELIVERED, S.PICKUP_POINT)),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "OD C20", "Plazo vencido|No recogido en oficina por el destinatario", (*_TROUBLE, S.RETURNING)
    ),
    S.RETURNING: Line("DV", "Envío en devolución al remitente"),
    S.RETURNED: Line("DR", "Devuelto al remitente", (S.RETURNING,)),
    S.DELAYED_WEATHER: Line(
        "RT C30",
        "Retraso|Condiciones climatológicas adversas",
        (*_TROUBLE, S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL),
    ),
    S.DELAYED_OPERATIONS: Line("RT C31", "Retraso|Retraso en la operación", (*_TROUBLE, S.DELAYED_EXTERNAL)),
    S.EXCEPTION_INVESTIGATION: Line("IN C40", "En investigación|Envío en búsqueda", _TROUBLE),
    S.EXCEPTION_LOST: Line(
        "EX C41", "Envío extraviado|Declarado extraviado", (*_TROUBLE, S.EXCEPTION_INVESTIGATION)
    ),
    S.EXCEPTION_DAMAGED: Line("DA C42", "Envío dañado|Mercancía dañada", _TROUBLE),
    S.EXCEPTION_REFUSED: Line(
        "DE C12", "Intento de entrega|Rechazado por el destinatario", (S.FAILED_REFUSED, S.FAILED_OTHER)
    ),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "POST":
        return html_reply(404, "404", "The resource cannot be found.")
    call = _call(ask.body)
    if call is None:
        return soap.fault("Server was unable to read request: there is no ExecuteQuery in its body.")
    if is_refused(_first(call, "login")) or is_refused(_first(call, "password")):
        return _result(BAD_LOGIN, [])
    waybills = [number for number in _texts(call, "waybills") if number]
    if not waybills:
        return _result(BAD_NUMBER, [])
    views = [world.view("estafeta", number, ask.quirks) for number in waybills]
    return _result("0", [_waybill(view, ask) for view in views if view is not None])


def refuse(status: int) -> Reply:
    if status == 500:
        return soap.fault("Server was unable to process request. --> Timeout expired.")
    return html_reply(status, str(status), "Service busy. Try again later.")


def _result(code: str, told: list[Json]) -> Reply:
    result = {
        "errorCode": code,
        "errorCodeDescriptionSPA": _MESSAGES.get(code, ""),
        "trackingData": {"TrackingData": told} if told else "",
    }
    inside = {"ExecuteQueryResult": result, "@xmlns": "http://www.estafeta.com/"}
    return soap.envelope(soap.element({"ExecuteQueryResponse": inside}))


# --- The call ---


def _call(body: bytes) -> Json | None:
    """What stands in the request's ExecuteQuery; None where there is no such thing."""
    try:
        envelope = xmltodict.parse(body)
    except (ExpatError, ValueError):
        return None
    return next((value for value in _named(envelope, "ExecuteQuery") if isinstance(value, dict)), None)


def _named(node: Json, name: str) -> Iterator[Json]:
    """Every element of that local name, wherever it stands."""
    if isinstance(node, list):
        for inner in node:
            yield from _named(inner, name)
    for key, value in node.items() if isinstance(node, dict) else ():
        if key.rpartition(":")[2] == name:
            yield value
        else:
            yield from _named(value, name)


def _texts(node: Json, name: str) -> Iterator[str]:
    """The texts of an element and of what is inside it."""
    for found in _named(node, name):
        yield from _inner(found)


def _inner(node: Json) -> Iterator[str]:
    if isinstance(node, str):
        yield node.strip()
    for value in node if isinstance(node, list) else node.values() if isinstance(node, dict) else ():
        yield from _inner(value)


def _first(node: Json, name: str) -> str:
    return next(_texts(node, name), "")


# --- The answer ---


def _waybill(view: View, ask: Ask) -> Json:
    number, route, latest = view.parcel.number, view.parcel.route, view.latest
    short = {} if ask.has(Quirk.SHAPE) else {"shortWaybillId": _short(number)}
    delivery = {"destinationName": _town(route.destination), "zipCode": route.destination.postal_code}
    if latest.kind.status is Status.DELIVERED:
        delivery |= {"deliveryDateTime": _clock(latest), "receiverName": "NURIA VIDAL"}
    return {
        "waybill": number,
        **short,
        "serviceId": "60",
        "statusSPA": _STATES.get(latest.kind.status, "EN_TRANSITO"),
        "statusENG": "",
        "pickupData": {
            "originAcronym": _ACRONYMS.get(route.origin.name, ""),
            "originName": _town(route.origin),
            "pickupDateTime": _clock(view.scans[0]),
        },
        "deliveryData": delivery,
        "history": {"History": [_event(told) for told in view.scans]},
    }


def _short(number: str) -> str:
    """The ten digits a person types in the place of the waybill's twenty-two."""
    return f"{int(number, 36) % 10**10:010}"


def _event(told: Told) -> Json:
    line = LINES[told.kind]
    code, _, exception = line.code.partition(" ")
    said, _, why = line.text.partition("|")
    return {
        "eventDateTime": _clock(told),
        "eventId": code,
        "eventDescriptionSPA": said,
        "eventDescriptionENG": said,
        "eventPlaceAcronym": _ACRONYMS.get(told.place.name, ""),
        "eventPlaceName": _town(told.place),
        "exceptionCode": exception,
        "exceptionCodeDescriptionSPA": why,
    }


def _town(place: Place) -> str:
    return "MEXICO D.F." if place.name == "Ciudad de México" else place.name.upper()


def _clock(told: Told) -> str:
    return f"{told.at.astimezone(MEXICO):%d/%m/%Y %H:%M:%S}"


WIRE = Wire(
    code="estafeta",
    name="Estafeta",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: _first(_call(ask.body) or {}, "login"),
)
