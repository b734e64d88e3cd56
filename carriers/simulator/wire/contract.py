"""What every wire format takes and gives: a question, an answer, a carrier's words."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from carriers.simulator.parcels import Quirk, Told, View
from carriers.simulator.watching import Hook, Registration
from carriers.simulator.world import World
from carriers.types import Json, SubStatus

REFUSED_PREFIX = "invalid"


@dataclass(frozen=True, slots=True)
class Ask:
    """One HTTP request, its path below the carrier's prefix, header names in lower case.

    `pairs` is the query as it was sent; of a name it repeats, `query` has the last value.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    quirks: frozenset[Quirk] = frozenset()
    pairs: tuple[tuple[str, str], ...] = ()

    def has(self, quirk: Quirk) -> bool:
        return quirk in self.quirks

    def every(self, name: str) -> list[str]:
        """All values the query gives this name."""
        return [value for one, value in self.pairs if one == name]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class News:
    """What a hook is to be told of one number: that it moved, or (`event`) that nothing more will come.

    `view` is all the carrier knows, `fresh` the scans the hook has not been told of, the earliest heard first.
    """

    hook: Hook
    registration: Registration
    event: str
    view: View | None
    fresh: tuple[Told, ...]
    now: datetime
    quirks: frozenset[Quirk] = frozenset()

    @property
    def number(self) -> str:
        return self.registration.number

    @property
    def ask(self) -> Ask:
        """For what a carrier tells in a push as it does in an answer."""
        return Ask("POST", "", quirks=self.quirks)


@dataclass(frozen=True, slots=True)
class Call:
    """One POST to a hook: the very bytes that are signed, and what stands beside them."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Line:
    """How a carrier says one kind of step: its code and its words.

    `also` lists the coarser readings a reader may fairly come to, where the carrier's own code says no more.
    """

    code: str
    text: str
    also: tuple[SubStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """One carrier's side of the wire. `lines` must say every kind of step there is (journeys.KINDS).

    `refuse` gives the carrier's own form of an HTTP error: 429, 500. `account` tells whose call it is,
    for the limits; `per_second` and `per_day` are the published ones, None where there are none.
    `push` makes the calls that tell a hook of news, in the order they are sent; `probes` is the method a carrier
    asks the hook's address with before it pushes there, and wants 200 for.
    """

    code: str
    name: str
    lines: Mapping[SubStatus, Line]
    answer: Callable[[Ask, World], Reply]
    refuse: Callable[[int], Reply]
    account: Callable[[Ask], str]
    per_second: int | None = None
    per_day: int | None = None
    push: Callable[[News], Sequence[Call]] | None = None
    probes: str = ""


def json_body(payload: Json) -> bytes:
    return json.dumps(payload, ensure_ascii=False).encode()


def json_reply(payload: Json, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json_body(payload), "application/json;charset=UTF-8", headers)


def html_reply(status: int, title: str, text: str) -> Reply:
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>"
    return Reply(status, page.encode(), "text/html; charset=utf-8")


def is_refused(secret: str) -> bool:
    """Any credential is good, save an empty one and those that begin with `invalid`."""
    return not secret or secret.startswith(REFUSED_PREFIX)


def basic_auth(ask: Ask) -> tuple[str, str]:
    """User and password of the request; both empty where it carries none that can be read."""
    scheme, _, given = ask.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return user, password
