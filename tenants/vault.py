"""Seals and opens a shop's credentials, and makes the keys of shoppers' pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class SealBrokenError(Exception):
    """What was sealed cannot be opened with the keys configured (VAULT_KEYS)."""


@cache
def _fernet(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(secrets: Mapping[str, str]) -> str:
    """Encrypt with the newest key. The result is text, safe to store."""
    return _fernet(tuple(settings.VAULT_KEYS)).encrypt(json.dumps(dict(secrets)).encode()).decode()


def unseal(sealed: str) -> dict[str, str]:
    """Raises SealBrokenError when no configured key fits."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_fernet(tuple(settings.VAULT_KEYS)).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise SealBrokenError("sealed with a key that VAULT_KEYS does not hold") from error
    return opened


def reseal(sealed: str) -> str:
    """The same secrets under the newest key, for rotation."""
    return _fernet(tuple(settings.VAULT_KEYS)).rotate(sealed.encode()).decode()


def page_token(*, shop_id: int, order_id: int, turn: int) -> str:
    """The key of one order's page: 192 bits, derived, so that only its hash is stored.

    `turn` grows when the key is revoked: the old address then leads nowhere.
    """
    said = f"{shop_id}:{order_id}:{turn}".encode()
    digest = hmac.new(settings.PAGE_KEY.encode(), said, hashlib.sha256).digest()[:24]
    return base64.urlsafe_b64encode(digest).decode()


def gift_token(token_hash: str, turn: int = 0) -> str:
    """The key of the same page for whom it is a present, from the hash of the page's own; not the other way round.

    `turn` grows when a gift link is made void.
    """
    said = f"gift:{token_hash}:{turn}" if turn else f"gift:{token_hash}"
    made = hmac.new(settings.PAGE_KEY.encode(), said.encode(), hashlib.sha256).digest()[:24]
    return base64.urlsafe_b64encode(made).decode()


def digest(secret: str) -> str:
    """SHA-256 in hex: how page tokens and API keys are stored (both hold over 112 random bits)."""
    return hashlib.sha256(secret.encode()).hexdigest()
