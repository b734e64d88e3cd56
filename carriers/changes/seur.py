"""SEUR: a shipment's data, changed before it is delivered. The call is known from software other shops use; its
fields are not documented.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from carriers.changes.refusing import no_answer, refused
from carriers.payload import json_of, obj, objs, text
from carriers.types import BadResponseError, Change, ChangeAnswer, Changed, Changing, Json, Reply, Request
from carriers.types import gettext_noop as _

API = "https://servicios.api.seur.io/pic/v1/shipments/update"
KINDS = frozenset({"address", "day", "note"})


def build(change: Change, secrets: Mapping[str, str]) -> Request:
    body: dict[str, Json] = {"shipmentCode": change.number.strip(), "ref": change.reference}
    if change.kind == "address":
        body["receiver"] = _receiver(change)
    if change.day:
        body["deliveryDate"] = change.day.isoformat()
    if change.note:
        body["comments"] = change.note
    return Request(
        API,
        "POST",
        headers={
            "Authorization": f"Bearer {secrets.get('token', '')}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        },
        body=json.dumps(body, ensure_ascii=False).encode(),
    )


def _receiver(change: Change) -> dict[str, Json]:
    to = change.to
    return {
        "name": to.name,
        "phone": change.phone,
        "address": {
            "streetName": to.line,
            "addressExtra": to.extra,
            "postalCode": to.postal_code,
            "cityName": to.city,
            "country": to.country,
        },
    }


def read(reply: Reply) -> ChangeAnswer:
    said = obj(json_of(reply))
    fault = (objs(said.get("errors")) or [{}])[0]
    detail = text(fault.get("detail"), 240) or text(fault.get("title"), 240)
    if error := no_answer(reply, detail):
        raise error
    if fault:
        return refused(detail)
    if "data" not in said:
        raise BadResponseError("The answer does not say whether it was done.")
    return ChangeAnswer(Changed.ACCEPTED, "", text(obj(said["data"]).get("shipmentCode"), 80))


CHANGING = Changing(
    KINDS,
    build,
    read,
    unverified=_("What SEUR wants in this call is not published: try it with one parcel first."),
)
