"""What a message says: the shop's words, or ours, filled in with an order's facts and put into its look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import translation

from notifications import blocks, sandbox, words
from notifications.blocks import Look
from notifications.contents import Content, said_in
from notifications.facts import example, facts_of
from notifications.filling import Audience, Fill, Filling, Part, fill_here
from notifications.fronts import Front, front_of
from notifications.markup import one_line
from tenants.colours import palette, readable
from tenants.models import FONTS, Shop
from tracking.models import Order

__all__ = ["Audience", "NothingToSayError", "Rendered", "render"]

MOST_SMS = 480  # characters: three segments, whatever a shop writes
MOST_SUBJECT = 200
MOST_PREVIEW = 140
THE_CUSTOMER = Audience()
SERIFS = frozenset({"classic", "slab", "typewriter"})


class NothingToSayError(Exception):
    """A message that cannot be put together: its order is gone, or its words do not hold."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`hidden`: what is said in it and must not be kept. `preview`: what a list of mails shows beside the subject."""

    subject: str
    text: str
    html: str = ""
    hidden: tuple[str, ...] = ()
    layout: str = ""  # the page the facts were filled into
    variables: Mapping[str, str] = field(default_factory=dict)  # of WhatsApp's approved template
    preview: str = ""


def render(
    *,
    shop: Shop,
    order: Order | None,
    occasion: str,
    channel: str,
    language: str,
    content: Content,
    now: datetime,
    to: Audience = THE_CUSTOMER,
    offers: Mapping[str, Any] | None = None,
    front: Front | None = None,
    fill: Fill = fill_here,
) -> Rendered:
    """What a message about `occasion` says, in the design given.

    Without an order, an example's facts are used: for a shop that has none yet. `offers`: what its coupon, product and
    banner blocks show, by block; None in a block's place takes the block away. `front`: of the shop, where many of its
    messages are made at once. `fill`: `notifications.drafts.fill_apart` for words nobody has tried yet. Raises
    NothingToSayError where the words cannot be filled in.
    """
    front = front or front_of(shop)
    with translation.override(language):
        values = values_of(shop, front, order, occasion, now, to)
        try:
            if channel == "push":
                subject = sandbox.fill(str(words.words_for(occasion).subject), values)
                return Rendered(subject=one_line(subject), text=str(values["headline"]))
            if channel != "email":
                named = dict(content.get("variables") or {})
                words_of = [said_in(content.get("text"), language, shop.language), *named.values()]
                body, *rest = fill([(one, {}) for one in words_of], values)
                said = {name: one_line(one) for name, one in zip(named, rest, strict=True)}
                return Rendered(subject="", text=one_line(body)[:MOST_SMS], variables=said)
            look = look_of(shop, front, language)
            filling = Filling(
                shop=shop, front=front, look=look, language=language, order=order, values=values, to=to,
                offers=offers, fill=fill,
            )  # fmt: skip
            parts = filling.parts(content)
            subject, preview = filling.head(content)
            return as_mail(parts, look, values, subject=subject, preview=preview, content=content)
        except (sandbox.WordsError, blocks.BlockError) as error:
            raise NothingToSayError(str(error)) from error


def values_of(
    shop: Shop, front: Front, order: Order | None, occasion: str, now: datetime, to: Audience
) -> dict[str, Any]:
    """The facts, as whom they are told to may know them."""
    values = (
        facts_of(shop=shop, order=order, state=occasion, now=now, front=front)
        if order
        else example(shop, occasion, front)
    )
    values["links"] = {"alerts": to.alerts_url or None, "stop": to.stop_url or None}
    return for_others(values, to.page_url) if to.is_other else values


def for_others(values: Mapping[str, Any], page_url: str) -> dict[str, Any]:
    """The facts without the customer, the articles, the money, and what only its customer may do or show."""
    order = {name: page_url if name.endswith("url") else value for name, value in values["order"].items()}
    nobody = {"number": None}
    return {
        **values,
        "customer": dict.fromkeys(values["customer"]),
        "order": {**order, "total": None, "value": None, "currency": None},
        "lines": [],
        "parcels": [{**parcel, **nobody} for parcel in values["parcels"]],
        "parcel": {**values["parcel"], **nobody},
        "pickup": {**values["pickup"], "code": None, "shipment": None},
        "invoice": dict.fromkeys(values["invoice"]),
        "coupon": dict.fromkeys(values["coupon"]),
    }


def as_mail(
    parts: Sequence[Part], look: Look, values: Mapping[str, Any], *, subject: str, preview: str = "",
    content: Content | None = None, hidden: tuple[str, ...] = (),
) -> Rendered:  # fmt: skip
    """Raises sandbox.WordsError, blocks.BlockError."""
    page = blocks.html_template(tuple(part.block for part in parts), look)
    preview = (preview or one_line(str(values.get("preview") or "")))[:MOST_PREVIEW]
    slots = {part.block.slot: part.slot for part in parts}
    return Rendered(
        subject=subject[:MOST_SUBJECT],
        text=plain_text(parts),
        html=sandbox.fill_page(page, {**values, **slots, "preview": preview}),
        hidden=hidden,
        layout=page + _said(content, look.language),
        preview=preview,
    )


def _said(content: Content | None, language: str) -> str:
    """The words of a design beside its page: what is kept of a mail is told apart from both (notifications.kept)."""
    texts = (
        []
        if content is None
        else [b["text"].get(language, "") for b in content.get("blocks", ()) if b.get("text")]
    )
    return f"<!--{' '.join(texts)}-->" if texts else ""


def plain_text(parts: Sequence[Part]) -> str:
    text = "\n\n".join(part.plain for part in parts if part.plain)
    kept = "\n".join(line.rstrip() for line in text.splitlines())
    while "\n\n\n" in kept:
        kept = kept.replace("\n\n\n", "\n\n")
    return kept.strip() + "\n"


def look_of(shop: Shop, front: Front, language: str) -> Look:
    brand = front.brand
    colours = palette(brand.colour, brand.background)
    # Logos are kept at up to 512 px high; in a mail they stand 36 px high at most, and no wider than half of it.
    height = min(36, brand.logo_height or 36)
    width = round(brand.logo_width * height / brand.logo_height) if brand.logo_height else 0
    if width > 280:
        width, height = 280, max(1, round(height * 280 / width))
    return Look(
        brand=colours["brand"],
        on_brand=colours["on_brand"],
        brand_text=readable(colours["brand_text"], "#ffffff"),
        brand_soft=colours["brand_soft"],
        page=brand.background,
        font=FONTS[brand.font].replace('"', "'"),
        radius=brand.radius,
        logo_url=f"{front.pictures}/brand/{brand.logo_hash}.png" if brand.logo_hash else "",
        logo_width=width,
        logo_height=height,
        language=language,
        muted=colours["muted"],
        dark_page=colours["dark_page"],
        dark_card=colours["dark_card"],
        dark_brand=colours["dark_brand"],
        dark_on_brand=colours["dark_on_brand"],
        dark_brand_text=colours["dark_brand_text"],
        dark_brand_soft=colours["dark_brand_soft"],
        has_serifs=brand.font in SERIFS,
    )
