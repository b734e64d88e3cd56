"""What stands around every page of a shop: its mark, its links, how to reach it, its languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache as once
from functools import lru_cache
from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import translation
from django.utils.html import escape

from tenants.models import Shop
from tracking.actions import telephone, web
from tracking.look import HasLook, Style, dot, style_of

RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur"})


class HasMark(HasLook, Protocol):
    """`tenants.models.Brand`, or its image in a snapshot."""

    @property
    def logo_hash(self) -> str: ...
    @property
    def logo_width(self) -> int: ...
    @property
    def logo_height(self) -> int: ...
    @property
    def links(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def social(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def banner_title(self) -> str: ...
    @property
    def banner_text(self) -> str: ...
    @property
    def banner_code(self) -> str: ...
    @property
    def banner_url(self) -> str: ...
    @property
    def banner_label(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Link:
    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Offered:
    """A language the page can be read in. `name` in its own words."""

    code: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class Logo:
    url: str
    width: int  # px, as shown
    height: int


@dataclass(frozen=True, slots=True)
class Banner:
    title: str
    text: str
    code: str
    url: str
    label: str


@dataclass(frozen=True, slots=True)
class Frame:
    """Empty strings are what the shop did not say."""

    shop: str
    home: str
    logo: Logo | None
    icon: str
    style: Style
    links: tuple[Link, ...]
    social: tuple[Link, ...]
    banner: Banner | None
    email: str
    phone: str
    phone_url: str
    privacy_url: str
    find_url: str
    language: str
    direction: str
    languages: tuple[Offered, ...]


LOGO_HEIGHT, LOGO_WIDTH = 40, 200  # px, shown at most
_TITLE, _CONTENT = "\ue000", "\ue001"  # private characters: where the frame is cut open


def frame_of(shop: Shop, look: HasMark, *, prefix: str, language: str) -> Frame:
    """`prefix`: what stands before every path of the shop ("/s/<slug>", or nothing on its own host)."""
    logo = _logo(look, prefix)
    return Frame(
        shop=shop.name,
        home=web(shop.website),
        logo=logo,
        icon=logo.url if logo else dot(look.colour),
        style=style_of(look),
        links=tuple(_links(look.links)),
        social=tuple(_links(look.social)),
        banner=_banner(look),
        email=shop.contact_email,
        phone=shop.contact_phone,
        phone_url="tel:" + telephone(shop.contact_phone) if shop.contact_phone else "",
        privacy_url=web(shop.privacy_url),
        find_url=f"{prefix}/",
        language=language,
        direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
        languages=_languages(shop, language),
    )


def _logo(look: HasMark, prefix: str) -> Logo | None:
    if not look.logo_hash or not look.logo_height:
        return None
    scale = min(LOGO_HEIGHT / look.logo_height, LOGO_WIDTH / look.logo_width)
    return Logo(
        url=f"{prefix}/brand/{look.logo_hash}.png",
        width=round(look.logo_width * scale),
        height=round(look.logo_height * scale),
    )


def _links(links: Sequence[Mapping[str, str]]) -> list[Link]:
    return [
        Link(link["label"], link["url"])
        for link in links
        if link.get("label") and urlsplit(link.get("url", "")).scheme in ("https", "http", "mailto", "tel")
    ]


def _banner(look: HasMark) -> Banner | None:
    if not (look.banner_title or look.banner_text or look.banner_code):
        return None
    url = web(look.banner_url) if look.banner_label else ""
    return Banner(look.banner_title, look.banner_text, look.banner_code, url, look.banner_label)


def _languages(shop: Shop, current: str) -> tuple[Offered, ...]:
    """None to choose where there is but one."""
    names = dict(settings.LANGUAGES)
    offered = [code for code in shop.languages if code in names]
    if len(offered) < 2:
        return ()
    return tuple(Offered(code, names[code], code == current) for code in offered)


def choose_language(shop: Shop, *candidates: str) -> str:
    """The first the shop offers its shoppers, else its own."""
    return next((c for c in candidates if c in shop.languages), shop.language)


def framed(
    frame: Frame,
    *,
    title: str,
    content: str,
    live: bool,
    css: tuple[str, ...] = (),
    js: tuple[str, ...] = (),
) -> str:
    """A whole page. `content` is HTML; `live`: the page asks by itself whether anything moved. `css`, `js`: files
    of static/css and static/js besides the page's own."""
    before, between, after = _cut(frame, live, css, js)
    return "".join((before, escape(title), between, content, after))


@lru_cache(maxsize=512)
def _cut(frame: Frame, live: bool, css: tuple[str, ...], js: tuple[str, ...]) -> tuple[str, str, str]:
    """The frame is the same for every order of a shop in a language: rendered once, in three pieces."""
    told = {
        "frame": frame,
        "live": live,
        "title": _TITLE,
        "content": _CONTENT,
        "more_css": [static(f"css/{name}") for name in css],
        "more_js": [static(f"js/{name}") for name in js],
        **assets(),
    }
    with translation.override(frame.language):
        html = render_to_string("tracking/frame.html", told)
    before, _title, rest = html.partition(_TITLE)
    between, _content, after = rest.partition(_CONTENT)
    return before, between, after


@once
def assets() -> dict[str, str]:
    return {"css": static("css/page.css"), "js": static("js/page.js")}
