"""TrackingMore v4, an aggregator: numbers are registered forty a call, and asked for forty a call.

- Each body has a `meta` (a push: the body itself) with a code of its own: 4101 is a number registered before, 4102
  one never registered. A batch of registrations says of each number how it went.
- `pickup` is out for delivery or ready to be fetched: its sub-status says which, else the text.
- A checkpoint's code is its sub-status; for one without a row its status, the documented coarser level, stands in.
- The carrier that took the parcel and the one that delivers are told apart, each newest first; some events stand
  in both lists.
- A push is signed, but how is disputed, and at best over its time alone: a reason to ask.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
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
    TransientError,
    Trust,
)
from carriers.types import gettext_noop as _

API = "https://api.trackingmore.com/v4/trackings"
STATUSES: Mapping[str, SubStatus] = {  # https://www.trackingmore.com/docs/trackingmore (delivery status)
    "pending": SubStatus.PENDING_NOT_FOUND,
    "notfound": SubStatus.PENDING_NOT_FOUND,
    "notfound001": SubStatus.LABEL_CREATED,  # Information received; about to be picked up
    "notfound002": SubStatus.PENDING_NOT_FOUND,  # No tracking information found
    "inforeceived": SubStatus.LABEL_CREATED,
    "inforeceived001": SubStatus.LABEL_CREATED,
    "transit": SubStatus.IN_TRANSIT,
    "transit001": SubStatus.IN_TRANSIT,  # Package is on the way
    "transit002": SubStatus.ARRIVED_FACILITY,  # Arrived at a hub or sorting center
    "transit003": SubStatus.AT_DELIVERY_DEPOT,  # Arrived at delivery facility
    "transit004": SubStatus.ARRIVED_COUNTRY,  # Arrived at the destination country
    "transit005": SubStatus.CUSTOMS_CLEARED,  # Customs clearance completed
    "transit006": SubStatus.DEPARTED_FACILITY,  # Item dispatched
    "transit007": SubStatus.DEPARTED_FACILITY,  # Departed from airport
    "pickup": SubStatus.ON_VEHICLE,  # or ready for collection
    "pickup001": SubStatus.ON_VEHICLE,  # The package is out for delivery
    "pickup002": SubStatus.PICKUP_POINT,  # The package is ready for collection
    "pickup003": SubStatus.RECIPIENT_CONTACTED,  # The customer is contacted before the final delivery
    "delivered": SubStatus.DELIVERED,
    "delivered001": SubStatus.DELIVERED,  # Package delivered successfully
    "delivered002": SubStatus.DELIVERED_COLLECTED,  # Package picked up by the addressee
    "delivered003": SubStatus.DELIVERED_SIGNED,  # Package received and signed by addressee
    "delivered004": SubStatus.DELIVERED,  # Left at the front door or left with your neighbour: which is not said
    "undelivered": SubStatus.FAILED_OTHER,
    "undelivered001": SubStatus.FAILED_ADDRESS,  # Address-related issues
    "undelivered002": SubStatus.FAILED_NOT_HOME,  # Receiver not home
    "undelivered003": SubStatus.FAILED_OTHER,  # Impossible to locate, or to contact, the addressee
    "undelivered004": SubStatus.FAILED_OTHER,  # Undelivered due to other reasons
    "exception": SubStatus.EXCEPTION_UNSPECIFIED,
    "exception004": SubStatus.EXCEPTION_PICKUP_MISSED,  # The package is unclaimed
    "exception005": SubStatus.EXCEPTION_UNSPECIFIED,  # Other exceptions
    "exception006": SubStatus.EXCEPTION_HELD,  # Package was detained by customs
    "exception007": SubStatus.EXCEPTION_UNSPECIFIED,  # Lost or damaged during delivery: the text says which
    "exception008": SubStatus.CANCELLED_VOIDED,  # Order was cancelled before carrier picks up package
    "exception009": SubStatus.EXCEPTION_REFUSED,  # Package was refused by addressee
    "exception010": SubStatus.RETURNED,  # Package has been returned to sender
    "exception011": SubStatus.RETURNING,  # Package is being sent to sender
    "expired": SubStatus.EXPIRED_NO_EVENTS,
}
REASONS = {"exception006": "customs"}
REFUSALS: Mapping[int, type[CarrierError]] = {
    401: AuthError,
    403: AuthError,
    429: RateLimitedError,
    4110: InvalidNumberError,  # not a number
    4120: InvalidNumberError,  # no such courier
    4121: InvalidNumberError,  # no courier recognised
    4190: RateLimitedError,  # the quota
    511: TransientError,
    512: TransientError,
    513: TransientError,
}
ALREADY_EXISTS, DOES_NOT_EXIST = 4101, 4102
WAIT_S = 120.0  # after a 429, which names no time
_UTC = ZoneInfo("UTC")

# https://www.trackingmore.com/help_article-60-31-en.html
AGGREGATES = {
    "dhl_express": "dhl",
    "ups": "ups",
    "fedex": "fedex",
    "usps": "usps",
    "correos_es": "correos-spain",
    "gls_group": "gls",
    "laposte": "laposte",
    "chronopost": "chronopost",
    "mondial_relay": "mondialrelay",
    "poste_italiane": "poste-italiane",
    "brt": "bartolini",
    "correios_br": "brazil-correios",
    "inpost": "inpost-paczkomaty",
    "royal_mail": "royal-mail",
    "canada_post": "canada-post",
    "australia_post": "australia-post",
    # From memory:
    "dpd": "dpd",
}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    numbers = ",".join(query.number for query in queries)
    return Request(f"{API}/get", params={"tracking_numbers": numbers}, headers={"Accept": "application/json"})


def register(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Tells TrackingMore of numbers. One it knows already is refused as such, which `parse` takes for done."""
    body = json.dumps([_registration(query) for query in queries]).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(f"{API}/batch", "POST", headers=headers, body=body)


