"""Who looked at a mail: a person, a machine, or nobody can say. And the picture that tells. Pure but for the key."""

from __future__ import annotations

import base64
import binascii
import hmac
import uuid
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.conf import settings

HUMAN, MACHINE, UNKNOWN = "human", "machine", "unknown"
AT_ONCE_S = 5  # nobody reads a mail that soon; what looks through it on its way does
# 1 × 1, transparent: 43 bytes.
GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
# Apple fetches all pictures as the mail arrives, and says exactly this.
# https://wordtothewise.com/2021/09/apple-mpp
APPLE = "mozilla/5.0"
# Gmail, before the mail is shown: https://bird.com/blog/gmail-prefetching-images
GMAIL_BEFOREHAND = "chrome/42.0.2311.135 safari/537.36 edge/12.246"
# They fetch when the reader opens it, for the reader; but they may also fetch again, or never.
PROXIES = ("googleimageproxy", "yahoomailproxy", "duckduckgo", "fastmail", "protonmail")
SCANNERS = (
    "barracuda", "proofpoint", "mimecast", "symantec", "trendmicro", "sophos", "bitdefender", "fireeye", "ironport",
    "forcepoint", "zscaler", "spamassassin", "cloudmark", "vade", "safelinks", "bot", "crawl", "spider", "preview",
    "headless", "phantomjs", "python", "curl", "wget", "go-http", "java/", "okhttp", "apache-httpclient", "ruby",
    "libwww", "scan", "monitor", "urllib", "axios", "node-fetch",
)  # fmt: skip
READERS = (
    "thunderbird",
    "outlook",
    "msoffice",
    "microsoft office",
    "applewebkit",
    "gecko/",
    "trident/",
    "airmail",
    "k-9",
)


def reader_of(user_agent: str, after_s: float | None, *, prefetched: bool = False) -> str:
    """Who asked for a mail's picture or followed its link, `after_s` after it went out: human, machine or unknown."""
    said = user_agent.strip().lower()
    if prefetched or (after_s is not None and after_s < AT_ONCE_S):
        return MACHINE
    if said == APPLE or GMAIL_BEFOREHAND in said or any(sign in said for sign in SCANNERS):
        return MACHINE
    if not said or any(sign in said for sign in PROXIES):
        return UNKNOWN
    return HUMAN if any(sign in said for sign in READERS) else UNKNOWN


def is_prefetched(headers: Mapping[str, str]) -> bool:
    """Whether a browser says that nobody has seen it yet."""
    said = (headers.get(name, "") for name in ("Purpose", "Sec-Purpose", "X-Purpose", "X-Moz"))
    return any("prefetch" in one.lower() or "preview" in one.lower() for one in said)


def says_machine(event: Any) -> bool:
    """Whether the provider itself takes an open for a machine's: SendGrid, Mailgun and Brevo say so."""
    if not isinstance(event, Mapping):
        return False
    client = (event.get("event-data") or {}).get("client-info") or {}
    return (
        event.get("sg_machine_open") in (True, "true", "1")
        or bool(client.get("bot"))
        or str(event.get("event", "")) in ("proxy_open", "unique_proxy_open")
    )


def pixel_key(shop_id: int, message_id: uuid.UUID) -> str:
    return base64.urlsafe_b64encode(message_id.bytes + _sign(shop_id, message_id)).decode()


def read_pixel_key(shop_id: int, key: str) -> uuid.UUID | None:
    """None for what we did not sign, or signed for another shop."""
    try:
        said = base64.b64decode(key.encode("ascii"), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(said) != 32:
        return None
    message_id = uuid.UUID(bytes=said[:16])
    return message_id if hmac.compare_digest(said[16:], _sign(shop_id, message_id)) else None


def _sign(shop_id: int, message_id: uuid.UUID) -> bytes:
    said = f"notifications.open:{shop_id}:{message_id}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), said, sha256).digest()[:16]


def with_pixel(html: str, url: str) -> str:
    """The page with the picture at its end. The page that is kept is without: looking at it counts nothing."""
    if not url:
        return html
    picture = (
        f'<img src="{url}" width="1" height="1" alt="" style="display:block;border:0;width:1px;height:1px">'
    )
    head, end, tail = html.rpartition("</body>")
    return f"{head}{picture}{end}{tail}" if end else html + picture
