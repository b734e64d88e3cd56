"""DPD Germany, the JSON behind its public tracking page: one parcel a call, without credentials, promised by nobody.

- The history is a ladder of fixed steps, also of those not reached yet. The address known names English, and labels have
  come in German all the same.
- Dates are text, `06.05.2026, 11:05`, on the clock of the step's country.
- No data for a number is a parcel DPD does not know (yet).
- Single scans stand apart from the ladder; what they hold is not documented, and they are not read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import country, error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    BadResponseError,
    Carrier,
    Json,
    Limits,
    NoAuth,
    NotFoundError,
    Query,
    Reply,
    Request,
    Scan,
    SubStatus,
    ZoneSource,
)
from carriers.types import gettext_noop as _

API = "https://tracking.dpd.de/rest/plc/en_DE"
BERLIN = ZoneInfo("Europe/Berlin")
STATUSES: Mapping[str, SubStatus] = {
    "ACCEPTED": SubStatus.LABEL_CREATED,  # Paketinformation
    "SHIPMENT": SubStatus.LABEL_CREATED,  # Paketinformation
    "PICKUP_DRIVER": SubStatus.PICKED_UP,  # Vom Fahrer abgeholt
    "HANDOVER_CONSIGNOR_TO_PARCELSHOP": SubStatus.PICKED_UP,  # Vom Absender im Paketshop abgegeben
    "AT_SENDING_DEPOT": SubStatus.ARRIVED_FACILITY,  # Im Versanddepot
    "ON_THE_ROAD": SubStatus.IN_TRANSIT,  # Unterwegs
    "AT_DELIVERY_DEPOT": SubStatus.AT_DELIVERY_DEPOT,  # Im Zustelldepot
    "OUT_FOR_DELIVERY": SubStatus.ON_VEHICLE,  # In Zustellung
    "COURIER": SubStatus.ON_VEHICLE,
    "NOT_DELIVERED": SubStatus.FAILED_OTHER,  # Nicht zugestellt
    "DELIVERY_FAILURE": SubStatus.FAILED_OTHER,
    "AT_PARCELSHOP": SubStatus.PICKUP_POINT,  # Im Paketshop
    "PARCELSHOP": SubStatus.PICKUP_POINT,
    "DELIVERED": SubStatus.DELIVERED,  # Zugestellt
    "RETURN_TO_SENDER": SubStatus.RETURNING,  # unverified
}
_FAILED = {code for code, sub in STATUSES.items() if sub is SubStatus.FAILED_OTHER}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    number = queries[0].number.strip()
    if len(number) == 15 and number[:14].isdecimal():  # with its check character, which is not asked for
        number = number[:14]
    return Request(f"{API}/{quote(number, safe='')}", headers={"Accept": "application/json"})


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if not ok(reply):
        raise error_for(reply)
    response = obj(payload.get("parcellifecycleResponse"))
    if "parcelLifeCycleData" not in response:
        raise BadResponseError("The answer has no parcelLifeCycleData.")
    parcel = obj(response["parcelLifeCycleData"])
    if not parcel:
        raise NotFoundError
    number = text(obj(parcel.get("shipmentInfo")).get("parcelLabelNumber"), 64)
    steps = [step for step in objs(parcel.get("statusInfo")) if step.get("statusHasBeenReached") is True]
    scans = _scans(steps)
    if not number or (steps and not scans):
        raise BadResponseError("The answer names no parcel, or no date that can be read.")
    return [Answer(number, scans=scans)]


def _scans(steps: list[dict[str, Any]]) -> tuple[Scan, ...]:
    scans: list[Scan] = []
    for step in steps:
        place, land = _place(_content(step.get("location"), 120))
        said_at = _content(step.get("date"), 40)
        when = zones.moment(_clock(said_at), land, "", BERLIN)
        if when is None and scans and step.get("isCurrentStatus") is True:
            when = scans[-1].at, scans[-1].zone_source  # where it is now counts more than since when
        if when is not None:
            scans.append(_scan(step, when, said_at, place, land))
    return tuple(sorted(scans, key=lambda scan: scan.at))


def _scan(
    step: dict[str, Any], when: tuple[datetime, ZoneSource], said_at: str, place: str, land: str
) -> Scan:
    code = text(step.get("status"), 60).upper()
    return Scan(
        at=when[0],
        code=code,
        text=_content(step.get("label")),
        place=place,
        country=land,
        reading=_reason(step) if code in _FAILED else None,
        zone_source=when[1],
        said_at=said_at,
    )


def _reason(step: dict[str, Any]) -> SubStatus | None:
    """Why it was not delivered, where the description says so; the description itself may name people."""
    told = obj(step.get("description")).get("content")
    lines = told if type(told) is list else [told]
    sub = words.refined(SubStatus.FAILED_OTHER, " ".join(filter(None, map(_content, lines))))
    return None if sub is SubStatus.FAILED_OTHER else sub


def _content(value: Json, limit: int = 500) -> str:
    """A text that comes as it is, or as an object's `content`."""
    return text(value, limit) or text(obj(value).get("content"), limit)


def _place(said: str) -> tuple[str, str]:
    """`Leipzig (DE)` as town and country."""
    land = country(said[-3:-1]) if said.endswith(")") and said[-4:-3] == "(" else ""
    return (said[:-4].strip(), land) if land else (said, "")


def _clock(said: str) -> str:
    """`06.05.2026, 11:05` as ISO 8601; anything else comes back changed beyond reading."""
    day, _, time = said.replace(",", " ").partition(" ")
    return zones.spanish_time(f"{day} {time.strip()}")


CARRIER = Carrier(
    code="dpd_de",
    name="DPD Germany",
    docs="https://tracking.dpd.de",
    endpoint=f"{API}/{{number}}",
    auth=NoAuth(),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("DE",),
    languages=("de", "en"),
    zone=BERLIN,
    limits=Limits(per_second=0.5),
    public_url="https://tracking.dpd.de/status/de_DE/parcel/{number}",
    unofficial=_(
        "It is what DPD Germany's own tracking page asks; DPD has promised it to nobody and may change or close it."
    ),
    notes=(
        _("One call in two seconds is our caution; DPD publishes no limit."),
        _("The names of some steps are unverified."),
    ),
)
