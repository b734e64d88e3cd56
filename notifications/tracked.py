"""Links of mails that count who follows them: which are, what stands in their place, where they lead. Pure but for the key.

In place of an address stands /m/<key> of the shop's. The key says which message and which of the shop's kept addresses,
signed: nobody can make one, nor have us lead elsewhere. Counted are links to the order's page and those that stand in
the design itself; an address made for one order (an invoice, a carrier's page) is left as it is, and kept nowhere.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape, unescape
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.conf import settings

PAGE = "page"  # the order's; kept without its token, as page, page/review, page/review?stars=5
GIFT = "gift"  # the same page, for whom it is a present
SIGN_BYTES = 12  # 96 bits
TARGET_BYTES = 6
MOST_ADDRESS = 600
_HREF = re.compile(r'(<a\b[^>]*?\shref=")([^"]*)(")', re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"'{}|\\^`]+")
_BELOW = re.compile(r"[a-z0-9/_.-]*(\?[a-z0-9_=&.-]*)?(#[a-z0-9_-]*)?", re.IGNORECASE)
_TRAILING = ".,;:!?)]»”’"
# Below a shop's address: never counted, so that they work whatever becomes of us.
NEVER = ("/stop/", "/follow/", "/no-offers/", "/m/", "/o/")


@dataclass(frozen=True, slots=True)
class Places:
    """What a message's addresses are measured against. `page`, `gift`: of its order, with a slash at the end, or
    empty. `design`: the addresses that stand in the design, its offers and the shop's look. `website`: the shop's."""

    shop: str
    page: str
    gift: str = ""
    website: str = ""
    design: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Campaign:
    """What the shop's own analytics is told: which mail somebody came by. Never who."""

    source: str
    medium: str
    name: str


def target_of(url: str, places: Places, campaign: Campaign) -> str | None:
    """What is kept of an address in a mail; None where it is to stay as it is."""
    if not url.startswith(("https://", "http://")) or any(
        url.startswith(places.shop + path) for path in NEVER
    ):
        return None
    for name, base in ((PAGE, places.page), (GIFT, places.gift)):
        if base and (url == base.rstrip("/") or url.startswith(base)):
            below = url[len(base) :]
            if below.startswith("alerts") or not _is_below(below):
                return None
            return f"{name}/{below}" if below else name
    if url.startswith(places.shop) or url not in places.design or not is_address(url):
        return None
    counted = with_campaign(url, campaign) if is_on(url, places.website) else url
    return counted if len(counted) <= MOST_ADDRESS else None


def _is_below(path: str) -> bool:
    return _BELOW.fullmatch(path) is not None and ".." not in path and not path.startswith("/")


def is_address(url: str) -> bool:
    """One that a browser may be sent to: of the web, with a host, without a name or password before it."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("https", "http")
        and bool(host)
        and "@" not in parts.netloc
        and not re.search(r"[\s\\\x00-\x1f\x7f]", url)
    )


def is_on(url: str, website: str) -> bool:
    """Whether it is of the shop's own website, with or without www."""
    if not website:
        return False
    own, host = (_host(one) for one in (website, url))
    return bool(own) and (host == own or host.endswith("." + own))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def with_campaign(url: str, campaign: Campaign) -> str:
    """With utm_source, utm_medium and utm_campaign; an address that has its own keeps them."""
    parts = urlsplit(url)
    if "utm_" in parts.query:
        return url
    said = urlencode(
        {"utm_source": campaign.source, "utm_medium": campaign.medium, "utm_campaign": campaign.name}
    )
    return urlunsplit(parts._replace(query=f"{parts.query}&{said}" if parts.query else said))


# --- What stands in a mail ---


def links_in(html: str, text: str) -> Iterator[str]:
    """Every address of a rendered mail that can be followed."""
    for found in _HREF.finditer(html):
        yield unescape(found[2])
    for found in _WEB.finditer(text):
        yield found[0].rstrip(_TRAILING)


def replaced_in_html(html: str, others: Mapping[str, str]) -> str:
    def other(found: re.Match[str]) -> str:
        to = others.get(unescape(found[2]))
        return f"{found[1]}{escape(to)}{found[3]}" if to else found[0]

    return _HREF.sub(other, html)


def replaced_in_text(text: str, others: Mapping[str, str]) -> str:
    def other(found: re.Match[str]) -> str:
        url = found[0].rstrip(_TRAILING)
        return others.get(url, url) + found[0][len(url) :]

    return _WEB.sub(other, text)


def addresses_in(said: Any) -> Iterator[str]:
    """Every address that stands literally in a design, an offer, a shop's look: whatever is nested in it."""
    if isinstance(said, str):
        if "://" not in said:
            return
        for found in _WEB.finditer(said):
            yield found[0].rstrip(_TRAILING)
    elif isinstance(said, Mapping):
        for value in said.values():
            yield from addresses_in(value)
    elif isinstance(said, list | tuple):
        for value in said:
            yield from addresses_in(value)


def counted(
    *, html: str, text: str, places: Places, campaign: Campaign, kept: Callable[[Collection[str]], Mapping[str, int]],
    key: Callable[[int], str],
) -> dict[str, str]:  # fmt: skip
    """What is to stand in place of which of a mail's addresses. `kept`: gives targets their numbers; `key`: of a number."""
    wanted = {url: target for url in links_in(html, text) if (target := target_of(url, places, campaign))}
    if not wanted:
        return {}
    numbers = kept(set(wanted.values()))
    return {
        url: f"{places.shop}/m/{key(numbers[target])}" for url, target in wanted.items() if target in numbers
    }


def destination(address: str, *, page: str, gift: str, otherwise: str) -> str:
    """Where a kept address leads. `page`, `gift`: of the message's order, empty where there is none any more: then
    `otherwise`."""
    for name, base in ((PAGE, page), (GIFT, gift)):
        if address == name or address.startswith(f"{name}/"):
            below = address[len(name) + 1 :]
            return base + below if base and _is_below(below) else otherwise
    return address if is_address(address) else otherwise


# --- Keys ---


def key_of(*, shop_id: int, message_id: UUID, target_id: int) -> str:
    """46 signs. It does not expire: mails are kept for years."""
    said = message_id.bytes + target_id.to_bytes(TARGET_BYTES)
    return base64.urlsafe_b64encode(said + _sign(shop_id, said)).rstrip(b"=").decode()


def read_key(shop_id: int, key: str) -> tuple[UUID, int] | None:
    """The message and the target; None for what we did not sign, or signed for another shop."""
    length = 16 + TARGET_BYTES
    try:
        whole = base64.b64decode(key.encode("ascii") + b"=" * (-len(key) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    said, sign = whole[:length], whole[length:]
    if len(whole) != length + SIGN_BYTES or not hmac.compare_digest(sign, _sign(shop_id, said)):
        return None
    return UUID(bytes=said[:16]), int.from_bytes(said[16:])


def _sign(shop_id: int, said: bytes) -> bytes:
    whole = b"notifications.click:%d:" % shop_id + said
    return hmac.new(settings.PAGE_KEY.encode(), whole, sha256).digest()[:SIGN_BYTES]


# --- Who follows ---

AT_ONCE = 3  # links of one mail besides this one, within as many seconds: nobody reads like that
AT_ONCE_S = 3


def is_burst(others: int) -> bool:
    """`others`: how many other links of the same mail were followed within AT_ONCE_S."""
    return others >= AT_ONCE
