"""BRT (DPD's carrier in Italy): JSON, one parcel a call, user and password in two headers.

- What the identifiers of events mean is not published, so an event's text, always in Italian, stands for its code.
- HTTP 200 is usual; `esito` below zero is a failure, and which one only its message tells.
- Dates are `06.05.2026` or with slashes, times `11.48` or with a colon, on Rome's clock. Events come newest first, padded
  with empty ones.
- The answer holds the names of sender, addressee and whoever signed: only the last is read, for the proof of delivery.
- The number asked for has fifteen digits, the shipment's own in the answer twelve.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import as_code, error_for, integer, json_of, obj, objs, ok, pieces, text
from carriers.types import (
    Answer,
    ApiKey,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    Limits,
    NotFoundError,
    Reply,
    Scan,
    Secret,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://api.brt.it/rest/v1/tracking/parcelID"
ROME = ZoneInfo("Europe/Rome")
STATUSES: Mapping[str, SubStatus] = {
    "DATI SPEDIZ. TRASMESSI A BRT": SubStatus.LABEL_CREATED,
    "DATI SPEDIZ. TRASMESSI": SubStatus.LABEL_CREATED,
    "RITIRATA": SubStatus.PICKED_UP,
    "PARTITA": SubStatus.DEPARTED_FACILITY,
    "IN TRANSITO": SubStatus.IN_TRANSIT,
    "IN VIAGGIO": SubStatus.IN_TRANSIT,
    "ARRIVATA": SubStatus.ARRIVED_FACILITY,
    "ARRIVATA IN FILIALE": SubStatus.ARRIVED_FACILITY,
    "IN CONSEGNA": SubStatus.ON_VEHICLE,
    "CONSEGNATA": SubStatus.DELIVERED,
    "DESTINATARIO ASSENTE": SubStatus.FAILED_NOT_HOME,
    "DESTINATARIO ASSENTE: LASCIATO AVVISO": SubStatus.FAILED_NOT_HOME,
    "LASCIATO AVVISO": SubStatus.FAILED_NOT_HOME,
    "RIFIUTATA": SubStatus.EXCEPTION_REFUSED,
    "RIFIUTATA DAL DESTINATARIO": SubStatus.EXCEPTION_REFUSED,
    "IN GIACENZA": SubStatus.EXCEPTION_HELD,  # at the depot, until somebody says what to do with it
    "GIACENZA": SubStatus.EXCEPTION_HELD,
    "APERTO DOSSIER DI GIACENZA": SubStatus.EXCEPTION_HELD,
    "DISPONIBILE PER RITIRO": SubStatus.PICKUP_POINT,
    "DISPONIBILE PER IL RITIRO": SubStatus.PICKUP_POINT,
    "DISPONIBILE PRESSO BRT-FERMOPOINT": SubStatus.PICKUP_POINT,
    "CONSEGNATA AL FERMOPOINT": SubStatus.PICKUP_POINT,
    "IN RITORNO AL MITTENTE": SubStatus.RETURNING,
    "CONSEGNATA AL MITTENTE": SubStatus.RETURNED,
    "RESO AL MITTENTE": SubStatus.RETURNING,
    "RESA AL MITTENTE": SubStatus.RETURNING,
}
_NOT_FOUND = re.compile(
    r"not found|no data|non (?:\w+ )?(?:trovat|presente|esiste)|inesistente|nessun", re.IGNORECASE
)
_NOT_US = re.compile(r"user|utente|password|credenzial|autentic|autorizz|login", re.IGNORECASE)
NOT_FOUND = -11


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    result = obj(payload.get("ttParcelIdResponse"))
    outcome = integer(result.get("esito"))
    if outcome is not None and outcome < 0:
        raise _refusal(reply, outcome, obj(result.get("executionMessage")))
    if not ok(reply):
        raise error_for(reply)
    if outcome is None:
        raise BadResponseError("The answer has no esito.")
    waybill = obj(result.get("bolla"))
    number = text(obj(waybill.get("dati_spedizione")).get("spedizione_id"), 64)
    if not number:
        raise BadResponseError("The answer names no shipment.")
    delivery = obj(waybill.get("dati_consegna"))
    return [
        Answer(
            number,
            scans=_scans(result),
            eta=_eta(delivery),
            pieces=pieces(obj(waybill.get("merce")).get("colli")),
            signed_by=text(delivery.get("firmatario_consegna"), 120),
        )
    ]


def _refusal(reply: Reply, outcome: int, message: Mapping[str, Any]) -> CarrierError:
    """What a failure means: BRT publishes no list of its numbers, so its words say it, and else HTTP."""
    detail = text(message.get("message")) or text(message.get("codeDesc"))
    said = f"{detail} {text(message.get('codeDesc'))}"
    if outcome == NOT_FOUND or _NOT_FOUND.search(said):
        return NotFoundError(detail)
    if _NOT_US.search(said):
        return AuthError(detail or f"esito {outcome}")
    return BadResponseError(detail or f"esito {outcome}") if ok(reply) else error_for(reply, detail)


def _scans(result: Mapping[str, Any]) -> tuple[Scan, ...]:
    events = [obj(line.get("evento")) for line in objs(result.get("lista_eventi"))]
    told = [event for event in reversed(events) if any(event.values())]
    scans = [scan for event in told if (scan := _scan(event))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    return tuple(sorted(scans, key=lambda scan: scan.at))


def _scan(event: dict[str, Any]) -> Scan | None:
    day, time = text(event.get("data"), 12), text(event.get("ora"), 9)
    when = zones.moment(zones.spanish_time(f"{day} {time.replace('.', ':')}"), "", "", ROME)
    if when is None:
        return None
    said, branch = text(event.get("descrizione")), text(event.get("filiale"), 120)
    code = as_code(said)
    return Scan(
        at=when[0],
        code=code if code in STATUSES else as_code(said.replace(branch, "") if branch else said),
        text=said,
        place=branch,
        zone_source=when[1],
        said_at=f"{day} {time}".strip(),
        raw={"id": text(event.get("id"), 20)},
    )


def _eta(delivery: Mapping[str, Any]) -> Eta | None:
    said = text(delivery.get("data_teorica_consegna"), 10)
    when = zones.moment(zones.spanish_time(said), "", "", ROME) if said else None
    return Eta(when[0].date(), when[0].date()) if when else None


CARRIER = Carrier(
    code="brt",
    name="BRT",
    docs="https://www.brt.it",
    endpoint=f"{API}/{{number}}",
    auth=ApiKey(
        header="userID",
        secrets=(
            Secret("user_id", _("userID"), hidden=False),
            Secret("password", _("Password")),
        ),
    ),
    secret_headers=(("password", "password"),),
    parse=parse,
    statuses=STATUSES,
    countries=("IT",),
    languages=("it",),
    zone=ROME,
    limits=Limits(per_second=1.0),
    public_url="https://vas.brt.it/vas/sped_det_show.hsm?referer=sped_numspe_par.htm&Nspediz={number}",
    notes=(
        _(
            "BRT is asked by the parcel's number of fifteen digits (parcelID), not by the shipment's of twelve."
        ),
        _("BRT publishes no list of its events: what each means is read from its Italian text."),
        _("How BRT says that a number is unknown or a password wrong is unverified."),
        _("BRT publishes no limit; one call a second is our caution."),
    ),
)