def _registration(query: Query) -> dict[str, str]:
    wanted = {
        "tracking_number": query.number,
        "courier_code": AGGREGATES.get(query.carrier, ""),
        "tracking_postal_code": query.postal_code,
        "tracking_destination_country": query.country,
    }
    return {name: value for name, value in wanted.items() if value}


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the push's time is signed by ours, in either form known. Without the webhook secret nothing is."""
    try:
        said = obj(obj(json.loads(body)).get("verify_info"))
    except (ValueError, RecursionError):
        return False
    signature, moment = text(said.get("signature"), 200), text(said.get("timestamp"), 40)
    due = signatures.hex_hmac(secrets.get("webhook_secret", ""), moment.encode())
    return bool(moment) and signatures.is_same(_in_hex(signature), due)


def _in_hex(signature: str) -> str:
    """The same signature, also where it is written in base64."""
    if len(signature) == 64:
        return signature.lower()
    try:
        return base64.b64decode(signature, validate=True).hex()
    except (binascii.Error, ValueError):
        return ""


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    meta = obj(payload.get("meta")) or payload
    code, data = integer(meta.get("code")), payload.get("data")
    if not ok(reply) or code is None or not 200 <= code < 300:
        return [_refused(reply, code, text(meta.get("message")), obj(data))]
    batch = obj(data)
    if "success" in batch or "error" in batch:
        return [_registered(item) for item in objs(batch.get("success"))] + [
            _rejected(item) for item in objs(batch.get("error"))
        ]
    told = [_answer(item) for item in objs(data)]
    return told or [Answer("", Outcome.NOT_REGISTERED)]


def _refused(reply: Reply, code: int | None, detail: str, data: Mapping[str, Json]) -> Answer:
    """A number that is known already, or not at all, is an answer. Raises what the rest means."""
    if code in (ALREADY_EXISTS, DOES_NOT_EXIST):
        outcome = Outcome.OTHER if code == ALREADY_EXISTS else Outcome.NOT_REGISTERED
        return Answer(text(data.get("tracking_number"), 64), outcome, detail=detail)
    if code == 429 or reply.status == 429:
        raise RateLimitedError(detail, retry_after_s=error_for(reply).retry_after_s or WAIT_S)
    if kind := REFUSALS.get(code or 0):
        raise kind(detail)
    raise error_for(reply, detail or ("" if code else "The answer has no `meta`."))


