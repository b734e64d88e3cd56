"""GLS Spain: an answer to an incident (GrabaSolucion), so only where a delivery has failed. It is written down;
whether the depot follows it GLS does not say. The operation is known, its fields are not documented.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape

from carriers.changes.refusing import no_answer, refused
from carriers.payload import child, obj, text, xml_of
from carriers.types import (
    AuthError,
    BadResponseError,
    Change,
    ChangeAnswer,
    Changed,
    Changing,
    Reply,
    Request,
    TransientError,
)
from carriers.types import gettext_noop as _

API = "https://wsclientes.asmred.com/b2b.asmx"
KINDS = frozenset({"address", "day", "note"})
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap12:Envelope xmlns:soap12="http://www.w3.org/2003/05/soap-envelope"><soap12:Body>'
    '<GrabaSolucion xmlns="http://www.asmred.com/">{fields}</GrabaSolucion>'
    "</soap12:Body></soap12:Envelope>"
)
SOLUTIONS = {"address": "NUEVA DIRECCION", "day": "NUEVA FECHA", "note": "OBSERVACIONES"}


def build(change: Change, secrets: Mapping[str, str]) -> Request:
    """Raises AuthError when the account has no GUID."""
    uid = secrets.get("uid", "").strip()
    if not uid:
        raise AuthError("The account has no GLS customer GUID.")
    to = change.to if change.kind == "address" else None
    fields = {
        "uid": uid,
        "codigo": change.number.strip(),
        "referencia": change.reference,
        "solucion": SOLUTIONS[change.kind],
        "fecha": f"{change.day:%d/%m/%Y}" if change.day else "",
        "nombre": to.name if to else "",
        "direccion": ", ".join(part for part in (to.line, to.extra) if part) if to else "",
        "cp": to.postal_code if to else "",
        "poblacion": to.city if to else "",
        "observaciones": change.note,
    }
    said = "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in fields.items() if value)
    body = ENVELOPE.format(fields=said)
    return Request(
        API, "POST", headers={"Content-Type": "application/soap+xml; charset=utf-8"}, body=body.encode()
    )


def _xml(value: str) -> str:
    return escape("".join(char for char in value if char.isprintable()))


def read(reply: Reply) -> ChangeAnswer:
    body = child(child(xml_of(reply), "Envelope"), "Body")
    if fault := obj(child(body, "Fault")):
        raise _fault(reply, text(child(child(fault, "Reason"), "Text") or fault.get("faultstring"), 240))
    result = obj(child(child(body, "GrabaSolucionResponse"), "GrabaSolucionResult"))
    detail = text(child(result, "mensaje"), 240)
    if error := no_answer(reply, detail):
        raise error
    code = text(child(result, "return"), 8)
    if not code:
        raise BadResponseError("The answer does not say whether it was taken down.")
    return ChangeAnswer(Changed.RECORDED, detail) if code == "0" else refused(detail or code)


def _fault(reply: Reply, detail: str) -> AuthError | TransientError:
    if reply.status in (401, 403) or any(word in detail.lower() for word in ("uid", "guid", "autoriz")):
        return AuthError(detail)
    return TransientError(detail or "SOAP fault")


CHANGING = Changing(
    KINDS,
    build,
    read,
    unverified=_(
        "GLS takes this only of a parcel whose delivery has failed, and what it wants is not published: try it with one first."
    ),
)
