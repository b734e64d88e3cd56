"""The simulator as one WSGI application: carriers, Twilio, the control API, a page for people."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from carriers.simulator import page, twilio
from carriers.simulator.control import TWILIO, Control
from carriers.simulator.limits import Call, Calls, Limits, fingerprint
from carriers.simulator.outbox import Outbox, Rhythm
from carriers.simulator.rude import Manners, refusal, spoiled
from carriers.simulator.state import MEMORY, Store
from carriers.simulator.wire.contract import Ask, Reply, basic_auth, html_reply
from carriers.simulator.wire.registry import WIRES
from carriers.simulator.world import Now, World, utc_now

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

MAX_BODY_BYTES = 1 << 20
_REASONS = {
    200: "OK",
    201: "Created",
    207: "Multi-Status",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
    500: "Internal Server Error",
}


class App:
    """One simulated world behind one WSGI callable. `start` begins sending receipts and pushes."""

    def __init__(
        self,
        *,
        state: str = MEMORY,
        speed: float = 1.0,
        limits: bool = False,
        rhythm: Rhythm | None = None,
        now: Now = utc_now,
    ) -> None:
        self.store = Store(state)
        self.world = World(self.store, speed=speed, now=now)
        self.manners = Manners()
        self.outbox = Outbox(self.world, self.manners, rhythm)
        self.calls = Calls()
        self.limits = Limits(enforced=limits)
        self.control = Control(self.world, self.manners, self.limits, self.calls)

    def start(self) -> None:
        self.outbox.start()

    def close(self) -> None:
        self.outbox.stop()
        self.store.close()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        ask = _ask(environ)
        reply = self._answer(ask) if ask is not None else html_reply(413, "413", "The body is too large.")
        # A header of the reply's own wins: a dropped line announces more than it sends.
        headers = {
            "Content-Type": reply.content_type,
            "Content-Length": str(len(reply.body)),
            **reply.headers,
        }
        reason = _REASONS.get(reply.status, "Status")
        start_response(f"{reply.status} {reason}", list(headers.items()))
        return [reply.body]

    def _answer(self, ask: Ask) -> Reply:
        prefix, _, rest = ask.path.lstrip("/").partition("/")
        below = replace(ask, path=f"/{rest}")
        if prefix == "_sim":
            return self.control.answer(below)
        if prefix in WIRES or prefix == TWILIO:
            return self._outside(prefix, below)
        return page.answer(ask, self.world)

    def _outside(self, code: str, ask: Ask) -> Reply:
        """A call as a carrier or Twilio gets it: limited, disturbed if so ordered, and noted down."""
        at, began = self.world.now().timestamp(), time.monotonic()
        wire = WIRES.get(code)
        refuse = wire.refuse if wire else twilio.refuse
        account = wire.account(ask) if wire else basic_auth(ask)[0]
        quirks, faults = self.manners.next_call(code)
        reply = refusal(faults, refuse)
        if reply is None and wire is not None and not self.limits.allows(wire, account, at):
            reply = refuse(429)
        if reply is None:
            asked = replace(ask, quirks=quirks)
            first_receipt_s = self.outbox.rhythm.receipts[0]
            reply = (
                wire.answer(asked, self.world) if wire else twilio.answer(asked, self.world, first_receipt_s)
            )
        reply, wait_s = spoiled(reply, faults)
        if wait_s:
            time.sleep(wait_s)
        self.calls.add(
            Call(
                at=at,
                carrier=code,
                account=fingerprint(account),
                method=ask.method,
                path=ask.path,
                query=ask.query,
                status=reply.status,
                took_ms=round((time.monotonic() - began) * 1000, 1),
            )
        )
        return reply


def _ask(environ: WSGIEnvironment) -> Ask | None:
    """The request; None when its body is larger than anything the carriers take."""
    length = environ.get("CONTENT_LENGTH") or "0"
    size = int(length) if length.isdecimal() else 0
    if size > MAX_BODY_BYTES:
        return None
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    pairs = tuple(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    return Ask(
        method=environ["REQUEST_METHOD"],
        path=environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace"),
        query=dict(pairs),
        headers=headers,
        body=environ["wsgi.input"].read(size) if size else b"",
        pairs=pairs,
    )
