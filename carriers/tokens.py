"""OAuth2 access tokens: fetched once by one worker, kept sealed in Redis for all, dropped before they expire."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping

from carriers import shared
from carriers.types import AccessToken
from tenants.vault import SealBrokenError, seal, unseal

USED_FOR = 0.9  # of its lifetime a token is used
WAIT_S = 4.0  # for another worker that is fetching the same
FETCH_S = 10  # after so long a fetching worker is taken for dead


_held: dict[str, tuple[str, float]] = {}  # token, until (monotonic): for when Redis is away


def token_for(name: str, fetch: Callable[[], AccessToken]) -> str:
    """The token called `name`, fetched when there is none. One worker fetches, the others wait for it.

    Without Redis each process keeps its own. Raises what `fetch` raises.
    """
    if kept := _kept(name):
        return kept
    if _is_ours_to_fetch(name) is False and (kept := _awaited(name)):
        return kept
    try:
        token = fetch()
        _keep(name, token)
        return token.value
    finally:
        shared.ask(lambda link: link.delete(_lock(name)))


def forget(name: str) -> None:
    """The carrier refuses it."""
    _held.pop(name, None)
    shared.ask(lambda link: link.delete(_key(name)))


def name_of(account_key: str, secrets: Mapping[str, str]) -> str:
    """Other credentials, another token."""
    said = "\x1f".join(f"{name}={value}" for name, value in sorted(secrets.items()))
    return f"{account_key}:{hashlib.sha256(said.encode()).hexdigest()[:24]}"


def _kept(name: str) -> str:
    sealed = shared.ask(lambda link: link.get(_key(name)) or b"")
    if sealed is None:  # Redis is away
        value, until = _held.get(name, ("", 0.0))
        return value if until > time.monotonic() else ""
    try:
        return unseal(bytes(sealed).decode()).get("token", "")  # type: ignore[arg-type]
    except SealBrokenError:
        return ""


def _keep(name: str, token: AccessToken) -> None:
    keep_s = token.lifetime_s * USED_FOR
    _held[name] = token.value, time.monotonic() + keep_s
    sealed = seal({"token": token.value})
    shared.ask(lambda link: link.set(_key(name), sealed, px=max(1, int(keep_s * 1000))))


def _is_ours_to_fetch(name: str) -> bool | None:
    """None: Redis is away, everybody fetches for itself."""
    return shared.ask(lambda link: bool(link.set(_lock(name), "1", nx=True, ex=FETCH_S)))


def _awaited(name: str) -> str:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        time.sleep(0.1)
        if kept := _kept(name):
            return kept
    return ""


def _key(name: str) -> str:
    return f"carrier:token:{name}"


def _lock(name: str) -> str:
    return f"carrier:token-lock:{name}"
