"""What a request tells of who looks at a page: a person or a program, on what device, in which country. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache


class Reader(StrEnum):
    PERSON = "person"
    BOT = "bot"
    PREFETCH = "prefetch"  # a browser that fetched the page before anybody asked to see it


class Device(StrEnum):
    PHONE = "phone"
    TABLET = "tablet"
    DESKTOP = "desktop"
    OTHER = "other"


# Programs that fetch a link to draw a card of it where the link was pasted. iMessage calls itself the first.
# https://developers.facebook.com/docs/sharing/webmasters/web-crawlers https://api.slack.com/robots
_CARD_MAKERS = re.compile(
    r"facebookexternalhit|facebot|meta-externalfetcher|whatsapp/|telegrambot|slackbot|slack-imgproxy|discordbot|twitterbot"
    r"|linkedinbot|skypeuripreview|microsoftpreview|viberbot|snap url preview|pinterestbot|redditbot|mastodon/|iframely|embedly"
    r"|google-pagerenderer|bingpreview|applebot|vkshare|line-poker|kakaotalk-scrap|zoombot|urlpreview|link ?preview",
    re.IGNORECASE,
)
# A phone maker is called Cubot.
_PROGRAMS = re.compile(
    r"(?<!cu)bot\b|bot[/;]|crawl|spider|slurp|headless|lighthouse|monitor|uptime|pingdom|curl/|wget/|python-|aiohttp|httpx/"
    r"|go-http-client|java/|okhttp|axios/|node-fetch|libwww|apache-httpclient|powershell|scrapy|ms-office|googleimageproxy",
    re.IGNORECASE,
)
_TABLETS = re.compile(r"ipad|tablet|kindle|silk/|playbook|android(?!.*mobi)", re.IGNORECASE)
_PHONES = re.compile(r"mobi|iphone|ipod|windows phone", re.IGNORECASE)
_DESKTOPS = re.compile(r"windows nt|macintosh|x11;|cros ", re.IGNORECASE)
_COUNTRY = re.compile(r"[A-Z]{2}")
_REGION = re.compile(r"^[a-zA-Z]{2,3}(?:-[a-zA-Z]{4})?-([a-zA-Z]{2})$")
NOWHERE = frozenset({"XX", "T1", "ZZ", "EU", "AP"})  # what proxies write for Tor, satellites and "not known"


@lru_cache(maxsize=2048)
def makes_cards(agent: str) -> bool:
    """Whether it fetches the page only to draw a card of the link."""
    return bool(_CARD_MAKERS.search(agent))


def reader_of(headers: Mapping[str, str]) -> Reader:
    """By what the request says of itself. Scanners of mail that pretend to be a browser count as persons."""
    if is_ahead(headers):
        return Reader.PREFETCH
    return Reader.BOT if _is_program(headers.get("User-Agent", "")) else Reader.PERSON


def is_ahead(headers: Mapping[str, str]) -> bool:
    """Whether a browser fetches before anybody asked to see."""
    said = headers.get("Sec-Purpose") or headers.get("Purpose") or headers.get("X-Moz") or ""
    return "prefetch" in said.lower() or "preview" in said.lower()


@lru_cache(maxsize=2048)
def _is_program(agent: str) -> bool:
    return not agent or bool(_PROGRAMS.search(agent)) or makes_cards(agent)


def device_of(headers: Mapping[str, str]) -> Device:
    """An iPad that asks for desktop pages says it is a Mac, and is taken for one."""
    return _device(headers.get("User-Agent", ""), headers.get("Sec-CH-UA-Mobile", ""))


@lru_cache(maxsize=2048)
def _device(agent: str, mobile: str) -> Device:
    if _TABLETS.search(agent):
        return Device.TABLET
    if mobile == "?1" or _PHONES.search(agent):
        return Device.PHONE
    if mobile == "?0" or _DESKTOPS.search(agent):
        return Device.DESKTOP
    return Device.OTHER


def country_of(headers: Mapping[str, str], trusted_header: str = "") -> str:
    """ISO 3166-1, or empty. Of the proxy's header where one is configured; else of the browser's first language,
    where that names a country: where its owner is from, more than where he is."""
    if trusted_header:
        said = headers.get(trusted_header, "").strip().upper()
        return said if _COUNTRY.fullmatch(said) and said not in NOWHERE else ""
    first = headers.get("Accept-Language", "").partition(",")[0].partition(";")[0].strip()
    found = _REGION.match(first)
    return found[1].upper() if found else ""


def is_view(headers: Mapping[str, str]) -> bool:
    """Whether somebody opened the page. Not: an open page that asks whether anything moved, a frame, the reload
    every minute of a page without JavaScript."""
    destination = headers.get("Sec-Fetch-Dest")
    if destination is None:
        return (
            "If-None-Match" not in headers
        )  # browsers before 2023: only an open page has something to compare
    if destination != "document":
        return False
    return headers.get("Sec-Fetch-Site") != "same-origin" or headers.get("Sec-Fetch-User") == "?1"
