"""Coupons: codes nobody guesses, given once each and for good, counted when they are used."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection

from notifications import coupon_codes
from notifications.coupon_codes import Holds
from notifications.models import Coupon, CouponCode, CouponGiven, Redemption
from notifications.services import coupons
from tenants.isolation import shop_context
from tests import make
from tests.notifications.selling import BY, coupon
from tracking.services.incoming import Refused


@pytest.fixture
def shop(db):
    made = make.shop()
    with shop_context(made.pk):
        yield made


# --- Codes ---


def test_codes_of_a_shape_are_all_different_and_have_no_look_alikes():
    codes = coupon_codes.made("HELLO-????-????", 500)

    assert len(codes) == 500
    chance = "".join(code.removeprefix("HELLO-").replace("-", "") for code in codes)
    assert set(chance) <= set(coupon_codes.SIGNS)
    assert not set(coupon_codes.SIGNS) & set("0O1IL5S2Z8BUV")


@pytest.mark.parametrize("shape", ["HELLO", "HELLO-???????", "", "?" * 41, "BAD SHAPE ????????"])
def test_what_could_be_guessed_is_no_shape(shape):
    with pytest.raises(ValueError, match=r"^.*$"):
        coupon_codes.made(shape, 3)


def test_a_pasted_list_is_read_however_it_was_written():
    text = '\ufeffcode\nAB12;cd-34,\n"EF56"\n\n<script>\n'
    good, bad = coupon_codes.apart(coupon_codes.listed(text))

    assert good == {"CODE": "code", "AB12": "AB12", "CD-34": "cd-34", "EF56": "EF56"}
    assert bad == ["<script>"]


# --- Keeping ---


def saved(shop, **fields):
    return coupons.save_coupon(shop=shop, coupon_id=None, fields={"name": "Back", **fields}, by=BY)


def test_a_coupon_is_kept_and_changed(shop):
    made = saved(shop, code="HOLA10", worth="10 %", most=100)
    again = coupons.save_coupon(
        shop=shop, coupon_id=made.pk, fields={"name": "Back", "code": "HOLA15", "enabled": False}, by=BY
    )

    assert (again.pk, again.code, again.enabled) == (made.pk, "HOLA15", False)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [({"name": ""}, "name"), ({"name": "Other"}, "name"), ({"code": "TWO WORDS"}, "code"), ({"code": "other1"}, "code"),
     ({"code": "POOL1"}, "code"), ({"starts_at": make.NOW, "ends_at": make.NOW}, "ends_at")],
)  # fmt: skip
def test_what_would_make_two_coupons_one_is_refused(shop, fields, wrong):
    saved(shop, name="Other", code="OTHER1")
    coupon(shop, "pool1", name="Pool")

    with pytest.raises(Refused) as refused:
        saved(shop, **fields)
    assert list(refused.value.fields) == [wrong]


def test_codes_are_added_once_and_say_which_could_not_be(shop):
    made = saved(shop)
    saved(shop, name="Other", code="SHARED")

    first = coupons.add_codes(shop=shop, coupon=made, codes=["A1", "a1", "B2", "SHARED", "no way!"], by=BY)
    again = coupons.add_codes(shop=shop, coupon=made, codes=["A1", "C3"], by=BY)

    assert (first.added, first.known, first.bad) == (2, 1, ("no way!",))
    assert (again.added, again.known) == (1, 1)
    with pytest.raises(Refused):
        coupons.add_codes(shop=shop, coupon=Coupon.objects.get(name="Other"), codes=["Z9"], by=BY)


# --- Giving ---


def given(made, order):
    return coupons.give(coupon=made, order_id=order.pk, message_id=None, now=make.NOW)


def test_a_code_is_an_orders_for_good_and_no_other_orders(shop):
    made, one, other = coupon(shop, "A1", "B2"), make.order(shop), make.order(shop)

    assert [given(made, one), given(made, other), given(made, one)] == ["A1", "B2", "A1"]
    assert given(made, make.order(shop)) is None
    assert CouponGiven.objects.count() == 2


def test_a_shared_code_is_given_to_everybody_and_each_counted_once(shop):
    made, order = coupon(shop), make.order(shop)

    assert [given(made, order), given(made, order), given(made, make.order(shop))] == ["HELLO10"] * 3
    assert CouponGiven.objects.count() == 2


def test_fifty_at_once_get_fifty_different_codes(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        made = coupon(shop, *[f"C{n:03}" for n in range(45)])
        orders = [make.order(shop, lines=0).pk for _n in range(50)]

    def claim(order_id):
        try:
            with shop_context(shop.pk):
                return coupons.give(coupon=made, order_id=order_id, message_id=None, now=make.NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        first = list(pool.map(claim, orders))
        again = list(pool.map(claim, orders))

    assert sorted(filter(None, first)) == [f"C{n:03}" for n in range(45)]
    assert again == first


def test_two_messages_of_one_order_at_once_give_it_one_code(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        made, order = coupon(shop, *[f"C{n}" for n in range(10)]), make.order(shop).pk

    def claim(_n):
        try:
            with shop_context(shop.pk):
                return coupons.give(coupon=made, order_id=order, message_id=None, now=make.NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(claim, range(16)))) == 1
    with shop_context(shop.pk):
        assert CouponCode.objects.exclude(given_at=None).count() == 1


def test_a_preview_shows_a_sample_and_takes_none(shop):
    assert coupons.sample(coupon(shop, "HOLA-7KX4")) == "HOLA-XXXX"
    assert coupons.sample(coupon(shop, name="Empty", code="")) is None
    assert not CouponCode.objects.exclude(given_at=None).exists()


# --- Using ---


def used(shop, code, number, **said):
    fields = {"amount": Decimal("30"), "currency": "EUR", "at": make.NOW, **said}
    return coupons.redeem(shop=shop, code=code, order_number=number, **fields)


def test_a_coupon_used_is_counted_once_an_order(shop):
    made, order = coupon(shop), make.order(shop, number="1042")

    kept, is_new = used(shop, " hello10 ", "#1042")
    again, is_new_again = used(shop, "HELLO10", "1042", amount=Decimal("99"))

    assert (is_new, is_new_again, kept.pk, kept.order_id) == (True, False, again.pk, order.pk)
    assert Redemption.objects.get().amount == Decimal("30")
    with pytest.raises(Refused):
        used(shop, "NOBODYS", "1042")
    assert made.redemptions.count() == 1


@pytest.mark.parametrize(
    ("fields", "holds"),
    [({}, Holds.VALID), ({"enabled": False}, Holds.OFF), ({"starts_at": make.NOW + timedelta(days=1)}, Holds.NOT_YET),
     ({"ends_at": make.NOW}, Holds.OVER), ({"most": 1}, Holds.USED_UP), ({"most": 2}, Holds.VALID)],
)  # fmt: skip
def test_a_coupon_says_whether_it_holds(shop, fields, holds):
    made = coupon(shop, **fields)
    used(shop, "HELLO10", "1")

    assert coupons.standing(made, make.NOW) is holds


def test_a_code_of_ones_own_holds_once(shop):
    coupon(shop, "A1", "B2")
    used(shop, "A1", "1")

    standing = [coupons.standing_of_code(coupons.find(shop, code), make.NOW) for code in ("a1", "B2")]
    assert standing == [Holds.USED, Holds.VALID]
    assert coupons.find(shop, "C3") is None


def test_figures_add_no_two_currencies_together(shop):
    made = coupon(shop, "A1", "B2", "C3")
    for _n in range(2):
        given(made, make.order(shop))
    used(shop, "A1", "1", amount=Decimal("10"))
    used(shop, "B2", "2", amount=Decimal("7"), currency="USD")

    figures = coupons.figures(shop, [made.pk])[made.pk]

    assert (figures.codes, figures.free, figures.given, figures.redeemed, figures.rate) == (3, 1, 2, 2, 1.0)
    assert dict(figures.revenue) == {"EUR": Decimal("10"), "USD": Decimal("7")}


def test_another_shops_codes_are_not_found(db):
    one, other = make.shop(), make.shop()
    with shop_context(one.pk):
        coupon(one, "A1")
    with shop_context(other.pk):
        assert coupons.find(other, "A1") is None
        assert coupons.find(one, "A1") is None
