"""What the selling blocks of one message show: a coupon, products, a banner; nothing to whom may not be sold to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from babel.dates import format_date
from babel.numbers import format_currency

from notifications.conditions import About
from notifications.contents import KINDS, Content, said_in
from notifications.coupon_codes import Holds
from notifications.fronts import front_of
from notifications.marketing import may_sell
from notifications.models import Coupon, Message
from notifications.picking import Article, picked, wish_of
from notifications.pictures import size_of, url_of
from notifications.services import banners, coupons
from notifications.services.knowing import Known, in_holdout
from notifications.services.marketing_choices import person_of, said_by
from notifications.services.products import articles_for, related
from notifications.services.ruling import setup_of
from tenants.models import Brand, Shop
from tracking.models import Order, OrderLine
from tracking.when import locale_for, zone_for

Offer = dict[str, Any]


def offers_for(
    *, shop: Shop, order: Order | None, content: Content, now: datetime, about: About | None = None,
    message: Message | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What to show, by the id of a block that sells; None where there is nothing, or nothing may be sold.

    With the `message` that is being sent, a code of the shopper's own is given to them for good; without, or in a
    test, a sample is shown. Runs in the shop's context. Without such blocks no query; else five at most, and more
    only where a banner asks what the order is.
    """
    sells = [block for block in content.get("blocks", ()) if KINDS[block["kind"]].sells]
    if not sells:
        return {}
    selling = _Selling(shop, order, now, about, message)
    wanted = [block for block in sells if not selling.is_plainly_empty(block)]
    offers: dict[str, Any] = {block["id"]: None for block in sells}
    if wanted and selling.is_allowed():
        offers |= selling.products([block for block in wanted if block["kind"] == "products"])
        for block in wanted:
            if block["kind"] in selling.ways:
                offers[block["id"]] = selling.ways[block["kind"]](block)
    return offers


def sells_anything(offers: Mapping[str, Any]) -> bool:
    """Whether a message sells: then it says how to end that."""
    return any(offer is not None for offer in offers.values())


