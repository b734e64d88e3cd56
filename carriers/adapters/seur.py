"""SEUR, tracking of its API (ES, PT): a token of half a minute, one reference a call, the whole history.

- A number of 18 digits is a parcel's (ECB), of 14 or 17 a shipment's; anything else is the shop's own reference
  and is asked within the account, where other shops may use the same one. What goes abroad is found only
  without the account, so a number of SEUR's is asked without.
- A shipment just created is answered with an empty body. Errors come in `errors`, also with HTTP 200.
- Times are Madrid's wall clock, without offset. The only place is inside the text: "MERCANCÍA EN VALENCIA".
- LI574 and its like, received at a pickup point, wait to be fetched. LK corrects papers and moves nothing,
  unless it corrects a loss or a delivery. LL873 and LI873 are given to a broker: not to the shopper.
- Of a reference used twice, the shipment that moved last is meant. Of its parcels each may have a history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from carriers import tables, zones
from carriers.changes.seur import CHANGING
from carriers.payload import error_for, integer, json_of, obj, objs, ok, pieces, text
from carriers.pieces import as_one
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

HOST = "https://servicios.api.seur.io"
API = f"{HOST}/pic/v1/tracking-services/extended"
MADRID = ZoneInfo("Europe/Madrid")
STATUSES, REASONS = tables.load("seur")
TOKEN_LASTS_S = 30
KINDS = {18: "ECB", 17: "PARCEL_NUMBER", 14: "PARCEL_NUMBER"}  # of numbers, by their digits
ACCOUNT = {"idNumber": "tax_id", "accountNumber": "account", "businessUnit": "franchise"}
DEPOTS = ("LI3", "LI4")  # how codes of a depot start
_AT_A_DEPOT = ("MERCANCÍA EN ", "MERCANCIA EN ")


def sign_in(secrets: Mapping[str, str]) -> Request:
    names = ("client_id", "client_secret", "username", "password")
    form = {"grant_type": "password"} | {name: secrets.get(name, "") for name in names}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    return Request(f"{HOST}/pic_token", "POST", headers=headers, body=urlencode(form).encode())


def token_of(reply: Reply) -> AccessToken:
    """Raises AuthError where the credentials are refused, BadResponseError where there is no token."""
    if reply.status in (400, 401, 403):
        raise AuthError("SEUR refuses these credentials.")
    if not ok(reply):
        raise error_for(reply)
    said = obj(json_of(reply))
    value = text(said.get("access_token"), 8000)
    if not value:
        raise BadResponseError("SEUR gave no access token.")
    return AccessToken(value, float(integer(said.get("expires_in")) or TOKEN_LASTS_S))


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    number = queries[0].number.strip()
    kind = KINDS.get(len(number), "") if number.isdecimal() else ""
    account = {} if kind else {name: secrets.get(key, "").strip() for name, key in ACCOUNT.items()}
    params = {"refType": kind or "REFERENCE", "ref": number} | account
    return Request(
        API,
        params={name: value for name, value in params.items() if value},
        headers={"Authorization": f"Bearer {secrets.get('token', '')}", "Accept": "application/json"},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    if ok(reply) and not reply.body.strip():
        raise NotFoundError
    payload = obj(json_of(reply))
    if errors := objs(payload.get("errors")):
        status = integer(errors[0].get("status"))
        detail = text(errors[0].get("detail")) or text(errors[0].get("title"))
        raise error_for(reply, detail, status=status if ok(reply) else reply.status)
    if not ok(reply):
        raise error_for(reply)
    if "access_token" in payload:
        return []
    if "data" not in payload:
        raise BadResponseError("The answer has no data.")
    parcels = objs(payload["data"])
    if not parcels:
        raise NotFoundError
    shipments: dict[str, list[dict[str, Any]]] = {}
    for parcel in parcels:
        shipments.setdefault(text(parcel.get("shipmentCode"), 64), []).append(parcel)
    answers = [_answer(number, of_one) for number, of_one in shipments.items()]
    return [max(answers, key=lambda answer: answer.scans[-1].at.timestamp() if answer.scans else 0.0)]


def _answer(number: str, parcels: list[dict[str, Any]]) -> Answer:
    number = number or text(parcels[0].get("parcelNumber"), 64) or text(parcels[0].get("reference"), 64)
    if not number:
        raise BadResponseError("A shipment of the answer has no number.")
    told: list[tuple[Scan, frozenset[str]]] = []
    for position, parcel in enumerate(parcels):
        about = frozenset([text(parcel.get("parcelNumber"), 64) or f"#{position}"])
        told += [(scan, about) for scan in _scans(parcel)]
    told.sort(key=lambda pair: pair[0].at)
    every = frozenset[str]().union(*(about for _, about in told))
    return Answer(
        number,
        scans=as_one(told, every, STATUSES),
        pieces=pieces(parcels[0].get("bultos"), len(parcels)),
    )


def _scans(parcel: dict[str, Any]) -> list[Scan]:
    """One parcel's history; of the short answer, its one situation."""
    told = objs(parcel.get("situations")) or ([parcel] if "eventCode" in parcel else [])
    scans = [scan for situation in told if (scan := _scan(situation))]
    if told and not scans:
        raise BadResponseError("No situation of the answer has a time that can be read.")
    return scans


def _scan(situation: dict[str, Any]) -> Scan | None:
    said_at = text(situation.get("situationDate"), 40)
    when = zones.moment(said_at, "", "", MADRID)
    if when is None:
        return None
    code, said = text(situation.get("eventCode"), 20).upper(), text(situation.get("description"))
    at_depot = code.startswith(DEPOTS) and said.upper().startswith(_AT_A_DEPOT)
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=said[len(_AT_A_DEPOT[0]) :].strip()[:120] if at_depot else "",
        reading=SubStatus.ARRIVED_FACILITY if at_depot else None,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
    )


CARRIER = Carrier(
    code="seur",
    name="SEUR",
    docs="https://www.seur.com",
    endpoint=API,
    auth=Login(
        request=sign_in,
        token=token_of,
        secrets=(
            Secret("client_id", _("Client ID"), hidden=False),
            Secret("client_secret", _("Client secret")),
            Secret("username", _("User"), hidden=False),
            Secret("password", _("Password")),
            Secret(
                "tax_id",
                _("Tax number (NIF)"),
                _("To find parcels by your own reference."),
                False,
                False,
            ),
            Secret(
                "account",
                _("Account number"),
                _("The first part of your CCC."),
                False,
                False,
            ),
            Secret(
                "franchise",
                _("Franchise"),
                _("The second part of your CCC."),
                False,
                False,
            ),
        ),
        header="",  # the request carries the account besides, and that is `build`'s to add
    ),
    parse=parse,
    build=build,
    change=CHANGING,
    statuses=STATUSES,
    countries=("ES", "PT", "AD"),
    languages=("es",),
    zone=MADRID,
    limits=Limits(per_second=2.0),
    public_url="https://www.seur.com/livetracking/?segOnlineIdentificador={number}",
    notes=(
        _("SEUR publishes no limit; two calls a second is our caution."),
        _("SEUR does not publish what its codes mean: most meanings come from software other shops use."),
        _("Which of SEUR's numbers have 14, 17 or 18 digits was learnt from examples, not from SEUR."),
    ),
)
