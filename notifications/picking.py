"""Which products one message shows: those wished for, that can be had, and were not just bought. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

MOST = 12


@dataclass(frozen=True, slots=True)
class Wish:
    """What a block asks for. `skus`: these, in this order; `categories`: of these; `latest`: the first there are."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    latest: bool = False
    most: int = 2


@dataclass(frozen=True, slots=True)
class Article:
    """A product that could be shown; `why` and `what` it was found by: sku, category, latest."""

    sku: str
    title: str
    url: str
    image_url: str
    price: Decimal | None
    currency: str
    why: str
    what: str


def wish_of(block: Mapping[str, Any], goes_with: Sequence[str], categories: Sequence[str]) -> Wish:
    """What a block of a design asks for, of an order with these relations."""
    said = block.get("most", 2)
    most = min(int(said) if isinstance(said, int) else 2, MOST)
    pick = block.get("pick", "rule")
    if pick == "picked":
        return Wish(skus=tuple(block.get("skus", ())[:MOST]), most=most)
    if pick == "category":
        return Wish(categories=tuple(categories), most=most)
    if pick == "latest":
        return Wish(latest=True, most=most)
    if pick == "goes_with":
        return Wish(skus=tuple(goes_with), most=most)
    return Wish(
        skus=tuple(goes_with), categories=tuple(categories), latest=True, most=most
    )  # the nearest there is


def picked(wish: Wish, found: Iterable[Article], bought: Collection[str]) -> list[Article]:
    """At most `wish.most`, each once, none of what was bought: what was picked or goes with it first, in that order."""
    mine: dict[str, Article] = {}
    for one in sorted(found, key=lambda one: one.why != "sku"):
        fits = (
            (one.why == "sku" and one.what in wish.skus)
            or (one.why == "category" and one.what in wish.categories)
            or (one.why == "latest" and wish.latest)
        )
        if fits and one.sku not in bought:
            mine.setdefault(one.sku, one)
    order = {sku: n for n, sku in enumerate(wish.skus)}
    ways = ("sku", "category", "latest")
    return sorted(mine.values(), key=lambda one: (ways.index(one.why), order.get(one.sku, 0)))[: wish.most]
