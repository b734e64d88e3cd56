"""Access tokens as simulated carriers give them out: who wants one, and how long it is good."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from urllib.parse import parse_qsl

from carriers.simulator.wire.contract import Ask, basic_auth, is_refused

_SIGNING_KEY = b"the simulator's own"


def issued(now: datetime, lifetime_s: int) -> str:
    """A token says itself how long it is good, so that it outlives the process that gave it out."""
    return _signed(str(int(now.timestamp()) + lifetime_s))


def is_good(token: str, now: datetime) -> bool:
    expires_at = token.split(".")[1] if token.count(".") == 2 else ""
    is_genuine = hmac.compare_digest(token.encode(), _signed(expires_at).encode())
    return is_genuine and float(expires_at) > now.timestamp()


def _signed(expires_at: str) -> str:
    mark = hmac.new(_SIGNING_KEY, expires_at.encode(), hashlib.sha256).hexdigest()
    return f"simulated.{expires_at}.{mark}"


def bearer(ask: Ask) -> str:
    scheme, _, token = ask.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def form_of(ask: Ask) -> dict[str, str]:
    """The body as a form, or as the JSON object some carriers take in its place."""
    said = ask.body.decode("utf-8", "replace")
    if not said.lstrip().startswith("{"):
        return dict(parse_qsl(said, keep_blank_values=True))
    try:
        given = json.loads(said)
    except ValueError:
        return {}
    return {name: value for name, value in given.items() if isinstance(value, str)}


def is_client(ask: Ask) -> bool:
    """Whether the request brings a client and its secret that are good: in the form, or as Basic."""
    form, (user, password) = form_of(ask), basic_auth(ask)
    return not is_refused(form.get("client_id") or user) and not is_refused(
        form.get("client_secret") or password
    )
