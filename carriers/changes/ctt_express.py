"""CTT Express: another address, day, hours or point, or words for the driver. The calls are documented, their
bodies are not: the names of the fields are those of its other services.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import quote
from zoneinfo import ZoneInfo

from carriers.changes.refusing import no_answer, refused
from carriers.payload import json_of, obj, text
from carriers.types import (
    AuthError,
    BadResponseError,
    Change,
    ChangeAnswer,
    Changed,
    Changing,
    Json,
    Reply,
    Request,
)
from carriers.types import gettext_noop as _

API = "https://api.cttexpress.com/integrations/trf/v1.0/management/v1/shippings"
MADRID = ZoneInfo("Europe/Madrid")
KINDS = frozenset({"address", "pickup_point", "day", "slot", "neighbour", "safe_place", "note"})


def build(change: Change, secrets: Mapping[str, str]) -> Request:
    """Raises AuthError where the account does not say which client centre it is."""
    centre = secrets.get("client_center_code", "").strip()
    if not centre:
        raise AuthError("The account has no client centre code, which changes need.")
    action = "rpc-change-delivery-address" if change.kind == "address" else "rpc-change-delivery-options"
    body = _address(change) if change.kind == "address" else _options(change)
    return Request(
        f"{API}/{quote(centre, safe='')}/{quote(change.number, safe='')}/{action}",
        "POST",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body=json.dumps({"client_reference": change.reference, **body}, ensure_ascii=False).encode(),
    )


def _address(change: Change) -> dict[str, Json]:
    to = change.to
    return {
        "recipient_name": to.name,
        "recipient_phones": [change.phone] if change.phone else [],
        "recipient_address": ", ".join(part for part in (to.line, to.extra) if part),
        "recipient_postal_code": to.postal_code,
        "recipient_town": to.city,
        "recipient_country_code": to.country,
        "delivery_comments": change.note,
    }


def _options(change: Change) -> dict[str, Json]:
    said: dict[str, Json] = {}
    if change.day:
        said["delivery_date"] = change.day.isoformat()
    if change.slot_from and change.slot_to:
        said["delivery_date"] = f"{change.slot_from.astimezone(MADRID):%Y-%m-%d}"
        said["delivery_time_from"] = f"{change.slot_from.astimezone(MADRID):%H:%M}"
        said["delivery_time_to"] = f"{change.slot_to.astimezone(MADRID):%H:%M}"
    if change.kind == "pickup_point":
        said["distribution_point_code"] = change.to.code
    if change.note:
        said["delivery_comments"] = change.note
    return said


def read(reply: Reply) -> ChangeAnswer:
    said = obj(json_of(reply))
    fault = obj(said.get("error"))
    detail = text(fault.get("error_message"), 240)
    if error := no_answer(reply, detail):
        raise error
    if fault:
        return refused(detail or text(fault.get("error_code"), 60))
    if "data" not in said:
        raise BadResponseError("The answer does not say whether it was done.")
    return ChangeAnswer(Changed.ACCEPTED, "", text(obj(said["data"]).get("change_code"), 80))


CHANGING = Changing(
    KINDS,
    build,
    read,
    unverified=_("What CTT Express wants in these calls is not published: try it with one parcel first."),
)
