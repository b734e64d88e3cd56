"""La Poste Suivi v2, as its server speaks: ten numbers a call, an object for one and a list for several."""

from __future__ import annotations

import re
from datetime import datetime

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
PATH = "/suivi/v2/idships/"
PER_CALL = 10
_NUMBER = re.compile(r"\w{11,15}")
_MESSAGES = {
    400: "Le numéro est invalide",
    401: "Clé d'accès inconnue",
    404: "Ressource non trouvée",
    429: "Quota d'appels dépassé",
    500: "Erreur interne",
}
# How far the five marks of the timeline are lit, by what has been told.
_MARKS = (
    ("Votre colis est annoncé", frozenset({Status.INFO_RECEIVED})),
    ("Pris en charge", frozenset({Status.IN_TRANSIT})),
    ("En cours d'acheminement", frozenset({Status.IN_TRANSIT})),
    (
        "Arrivé sur le site de distribution",
        frozenset({Status.OUT_FOR_DELIVERY, Status.AVAILABLE_FOR_PICKUP, Status.DELIVERED}),
    ),
    ("Livré", frozenset({Status.DELIVERED})),
)

# La Poste has 23 codes: its words say what the code does not.
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("DR1", "Déclaratif réceptionné : l'expéditeur prépare le colis."),
    S.PICKED_UP: Line("PC1", "Pris en charge.", (S.IN_TRANSIT,)),
    S.DEPARTED_FACILITY: Line("ET1", "En cours d'acheminement.", (S.IN_TRANSIT,)),
    S.IN_SORTING: Line("ET1", "En cours de traitement sur la plateforme.", (S.IN_TRANSIT,)),
    S.AT_DELIVERY_DEPOT: Line("EP1", "Arrivé sur le site en vue de sa distribution.", (S.IN_TRANSIT,)),
    S.DEPARTED_COUNTRY: Line(
        "ET2", "En cours d'acheminement : va quitter le pays d'expédition.", (S.IN_TRANSIT,)
    ),
    S.ARRIVED_COUNTRY: Line("ET3", "En cours d'acheminement : arrivé en France.", (S.IN_TRANSIT,)),
    S.CUSTOMS_PROCESSING: Line("DO1", "Entrée en douane."),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "DO3", "Retenu en douane : un document est attendu.", (S.DELAYED_CUSTOMS, S.EXCEPTION_HELD)
    ),
    S.CUSTOMS_CLEARED: Line("DO2", "Sortie de douane."),
    S.ON_VEHICLE: Line("MD2", "Mis en distribution."),
    S.FAILED_NOT_HOME: Line("ND1", "Non distribué : destinataire absent.", (S.FAILED_OTHER,)),
    S.PICKUP_POINT: Line("AG1", "En attente d'être retiré au guichet.", (S.PICKUP_DEPOT, S.PICKUP_STORE)),
    S.DELIVERED: Line("DI1", "Distribué."),
    S.DELIVERED_COLLECTED: Line("DI1", "Distribué : remis au guichet.", (S.DELIVERED,)),
    S.RETURNING: Line("RE1", "Retour à l'expéditeur en cours."),
    S.RETURNED: Line("DI2", "Distribué à l'expéditeur."),
    S.EXCEPTION_PICKUP_MISSED: Line("PB1", "Colis non retiré dans les délais.", (S.EXCEPTION_UNSPECIFIED,)),
    S.DELAYED_WEATHER: Line(
        "PB1",
        "Retard dû aux intempéries.",
        (S.EXCEPTION_UNSPECIFIED, S.DELAYED_OPERATIONS, S.DELAYED_EXTERNAL),
    ),
    S.DELAYED_OPERATIONS: Line(
        "PB1", "Retard en cours d'acheminement.", (S.EXCEPTION_UNSPECIFIED, S.DELAYED_EXTERNAL)
    ),
    S.EXCEPTION_INVESTIGATION: Line(
        "PB1", "Une recherche est en cours pour localiser le colis.", (S.EXCEPTION_UNSPECIFIED,)
    ),
    S.EXCEPTION_LOST: Line("PB1", "Le colis est perdu.", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_DAMAGED: Line("PB1", "Le colis a été endommagé.", (S.EXCEPTION_UNSPECIFIED,)),
    S.EXCEPTION_REFUSED: Line(
        "ND1",
        "Non distribué : refusé par le destinataire.",
        (S.FAILED_REFUSED, S.FAILED_OTHER, S.FAILED_NOT_HOME),
    ),
}


