"""USPS Tracking v3: OAuth2, one number a call, and pushes signed with a secret of the shop's choosing.

- The answer is one flat object. A scan has a code of two characters and words; the words of "delivered" say where
  it was left, and those of a movement whether it came or went. Some codes here are known second-hand.
- `statusCategory` is a coarse second level, of the newest scan only: it stands in where that one's code is unknown.
- Times come as GMT with an offset in minutes; without them, the clock of the scan's ZIP code.
- The expected window is written as clock times at the destination.
- Who took it is in `name`: kept apart, and in no text.
- Sixty calls an hour until USPS grants more. `X-HMAC` of a push is HMAC-SHA256 of the raw body; whether it is written
  in base64 or in hex is not documented, so either is taken.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import signatures, tables, words, zones
from carriers.payload import country, error_for, integer, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
    Limits,
    OAuth2,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    Subscription,
    SubStatus,
    Trust,
    ZoneSource,
)
from carriers.types import gettext_noop as _

HOST = "https://apis.usps.com"
API = f"{HOST}/tracking/v3/tracking"
NEW_YORK = ZoneInfo("America/New_York")
# https://postalpro.usps.com/pub199: event codes
STATUSES, REASONS = tables.load("usps")
CATEGORIES: Mapping[str, SubStatus] = {  # statusCategory
    "Pre-Shipment": SubStatus.LABEL_CREATED,
    "Accepted": SubStatus.PICKED_UP,
    "In Transit": SubStatus.IN_TRANSIT,
    "Out for Delivery": SubStatus.ON_VEHICLE,
    "Available for Pickup": SubStatus.PICKUP_POINT,
    "Delivery Attempt": SubStatus.FAILED_OTHER,
    "Delivered": SubStatus.DELIVERED,
    "Delivered to Agent": SubStatus.DELIVERED,
    "Alert": SubStatus.EXCEPTION_UNSPECIFIED,
    "Return to Sender": SubStatus.RETURNING,
}
_EXACT = {  # eventType, where it says more than the code
    "DELIVERED, IN/AT MAILBOX": SubStatus.DELIVERED_MAILBOX,
    "DELIVERED, PO BOX": SubStatus.DELIVERED_MAILBOX,
    "DELIVERED, PARCEL LOCKER": SubStatus.DELIVERED_MAILBOX,  # of the mailboxes in the street; the key is in yours
    "DELIVERED, FRONT DOOR/PORCH": SubStatus.DELIVERED_SAFE_PLACE,
    "DELIVERED, GARAGE OR OTHER LOCATION AT ADDRESS": SubStatus.DELIVERED_SAFE_PLACE,
    "DELIVERED, GARAGE / OTHER DOOR / OTHER LOCATION AT ADDRESS": SubStatus.DELIVERED_SAFE_PLACE,
    "DELIVERED, FRONT DESK/RECEPTION": SubStatus.DELIVERED_RECEPTION,
    "DELIVERED, FRONT DESK/RECEPTION/MAIL ROOM": SubStatus.DELIVERED_RECEPTION,
    "DELIVERED, NEIGHBOR AS REQUESTED": SubStatus.DELIVERED_NEIGHBOUR,
    "DELIVERED, INDIVIDUAL PICKED UP AT POST OFFICE": SubStatus.DELIVERED_COLLECTED,
    "DELIVERED, INDIVIDUAL PICKED UP AT POSTAL FACILITY": SubStatus.DELIVERED_COLLECTED,
    "DELIVERED, TO ORIGINAL SENDER": SubStatus.RETURNED,
    "DELIVERED TO AGENT FOR FINAL DELIVERY": SubStatus.HANDED_TO_LAST_MILE,
    "UNCLAIMED/BEING RETURNED TO SENDER": SubStatus.RETURNING,
    "DELIVERY STATUS NOT UPDATED": SubStatus.DATA_UPDATED,
}
_MOVES = {
    "ARRIVED": SubStatus.ARRIVED_FACILITY,
    "DEPARTED": SubStatus.DEPARTED_FACILITY,
    "PROCESSED": SubStatus.IN_SORTING,
    "IN": SubStatus.IN_TRANSIT,
}
_MOVING = ("10", "EF", "L1", "PC", "SF", "T1", "U1")  # codes USPS uses for coming and going alike


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    query = queries[0]
    params = {"expand": "DETAIL", "destinationZIPCode": query.postal_code if query.country == "US" else ""}
    return Request(
        f"{API}/{quote(query.number, safe='')}",
        params={name: value for name, value in params.items() if value},
        headers={"Accept": "application/json"},
    )


def subscribe(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Asks for pushes about one number. Raises AuthError where the account has no secret to sign them with."""
    if not secrets.get("webhook_secret"):
        raise AuthError("The account has no webhook secret: choose one, and USPS pushes changes.")
    wanted = {
        "listenerURL": secrets.get("hook_url", ""),
        "secret": secrets["webhook_secret"],
        "filterProperties": {"trackingNumber": queries[0].number},
    }
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(
        f"{HOST}/subscriptions-tracking/v3/subscriptions",
        "POST",
        headers=headers,
        body=json.dumps(wanted).encode(),
    )


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether `X-HMAC` is made with our secret. Without a secret nothing is genuine."""
    key, said = secrets.get("webhook_secret", ""), signatures.header(headers, "x-hmac")
    in_hex = signatures.is_same(said.lower(), signatures.hex_hmac(key, body))
    return in_hex or signatures.is_same(said, signatures.base64_hmac(key, body))


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    error = obj(payload.get("error"))
    if error or not ok(reply):
        raise _refusal(reply, error)
    if "access_token" in payload:
        return []
    number = text(payload.get("trackingNumber"), 64)
    if not number:
        raise BadResponseError("The answer names no number.")
    told = objs(payload.get("trackingEvents"))
    pairs = [(scan, event) for event in reversed(told) if (scan := _scan(event))]
    if told and not pairs:
        raise BadResponseError("No event of the answer has a time that can be read.")
    pairs.sort(key=_when)
    if pairs and pairs[-1][0].code not in STATUSES and not pairs[-1][0].reading:
        scan, event = pairs[-1]
        pairs[-1] = (
            scan._replace(reading=_by_category(text(payload.get("statusCategory"), 40), scan.text)),
            event,
        )
    return [
        Answer(
            number,
            scans=tuple(scan for scan, _ in pairs),
            eta=_eta(payload),
            signed_by=_signed_by(pairs),
        )
    ]


def _by_category(category: str, said: str) -> SubStatus | None:
    """What the category says, or the words within it."""
    sub, told = CATEGORIES.get(category), words.meaning(said, "en")
    return told if sub and told and told.status is sub.status else sub


def _refusal(reply: Reply, error: dict[str, Any]) -> CarrierError:
    first = (objs(error.get("errors")) or [{}])[0]
    status = integer(error.get("code")) if reply.status is None or ok(reply) else reply.status
    detail = text(first.get("detail")) or text(error.get("message"))
    return InvalidNumberError(detail) if status == 400 else error_for(reply, detail, status=status)


def _when(pair: tuple[Scan, dict[str, Any]]) -> datetime:
    return pair[0].at


def _signed_by(pairs: list[tuple[Scan, dict[str, Any]]]) -> str:
    names = (text(event.get("name"), 80) for scan, event in reversed(pairs) if scan.code == "01")
    return next(filter(None, names), "")


def _scan(event: dict[str, Any]) -> Scan | None:
    abroad = text(event.get("eventCountry"), 40)
    land = country(abroad) if abroad else "US"
    when = _moment(event, land)
    if when is None:
        return None
    code, said = text(event.get("eventCode"), 8).upper(), text(event.get("eventType"))
    exact = said.upper()
    reading = _EXACT.get(exact)
    if reading is None and code in _MOVING:
        reading = _MOVES.get(exact.partition(" ")[0])
    city, state = text(event.get("eventCity"), 80), text(event.get("eventState"), 20)
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=f"{city}, {state}" if city and state else city or state,
        country=land,
        reading=reading,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=text(event.get("eventTimestamp"), 40),
        raw={"eventCode": code, "reasonCode": text(event.get("reasonCode"), 8)},
    )


def _moment(event: dict[str, Any], land: str) -> tuple[datetime, ZoneSource] | None:
    offset = text(event.get("GMTOffset"), 6)
    sure = zones.moment(text(event.get("GMTTimestamp"), 40), "", "", NEW_YORK)
    if sure and sure[1] is ZoneSource.OFFSET:
        return sure[0].astimezone(_clock(offset)), ZoneSource.OFFSET
    local = zones.moment(
        text(event.get("eventTimestamp"), 40), land, text(event.get("eventZIP"), 12), NEW_YORK
    )
    if local and integer(offset) is not None and local[1] is not ZoneSource.OFFSET:
        return local[0].replace(tzinfo=_clock(offset)), ZoneSource.OFFSET
    return local


@lru_cache(maxsize=64)
def _clock(minutes: str) -> timezone:
    east = integer(minutes)
    return timezone(timedelta(minutes=east)) if east is not None and abs(east) <= 14 * 60 else UTC


def _eta(payload: dict[str, Any]) -> Eta | None:
    """The predicted window, else the predicted or the expected day."""
    place = "US", text(payload.get("destinationZIP"), 12)
    day = text(payload.get("predictedDeliveryDate"), 10)
    edges = (text(payload.get(f"predictedDeliveryWindow{edge}Time"), 8) for edge in ("Start", "End"))
    slot = [zones.moment(f"{day}T{edge}", *place, NEW_YORK) if edge else None for edge in edges]
    known = [edge[0] for edge in slot if edge and edge[1] is ZoneSource.PLACE]
    if len(known) == 2 and known[0] < known[1]:
        return Eta(known[0].date(), known[1].date(), known[0], known[1])
    expected = text(payload.get("expectedDeliveryTimeStamp"), 40)
    when = zones.moment(day, *place, NEW_YORK) or zones.moment(expected, *place, NEW_YORK)
    return Eta(when[0].date(), when[0].date()) if when else None


CARRIER = Carrier(
    code="usps",
    name="USPS",
    docs="https://developers.usps.com/trackingv3",
    endpoint=f"{API}/{{number}}",
    auth=OAuth2(
        token_url=f"{HOST}/oauth2/v3/token",
        scope="tracking",
        credentials_in="form",
        lifetime_s=28_799,
        secrets=(
            Secret("client_id", _("Consumer key"), hidden=False),
            Secret("client_secret", _("Consumer secret")),
            Secret(
                "webhook_secret",
                _("Webhook secret"),
                _("32 characters of your choice, with which USPS signs what it pushes."),
                required=False,
            ),
        ),
    ),
    parse=parse,
    build=build,
    push=Trust.SIGNED,
    verify=verify,
    subscription=Subscription(subscribe, lasts=timedelta(days=90)),
    statuses=STATUSES,
    countries=("US",),
    languages=("en",),
    zone=NEW_YORK,
    limits=Limits(per_second=1 / 60),
    public_url="https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
    notes=(
        _("A new app may ask about sixty times an hour; USPS raises it on request."),
        _("USPS shows parcels of other mailers only under an agreement with it."),
        _("Not all codes are documented: where one is unknown, the status category of the answer stands in."),
        _("How long a subscription to pushes lasts, and how its signature is written, is not documented."),
    ),
)
