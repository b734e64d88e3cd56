"""Evri (once Hermes UK): the number is first turned into an identifier, whose history is then asked for.

- Of the number, the answer is a list of identifiers: each is an address to ask next.
- A code is a stage of five; what is finer, the text says. Stage 1 is of parcels announced and of parcels taken.
- Not found is a 404, or an empty list in either answer.
- Times carry their offset; where they do not, they are London's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import zones
from carriers.payload import as_code, error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    ApiKey,
    BadResponseError,
    Carrier,
    Json,
    Limits,
    NotFoundError,
    Outcome,
    Reply,
    Scan,
    Secret,
    SubStatus,
)
from carriers.types import gettext_noop as _

API = "https://api.hermesworld.co.uk/enterprise-tracking-api/v1/parcels"
LONDON = ZoneInfo("Europe/London")
STATUSES: Mapping[str, SubStatus] = {
    "1": SubStatus.LABEL_CREATED,  # Received: announced, or taken where the text says so
    "2": SubStatus.IN_TRANSIT,  # On its way
    "3": SubStatus.AT_DELIVERY_DEPOT,  # At the local depot
    "4_COURIER": SubStatus.ON_VEHICLE,  # Out for delivery
    "5_COURIER": SubStatus.DELIVERED,  # Delivered
    # Texts, where an event has no stage.
    "WE'RE EXPECTING IT": SubStatus.LABEL_CREATED,  # We're expecting it
    "WE HAVE YOUR PARCEL": SubStatus.PICKED_UP,  # We have your parcel
    "ON ITS WAY TO THE DELIVERY UNIT": SubStatus.IN_TRANSIT,  # On its way to the delivery unit
    "OUT FOR DELIVERY": SubStatus.ON_VEHICLE,  # Out for delivery
    "DELIVERED": SubStatus.DELIVERED,  # Delivered
    "RETURNING TO SENDER": SubStatus.RETURNING,  # Returning to sender
    "RETURNED TO SENDER": SubStatus.RETURNED,  # Returned to sender
}
ANNOUNCED_OR_TAKEN = "1"
TAKEN = frozenset({"WE HAVE YOUR PARCEL", "WE'VE GOT IT", "RECEIVED"})
MOST_IDENTIFIERS = 10


def parse(reply: Reply) -> Sequence[Answer]:
    payload = json_of(reply)
    if not ok(reply):
        raise error_for(reply, text(obj(payload).get("message")))
    if type(payload) is list or "uniqueIds" in obj(payload):
        return [_where_to_ask(payload if type(payload) is list else payload["uniqueIds"])]
    if "results" not in obj(payload):
        raise BadResponseError("The answer has no results.")
    parcels = objs(payload["results"])
    if not parcels:
        raise NotFoundError
    return [_answer(parcel) for parcel in parcels]


def _where_to_ask(said: Json) -> Answer:
    told = said if type(said) is list else [said]
    names = (text(one.get("uniqueId") if type(one) is dict else one, 64) for one in told[:MOST_IDENTIFIERS])
    identifiers = [name for name in names if name]
    if not identifiers:
        raise NotFoundError
    addresses = tuple(f"{API}?uniqueIds={quote(name, safe='')}" for name in identifiers)
    return Answer("", Outcome.OTHER, ask_again=addresses)


def _answer(parcel: dict[str, Any]) -> Answer:
    number = text(parcel.get("barcode"), 64) or text(parcel.get("uniqueId"), 64)
    if not number:
        raise BadResponseError("A parcel of the answer has no barcode.")
    told = objs(parcel.get("trackingEvents"))
    scans = [scan for line in reversed(told) if (scan := _scan(line))]  # newest first
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    scans.sort(key=_when)
    return Answer(number, scans=tuple(scans))


def _when(scan: Scan) -> datetime:
    return scan.at


def _scan(line: dict[str, Any]) -> Scan | None:
    said_at = text(line.get("dateTime"), 40)
    when = zones.moment(said_at, "", "", LONDON)
    if when is None:
        return None
    stage = obj(line.get("trackingStage"))
    code, stands = text(stage.get("trackingStageCode"), 40).upper(), text(stage.get("description"))
    said = text(obj(line.get("trackingPoint")).get("description")) or stands
    taken = code == ANNOUNCED_OR_TAKEN and not TAKEN.isdisjoint((as_code(said), as_code(stands)))
    return Scan(
        at=when[0],
        code=code or as_code(said),
        text=said,
        reading=SubStatus.PICKED_UP if taken else None,
        zone_source=when[1],
        said_at=said_at,
    )


CARRIER = Carrier(
    code="evri",
    name="Evri",
    docs="https://www.evri.com/",
    endpoint=f"{API}/reference/{{number}}",
    auth=ApiKey(
        header="Apikey",
        secrets=(
            Secret(
                "api_key",
                _("API key"),
                _("From your own contract with Evri, not the one of its pages."),
            ),
        ),
    ),
    parse=parse,
    statuses=STATUSES,
    countries=("GB",),
    languages=("en",),
    zone=LONDON,
    limits=Limits(per_second=0.5),
    public_url="https://www.evri.com/track/parcel/{number}",
    unofficial=_(
        "Evri publishes no tracking service: this is the one its own pages use, and may change any day."
    ),
    notes=(
        _("Evri documents nothing of this. An aggregator is the safer way to its parcels."),
        _(
            "Each look at a parcel takes two calls; how often one may ask is not known, and a call every two seconds "
            "is our caution."
        ),
        _(
            "What a parcel shop or a return looks like in its answers is not known: those are read by their text."
        ),
    ),
)
