"""BRT's tracking by parcel, as its REST server speaks: newest first, Italian words, rows that are only padding."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
ROME = ZoneInfo("Europe/Rome")
PATH = "/rest/v1/tracking/parcelID/"
NOT_FOUND = -11

_MOVING = (S.IN_TRANSIT,)
_TROUBLE = (S.EXCEPTION_UNSPECIFIED,)
# What the letters of its events mean BRT tells nobody: only the words count.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("D", "DATI SPEDIZ. TRASMESSI"),
    S.PICKED_UP: Line("R", "RITIRATA", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line("P", "PARTITA", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("T", "IN TRANSITO", (S.IN_TRANSIT,)),
    S.AT_DELIVERY_DEPOT: Line("A", "ARRIVATA IN FILIALE", (S.ARRIVED_FACILITY, S.IN_TRANSIT)),
    S.DEPARTED_COUNTRY: Line("P", "PARTITA", (S.DEPARTED_FACILITY, S.IN_TRANSIT)),
    S.ARRIVED_COUNTRY: Line(
        "A", "ARRIVATA IN FILIALE", (S.ARRIVED_FACILITY, S.AT_DELIVERY_DEPOT, S.IN_TRANSIT)
    ),
    S.CUSTOMS_PROCESSING: Line("Z", "IN DOGANA"),
    S.CUSTOMS_INFO_REQUIRED: Line("Z", "IN DOGANA: MANCANO DOCUMENTI"),
    S.CUSTOMS_CLEARED: Line("Z", "SDOGANATA"),
    S.ON_VEHICLE: Line("MIC", "IN CONSEGNA"),
    S.FAILED_NOT_HOME: Line("G", "DESTINATARIO ASSENTE: LASCIATO AVVISO"),
    S.PICKUP_POINT: Line("F", "DISPONIBILE PER RITIRO", (S.PICKUP_STORE, S.PICKUP_DEPOT)),
    S.DELIVERED: Line("C", "CONSEGNATA"),
    S.DELIVERED_COLLECTED: Line("C", "CONSEGNATA", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("G", "GIACENZA: MERCE NON RITIRATA", (*_TROUBLE, S.EXCEPTION_HELD)),
    S.RETURNING: Line("N", "RITORNO AL MITTENTE"),
    S.RETURNED: Line("N", "RESA AL MITTENTE", (S.RETURNING,)),
    S.DELAYED_WEATHER: Line("I", "RITARDO PER MALTEMPO"),
    S.DELAYED_OPERATIONS: Line("I", "SPEDIZIONE IN RITARDO"),
    S.EXCEPTION_INVESTIGATION: Line("I", "RICERCHE IN CORSO"),
    S.EXCEPTION_LOST: Line("I", "DICHIARATA SMARRITA"),
    S.EXCEPTION_DAMAGED: Line("I", "MERCE DANNEGGIATA"),
    S.EXCEPTION_REFUSED: Line("G", "RIFIUTATA DAL DESTINATARIO", (S.FAILED_REFUSED,)),
}


def answer(ask: Ask, world: World) -> Reply:
    if not ask.path.startswith(PATH) or ask.method != "GET":
        return html_reply(404, "404", "Not Found")
    if is_refused(ask.headers.get("userid", "")) or is_refused(ask.headers.get("password", "")):
        return _refused(401, -7, "LOGIN ERROR", "Utente o password non corretti")
    number = ask.path.removeprefix(PATH)
    view = world.view("brt", number, ask.quirks) if re.fullmatch(r"\d{12,15}", number) else None
    if view is None:
        return _refused(200, NOT_FOUND, "NOT FOUND", "Spedizione non trovata")
    return json_reply({"ttParcelIdResponse": _parcel(view, rarer=ask.has(Quirk.SHAPE))})


def refuse(status: int) -> Reply:
    if status == 500:
        return _refused(500, -1, "SYSTEM ERROR", "Errore di sistema")
    return html_reply(status, str(status), "Too Many Requests")


def _refused(status: int, code: int, name: str, message: str) -> Reply:
    said = {"code": code, "severity": "ERROR", "codeDesc": name, "message": message}
    response = {"esito": code, "executionMessage": said, "lista_eventi": [], "lista_note": []}
    return json_reply({"ttParcelIdResponse": response}, status)


def _parcel(view: View, *, rarer: bool) -> Json:
    events = [{"evento": _event(told)} for told in view.newest_first]
    padding = {"evento": dict.fromkeys(events[0]["evento"], "")}
    return {
        "currentTimeUTC": f"{view.now:%Y-%m-%dT%H:%M:%S}.000Z",
        "esito": "0" if rarer else 0,
        "executionMessage": {"code": 0, "severity": "INFO", "codeDesc": "OK", "message": ""},
        "versione": "1.0",
        "bolla": _waybill(view),
        "contatore_eventi": len(events),
        "lista_eventi": [*events, padding, padding],
        "contatore_note": 0,
        "lista_note": [],
    }


def _waybill(view: View) -> Json:
    parcel, words = view.parcel, LINES[view.latest.kind].text
    town = parcel.route.destination
    return {
        "dati_spedizione": {
            "spedizione_id": parcel.number[:12],
            "spedizione_data": f"{view.scans[0].at.astimezone(ROME):%d.%m.%Y}",
            "porto": "F",
            "servizio": "EXPRESS",
            "filiale_arrivo": town.name.upper(),
            "stato_sped_parte1": words,
            "descrizione_stato_sped_parte1": words,
        },
        "riferimenti": {
            "riferimento_mittente_numerico": parcel.reference.removeprefix("PED-"),
            "riferimento_mittente_alfabetico": parcel.reference,
        },
        "mittente": {"codice": "", "ragione_sociale": "CERAMICA EL FARO"},
        "destinatario": {
            "ragione_sociale": "NURIA VIDAL",
            "indirizzo": "CALLE MAYOR 1",
            "cap": town.postal_code,
            "localita": town.name.upper(),
            "sigla_nazione": town.country,
        },
        "merce": {"colli": 1, "peso_kg": 1.4, "volume_m3": 0.01},
        "dati_consegna": _delivery(view),
    }


def _delivery(view: View) -> Json:
    local = view.latest.at.astimezone(ROME)
    is_there = view.latest.kind.status is Status.DELIVERED
    return {
        "data_teorica_consegna": f"{view.eta.astimezone(ROME):%d.%m.%Y}" if view.eta else "",
        "data_consegna_merce": f"{local:%d.%m.%Y}" if is_there else "",
        "ora_consegna_merce": f"{local:%H.%M}" if is_there else "",
        "firmatario_consegna": "NURIA VIDAL" if is_there else "",
    }


def _event(told: Told) -> dict[str, str]:
    line, local = LINES[told.kind], told.at.astimezone(ROME)
    return {
        "id": line.code,
        "data": f"{local:%d.%m.%Y}",
        "ora": f"{local:%H.%M}",
        "descrizione": line.text,
        "filiale": told.place.name.upper(),
    }


WIRE = Wire(
    code="brt",
    name="BRT",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("userid", ""),
)
