"""Poste Italiane, the JSON behind its public tracking page: one parcel a call, no credentials, promised by nobody.

- There are no codes. A movement has a text, always in Italian, which stands for one; and a `box`: 3 moves, 4 did not go
  well, 5 is delivered. Where a text is new, 4 and 5 count, made precise by what the text says.
- `flagRitorno` is set on movements of the way back: there 5 is back at the sender.
- `esitoRicerca` 1 and 2 are unknown numbers; 3 without movements is announced, or too old.
- Times are milliseconds since 1970. Movements come newest first.
- The day of delivery is a sentence ("Consegna prevista giovedì 7 maggio") without a year: that of the last movement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from carriers import words
from carriers.payload import as_code, error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    BadResponseError,
    Carrier,
    Eta,
    Limits,
    NoAuth,
    Outcome,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://www.poste.it/online/dovequando/DQ-REST/ricercasemplice"
ROME = ZoneInfo("Europe/Rome")
STATUSES: Mapping[str, SubStatus] = {
    "PRESO IN CARICO": SubStatus.PICKED_UP,
    "PRESA IN CARICO": SubStatus.PICKED_UP,
    "ACCETTATO": SubStatus.PICKED_UP,
    "ACCETTATA": SubStatus.PICKED_UP,
    "IN TRANSITO": SubStatus.IN_TRANSIT,
    "IN LAVORAZIONE": SubStatus.IN_SORTING,
    "IN LAVORAZIONE PRESSO IL CENTRO OPERATIVO": SubStatus.IN_SORTING,
    "IN CONSEGNA": SubStatus.ON_VEHICLE,
    "TENTATA CONSEGNA": SubStatus.FAILED_OTHER,
    "TENTATA CONSEGNA: DESTINATARIO ASSENTE": SubStatus.FAILED_NOT_HOME,
    "IN GIACENZA": SubStatus.PICKUP_POINT,
    "DISPONIBILE PER IL RITIRO": SubStatus.PICKUP_POINT,
    "CONSEGNATA": SubStatus.DELIVERED,
    "CONSEGNATO": SubStatus.DELIVERED,
    "RESTITUITA AL MITTENTE": SubStatus.RETURNED,
    "RESTITUITO AL MITTENTE": SubStatus.RETURNED,
    "IN RESTITUZIONE AL MITTENTE": SubStatus.RETURNING,
    "ANNUNCIATO": SubStatus.LABEL_CREATED,
    "ANNUNCIATA": SubStatus.LABEL_CREATED,
}
WENT_WRONG, DELIVERED = "4", "5"
FOUND, UNKNOWN = "3", ("1", "2")
MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
    "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
)  # fmt: skip
_DAY = re.compile(r"\b(\d{1,2}) (" + "|".join(MONTHS) + r")\b", re.IGNORECASE)
_FIRST_MS, _LAST_MS = 946_684_800_000, 4_102_444_800_000  # this century


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    asked = {"codiceSpedizione": queries[0].number, "tipoRichiedente": "WEB", "periodoRicerca": 1}
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(API, "POST", headers=headers, body=json.dumps(asked).encode())


def parse(reply: Reply) -> Sequence[Answer]:
    if reply.status == 403:  # the wall in front of the page: there are no credentials it could mean
        raise RateLimitedError("Poste Italiane shuts this server out.")
    payload = obj(json_of(reply))
    if not ok(reply):
        raise error_for(reply)
    number, outcome = text(payload.get("idTracciatura"), 64), text(payload.get("esitoRicerca"), 4)
    if not number or outcome not in (FOUND, *UNKNOWN):
        raise BadResponseError("The answer names no parcel, or has no esitoRicerca that is known.")
    if outcome in UNKNOWN:
        return [Answer(number, Outcome.NOT_FOUND)]
    told = objs(payload.get("listaMovimenti"))
    scans = [scan for movement in reversed(told) if (scan := _scan(movement))]
    if told and not scans:
        raise BadResponseError("No movement of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    eta = _eta(text(payload.get("dataPrevistaConsegna")), scans[-1].at.date()) if scans else None
    return [Answer(number, scans=tuple(scans), eta=eta)]


def _scan(movement: dict[str, Any]) -> Scan | None:
    ms = movement.get("dataOra")
    if type(ms) is not int or not _FIRST_MS <= ms < _LAST_MS:
        return None
    said, place = text(movement.get("statoLavorazione")), text(movement.get("luogo"), 120)
    box, back = text(movement.get("box"), 4), movement.get("flagRitorno") is True
    code = as_code(said)
    code = code if code in STATUSES else as_code(said.replace(place, "") if place else said)
    return Scan(
        at=datetime.fromtimestamp(ms / 1000, UTC).astimezone(ROME),
        code=code,
        text=said,
        place=place,
        reading=_reading(box, back, said, known=code in STATUSES),
        said_at=str(ms),
        raw={"box": box, "flagRitorno": back},
    )


def _reading(box: str, back: bool, said: str, *, known: bool) -> SubStatus | None:
    """What is known beside the text: which way the parcel goes, and how it went."""
    if back:
        return SubStatus.RETURNED if box == DELIVERED else SubStatus.RETURNING
    if known:
        return None
    if box == DELIVERED:
        return SubStatus.DELIVERED
    return _trouble(said) if box == WENT_WRONG else None


def _trouble(said: str) -> SubStatus | None:
    """What went wrong; None of a text that says it by itself: it is read, and marked as read, from its words."""
    sub = words.refined(SubStatus.EXCEPTION_UNSPECIFIED, said)
    if sub is not SubStatus.EXCEPTION_UNSPECIFIED:  # "non ritirata entro i termini di giacenza" waits no more
        return sub
    lowered = said.lower()
    if ("giacenza" in lowered and "scadut" not in lowered) or "disponibile per il ritiro" in lowered:
        return SubStatus.PICKUP_POINT
    return None if words.meaning(said, "it") else SubStatus.FAILED_OTHER


def _eta(said: str, last: date) -> Eta | None:
    """The day the sentence names, in the year that brings it nearest to the last movement."""
    found = _DAY.search(said)
    if found is None:
        return None
    month = MONTHS.index(found[2].lower()) + 1
    year = last.year + (1 if last.month - month > 6 else -1 if month - last.month > 6 else 0)
    try:
        day = date(year, month, int(found[1]))
    except ValueError:
        return None
    return Eta(day, day)


CARRIER = Carrier(
    code="poste_italiane",
    name="Poste Italiane",
    docs="https://www.poste.it/cerca/index.html",
    endpoint=API,
    auth=NoAuth(),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("IT",),
    languages=("it",),
    zone=ROME,
    limits=Limits(per_second=0.2),
    public_url="https://www.poste.it/cerca/index.html#/risultati-spedizioni/{number}",
    unofficial=_(
        "It is what Poste Italiane's own tracking page asks; it is promised to nobody, and programs may be shut out."
    ),
    notes=(
        _(
            "Poste Italiane has an interface for business customers; it is not documented publicly and not used here."
        ),
        _("One call in five seconds is our caution; no limit is published."),
    ),
)
