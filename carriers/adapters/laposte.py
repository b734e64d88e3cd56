"""La Poste, Suivi v2: letters, Colissimo and Chronopost numbers, up to ten a call.

- One number is answered with an object, several with an array; each item has its own `returnCode`.
- A 404 for a single number may come as something other than JSON.
- Codes are few and documented. DI2 is delivered to the *sender*: returned. `isFinal` is true of that too.
- Times carry their offset. The ETA is a day, written as midnight.
- Whether the addressee may still change the delivery is in `deliveryChoice`; it happens on La Poste's page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import country, error_for, https, integer, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    ApiKey,
    BadResponseError,
    Carrier,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    Outcome,
    PickupPoint,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://api.laposte.fr/suivi/v2/idships"
PARIS = ZoneInfo("Europe/Paris")
LANGUAGES = {"fr": "fr_FR", "en": "en_GB", "de": "de_DE", "es": "es_ES", "it": "it_IT", "nl": "nl_NL"}
STATUSES: Mapping[str, SubStatus] = {  # https://developer.laposte.fr/products/suivi/2/documentation
    "DR1": SubStatus.LABEL_CREATED,  # Déclaratif réceptionné
    "DR2": SubStatus.EXCEPTION_UNSPECIFIED,  # Problème de préparation
    "PC1": SubStatus.PICKED_UP,  # Pris en charge
    "PC2": SubStatus.PICKED_UP,  # Pris en charge dans le pays d'expédition
    "ET1": SubStatus.IN_TRANSIT,  # En cours d'acheminement
    "ET2": SubStatus.IN_TRANSIT,  # En cours de traitement dans le pays d'expédition
    "ET3": SubStatus.ARRIVED_COUNTRY,  # En cours de traitement dans le pays de destination
    "ET4": SubStatus.IN_TRANSIT,  # En cours de traitement dans un pays de transit
    "EP1": SubStatus.AT_DELIVERY_DEPOT,  # En attente de présentation
    "DO1": SubStatus.CUSTOMS_PROCESSING,  # Entrée en douane
    "DO2": SubStatus.CUSTOMS_CLEARED,  # Sortie de douane
    "DO3": SubStatus.EXCEPTION_HELD,  # Retenu en douane
    "PB1": SubStatus.EXCEPTION_UNSPECIFIED,  # Incident en cours d'acheminement
    "PB2": SubStatus.PROBLEM_RESOLVED,  # Problème résolu
    "MD2": SubStatus.ON_VEHICLE,  # Mis en distribution
    "ND1": SubStatus.FAILED_NOT_HOME,  # Non distribué; mostly this, where the text gives no other reason
    "AG1": SubStatus.PICKUP_POINT,  # En attente d'être retiré au guichet
    "RE1": SubStatus.RETURNING,  # Retourné à l'expéditeur
    "DI0": SubStatus.DELIVERED,  # Distribué
    "DI1": SubStatus.DELIVERED,  # Distribué
    "DI2": SubStatus.RETURNED,  # Distribué à l'expéditeur
    "DI3": SubStatus.DELIVERED,
    "ID0": SubStatus.EXCEPTION_UNSPECIFIED,
}
UNDELIVERED = "ND1"
REASONS = {"DO3": "customs"}
REFUSALS = {
    400: Outcome.INVALID_NUMBER,
    401: Outcome.AUTH_ERROR,
    403: Outcome.RATE_LIMITED,  # the plan's quota is used up
    404: Outcome.NOT_FOUND,
    429: Outcome.RATE_LIMITED,
    500: Outcome.TRANSIENT,
    503: Outcome.TRANSIENT,
    504: Outcome.TRANSIENT,
}
CHOICE_OPEN = 1  # deliveryChoice: 0 none, 1 possible, 2 chosen


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    numbers = ",".join(quote(query.number, safe="") for query in queries)
    return Request(
        f"{API}/{numbers}",
        params={"lang": LANGUAGES.get(queries[0].language[:2].lower(), "fr_FR")},
        headers={"Accept": "application/json"},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = json_of(reply)
    told = [item for item in objs(payload) if "returnCode" in item or "shipment" in item]
    named = [item for item in told if _number(item)]
    if named:
        return [_answer(item) for item in named]
    detail = text((told or [obj(payload)])[0].get("returnMessage"))
    status = reply.status
    if status is None or ok(reply):
        status = integer(told[0].get("returnCode")) if told else None
    if status == 400:
        raise InvalidNumberError(detail)
    if status == 403:
        raise RateLimitedError(detail)
    if status is None or status < 400:
        raise BadResponseError("The answer names no shipment.")
    raise error_for(reply, detail, status=status)


def _number(item: Mapping[str, Json]) -> str:
    return text(obj(item.get("shipment")).get("idShip"), 64) or text(item.get("idShip"), 64)


def _answer(item: dict[str, Any]) -> Answer:
    number, shipment = _number(item), obj(item.get("shipment"))
    if not shipment:
        outcome = REFUSALS.get(integer(item.get("returnCode")) or 0, Outcome.BAD_RESPONSE)
        return Answer(number, outcome, detail=text(item.get("returnMessage")))
    context = obj(shipment.get("contextData"))
    told = objs(shipment.get("event"))
    scans = [scan for event in reversed(told) if (scan := _scan(event))]  # newest first
    if told and not scans:
        return Answer(number, Outcome.BAD_RESPONSE, detail="No event has a time that can be read.")
    scans.sort(key=_when)
    return Answer(
        number,
        scans=tuple(scans),
        eta=_eta(shipment),
        pickup=_pickup(context, scans),
        delivery_options_url=_options(shipment, context),
    )


def _scan(event: dict[str, Any]) -> Scan | None:
    said_at = text(event.get("date"), 40)
    when = zones.moment(said_at, "", "", PARIS)
    if when is None:
        return None
    code, said = text(event.get("code"), 20).upper(), text(event.get("label"))
    return Scan(
        at=when[0],
        code=code,
        text=said,
        country=country(event.get("country")),
        reading=_reading(said) if code == UNDELIVERED else None,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"order": event["order"]} if type(event.get("order")) is int else None,
    )


def _reading(said: str) -> SubStatus | None:
    """Why it was not delivered, where the text says so."""
    sub = words.refined(SubStatus.FAILED_OTHER, said)
    return None if sub is SubStatus.FAILED_OTHER else sub


def _when(scan: Scan) -> datetime:
    return scan.at


def _eta(shipment: dict[str, Any]) -> Eta | None:
    when = zones.moment(text(shipment.get("estimDate"), 40), "", "", PARIS)
    return Eta(when[0].date(), when[0].date()) if when else None


def _pickup(context: dict[str, Any], scans: list[Scan]) -> PickupPoint | None:
    name = text(obj(context.get("removalPoint")).get("name"), 120)
    sub = STATUSES.get(scans[-1].code) if scans else None
    waits = sub is not None and sub.status is Status.AVAILABLE_FOR_PICKUP
    return PickupPoint(name=name) if name and waits else None


def _options(shipment: dict[str, Any], context: dict[str, Any]) -> str:
    choice = integer(obj(context.get("deliveryChoice")).get("deliveryChoice"))
    return https(shipment.get("url")) if choice == CHOICE_OPEN else ""


CARRIER = Carrier(
    code="laposte",
    name="La Poste",
    docs="https://developer.laposte.fr/products/suivi/2",
    endpoint=f"{API}/{{number}}",
    auth=ApiKey(header="X-Okapi-Key", secrets=(Secret("api_key", _("Okapi key")),)),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("FR",),
    per_call=10,
    zone=PARIS,
    limits=Limits(per_second=2.0),
    public_url="https://www.laposte.fr/outils/suivre-vos-envois?code={number}",
    notes=(_("How often one may ask depends on the plan chosen at developer.laposte.fr."),),
)
