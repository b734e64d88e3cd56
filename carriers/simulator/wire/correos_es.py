"""Correos (Spain), the public locator: one number a call, always 200, Madrid wall-clock times."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from carriers.simulator.parcels import Quirk, Told, View
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
from carriers.types import Json, Status, SubStatus

S = SubStatus
MADRID = ZoneInfo("Europe/Madrid")
_PATH = re.compile(r"/canonico/eventos_envio_servicio(_auth)?/(?P<number>[^/]*)")
_PHASES = {"1": "ADMISIÓN", "2": "EN CAMINO", "3": "EN ENTREGA", "4": "ENTREGADO"}

# Code: Correos's event code and its phase, 1 to 4; the text: summary, a bar, the long form.
# The codes from D on stand for the many that Correos does not publish: only their words say what they mean.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("A090000V 1", "Prerregistrado|El envío ha sido prerregistrado"),
    S.PICKED_UP: Line("A010000V 1", "Admitido|El envío ha sido admitido", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line(
        "P100000V 2", "En camino|El envío ha salido del centro de origen", (S.IN_TRANSIT,)
    ),
    S.IN_SORTING: Line("P040000V 2", "Clasificado|El envío está en camino", (S.IN_TRANSIT,)),
    S.AT_DELIVERY_DEPOT: Line(
        "P090000V 2", "En la unidad de destino|El envío ha llegado a la unidad de destino", (S.IN_TRANSIT,)
    ),
    S.DEPARTED_COUNTRY: Line(
        "P101110V 2", "Salida del país de origen|El envío ha salido del país de origen", (S.IN_TRANSIT,)
    ),
    S.ARRIVED_COUNTRY: Line(
        "P101120V 2", "Llegada al país de destino|El envío ha llegado a España", (S.IN_TRANSIT,)
    ),
    S.ON_VEHICLE: Line("H020000V 3", "En reparto|El envío está en reparto"),
    S.FAILED_NOT_HOME: Line("H06P010V 3", "Intento de entrega|Intento de entrega fallido. Ausente"),
    S.PICKUP_POINT: Line(
        "H01I350V 3",
        "Disponible en oficina|El envío está a disposición del destinatario en oficina",
        (S.PICKUP_DEPOT, S.PICKUP_STORE),
    ),
    S.DELIVERED: Line("I010000V 4", "Entregado|El envío ha sido entregado"),
    S.DELIVERED_COLLECTED: Line(
        "I010000V 4", "Entregado|El envío ha sido entregado en la oficina", (S.DELIVERED,)
    ),
    S.RETURNED: Line("O140000V 4", "Devuelto|El envío ha sido devuelto al remitente"),
    S.RETURNING: Line("D010000V 2", "En devolución|El envío está en proceso de devolución al remitente"),
    S.CUSTOMS_PROCESSING: Line("D020000V 2", "En trámite aduanero|El envío se encuentra en la aduana"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "D030000V 2",
        "Retenido en aduana|Aduanas necesita documentación del destinatario",
        (S.CUSTOMS_PROCESSING, S.DELAYED_CUSTOMS),
    ),
    S.CUSTOMS_CLEARED: Line(
        "D040000V 2", "Despachado de aduana|El envío ha salido de la aduana", (S.CUSTOMS_PROCESSING,)
    ),
    S.EXCEPTION_PICKUP_MISSED: Line(
        "D050000V 3",
        "Sobrante|El envío no ha sido retirado por el destinatario en plazo",
        (S.UNMAPPED_IN_TRANSIT, S.IN_TRANSIT),
    ),
    S.EXCEPTION_REFUSED: Line(
        "D060000V 3", "Rehusado|El envío ha sido rehusado por el destinatario", (S.FAILED_REFUSED,)
    ),
    S.DELAYED_WEATHER: Line(
        "D070000V 2",
        "Retraso|El envío sufre un retraso por causas meteorológicas",
        (S.UNMAPPED_IN_TRANSIT, S.IN_TRANSIT, S.DELAYED_OPERATIONS),
    ),
    S.DELAYED_OPERATIONS: Line(
        "D080000V 2",
        "Retraso|El envío llegará más tarde de lo previsto",
        (S.UNMAPPED_IN_TRANSIT, S.IN_TRANSIT),
    ),
    S.EXCEPTION_INVESTIGATION: Line(
        "D090000V 2",
        "En investigación|Se ha abierto una investigación para localizar el envío",
        (S.UNMAPPED_IN_TRANSIT, S.IN_TRANSIT),
    ),
    S.EXCEPTION_LOST: Line(
        "D100000V 2",
        "Extraviado|El envío se ha dado por extraviado",
        (S.UNMAPPED_IN_TRANSIT, S.IN_TRANSIT, S.EXCEPTION_INVESTIGATION),
    ),
    S.EXCEPTION_DAMAGED: Line(
        "D110000V 2",
        "Deteriorado|El envío ha sufrido daños",
        (S.UNMAPPED_IN_TRANSIT, S.IN_TRANSIT),
    ),
}


def answer(ask: Ask, world: World) -> Reply:
    if not ask.headers.get("user-agent"):
        # The firewall in front of the locator, which answers 200 as well.
        return html_reply(200, "Acceso denegado", "La petición ha sido rechazada.")
    match = _PATH.fullmatch(ask.path)
    if match is None or ask.method != "GET":
        return html_reply(404, "404", "Recurso no encontrado.")
    if match[1] and is_refused(basic_auth(ask)[1]):
        return html_reply(401, "401", "Usuario no autorizado.")
    number = match["number"]
    view = world.view("correos_es", number, ask.quirks)
    shipment = _not_found(number) if view is None else _shipment(view, ask)
    return json_reply(shipment if ask.has(Quirk.SHAPE) else [shipment])


def refuse(status: int) -> Reply:
    if status == 429:
        return html_reply(429, "Demasiadas peticiones", "Inténtelo de nuevo pasados unos minutos.")
    return html_reply(status, "Servicio no disponible", "Inténtelo de nuevo pasados unos minutos.")


def _not_found(number: str) -> Json:
    return {
        "codEnvio": number,
        "codExpedicion": "",
        "error": {"codError": "3", "desError": "Sin Trazabilidad en Minerva"},
        "eventos": None,
        "resumen_ultimo": None,
    }


def _shipment(view: View, ask: Ask) -> Json:
    scans = (view.latest,) if ask.query.get("indUltEvento") == "S" else view.scans
    waits = view.latest.kind.status is Status.AVAILABLE_FOR_PICKUP
    town = view.parcel.route.destination
    return {
        "codEnvio": view.parcel.number,
        "codExpedicion": "",
        "error": {"codError": "0", "desError": ""},
        "eventos": [_event(told) for told in scans],
        "resumen_ultimo": LINES[view.latest.kind].text.partition("|")[0],
        "peso": "850",
        "largo": "30",
        "ancho": "20",
        "alto": "8",
        "nom_codired": f"OFICINA DE {town.name.upper()} SUC 3" if waits else "",
        "codired": f"{town.postal_code}94" if waits else "",
    }


def _event(told: Told) -> Json:
    line = LINES[told.kind]
    code, phase = line.code.split()
    summary, _, text = line.text.partition("|")
    at = told.at.astimezone(MADRID)
    return {
        "fecEvento": f"{at:%d/%m/%Y}",
        "horEvento": f"{at:%H:%M:%S}",
        "codEvento": code,
        "fase": phase,
        "desFase": "PRE-ADMISIÓN" if told.kind is S.LABEL_CREATED else _PHASES[phase],
        "desTextoResumen": summary,
        "desTextoAmpliado": text,
    }


WIRE = Wire(
    code="correos_es",
    name="Correos",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: basic_auth(ask)[0],
)
