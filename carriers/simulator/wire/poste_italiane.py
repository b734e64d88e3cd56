"""Poste Italiane's public page, as its server speaks: always 200, one number a call, times in milliseconds."""

from __future__ import annotations

import json
import re

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
PATH = "/online/dovequando/DQ-REST/ricercasemplice"
NOT_FOUND, NOT_FOUND_EITHER, FOUND = "2", "1", "3"
_NUMBER = re.compile(r"[0-9A-Z]{13}")
_DAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")
_MONTHS = "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"

_MOVING = (S.IN_TRANSIT,)
_TROUBLE = (S.EXCEPTION_UNSPECIFIED, S.FAILED_OTHER)
# Code: the box the page draws it in. There are three: on its way, in trouble, delivered.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("3", "Spedizione in attesa di presa in carico"),
    S.PICKED_UP: Line("3", "Preso in carico"),
    S.DEPARTED_FACILITY: Line("3", "In transito", _MOVING),
    S.IN_SORTING: Line("3", "In lavorazione presso il Centro Operativo"),
    S.AT_DELIVERY_DEPOT: Line(
        "3", "In lavorazione presso il Centro di Distribuzione", (*_MOVING, S.IN_SORTING, S.ARRIVED_FACILITY)
    ),
    S.DEPARTED_COUNTRY: Line("3", "Partito dal paese di origine"),
    S.ARRIVED_COUNTRY: Line("3", "Arrivato in Italia"),
    S.CUSTOMS_PROCESSING: Line("3", "In corso di sdoganamento"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "4",
        "In dogana: mancano documenti",
        (*_TROUBLE, S.CUSTOMS_PROCESSING, S.EXCEPTION_HELD, S.DELAYED_CUSTOMS),
    ),
    S.CUSTOMS_CLEARED: Line("3", "Sdoganato"),
    S.ON_VEHICLE: Line("3", "In consegna"),
    S.FAILED_NOT_HOME: Line("4", "Tentata consegna: destinatario assente"),
    S.PICKUP_POINT: Line(
        "3", "Disponibile per il ritiro presso l'Ufficio Postale", (S.PICKUP_DEPOT, S.PICKUP_STORE)
    ),
    S.DELIVERED: Line("5", "Consegnata"),
    S.DELIVERED_COLLECTED: Line("5", "Consegnata", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("4", "Non ritirata entro i termini di giacenza"),
    S.RETURNING: Line("3", "In restituzione al mittente"),
    S.RETURNED: Line("5", "Restituita al mittente", (S.RETURNING,)),
    S.DELAYED_WEATHER: Line("4", "Ritardo per maltempo"),
    S.DELAYED_OPERATIONS: Line("4", "Spedizione in ritardo"),
    S.EXCEPTION_INVESTIGATION: Line("4", "Ricerche in corso"),
    S.EXCEPTION_LOST: Line("4", "Spedizione dichiarata smarrita"),
    S.EXCEPTION_DAMAGED: Line("4", "Spedizione danneggiata"),
    S.EXCEPTION_REFUSED: Line("4", "Rifiutata dal destinatario"),
}
_GOING_BACK = {Status.RETURNING, Status.RETURNED}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "POST":
        return html_reply(404, "404", "La pagina richiesta non è disponibile")
    number = _asked(ask.body)
    if number is None:
        return html_reply(400, "400", "Bad Request")
    view = world.view("poste_italiane", number, ask.quirks) if _NUMBER.fullmatch(number) else None
    rarer = ask.has(Quirk.SHAPE)
    if view is None:
        outcome = NOT_FOUND_EITHER if rarer else NOT_FOUND
        return json_reply({"idTracciatura": number, "esitoRicerca": outcome, "listaMovimenti": []})
    return json_reply(_parcel(view, rarer=rarer))


def refuse(status: int) -> Reply:
    return html_reply(status, "Request Rejected", "The requested URL was rejected.")


def _asked(body: bytes) -> str | None:
    """The number asked for; None where the body is not what the page sends."""
    try:
        call = json.loads(body)
    except ValueError:
        return None
    if not isinstance(call, dict) or call.get("tipoRichiedente") != "WEB" or "periodoRicerca" not in call:
        return None
    number = call.get("codiceSpedizione")
    return number if isinstance(number, str) else None


def _parcel(view: View, *, rarer: bool) -> Json:
    latest = LINES[view.latest.kind]
    parcel = {
        "idTracciatura": view.parcel.number,
        "esitoRicerca": FOUND,
        "stato": latest.code,
        "tipoProdotto": "Pacco ordinario",
        "listaMovimenti": [_movement(told, rarer=rarer) for told in view.newest_first],
        "sintesiStato": latest.text,
    }
    if view.eta is None:
        return parcel
    day = f"{_DAYS[view.eta.weekday()]} {view.eta.day} {_MONTHS.split()[view.eta.month - 1]}"
    return parcel | {"dataPrevistaConsegna": f"Consegna prevista {day}"}


def _movement(told: Told, *, rarer: bool) -> Json:
    line = LINES[told.kind]
    return {
        "dataOra": int(told.at.timestamp() * 1000),
        "statoLavorazione": line.text,
        "luogo": told.place.name.upper(),
        "box": int(line.code) if rarer else line.code,
        "flagRitorno": told.kind.status in _GOING_BACK,
        "frazionario": "00000",
    }


WIRE = Wire(
    code="poste_italiane",
    name="Poste Italiane",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("user-agent", ""),
)
