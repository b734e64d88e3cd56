"""Stars, papers and what the shop puts beside the order, as a reader meets them."""

from __future__ import annotations

import pytest
import time_machine

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Brand, Shop
from tests import make
from tests.tracking import invoices as invoice_rows
from tests.tracking import pages
from tracking.models import Invoice, Notice, Order, Review

NOW = make.NOW


@pytest.fixture(autouse=True)
def _fresh(db):
    forget_shops()
    with time_machine.travel(NOW, tick=False):
        yield
    forget_shops()


@pytest.fixture
def shop():
    return pages.shop()


def delivered(shop, **fields):
    with shop_context(shop.pk):
        order = pages.order(shop, state="delivered", state_since=NOW, **fields)
        pages.parcel(order, [(SubStatus.IN_TRANSIT, 20, ""), (SubStatus.DELIVERED, 2, "Entregado")])
    return order


def stars(client, order, **said):
    return client.post(pages.path(order) + "review", said)


def review(shop):
    with shop_context(shop.pk):
        return Review.objects.for_shop(shop).get()


def text(client, order, below=""):
    return pages.said(client.get(pages.path(order) + below))


# --- Stars ---


def test_a_delivered_order_asks_for_stars_below_the_answer(shop):
    order = delivered(shop)
    html = text(pages.reader(), order)
    assert "How did it go?" in html
    assert "The delivery by DHL" in html
    assert html.index('id="answer"') < html.index('id="rate"') < html.index('id="parcel-1"')


def test_stars_are_given_once_by_whoever_has_the_link(shop):
    order, client = delivered(shop), pages.reader()
    assert stars(client, order, shop="5", carrier="4").status_code == 303
    assert (review(shop).shop_stars, review(shop).carrier_stars, review(shop).carrier) == (5, 4, "dhl")
    assert "★★★★★" in text(client, order)
    assert stars(client, order, shop="1").status_code == 403
    assert review(shop).shop_stars == 5
    pages.prove(client, order)
    assert stars(client, order, shop="3").status_code == 303
    assert review(shop).shop_stars == 3


def test_stars_alone_need_nobodys_leave_and_words_do(shop):
    order, client = delivered(shop), pages.reader()
    stars(client, order, shop="5")
    assert review(shop).status == "published"
    stars(client, order, text="Lovely plates, well packed", name="Marta")
    assert (review(shop).status, review(shop).name) == ("pending", "Marta")


def test_the_unhappy_are_led_to_the_shop_before_a_public_word(shop):
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(review_url="https://reviews.example/olmo")
    order, client = delivered(shop), pages.reader()
    stars(client, order, shop="2", carrier="5")
    html = text(client, order, "review")
    assert "What went wrong? We want to put it right" in html
    assert 'href="write?reason=damaged"' in html
    assert "https://reviews.example/olmo" not in html
    with shop_context(shop.pk):
        notice = Notice.objects.for_shop(shop).get(kind="unhappy")
    assert (notice.recipient, notice.about["stars"]) == ("hola@olmo.example", "2")


def test_the_content_are_shown_where_they_may_say_so_in_public(shop):
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(review_url="https://reviews.example/olmo")
    order, client = delivered(shop), pages.reader()
    stars(client, order, shop="5", carrier="4")
    html = text(client, order, "review")
    assert 'href="https://reviews.example/olmo" rel="noreferrer noopener"' in html
    with shop_context(shop.pk):
        assert Notice.objects.for_shop(shop).filter(kind="unhappy").count() == 0


@pytest.mark.parametrize(
    "setting,late,is_asked",
    [("all", True, True), ("smooth", False, True), ("smooth", True, False), ("none", False, False)],
)
def test_whom_the_page_asks_is_the_shops_choice(shop, setting, late, is_asked):
    Shop.objects.filter(pk=shop.pk).update(review_invites=setting)
    forget_shops()
    order = delivered(shop, promised_date="2026-11-19" if late else "2026-11-25")
    assert ("How did it go?" in text(pages.reader(), order)) is is_asked


@pytest.mark.parametrize("said", [{}, {"shop": "6"}, {"shop": "x"}, {"carrier": "0"}, {"text": "   "}])
def test_nothing_is_taken_that_is_no_star(shop, said):
    assert stars(pages.reader(), delivered(shop), **said).status_code == 422


def test_what_is_not_delivered_cannot_be_rated(shop):
    with shop_context(shop.pk):
        order = pages.order(shop, state="shipped")
    assert stars(pages.reader(), order, shop="1").status_code == 303
    with shop_context(shop.pk):
        assert not Review.objects.for_shop(shop).exists()


