"""Correios (Brazil), SRO Rastro v1: up to fifty numbers a call, a token of a day by posting card.

- Not found is a 200 whose item carries a message (SRO-020) in the place of events; an invalid number another
  (SRO-019). A token that has run out is a 403.
- Times are Brasília's, without offset, wherever in Brazil it happened.
- A code is the kind of event and its number: `OEC:09` is out for delivery to the *sender*, a return. The codes
  were collected by people who use the service; Correios publishes no list.
- `EST` takes the event before it back: that one is left out, and the parcel is where it was before.
- Details of an event may name who took the object and where: they are not read.
- Only three languages may be asked for; any other is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from carriers import tables, zones
from carriers.payload import error_for, json_of, obj, objs, ok, text
from carriers.types import (
    AccessToken,
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
    Limits,
    Login,
    NotFoundError,
    Outcome,
    PickupPoint,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
)
from carriers.types import gettext_noop as _

HOST = "https://api.correios.com.br"
OBJECTS = f"{HOST}/srorastro/v1/objetos"
BRASILIA = ZoneInfo("America/Sao_Paulo")  # -03:00 all year since 2019
LANGUAGES = {"pt": "pt-BR", "en": "en", "es": "es-ES"}
STATUSES, REASONS = tables.load("correios_br")
TAKEN_BACK = "EST"
UNKNOWN, INVALID = "SRO-020", "SRO-019"
A_DAY_S = 86_400.0


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    return Request(
        OBJECTS,
        params={"codigosObjetos": ",".join(query.number for query in queries), "resultado": "T"},
        headers={
            "Accept-Language": LANGUAGES.get(queries[0].language[:2].lower(), "pt-BR"),
            "Accept": "application/json",
        },
    )


# --- Signing in ---


def login(secrets: Mapping[str, str]) -> Request:
    pair = f"{secrets.get('username', '')}:{secrets.get('access_code', '')}".encode()
    return Request(
        f"{HOST}/token/v1/autentica/cartaopostagem",
        "POST",
        headers={
            "Authorization": "Basic " + base64.b64encode(pair).decode(),
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
        body=json.dumps({"numero": secrets.get("posting_card", "").strip()}).encode(),
    )


def token(reply: Reply) -> AccessToken:
    if reply.status in (400, 401, 403, 404):
        raise AuthError("Correios refuses the user, the access code or the posting card.")
    said = obj(json_of(reply))
    if not ok(reply):
        raise error_for(reply, _messages(said))
    value = text(said.get("token"), 8000)
    if not value:
        raise BadResponseError("Correios gave no token.")
    return AccessToken(value, _lifetime_s(said))


def _lifetime_s(said: dict[str, Any]) -> float:
    issued, ends = (
        zones.moment(text(said.get(name), 40), "", "", BRASILIA) for name in ("emissao", "expiraEm")
    )
    lasts_s = (ends[0] - issued[0]).total_seconds() if issued and ends else 0.0
    return lasts_s if 0 < lasts_s <= A_DAY_S else A_DAY_S


# --- Reading ---


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if not ok(reply) or "msgs" in payload:
        raise _refusal(reply, _messages(payload))
    if "objetos" not in payload:
        if "token" in payload:
            return []
        raise BadResponseError("The answer has no objetos.")
    told = [item for item in objs(payload["objetos"]) if text(item.get("codObjeto"), 64)]
    if not told:
        raise BadResponseError("The answer names no object.")
    return [_answer(item) for item in told]


def _messages(payload: dict[str, Any]) -> str:
    said = payload.get("msgs")
    return text(said[0]) if type(said) is list and said else text(payload.get("mensagem"))


def _refusal(reply: Reply, detail: str) -> CarrierError:
    if detail.startswith(UNKNOWN):
        return NotFoundError(detail)
    if detail.startswith(INVALID):
        return InvalidNumberError(detail)
    return error_for(reply, detail)


def _answer(item: dict[str, Any]) -> Answer:
    number = text(item["codObjeto"], 64)
    lines = objs(item.get("eventos"))
    if not lines and (said := text(item.get("mensagem"))):
        return Answer(number, _outcome(said), detail=said)
    scans = [scan for line in reversed(lines) if (scan := _scan(line))]  # newest first
    if lines and not scans:
        return Answer(number, Outcome.BAD_RESPONSE, detail="No event has a time that can be read.")
    scans.sort(key=_when)
    return Answer(
        number,
        scans=_without_taken_back(scans),
        eta=_eta(text(item.get("dtPrevista"), 40)),
        pickup=_pickup(lines, scans[-1]) if scans else None,
    )


def _outcome(said: str) -> Outcome:
    if said.startswith(INVALID):
        return Outcome.INVALID_NUMBER
    return Outcome.NOT_FOUND if said.startswith(UNKNOWN) else Outcome.BAD_RESPONSE


def _when(scan: Scan) -> datetime:
    return scan.at


def _scan(line: dict[str, Any]) -> Scan | None:
    said_at = text(line.get("dtHrCriado"), 40)
    when = zones.moment(said_at, "", "", BRASILIA)
    if when is None:
        return None
    code = f"{text(line.get('codigo'), 8).upper()}:{text(line.get('tipo'), 8).zfill(2)}"
    unit = obj(line.get("unidade"))
    address = obj(unit.get("endereco"))
    state = text(address.get("uf"), 4)
    return Scan(
        at=when[0],
        code=code,
        text=text(line.get("descricao")),
        place=_town(address) or text(unit.get("nome"), 120),
        country="BR" if state else "",
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
    )


def _town(address: dict[str, Any]) -> str:
    return ", ".join(filter(None, (text(address.get("cidade"), 80), text(address.get("uf"), 4))))


def _without_taken_back(scans: list[Scan]) -> tuple[Scan, ...]:
    told: list[Scan] = []
    for scan in scans:
        if scan.code.startswith(f"{TAKEN_BACK}:"):
            if told:
                told.pop()
            before = told[-1] if told else None
            again = before and (before.reading or STATUSES.get(before.code))
            scan = scan._replace(reading=again or None)
        told.append(scan)
    return tuple(told)


def _eta(said: str) -> Eta | None:
    when = zones.moment(said, "", "", BRASILIA)
    return Eta(when[0].date(), when[0].date()) if when else None


def _pickup(lines: list[dict[str, Any]], latest: Scan) -> PickupPoint | None:
    """The office where it waits: Correios says what kind of place it is, and the town."""
    sub = STATUSES.get(latest.code)
    if sub is None or sub.status is not Status.AVAILABLE_FOR_PICKUP:
        return None
    unit = next((obj(line.get("unidade")) for line in lines if line.get("dtHrCriado") == latest.said_at), {})
    name = text(unit.get("nome"), 120) or text(unit.get("tipo"), 120)
    return PickupPoint(name=name, address=latest.place) if name or latest.place else None


CARRIER = Carrier(
    code="correios_br",
    name="Correios (Brazil)",
    docs="https://cws.correios.com.br/dashboard/pesquisa",
    endpoint=f"{OBJECTS}/{{number}}",
    auth=Login(
        request=login,
        token=token,
        secrets=(
            Secret(
                "username",
                _("User"),
                _("Your company's user at Correios Web Services."),
                hidden=False,
            ),
            Secret(
                "access_code",
                _("Access code"),
                _("Made at cws.correios.com.br, under access to the APIs."),
            ),
            Secret(
                "posting_card",
                _("Posting card"),
                _("The number of your contract's posting card."),
                hidden=False,
            ),
        ),
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("BR",),
    languages=("pt", "es", "en"),
    per_call=50,
    zone=BRASILIA,
    limits=Limits(per_second=3.0),
    public_url="https://rastreamento.correios.com.br/app/index.php?objetos={number}",
    notes=(
        _(
            "A contract with Correios is needed, with the tracking API (SRO Rastro) allowed for its posting card."
        ),
        _("How often one may ask depends on the contract; three calls a second is our caution."),
        _("Correios publishes no list of its codes: ours was collected from services that read them."),
        _(
            "Correios sends updates only to large contracts, in a form that is not public: they are not accepted."
        ),
        _("The tracking page of Correios asks the visitor to type the letters of a picture."),
    ),
)
