"""InPost, ShipX (Poland): one number a call, without a key; and the body of its push.

- An event has a status' name and nothing else: no text, no place. Of a name we do not know, the name itself is
  the text.
- `delivered` after a locker or a point had it means that the shopper has fetched it.
- `pickup_time_expired` is the way back: nobody fetched it.
- Not found is a 404. Times carry their offset. There is no day of delivery.
- Parcels of its other countries have codes of the group (`LMD.1004`). They are read; the page of InPost's that
  gives them is not asked, as nobody promised it.
- Pushes are not signed: a push is a reason to ask, no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from carriers import tables, zones
from carriers.payload import error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    BadResponseError,
    Carrier,
    Json,
    Limits,
    NoAuth,
    NotFoundError,
    PickupPoint,
    Reply,
    Scan,
    Status,
    SubStatus,
    Trust,
)
from carriers.types import gettext_noop as _

WARSAW = ZoneInfo("Europe/Warsaw")
STATUSES, REASONS = tables.load("inpost")
WAITING = frozenset(code for code, sub in STATUSES.items() if sub.status is Status.AVAILABLE_FOR_PICKUP)


def parse(reply: Reply) -> Sequence[Answer]:
    payload = json_of(reply)
    said = obj(payload)
    if not ok(reply):
        raise error_for(reply, text(said.get("message")))
    if said.get("error") == "resource_not_found":
        raise NotFoundError(text(said.get("message")))
    if type(payload) is list:
        return _group(objs(payload))
    if pushed := obj(said.get("payload")):
        return [_pushed(said, pushed)]
    number = text(said.get("tracking_number"), 64)
    if not number:
        raise BadResponseError("The answer names no parcel.")
    lines = objs(said.get("tracking_details"))
    scans = _in_order(lines, [_step(line) for line in lines])
    return [Answer(number, scans=scans, pickup=_pickup(said, scans))]


def _group(parcels: list[dict[str, Any]]) -> list[Answer]:
    """Answers in the shape of the group's events."""
    named = [parcel for parcel in parcels if text(parcel.get("mainTrackingNumber"), 64)]
    if not parcels:
        raise NotFoundError
    if not named:
        raise BadResponseError("The answer names no parcel.")
    answers = []
    for parcel in named:
        lines = objs(parcel.get("events"))
        scans = _in_order(lines, [_event(line) for line in lines])
        answers.append(Answer(text(parcel["mainTrackingNumber"], 64), scans=scans))
    return answers


def _pushed(said: dict[str, Any], parcel: dict[str, Any]) -> Answer:
    number = text(parcel.get("tracking_number"), 64)
    if not number:
        raise BadResponseError("The push names no parcel.")
    at = text(said.get("event_ts"), 40).replace(" +", "+").replace(" -", "-")  # 2026-05-06 18:33:00 +0200
    scan = _scan(parcel.get("status"), at, raw=None)
    return Answer(number, scans=(scan,) if scan and scan.code else ())


def _in_order(lines: list[dict[str, Any]], told: list[Scan | None]) -> tuple[Scan, ...]:
    """Oldest first; they come newest first."""
    scans = [scan for scan in reversed(told) if scan]
    if lines and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=_when)
    return tuple(_fetched(scans))


def _when(scan: Scan) -> datetime:
    return scan.at


def _step(line: dict[str, Any]) -> Scan | None:
    agency = text(line.get("agency"), 20)
    return _scan(
        line.get("status"), text(line.get("datetime"), 40), raw={"agency": agency} if agency else None
    )


def _event(line: dict[str, Any]) -> Scan | None:
    """One of the group's: it has words, and may have a place."""
    scan = _scan(line.get("eventCode"), text(line.get("timestamp"), 40), raw=None)
    said, place = text(line.get("eventTitle")), text(line.get("location"), 120)
    return scan and scan._replace(text=said or scan.text, place=place)


def _scan(status: Json, said_at: str, *, raw: Json) -> Scan | None:
    when = zones.moment(said_at, "", "", WARSAW)
    if when is None:
        return None
    code = text(status, 80)
    return Scan(
        at=when[0],
        code=code,
        text="" if code in STATUSES else code.replace("_", " "),
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw=raw,
    )


def _fetched(scans: list[Scan]) -> list[Scan]:
    """The scans; one of delivery after it waited, read as fetched."""
    waited = False
    for position, scan in enumerate(scans):
        sub = STATUSES.get(scan.code)
        if waited and sub is SubStatus.DELIVERED:
            scans[position] = scan._replace(reading=SubStatus.DELIVERED_COLLECTED)
        elif sub is not None and sub is not SubStatus.DATA_UPDATED:
            waited = scan.code in WAITING
    return scans


def _pickup(said: dict[str, Any], scans: tuple[Scan, ...]) -> PickupPoint | None:
    if not scans or scans[-1].code not in WAITING:
        return None
    point = obj(obj(said.get("custom_attributes")).get("target_machine_detail"))
    address = obj(point.get("address"))
    lines = (text(address.get(name), 120) for name in ("line1", "line2"))
    name = text(point.get("name"), 120)
    where = ", ".join(filter(None, lines))
    if not (name or where):
        return None
    return PickupPoint(name=name, address=where, hours=text(point.get("opening_hours"), 120))


CARRIER = Carrier(
    code="inpost",
    name="InPost",
    docs="https://dokumentacja-inpost.atlassian.net/wiki/spaces/PL/overview",
    endpoint="https://api-shipx-pl.easypack24.net/v1/tracking/{number}",
    auth=NoAuth(),
    parse=parse,
    push=Trust.SHARED,
    statuses=STATUSES,
    countries=("PL",),
    languages=("en",),
    zone=WARSAW,
    limits=Limits(per_second=1.0),
    public_url="https://inpost.pl/en/find-parcel?number={number}",
    notes=(
        _("Follows parcels of InPost in Poland (24 digits). For its other countries use an aggregator."),
        _("InPost publishes no limit; one call a second is our caution."),
        _("InPost does not sign its pushes: each is a reason to ask, never believed by itself."),
        _("How a push is written was not confirmed by InPost."),
    ),
)
