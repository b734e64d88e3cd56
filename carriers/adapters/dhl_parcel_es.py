"""DHL Parcel Iberia, customer API (ES, PT): a token for a user and password, one number a call.

- The token comes as a bare JSON string; how long it holds is not said.
- Three codes only: A announced, T on its way, R received. What a T is about stands in the text, in Spanish.
- Times are Madrid's wall clock, without offset.
- Failures are a `Message` with a status that is not 2xx, also for a number it does not have.
- `Receiver` is a name: it is not read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import error_for, json_of, obj, objs, ok, pieces, text
from carriers.types import (
    AccessToken,
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    Limits,
    Login,
    NotFoundError,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
)
from carriers.types import gettext_noop as _

HOST = "https://external.dhl.es"
API = f"{HOST}/cimapi/api/v1/customer"
MADRID = ZoneInfo("Europe/Madrid")
TOKEN_LASTS_S = 600  # our caution
COARSE = "T"
STATUSES: Mapping[str, SubStatus] = {
    "A": SubStatus.LABEL_CREATED,  # Datos recibidos
    "T": SubStatus.IN_TRANSIT,  # En tránsito
    "R": SubStatus.DELIVERED,  # Entregado
    # Texts of a T that say it all.
    "en reparto": SubStatus.ON_VEHICLE,
    "devuelto al remitente": SubStatus.RETURNED,
}
_UNKNOWN = ("no existe", "no encontrad", "no se encuentra", "no se ha encontrado", "not found")


def sign_in(secrets: Mapping[str, str]) -> Request:
    said = {"Username": secrets.get("username", ""), "Password": secrets.get("password", "")}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(f"{API}/authenticate", "POST", headers=headers, body=json.dumps(said).encode())


def token_of(reply: Reply) -> AccessToken:
    """Raises AuthError where the credentials are refused, BadResponseError where there is no token."""
    if reply.status in (400, 401, 403):
        raise AuthError("DHL refuses these credentials.")
    if not ok(reply):
        raise error_for(reply)
    value = text(json_of(reply), 8000)
    if not value:
        raise BadResponseError("DHL gave no token.")
    return AccessToken(value, TOKEN_LASTS_S)


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    return Request(
        f"{API}/track",
        params={"id": queries[0].number.strip(), "idioma": "es", "show": "events"},
        headers={"Accept": "application/json"},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = json_of(reply)
    if type(payload) is str and ok(reply):
        return []  # a token
    shipment = obj(payload)
    if not ok(reply) or "Message" in shipment:
        detail = text(shipment.get("Message"))
        if any(word in detail.lower() for word in _UNKNOWN):
            raise NotFoundError(detail)
        raise error_for(reply, detail)
    number = text(shipment.get("Tracking"), 64)
    if not number:
        raise BadResponseError("The answer names no shipment.")
    told = objs(shipment.get("Events"))
    scans = [scan for event in told if (scan := _scan(event))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    return [Answer(number, scans=tuple(scans), pieces=pieces(shipment.get("Parcels")))]


def _scan(event: dict[str, Any]) -> Scan | None:
    said_at = text(event.get("DateTime"), 40)
    when = zones.moment(said_at, "", "", MADRID)
    if when is None:
        return None
    code, said = text(event.get("Code"), 20).upper(), text(event.get("Status"))
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=text(event.get("Ubication"), 120),
        reading=STATUSES.get(said.lower()) or words.meaning(said, "es") if code == COARSE else None,
        zone_source=when[1],
        said_at=said_at,
    )


CARRIER = Carrier(
    code="dhl_parcel_es",
    name="DHL Parcel Iberia",
    docs="https://clientesparcel.dhl.es",
    endpoint=f"{API}/track",
    auth=Login(
        request=sign_in,
        token=token_of,
        secrets=(
            Secret("username", _("User"), hidden=False),
            Secret("password", _("Password")),
        ),
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("ES", "PT", "AD"),
    languages=("es",),
    zone=MADRID,
    limits=Limits(per_second=1.0),
    public_url="https://www.dhl.com/es-es/home/tracking.html?tracking-id={number}",
    notes=(
        _("DHL publishes no limit for this service; one call a second is our caution."),
        _("It has three codes only: most of what happens is read from its Spanish text."),
    ),
)
