"""Mondial Relay: SOAP, one parcel a call, signed with an MD5 of its own fields.

- `STAT` speaks of the call and of the parcel: 80 to 83 say where the parcel is, 94 and 24 that it is not known.
- Scans have a text and no code, so the text, without the place it may name, stands for one. They are asked for in
  French whatever the shopper reads: only so does a text mean the same on every poll.
- "En cours de livraison" is said of the van to the parcel shop, so it is no delivery to the door.
- Of the last scan, where its text is new, `STAT` may say the rest.
- Times are Paris's wall clock, to the minute, with years of two digits or of four. Rows are padded with empty ones.
- Some versions write `Tracing_Libelle`, some `Libelle`; and so on for each field.
- The answer does not repeat the parcel's number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import as_code, child, country, error_for, integer, obj, objs, ok, text, xml_of
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    InBody,
    InvalidNumberError,
    Limits,
    NotFoundError,
    PickupPoint,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
    TransientError,
)
from carriers.types import gettext_noop as _

API = "https://api.mondialrelay.com/Web_Services.asmx"
CALL = "WSI2_TracingColisDetaille"
SPACE = "http://www.mondialrelay.fr/webservice/"
PARIS = ZoneInfo("Europe/Paris")
LANGUAGE = "FR"
ASKED = "-"  # one call is one number, and the answer does not repeat it
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
    '<{call} xmlns="{space}"><Enseigne>{brand}</Enseigne><Expedition>{number}</Expedition>'
    "<Langue>{language}</Langue><Security>{security}</Security></{call}></soap:Body></soap:Envelope>"
)
STATUSES: Mapping[str, SubStatus] = {
    "80": SubStatus.LABEL_CREATED,  # Colis enregistré
    "81": SubStatus.IN_TRANSIT,  # Colis en traitement chez Mondial Relay
    "82": SubStatus.DELIVERED,  # Colis livré
    "83": SubStatus.EXCEPTION_UNSPECIFIED,  # Anomalie
    "COLIS ENREGISTRE": SubStatus.LABEL_CREATED,
    "COLIS EN TRAITEMENT": SubStatus.IN_TRANSIT,
    "PRISE EN CHARGE EN AGENCE": SubStatus.PICKED_UP,
    "REMIS AU TRANSPORTEUR": SubStatus.IN_TRANSIT,
    "COLIS REMIS AU TRANSPORTEUR": SubStatus.IN_TRANSIT,
    "EN COURS DE LIVRAISON": SubStatus.IN_TRANSIT,  # to the parcel shop
    "EN COURS DE LIVRAISON AU POINT RELAIS": SubStatus.IN_TRANSIT,
    "COLIS EN COURS DE LIVRAISON": SubStatus.IN_TRANSIT,
    "COLIS EN COURS DE LIVRAISON AU POINT RELAIS": SubStatus.IN_TRANSIT,
    "EN COURS DE LIVRAISON A DOMICILE": SubStatus.ON_VEHICLE,
    "DISPONIBLE AU POINT RELAIS": SubStatus.PICKUP_POINT,
    "COLIS DISPONIBLE AU POINT RELAIS": SubStatus.PICKUP_POINT,
    "COLIS LIVRE": SubStatus.DELIVERED,
    "COLIS LIVRE AU DESTINATAIRE": SubStatus.DELIVERED,
    "ANOMALIE": SubStatus.EXCEPTION_UNSPECIFIED,
    "COLIS ENDOMMAGE": SubStatus.EXCEPTION_DAMAGED,
    "COLIS EN RETOUR": SubStatus.RETURNING,
    "RETOUR A L'EXPEDITEUR": SubStatus.RETURNING,
    "COLIS RETOURNE A L'EXPEDITEUR": SubStatus.RETURNED,
}
PARCEL = {0, 80, 81, 82, 83}
REFUSALS: Mapping[int, type[CarrierError]] = {
    1: AuthError,  # the brand is not known
    2: AuthError,
    8: AuthError,  # the key does not fit the fields
    97: AuthError,
    24: InvalidNumberError,
    94: NotFoundError,
    99: TransientError,  # "generic error of the service"
}
# What the state of the parcel adds to a last scan whose text is new. 81 adds nothing.
_TELLING = {80: STATUSES["80"], 82: STATUSES["82"], 83: STATUSES["83"]}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Raises AuthError when the brand or its key is missing: the signature would be wrong."""
    brand, key = (_plain(secrets.get(name, "")) for name in ("brand", "private_key"))
    if not brand or not key:
        raise AuthError("The account has no Mondial Relay brand or no private key.")
    number = _plain(queries[0].number)
    # Theirs to choose; it keeps nobody out who knows the key. https://api.mondialrelay.com/Web_Services.asmx
    signed = hashlib.md5(f"{brand}{number}{LANGUAGE}{key}".encode(), usedforsecurity=False)
    body = ENVELOPE.format(
        call=CALL,
        space=SPACE,
        brand=escape(brand),
        number=escape(number),
        language=LANGUAGE,
        security=signed.hexdigest().upper(),
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{SPACE}{CALL}"'}
    return Request(API, "POST", headers=headers, body=body.encode())


def _plain(value: str) -> str:
    """Control characters have no place in XML, not even escaped."""
    return "".join(char for char in value.strip() if char.isprintable())


def parse(reply: Reply) -> Sequence[Answer]:
    body = child(child(xml_of(reply), "Envelope"), "Body")
    if fault := obj(child(body, "Fault")):
        raise error_for(reply, text(fault.get("faultstring")))
    if not ok(reply):
        raise error_for(reply)
    result = obj(child(child(body, f"{CALL}Response"), f"{CALL}Result"))
    stat = integer(result.get("STAT"))
    if stat is None:
        raise BadResponseError("The answer has no STAT.")
    if stat not in PARCEL:
        raise REFUSALS.get(stat, BadResponseError)(f"STAT {stat}")
    scans = _scans(result, stat)
    return [Answer(ASKED, scans=scans, pickup=_pickup(result, scans))]


def _scans(result: dict[str, Any], stat: int) -> tuple[Scan, ...]:
    """Oldest first, whichever way they came."""
    rows = [
        row for row in objs(child(result.get("Tracing"), f"ret_WSI2_sub_{CALL[5:]}")) if any(row.values())
    ]
    scans = [scan for row in rows if (scan := _scan(row))]
    if rows and not scans:
        raise BadResponseError("No line of the answer has a time that can be read.")
    if scans and scans[0].at > scans[-1].at:
        scans.reverse()
    scans.sort(key=lambda scan: scan.at)
    if scans and scans[-1].code not in STATUSES:
        scans[-1] = scans[-1]._replace(reading=_TELLING.get(stat))
    return tuple(scans)


def _scan(row: dict[str, Any]) -> Scan | None:
    day, time = _field(row, "Date"), _field(row, "Heure")
    when = zones.moment(_clock(day, time), "", "", PARIS)
    if when is None:
        return None
    said, place = _field(row, "Libelle"), _field(row, "Lieu") or _field(row, "Emplacement")
    relay = _field(row, "Relais") or _field(row, "Relais_Num")
    return Scan(
        at=when[0],
        code=as_code(said.replace(place, "") if place else said),
        text=said,
        place=place,
        country=country(_field(row, "Pays")),
        zone_source=when[1],
        said_at=f"{day} {time}".strip(),
        raw={"relais": relay} if relay else None,
    )


def _field(row: dict[str, Any], name: str) -> str:
    return text(row.get(f"Tracing_{name}"), 120) or text(row.get(name), 120)


def _clock(day: str, time: str) -> str:
    """`04/05/26`, or `04/05/2026`, and `17:20` as one ISO 8601 time."""
    year = f"20{day[6:]}" if len(day) == 8 else day[6:]
    return zones.spanish_time(f"{day[:6]}{year} {time}")


def _pickup(result: dict[str, Any], scans: tuple[Scan, ...]) -> PickupPoint | None:
    name = text(result.get("Relais_Libelle"), 120)
    sub = STATUSES.get(scans[-1].code) if scans else None
    waits = sub is not None and sub.status is Status.AVAILABLE_FOR_PICKUP
    return PickupPoint(name=name) if name and waits else None


CARRIER = Carrier(
    code="mondial_relay",
    name="Mondial Relay",
    docs="https://api.mondialrelay.com/Web_Services.asmx",
    endpoint=API,
    auth=InBody(
        (
            Secret(
                "brand",
                _("Enseigne"),
                _("The brand's code, eight characters."),
                hidden=False,
            ),
            Secret(
                "private_key",
                _("Clé privée"),
                _("The key that signs calls to the web service."),
            ),
        ),
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("FR", "BE", "ES", "PT", "LU", "NL", "IT", "PL"),
    languages=("fr",),
    zone=PARIS,
    limits=Limits(per_second=1.0),
    public_url="https://www.mondialrelay.fr/suivi-de-colis?numeroExpedition={number}",
    notes=(
        _("Mondial Relay publishes no limit; one call a second is our caution."),
        _("It documents four states of a parcel; what each scan means is read from its French text."),
        _("The service takes numbers of eight digits; whether it takes longer ones is not verified."),
        _("That the public page needs the postal code too is not verified."),
    ),
)
