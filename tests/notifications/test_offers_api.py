"""The addresses of the API about what messages sell."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications.models import MarketingChoice, Product, Redemption, Sale
from tenants.isolation import shop_context
from tests import make
from tests.notifications.selling import coupon
from tests.tracking.callers import Caller


@pytest.fixture
def shop(db):
    return make.shop()


@pytest.fixture
def caller(shop):
    return Caller(shop)


def inside(shop, make_it):
    with shop_context(shop.pk):
        return make_it()


def test_a_checkout_asks_whether_a_code_holds(shop, caller):
    inside(shop, lambda: coupon(shop, "HOLA-1", ends_at=timezone.now() + timedelta(days=1)))

    answer = caller.get("/coupons/hola-1")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["code"], answer.json()["worth"]) == (
        "valid",
        "HOLA-1",
        "10 %",
    )
    assert caller.get("/coupons/OTHER").status_code == 404
    assert Caller(make.shop()).get("/coupons/HOLA-1").status_code == 404


def test_a_coupon_used_is_told_once_and_its_order_is_owed_to_it(shop, caller):
    inside(shop, lambda: coupon(shop, "HOLA-1"))
    order = inside(shop, lambda: make.order(shop, number="1042"))
    said = {"code": "hola-1", "order": "#1042", "amount": "49.90"}

    first, again = caller.post("/coupons/redemptions", said), caller.post("/coupons/redemptions", said)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["amount"] == "49.90"
    assert caller.get("/coupons/HOLA-1").json()["status"] == "used"
    with shop_context(shop.pk):
        assert Redemption.objects.get().order_id == order.pk
        assert Sale.objects.get().how == "coupon"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [({"code": "NOBODYS"}, "code"), ({"code": ""}, "code"), ({"order": "#"}, "order"), ({"amount": "1.999"}, "amount"),
     ({"currency": "EURO"}, "currency"), ({"at": "2099-01-01T00:00:00Z"}, "at"), ({"coupon": "x"}, "coupon")],
)  # fmt: skip
def test_what_cannot_be_counted_is_refused(shop, caller, change, wrong):
    inside(shop, lambda: coupon(shop))
    answer = caller.post("/coupons/redemptions", {"code": "HELLO10", "order": "1042", **change})
    assert (answer.status_code, [e["field"] for e in answer.json()["errors"]]) == (422, [wrong])


def test_a_key_without_the_scope_gets_nowhere(shop):
    caller = Caller(shop, "orders:read", "orders:write")
    assert caller.get("/coupons/HELLO10").status_code == 403
    assert caller.post("/coupons/redemptions", {}).status_code == 403
    assert caller.post("/marketing-choices", {}).status_code == 403


def test_a_catalogue_comes_in_pieces_and_says_what_is_wrong_where(shop, caller):
    def put(products):
        return caller.put("/products", {"products": products})

    one = {"sku": "TAZ-1", "title": "Taza", "url": "https://shop.example/t", "price": 24.95}
    assert put([one]).json() == {"created": 1, "updated": 0, "unchanged": 0}
    assert put([one]).json() == {"created": 0, "updated": 0, "unchanged": 1}
    wrong = put([one, {"sku": "B", "title": "B", "url": "http://shop.example/b"}])
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "products.1.url"
    assert put([one] * 501).status_code == 422
    assert put("no").status_code == put([1]).status_code == 422
    assert caller.delete("/products/TAZ-1").status_code == 204
    assert caller.delete("/products/TAZ-1").status_code == 404
    with shop_context(shop.pk):
        assert not Product.objects.exists()


def test_the_shops_own_systems_say_who_wants_offers(shop, caller):
    said = {"email": "Marta@Example.com", "wanted": False}

    first, again = caller.post("/marketing-choices", said), caller.post("/marketing-choices", said)

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json(), again.json()["changed"]) == ({"wanted": False, "changed": True}, False)
    assert caller.post("/marketing-choices", {"email": "no", "wanted": True}).status_code == 422
    assert caller.post("/marketing-choices", {"email": "a@b.example", "wanted": "yes"}).status_code == 422
    with shop_context(shop.pk):
        assert MarketingChoice.objects.get().source == "api"


def test_an_address_with_a_slash_at_its_end_is_the_same(caller):
    assert caller.post("/marketing-choices/", {"email": "a@b.example", "wanted": True}).status_code == 201