def test_a_shop_that_reads_nothing_first_still_reads_what_looks_wrong(shop):
    Shop.objects.filter(pk=shop.pk).update(publish_reviews=True)
    forget_shops()
    fine, spam, again = delivered(shop), delivered(shop), delivered(shop)
    words = "The bowls are lovely and came well packed"
    for order, said in ((fine, words), (spam, "Cheap at www.bargain.example"), (again, words.upper())):
        stars(pages.reader(), order, shop="5")
        stars(pages.reader(), order, text=said)
    with shop_context(shop.pk):
        kept = dict(Review.objects.for_shop(shop).values_list("order_id", "status"))
    assert [kept[o.pk] for o in (fine, spam, again)] == ["published", "pending", "pending"]


# --- What the shop puts on the page ---


def test_blocks_stand_where_the_shop_put_them_and_never_above_the_answer(shop):
    product = {
        "title": "Jug",
        "price": "29 €",
        "url": "https://olmo.example/jug",
        "image_url": "http://x.example/a.png",
    }
    with shop_context(shop.pk):
        Brand.objects.for_shop(shop).update(
            banner_title="For your next table", products=[product], products_title="Goes well with it",
            blocks=["products", "order", "banner"], social=[{"label": "Mastodon", "url": "https://m.example"}],
        )  # fmt: skip
        order = pages.order(shop, state="shipped")
    html = text(pages.reader(), order)
    places = [
        html.index(what) for what in ('id="answer"', "Goes well with it", 'id="order"', "For your next table")
    ]
    assert places == sorted(places)
    assert 'href="https://olmo.example/jug" rel="noreferrer"' in html
    assert "http://x.example" not in html


# --- Invoices ---


def invoicing():
    shop = invoice_rows.invoicing_shop()
    return shop, invoice_rows.order(shop)


def buyer(**changes):
    return {
        "name": "Marta Ruiz",
        "tax_id": "12345678Z",
        "address": "Calle del Olmo 12",
        "country": "ES",
    } | changes


def test_an_invoice_is_asked_for_and_fetched(db):
    shop, order = invoicing()
    client = pages.reader()
    assert "Ask for an invoice" in text(client, order)
    assert client.get(pages.path(order) + "invoice")["Location"].endswith("#prove")
    pages.prove(client, order)
    assert 'value="Marta Ruiz"' in text(client, order, "invoice")
    assert client.post(pages.path(order) + "invoice", buyer()).status_code == 303
    html = text(client, order, "invoice")
    assert "Invoice F-2026-000001" in html
    assert "88,00" in html
    with shop_context(shop.pk):
        pk = Invoice.objects.for_shop(shop).get().pk
    assert client.get(pages.path(order) + f"invoice/{pk}/pdf")["Location"].endswith("/print")
    printable = client.get(pages.path(order) + f"invoice/{pk}/print")
    assert "Casa Olmo, S. L." in pages.said(printable)
    with shop_context(shop.pk):
        Invoice.objects.for_shop(shop).update(pdf=b"%PDF-x", made_at=NOW)
        Order.objects.filter(pk=order.pk).update(version=99)
    from tracking import pages as kept

    kept.forget([order.token_hash])
    assert "Invoice F-2026-000001 (PDF)" in text(client, order)
    fetched = client.get(pages.path(order) + f"invoice/{pk}/pdf")
    assert fetched["Content-Disposition"] == 'attachment; filename="F-2026-000001.pdf"'
    assert pages.reader().get(pages.path(order) + f"invoice/{pk}/pdf").status_code == 303


def test_a_wrong_tax_number_is_said_beside_it(db):
    shop, order = invoicing()
    client = pages.reader()
    pages.prove(client, order)
    answer = client.post(pages.path(order) + "invoice", buyer(tax_id="12345678A"))
    assert answer.status_code == 422
    assert "This is not a valid NIF" in pages.said(answer)
    with shop_context(shop.pk):
        assert not Invoice.objects.for_shop(shop).exists()


def test_another_orders_invoice_is_not_found(db):
    shop, order = invoicing()
    other = invoice_rows.order(shop)
    client = pages.reader()
    pages.prove(client, order)
    client.post(pages.path(order) + "invoice", buyer())
    with shop_context(shop.pk):
        pk = Invoice.objects.for_shop(shop).get().pk
    pages.prove(client, other)
    for what in ("pdf", "print"):
        assert client.get(pages.path(other) + f"invoice/{pk}/{what}").status_code == 404


def test_a_shop_that_does_not_invoice_offers_none(shop):
    order, client = delivered(shop), pages.reader()
    pages.prove(client, order)
    assert "Ask for an invoice" not in text(client, order)
    assert client.get(pages.path(order) + "invoice").status_code == 404


# --- Proof of delivery ---


def test_the_proof_of_delivery_is_for_whoever_proves_the_order_is_theirs(shop):
    order = delivered(shop)
    client = pages.reader()
    assert client.get(pages.path(order) + "receipt").status_code == 303
    pages.prove(client, order)
    html = text(client, order, "receipt")
    assert "Proof of delivery" in html
    assert "Entregado" in html
