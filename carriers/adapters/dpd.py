"""DPD Belgium and Netherlands, shipper web services: SOAP, one parcel a call, a token of a day from a login.

- DPD is national: these are two hosts of the same service, and the account says which is its own. Other countries have
  interfaces of their own (Spain: SEUR, Italy: BRT).
- Logging in is allowed about ten times a day, so a token is kept for its day. One that is refused is a SOAP fault.
- The history is a ladder of five or six fixed steps, also of those not reached yet; a step that did not go well takes
  the place of another. DPD writes their names in two ways (`DELIVERY_FAILURE`, `DeliveryFailure`).
- Dates are text: `05/06/2026 4:10:00 AM` is the sixth of May; `06.05.2026, 04:10` and whatever else has no AM or PM
  begins with the day. They are on the clock of the step's country.
- An unknown parcel is a fault too, or an answer without a result. The answer does not repeat the parcel's number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from carriers import words, zones
from carriers.payload import child, country, error_for, obj, objs, ok, text, xml_of
from carriers.types import (
    AccessToken,
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Limits,
    Login,
    NotFoundError,
    Query,
    Reply,
    Request,
    Scan,
    Secret,
    SubStatus,
    ZoneSource,
)
from carriers.types import gettext_noop as _

HOSTS = {"be": "wsshipper.dpd.be", "nl": "wsshipper.dpd.nl"}
LOGIN, TRACK = "soap/services/LoginService/V2_1", "soap/services/ParcelLifeCycleService/V2_0"
BRUSSELS = ZoneInfo("Europe/Brussels")
LANGUAGE = "en_EN"
TOKEN_S = 86_400.0
ASKED = "-"  # one call is one number, and the answer does not repeat it
TYPES, SERVICES = "http://dpd.com/common/service/types", "http://dpd.com/common/service"
TRACK_CALL = f"{TYPES}/ParcelLifeCycleService/2.0/getTrackingData"
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/">{parts}</soap:Envelope>'
)
LOGIN_PARTS = (
    f'<soap:Body><l:getAuth xmlns:l="{TYPES}/LoginService/2.1"><delisId>{{delis_id}}</delisId>'
    f"<password>{{password}}</password><messageLanguage>{LANGUAGE}</messageLanguage></l:getAuth></soap:Body>"
)
TRACK_PARTS = (
    f'<soap:Header><a:authentication xmlns:a="{TYPES}/Authentication/2.0"><delisId>{{delis_id}}</delisId>'
    f"<authToken>{{token}}</authToken><messageLanguage>{LANGUAGE}</messageLanguage></a:authentication></soap:Header>"
    f'<soap:Body><p:getTrackingData xmlns:p="{TYPES}/ParcelLifeCycleService/2.0">'
    "<parcelLabelNumber>{number}</parcelLabelNumber></p:getTrackingData></soap:Body>"
)
STATUSES: Mapping[str, SubStatus] = {
    "SHIPMENT": SubStatus.LABEL_CREATED,  # Parcel information received
    "ACCEPTED": SubStatus.LABEL_CREATED,  # Parcel information
    "PICKUP_DRIVER": SubStatus.PICKED_UP,  # Collected by the driver
    "HANDOVER_CONSIGNOR_TO_PARCELSHOP": SubStatus.PICKED_UP,  # Handed in at a parcel shop by the sender
    "AT_SENDING_DEPOT": SubStatus.ARRIVED_FACILITY,  # At parcel dispatch centre
    "ON_THE_ROAD": SubStatus.IN_TRANSIT,  # In transit
    "AT_DELIVERY_DEPOT": SubStatus.AT_DELIVERY_DEPOT,  # At parcel delivery centre
    "OUT_FOR_DELIVERY": SubStatus.ON_VEHICLE,  # Out for delivery
    "COURIER": SubStatus.ON_VEHICLE,
    "DELIVERY_FAILURE": SubStatus.FAILED_OTHER,
    "NOT_DELIVERED": SubStatus.FAILED_OTHER,
    "AT_PARCELSHOP": SubStatus.PICKUP_POINT,
    "PARCELSHOP": SubStatus.PICKUP_POINT,
    "DELIVERED": SubStatus.DELIVERED,  # Delivered
    "RETURN_TO_SENDER": SubStatus.RETURNING,  # unverified
}
_BY_LETTERS = {code.replace("_", ""): code for code in STATUSES}
_FAILED = {code for code, sub in STATUSES.items() if sub is SubStatus.FAILED_OTHER}
_TIME = re.compile(
    r"(\d{1,2})([./-])(\d{1,2})[./-](\d{4})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp][Mm])?)?"
)


def sign_in(secrets: Mapping[str, str]) -> Request:
    delis_id, password = (_xml(secrets.get(name, "")) for name in ("delis_id", "password"))
    call = f"{SERVICES}/LoginService/2.1/getAuth"
    return _post(secrets, LOGIN, call, LOGIN_PARTS.format(delis_id=delis_id, password=password))


def build(queries: Sequence[Query], secrets: Mapping[str, str]) -> Request:
    number = queries[0].number.strip()
    if len(number) == 15 and number[:14].isdecimal():  # with its check character, which is not asked for
        number = number[:14]
    delis_id, token = (_xml(secrets.get(name, "")) for name in ("delis_id", "token"))
    parts = TRACK_PARTS.format(delis_id=delis_id, token=token, number=_xml(number))
    return _post(secrets, TRACK, TRACK_CALL, parts)


def _post(secrets: Mapping[str, str], path: str, call: str, parts: str) -> Request:
    host = HOSTS.get(secrets.get("country", "").strip().lower(), HOSTS["be"])
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{call}"'}
    return Request(
        f"https://{host}/{path}", "POST", headers=headers, body=ENVELOPE.format(parts=parts).encode()
    )


def _xml(value: str) -> str:
    """Text for inside an element. Control characters have no place in XML, not even escaped."""
    return escape("".join(char for char in value if char.isprintable()))


def token(reply: Reply) -> AccessToken:
    """Raises AuthError where DPD refuses the account, as it does after too many logins in a day."""
    result = obj(child(child(_body(reply), "getAuthResponse"), "return"))
    value = text(result.get("authToken"), 8000)
    if not value:
        raise BadResponseError("DPD gave no token.")
    return AccessToken(value, TOKEN_S)


def parse(reply: Reply) -> Sequence[Answer]:
    result = obj(child(child(_body(reply), "getTrackingDataResponse"), "trackingresult"))
    if not result:
        raise NotFoundError
    steps = [step for step in objs(result.get("statusInfo")) if _is(step, "statusHasBeenReached")]
    scans = _scans(steps)
    if steps and not scans:
        raise BadResponseError("No step of the answer has a date that can be read.")
    return [Answer(ASKED, scans=scans)]


def _body(reply: Reply) -> dict[str, Any]:
    body = obj(child(child(xml_of(reply), "Envelope"), "Body"))
    if fault := obj(child(body, "Fault")):
        raise _refusal(reply, fault)
    if not ok(reply):
        raise error_for(reply)
    if not body:
        raise BadResponseError("The answer is not one of DPD's.")
    return body


def _refusal(reply: Reply, fault: dict[str, Any]) -> CarrierError:
    detail = fault.get("detail")
    if refused := obj(child(detail, "authenticationFault")):
        return AuthError(text(refused.get("errorMessage")) or text(refused.get("errorCode"), 40))
    said = obj(child(detail, "faults"))
    code, message = text(said.get("faultCode"), 80), text(said.get("message"))
    if "NOT_FOUND" in code.upper() or "no data found" in message.lower():
        return NotFoundError(message)
    return error_for(reply, message or code or text(fault.get("faultstring")))


def _is(step: dict[str, Any], name: str) -> bool:
    return text(step.get(name), 8).lower() == "true"


def _scans(steps: list[dict[str, Any]]) -> tuple[Scan, ...]:
    scans: list[Scan] = []
    for step in steps:
        place, land = _place(text(obj(step.get("location")).get("content"), 120))
        said_at = text(obj(step.get("date")).get("content"), 40)
        when = zones.moment(_clock(said_at), land, "", BRUSSELS)
        if when is None and scans and _is(step, "isCurrentStatus"):
            when = scans[-1].at, scans[-1].zone_source  # where it is now counts more than since when
        if when is not None:
            scans.append(_scan(step, when, said_at, place, land))
    return tuple(sorted(scans, key=lambda scan: scan.at))


def _scan(
    step: dict[str, Any], when: tuple[datetime, ZoneSource], said_at: str, place: str, land: str
) -> Scan:
    said = text(step.get("status"), 60).upper()
    code = _BY_LETTERS.get(said.replace("_", ""), said)
    return Scan(
        at=when[0],
        code=code,
        text=text(obj(step.get("label")).get("content")),
        place=place,
        country=land,
        reading=_reason(step) if code in _FAILED else None,
        zone_source=when[1],
        said_at=said_at,
    )


def _reason(step: dict[str, Any]) -> SubStatus | None:
    """Why it was not delivered, where the description says so; the description itself may name people."""
    told = objs(obj(step.get("description")).get("content"))
    sub = words.refined(SubStatus.FAILED_OTHER, " ".join(text(line.get("content")) for line in told))
    return None if sub is SubStatus.FAILED_OTHER else sub


def _place(said: str) -> tuple[str, str]:
    """`Lyon (FR)` as town and country."""
    land = country(said[-3:-1]) if said.endswith(")") and said[-4:-3] == "(" else ""
    return (said[:-4].strip(), land) if land else (said, "")


def _clock(said: str) -> str:
    """A date of DPD's as ISO 8601; what is none comes back as it is."""
    found = _TIME.fullmatch(said)
    if found is None:
        return said
    first, mark, second, year, hour, minute, seconds, half = found.groups()
    day, month = (second, first) if half and mark == "/" else (first, second)
    hours = int(hour or 0)
    if half and hours <= 12:
        hours = hours % 12 + (12 if half.lower() == "pm" else 0)
    return f"{year}-{month:0>2}-{day:0>2}T{hours:02}:{minute or '00'}:{seconds or '00'}"


CARRIER = Carrier(
    code="dpd",
    name="DPD Belgium and Netherlands",
    docs="https://wsshipper.dpd.be/soap/WSDL/ParcelLifeCycleServiceV20.wsdl",
    endpoint=f"https://{HOSTS['be']}/{TRACK}",
    auth=Login(
        request=sign_in,
        token=token,
        secrets=(
            Secret("delis_id", _("DelisID"), hidden=False),
            Secret("password", _("Password")),
            Secret(
                "country",
                _("Country of the contract"),
                _("BE or NL; BE where empty."),
                hidden=False,
                required=False,
            ),
        ),
        header="",
    ),
    parse=parse,
    build=build,
    statuses=STATUSES,
    countries=("BE", "NL", "LU"),
    languages=("en",),
    hosts=(HOSTS["nl"],),
    zone=BRUSSELS,
    limits=Limits(per_second=1.0),
    public_url="https://www.dpdgroup.com/be/mydpd/my-parcels/track?lang=en&parcelNumber={number}",
    notes=(
        _("DPD allows about ten logins a day (unverified): do not use the same DelisID in many places."),
        _("DPD publishes no limit for tracking; one call a second is our caution."),
        _("The names of some steps are unverified; how dates are written differs between deployments."),
    ),
)
