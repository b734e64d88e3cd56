"""The message as each reader would get it, and what is found out about it before it is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import get_language_info
from django.utils.translation import gettext as _

from console.editor_place import Place
from notifications.contents import Content
from notifications.findings import STOPS, Finding, Look, Seen
from notifications.models import MessageSetup
from notifications.proofreading import proofread
from notifications.segments import length_of, price_of, twin
from notifications.services.templates import preview
from tenants.colours import palette
from tenants.models import Brand, Shop
from tracking.links import page_url
from tracking.models import Order


@dataclass(frozen=True, slots=True)
class Proof:
    """`seen`: by language. `fault`: why it cannot be shown."""

    found: list[Finding]
    seen: Mapping[str, Seen]
    fault: str = ""


def names_of(shop: Shop) -> dict[str, str]:
    """The shop's languages, each in its own words."""
    return {code: str(get_language_info(code)["name_local"]).capitalize() for code in shop.languages}


def look_of(shop: Shop) -> Look:
    brand: Brand = Brand.objects.for_shop(shop).get()
    colours = palette(brand.colour, brand.background)
    pairs = (
        (_("the button"), colours["on_brand"], colours["brand"]),
        (_("links and the shop’s name"), colours["brand_text"], "#ffffff"),
        (_("the footer"), colours["muted"], colours["page"]),
    )
    return Look(pairs=pairs, own=settings.SITE_URL, names=names_of(shop))


def proof_of(place: Place, content: Content, order: Order | None, now: datetime) -> Proof:
    """Written out in every language of the shop."""
    shop, seen = place.shop, {}
    choose = page_url(shop, order) + "alerts" if order and place.is_mail else ""
    for language in shop.languages:
        try:
            made = preview(
                shop=shop,
                key=place.key,
                channel=place.channel,
                language=language,
                now=now,
                order=order,
                content=content,
            )
        except ValidationError as error:
            said = " ".join(error.messages)
            return Proof([Finding(STOPS, "broken", said, language=language)], {}, said)
        length = length_of(made.text) if place.channel == "sms" else None
        seen[language] = Seen(language, made.subject, made.text, made.html, length, choose)
    found = proofread(
        content, channel=place.channel, seen=list(seen.values()), look=look_of(shop), languages=shop.languages
    )
    return Proof(found, seen)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a text message costs to a country. `country` empty: elsewhere."""

    country: str
    price: Decimal
    currency: str

    @property
    def thousand(self) -> Decimal:
        return (self.price * 1000).quantize(Decimal("0.01"))


def costs_of(shop: Shop, segments: int) -> list[Cost]:
    """By the prices the shop gave; none where it gave none."""
    setup = MessageSetup.objects.for_shop(shop).first()
    prices = setup.sms_prices if setup else {}
    currency = setup.sms_currency if setup else ""
    countries = sorted(prices, key=lambda code: (code == "", code != shop.country, code))
    priced = ((country, price_of(segments, country, prices)) for country in countries)
    return [Cost(country, price, currency) for country, price in priced if price]


def twins_of(odd: str) -> list[tuple[str, str]]:
    """The signs that make a text message long, each with what does as well; empty where nothing does."""
    return [(sign, twin(sign) or "") for sign in odd[:12]]
