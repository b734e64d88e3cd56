"""MRW, tracking service (ES, PT): SOAP, user and password in the envelope, one number a call, HTTP 200 always.

- How deep the states lie and whether as a list or as one differs from client to client: every element with an
  `Estado` is one. `MensajeSeguimiento` says in words whether anything was found.
- Times are digits of Madrid's wall clock, without seconds; also of what moves in Portugal, as far as we know.
- Of the codes only 00, delivered, is certain: the others are read from their text.
- `PersonaEntrega` is the name of whoever took it.
- A number is twelve digits from 0; anything else is taken for the shop's own reference, and of several
  shipments of one reference the one that moved last is meant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import as_code, child, error_for, obj, ok, pieces, text, xml_of
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

API = "https://trackingservice.mrw.es/TrackingService.svc"
MADRID = ZoneInfo("Europe/Madrid")
SPANISH, PORTUGUESE = "3082", "2070"
NUMBER, REFERENCE = "0", "1"  # tipoFiltro
HISTORY = "1"  # tipoInformacion
UNNAMED = "?"  # the number of a state that names none
STATUSES: Mapping[str, SubStatus] = {
    "00": SubStatus.DELIVERED,  # ENTREGADO
    # Texts of codes that nobody has listed.
    "PENDIENTE DE RECOGIDA": SubStatus.LABEL_CREATED,
    "RECOGIDO": SubStatus.PICKED_UP,
    "EN TRANSITO": SubStatus.IN_TRANSIT,
    "EN REPARTO": SubStatus.ON_VEHICLE,
    "AUSENTE": SubStatus.FAILED_NOT_HOME,
    "ENTREGADO": SubStatus.DELIVERED,
    "DEVUELTO AL REMITENTE": SubStatus.RETURNED,
}
_REFUSED = ("login", "usuario", "contraseña", "password", "autentic", "autoriz", "credencial", "permiso")


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    query = queries[0]
    number = query.number.strip()
    is_number = len(number) == 12 and number.isdecimal() and number.startswith("0")
    # The service reads its parameters in this order.
    told = {
        "login": secrets.get("username", ""),
        "pass": secrets.get("password", ""),
        "codigoIdioma": PORTUGUESE if query.language[:2].lower() == "pt" else SPANISH,
        "tipoFiltro": NUMBER if is_number else REFERENCE,
        "valorFiltroDesde": number,
        "valorFiltroHasta": number,
        "fechaDesde": "",
        "fechaHasta": "",
        "tipoInformacion": HISTORY,
        "codigoAbonado": secrets.get("subscriber", ""),
        "codigoFranquicia": secrets.get("franchise", ""),
    }
    asked = "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in told.items())
    envelope = (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        f'<GetEnvios xmlns="http://tempuri.org/">{asked}</GetEnvios></soap:Body></soap:Envelope>'
    )
    headers = {
        "Content-Type": "text/xml; charset=utf-8",
        "SOAPAction": '"http://tempuri.org/ITrackingService/GetEnvios"',
    }
    return Request(API, "POST", headers=headers, body=envelope.encode())


def _xml(value: str) -> str:
    """Text for inside an element. Control characters have no place in XML, not even escaped."""
    return escape("".join(char for char in value if char.isprintable()))


def parse(reply: Reply) -> Sequence[Answer]:
    body = child(child(xml_of(reply), "Envelope"), "Body")
    if fault := obj(child(body, "Fault")):
        reason = text(child(child(fault, "Reason"), "Text")) or text(fault.get("faultstring"))
        raise _refusal(reason, TransientError)
    if not ok(reply):
        raise error_for(reply)
    result = obj(child(child(body, "GetEnviosResponse"), "GetEnviosResult"))
    if not result:
        raise BadResponseError("The answer has no GetEnviosResult.")
    shipments: dict[str, list[dict[str, Any]]] = {}
    for state in _states(child(result, "Seguimiento")):
        shipments.setdefault(text(state.get("NumAlbaran"), 64) or UNNAMED, []).append(state)
    if not shipments:
        said = text(child(result, "MensajeSeguimiento"))
        none = not said or "no se encontr" in said.lower() or "correcta" in said.lower()
        raise _refusal(said, NotFoundError if none else BadResponseError)
    answers = [_answer(number, states) for number, states in shipments.items()]
    return [max(answers, key=lambda answer: answer.scans[-1].at)]


def _refusal(detail: str, otherwise: type[CarrierError]) -> CarrierError:
    kind = AuthError if any(word in detail.lower() for word in _REFUSED) else otherwise
    return kind(detail)


def _states(node: Json) -> Iterator[dict[str, Any]]:
    """Every element with an Estado, as they stand, however deep."""
    left = [node]
    while left:
        one = left.pop()
        if type(one) is list:
            left += reversed(one)
        elif type(one) is dict and "Estado" in one:
            yield one
        elif type(one) is dict:
            left += reversed(one.values())


def _answer(number: str, states: list[dict[str, Any]]) -> Answer:
    scans = [scan for state in states if (scan := _scan(state))]
    if not scans:
        raise BadResponseError("No state of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    takers = (text(state.get("PersonaEntrega"), 120) for state in reversed(states))
    return Answer(
        number,
        scans=tuple(scans),
        pieces=pieces(states[-1].get("NumBultos")),
        signed_by=next(filter(None, takers), ""),
    )


def _scan(state: dict[str, Any]) -> Scan | None:
    day, hour = text(state.get("FechaEntrega"), 8), text(state.get("HoraEntrega"), 4)
    when = zones.moment(f"{day[4:]}{day[2:4]}{day[:2]}T{hour or '0000'}", "", "", MADRID)
    if when is None:
        return None
    code, said = text(state.get("Estado"), 20), text(state.get("EstadoDescripcion"))
    return Scan(
        at=when[0],
        code=code or as_code(said),
        text=said,
        reading=None if code in STATUSES else STATUSES.get(as_code(said)),
        zone_source=when[1],
        said_at=f"{day} {hour}".strip(),
    )


CARRIER = Carrier(
    code="mrw",
    name="MRW",
    docs=f"{API}?wsdl",
    endpoint=API,
    auth=InBody(
        (
            Secret("username", _("User"), hidden=False),
            Secret("password", _("Password")),
            Secret(
                "subscriber",
                _("Subscriber code"),
                _("Given to you by your franchise."),
                hidden=False,
            ),
            Secret("franchise", _("Franchise code"), _("Five digits."), hidden=False),
        )
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("ES", "PT", "AD"),
    languages=("es", "pt"),
    zone=MADRID,
    limits=Limits(per_second=1.0),
    public_url="https://www.mrw.es/seguimiento_envios/MRW_resultados_consultas.asp?modo=nacional&envio={number}",
    notes=(
        _("MRW publishes no limit; one call a second is our caution."),
        _("MRW does not publish its list of codes: except for delivered, states are read from their text."),
        _("Times of parcels in Portugal are taken for Spanish time, which is not verified."),
    ),
)
