"""NACEX, its web service (ES, PT, AD): one line of plain text in Latin-1, only where the parcel is now.

- User and password travel in the address' query, the password as the capitals of its MD5: NACEX knows no other way.
- What shoppers have is `agency/waybill` (`0810/7654321`); anything else is taken for an expedition code.
- `expedition|day|hour|observations|STATUS|number|agency|agency/waybill|`, and `ERROR|why` with HTTP 200.
- The observations are of OK the name of whoever took it, of INCIDENCIA why: free text that is read, not kept.
- What is left at a NACEX.shop waits there to be fetched, whatever the status calls it.
- Times are Madrid's wall clock: which agencies are Portuguese cannot be told from their numbers.
- Its history (`day~hour~text~agency`) names no parcel and says no reasons: it is not asked for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import MAX_BYTES, as_code, error_for, ok, text
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    InBody,
    InvalidNumberError,
    Limits,
    NotFoundError,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://gprs.nacex.com/nacex_ws/ws"
MADRID = ZoneInfo("Europe/Madrid")
STATUSES: Mapping[str, SubStatus] = {
    "RECOGIDO": SubStatus.PICKED_UP,
    "TRANSITO": SubStatus.IN_TRANSIT,
    "DELEGACION": SubStatus.ARRIVED_FACILITY,
    "REPARTO": SubStatus.ON_VEHICLE,
    "OK": SubStatus.DELIVERED,
    "INCIDENCIA": SubStatus.EXCEPTION_UNSPECIFIED,  # the observations say which
    "SOL SIN OK": SubStatus.EXCEPTION_UNSPECIFIED,  # solved without a delivery
    "DEVUELTO": SubStatus.RETURNED,
    "ANULADA": SubStatus.CANCELLED_VOIDED,
    "CERRADO": SubStatus.DATA_UPDATED,  # the file, not the shop
}
_FIELDS = 8
_ON_ITS_WAY = {SubStatus.PICKED_UP, SubStatus.IN_TRANSIT, SubStatus.ON_VEHICLE}
_AGENCY_AND_WAYBILL = re.compile(r"(\d{4})/(\d{1,8})", re.ASCII)
_SHOP = re.compile(r"\bnacex\W?shop\b", re.IGNORECASE)
_REFUSED = ("usuario", "contrase", "password", "login", "autentic", "autoriz", "credencial", "permiso")
_UNKNOWN = ("no encontrad", "no existe", "no se encuentra", "sin resultado", "sin datos")


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Raises InvalidNumberError where the number holds neither letter nor digit."""
    number = queries[0].number.strip()
    known = _AGENCY_AND_WAYBILL.fullmatch(number)
    plain = "".join(char for char in number if char.isascii() and char.isalnum())
    if not plain:
        raise InvalidNumberError("This is no NACEX number.")
    password = hashlib.md5(secrets.get("password", "").encode(), usedforsecurity=False)
    return Request(
        API,
        params={
            "method": "getEstadoExpedicion",
            "user": secrets.get("username", ""),
            "pass": password.hexdigest().upper(),
            "data": f"origen={known[1]}|albaran={known[2]}" if known else f"expe_codigo={plain}",
        },
    )


def parse(reply: Reply) -> Sequence[Answer]:
    if not ok(reply):
        raise error_for(reply)
    line = _line(reply)
    if line.startswith("ERROR|"):
        raise _refusal(line.removeprefix("ERROR|").strip())
    fields = [text(field) for field in line.split("|", _FIELDS)]
    if "~" in fields[0]:
        return []
    if len(fields) < _FIELDS or not fields[4]:
        raise BadResponseError("The answer is not a NACEX line.")
    expedition, day, hour, noted, status, number, agency, waybill = fields[:_FIELDS]
    if not (waybill or expedition):
        raise BadResponseError("The answer names no expedition.")
    said_at = f"{day} {hour}".strip()
    when = zones.moment(zones.spanish_time(said_at), "", "", MADRID)
    if when is None:
        raise BadResponseError("The answer has no time that can be read.")
    scan = Scan(
        at=when[0],
        code=as_code(status),
        text=status,
        reading=_reading(as_code(status), f"{status} {noted}"),
        zone_source=when[1],
        said_at=said_at,
        raw={"number": number[:8], "agency": agency[:8]},
    )
    sub = scan.reading or STATUSES.get(scan.code)
    taken = sub is not None and sub.status is Status.DELIVERED
    return [Answer((waybill or expedition)[:64], scans=(scan,), signed_by=noted[:120] if taken else "")]


def _line(reply: Reply) -> str:
    """The first line. Raises BadResponseError where there is none, or more than the service would say."""
    body = reply.body.strip()
    if not body or len(body) > MAX_BYTES or body.startswith((b"<", b"{", b"[")):
        raise BadResponseError("The answer is not a NACEX line.")
    return "".join(char for char in body.splitlines()[0].decode("latin-1") if char.isprintable())


def _refusal(detail: str) -> AuthError | NotFoundError | BadResponseError:
    said = detail.lower()
    if any(word in said for word in _UNKNOWN):
        return NotFoundError(text(detail))
    return (AuthError if any(word in said for word in _REFUSED) else BadResponseError)(text(detail))


def _reading(code: str, said: str) -> SubStatus | None:
    """What the observations make of a status; None where the status says it all."""
    sub = STATUSES.get(code)
    if _SHOP.search(said) and sub not in _ON_ITS_WAY:
        return SubStatus.PICKUP_POINT
    if sub is not SubStatus.EXCEPTION_UNSPECIFIED:
        return None
    meant = words.refined(sub, said)
    return None if meant is sub else meant


CARRIER = Carrier(
    code="nacex",
    name="NACEX",
    docs="https://www.nacex.es",
    endpoint=API,
    auth=InBody(
        (
            Secret("username", _("User of the web service"), hidden=False),
            Secret("password", _("Password")),
        )
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("ES", "PT", "AD"),
    languages=("es",),
    zone=MADRID,
    public_url="https://www.nacex.es/seguimientoDetalle.do?agencia_origen={before_slash}&numero_albaran={after_slash}",
    limits=Limits(per_second=1.0),
    notes=(
        _("NACEX publishes no limit; one call a second is our caution."),
        _("The service tells only where a parcel is now: steps between two of our questions are not seen."),
        _("That the password is sent as the MD5 in capitals was learnt from other software, not from NACEX."),
        _("Give numbers as agency/waybill, for example 0810/7654321."),
    ),
)
