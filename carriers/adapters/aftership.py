"""AfterShip Tracking API 2026-07, an aggregator: numbers are registered one a call, then asked for many a call.

- Each body has a `meta` with a code of its own: 4003 is a number registered before, 4004 one never registered. A
  list leaves out what it does not know, and holds a number twice where two carriers use it: the shop's own is
  told apart by nothing but its carrier, so each is registered with its `slug` where that is known.
- `Pending` without checkpoints is normal at first. `Expired` is a verdict after thirty days of silence.
- A checkpoint's code is its `subtag`; for a subtag without a row its `tag`, the documented coarser level, stands
  in. The carrier's own code travels as `raw_tag`.
- Countries are ISO 3166-1 alpha-3. A `checkpoint_time` may lack its offset: then it is the place's clock.
- Checkpoints come oldest first; those of another carrier than the first are the second leg.
- A push is one tracking in `msg`, signed: base64 HMAC-SHA256 of the raw body in `aftership-hmac-sha256`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from carriers import countries, signatures, zones
from carriers.payload import error_for, https, integer, json_of, obj, objs, ok, pieces, text
from carriers.types import (
    Answer,
    ApiKey,
    BadResponseError,
    Carrier,
    CarrierError,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    Outcome,
    PickupPoint,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    Status,
    SubStatus,
    Trust,
)
from carriers.types import gettext_noop as _

API = "https://api.aftership.com/tracking/2026-07"
STATUSES: Mapping[str, SubStatus] = {  # https://www.aftership.com/docs/tracking/enum/delivery-sub-statuses
    "Pending": SubStatus.PENDING_NOT_FOUND,
    "Pending_001": SubStatus.PENDING_NOT_FOUND,  # Pending
    "InfoReceived": SubStatus.LABEL_CREATED,
    "InfoReceived_001": SubStatus.LABEL_CREATED,  # Info Received
    "InTransit": SubStatus.IN_TRANSIT,
    "InTransit_001": SubStatus.IN_TRANSIT,  # In Transit
    "InTransit_002": SubStatus.PICKED_UP,  # Acceptance scan
    "InTransit_003": SubStatus.ARRIVED_FACILITY,  # Arrival scan
    "InTransit_004": SubStatus.ARRIVED_COUNTRY,  # Arrived at the destination country/region
    "InTransit_005": SubStatus.CUSTOMS_CLEARED,  # Customs clearance completed
    "InTransit_006": SubStatus.CUSTOMS_PROCESSING,  # Customs clearance started
    "InTransit_007": SubStatus.DEPARTED_FACILITY,  # Departure scan
    "InTransit_008": SubStatus.PROBLEM_RESOLVED,  # Problem resolved
    "InTransit_009": SubStatus.REDIRECTED,  # Forwarded to a different delivery address
    "OutForDelivery": SubStatus.ON_VEHICLE,
    "OutForDelivery_001": SubStatus.ON_VEHICLE,  # Out for Delivery
    "OutForDelivery_003": SubStatus.RECIPIENT_CONTACTED,  # Customer contacted
    "OutForDelivery_004": SubStatus.APPOINTMENT_SET,  # Delivery appointment scheduled
    "AvailableForPickup": SubStatus.PICKUP_POINT,
    "AvailableForPickup_001": SubStatus.PICKUP_POINT,  # Available for pickup
    "AttemptFail": SubStatus.FAILED_OTHER,
    "AttemptFail_001": SubStatus.FAILED_OTHER,  # Failed Attempt
    "AttemptFail_002": SubStatus.FAILED_NOT_HOME,  # Addressee not available
    "AttemptFail_003": SubStatus.FAILED_BUSINESS_CLOSED,  # Business Closed
    "Delivered": SubStatus.DELIVERED,
    "Delivered_001": SubStatus.DELIVERED,  # Delivered
    "Delivered_002": SubStatus.DELIVERED_COLLECTED,  # Picked up by the customer
    "Delivered_003": SubStatus.DELIVERED_SIGNED,  # Signed by customer
    "Delivered_004": SubStatus.DELIVERED_COD,  # Delivered and received cash on delivery
    "Delivered_005": SubStatus.DELIVERED_NEIGHBOUR,  # Delivered to neighbor
    "Exception": SubStatus.EXCEPTION_UNSPECIFIED,
    "Exception_001": SubStatus.EXCEPTION_UNSPECIFIED,  # Exception
    "Exception_002": SubStatus.EXCEPTION_RECIPIENT,  # Customer moved
    "Exception_003": SubStatus.EXCEPTION_REFUSED,  # Customer refused delivery
    "Exception_004": SubStatus.DELAYED_CUSTOMS,  # Delayed (Customs clearance)
    "Exception_005": SubStatus.DELAYED_EXTERNAL,  # Delayed (External factors)
    "Exception_006": SubStatus.EXCEPTION_PAYMENT,  # Held for payment
    "Exception_007": SubStatus.EXCEPTION_ADDRESS,  # Incorrect address
    "Exception_008": SubStatus.EXCEPTION_PICKUP_MISSED,  # Pick up missed
    "Exception_009": SubStatus.EXCEPTION_REJECTED,  # Rejected by carrier
    "Exception_010": SubStatus.RETURNING,  # Returning to sender
    "Exception_011": SubStatus.RETURNED,  # Returned to sender
    "Exception_012": SubStatus.EXCEPTION_DAMAGED,  # Shipment damaged
    "Exception_013": SubStatus.EXCEPTION_LOST,  # Shipment lost
    "Exception_016": SubStatus.DELAYED_OPERATIONS,  # Delayed (Processing issue)
    "Exception_017": SubStatus.DELAYED_WEATHER,  # Delayed (Extreme weather)
    "Exception_018": SubStatus.CUSTOMS_INFO_REQUIRED,  # Incorrect / missing documents
    "Exception_019": SubStatus.DELAYED_OPERATIONS,  # Delayed
    "Exception_020": SubStatus.CANCELLED_VOIDED,  # Cancelled
    "Exception_021": SubStatus.EXCEPTION_DESTROYED,  # Destroyed
    "Expired": SubStatus.EXPIRED_NO_EVENTS,
    "Expired_001": SubStatus.EXPIRED_NO_EVENTS,  # Expired
}
REASONS = {"Exception_004": "customs", "Exception_018": "customs"}
ALREADY_EXISTS, DOES_NOT_EXIST = 4003, 4004
# The number, the carrier, or what that carrier wants besides: asking again the same way cannot help.
INVALID = frozenset({4005, 4007, 4008, 4010, 4011, 4012, 4017})
EXPIRES_AFTER = timedelta(days=30)
_UTC = ZoneInfo("UTC")

# https://www.aftership.com/docs/tracking/others/supported-couriers
AGGREGATES = {
    "dhl_express": "dhl",
    "dhl_parcel_es": "dhl-es",
    "ups": "ups",
    "fedex": "fedex",
    "usps": "usps",
    "correos_es": "spain-correos-es",
    "correos_express": "correosexpress",
    "seur": "spanish-seur",
    "gls_es": "asm",  # the name GLS Spain had before
    "gls_group": "gls",
    "mrw": "mrw-spain",
    "nacex": "nacex-spain",
    "ctt_pt": "portugal-ctt",
    "laposte": "la-poste-colissimo",
    "chronopost": "chronopost-france",
    "mondial_relay": "mondialrelay",
    "dpd": "dpd",
    "poste_italiane": "poste-italiane",
    "brt": "brt-it",
    "correios_br": "brazil-correios",
    "inpost": "inpost-paczkomaty",
    "postnl": "postnl",
    "royal_mail": "royal-mail",
    "canada_post": "canada-post",
    "australia_post": "australia-post",
    # From memory:
    "estafeta": "estafeta",
}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    numbers = ",".join(query.number for query in queries)
    return Request(
        f"{API}/trackings",
        params={"tracking_numbers": numbers, "limit": "200"},
        headers={"Accept": "application/json"},
    )


def register(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Tells AfterShip of a number. One it knows already is refused as such, which `parse` takes for done."""
    query = queries[0]
    wanted = {
        "tracking_number": query.number,
        "slug": AGGREGATES.get(query.carrier, ""),
        "tracking_postal_code": query.postal_code,
        "tracking_ship_date": query.shipped_date.strftime("%Y%m%d") if query.shipped_date else "",
        "language": query.language[:2].lower(),
    }
    body = json.dumps({name: value for name, value in wanted.items() if value}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(f"{API}/trackings", "POST", headers=headers, body=body)


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the signature is ours. Without the webhook secret nothing is genuine."""
    said = signatures.header(headers, "aftership-hmac-sha256")
    return signatures.is_same(said, signatures.base64_hmac(secrets.get("webhook_secret", ""), body))


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if "msg" in payload:
        return [_answer(obj(payload["msg"]))]
    meta, data = obj(payload.get("meta")), obj(payload.get("data"))
    code = integer(meta.get("code"))
    if not ok(reply) or code is None or not 200 <= code < 300:
        return [_refused(reply, code, text(meta.get("message")), data)]
    if "trackings" in data:
        told = [_answer(item) for item in objs(data["trackings"])]
        return told or [Answer("", Outcome.NOT_REGISTERED)]
    return [_answer(obj(data.get("tracking")) or data)]


def _refused(reply: Reply, code: int | None, detail: str, data: Mapping[str, Json]) -> Answer:
    """A number that is known already, or not at all, is an answer. Raises what the rest means."""
    if code == ALREADY_EXISTS:
        return Answer(text(data.get("tracking_number"), 64), Outcome.OTHER, detail=detail)
    if code == DOES_NOT_EXIST:
        return Answer("", Outcome.NOT_REGISTERED, detail=detail)
    if code in INVALID:
        raise InvalidNumberError(detail)
    raise _error(reply, code, detail)


def _error(reply: Reply, code: int | None, detail: str) -> CarrierError:
    if ok(reply) and code is None:
        return BadResponseError("The answer has no `meta`.")
    return error_for(reply, detail, status=code if ok(reply) else reply.status)


def _answer(item: Mapping[str, Json]) -> Answer:
    number = text(item.get("tracking_number"), 64)
    if not number:
        raise BadResponseError("A tracking has no number.")
    scans, tag = _scans(item), text(item.get("tag"), 40)
    if not scans and tag in ("Pending", ""):
        return Answer(number, Outcome.NOT_FOUND, detail=text(item.get("subtag_message")))
    if scans and tag == "Expired":
        scans.append(_expiry(scans[-1], text(item.get("subtag"), 40) or tag))
    return Answer(
        number,
        scans=tuple(scans),
        eta=_eta(item),
        pickup=_pickup(item, tag),
        pieces=pieces(item.get("shipment_package_count")),
        delivery_options_url=https(item.get("courier_redirect_link")),
        signed_by=text(item.get("signed_by"), 120),
    )


def _scans(item: Mapping[str, Json]) -> list[Scan]:
    told = objs(item.get("checkpoints"))
    first = text(told[0].get("slug"), 60) if told else ""
    scans = [scan for checkpoint in told if (scan := _scan(checkpoint, first))]
    if told and not scans:
        raise BadResponseError("No checkpoint of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    return scans


def _scan(checkpoint: Mapping[str, Json], first: str) -> Scan | None:
    said_at = text(checkpoint.get("checkpoint_time"), 40)
    land = countries.alpha_2(text(checkpoint.get("country_region"), 3))
    when = zones.moment(said_at, land, text(checkpoint.get("postal_code"), 12), _UTC)
    if when is None:
        return None
    tag, subtag = text(checkpoint.get("tag"), 40), text(checkpoint.get("subtag"), 40)
    code = subtag or tag
    return Scan(
        at=when[0],
        code=code,
        text=text(checkpoint.get("message")),
        place=text(checkpoint.get("location"), 120) or text(checkpoint.get("city"), 120),
        country=land,
        leg=2 if text(checkpoint.get("slug"), 60) not in ("", first) else 1,
        reading=None if code in STATUSES else STATUSES.get(tag),
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"tag": tag, "raw_tag": text(checkpoint.get("raw_tag"), 60)},
    )


def _expiry(last: Scan, verdict: str) -> Scan:
    at = last.at + EXPIRES_AFTER
    return Scan(at=at, code=verdict, leg=last.leg, zone_source=last.zone_source, said_at="")


def _eta(item: Mapping[str, Json]) -> Eta | None:
    """The carrier's own word before AfterShip's estimate; a day, or the days between two."""
    for name in (
        "courier_estimated_delivery_date",
        "latest_estimated_delivery",
        "aftership_estimated_delivery_date",
    ):
        said = obj(item.get(name))
        for wanted in ("estimated_delivery_date", "datetime"):
            edges = (said.get(f"{wanted}_min"), said.get(f"{wanted}_max"))
            days = [when[0].date() for edge in edges if (when := _moment(edge))]
            if not days and (when := _moment(said.get(wanted))):
                days = [when[0].date()]
            if days:
                return Eta(min(days), max(days))
    return None


def _moment(said: Json) -> Any:
    return zones.moment(text(said, 40), "", "", _UTC)


def _pickup(item: Mapping[str, Json], tag: str) -> PickupPoint | None:
    name = text(item.get("pickup_location"), 120)
    sub = STATUSES.get(tag)
    waits = sub is not None and sub.status is Status.AVAILABLE_FOR_PICKUP
    return PickupPoint(name=name) if name and waits else None


CARRIER = Carrier(
    code="aftership",
    name="AfterShip",
    docs="https://www.aftership.com/docs/tracking",
    endpoint=f"{API}/trackings",
    auth=ApiKey(
        header="as-api-key",
        secrets=(
            Secret("api_key", _("API key")),
            Secret(
                "webhook_secret",
                _("Webhook secret"),
                help=_("Pushes are believed only with it."),
                required=False,
            ),
        ),
    ),
    parse=parse,
    build=build,
    register=register,
    registers_per_call=1,
    verify=verify,
    push=Trust.SIGNED,
    statuses=STATUSES,
    per_call=50,  # two hundred would do, but an answer of two hundred long journeys is megabytes
    limits=Limits(per_second=10.0, published=True),
    public_url="https://www.aftership.com/track/{number}",
    aggregates=AGGREGATES,
    notes=(
        _("AfterShip bills by registered numbers: each parcel uses up one of the plan's."),
        _("Ten calls a second are shared by everything the organisation does with AfterShip."),
        _(
            "Some carriers want a postal code or the day of shipping besides: AfterShip then names what is missing."
        ),
    ),
)
