"""Mondial Relay's tracing service, as its SOAP server speaks: every call signed, times of Paris to the minute."""

from __future__ import annotations

import hashlib
import re
from zoneinfo import ZoneInfo

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import soap
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
PARIS = ZoneInfo("Europe/Paris")
PATH = "/Web_Services.asmx"
OPERATION = "WSI2_TracingColisDetaille"
LANGUAGES = {"FR", "ES", "EN", "NL", "PT", "IT", "DE", "PL"}
BAD_NUMBER, BAD_BRAND, BAD_KEY, BAD_LANGUAGE, UNKNOWN = "24", "1", "8", "74", "94"
_STATES = {"80": "COLIS ENREGISTRE", "81": "COLIS EN TRAITEMENT", "82": "COLIS LIVRE", "83": "ANOMALIE"}
_RELAY = ("012345", "TABAC DE LA GARE")

_MOVING = (S.IN_TRANSIT,)
# Code: the state of the whole parcel. What happened is in the words alone.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("80", "COLIS ENREGISTRE"),
    S.PICKED_UP: Line("81", "PRISE EN CHARGE EN AGENCE"),
    S.DEPARTED_FACILITY: Line("81", "DEPART DE L'AGENCE"),
    S.IN_SORTING: Line("81", "COLIS EN COURS DE TRI"),
    S.AT_DELIVERY_DEPOT: Line("81", "ARRIVEE A L'AGENCE DE DESTINATION"),
    S.DEPARTED_COUNTRY: Line("81", "DEPART DU PAYS D'EXPEDITION"),
    S.ARRIVED_COUNTRY: Line("81", "ARRIVEE DANS LE PAYS DE DESTINATION"),
    S.CUSTOMS_PROCESSING: Line("81", "DEDOUANEMENT EN COURS"),
    S.CUSTOMS_INFO_REQUIRED: Line("83", "EN DOUANE : DOCUMENT MANQUANT"),
    S.CUSTOMS_CLEARED: Line("81", "COLIS DEDOUANE"),
    # To the relay, where nobody is called at.
    S.ON_VEHICLE: Line("81", "REMIS AU TRANSPORTEUR", (*_MOVING, S.HANDED_TO_LAST_MILE)),
    S.FAILED_NOT_HOME: Line("83", "DESTINATAIRE ABSENT"),
    S.PICKUP_POINT: Line("81", "DISPONIBLE AU POINT RELAIS"),
    S.DELIVERED: Line("82", "COLIS LIVRE AU DESTINATAIRE", (S.DELIVERED_COLLECTED,)),
    S.DELIVERED_COLLECTED: Line("82", "COLIS LIVRE AU DESTINATAIRE", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("83", "COLIS NON RETIRE DANS LES DELAIS"),
    S.RETURNING: Line("83", "RETOUR A L'EXPEDITEUR EN COURS"),
    S.RETURNED: Line("83", "COLIS RETOURNE A L'EXPEDITEUR"),
    S.DELAYED_WEATHER: Line("83", "RETARD : INTEMPERIES"),
    S.DELAYED_OPERATIONS: Line("83", "RETARD D'ACHEMINEMENT"),
    S.EXCEPTION_INVESTIGATION: Line("83", "RECHERCHE EN COURS"),
    S.EXCEPTION_LOST: Line("83", "COLIS PERDU"),
    S.EXCEPTION_DAMAGED: Line("83", "COLIS ENDOMMAGE"),
    S.EXCEPTION_REFUSED: Line("83", "COLIS REFUSE PAR LE DESTINATAIRE"),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "POST":
        return html_reply(404, "404", "The resource cannot be found.")
    call = soap.values(ask.body, "Body", OPERATION)
    if call is None:
        return soap.fault(f"Server was unable to read request: there is no {OPERATION} in its body.")
    brand, number, language = (call.get(name, "") for name in ("Enseigne", "Expedition", "Langue"))
    if is_refused(brand):
        return _refused(BAD_BRAND)
    if not _is_signed(call):
        return _refused(BAD_KEY)
    if language not in LANGUAGES:
        return _refused(BAD_LANGUAGE)
    if not re.fullmatch(r"\d{8,12}", number):
        return _refused(BAD_NUMBER)
    view = world.view("mondial_relay", number, ask.quirks)
    return _refused(UNKNOWN) if view is None else _result(_parcel(view, rarer=ask.has(Quirk.SHAPE)))


def _is_signed(call: dict[str, str]) -> bool:
    """Any private key is good, save none and `invalid`: those are known by what they make of the call."""
    signed = "".join(call.get(name, "") for name in ("Enseigne", "Expedition", "Langue"))
    bad = {hashlib.md5((signed + key).encode()).hexdigest().upper() for key in ("", "invalid")}  # noqa: S324  the carrier's
    given = call.get("Security", "")
    return re.fullmatch(r"[0-9A-F]{32}", given) is not None and given not in bad


def refuse(status: int) -> Reply:
    if status == 500:
        return soap.fault("Server was unable to process request: timeout expired.")
    return html_reply(status, str(status), "Too many requests.")


def _refused(stat: str) -> Reply:
    names = ("Libelle01", "Relais_Libelle", "Relais_Num", "Libelle02", "Tracing")
    return _result({"STAT": stat} | dict.fromkeys(names))


def _result(content: Json) -> Reply:
    result = {
        f"{OPERATION}Response": {
            "@xmlns": "http://www.mondialrelay.fr/webservice/",
            f"{OPERATION}Result": content,
        }
    }
    return soap.envelope(soap.element(result))


def _parcel(view: View, *, rarer: bool) -> Json:
    line, latest = LINES[view.latest.kind], view.latest
    relay = _RELAY if latest.kind.status in (Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED) else ("", "")
    rows: list[Json] = [_row(told, rarer=rarer) for told in view.scans]
    rows += [dict.fromkeys(rows[0], "") for _ in range(2)]  # filled up with empty ones
    return {
        "STAT": line.code,
        "Libelle01": _STATES[line.code],
        "Relais_Libelle": relay[1],
        "Relais_Num": relay[0],
        "Libelle02": line.text,
        "Tracing": {"ret_WSI2_sub_TracingColisDetaille": rows},
    }


def _row(told: Told, *, rarer: bool) -> Json:
    local = told.at.astimezone(PARIS)
    at_relay = told.kind.status in (Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED)
    row = {
        "Libelle": LINES[told.kind].text,
        "Date": f"{local:%d/%m/%y}",
        "Heure": f"{local:%H:%M}",
        "Lieu": _RELAY[1] if at_relay else told.place.name.upper(),
        "Relais": _RELAY[0] if at_relay else "",
        "Pays": told.place.country,
    }
    if rarer:
        return {
            {"Lieu": "Emplacement", "Relais": "Relais_Num"}.get(name, name): said
            for name, said in row.items()
        }
    return {f"Tracing_{name}": said for name, said in row.items()}


def _account(ask: Ask) -> str:
    return (soap.values(ask.body, "Body", OPERATION) or {}).get("Enseigne", "")


WIRE = Wire(
    code="mondial_relay",
    name="Mondial Relay",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=_account,
)
