"""GLS Spain (once ASM): SOAP, one expedition a call, the customer's GUID inside the envelope.

- An unknown number is an empty `<expediciones/>`, and so may be a GUID that is wrong.
- Times are the depot's wall clock: Madrid's, and an hour behind where the depot is in the Canaries.
- Of several kinds of line only ESTADO and INCIDENCIA are history. A POD line is the name of whoever
  signed: it is not read.
- Codes of ESTADO and INCIDENCIA overlap, so a scan's code says which. Incidents are read by their text; a
  state 91 ("with incident") means what its incident says.
- 22, "delivered at the parcel shop", is waiting to be fetched.
- A list with one child comes as that child.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.changes.gls_es import CHANGING
from carriers.payload import child, error_for, obj, objs, ok, pieces, text, xml_of
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InBody,
    Limits,
    NotFoundError,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
    TransientError,
)
from carriers.types import gettext_noop as _

API = "https://wsclientes.asmred.com/b2b.asmx"
MADRID = ZoneInfo("Europe/Madrid")
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap12:Envelope xmlns:soap12="http://www.w3.org/2003/05/soap-envelope"><soap12:Body>'
    '<GetExpCli xmlns="http://www.asmred.com/"><codigo>{number}</codigo><uid>{uid}</uid></GetExpCli>'
    "</soap12:Body></soap12:Envelope>"
)
STATUSES: Mapping[str, SubStatus] = {
    "-10": SubStatus.LABEL_CREATED,  # GRABADO
    "0": SubStatus.LABEL_CREATED,
    "2": SubStatus.IN_TRANSIT,  # EN TRANSITO A DESTINO
    "3": SubStatus.AT_DELIVERY_DEPOT,  # EN DELEGACION DESTINO
    "9": SubStatus.IN_TRANSIT,
    "16": SubStatus.IN_TRANSIT,
    "19": SubStatus.IN_TRANSIT,
    "50": SubStatus.IN_TRANSIT,
    "21": SubStatus.REDIRECTED,
    "6": SubStatus.ON_VEHICLE,  # EN REPARTO
    "7": SubStatus.DELIVERED,  # ENTREGADO
    "8": SubStatus.DELIVERED,  # ENTREGADO PARCIAL
    "22": SubStatus.PICKUP_POINT,  # ENTREGADO EN PARCELSHOP
    "25": SubStatus.PICKUP_POINT,
    "1": SubStatus.EXCEPTION_HELD,
    "18": SubStatus.EXCEPTION_HELD,
    "11": SubStatus.EXCEPTION_ADDRESS,
    "20": SubStatus.EXCEPTION_LOST,
    "17": SubStatus.EXCEPTION_DESTROYED,
    "90": SubStatus.EXCEPTION_UNSPECIFIED,
    "91": SubStatus.EXCEPTION_UNSPECIFIED,  # CON INCIDENCIA
    "10": SubStatus.RETURNING,
    "13": SubStatus.RETURNING,
    "14": SubStatus.RETURNING,
    "15": SubStatus.RETURNING,
    "51": SubStatus.RETURNING,
    "12": SubStatus.RETURNED,
    "5": SubStatus.CANCELLED_VOIDED,  # ANULADA
}
REASONS = {"8": "partial", "11": "address"}
INCIDENT_STATE = "91"
NO_INCIDENT = "SIN INCIDENCIA"
# Depots outside the mainland's clock. https://es.wikipedia.org/wiki/Canarias
_CANARIES = (
    "LAS PALMAS",
    "TENERIFE",
    "LANZAROTE",
    "FUERTEVENTURA",
    "ARRECIFE",
    "LA PALMA",
    "GOMERA",
    "HIERRO",
)
_SAME_MOMENT = timedelta(minutes=5)


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Raises AuthError when the account has no GUID: GLS would answer as if the number were unknown."""
    uid = secrets.get("uid", "").strip()
    if not uid:
        raise AuthError("The account has no GLS customer GUID.")
    body = ENVELOPE.format(number=_xml(queries[0].number), uid=_xml(uid))
    return Request(
        API, "POST", headers={"Content-Type": "application/soap+xml; charset=utf-8"}, body=body.encode()
    )


def _xml(value: str) -> str:
    """Text for inside an element. Control characters have no place in XML, not even escaped."""
    return escape("".join(char for char in value if char.isprintable()))


