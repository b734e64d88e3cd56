"""Access tokens as simulated carriers give them out: who wants one, and how long it is good."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime
from urllib.parse import parse_qsl

from carriers.simulator.wire.contract import Ask, basic_auth, is_refused

_SIGNING_KEY = b"the simulator's own"


def issued(now: datetime, lifetime_s: int, client: str = "") -> str:
    """A token says itself how long it is good, and whose it is, so that it outlives the process that made it."""
    return _signed(str(int(now.timestamp()) + lifetime_s), client.encode().hex())


def is_good(token: str, now: datetime) -> bool:
    expires_at, client = _parts(token)
    is_genuine = hmac.compare_digest(token.encode(), _signed(expires_at, client).encode())
    return is_genuine and float(expires_at) > now.timestamp()


def client_of(token: str) -> str:
    """Whom a good token was given to; empty where it was not noted."""
    return bytes.fromhex(_parts(token)[1]).decode()


def _parts(token: str) -> tuple[str, str]:
    _, expires_at, client, _ = token.split(".") if token.count(".") == 3 else ("", "", "", "")
    return expires_at, client


def _signed(expires_at: str, client: str) -> str:
    said = f"{expires_at}.{client}"
    return f"simulated.{said}.{hmac.new(_SIGNING_KEY, said.encode(), hashlib.sha256).hexdigest()}"


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


def client_in(ask: Ask) -> str:
    """Who asks for a token: in the form, or as Basic."""
    return form_of(ask).get("client_id") or basic_auth(ask)[0]


def is_client(ask: Ask) -> bool:
    """Whether the request brings a client and its secret that are good: in the form, or as Basic."""
    secret = form_of(ask).get("client_secret") or basic_auth(ask)[1]
    return not is_refused(client_in(ask)) and not is_refused(secret)
