"""Estafeta (Mexico), its SOAP tracking service: one waybill a call, user and password inside the envelope.

- A waybill has 22 characters or, in short, 10 digits; the call says which of the two it asks for.
- An unknown number is an empty `trackingData`.
- Few codes of events are known to us; others are read by their Spanish text. An attempt (DE) says why in its
  exception, which is put beside the text. How the shipment stands as a whole stands in only where it ended.
- Times are Mexico City's, without offset, day first.
- Who received it is personal: it is in the answer's `signed_by` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import as_code, child, error_for, obj, objs, ok, text, xml_of
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    InBody,
    Json,
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

API = "https://tracking.estafeta.com/Service.asmx"
MEXICO_CITY = ZoneInfo("America/Mexico_City")
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<ExecuteQuery xmlns="http://www.estafeta.com/">'
    "<suscriberId>{subscriber}</suscriberId><login>{login}</login><password>{password}</password>"
    "<searchType><type>L</type><waybillList><waybillType>{kind}</waybillType>"
    "<waybills><string>{number}</string></waybills></waybillList></searchType>"
    "<searchConfiguration><includeDimensions>false</includeDimensions>"
    "<includeWaybillReplaceData>false</includeWaybillReplaceData><includeReturnDocumentData>false"
    "</includeReturnDocumentData><includeMultipleServiceData>false</includeMultipleServiceData>"
    "<includeInternationalData>false</includeInternationalData><includeSignature>false</includeSignature>"
    "<includeCustomerInfo>false</includeCustomerInfo><historyConfiguration><includeHistory>true</includeHistory>"
    "<historyType>ALL</historyType></historyConfiguration><filterType><filterInformation>false"
    "</filterInformation></filterType></searchConfiguration>"
    "</ExecuteQuery></soap:Body></soap:Envelope>"
)
STATUSES: Mapping[str, SubStatus] = {
    "PU": SubStatus.PICKED_UP,  # Envío recibido en oficina
    "CT": SubStatus.IN_TRANSIT,  # En ruta foránea
    "DE": SubStatus.FAILED_OTHER,  # Intento de entrega; why is in its exception
    "DL": SubStatus.DELIVERED,  # Entregado
    # How the shipment stands (statusSPA).
    "EN_TRANSITO": SubStatus.IN_TRANSIT,
    "ENTREGADO": SubStatus.DELIVERED,
    "DEVUELTO": SubStatus.RETURNED,
    # Texts, where an event has no code.
    "ENVIO DOCUMENTADO": SubStatus.LABEL_CREATED,  # Envío documentado
    "DOCUMENTADO POR EL CLIENTE": SubStatus.LABEL_CREATED,  # Documentado por el cliente
    "ENVIO RECIBIDO EN OFICINA": SubStatus.PICKED_UP,  # Envío recibido en oficina
    "RECOLECTADO": SubStatus.PICKED_UP,  # Recolectado
    "EN RUTA FORANEA": SubStatus.IN_TRANSIT,  # En ruta foránea
    "EN PROCESO DE ENTREGA": SubStatus.ON_VEHICLE,  # En proceso de entrega
    "EN RUTA DE ENTREGA": SubStatus.ON_VEHICLE,  # En ruta de entrega
    "INTENTO DE ENTREGA": SubStatus.FAILED_OTHER,  # Intento de entrega
    "EN DEVOLUCION": SubStatus.RETURNING,  # En devolución
}
ENDED = frozenset({SubStatus.DELIVERED, SubStatus.RETURNED})
WAYBILL, SHORT = "G", "R"
_REFUSED = ("suscript", "login", "usuario", "contrase", "password", "acceso")  # in what it says of an error


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    number = queries[0].number.strip().upper()
    body = ENVELOPE.format(
        subscriber=_xml(secrets.get("subscriber_id", "")),
        login=_xml(secrets.get("login", "")),
        password=_xml(secrets.get("password", "")),
        kind=SHORT if len(number) == 10 and number.isdecimal() else WAYBILL,
        number=_xml(number),
    )
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"http://www.estafeta.com/ExecuteQuery"',
    }
    return Request(API, "POST", headers=headers, body=body.encode())


def _xml(value: str) -> str:
    """Text for inside an element. Control characters have no place in XML, not even escaped."""
    return escape("".join(char for char in value.strip() if char.isprintable()))


def parse(reply: Reply) -> Sequence[Answer]:
    body = child(child(xml_of(reply), "Envelope"), "Body")
    if fault := obj(child(body, "Fault")):
        raise _refusal(text(child(fault, "faultstring")), TransientError)
    if not ok(reply):
        raise error_for(reply)
    result = obj(child(child(body, "ExecuteQueryResponse"), "ExecuteQueryResult"))
    error = text(result.get("errorCode"), 20)
    if error not in ("", "0"):
        raise _refusal(text(result.get("errorCodeDescriptionSPA")) or error, BadResponseError)
    if "trackingData" not in result:
        raise BadResponseError("The answer has no trackingData.")
    shipments = objs(child(result["trackingData"], "TrackingData"))
    if not shipments:
        raise NotFoundError
    return [_answer(shipment) for shipment in shipments]


def _refusal(detail: str, otherwise: type[CarrierError]) -> CarrierError:
    """How Estafeta words its errors is not documented."""
    refused = any(word in detail.lower() for word in _REFUSED)
    return AuthError(detail) if refused else otherwise(detail or "SOAP fault")


def _answer(shipment: dict[str, Any]) -> Answer:
    number = text(shipment.get("waybill"), 64) or text(shipment.get("shortWaybillId"), 64)
    if not number:
        raise BadResponseError("A shipment of the answer has no waybill.")
    told = objs(child(shipment.get("history"), "History"))
    scans = [scan for line in told if (scan := _scan(line))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=_when)
    stands, delivery = as_code(text(shipment.get("statusSPA"), 80)), obj(shipment.get("deliveryData"))
    if not told:
        scans = _standing(shipment, stands, delivery)
    elif scans[-1].code not in STATUSES and (ended := STATUSES.get(stands)) in ENDED:
        scans[-1] = scans[-1]._replace(reading=ended)
    return Answer(number, scans=tuple(scans), signed_by=text(delivery.get("receiverName"), 120))


def _when(scan: Scan) -> datetime:
    return scan.at


def _scan(line: dict[str, Any]) -> Scan | None:
    said, why = (
        text(line.get("eventDescriptionSPA")),
        text(line.get("exceptionCodeDescriptionSPA")),
    )
    return _at(
        line.get("eventDateTime"),
        text(line.get("eventId"), 20).upper() or as_code(said),
        ": ".join(filter(None, (said, why))),
        text(line.get("eventPlaceName"), 120),
        text(line.get("exceptionCode"), 20),
    )


def _standing(shipment: dict[str, Any], stands: str, delivery: dict[str, Any]) -> list[Scan]:
    """Where the answer has no history: how the shipment stands, when it was delivered or, if not, picked up."""
    at = delivery.get("deliveryDateTime") or obj(shipment.get("pickupData")).get("pickupDateTime")
    place = text(delivery.get("destinationName"), 120) if STATUSES.get(stands) in ENDED else ""
    scan = _at(at, stands, text(shipment.get("statusSPA")).replace("_", " ").capitalize(), place, "")
    return [scan] if scan and stands else []


def _at(time: Json, code: str, said: str, place: str, exception: str) -> Scan | None:
    said_at = text(time, 20)
    when = zones.moment(zones.spanish_time(said_at), "", "", MEXICO_CITY)
    if when is None:
        return None
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=place,
        country="MX",
        zone_source=when[1],
        said_at=said_at,
        raw={"exception": exception} if exception else None,
    )


CARRIER = Carrier(
    code="estafeta",
    name="Estafeta",
    docs="https://www.estafeta.com/",
    endpoint=API,
    auth=InBody(
        (
            Secret(
                "subscriber_id",
                _("Subscriber ID"),
                _("What Estafeta calls suscriberId."),
                hidden=False,
            ),
            Secret("login", _("User"), hidden=False),
            Secret("password", _("Password")),
        )
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("MX",),
    languages=("es",),
    zone=MEXICO_CITY,
    limits=Limits(per_second=1.0),
    public_url="https://www.estafeta.com/Herramientas/Rastreo?wayBill={number}",
    unofficial=_(
        "Estafeta publishes nothing about this service, and no answer of it was ever confirmed to us."
    ),
    notes=(
        _("Few codes of Estafeta's are known: most of its events are read by their Spanish text."),
        _(
            "Estafeta has a newer service whose answers are not public. An aggregator is the safer way to its parcels."
        ),
        _("Estafeta publishes no limit; one call a second is our caution."),
    ),
)