def parse(reply: Reply) -> Sequence[Answer]:
    body = child(child(xml_of(reply), "Envelope"), "Body")
    if fault := obj(child(body, "Fault")):
        raise _refusal(reply, fault)
    if not ok(reply):
        raise error_for(reply)
    result = obj(child(child(body, "GetExpCliResponse"), "GetExpCliResult"))
    if "expediciones" not in result:
        raise BadResponseError("The answer has no expediciones.")
    expeditions = objs(child(result["expediciones"], "exp"))
    if not expeditions:
        raise NotFoundError
    return [_answer(expedition) for expedition in expeditions]


def _refusal(reply: Reply, fault: dict[str, Any]) -> CarrierError:
    reason = child(child(fault, "Reason"), "Text") or fault.get("faultstring")
    detail = text(reason)
    if reply.status in (401, 403) or any(word in detail.lower() for word in ("uid", "guid", "autoriz")):
        return AuthError(detail)
    return TransientError(detail or "SOAP fault")  # how GLS words its faults is not documented


def _answer(expedition: dict[str, Any]) -> Answer:
    number = text(expedition.get("codbar"), 64) or text(expedition.get("codexp"), 64)
    if not number:
        raise BadResponseError("An expedition of the answer has no number.")
    told = [
        line
        for line in objs(child(expedition.get("tracking_list"), "tracking"))
        if text(line.get("tipo"), 20).upper() in ("ESTADO", "INCIDENCIA")
    ]
    scans = [scan for line in told if (scan := _scan(line))]
    if told and not scans:
        raise BadResponseError("No line of the answer has a time that can be read.")
    if not told and (scan := _state(expedition)):
        scans = [scan]
    scans.sort(key=lambda scan: scan.at)
    return Answer(
        number,
        scans=_with_incidents(scans, text(expedition.get("incidencia"), 120)),
        eta=_eta(expedition),
        pieces=pieces(expedition.get("bultos")),
    )


def _scan(line: dict[str, Any]) -> Scan | None:
    said_at, depot = text(line.get("fecha"), 20), text(line.get("nombreplaza"), 120)
    island = "35" if any(name in depot.upper() for name in _CANARIES) else ""
    when = zones.moment(zones.spanish_time(said_at), "ES" if island else "", island, MADRID)
    if when is None:
        return None
    code, said = text(line.get("codigo"), 20), text(line.get("evento"))
    incident = text(line.get("tipo"), 20).upper() == "INCIDENCIA"
    return Scan(
        at=when[0],
        code=f"incidencia:{code}" if incident else code,
        text=said,
        place=depot,
        country="ES",
        reading=words.meaning(said) if incident else None,
        reason="" if incident else REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"tipo": "INCIDENCIA" if incident else "ESTADO", "plaza": text(line.get("plaza"), 20)},
    )


def _state(expedition: dict[str, Any]) -> Scan | None:
    """Where the answer has no history: its state, at the date of the expedition."""
    return _scan(
        {
            "fecha": expedition.get("fecha"),
            "tipo": "ESTADO",
            "codigo": expedition.get("codestado"),
            "evento": expedition.get("estado"),
        }
    )


def _with_incidents(scans: list[Scan], incident: str) -> tuple[Scan, ...]:
    """The scans, a state 91 read as the incident beside it, or as the one the expedition is left with."""
    told: list[Scan] = []
    for scan in scans:
        if scan.code == INCIDENT_STATE:
            beside = (
                other.reading
                for other in scans
                if other.code.startswith("incidencia:") and abs(other.at - scan.at) <= _SAME_MOMENT
            )
            left_with = words.meaning(incident) if scan is scans[-1] and incident != NO_INCIDENT else None
            scan = scan._replace(reading=next(filter(None, beside), left_with))
        told.append(scan)
    return tuple(told)


def _eta(expedition: dict[str, Any]) -> Eta | None:
    when = zones.moment(zones.spanish_time(text(expedition.get("FPEntrega"), 10)), "", "", MADRID)
    return Eta(when[0].date(), when[0].date()) if when else None


CARRIER = Carrier(
    code="gls_es",
    name="GLS",
    docs="https://wsclientes.asmred.com/b2b.asmx",
    endpoint=API,
    auth=InBody(
        (
            Secret(
                "uid",
                _("Customer GUID"),
                _("The identifier GLS gave your company for its web service."),
            ),
        ),
    ),
    parse=parse,
    build=build,
    change=CHANGING,
    statuses=STATUSES,
    countries=("ES", "PT", "AD"),
    languages=("es",),
    zone=MADRID,
    public_url="https://mygls.gls-spain.es/e/{number}/{postal_code}",
    limits=Limits(per_second=1.0),
    notes=(
        _("GLS publishes no limit; one call a second is our caution."),
        _("A wrong GUID may be answered as if the number were unknown."),
    ),
)
