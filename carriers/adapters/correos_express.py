"""Correos Express, tracking service (ES, PT): Basic and the customer's code in the body, one number a call.

- The answer does not name the parcel: it is the one asked about. States come oldest first, as digits of day and
  hour on Madrid's wall clock; their fields go by two names.
- Of the codes few are known: what the others mean is read from their text.
- An `error` other than 0 without states is a number it does not have (402 was seen). A refusal comes as
  `codigoRetorno`, or as a line of plain Latin-1.
- The addressee changes day, place or pickup point on a page of Correos Express itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import as_code, error_for, integer, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Basic,
    Carrier,
    CarrierError,
    Limits,
    NotFoundError,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://www.cexpr.es/wspsc/apiRestSeguimientoEnviosk8s/json/seguimientoEnvio"
MADRID = ZoneInfo("Europe/Madrid")
ASKED_ABOUT = "?"  # the number of an answer that names none
_CANCELLED = ("13", "14", "15", "16", "19", "31")  # seen in use; we do not have their words
STATUSES: Mapping[str, SubStatus] = {
    "1": SubStatus.LABEL_CREATED,  # Informado
    "12": SubStatus.DELIVERED,  # Entregado
    **dict.fromkeys(_CANCELLED, SubStatus.CANCELLED_VOIDED),
    # Texts of codes that nobody has listed.
    "ADMITIDO EN DELEGACION": SubStatus.PICKED_UP,
    "EN TRANSITO": SubStatus.IN_TRANSIT,
    "EN REPARTO": SubStatus.ON_VEHICLE,
    "AUSENTE REPARTO": SubStatus.FAILED_NOT_HOME,
    "EN DEVOLUCION": SubStatus.RETURNING,
    "DEVUELTO AL REMITENTE": SubStatus.RETURNED,
}
_REFUSED = ("autoriz", "credencial", "contraseña", "usuario", "acceso denegado")


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    asked = {
        "codigoCliente": secrets.get("customer_code", "").strip(),
        "dato": queries[0].number.strip(),
        "idioma": "ES",
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(API, "POST", headers=headers, body=json.dumps(asked).encode())


def parse(reply: Reply) -> Sequence[Answer]:
    payload = _payload(reply)
    if not ok(reply):
        raise error_for(reply, text(payload.get("mensajeError")) or text(payload.get("mensajeRetorno")))
    if integer(payload.get("codigoRetorno")):
        raise _refusal(text(payload.get("mensajeRetorno")), BadResponseError)
    told = objs(payload.get("estadoEnvios"))
    if integer(payload.get("error")) and not told:
        raise _refusal(text(payload.get("mensajeError")), NotFoundError)
    if "estadoEnvios" not in payload:
        raise BadResponseError("The answer has no estadoEnvios.")
    scans = [scan for state in told if (scan := _scan(state))]
    if told and not scans:
        raise BadResponseError("No state of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    return [Answer(ASKED_ABOUT, scans=tuple(scans))]


def _payload(reply: Reply) -> dict[str, Any]:
    """The answer as JSON. Raises AuthError too, where it is a line of text that refuses us."""
    try:
        return obj(json_of(reply))
    except BadResponseError:
        line = reply.body[:300].decode("latin-1").strip()
        if line.startswith("<"):
            raise
        raise _refusal(line or "The answer is empty.", BadResponseError) from None


def _refusal(detail: str, otherwise: type[CarrierError]) -> CarrierError:
    kind = AuthError if any(word in detail.lower() for word in _REFUSED) else otherwise
    return kind(detail)


def _scan(state: dict[str, Any]) -> Scan | None:
    day, hour = text(state.get("fechaEstado"), 8), text(state.get("horaEstado"), 6)
    day, clock = day.zfill(8), hour.zfill(6)
    when = zones.moment(f"{day[4:]}{day[2:4]}{day[:2]}T{clock}", "", "", MADRID)
    if when is None:
        return None
    code = text(state.get("codEstado"), 20) or text(state.get("codigoEstado"), 20)
    said = text(state.get("descEstado")) or text(state.get("descripcionEstado"))
    return Scan(
        at=when[0],
        code=code or as_code(said),
        text=said,
        reading=None if code in STATUSES else STATUSES.get(as_code(said)),
        zone_source=when[1],
        said_at=f"{day} {hour}".strip(),
    )


CARRIER = Carrier(
    code="correos_express",
    name="Correos Express",
    docs="https://www.correosexpress.com",
    endpoint=API,
    auth=Basic(
        secrets=(
            Secret("username", _("User of the web service"), hidden=False),
            Secret("password", _("Password")),
            Secret(
                "customer_code",
                _("Customer code"),
                _("Given to you by Correos Express."),
                hidden=False,
            ),
        )
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("ES", "PT", "AD"),
    languages=("es",),
    zone=MADRID,
    limits=Limits(per_second=2.0),
    public_url="https://s.correosexpress.com/c?n={number}",
    notes=(
        _("Correos Express publishes no limit; two calls a second is our caution."),
        _("Correos Express does not publish its list of codes: most states are read from their text."),
    ),
)
