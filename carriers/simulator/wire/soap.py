"""SOAP 1.1 as simulated servers speak it: what a call holds, an envelope around an answer, a fault."""

from __future__ import annotations

from html import escape
from xml.parsers.expat import ExpatError

import xmltodict

from carriers.simulator.wire.contract import Reply
from carriers.types import Json

_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{body}</soap:Body>'
    "</soap:Envelope>"
)


def values(body: bytes, *path: str) -> dict[str, str] | None:
    """The texts inside one element of a call, by local names; None where there is no such element.

    `path` leads from below the envelope, for instance "Body", "getAuth".
    """
    try:
        node: Json = xmltodict.parse(body)
    except (ExpatError, ValueError):
        return None
    for name in ("Envelope", *path):
        if not isinstance(node, dict):
            return None
        node = next((value for key, value in node.items() if _local(key) == name), None)
    if not isinstance(node, dict):
        return None
    return {_local(name): value for name, value in node.items() if isinstance(value, str)}


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def envelope(inner: str, status: int = 200) -> Reply:
    return Reply(status, _ENVELOPE.format(body=inner).encode(), "text/xml; charset=utf-8")


def fault(text: str, detail: str = "", code: str = "soap:Server") -> Reply:
    inside = f"<detail>{detail}</detail>" if detail else ""
    return envelope(
        f"<soap:Fault><faultcode>{code}</faultcode><faultstring>{escape(text)}</faultstring>{inside}</soap:Fault>",
        500,
    )


def element(content: Json) -> str:
    """XML of nested values, without a declaration."""
    return str(xmltodict.unparse(content, full_document=False))
