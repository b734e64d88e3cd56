"""The console's pages about what messages sell."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from notifications.models import Banner, Coupon, CouponCode, MessageSetup, Picture, Product, Sale
from notifications.services import coupons as service
from tenants.isolation import shop_context
from tenants.models import Role
from tests import make
from tests.console.clients import signed_in
from tests.notifications.selling import coupon, message


@pytest.fixture
def shop(db):
    return make.shop(slug="velaluz", currency="EUR")


@pytest.fixture
def admin(shop):
    return signed_in(shop, Role.ADMIN)


def url(below=""):
    return f"/console/velaluz/offers/{below}"


def inside(shop, do):
    with shop_context(shop.pk):
        return do()


def page(client, below="", **query):
    answer = client.get(url(below), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    "below", ["", "products/", "banners/", "to-whom/", "coupons/add/", "products/add/", "banners/add/"]
)
def test_only_admins_change_what_is_sold(shop, admin, below):
    assert page(admin, below)
    assert signed_in(shop, Role.AGENT).get(url(below)).status_code == 404


def test_everybody_of_the_shop_sees_what_messages_brought(shop):
    assert "Nothing came from messages" in page(signed_in(shop, Role.VIEWER), "sales/")


@pytest.mark.parametrize("below", ["coupons/{}/", "products/{}/", "banners/{}/", "coupons/{}/codes.csv"])
def test_another_shops_are_not_there(admin, below):
    other = make.shop()
    with shop_context(other.pk):
        made = coupon(other, "A1")
        Product.objects.create(shop=other, pk=made.pk, sku="A", title="A", url="https://a.example/")
        Banner.objects.create(shop=other, pk=made.pk, name="A")
    assert admin.get(url(below.format(made.pk))).status_code == 404


# --- Coupons ---


def test_a_coupon_with_codes_of_their_own_is_made_filled_and_taken_away_as_a_list(shop, admin):
    said = {"name": "Back", "worth": "10 %", "ends_at": "2030-01-31T23:59", "enabled": "on"}
    answer = admin.post(url("coupons/add/"), said)
    made = inside(shop, Coupon.objects.get)
    assert answer["Location"] == url(f"coupons/{made.pk}/")
    assert made.ends_at.isoformat() == "2030-01-31T22:59:00+00:00"
    assert "It has no codes yet" in page(admin)

    file = SimpleUploadedFile("codes.csv", b"=HYPER(1)\nAB-12\nCD-34", "text/csv")
    answer = admin.post(
        url(f"coupons/{made.pk}/codes/"), {"codes": "EF-56, ab-12", "file": file}, follow=True
    )
    said = answer.content.decode()
    assert "3 codes added." in said
    assert "=HYPER(1)" in said
    answer = admin.post(
        url(f"coupons/{made.pk}/make/"), {"shape": "HOLA-????-????", "count": "40"}, follow=True
    )
    assert "40 codes added." in answer.content.decode()
    assert "43" in page(admin, f"coupons/{made.pk}/")

    order = inside(shop, lambda: make.order(shop, number="=1042"))
    inside(shop, lambda: service.give(coupon=made, order_id=order.pk, message_id=None, now=timezone.now()))
    csv = b"".join(admin.get(url(f"coupons/{made.pk}/codes.csv")).streaming_content).decode()
    assert csv.count("\n") == 44
    assert "EF-56,'=1042," in csv


@pytest.mark.parametrize(
    ("shape", "count"), [("HOLA", "5"), ("????????", "0"), ("????????", "many"), ("????????", "99999999")]
)
def test_codes_that_could_be_guessed_are_not_made(shop, admin, shape, count):
    made = inside(shop, lambda: coupon(shop, "A1"))
    admin.post(url(f"coupons/{made.pk}/make/"), {"shape": shape, "count": count})
    assert inside(shop, CouponCode.objects.count) == 1


def test_a_coupon_that_cannot_be_kept_says_why(shop, admin):
    inside(shop, lambda: coupon(shop, name="Back"))
    answer = admin.post(url("coupons/add/"), {"name": "Back", "code": "TWO WORDS"})
    assert answer.status_code == 422
    assert "Another coupon is called that." in answer.content.decode()
    assert "without blanks" in answer.content.decode()


def test_the_list_warns_of_a_pool_that_runs_dry(shop, admin):
    made = inside(shop, lambda: coupon(shop, *[f"C{n}" for n in range(30)]))
    assert "left." not in page(admin)
    for _n in range(6):
        order = inside(shop, lambda: make.order(shop))
        inside(
            shop,
            lambda o=order: service.give(coupon=made, order_id=o.pk, message_id=None, now=timezone.now()),
        )
    assert "Only 24 codes are left." in page(admin)
    inside(shop, lambda: CouponCode.objects.update(given_at=timezone.now()))
    assert "All codes are given away" in page(admin)


# --- Products ---


def test_a_product_is_kept_by_hand_changed_and_taken_out(shop, admin):
    said = {"sku": "TAZ-1", "title": "Taza", "url": "https://velaluz.example/t", "price": "24,95", "currency": "EUR",
            "categories": "Tazas, Regalos", "goes_with": "PLA-3", "position": "2", "available": "on"}  # fmt: skip
    assert admin.post(url("products/add/"), said).status_code == 302
    kept = inside(shop, Product.objects.get)
    assert (kept.price, kept.categories, kept.goes_with, kept.position) == (
        Decimal("24.95"),
        ["Tazas", "Regalos"],
        ["PLA-3"],
        2,
    )
    assert "24,95\xa0€" in page(admin, "products/")

    answer = admin.post(url(f"products/{kept.pk}/"), {**said, "url": "http://velaluz.example/t"})
    assert (answer.status_code, "begins with https://" in answer.content.decode()) == (422, True)
    admin.post(url(f"products/{kept.pk}/"), {**said, "sku": "OTHER", "price": "", "available": ""})
    kept = inside(shop, Product.objects.get)
    assert (kept.sku, kept.price, kept.available) == ("TAZ-1", None, False)

    admin.post(url(f"products/{kept.pk}/remove/"))
    assert not inside(shop, Product.objects.exists)


def test_a_file_of_products_is_taken_whole_or_not_at_all(shop, admin):
    def bring(text):
        file = SimpleUploadedFile("p.csv", text.encode("utf-8-sig"), "text/csv")
        return admin.post(url("products/file/"), {"file": file}, follow=True).content.decode()

    head = "sku;title;url;price;categories;available\n"
    assert "2 products added" in bring(
        head + "A;Taza;https://v.example/a;9,90;Tazas|Regalos;\nB;Bol;https://v.example/b;;;no\n"
    )
    assert inside(shop, lambda: list(Product.objects.order_by("sku").values_list("categories", "available"))) == [
        (["Tazas", "Regalos"], True), ([], False)
    ]  # fmt: skip
    assert "Line 3, url" in bring(head + "C;C;https://v.example/c;;;\nD;D;http://v.example/d;;;\n")
    assert "no CSV file" in admin.post(
        url("products/file/"), {"file": SimpleUploadedFile("p.csv", b"\xff\xfe\x00", "text/csv")}, follow=True
    ).content.decode()  # fmt: skip
    assert inside(shop, Product.objects.count) == 2
    assert "Bol" in page(admin, "products/", **{"from": "B"})
    assert "Taza" not in page(admin, "products/", **{"from": "B"})


# --- Banners ---


def picture():
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "#1f5f4a").save(out, "PNG")
    return SimpleUploadedFile("b.png", out.getvalue(), "image/png")


def test_a_banner_is_made_for_some_and_its_image_is_made_anew(shop, admin):
    said = {"name": "Winter", "url": "https://velaluz.example/s", "title-es": "Rebajas", "title-en": "Sale", "position": "0",
            "ask-0": "country:in", "values-0": "Spain, pt", "ask-1": "customer:is:returning", "enabled": "on"}  # fmt: skip
    assert admin.post(url("banners/add/"), {**said, "upload": picture()}).status_code == 302

    kept = inside(shop, Banner.objects.get)
    assert kept.texts == {"es": {"title": "Rebajas"}, "en": {"title": "Sale"}}
    assert kept.audience == [
        {"of": "country", "is": "in", "values": ["ES", "PT"]}, {"of": "customer", "is": "is", "values": ["returning"]}
    ]  # fmt: skip
    assert kept.picture == inside(shop, lambda: Picture.objects.get().digest)
    assert "Spain, Portugal" in page(admin, "banners/")
    assert 'value="Spain, Portugal"' in page(admin, f"banners/{kept.pk}/")

    admin.post(url(f"banners/{kept.pk}/"), {**said, "no_picture": "on", "ask-0": "", "ask-1": ""})
    kept = inside(shop, Banner.objects.get)
    assert (kept.picture, kept.audience) == ("", [])
    admin.post(url(f"banners/{kept.pk}/remove/"))
    assert not inside(shop, Banner.objects.exists)


def test_a_condition_that_cannot_be_read_keeps_what_was_typed(shop, admin):
    said = {"name": "Winter", "title-es": "Rebajas", "ask-0": "country:in", "values-0": "Narnia"}
    answer = admin.post(url("banners/add/"), said)
    html = answer.content.decode()

    assert answer.status_code == 422
    assert "There is no “Narnia” to choose." in html
    assert 'value="Narnia"' in html
    assert not inside(shop, Banner.objects.exists)


# --- Sales, and to whom ---


def test_sales_are_shown_by_currency_with_the_share_before_delivery(shop):
    def sell():
        for n, (currency, early) in enumerate([("EUR", True), ("EUR", False), ("USD", False)]):
            order = make.order(shop)
            sent = message(order)
            Sale.objects.create(
                shop=shop, order=order, how="click", message=sent, occasion="shipped", amount=Decimal(10 + n), currency=currency,
                delivered_before=not early, at=timezone.now() - timedelta(days=1),
            )  # fmt: skip

    inside(shop, sell)
    html = page(signed_in(shop, Role.VIEWER), "sales/")

    for said in ("21,00\xa0€", "10,00\xa0€", "48%", "12,00\xa0US$", "A link was followed"):
        assert said in html
    assert "33,00" not in html


def test_a_shop_that_asks_first_says_where(shop, admin):
    assert "Spain is one of these countries." in page(admin, "to-whom/")
    admin.post(url("to-whom/"), {"everywhere": "on", "asked_in": "de, fr"})
    assert inside(shop, lambda: MessageSetup.objects.get().marketing) == {
        "*": "asked",
        "DE": "asked",
        "FR": "asked",
    }
    assert admin.post(url("to-whom/"), {"asked_in": "Germany"}).status_code == 422


def test_an_admin_says_what_is_counted_and_nobody_else(shop, admin):
    said = {"opens": "on", "sale_days": "14"}
    admin.post(url("sales/counting/"), said)
    setup = inside(shop, MessageSetup.objects.get)
    assert (setup.counts_clicks, setup.counts_opens, setup.sale_days) == (False, True, 14)
    assert "within 14 days before" in page(admin, "sales/")

    admin.post(url("sales/counting/"), {"sale_days": "0"})
    viewer = signed_in(shop, Role.VIEWER)
    assert viewer.post(url("sales/counting/"), said).status_code == 404
    assert "sale_days" not in page(viewer, "sales/")
    assert inside(shop, MessageSetup.objects.get).sale_days == 14
