"""How carriers sign what they push: HMAC-SHA256 with the hook's secret, written in one way or another."""

from __future__ import annotations

import base64
import hashlib
import hmac


def in_hex(secret: str, said: bytes) -> str:
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def in_base64(secret: str, said: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()
