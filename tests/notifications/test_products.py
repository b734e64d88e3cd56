"""The catalogue: brought in bulk, written where it changed, and a few picked for a message at once."""

import time
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Product, Shelf
from notifications.picking import Article, Wish, picked, wish_of
from notifications.services import products
from tenants.isolation import shop_context
from tests import make
from tracking.services.incoming import Refused


@pytest.fixture
def shop(db):
    made = make.shop()
    with shop_context(made.pk):
        yield made


def product(sku, **said):
    return {"sku": sku, "title": f"Taza {sku}", "url": f"https://tienda.example/{sku}", **said}


def put(shop, *said):
    return products.put_products(shop=shop, products=said, now=make.NOW)


def test_products_are_added_changed_and_left_alone(shop):
    first = put(shop, product("A", price="19.90", categories=["Tazas"]), product("B"))
    with CaptureQueriesContext(connection) as queries:
        same = put(shop, product("A", price="19.90", categories=["Tazas"]), product("B"))
    changed = put(shop, {"sku": "A", "price": "24.90"}, product("C"))

    assert [(t.created, t.updated, t.unchanged) for t in (first, same, changed)] == [
        (2, 0, 0),
        (0, 0, 2),
        (1, 1, 0),
    ]
    assert not [
        q
        for q in queries
        if q["sql"].startswith(("INSERT INTO", "UPDATE", "DELETE")) and "shelf" not in q["sql"]
    ]
    kept = Product.objects.get(sku="A")
    assert (kept.title, kept.price, kept.currency, kept.categories) == (
        "Taza A",
        Decimal("24.90"),
        "EUR",
        ["Tazas"],
    )


@pytest.mark.parametrize(
    ("said", "wrong"),
    [({"sku": ""}, "sku"), ({"sku": "N"}, "title"), ({"url": "http://tienda.example/"}, "url"),
     ({"url": "javascript:alert(1)"}, "url"), ({"image_url": "https://x.example/\" onerror"}, "image_url"),
     ({"price": "many"}, "price"), ({"price": "-1"}, "price"), ({"price": "1.999"}, "price"),
     ({"price": "1", "currency": "EURO"}, "currency"), ({"available": "no"}, "available"),
     ({"categories": "Tazas"}, "categories"), ({"prize": "1"}, "prize"), ({"goes_with": ["x"] * 21}, "goes_with")],
)  # fmt: skip
def test_one_wrong_line_leaves_all_out_and_says_which(shop, said, wrong):
    line = said if "sku" in said else product("B", **said)
    with pytest.raises(Refused) as refused:
        put(shop, product("A"), line)

    assert f"products.1.{wrong}" in refused.value.fields
    assert not Product.objects.exists()


def test_what_cannot_be_had_stands_on_no_shelf(shop):
    put(
        shop,
        product("A", categories=["Tazas", "tazas "]),
        product("B", categories=["Tazas"], available=False),
    )
    assert list(Shelf.objects.values_list("category", "product__sku")) == [("tazas", "A")]

    put(shop, {"sku": "A", "available": False}, {"sku": "B", "available": True})
    assert list(Shelf.objects.values_list("product__sku", flat=True)) == ["B"]

    assert products.remove_products(shop=shop, skus=["B", "X"]) == 1
    assert not Shelf.objects.exists()


# --- Picking ---


def article(sku, why="latest", what=""):
    return Article(sku, sku, f"https://t.example/{sku}", "", None, "", why, what)


def test_picked_ones_come_in_the_order_they_were_picked():
    found = [article("A", "sku", "A"), article("B", "sku", "B"), article("C", "sku", "C")]
    assert [a.sku for a in picked(Wish(skus=("C", "A", "B"), most=2), found, ())] == ["C", "A"]


def test_without_a_choice_the_nearest_comes_first():
    wish = wish_of({"most": 3}, ["G"], ["tazas"])
    found = [article("L"), article("K", "category", "tazas"), article("G", "sku", "G"), article("G")]
    assert [a.sku for a in picked(wish, found, ())] == ["G", "K", "L"]


SKUS = st.sampled_from("ABCDEF")


@given(
    st.lists(st.tuples(SKUS, st.sampled_from(["sku", "category", "latest"]))),
    st.sets(SKUS), st.lists(SKUS), st.integers(0, 5),
)  # fmt: skip
def test_what_was_bought_is_never_offered_and_nothing_twice(found, bought, skus, most):
    wish = Wish(skus=tuple(skus), categories=("c",), latest=True, most=most)
    shown = [a.sku for a in picked(wish, [article(s, w, s if w == "sku" else "c") for s, w in found], bought)]

    assert len(shown) == len(set(shown)) <= most
    assert not set(shown) & bought


def test_a_catalogue_of_100_000_slows_no_message(shop):
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO notifications_product (shop_id, sku, title, url, image_url, currency, categories, goes_with,
              available, position, updated_at)
            SELECT %s, 'S' || n, 'Taza', 'https://t.example/' || n, '', '', ARRAY['c' || n %% 50], '{}', n > 90000, n, now()
            FROM generate_series(1, 100000) n""",
            [shop.pk],
        )
        cursor.execute(
            """INSERT INTO notifications_shelf (shop_id, product_id, category, position)
            SELECT shop_id, id, categories[1], position FROM notifications_product WHERE available"""
        )
        cursor.execute("ANALYZE notifications_product, notifications_shelf")
    wishes = [Wish(skus=("S95000",), categories=("c7", "c9"), latest=True, most=4)]
    products.articles_for(shop.pk, wishes, {"S1"})

    began = time.perf_counter()
    for _n in range(20):
        goes_with, categories = products.related(shop.pk, {"S95001"})
        found = products.articles_for(shop.pk, wishes, {"S95001"})
    each_ms = (time.perf_counter() - began) * 1000 / 20

    assert (goes_with, categories) == ([], ["c1"])
    assert len(found) == 1 + 2 * 5 + 5
    assert each_ms < 20
