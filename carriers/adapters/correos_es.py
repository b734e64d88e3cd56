"""Correos (Spain), the locator: one code a call, HTTP 200 whatever happened.

- With a contract's user it is asked at its address for customers; without one at that of Correos' own page, which
  was promised to nobody.
- What happened to the question is in `error.codError`: 0 is fine, 3 is a code nobody has scanned yet.
- The answer is a list of one; some have seen the bare object.
- Times are the Spanish mainland's wall clock and events name no place. A parcel that is handled in the
  Canaries is scanned an hour behind, and nothing in an event says so: Madrid is assumed.
- Correos publishes no list of codes. Of one that has no row here the text decides, then `fase`.
- The pickup office is named only while the parcel waits there. No ETA, no proof of delivery.
- The names of sender and addressee may be in an answer; they are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import error_for, json_of, obj, objs, ok, retry_after_s, text
from carriers.reading import sub_status_of
from carriers.types import (
    Answer,
    BadResponseError,
    Basic,
    Carrier,
    CarrierError,
    Limits,
    NotFoundError,
    PickupPoint,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
    TransientError,
)
from carriers.types import gettext_noop as _

API = "https://localizador.correos.es/canonico/eventos_envio_servicio"
MADRID = ZoneInfo("Europe/Madrid")
LANGUAGES = {"es": "ES", "en": "EN", "fr": "FR", "ca": "CA", "eu": "EU", "gl": "GL"}

# Codes seen in use whose words we do not have.
_CANCELLED = ("A040000R", "A060000R", "E070000R", "E130000R", "E140000R", "E150000R", "E230000R")
_ANNOUNCED = ("A020000R", "A150000R", "O040000R", "X010000V", "X240000V")
_MOVING = (
    "P090000V", "P100000V", "P101110V", "P101120V", "P110000V", "G01L010V", "H01I360V",
    "X020000V", "X040000V", "X060000V", "X070000V", "X110100V",
)  # fmt: skip
_DELIVERED = (
    "I01H210V", "I010110V", "I010120V", "I010130V", "I010400V", "I011010V", "I011020V", "I011030V",
    "I01E030V", "I01H010V", "I01H020V", "I01H030V", "I01H110V", "I01H220V", "I01H230V", "H010710V",
    "H300030V", "H300040V", "H300050V", "H300060V", "H300070V", "A170000V", "E010670V", "I240300V",
    "R010750V", "X120000V", "X340000V", "X350000V", "X290030R", "X090030R",
)  # fmt: skip
_ABSENT = ("H010930R", "X090100R", "X090060R", "X130000R", "M01E020R")
STATUSES: Mapping[str, SubStatus] = {
    "A090000V": SubStatus.LABEL_CREATED,  # Prerregistrado
    **dict.fromkeys(_ANNOUNCED, SubStatus.LABEL_CREATED),
    "A010000V": SubStatus.PICKED_UP,  # Admitido
    "P040000V": SubStatus.IN_SORTING,  # Clasificado
    **dict.fromkeys(_MOVING, SubStatus.IN_TRANSIT),
    "H020000V": SubStatus.ON_VEHICLE,  # En reparto
    "X080000V": SubStatus.ON_VEHICLE,
    "H06P010V": SubStatus.FAILED_NOT_HOME,  # Intento de entrega fallido. Ausente
    **dict.fromkeys(_ABSENT, SubStatus.FAILED_NOT_HOME),
    "H01I350V": SubStatus.PICKUP_POINT,  # Disponible en oficina
    "X390000V": SubStatus.PICKUP_POINT,
    "L010000V": SubStatus.PICKUP_POINT,
    "X380000V": SubStatus.PICKUP_POINT,  # sources disagree, some read it as delivered: see DISPUTED
    "I010000V": SubStatus.DELIVERED,  # Entregado
    **dict.fromkeys(_DELIVERED, SubStatus.DELIVERED),
    "O140000V": SubStatus.RETURNED,
    **dict.fromkeys(_CANCELLED, SubStatus.CANCELLED_VOIDED),
}
DISPUTED = {"X380000V"}  # the text decides
PHASES = {"1": SubStatus.LABEL_CREATED, "2": SubStatus.IN_TRANSIT, "4": SubStatus.DELIVERED}
REFUSALS: Mapping[str, type[CarrierError]] = {"3": NotFoundError}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    query, has_contract = queries[0], bool(secrets.get("username"))
    anybody = {"codAplicacion": "60", "codCanal": "3"}
    return Request(
        f"{API}{'_auth' if has_contract else ''}/{quote(query.number, safe='')}",
        params={
            **({} if has_contract else anybody),
            "codIdioma": LANGUAGES.get(query.language[:2].lower(), "ES"),
            "indUltEvento": "N",  # the whole history, not the last event
        },
        headers={"Accept": "application/json", "User-Agent": "rastro"},  # without one, a firewall answers
    )


def parse(reply: Reply) -> Sequence[Answer]:
    if reply.status == 403:  # it is not the user who is refused: the firewall has had enough of us
        raise RateLimitedError(f"HTTP {reply.status}", retry_after_s=retry_after_s(reply.headers))
    payload = json_of(reply)
    if not ok(reply):
        raise error_for(reply)
    parcels = [parcel for parcel in objs(payload) if "codEnvio" in parcel or "error" in parcel]
    if not parcels:
        raise BadResponseError("The answer names no parcel.")
    return [_answer(parcel) for parcel in parcels]


def _answer(parcel: dict[str, Any]) -> Answer:
    number = text(parcel.get("codEnvio"), 64)
    error = obj(parcel.get("error"))
    code, detail = text(error.get("codError"), 8), text(error.get("desError"))
    if code not in ("", "0"):
        kind = REFUSALS.get(code, TransientError)
        if not number:
            raise kind(detail)
        return Answer(number, kind.outcome, detail=detail)
    told = objs(parcel.get("eventos"))
    if not number:
        raise BadResponseError("A parcel of the answer has no number.")
    scans = [scan for event in told if (scan := _scan(event))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    return Answer(number, scans=tuple(scans), pickup=_pickup(parcel, scans))


def _scan(event: dict[str, Any]) -> Scan | None:
    said_at = f"{text(event.get('fecEvento'), 10)} {text(event.get('horEvento'), 8)}"
    when = zones.moment(zones.spanish_time(said_at), "", "", MADRID)
    if when is None:
        return None
    code, phase = text(event.get("codEvento"), 20).upper(), text(event.get("fase"), 2)
    said = text(event.get("desTextoAmpliado")) or text(event.get("desTextoResumen"))
    sure = code in STATUSES and code not in DISPUTED
    return Scan(
        at=when[0],
        code=code or f"fase:{phase}",
        text=said or text(event.get("desFase")),
        reading=None if sure else _reading(phase, f"{text(event.get('desTextoResumen'))}. {said}"),
        zone_source=when[1],
        said_at=said_at,
        raw={"fase": phase},
    )


def _reading(phase: str, said: str) -> SubStatus | None:
    """Of a code without a row: what the text says, then what the phase does."""
    meant = words.meaning(said)
    if meant is None and phase == "3" and "reparto" in said.lower():
        return SubStatus.ON_VEHICLE
    return meant or PHASES.get(phase)


def _pickup(parcel: dict[str, Any], scans: list[Scan]) -> PickupPoint | None:
    office = text(parcel.get("nom_codired"), 120)
    if not office or not scans:
        return None
    sub = sub_status_of(scans[-1], STATUSES)
    waits = sub is not None and sub.status is Status.AVAILABLE_FOR_PICKUP
    return PickupPoint(name=office) if waits else None


CARRIER = Carrier(
    code="correos_es",
    name="Correos",
    docs="https://www.correos.es/es/es/herramientas/localizador/envios",
    endpoint=f"{API}/{{number}}?codAplicacion=60&codCanal=3&codIdioma=ES&indUltEvento=N",
    auth=Basic(
        (
            Secret(
                "username",
                _("User"),
                _("Of the contract with Correos."),
                hidden=False,
                required=False,
            ),
            Secret("password", _("Password"), required=False),
        )
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("ES", "AD"),
    languages=("es",),
    zone=MADRID,
    limits=Limits(per_second=2.0),
    public_url="https://www.correos.es/es/es/herramientas/localizador/envios/detalle?tracking-number={number}",
    unofficial_alone=_(
        "Without a contract's user, it asks the locator behind Correos' own page, which promises nothing."
    ),
    notes=(_("Correos publishes no limit; two calls a second is our caution."),),
)
