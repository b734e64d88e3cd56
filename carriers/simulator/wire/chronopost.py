"""Chronopost's TrackingServiceWS, as its SOAP server speaks: no credentials, one number a call, oldest first."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.wire import soap
from carriers.simulator.wire.contract import Ask, Line, Reply, Wire, html_reply
from carriers.simulator.world import World
from carriers.types import Json, Status, SubStatus

S = SubStatus
PARIS = ZoneInfo("Europe/Paris")
PATH = "/tracking-cxf/TrackingServiceWS"
OPERATION = "trackSkybillV2"
NAMESPACE = "http://cxf.tracking.soap.chronopost.fr/"

_MOVING = (S.IN_TRANSIT,)
_TROUBLE = (S.EXCEPTION_UNSPECIFIED,)
LINES: dict[SubStatus, Line] = {
    S.LABEL_CREATED: Line("DC", "Envoi prêt chez l'expéditeur"),
    S.PICKED_UP: Line("PC", "Envoi pris en charge"),
    S.DEPARTED_FACILITY: Line("TS", "Envoi en cours d'acheminement", (*_MOVING, S.IN_SORTING)),
    S.IN_SORTING: Line("TA", "Tri effectué dans l'agence de départ"),
    S.AT_DELIVERY_DEPOT: Line(
        "SD", "Tri effectué dans l'agence de distribution", (*_MOVING, S.ARRIVED_FACILITY, S.IN_SORTING)
    ),
    S.DEPARTED_COUNTRY: Line(
        "TS", "Envoi parti du pays d'expédition", (*_MOVING, S.IN_SORTING, S.DEPARTED_FACILITY)
    ),
    S.ARRIVED_COUNTRY: Line(
        "AR", "Envoi arrivé dans le pays de destination", (*_MOVING, S.IN_SORTING, S.ARRIVED_FACILITY)
    ),
    # Of customs no code is known: the words say it.
    S.CUSTOMS_PROCESSING: Line("DED", "Envoi en cours de dédouanement"),
    S.CUSTOMS_INFO_REQUIRED: Line(
        "RI",
        "Envoi retenu en douane : document manquant",
        (*_TROUBLE, S.EXCEPTION_HELD, S.DELAYED_CUSTOMS, S.CUSTOMS_PROCESSING),
    ),
    S.CUSTOMS_CLEARED: Line("DED", "Envoi dédouané"),
    S.ON_VEHICLE: Line("SC", "Envoi en cours de livraison"),
    S.FAILED_NOT_HOME: Line("P", "Destinataire absent, avis de passage"),
    S.PICKUP_POINT: Line(
        "RG", "Envoi mis à disposition dans le point relais", (S.PICKUP_STORE, S.PICKUP_DEPOT)
    ),
    S.DELIVERED: Line("D", "Livraison effectuée"),
    S.DELIVERED_COLLECTED: Line("D", "Envoi retiré par le destinataire au point relais", (S.DELIVERED,)),
    S.EXCEPTION_PICKUP_MISSED: Line("RI", "Envoi non retiré dans les délais"),
    S.RETURNING: Line("I", "Envoi en cours de retour à l'expéditeur"),
    S.RETURNED: Line("D", "Livraison effectuée à l'expéditeur"),
    S.DELAYED_WEATHER: Line("RI", "Retard dû aux intempéries"),
    S.DELAYED_OPERATIONS: Line("RI", "Retard d'acheminement"),
    S.EXCEPTION_INVESTIGATION: Line("RI", "Recherches en cours"),
    S.EXCEPTION_LOST: Line("RI", "Envoi perdu"),
    S.EXCEPTION_DAMAGED: Line("RI", "Envoi endommagé"),
    S.EXCEPTION_REFUSED: Line("RI", "Envoi refusé par le destinataire"),
}


def answer(ask: Ask, world: World) -> Reply:
    if ask.path != PATH or ask.method != "POST":
        return html_reply(404, "404", "No service was found.")
    call = soap.values(ask.body, "Body", OPERATION)
    if call is None:
        return soap.fault(
            f"Error reading XMLStreamReader: there is no {OPERATION} in its body.", code="soap:Client"
        )
    number = call.get("skybillNumber", "")
    view = world.view("chronopost", number, ask.quirks)
    if view is None:
        # Nothing at all, or a list that holds only the number.
        return _result(
            {"errorCode": "0"}
            | ({"listEventInfoComp": {"skybillNumber": number}} if ask.has(Quirk.SHAPE) else {})
        )
    return _result({"errorCode": "0", "listEventInfoComp": _parcel(view, ask)}, rarer=ask.has(Quirk.SHAPE))


def refuse(status: int) -> Reply:
    if status == 500:
        return soap.fault("Le service est indisponible")
    return html_reply(status, str(status), "Too Many Requests")


def _result(content: Json, *, rarer: bool = False) -> Reply:
    prefix = "ns2" if rarer else "ns1"
    return soap.envelope(
        soap.element({f"{prefix}:{OPERATION}Response": {f"@xmlns:{prefix}": NAMESPACE, "return": content}})
    )


def _parcel(view: View, ask: Ask) -> Json:
    return {
        "events": [_event(told, bare=ask.has(Quirk.MISSING_ZONE)) for told in view.scans],
        "skybillNumber": view.parcel.number,
    }


def _event(told: Told, *, bare: bool) -> Json:
    line, local = LINES[told.kind], told.at.astimezone(PARIS)
    at_shipper = told.kind is S.LABEL_CREATED
    event: dict[str, Json] = {
        "code": line.code,
        "eventDate": (local.replace(tzinfo=None) if bare else local).isoformat(),
        "eventLabel": line.text,
        "highPriority": "false",
        "NPC": "",
        "officeLabel": "Web Services" if at_shipper else f"{told.place.name.upper()} CHRONOPOST",
        "zipCode": "99999" if at_shipper else told.place.postal_code,
    }
    if told.kind.status is Status.DELIVERED:
        event["infoCompList"] = [
            {"name": "Signataire", "value": "NURIA VIDAL"},
            {"name": "Adresse", "value": "CALLE MAYOR 1"},
        ]
    return event


WIRE = Wire(
    code="chronopost",
    name="Chronopost",
    lines=LINES,
    answer=answer,
    refuse=refuse,
    account=lambda ask: ask.headers.get("user-agent", ""),
)