def _registered(item: Mapping[str, Json]) -> Answer:
    number = text(item.get("tracking_number"), 64)
    if not number:
        raise BadResponseError("A registration names no number.")
    return Answer(number, Outcome.OTHER)


def _rejected(item: Mapping[str, Json]) -> Answer:
    """One number of a batch. What its code and words are called differs between versions."""
    code = integer(item.get("errorCode")) or integer(item.get("code")) or 0
    outcome = REFUSALS[code].outcome if code in REFUSALS else Outcome.BAD_RESPONSE
    detail = text(item.get("errorMessage")) or text(item.get("message"))
    if code == ALREADY_EXISTS:
        outcome = Outcome.OTHER
    return Answer(text(item.get("tracking_number"), 64), outcome, detail=detail)


def _answer(item: Mapping[str, Json]) -> Answer:
    number = text(item.get("tracking_number"), 64)
    if not number:
        raise BadResponseError("A tracking has no number.")
    scans = _scans(item)
    if not scans and STATUSES.get(text(item.get("delivery_status"), 40)) is SubStatus.PENDING_NOT_FOUND:
        return Answer(number, Outcome.NOT_FOUND)
    when = zones.moment(text(item.get("scheduled_delivery_date"), 40), "", "", _UTC)
    eta = Eta(when[0].date(), when[0].date()) if when else None
    return Answer(number, scans=tuple(scans), eta=eta, signed_by=text(item.get("signed_by"), 120))


def _scans(item: Mapping[str, Json]) -> list[Scan]:
    """Both carriers' scans, oldest first; what both tell, of the first."""
    told = [
        (leg, checkpoint)
        for leg, name in ((1, "origin_info"), (2, "destination_info"))
        for checkpoint in reversed(objs(obj(item.get(name)).get("trackinfo")))
    ]
    scans: dict[tuple[str, str], Scan] = {}
    for leg, checkpoint in told:
        if scan := _scan(checkpoint, leg):
            scans.setdefault((scan.said_at, scan.text), scan)
    if told and not scans:
        raise BadResponseError("No checkpoint of the answer has a time that can be read.")
    return sorted(scans.values(), key=lambda scan: scan.at)


def _scan(checkpoint: Mapping[str, Json], leg: int) -> Scan | None:
    said_at = text(checkpoint.get("checkpoint_date"), 40)
    land = country(checkpoint.get("country_iso2"))
    when = zones.moment(said_at, land, text(checkpoint.get("zip"), 12), _UTC)
    if when is None:
        return None
    status = text(checkpoint.get("checkpoint_delivery_status"), 40) or text(
        checkpoint.get("checkpoint_status"), 40
    )
    code = text(checkpoint.get("checkpoint_delivery_substatus"), 40) or status
    said = text(checkpoint.get("tracking_detail")) or text(checkpoint.get("details"))
    return Scan(
        at=when[0],
        code=code,
        text=said,
        place=text(checkpoint.get("location"), 120) or text(checkpoint.get("city"), 120),
        country=land,
        leg=leg,
        reading=_reading(code, status, said),
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"status": status, "raw_status": text(checkpoint.get("raw_status"), 120)},
    )


def _reading(code: str, status: str, said: str) -> SubStatus | None:
    if code in STATUSES and code != "pickup":
        return None
    if status == "pickup" and (meant := words.meaning(said)) and meant.status is Status.AVAILABLE_FOR_PICKUP:
        return meant
    return STATUSES.get(status)


CARRIER = Carrier(
    code="trackingmore",
    name="TrackingMore",
    docs="https://www.trackingmore.com/docs/trackingmore",
    endpoint=f"{API}/get",
    auth=ApiKey(
        header="Tracking-Api-Key",
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
    per_call=40,
    limits=Limits(per_second=3.0, published=True),  # of registrations; of questions it is ten
    public_url="https://www.trackingmore.com/track/en/{number}",
    aggregates=AGGREGATES,
    notes=(
        _("TrackingMore bills by registered numbers: each parcel uses up one of the plan's."),
        _("How it signs pushes TrackingMore's own pages tell in two ways: a push only makes us ask."),
        _("How a batch of registrations is answered is known from other clients."),
    ),
)
