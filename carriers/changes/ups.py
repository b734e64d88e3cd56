"""UPS Delivery Intercept v2: another address, another day. Asked by the shipper, and charged to it.

https://developer.ups.com/tag/UPS-Delivery-Intercept
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from carriers.changes.refusing import no_answer, refused
from carriers.payload import json_of, obj, objs, ok, text
from carriers.types import (
    BadResponseError,
    Change,
    ChangeAnswer,
    Changed,
    Changing,
    InvalidNumberError,
    Json,
    Reply,
    Request,
)

API = "https://onlinetools.ups.com/api/deliveryintercept/v2"
NUMBER = re.compile(r"1Z[A-Z0-9]{16}")
ACTIONS = {"address": "redirect/address", "day": "reschedule"}
TYPES = {"address": "AA", "day": "FD"}
_REPEATED = {"710"}  # a change of that kind stands already: asked twice, done once


def build(change: Change, secrets: Mapping[str, str]) -> Request:
    """Raises InvalidNumberError for a number that UPS cannot intercept: only its own 1Z can be."""
    number = change.number.strip().upper()
    if not NUMBER.fullmatch(number):
        raise InvalidNumberError("Only numbers that begin with 1Z can be changed.")
    body: dict[str, Json] = {
        "requestType": TYPES[change.kind],
        "requesterContactInfo": {
            "name": change.to.name[:35],
            "telephone": change.phone,
            "emailAddress": change.contact,
        },
    }
    if change.kind == "day" and change.day:
        body["deliveryDate"] = f"{change.day:%Y%m%d}"
    if change.kind == "address":
        body["newDeliveryAddress"] = _address(change)
        body["specialInstructions"] = change.note[:100]
    return Request(
        f"{API}/{ACTIONS[change.kind]}/{quote(number, safe='')}",
        "POST",
        params={"Loc": "en_US"},
        headers={
            "Content-Type": "application/json",
            "Accept": "application/json",
            "transId": change.reference[:14],
            "transactionSrc": "rastro",
            "PlatformType": "XOLT",
            "InquiryType": "U",
        },
        body=json.dumps(body).encode(),
    )


def _address(change: Change) -> dict[str, Json]:
    to = change.to
    return {
        "nameOrCompanyName": to.name[:35],
        "phoneNumber": change.phone,
        "addressInfo": {
            "addressLine1": to.line[:35],
            "addressLine2": (to.line[35:70] or to.extra[:35]),
            "city": to.city[:30],
            "postalCode": to.postal_code,
            "countryCode": to.country,
        },
    }


def read(reply: Reply) -> ChangeAnswer:
    said = obj(json_of(reply))
    fault = (objs(said.get("errors")) or objs(obj(said.get("response")).get("errors")) or [{}])[0]
    code, detail = text(fault.get("code"), 20), text(fault.get("message"), 240)
    reference = text(said.get("transactionId"), 80)
    if error := no_answer(reply, detail or code):
        raise error
    if code in _REPEATED or (ok(reply) and _is_done(said)):
        return ChangeAnswer(Changed.ACCEPTED, "", reference)  # "Success" tells nobody anything
    if not fault and "success" not in said:
        raise BadResponseError("The answer does not say whether it was done.")
    return refused(detail or text(said.get("statusMsg"), 240), reference)


def _is_done(said: dict[str, Any]) -> bool:
    return said.get("success") is True or text(said.get("statusCode"), 8) == "000"


CHANGING = Changing(frozenset(ACTIONS), build, read)
