"""Canada Post Tracking v2: XML, Basic auth, one number a call.

- A code may come with leading zeros ("0174"). Of the parcel on its way back the same codes are used, and only the
  words say so ("sorti pour livraison" of one "renvoyé à l'expéditeur"): they decide what goes to the sender.
- Times are a day, a clock and the name of a North American zone; where that is missing or another, the clock of the
  province.
- Errors are `messages`, an unknown number is 004, also under HTTP 200.
- The expected day may have a newer one beside it.
- A list with one child comes as that child. Who signed is in `signatory-name` and stays out of the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import tables, zones
from carriers.payload import child, error_for, obj, objs, ok, text, xml_of
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Basic,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
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
)
from carriers.types import gettext_noop as _

API = "https://soa-gw.canadapost.ca/vis/track/pin"
TORONTO = ZoneInfo("America/Toronto")
# https://www.canadapost-postescanada.ca/info/mc/business/productsservices/developers/messagescodetables.jsf
STATUSES, REASONS = tables.load("canada_post")
OFFSETS = {
    "NST": "-03:30",
    "NDT": "-02:30",
    "AST": "-04:00",
    "ADT": "-03:00",
    "EST": "-05:00",
    "EDT": "-04:00",
    "CST": "-06:00",
    "CDT": "-05:00",
    "MST": "-07:00",
    "MDT": "-06:00",
    "PST": "-08:00",
    "PDT": "-07:00",
}
# How postal codes of a province begin. https://en.wikipedia.org/wiki/Postal_codes_in_Canada
_POSTAL = {
    "NL": "A",
    "NS": "B",
    "PE": "C",
    "NB": "E",
    "QC": "H",
    "ON": "M",
    "MB": "R",
    "SK": "S",
    "AB": "T",
} | {
    "BC": "V",
    "NT": "X",
    "NU": "X",
    "YT": "Y",
}
REFUSALS: Mapping[str, type[CarrierError]] = {
    "004": NotFoundError,  # No Pin History
    "Server": RateLimitedError,  # Rejected by SLM Monitor
}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    language = "fr-CA" if queries[0].language[:2].lower() == "fr" else "en-CA"
    return Request(
        f"{API}/{quote(queries[0].number, safe='')}/detail",
        headers={"Accept": "application/vnd.cpc.track-v2+xml", "Accept-language": language},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    document = xml_of(reply)
    if (messages := child(document, "messages")) is not None or not ok(reply):
        raise _refusal(reply, obj((objs(child(messages, "message")) or [{}])[0]))
    detail = obj(child(document, "tracking-detail"))
    number = text(child(detail, "pin"), 64)
    if not number:
        raise BadResponseError("The answer has no tracking-detail.")
    told = objs(child(child(detail, "significant-events"), "occurrence"))
    pairs = [(scan, event) for event in reversed(told) if (scan := _scan(event))]
    if told and not pairs:
        raise BadResponseError("No event of the answer has a time that can be read.")
    pairs.sort(key=_when)
    scans = tuple(scan for scan, _ in pairs)
    signed = (text(event.get("signatory-name"), 80) for _, event in reversed(pairs))
    return [
        Answer(
            number,
            scans=scans,
            eta=_eta(detail),
            pickup=_pickup(*pairs[-1]) if pairs else None,
            signed_by=next(filter(None, signed), ""),
        )
    ]


def _refusal(reply: Reply, message: dict[str, Any]) -> CarrierError:
    code, detail = text(child(message, "code"), 20), text(child(message, "description"))
    if code in REFUSALS:
        return REFUSALS[code](detail, retry_after_s=error_for(reply).retry_after_s)
    if code.startswith("AA"):  # the key is deactivated, or not for this
        return AuthError(detail)
    if reply.status == 400:
        return InvalidNumberError(detail)
    return BadResponseError(detail or code) if ok(reply) else error_for(reply, detail)


def _when(pair: tuple[Scan, dict[str, Any]]) -> datetime:
    return pair[0].at


def _scan(event: dict[str, Any]) -> Scan | None:
    province, zone = text(event.get("event-province"), 20), text(event.get("event-time-zone"), 20)
    here = "CA" if province in _POSTAL else ""
    day, clock = text(event.get("event-date"), 10), text(event.get("event-time"), 8)
    said = f"{day}T{clock}{OFFSETS.get(zone, '')}" if clock else day
    when = zones.moment(said, here, _POSTAL.get(province, ""), TORONTO)
    if when is None:
        return None
    code, words = text(event.get("event-identifier"), 12).lstrip("0"), text(event.get("event-description"))
    site = text(event.get("event-site"), 80)
    return Scan(
        at=when[0],
        code=code,
        text=words,
        place=f"{site}, {province}" if site and province else site or province,
        country=here,
        reading=_reading(STATUSES.get(code), words.lower()),
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=f"{day} {clock} {zone}".strip(),
        raw={"event-identifier": code, "event-time-zone": zone},
    )


def _reading(sub: SubStatus | None, words: str) -> SubStatus | None:
    """What the words correct: whether it goes to the sender, and the first of the scans called "processed"."""
    if sub is None or sub is SubStatus.PICKUP_EXPIRING:  # which says what will be, else
        return None
    if sub is SubStatus.RETURNING:  # never on the strength of a code alone
        return None if "sender" in words or "exp" in words or not words else SubStatus.FAILED_OTHER
    if sub is SubStatus.IN_SORTING and words.startswith(("item accepted", "article accepté")):
        return SubStatus.PICKED_UP
    if "to sender" in words or "à l'exp" in words:
        return SubStatus.RETURNED if sub.status is Status.DELIVERED else SubStatus.RETURNING
    return None


def _eta(detail: dict[str, Any]) -> Eta | None:
    said = (text(detail.get(f"{which}-date"), 10) for which in ("changed-expected", "expected-delivery"))
    day = zones.moment(next(filter(None, said), ""), "", "", TORONTO)
    return Eta(day[0].date(), day[0].date()) if day else None


def _pickup(scan: Scan, event: dict[str, Any]) -> PickupPoint | None:
    sub = scan.reading or STATUSES.get(scan.code)
    name = text(event.get("event-retail-name"), 120)
    waits = sub is not None and sub.status is Status.AVAILABLE_FOR_PICKUP
    return PickupPoint(name=name, address=scan.place) if name and waits else None


CARRIER = Carrier(
    code="canada_post",
    name="Canada Post",
    docs="https://www.canadapost-postescanada.ca/info/mc/business/productsservices/developers/services/tracking/default.jsf",
    endpoint=f"{API}/{{number}}/detail",
    auth=Basic(
        (
            Secret(
                "username",
                _("API key: user name"),
                _("The part of the key before the colon."),
                hidden=False,
            ),
            Secret(
                "password",
                _("API key: password"),
                _("The part of the key after the colon."),
            ),
        )
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("CA",),
    languages=("en", "fr"),
    zone=TORONTO,
    limits=Limits(per_second=1.0),
    public_url="https://www.canadapost-postescanada.ca/track-reperage/en#/search?searchFor={number}",
    notes=(
        _("Sixty calls a minute is what Canada Post is said to allow a key; more can be asked for."),
        _("Use the production key: the development key knows only Canada Post's own test numbers."),
    ),
)
