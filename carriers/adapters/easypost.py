"""EasyPost Trackers, an aggregator strong in the US: a tracker is made for each number, then many are fetched a call.

- Making a tracker that is there already gives the one that is there: safe to repeat, and billed once.
- A batch leaves out the numbers it has no tracker for. One number may have two trackers, with two carriers.
- `unknown` without details is normal at first.
- A detail has a `status` and, finer, a `status_detail`; the code is both, `failure/refused`, since one
  `status_detail` says different things with different statuses ("arrived_at_destination", delivered). For a pair
  without a row the `status` alone, the documented coarser level, stands in. `failure` is the carrier's trouble
  unless it was an attempt.
- Times are UTC and details come oldest first; the place's clock is not told.
- A push is an event with the tracker in `result`, signed: `X-Hmac-Signature: hmac-sha256-hex=…` of the raw body,
  keyed with the webhook secret in Unicode form NFKD.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from carriers import signatures, zones
from carriers.payload import country, error_for, json_of, obj, objs, ok, text
from carriers.types import (
    Answer,
    BadResponseError,
    Basic,
    Carrier,
    Eta,
    InvalidNumberError,
    Json,
    Limits,
    Outcome,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
    Trust,
)
from carriers.types import gettext_noop as _

API = "https://api.easypost.com/v2"
# https://docs.easypost.com/docs/trackers. What a status alone means:
_BY_STATUS = {
    "unknown": SubStatus.PENDING_NOT_FOUND,
    "pre_transit": SubStatus.LABEL_CREATED,
    "in_transit": SubStatus.IN_TRANSIT,
    "out_for_delivery": SubStatus.ON_VEHICLE,
    "available_for_pickup": SubStatus.PICKUP_POINT,
    "delivered": SubStatus.DELIVERED,
    "return_to_sender": SubStatus.RETURNING,
    "failure": SubStatus.EXCEPTION_UNSPECIFIED,
    "error": SubStatus.EXCEPTION_UNSPECIFIED,
    "cancelled": SubStatus.CANCELLED_VOIDED,
}
# What a detail adds to `in_transit`, `unknown` and `pre_transit`: the parcel is somewhere on its way.
_ON_ITS_WAY = {
    "label_created": SubStatus.LABEL_CREATED,
    "received_at_origin_facility": SubStatus.PICKED_UP,
    "arrived_at_facility": SubStatus.ARRIVED_FACILITY,
    "departed_facility": SubStatus.DEPARTED_FACILITY,
    "departed_origin_facility": SubStatus.DEPARTED_FACILITY,
    "arrived_at_destination": SubStatus.ARRIVED_FACILITY,  # the country's, the city's, the post office's: not said
    "received_at_destination_facility": SubStatus.AT_DELIVERY_DEPOT,
    "transferred_to_destination_carrier": SubStatus.HANDED_TO_LAST_MILE,
    "in_transit": SubStatus.IN_TRANSIT,
    "out_for_delivery": SubStatus.ON_VEHICLE,
    "arrived_at_pickup_location": SubStatus.PICKUP_POINT,
    "delayed": SubStatus.DELAYED_OPERATIONS,
    "missorted": SubStatus.DELAYED_OPERATIONS,
    "weather_delay": SubStatus.DELAYED_WEATHER,
    "address_correction": SubStatus.ADDRESS_CORRECTED,
    "awaiting_information": SubStatus.DATA_UPDATED,
    "status_update": SubStatus.DATA_UPDATED,
}
# Trouble is trouble, whatever the status beside it.
_IN_TROUBLE = {
    "cancelled": SubStatus.CANCELLED_VOIDED,
    "damaged": SubStatus.EXCEPTION_DAMAGED,
    "delivery_exception": SubStatus.EXCEPTION_UNSPECIFIED,
    "expired": SubStatus.EXPIRED_NO_EVENTS,
    "held": SubStatus.EXCEPTION_HELD,
    "lost": SubStatus.EXCEPTION_LOST,
    "refused": SubStatus.EXCEPTION_REFUSED,
    "return": SubStatus.RETURNING,
    "transit_exception": SubStatus.EXCEPTION_UNSPECIFIED,
    "unable_to_deliver": SubStatus.EXCEPTION_UNSPECIFIED,
}
_OF_A_FAILURE = {
    "address_correction": SubStatus.EXCEPTION_ADDRESS,
    "awaiting_information": SubStatus.EXCEPTION_HELD,
    "failure": SubStatus.FAILED_OTHER,
    "delayed": SubStatus.DELAYED_OPERATIONS,
    "missorted": SubStatus.DELAYED_OPERATIONS,
    "weather_delay": SubStatus.DELAYED_WEATHER,
}
STATUSES: Mapping[str, SubStatus] = {
    **_BY_STATUS,
    **{f"{status}/{status}": sub for status, sub in _BY_STATUS.items()},
    **{
        f"{status}/{detail}": sub
        for status in ("in_transit", "pre_transit")
        for detail, sub in _ON_ITS_WAY.items()
    },
    **{
        f"{status}/{detail}": sub
        for status in ("in_transit", "pre_transit", "failure", "error")
        for detail, sub in _IN_TROUBLE.items()
    },
    **{f"{status}/{detail}": sub for status in ("failure", "error") for detail, sub in _OF_A_FAILURE.items()},
    # Updates while nothing is known move nothing.
    "pre_transit/awaiting_information": SubStatus.LABEL_CREATED,
    "unknown/status_update": SubStatus.DATA_UPDATED,
    "pre_transit/in_transit": SubStatus.LABEL_CREATED,
    "out_for_delivery/out_for_delivery": SubStatus.ON_VEHICLE,
    "available_for_pickup/arrived_at_pickup_location": SubStatus.PICKUP_POINT,
    "delivered/arrived_at_destination": SubStatus.DELIVERED,
    "return_to_sender/return": SubStatus.RETURNING,
    "return_to_sender/refused": SubStatus.RETURNING,
}
REASONS = {"return_to_sender/refused": "refused"}
SIGNED_WITH = "hmac-sha256-hex="
_UTC = ZoneInfo("UTC")

# https://docs.easypost.com/carriers
AGGREGATES = {
    "usps": "USPS",
    "ups": "UPS",
    "fedex": "FedEx",
    "dhl_express": "DHLExpress",
    "canada_post": "CanadaPost",
    "australia_post": "AustraliaPost",
    "royal_mail": "RoyalMail",
    "correos_es": "Correos",
    # From memory:
    "dpd": "DPD",
    "estafeta": "Estafeta",
}


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    return _post("trackers/batch", {"tracking_codes": [query.number for query in queries]})


def register(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    """Makes the number's tracker, or finds the one there is. Without a carrier EasyPost finds out whose it is."""
    query = queries[0]
    tracker = {"tracking_code": query.number}
    if carrier := AGGREGATES.get(query.carrier):
        tracker["carrier"] = carrier
    return _post("trackers", {"tracker": tracker})


