"""Ship24, an aggregator: a tracker is made for each number, its whole history then asked for by the number.

- A tracker made twice is the same one: safe to repeat, and not billed again.
- Every event repeats the parcel's `statusMilestone`; only one that means something has a `statusCode`. A milestone
  heard before says nothing new: the event is kept and moves nothing, save in transit, where its text tells what
  it was. There is no milestone for a return.
- Times are mostly the courier's wall clock without offset, sometimes a bare day, and events name no country:
  then it is the clock of where the parcel comes from, and once it is about to be delivered of where it goes.
- Events come newest first; those of one time are in the order of `order`.
- A push holds one event, in no sure order, and shows a fixed secret: a reason to ask.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers import signatures, words, zones
from carriers.payload import country, error_for, integer, json_of, obj, objs, ok, text
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
    Outcome,
    Query,
    RateLimitedError,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
    Trust,
    ZoneSource,
)
from carriers.types import gettext_noop as _

API = "https://api.ship24.com/public/v1"
STATUSES: Mapping[str, SubStatus] = {  # https://docs.ship24.com/status
    "data_order_created": SubStatus.LABEL_CREATED,
    "data_order_cancelled": SubStatus.CANCELLED_VOIDED,
    "data_delivery_proposed": SubStatus.DATA_UPDATED,  # ways of delivery were offered to the recipient
    "data_delivery_decided": SubStatus.DATA_UPDATED,  # and one was chosen
    "transit_handover": SubStatus.HANDED_TO_LAST_MILE,
    "transit_origin_country_departure": SubStatus.DEPARTED_COUNTRY,
    "destination_arrival": SubStatus.ARRIVED_COUNTRY,
    "customs_received": SubStatus.CUSTOMS_PROCESSING,
    "customs_exception": SubStatus.DELAYED_CUSTOMS,  # exception or delay; papers or a payment may be wanted
    "customs_rejected": SubStatus.EXCEPTION_PROHIBITED,
    "customs_cleared": SubStatus.CUSTOMS_CLEARED,
    "delivery_available_for_pickup": SubStatus.PICKUP_POINT,
    "delivery_out_for_delivery": SubStatus.ON_VEHICLE,
    "delivery_attempted": SubStatus.FAILED_OTHER,
    "delivery_exception": SubStatus.EXCEPTION_UNSPECIFIED,  # an issue that can usually be solved
    "delivery_refused": SubStatus.EXCEPTION_REFUSED,
    "delivery_delivered": SubStatus.DELIVERED,
    "exception_return": SubStatus.RETURNING,  # undeliverable: will be, or is being, returned
    "exception_lost": SubStatus.EXCEPTION_LOST,
    "exception_discarded": SubStatus.EXCEPTION_DESTROYED,
    # Milestones, where an event has no code.
    "pending": SubStatus.PENDING_NOT_FOUND,
    "info_received": SubStatus.LABEL_CREATED,
    "in_transit": SubStatus.IN_TRANSIT,
    "out_for_delivery": SubStatus.ON_VEHICLE,
    "failed_attempt": SubStatus.FAILED_OTHER,
    "available_for_pickup": SubStatus.PICKUP_POINT,
    "delivered": SubStatus.DELIVERED,
    "exception": SubStatus.EXCEPTION_UNSPECIFIED,
}
REASONS = {"customs_exception": "customs", "customs_rejected": "customs"}
MAY_REPEAT = frozenset({"pending", "info_received", "in_transit"})
NEAR_THE_END = frozenset({"out_for_delivery", "failed_attempt", "available_for_pickup", "delivered"})
_UTC = ZoneInfo("UTC")
# What Ship24's own examples name, and from memory `fedex`; without a code it finds out whose a number is.
AGGREGATES = {"ups": "ups", "usps": "us-post", "fedex": "fedex"}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    number = quote(queries[0].number, safe="")
    return Request(f"{API}/trackers/search/{number}/results", headers={"Accept": "application/json"})


def register(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Makes the number's tracker, or finds the one there is."""
    query = queries[0]
    wanted: dict[str, Any] = {
        "trackingNumber": query.number,
        "courierCode": [AGGREGATES[query.carrier]] if query.carrier in AGGREGATES else None,
        "destinationCountryCode": query.country,
        "destinationPostCode": query.postal_code,
        "shippingDate": query.shipped_date.isoformat() if query.shipped_date else "",
    }
    body = json.dumps({name: value for name, value in wanted.items() if value}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(f"{API}/trackers", "POST", headers=headers, body=body)


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the webhook secret is ours; the body is not signed. Without a secret nothing is genuine."""
    secret = secrets.get("webhook_secret", "")
    said = signatures.header(headers, "authorization")
    return signatures.is_same(said, f"Bearer {secret}" if secret else "")


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    errors = objs(payload.get("errors"))
    if errors or not ok(reply):
        return [_refused(reply, errors[0] if errors else {})]
    data = payload if "trackings" in payload else obj(payload.get("data"))
    if "trackings" in data:
        told = [_answer(item) for item in objs(data["trackings"])]
        return told or [Answer("", Outcome.NOT_REGISTERED)]
    number = text(obj(data.get("tracker")).get("trackingNumber"), 64)
    if not number:
        raise BadResponseError("The answer names no tracker.")
    return [Answer(number, Outcome.OTHER)]


def _refused(reply: Reply, error: Mapping[str, Json]) -> Answer:
    """A number without a tracker is an answer. Raises what the rest means."""
    code, detail = text(error.get("code"), 80), text(error.get("message"))
    if reply.status == 404 or code == "tracker_not_found":
        return Answer("", Outcome.NOT_REGISTERED, detail=detail)
    kinds: Mapping[bool, type[CarrierError]] = {
        code.startswith("validation"): InvalidNumberError,
        "quota" in code: RateLimitedError,
        "subscription" in code: AuthError,
    }
    if kind := kinds.get(True):
        raise kind(detail or code)
    raise error_for(reply, detail or code, status=422 if ok(reply) else reply.status)


def _answer(item: Mapping[str, Json]) -> Answer:
    tracker, shipment = obj(item.get("tracker")), obj(item.get("shipment"))
    number = text(tracker.get("trackingNumber"), 64)
    if not number:
        raise BadResponseError("A tracking has no number.")
    told = objs(item.get("events"))
    scans = _scans(told, _clocks(shipment))
    if told and not scans:
        raise BadResponseError("No event of the answer has a time that can be read.")
    if not scans and text(shipment.get("statusMilestone"), 40) in ("pending", ""):
        return Answer(number, Outcome.NOT_FOUND)
    delivery = obj(shipment.get("delivery"))
    return Answer(
        number, scans=tuple(scans), eta=_eta(delivery), signed_by=text(delivery.get("signedBy"), 120)
    )


def _clocks(shipment: Mapping[str, Json]) -> tuple[ZoneInfo, ZoneInfo]:
    """Where the parcel comes from, and where it goes to."""
    goes_to = text(obj(shipment.get("recipient")).get("postCode"), 12)
    origin = zones.zone_at(country(shipment.get("originCountryCode")))
    destination = zones.zone_at(country(shipment.get("destinationCountryCode")), goes_to)
    known = [found[0] for found in (origin, destination) if found]
    return (known[0], known[-1]) if known else (_UTC, _UTC)


def _scans(told: Sequence[Mapping[str, Json]], clocks: tuple[ZoneInfo, ZoneInfo]) -> list[Scan]:
    """Oldest first. An event without a code that repeats the milestone before it moves nothing.

    Unless it is trouble and its words say which: a search that ends with the parcel lost is news.
    """
    first = text(told[-1].get("courierCode"), 60) if told else ""
    found = [
        (scan, integer(event.get("order")) or 0)
        for event in reversed(told)
        if (scan := _scan(event, clocks, first))
    ]
    found.sort(key=lambda one: (one[0].at, one[1]))
    scans: list[Scan] = []
    before = ""
    for scan, _order in found:
        milestone = scan.raw["milestone"]
        repeats = scan.code == milestone == before and milestone not in MAY_REPEAT and not _tells(scan)
        scans.append(scan._replace(reading=SubStatus.DATA_UPDATED) if repeats else scan)
        before = milestone
    return scans


def _tells(scan: Scan) -> bool:
    return scan.code == "exception" and (
        words.refined(SubStatus.EXCEPTION_UNSPECIFIED, scan.text) is not SubStatus.EXCEPTION_UNSPECIFIED
    )


def _scan(event: Mapping[str, Json], clocks: tuple[ZoneInfo, ZoneInfo], first: str) -> Scan | None:
    said_at = text(event.get("occurrenceDatetime"), 40) or text(event.get("datetime"), 40)
    milestone, said = text(event.get("statusMilestone"), 40), text(event.get("status"))
    when = zones.moment(said_at, "", "", clocks[milestone in NEAR_THE_END])
    if when is not None and when[1] is not ZoneSource.OFFSET and (offset := text(event.get("utcOffset"), 6)):
        when = zones.moment(f"{said_at}{offset}", "", "", _UTC) or when
    if when is None:
        return None
    code = text(event.get("statusCode"), 60) or milestone
    reading = None if code in STATUSES else STATUSES.get(milestone)
    if code == "in_transit":
        reading = _moving(said)
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=text(event.get("location"), 120),
        scan_id=text(event.get("eventId"), 64),
        leg=2 if text(event.get("courierCode"), 60) not in ("", first) else 1,
        reading=reading,
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"milestone": milestone, "source": text(event.get("sourceCode"), 60)},
    )


def _moving(said: str) -> SubStatus:
    """An event of a parcel in transit, as its text tells it."""
    refined = words.refined(SubStatus.IN_TRANSIT, said)
    meant = words.meaning(said) if refined is SubStatus.IN_TRANSIT else None
    return meant if meant and meant.status is Status.IN_TRANSIT else refined


def _eta(delivery: Mapping[str, Json]) -> Eta | None:
    """The courier's own word before Ship24's estimate, as the day or days it was said for."""
    courier = obj(delivery.get("courierEstimatedDeliveryDate"))
    for edges in ((courier.get("from"), courier.get("to")), (delivery.get("estimatedDeliveryDate"),)):
        days = [when[0].date() for edge in edges if (when := zones.moment(text(edge, 40), "", "", _UTC))]
        if days:
            return Eta(min(days), max(days))
    return None


CARRIER = Carrier(
    code="ship24",
    name="Ship24",
    docs="https://docs.ship24.com",
    endpoint=f"{API}/trackers/search/{{number}}/results",
    auth=ApiKey(
        header="Authorization",
        prefix="Bearer ",
        secrets=(
            Secret("api_key", _("API key")),
            Secret(
                "webhook_secret",
                _("Webhook secret"),
                help=_("Pushes are heeded only with it."),
                required=False,
            ),
        ),
    ),
    parse=parse,
    build=build,
    register=register,
    verify=verify,
    push=Trust.SHARED,
    statuses=STATUSES,
    limits=Limits(per_second=5.0),
    public_url="https://www.ship24.com/tracking?p={number}",
    aggregates=AGGREGATES,
    notes=(
        _("Ship24 bills each tracker: each parcel uses up one of the plan's."),
        _(
            "Times come without their time zone: the clock of where the parcel comes from or goes to is assumed."
        ),
        _("Before it pushes, Ship24 looks whether the address answers."),
    ),
)
