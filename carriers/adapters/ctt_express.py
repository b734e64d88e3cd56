"""CTT Express, item history (ES, PT): OAuth2 for a day, one shipping code of 22 digits a call.

- Times are Madrid's wall clock, without offset. The ETA is a day; its hour is only the latest.
- An incident's state (1600 and its like) means what its `incident_type_name` says. Beside it stands a record of
  its own, `12_INCT` or `12_INAT`, whose number CTT explains nowhere: the two are one event, in the record's words.
  A record alone is read by its text.
- 2500 is returned or refused: the text tells which.
- An event names the two provinces of the shipment, not where it was: from the depot of the destination on
  that is the destination's. Its coordinates are somebody's door, its comments and its signee personal.
- Not found is an `error` beside empty `data`, with 404; what other errors are called is not documented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.changes.ctt_express import CHANGING
from carriers.payload import error_for, json_of, obj, objs, ok, pieces, text
from carriers.types import (
    Answer,
    BadResponseError,
    Carrier,
    Eta,
    Limits,
    NotFoundError,
    OAuth2,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
)
from carriers.types import gettext_noop as _

HOST = "https://api.cttexpress.com"
API = f"{HOST}/integrations/trf/item-history-api/history"
MADRID = ZoneInfo("Europe/Madrid")
# Codes seen in use whose words we do not have.
_MOVING = ("0300", "0400", "0500", "0700", "1000")
_INCIDENTS = ("1700", "1800", "1900", "2300", "2600", "2700", "2900")
STATUSES: Mapping[str, SubStatus] = {
    "0000": SubStatus.LABEL_CREATED,  # PENDIENTE DE ENTRADA EN RED
    "0010": SubStatus.LABEL_CREATED,
    **dict.fromkeys(_MOVING, SubStatus.IN_TRANSIT),
    "0900": SubStatus.IN_TRANSIT,  # EN TRANSITO
    "1200": SubStatus.AT_DELIVERY_DEPOT,  # EN DELEGACION DE DESTINO
    "1500": SubStatus.ON_VEHICLE,  # EN REPARTO
    "2400": SubStatus.ON_VEHICLE,  # delivery under way
    "1600": SubStatus.EXCEPTION_UNSPECIFIED,  # INCIDENCIA
    **dict.fromkeys(_INCIDENTS, SubStatus.EXCEPTION_UNSPECIFIED),
    "2100": SubStatus.DELIVERED,  # ENTREGADO
    "2200": SubStatus.DELIVERED,
    "2500": SubStatus.RETURNED,  # or refused, or on its way back: see _reading
}
AT_DESTINATION = {"1200", "1500", "2400", "2100", "2200"}
RETURNED_OR_REFUSED = "2500"
RECORDS = ("INCT", "INAT")  # of an incident, of an attempt


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    return Request(
        f"{API}/{quote(queries[0].number, safe='')}",
        params={"view": "APITRACK", "showItems": "false"},
        headers={"Accept": "application/json"},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if (error := obj(payload.get("error"))) or not ok(reply):
        detail = text(error.get("error_message"))
        if "NOT_FOUND" in text(error.get("error_code"), 60).upper():
            raise NotFoundError(detail)
        raise error_for(reply, detail)
    if "access_token" in payload:
        return []
    return [_answer(obj(payload.get("data")))]


def _answer(data: dict[str, Any]) -> Answer:
    number = text(data.get("shipping_code"), 64)
    if not number:
        raise BadResponseError("The answer names no shipment.")
    told = _joined(objs(obj(data.get("shipping_history")).get("events")))
    scans = [scan for event in told if (scan := _scan(event))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    return Answer(
        number,
        scans=tuple(scans),
        eta=_eta(data),
        pieces=pieces(data.get("item_count")),
        signed_by=_signed_by(told),
    )


def _joined(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events, an incident's state and the record beside it as one: the state's code, the record's words."""
    records = {_incident(one): one.get("description") for one in events if one.get("type") in RECORDS}
    records.pop(None, None)  # one that names no incident
    if not records:
        return events
    states = {_incident(one) for one in events if one.get("type") not in RECORDS} - {None}
    kept = [one for one in events if one.get("type") not in RECORDS or _incident(one) not in states]
    return [{**one, "description": records.get(_incident(one)) or one.get("description")} for one in kept]


def _incident(event: dict[str, Any]) -> tuple[str, str] | None:
    number = text(obj(event.get("detail")).get("incident_type_code"), 20)
    return (text(event.get("event_date"), 40), number) if number else None


def _scan(event: dict[str, Any]) -> Scan | None:
    said_at = text(event.get("event_date"), 40)
    when = zones.moment(said_at, "", "", MADRID)
    if when is None:
        return None
    code, detail = text(event.get("code"), 20).upper(), obj(event.get("detail"))
    said, incident = text(event.get("description")), text(detail.get("incident_type_name"), 120)
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=text(detail.get("destin_province_name"), 120) if code in AT_DESTINATION else "",
        reading=_reading(code, said, incident),
        zone_source=when[1],
        said_at=said_at,
        raw={"type": text(event.get("type"), 20), "incident": incident},
    )


def _reading(code: str, said: str, incident: str) -> SubStatus | None:
    """What a code that leaves it open means here."""
    known = STATUSES.get(code)
    if known is SubStatus.EXCEPTION_UNSPECIFIED and incident:
        meant = words.refined(known, incident)
        return None if meant is known else meant
    if code == RETURNED_OR_REFUSED:
        if words.refined(SubStatus.FAILED_OTHER, said) is SubStatus.FAILED_REFUSED:
            return SubStatus.EXCEPTION_REFUSED
        return SubStatus.RETURNING if "EN DEVOLUCI" in said.upper() else None
    return None


def _eta(data: dict[str, Any]) -> Eta | None:
    when = zones.moment(text(data.get("committed_delivery_datetime"), 40), "", "", MADRID)
    return Eta(when[0].date(), when[0].date()) if when else None


def _signed_by(told: list[dict[str, Any]]) -> str:
    for event in told:
        sub = STATUSES.get(text(event.get("code"), 20))
        if sub and sub.status is Status.DELIVERED:
            return text(obj(event.get("detail")).get("signee_name"), 120)
    return ""


CARRIER = Carrier(
    code="ctt_express",
    name="CTT Express",
    docs="https://www.cttexpress.com",
    endpoint=f"{API}/{{number}}",
    auth=OAuth2(
        token_url=f"{HOST}/integrations/oauth2/token",
        scope="urn:com:ctt-express:integration-clients:scopes:common/ALL",
        credentials_in="form",
        lifetime_s=86_400,
        secrets=(
            Secret("client_id", _("Client ID"), hidden=False),
            Secret("client_secret", _("Client secret")),
            Secret(
                "client_center_code",
                _("Client centre code"),
                _("Needed only to change deliveries through CTT Express."),
                hidden=False,
                required=False,
            ),
        ),
    ),
    parse=parse,
    build=build,
    change=CHANGING,
    statuses=STATUSES,
    countries=("ES", "PT"),
    languages=("es", "pt"),
    zone=MADRID,
    limits=Limits(per_second=10.0),
    public_url="https://www.cttexpress.com/localizador-de-envios/?sc={number}",
    notes=(
        _("CTT Express is said to take thirty calls a second but does not publish it; ten is our caution."),
        _(
            "Whether the client ID and its secret belong in the form or in a header is not verified; we use the form."
        ),
        _("What the numbers of its incidents mean is not published: they are read from their text."),
    ),
)
