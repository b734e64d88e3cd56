"""How to open what nobody vouches for: a reply's HTTP status, its JSON or XML, the values inside.

A getter gives the type asked for, or that type's empty value: a carrier that turns a list into an object,
or a text into a number, costs one field and not the answer.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Any
from xml.parsers.expat import ExpatError

import xmltodict

from carriers.types import (
    AuthError,
    BadResponseError,
    CarrierError,
    Json,
    NotFoundError,
    RateLimitedError,
    Reply,
    TransientError,
)

MAX_BYTES = 8 * 1024 * 1024  # the largest honest answer seen is under 1 MiB
MAX_TEXT = 500  # characters kept of one field
MAX_PIECES = 9999
MAX_CODE = 80

# PostgreSQL stores no NUL, and half of a surrogate pair is no character: neither survives the way on.
_HOSTILE_ESCAPE = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_HOSTILE = re.compile("[\x00\ud800-\udfff]")


def json_of(reply: Reply) -> Json:
    """What the body holds. Raises BadResponseError, or what the HTTP status means, when it is not JSON."""
    page = _page(reply)
    try:
        value = json.loads(page)
        return _harmless(value) if "\\u" in page and _HOSTILE_ESCAPE.search(page) else value
    except (ValueError, RecursionError) as error:
        raise _unreadable(reply, "JSON") from error


def xml_of(reply: Reply) -> dict[str, Any]:
    """The document as nested dicts, without attributes. Raises as `json_of` does.

    No document type is accepted, so there are no entities to expand and nothing to fetch.
    """
    page = _page(reply)
    if "<!DOCTYPE" in page:
        raise _unreadable(reply, "XML without a document type")
    try:
        return obj(xmltodict.parse(page, xml_attribs=False))
    except (ExpatError, ValueError, RecursionError) as error:
        raise _unreadable(reply, "XML") from error


def ok(reply: Reply) -> bool:
    """A recorded body has no status: it is taken at its word."""
    return reply.status is None or 200 <= reply.status < 300


def error_for(reply: Reply, detail: str = "", *, status: int | None = None) -> CarrierError:
    """What an HTTP status means with any carrier. `status` speaks where only the body names one."""
    status = reply.status if status is None else status
    kind: type[CarrierError] = BadResponseError
    if status in (401, 403):
        kind = AuthError
    elif status in (404, 410):
        kind = NotFoundError
    elif status == 429:
        kind = RateLimitedError
    elif status is not None and (status >= 500 or status in (408, 425)):
        kind = TransientError
    return kind(detail or f"HTTP {status}", retry_after_s=retry_after_s(reply.headers))


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Seconds the carrier asks us to wait, whether it wrote a number or a date; None: it did not say."""
    said = {name.lower(): value for name, value in headers.items() if name.lower() in ("retry-after", "date")}
    wait = said.get("retry-after", "").strip()
    if wait.isascii() and wait.isdecimal():
        return float(min(int(wait[:9]), 86_400))
    try:
        until, sent = parsedate_to_datetime(wait), parsedate_to_datetime(said.get("date", ""))
        return min(max((until - sent).total_seconds(), 0.0), 86_400.0)
    except (TypeError, ValueError):  # no date, or one with an offset and one without
        return None


def obj(value: Json) -> dict[str, Any]:
    return value if type(value) is dict else {}


def items(value: Json) -> list[Any]:
    """A list as it is; a single child, where a list was due, as a list of one."""
    if type(value) is list:
        return value
    return [value] if type(value) is dict else []


def objs(value: Json) -> list[dict[str, Any]]:
    return [item for item in items(value) if type(item) is dict]


def text(value: Json, limit: int = MAX_TEXT) -> str:
    if type(value) is str:
        return value.strip()[:limit]
    if type(value) is int:
        return str(value)[:limit]
    return repr(value) if type(value) is float and math.isfinite(value) else ""


def as_code(said: str) -> str:
    """A carrier's text in the place of the code it does not give: capitals, no accents, single spaces.

    So a table can name it, and a person can give it a meaning. Drop what varies (places, names) before.
    """
    plain = unicodedata.normalize("NFKD", said[: 2 * MAX_CODE])
    bare = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(bare.upper().split())[:MAX_CODE]


def integer(value: Json) -> int | None:
    """A small whole number, also where the carrier wrote it as text; None when it is neither."""
    said = text(value, 12)
    try:
        return int(said) if said.removeprefix("-").isdecimal() and said.isascii() else None
    except ValueError:
        return None


def pieces(said: Json, seen: int = 1) -> int:
    """How many parcels: as many as the carrier says, where that is believable, and at least as many as seen."""
    count = said if type(said) is int else integer(said)
    return max(seen, count, 1) if count is not None and count <= MAX_PIECES else max(seen, 1)


def country(value: Json) -> str:
    """ISO 3166-1 alpha-2, or nothing."""
    return _country(value[:4]) if type(value) is str else ""


@lru_cache(maxsize=2048)
def _country(said: str) -> str:
    said = said.strip().upper()
    return said if len(said) == 2 and said.isascii() and said.isalpha() else ""


def https(value: Json) -> str:
    """An address fit for a link on the shopper's page, or nothing."""
    said = text(value, 1000)
    return said if re.fullmatch(r"https://[^\s\"'<>\\]+", said) else ""


def child(node: Json, name: str) -> Json:
    """The child element `name`, whatever prefix its namespace goes by."""
    node = obj(node)
    if name in node:
        return node[name]
    return next((value for key, value in node.items() if key.rpartition(":")[2] == name), None)


def _page(reply: Reply) -> str:
    body = reply.body
    if len(body) > MAX_BYTES:
        raise BadResponseError(f"The answer is longer than {MAX_BYTES // 1024**2} MiB.")
    try:
        return body.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError:  # some still write Latin-1 and do not say so
        return body.decode("latin-1")


def _unreadable(reply: Reply, wanted: str) -> CarrierError:
    start = reply.body[:512].lstrip().lower()
    if not ok(reply):
        return error_for(reply)
    if not start:
        return BadResponseError("The answer is empty.")
    if start.startswith((b"<!doctype html", b"<html")):
        return BadResponseError("The answer is a web page.")
    return BadResponseError(f"The answer is not {wanted}.")


def _harmless(value: Json) -> Json:
    if type(value) is str:
        return _HOSTILE.sub("", value)
    if type(value) is list:
        return [_harmless(item) for item in value]
    if type(value) is dict:
        return {_HOSTILE.sub("", key): _harmless(item) for key, item in value.items()}
    return value
