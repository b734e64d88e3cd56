"""A shop's catalogue, as messages may show it: brought in bulk, changed where it changed, a few picked for one order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from notifications.models import Product, Shelf
from notifications.picking import Article, Wish
from tenants import rows
from tenants.models import Shop
from tracking.services.values import Notes, currencies

MOST_AT_ONCE = 500  # in one call of the API
MOST_IN_A_FILE = 20_000
MOST_LISTED = 20  # categories, and SKUs it goes with
COLUMNS = (
    "title", "url", "image_url", "price", "currency", "categories", "goes_with", "available", "position",
)  # fmt: skip
KNOWN = ("sku", *COLUMNS)
# A few of each kind asked for, in the catalogue's order; every branch ends after a few rows of an index.
FEW = """
SELECT p.sku, p.title, p.url, p.image_url, p.price, p.currency, found.why, found.what FROM (
  SELECT id, 'sku' AS why, sku AS what FROM notifications_product
    WHERE shop_id = %(shop)s AND sku = ANY (%(skus)s::text[]) AND available
  UNION ALL
  SELECT s.product_id, 'category', c.name FROM unnest(%(categories)s::text[]) c(name) CROSS JOIN LATERAL (
    SELECT product_id FROM notifications_shelf WHERE shop_id = %(shop)s AND category = c.name COLLATE "C"
    ORDER BY position, product_id LIMIT %(most)s) s
  UNION ALL
  (SELECT id, 'latest', '' FROM notifications_product WHERE shop_id = %(shop)s AND available
    ORDER BY position, id LIMIT %(latest)s)
) found JOIN notifications_product p ON p.shop_id = %(shop)s AND p.id = found.id ORDER BY p.position, p.id
"""


@dataclass(frozen=True, slots=True)
class Taken:
    created: int
    updated: int
    unchanged: int


def put_products(*, shop: Shop, products: Sequence[Mapping[str, Any]], now: datetime) -> Taken:
    """Add products, or bring those known by their SKU up to date; what is left out stays. All, or none: raises
    Refused with what is wrong, line by line. Safe to repeat: what is the same writes nothing."""
    notes = Notes()
    said: dict[str, dict[str, Any]] = {}
    for n, one in enumerate(products):
        with notes.within("products", n):
            checked = _checked(notes, one, shop)
        said[checked["sku"]] = checked  # named twice: the later one holds
    notes.settle()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('products'), %s)", [shop.pk])
        held = {p.sku: p for p in Product.objects.for_shop(shop).filter(sku__in=list(said))}
        new, changed = [], []
        for sku, one in said.items():
            if sku in held:
                if _differs(held[sku], one):
                    changed.append(_with(held[sku], one, now))
            else:
                new.append(_with(Product(shop=shop, sku=sku), one, now))
        _needed(new, said, list(said))
        rows.insert(Product, ("shop", "sku", *COLUMNS, "updated_at"), [_row(p) for p in new])
        rows.update(Product, (*COLUMNS, "updated_at"), [(p.pk, *_row(p)[2:]) for p in changed])
        _shelve(shop.pk, [p.sku for p in (*new, *changed)])
    return Taken(len(new), len(changed), len(said) - len(new) - len(changed))


def _needed(new: Sequence[Product], said: Mapping[str, Any], order: Sequence[str]) -> None:
    notes = Notes()
    for product in new:
        with notes.within("products", order.index(product.sku)):
            for name in ("title", "url"):
                if not getattr(product, name):
                    notes.add(name, _("A new product needs this."))
    notes.settle()


def _checked(notes: Notes, one: Mapping[str, Any], shop: Shop) -> dict[str, Any]:
    said: dict[str, Any] = {"sku": notes.text("sku", one.get("sku", ""), 64)}
    if not said["sku"]:
        notes.add("sku", _("This is needed."))
    for name in sorted(one.keys() - set(KNOWN)):
        notes.add(str(name)[:60], _("There is no such field: check how it is written."))
    if "title" in one:
        said["title"] = notes.text("title", one["title"], 120, shorten=True)
    for name in ("url", "image_url"):
        if name in one:
            said[name] = _address(notes, name, one[name])
    if "price" in one:
        said |= _price(notes, one, shop)
    for name, most in (("categories", 60), ("goes_with", 64)):
        if name in one:
            said[name] = _words(notes, name, one[name], most)
    if "available" in one:
        if type(one["available"]) is not bool:
            notes.add("available", _("This must be true or false."))
        said["available"] = one["available"] is True
    if "position" in one:
        said["position"] = notes.whole("position", one["position"], -1_000_000, 1_000_000)
    return said


def _address(notes: Notes, name: str, value: Any) -> str:
    said = notes.text(name, "" if value is None else value, 500)
    if said and not (said.startswith("https://") and len(said) > 10 and not set(said) & set(" \"'<>\\")):
        notes.add(name, _("This must be an address that begins with https://."))
        return ""
    return said


def _price(notes: Notes, one: Mapping[str, Any], shop: Shop) -> dict[str, Any]:
    currency = notes.text("currency", one.get("currency") or shop.currency, 10).upper()
    if currency not in currencies():
        notes.add("currency", _("Write the currency as its three letters, like EUR or BRL."))
        currency = shop.currency
    value = one["price"]
    if value is None or value == "":
        return {"price": None, "currency": ""}
    try:
        amount = Decimal(value) if isinstance(value, str) and len(value) < 40 else value
    except InvalidOperation:
        amount = None
    return {"price": notes.money("price", amount, currency), "currency": currency}


def _words(notes: Notes, name: str, value: Any, most: int) -> list[str]:
    if not isinstance(value, list | tuple):
        notes.add(name, _("This must be a list: […]."))
        return []
    if len(value) > MOST_LISTED:
        notes.add(name, _("No more than %(most)d, please.") % {"most": MOST_LISTED})
    words = [notes.text(name, word, most) for word in value[:MOST_LISTED]]
    return [word for word in dict.fromkeys(words) if word]


def _differs(held: Product, said: Mapping[str, Any]) -> bool:
    return any(getattr(held, name) != value for name, value in said.items())


def _with(product: Product, said: Mapping[str, Any], now: datetime) -> Product:
    for name, value in said.items():
        setattr(product, name, value)
    product.updated_at = now
    return product


def _row(product: Product) -> tuple[Any, ...]:
    return (product.shop_id, product.sku, *(getattr(product, name) for name in COLUMNS), product.updated_at)


def category_key(category: str) -> str:
    return category.strip().casefold()[:60]


def _shelve(shop_id: int, skus: Sequence[str]) -> None:
    """Put products where their categories are, in place of where they were."""
    products = list(Product.objects.for_shop(shop_id).filter(sku__in=skus))
    Shelf.objects.for_shop(shop_id).filter(product__in=[p.pk for p in products]).delete()
    rows.insert(
        Shelf,
        ("shop", "product", "category", "position"),
        [
            (shop_id, p.pk, category, p.position)
            for p in products
            if p.available
            for category in dict.fromkeys(map(category_key, p.categories))
        ],
    )


def remove_products(*, shop: Shop, skus: Collection[str]) -> int:
    """Return how many there were. Safe to repeat."""
    with transaction.atomic():
        return int(
            Product.objects.for_shop(shop).filter(sku__in=skus).delete()[1].get("notifications.Product", 0)
        )


# --- Picking ---


def related(shop_id: int, skus: Collection[str]) -> tuple[list[str], list[str]]:
    """What goes with these articles, and the categories they are of. One query."""
    bought = Product.objects.for_shop(shop_id).filter(sku__in=[sku for sku in skus if sku])
    goes_with: dict[str, None] = {}
    categories: dict[str, None] = {}
    for with_it, mine in bought.order_by("position", "id").values_list("goes_with", "categories"):
        goes_with |= dict.fromkeys(with_it)
        categories |= dict.fromkeys(map(category_key, mine))
    return list(goes_with), list(categories)


def articles_for(shop_id: int, wishes: Sequence[Wish], skus: Collection[str]) -> list[Article]:
    """What could be shown for these wishes, in the catalogue's order. One query, whatever the catalogue's size."""
    most = max((wish.most for wish in wishes), default=0) + len(skus)
    said: dict[str, Any] = {
        "shop": shop_id,
        "skus": sorted({sku for wish in wishes for sku in wish.skus}),
        "categories": sorted({name for wish in wishes for name in wish.categories}),
        "most": most,
        "latest": most if any(wish.latest for wish in wishes) else 0,
    }
    if not said["skus"] and not said["categories"] and not said["latest"]:
        return []
    with connection.cursor() as cursor:
        cursor.execute(FEW, said)
        return [Article(*row) for row in cursor.fetchall()]