def _post(call: str, body: Json) -> Request:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return Request(f"{API}/{call}", "POST", headers=headers, body=json.dumps(body).encode())


def verify(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> bool:
    """Whether the signature is ours. Without the webhook secret nothing is genuine."""
    key = unicodedata.normalize("NFKD", secrets.get("webhook_secret", ""))
    said = signatures.header(headers, "x-hmac-signature")
    if not said.startswith(SIGNED_WITH):
        return False
    return signatures.is_same(said.removeprefix(SIGNED_WITH).lower(), signatures.hex_hmac(key, body))


def parse(reply: Reply) -> Sequence[Answer]:
    payload = obj(json_of(reply))
    if not ok(reply) or "error" in payload:
        return [_refused(reply, obj(payload.get("error")))]
    if "trackers" in payload:
        told = [_answer(item) for item in objs(payload["trackers"])]
        return told or [Answer("", Outcome.NOT_REGISTERED)]
    if "result" not in payload:
        return [_answer(payload)]
    about = obj(payload["result"])
    return (
        [_answer(about)] if about.get("object") == "Tracker" else []
    )  # there are pushes of other things too


def _refused(reply: Reply, error: Mapping[str, Json]) -> Answer:
    """A number without a tracker is an answer. Raises what the rest means."""
    detail, status = text(error.get("message")) or text(error.get("code"), 80), reply.status
    if status == 404 or (ok(reply) and error.get("code") == "NOT_FOUND"):
        return Answer("", Outcome.NOT_REGISTERED, detail=detail)
    if status == 422:
        raise InvalidNumberError(detail)
    if status == 402:
        status = 403  # the wallet is empty: nothing a later poll would mend
    raise error_for(reply, detail, status=status)


def _answer(item: Mapping[str, Json]) -> Answer:
    number = text(item.get("tracking_code"), 64)
    if not number:
        raise BadResponseError("A tracker has no number.")
    told = objs(item.get("tracking_details"))
    scans = [scan for detail in told if (scan := _scan(detail))]
    if told and not scans:
        raise BadResponseError("No detail of the answer has a time that can be read.")
    scans.sort(key=lambda scan: scan.at)
    if not scans and text(item.get("status"), 40) in ("unknown", ""):
        return Answer(number, Outcome.NOT_FOUND)
    return Answer(number, scans=tuple(scans), eta=_eta(item), signed_by=text(item.get("signed_by"), 120))


def _scan(detail: Mapping[str, Json]) -> Scan | None:
    said_at = text(detail.get("datetime"), 40)
    when = zones.moment(said_at, "", "", _UTC)
    if when is None:
        return None
    status, finer = text(detail.get("status"), 40), text(detail.get("status_detail"), 40)
    code = f"{status}/{finer}" if finer else status
    place = obj(detail.get("tracking_location"))
    where = (text(place.get("city"), 80), text(place.get("state"), 40))
    return Scan(
        at=when[0],
        code=code,
        text=text(detail.get("message")),
        place=", ".join(filter(None, where)),
        country=country(place.get("country")),
        reading=None if code in STATUSES else STATUSES.get(status),
        reason=REASONS.get(code, ""),
        zone_source=when[1],
        said_at=said_at,
        raw={"source": text(detail.get("source"), 40), "carrier_code": text(detail.get("carrier_code"), 40)},
    )


def _eta(item: Mapping[str, Json]) -> Eta | None:
    """A day: the hour of it is no promise, and the local date is the one that counts."""
    local = text(obj(item.get("carrier_detail")).get("est_delivery_date_local"), 10)
    when = zones.moment(local or text(item.get("est_delivery_date"), 40), "", "", _UTC)
    return Eta(when[0].date(), when[0].date()) if when else None


CARRIER = Carrier(
    code="easypost",
    name="EasyPost",
    docs="https://docs.easypost.com/docs/trackers",
    endpoint=f"{API}/trackers",
    auth=Basic(
        user="api_key",
        password="",
        secrets=(
            Secret("api_key", _("API key"), help=_("The production key.")),
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
    per_call=50,
    limits=Limits(per_second=5.0),
    aggregates=AGGREGATES,
    notes=(
        _(
            "EasyPost bills each tracker made for a parcel that was not shipped with a label of EasyPost's own."
        ),
        _(
            "How many numbers one call takes, and how fast one may ask, EasyPost does not say; both are our caution."
        ),
        _("What its detailed statuses mean is known from other clients."),
    ),
)
