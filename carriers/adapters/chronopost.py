"""Chronopost: SOAP, one parcel a call, without credentials.

- Codes are letters, and no list of them is published: that `D` is delivered is sure, the others are known from hearsay.
  What is said to be another kind of delivery (`D1` to `D9`) has no row: its label has to say so.
- A label may make an incident precise; it is asked for in French, or in English for those who do not read French.
- An unknown number comes as no events, and perhaps as an `errorCode`; so does a service that is down.
- Times carry their offset. Events come oldest first.
- Who signed stands among an event's further fields: it is kept for whoever may see the proof of delivery.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import child, error_for, integer, obj, objs, ok, text, xml_of
from carriers.types import (
    Answer,
    BadResponseError,
    Carrier,
    Limits,
    NoAuth,
    NotFoundError,
    Query,
    Reply,
    Request,
    Scan,
    SubStatus,
    TransientError,
)
from carriers.types import gettext_noop as _

API = "https://ws.chronopost.fr/tracking-cxf/TrackingServiceWS"
PARIS = ZoneInfo("Europe/Paris")
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<c:trackSkybillV2 xmlns:c="http://cxf.tracking.soap.chronopost.fr/">'
    "<language>{language}</language><skybillNumber>{number}</skybillNumber>"
    "</c:trackSkybillV2></soap:Body></soap:Envelope>"
)
STATUSES: Mapping[str, SubStatus] = {
    "DC": SubStatus.LABEL_CREATED,  # Envoi prêt chez l'expéditeur
    "PC": SubStatus.PICKED_UP,  # Pris en charge
    "AR": SubStatus.ARRIVED_FACILITY,  # Arrivé
    "TA": SubStatus.IN_SORTING,  # Tri effectué dans l'agence de départ
    "TS": SubStatus.IN_SORTING,  # Tri effectué
    "SD": SubStatus.IN_SORTING,
    "SC": SubStatus.ON_VEHICLE,  # Envoi en cours de livraison
    "TO": SubStatus.ON_VEHICLE,  # En tournée
    "P": SubStatus.FAILED_OTHER,  # Avis de passage; why, the label says
    "RG": SubStatus.PICKUP_POINT,  # Disponible en relais
    "RB": SubStatus.PICKUP_POINT,  # Disponible en bureau de poste
    "RI": SubStatus.EXCEPTION_UNSPECIFIED,  # Incident
    "RC": SubStatus.EXCEPTION_UNSPECIFIED,
    "I": SubStatus.RETURNING,  # Retour
    "D": SubStatus.DELIVERED,  # Livraison effectuée
}
SIGNED_BY = "signataire"
NO_OFFICE = "web services"  # what stands for a place where the shop sent its data
_DOWN = re.compile("indisponible|unavailable|technique|technical|surcharg|timeout", re.IGNORECASE)


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    query = queries[0]
    language = "fr_FR" if query.language[:2].lower() in ("", "fr") else "en_GB"
    number = escape("".join(char for char in query.number if char.isprintable()))
    body = ENVELOPE.format(language=language, number=number)
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    return Request(API, "POST", headers=headers, body=body.encode())


def parse(reply: Reply) -> Sequence[Answer]:
    body = child(child(xml_of(reply), "Envelope"), "Body")
    if fault := obj(child(body, "Fault")):
        raise error_for(reply, text(fault.get("faultstring")))
    if not ok(reply):
        raise error_for(reply)
    response = obj(child(body, "trackSkybillV2Response"))
    result = obj(child(response, "return"))
    code = integer(result.get("errorCode"))
    if code is None:
        raise BadResponseError("The answer has no errorCode.")
    if code:
        detail = text(result.get("errorMessage"))
        raise (TransientError if _DOWN.search(detail) else NotFoundError)(detail or f"errorCode {code}")
    told = obj(result.get("listEventInfoComp"))
    events = objs(told.get("events"))
    if not events:
        raise NotFoundError
    return [_answer(text(told.get("skybillNumber"), 64), events)]


def _answer(number: str, events: list[dict[str, Any]]) -> Answer:
    scans = sorted((scan for event in events if (scan := _scan(event))), key=lambda scan: scan.at)
    if not number or not scans:
        raise BadResponseError("The answer names no parcel, or no time that can be read.")
    return Answer(number, scans=tuple(scans), signed_by=_signed_by(events))


def _scan(event: dict[str, Any]) -> Scan | None:
    said_at, office = text(event.get("eventDate"), 40), text(event.get("officeLabel"), 120)
    when = zones.moment(said_at, "", "", PARIS)
    if when is None:
        return None
    return Scan(
        at=when[0],
        code=text(event.get("code"), 20).upper(),
        text=text(event.get("eventLabel")),
        place="" if office.lower() == NO_OFFICE else office,
        zone_source=when[1],
        said_at=said_at,
    )


def _signed_by(events: list[dict[str, Any]]) -> str:
    further = (field for event in reversed(events) for field in objs(event.get("infoCompList")))
    names = (text(one.get("value"), 120) for one in further if text(one.get("name"), 40).lower() == SIGNED_BY)
    return next(filter(None, names), "")


CARRIER = Carrier(
    code="chronopost",
    name="Chronopost",
    docs=f"{API}?wsdl",
    endpoint=API,
    auth=NoAuth(),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("FR",),
    languages=("fr", "en"),
    zone=PARIS,
    limits=Limits(per_second=1.0),
    public_url="https://www.chronopost.fr/tracking-no-cms/suivi-page?listeNumerosLT={number}",
    notes=(
        _(
            "La Poste's own interface answers Chronopost numbers too, with documented codes: prefer it where you have its key."
        ),
        _("Chronopost publishes no limit; one call a second is our caution."),
        _("Of its codes only the one for delivered is sure; the others are unverified."),
    ),
)
