"""How to tell that a push is signed: HMAC-SHA256 over the raw bytes, compared in constant time. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value, whatever the case of its name; empty where it is not there."""
    return next((value.strip() for key, value in headers.items() if key.lower() == name), "")


def is_same(said: str, due: str) -> bool:
    """In constant time. Nothing is the same as an empty secret."""
    return bool(due) and hmac.compare_digest(said.encode(), due.encode())


def hex_hmac(key: str, body: bytes) -> str:
    """In small letters. Empty where there is no key: whoever knows none could sign with none."""
    return hmac.new(key.encode(), body, hashlib.sha256).hexdigest() if key else ""


def base64_hmac(key: str, body: bytes) -> str:
    """Empty where there is no key."""
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode() if key else ""