@dataclass
class _Selling:
    """What is known while one message's offers are put together."""

    shop: Shop
    order: Order | None
    now: datetime
    known_about: About | None
    message: Message | None
    ways: Mapping[str, Callable[[Mapping[str, Any]], Any]] = field(init=False)

    def __post_init__(self) -> None:
        self.ways = {"coupon": self.coupon, "banner": self.banner}

    @property
    def language(self) -> str:
        if self.message is not None:
            return str(self.message.language)
        return str(self.order.language if self.order else self.shop.language)

    @property
    def country(self) -> str:
        return str((self.order.country if self.order else "") or self.shop.country)

    @cached_property
    def gives(self) -> bool:
        """Whether a code leaves the pool: in a message on its way to its shopper, and nowhere else."""
        message = self.message
        return message is not None and self.order is not None and not message.dedupe_key.startswith("test:")

    @cached_property
    def brand(self) -> Brand:
        return front_of(self.shop).brand

    @cached_property
    def about(self) -> About | None:
        if self.known_about is not None or self.order is None:
            return self.known_about
        known = Known(self.shop, [self.order], (), setup_of(self.shop.pk), self.now)
        return known.about(self.order)

    @cached_property
    def skus(self) -> frozenset[str]:
        if self.known_about is not None:
            return self.known_about.skus
        if self.order is None:
            return frozenset()
        lines = OrderLine.objects.for_shop(self.shop).filter(order=self.order)
        return frozenset(sku for sku in lines.values_list("sku", flat=True) if sku)

    def is_plainly_empty(self, block: Mapping[str, Any]) -> bool:
        """Most designs have the page's banner, and most pages none: then nobody is asked about."""
        if block["kind"] != "banner" or block.get("source", "own") != "page":
            return False
        return not (self.brand.banner_title or self.brand.banner_text)

    def is_allowed(self) -> bool:
        """Not to somebody the customer added, not to who said no, not to who is held out: their orders show what
        messages alone are worth."""
        if self.order is None:
            return True
        if self.order.erased_at or (self.message is not None and self.message.whom):
            return False
        if self.known_about is not None:
            return bool(self.known_about.marketing) and not self.known_about.control
        setup, person = setup_of(self.shop.pk), person_of(self.order)
        said = said_by(self.shop, {person}).get(person)
        return may_sell(said, self.country, setup.marketing) and not in_holdout(setup, self.order)

    # --- Blocks ---

    def coupon(self, block: Mapping[str, Any]) -> Offer | None:
        return self.of_coupon(find_coupon(self.shop, str(block.get("coupon") or "")))

    def of_coupon(self, coupon: Coupon | None) -> Offer | None:
        if coupon is None or coupons.standing(coupon, self.now) is not Holds.VALID:
            return None
        if self.gives and self.order is not None and self.message is not None:
            code = coupons.give(
                coupon=coupon, order_id=self.order.pk, message_id=self.message.pk, now=self.now
            )
        else:
            code = coupons.sample(coupon)
        return {"code": code, "worth": coupon.worth, "until": self.day(coupon.ends_at)} if code else None

    def day(self, moment: datetime | None) -> str:
        """The last day on which it holds, where its reader lives."""
        if moment is None:
            return ""
        postal_code = self.order.postal_code if self.order else ""
        zone = zone_for(
            country=self.country, postal_code=postal_code, shop_country=self.shop.country,
            shop_zone=self.shop.time_zone,
        )  # fmt: skip
        last = (moment - timedelta(seconds=1)).astimezone(zone)  # at midnight it ended the day before
        return str(format_date(last.date(), "long", locale=locale_for(self.language, self.country)))

    def banner(self, block: Mapping[str, Any]) -> Offer | None:
        source = block.get("source", "own")
        if source == "page":
            return {
                "title": self.brand.banner_title, "text": self.brand.banner_text, "code": self.brand.banner_code,
                "url": self.brand.banner_url, "label": self.brand.banner_label, "picture_url": "",
            }  # fmt: skip
        if source == "audience":
            return self.first_that_fits()
        said = {
            name: said_in(block.get(name), self.language, self.shop.language)
            for name in ("title", "text", "label")
        }
        return {
            **said,
            "url": "",
            "code": "",
            "picture_url": "",
        }  # its words and its address are the design's own

    def first_that_fits(self) -> Offer | None:
        for banner in banners.running(self.shop, self.now):
            if not banners.fits(banner, self.about if banner.audience else None):
                continue
            code = ""
            if banner.coupon is not None:
                offer = self.of_coupon(banner.coupon)
                if offer is None:
                    continue  # it promises what is not to be had any more
                code = offer["code"]
            words = banners.words_of(banner, self.language, self.shop.language)
            return {**words, "url": banner.url, "code": code, "picture_url": self.picture_url(banner.picture)}
        return None

    def picture_url(self, digest: str) -> str:
        found = size_of(self.shop.pk, digest)
        return url_of(front_of(self.shop), found) if found else ""

    def products(self, blocks: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Of all its product blocks at once: two queries, besides that for what was bought."""
        if not blocks:
            return {}
        by_rule = any(block.get("pick", "rule") not in ("picked", "latest") for block in blocks)
        goes_with, categories = related(self.shop.pk, self.skus) if by_rule and self.skus else ([], [])
        wishes = {block["id"]: wish_of(block, goes_with, categories) for block in blocks}
        found = articles_for(self.shop.pk, list(wishes.values()), self.skus)
        return {
            name: [self.shown(one) for one in picked(wish, found, self.skus)] or None
            for name, wish in wishes.items()
        }

    def shown(self, one: Article) -> Offer:
        price = ""
        if one.price is not None and one.currency:
            price = format_currency(one.price, one.currency, locale=locale_for(self.language, self.country))
        return {"title": one.title, "url": one.url, "image_url": one.image_url, "price": price}


def find_coupon(shop: Shop, said: str) -> Coupon | None:
    """The coupon a block names: by its number here, or by its name (as a file of a shop's designs has it)."""
    found = Coupon.objects.for_shop(shop)
    by_number = found.filter(pk=int(said)).first() if said.isdecimal() and len(said) < 18 else None
    coupon: Coupon | None = by_number or (found.filter(name=said).first() if said else None)
    return coupon