def answer(ask: Ask, world: World) -> Reply:
    if not ask.path.startswith(PATH) or ask.method != "GET":
        return html_reply(404, "404", "Page non trouvée.")
    if is_refused(ask.headers.get("x-okapi-key", "")):
        return refuse(401)
    ids = ask.path.removeprefix(PATH).split(",")
    if len(ids) > PER_CALL:
        return _problem(400, ",".join(ids))
    items = [_item(number, ask, world) for number in ids]
    if len(items) > 1:
        is_partial = any(item["returnCode"] != 200 for item in items)
        return json_reply(items, 207 if is_partial and ask.has(Quirk.SHAPE) else 200)
    if items[0]["returnCode"] == 404 and ask.has(Quirk.SHAPE):
        return html_reply(404, "404", "Page non trouvée.")
    return json_reply(items[0], items[0]["returnCode"])


def refuse(status: int) -> Reply:
    return _problem(status, "")


def _problem(status: int, number: str) -> Reply:
    return json_reply(_refusal(status, number), status)


def _refusal(status: int, number: str) -> Json:
    refusal = {
        "returnCode": status,
        "returnMessage": _MESSAGES.get(status, _MESSAGES[500]),
        "lang": "fr_FR",
        "scope": "open",
        "idShip": number,
    }
    return refusal if number else {k: v for k, v in refusal.items() if k != "idShip"}


def _item(number: str, ask: Ask, world: World) -> Json:
    if not _NUMBER.fullmatch(number):
        return _refusal(400, number)
    view = world.view("laposte", number, ask.quirks)
    if view is None:
        return _refusal(404, number)
    return {"lang": "fr_FR", "scope": "open", "returnCode": 200, "shipment": _shipment(view, ask)}


def _shipment(view: View, ask: Ask) -> Json:
    number, route = view.parcel.number, view.parcel.route
    taken_over = [told for told in view.scans if told.kind is S.PICKED_UP]
    shipment = {
        "idShip": number,
        "holder": 4,
        "product": "Colissimo",
        "isFinal": view.is_closed,
        "timeline": _timeline(view),
        "event": [_event(told, ask) for told in view.newest_first],
        "contextData": {
            "deliveryChoice": {"deliveryChoice": 0},
            "originCountry": route.origin.country,
            "arrivalCountry": route.destination.country,
        },
        "url": f"https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
    }
    if taken_over:
        shipment["entryDate"] = taken_over[0].local.isoformat()
    if view.eta is not None:
        shipment["estimDate"] = view.eta.replace(hour=0, minute=0, second=0).isoformat()
    if view.latest.kind.status is Status.DELIVERED:
        shipment["deliveryDate"] = view.latest.local.isoformat()
    return shipment


def _timeline(view: View) -> list[Json]:
    country = view.parcel.route.destination.country
    marks = []
    for number, (label, statuses) in enumerate(_MARKS, start=1):
        lit = [told for told in view.scans if told.kind.status in statuses]
        mark = {
            "id": number,
            "shortLabel": label,
            "longLabel": "",
            "country": country,
            "status": bool(lit),
            "type": 1,
        }
        marks.append(mark | ({"date": lit[0].local.isoformat()} if lit else {}))
    return marks


def _event(told: Told, ask: Ask) -> Json:
    line = LINES[told.kind]
    local: datetime = told.local.replace(tzinfo=None) if ask.has(Quirk.MISSING_ZONE) else told.local
    return {"code": line.code, "label": line.text, "date": local.isoformat(), "order": told.index + 1}


WIRE = Wire(
    code="laposte",
    name="La Poste",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("x-okapi-key", ""),
)
