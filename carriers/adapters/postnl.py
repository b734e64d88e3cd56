"""PostNL, Shipping Status v2: one barcode a call, the whole history.

- An event has an observation code (`J05`); beside them go statuses (1 to 99), coarser, each at the moment of the
  event that set it. Where an observation has no row, the status of its moment stands in; without events the
  statuses are the history.
- Meanings follow the words of PostNL's list, not the status they belong to: "return shipment sorted, will be
  transferred to sender" is of status 11, delivered.
- H09 is given two meanings, so its text decides.
- An unknown barcode is a 200 with nothing in it but warnings. A key that is wrong is a `fault`.
- Times are the Netherlands' clock, without offset, day first; the expected times are ISO.
- One parcel comes as an object, several as a list; so do their events, and some lists are named in the plural.
- Addresses, references and signatures are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import tables, zones
from carriers.payload import error_for, json_of, obj, objs, ok, pieces, text
from carriers.pieces import as_one
from carriers.types import (
    Answer,
    ApiKey,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    NotFoundError,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    ZoneSource,
)
from carriers.types import gettext_noop as _

API = "https://api.postnl.nl/shipment/v2/status/barcode"
AMSTERDAM = ZoneInfo("Europe/Amsterdam")
STATUSES, REASONS = tables.load("postnl")
CONTAINERS = ("CompleteStatus", "CurrentStatus")


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    query = queries[0]
    language = "NL" if query.language[:2].lower() == "nl" else "EN"
    return Request(
        f"{API}/{quote(query.number.strip().upper(), safe='')}",
        params={"detail": "true", "language": language},
        headers={"Accept": "application/json"},
    )


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if not ok(reply) or "fault" in payload or "Errors" in payload:
        raise _refusal(reply, payload)
    if not any(name in payload for name in CONTAINERS):
        raise BadResponseError("The answer has no status.")
    shipments = [
        shipment
        for name in CONTAINERS
        for one in objs(payload.get(name))
        for shipment in objs(one.get("Shipment"))
    ]
    if not shipments:
        warning = (_list(payload, "Warnings", "Warning") or [{}])[0]
        raise NotFoundError(text(warning.get("Description")))
    together: dict[str, list[dict[str, Any]]] = {}
    for shipment in shipments:
        together.setdefault(_main(shipment), []).append(shipment)
    return [_answer(number, parcels) for number, parcels in together.items()]


def _refusal(reply: Reply, payload: dict[str, Any]) -> CarrierError:
    fault = obj(payload.get("fault"))
    error = (_list(payload, "Errors", "Error") or [{}])[0]
    detail = text(fault.get("faultstring")) or text(error.get("Description")) or text(error.get("ErrorMsg"))
    code = text(obj(fault.get("detail")).get("errorcode"), 80).lower()
    if "ratelimit" in code:
        return RateLimitedError(detail, retry_after_s=error_for(reply).retry_after_s)
    if "apikey" in code or "oauth" in code:
        return AuthError(detail)
    if reply.status == 400:
        return InvalidNumberError(detail)
    return error_for(reply, detail)


def _list(node: dict[str, Any], *names: str) -> list[dict[str, Any]]:
    """The objects under whichever of the names is there."""
    return next((told for name in names if (told := objs(node.get(name)))), [])


def _main(shipment: dict[str, Any]) -> str:
    number = text(shipment.get("MainBarcode"), 64) or text(shipment.get("Barcode"), 64)
    if not number:
        raise BadResponseError("A shipment of the answer has no barcode.")
    return number


def _answer(number: str, parcels: list[dict[str, Any]]) -> Answer:
    scans: list[tuple[Scan, frozenset[str]]] = []
    for position, parcel in enumerate(parcels):
        about = frozenset([text(parcel.get("Barcode"), 64) or f"#{position}"])
        scans += [(scan, about) for scan in _scans(parcel)]
    scans.sort(key=_when)
    every = frozenset[str]().union(*(about for _, about in scans))
    return Answer(
        number,
        scans=as_one(scans, every, STATUSES),
        eta=_eta(parcels[0]),
        pieces=pieces(parcels[0].get("ShipmentAmount"), len(parcels)),
    )


def _when(pair: tuple[Scan, frozenset[str]]) -> datetime:
    return pair[0].at


def _scans(parcel: dict[str, Any]) -> list[Scan]:
    """One parcel's history, oldest first; it comes newest first."""
    states = objs(parcel.get("Status")) + _list(parcel, "OldStatus", "OldStatuses")
    at_moment = {text(state.get("TimeStamp"), 20): _state_code(state) for state in reversed(states)}
    told = _list(parcel, "Event", "Events")
    scans = [scan for line in reversed(told) if (scan := _event(line, at_moment))]
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    return scans or [scan for state in reversed(states) if (scan := _state(state))]


def _state_code(state: dict[str, Any]) -> str:
    return f"status:{text(state.get('StatusCode'), 8)}"


def _event(line: dict[str, Any], at_moment: Mapping[str, str]) -> Scan | None:
    code, said_at = text(line.get("Code"), 20).upper(), text(line.get("TimeStamp"), 20)
    scan = _scan(said_at, code, text(line.get("Description")))
    if scan and code not in STATUSES and (state := STATUSES.get(at_moment.get(said_at, ""))):
        return scan._replace(reading=state)
    return scan


def _state(state: dict[str, Any]) -> Scan | None:
    return _scan(text(state.get("TimeStamp"), 20), _state_code(state), text(state.get("StatusDescription")))


def _scan(said_at: str, code: str, said: str) -> Scan | None:
    when = _moment(said_at)
    if when is None:
        return None
    return Scan(
        at=when[0],
        code=code,
        text=said,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
    )


def _moment(said: str) -> tuple[datetime, ZoneSource] | None:
    return zones.moment(zones.spanish_time(said) if said[2:3] == "-" else said, "", "", AMSTERDAM)


def _eta(parcel: dict[str, Any]) -> Eta | None:
    expected = obj(parcel.get("Expectation"))
    start, end = (_moment(text(expected.get(edge), 40)) for edge in ("ETAFrom", "ETATo"))
    if start and end and start[0] < end[0]:
        return Eta(start[0].date(), end[0].date(), start[0], end[0])
    day: Json = start or _moment(text(parcel.get("DeliveryDate"), 40))
    return Eta(day[0].date(), day[0].date()) if day else None


CARRIER = Carrier(
    code="postnl",
    name="PostNL",
    docs="https://developer.postnl.nl/docs/#/http/reference-data/t-t-status-codes",
    endpoint=f"{API}/{{number}}",
    auth=ApiKey(header="apikey"),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("NL",),
    languages=("en",),
    zone=AMSTERDAM,
    limits=Limits(per_second=2.0),
    public_url="https://jouw.postnl.nl/track-and-trace/{number}-{country}-{postal_code}",
    notes=(
        _("PostNL publishes no limit; two calls a second is our caution."),
        _("PostNL's page shows a parcel only with the country and the postal code of its destination."),
        _("PostNL offers pushes to some customers, in a form that is not public: they are not accepted."),
        _("How PostNL words the warning about an unknown barcode is not documented."),
    ),
)
