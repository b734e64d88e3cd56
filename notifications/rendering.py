"""What a message says: the shop's words, or ours, filled in with an order's facts and put into its look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from html import escape, unescape
from typing import Any

from django.utils import translation

from notifications import blocks, sandbox, words
from notifications.blocks import Block, Look
from notifications.contents import Content, said_in
from notifications.facts import example, facts_of, logo_url
from tenants.colours import palette
from tenants.models import FONTS, Brand, Shop
from tracking.models import Order

MOST_SMS = 480  # characters: three segments, whatever a shop writes


class NothingToSayError(Exception):
    """A message that cannot be put together: its order is gone, or its words do not hold."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`hidden`: what is said in it and must not be kept."""

    subject: str
    text: str
    html: str = ""
    hidden: tuple[str, ...] = ()
    layout: str = ""  # the page the facts were filled into
    variables: Mapping[str, str] = field(default_factory=dict)  # of WhatsApp's approved template


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads it. `is_other`: somebody the customer added, who is told when it comes, and neither what it is nor
    what it cost. `page_url`: in place of the order's own, where they are given another."""

    alerts_url: str = ""
    stop_url: str = ""
    is_other: bool = False
    page_url: str = ""


def render(
    *,
    shop: Shop,
    order: Order | None,
    occasion: str,
    channel: str,
    language: str,
    content: Content,
    now: datetime,
    to: Audience = Audience(),
) -> Rendered:
    """What a message about `occasion` says, in the design given.

    Without an order, an example's facts are used: for a shop that has none yet. Raises NothingToSayError
    where the words cannot be filled in.
    """
    brand: Brand = Brand.objects.for_shop(shop).get()
    with translation.override(language):
        values = (
            facts_of(shop=shop, order=order, state=occasion, now=now) if order else example(shop, occasion)
        )
        values["links"] = {"alerts": to.alerts_url, "stop": to.stop_url}
        if to.is_other:
            values = for_others(values, to.page_url)
        try:
            if channel == "push":
                subject = str(words.words_for(occasion).subject)
                return Rendered(subject=one_line(subject, values), text=str(values["headline"]))
            if channel != "email":
                body = said_in(content.get("text"), language, shop.language)
                said = {n: one_line(v, values) for n, v in (content.get("variables") or {}).items()}
                return Rendered(subject="", text=one_line(body, values)[:MOST_SMS], variables=said)
            return _mail(shop, brand, language, content, values, to)
        except (sandbox.WordsError, blocks.BlockError) as error:
            raise NothingToSayError(str(error)) from error


def for_others(values: Mapping[str, Any], page_url: str) -> dict[str, Any]:
    """The facts without the customer, the articles and the money."""
    return {
        **values,
        "customer": dict.fromkeys(values["customer"]),
        "order": {**values["order"], "url": page_url, "total": None},
        "lines": [],
        "invoice": dict.fromkeys(values["invoice"]),
    }


def _mail(
    shop: Shop, brand: Brand, language: str, content: Content, values: Mapping[str, Any], to: Audience
) -> Rendered:
    parts = _blocks(shop, brand, language, content, to)
    look = look_of(shop, brand, language)
    # A merchant's words stand in MJML: what looks like a tag is text. Liquid's own signs come back after.
    page = blocks.html_template(tuple(_escaped(part) for part in parts), look)
    return Rendered(
        subject=one_line(said_in(content.get("subject"), language, shop.language), values),
        text=plain_text(parts, values),
        html=sandbox.fill(page, values, html=True),
        layout=page,
    )


def _escaped(part: Block) -> Block:
    return replace(part, text=_safe(part.text), title=_safe(part.title), label=_safe(part.label))


def _safe(text: str) -> str:
    return unescape_liquid(escape(text, quote=False))


def one_line(source: str, values: Mapping[str, Any]) -> str:
    """Filled in, as one line: a subject, an SMS."""
    return " ".join(sandbox.fill(source, values, html=False).split())


def plain_text(parts: Sequence[Block], values: Mapping[str, Any]) -> str:
    text = sandbox.fill(blocks.text_template(parts), values, html=False)
    kept = "\n".join(line.rstrip() for line in text.splitlines())
    while "\n\n\n" in kept:
        kept = kept.replace("\n\n\n", "\n\n")
    return kept.strip() + "\n"


def unescape_liquid(escaped: str) -> str:
    """Inside {{ }} and {% %} the signs mean something to Liquid: put them back."""
    out, rest = "", escaped
    while "{" in rest:
        head, _sign, tail = rest.partition("{")
        if tail[:1] in ("{", "%"):
            end = tail.find("}}" if tail[0] == "{" else "%}")
            if end >= 0:
                out += head + "{" + unescape(tail[: end + 2])
                rest = tail[end + 2 :]
                continue
        out, rest = out + head + "{", tail
    return out + rest


def _blocks(shop: Shop, brand: Brand, language: str, content: Content, to: Audience) -> tuple[Block, ...]:
    """The design's blocks in one language, as they are compiled."""
    contact = " · ".join(filter(None, (shop.name, shop.contact_email, shop.contact_phone)))
    parts = []
    for block in content.get("blocks", ()):
        kind = block["kind"]
        said = {
            name: said_in(block.get(name), language, shop.language) for name in ("text", "title", "label")
        }
        if kind == "headline":
            parts.append(Block("headline", text=said["text"] or "{{ headline }}"))
        elif kind == "button":
            parts.append(Block("button", label=said["label"] or str(words.BUTTON), url="{{ order.url }}"))
        elif kind == "banner":
            if (brand.banner_title or brand.banner_text) and not to.is_other:
                parts.append(
                    Block(
                        "banner", title=brand.banner_title, text=brand.banner_text, code=brand.banner_code,
                        url=brand.banner_url, label=brand.banner_label or brand.banner_url,
                    )
                )  # fmt: skip
        elif kind == "footer":
            parts += [Block("space"), _footer(contact, to)]
        elif kind in blocks.KINDS:
            parts.append(Block(kind, text=said["text"], title=said["title"], label=said["label"]))
    return tuple(parts)


def _footer(contact: str, to: Audience) -> Block:
    """Liquid instead of the addresses themselves, so that the mail's page is compiled once for all orders."""
    if to.is_other:
        return Block(
            "footer", text=f"{contact}\n{words.WHY_OTHER}", label=str(words.STOP), url="{{ links.stop }}"
        )
    choose = {"label": str(words.CHOOSE), "url": "{{ links.alerts }}"} if to.alerts_url else {}
    return Block("footer", text=f"{contact}\n{words.WHY}", **choose)


def look_of(shop: Shop, brand: Brand, language: str) -> Look:
    colours = palette(brand.colour, brand.background)
    # Logos are kept at up to 256 px high; in a mail they stand 32 px high at most, and no wider than half of it.
    height = min(32, brand.logo_height or 32)
    width = min(280, round(brand.logo_width * height / brand.logo_height)) if brand.logo_height else 0
    return Look(
        brand=colours["brand"],
        on_brand=colours["on_brand"],
        brand_text=colours["brand_text"],
        brand_soft=colours["brand_soft"],
        page=brand.background,
        font=FONTS[brand.font].replace('"', "'"),
        radius=brand.radius,
        logo_url=logo_url(shop, brand),
        logo_width=width,
        language=language,
    )
