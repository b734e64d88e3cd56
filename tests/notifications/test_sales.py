"""Orders owed to messages: once each, to the strongest reason, and only to a person's."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.models import Click, CouponGiven, LinkTarget, MarketingChoice, Redemption, Sale, SalesRead
from notifications.services import coupons, sales
from notifications.services.revenue import NO_MESSAGE, brought
from tenants.isolation import shop_context
from tests import make
from tests.notifications.selling import coupon, message
from tracking.models import Order

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def shop(db):
    made = make.shop()
    with shop_context(made.pk):
        yield made


def first_order(shop, **fields):
    return make.order(shop, **{"customer_email": "m@example.com", "placed_at": make.NOW - 9 * DAY, **fields})


def next_order(shop, **fields):
    said = {
        "customer_email": "m@example.com",
        "placed_at": make.NOW,
        "total": Decimal("40"),
        "updated_at": make.NOW,
    }
    return make.order(shop, **{**said, **fields})


def clicked(order, at=make.NOW - HOUR, reader="human", **fields):
    sent = message(order, **fields)
    target, _made = LinkTarget.objects.get_or_create(shop=order.shop, digest="d", address="page")
    Click.objects.create(shop=order.shop, message=sent, target=target, reader=reader, first_at=at, last_at=at)
    return sent


def look(shop, now=make.NOW + HOUR):
    return sales.attribute(shop_id=shop.pk, now=now)


def test_an_order_soon_after_a_link_was_followed_is_owed_to_its_message(shop):
    sent = clicked(first_order(shop), state="out_for_delivery", template_key="own-winter")
    bought = next_order(shop)

    look(shop)
    look(shop)

    sale = Sale.objects.get()
    assert (sale.order_id, sale.message_id, sale.how) == (bought.pk, sent.pk, "click")
    assert (sale.occasion, sale.template, sale.amount, sale.currency) == (
        "out_for_delivery",
        "own-winter",
        40,
        "EUR",
    )
    assert sale.delivered_before is False


@pytest.mark.parametrize(
    ("click", "bought"),
    [({"at": make.NOW + timedelta(minutes=1)}, {}), ({"at": make.NOW - 8 * DAY}, {}), ({"reader": "machine"}, {}),
     ({"reader": "unknown"}, {}), ({"whom": "follower:1"}, {}), ({}, {"customer_email": "other@example.com"}),
     ({}, {"customer_email": ""}), ({}, {"erased_at": make.NOW}), ({}, {"placed_at": make.NOW - 10 * DAY})],
)  # fmt: skip
def test_what_came_otherwise_is_owed_to_nobody(shop, click, bought):
    clicked(first_order(shop), **click)
    next_order(shop, **bought)

    look(shop)

    assert not Sale.objects.exists()


def test_who_has_only_a_phone_is_known_by_it(shop):
    fields = {"customer_email": "", "phone_key": "321006"}
    clicked(first_order(shop, **fields))
    next_order(shop, **fields)

    look(shop)

    assert Sale.objects.get().how == "click"


@pytest.mark.parametrize(("arrived", "before"), [(-2 * HOUR, True), (2 * HOUR, False), (None, False)])
def test_it_says_whether_it_was_bought_before_the_first_arrived(shop, arrived, before):
    order = first_order(shop)
    clicked(order)
    at = None if arrived is None else make.NOW + arrived
    make.shipment(order, status="delivered" if at else "in_transit", delivered_at=at)
    make.shipment(order, status="cancelled")
    next_order(shop)

    look(shop)

    assert Sale.objects.get().delivered_before is before


def test_a_code_used_on_an_order_that_comes_in_is_counted_and_owed_to_the_message_that_gave_it(shop):
    made, order = coupon(shop, "HOLA-1"), first_order(shop)
    sent = clicked(order)
    gave = message(order, state="delivered")
    coupons.give(coupon=made, order_id=order.pk, message_id=gave.pk, now=make.NOW - 2 * DAY)
    bought = next_order(shop, customer_email="friend@example.com", coupons=["hola-1 ", "UNKNOWN"])

    look(shop)
    look(shop)

    redeemed = Redemption.objects.get()
    assert (redeemed.order_id, redeemed.code, redeemed.amount) == (bought.pk, "HOLA-1", 40)
    sale = Sale.objects.get()
    assert (sale.how, sale.coupon_id, sale.message_id, sale.occasion) == (
        "coupon",
        made.pk,
        gave.pk,
        "delivered",
    )
    assert sent.pk != sale.message_id


def test_a_code_for_everybody_is_owed_to_the_message_only_its_own_shopper_got(shop):
    made = coupon(shop)
    mine, others = first_order(shop), make.order(shop, placed_at=make.NOW - 3 * DAY)
    for order in (mine, others):
        coupons.give(coupon=made, order_id=order.pk, message_id=message(order).pk, now=make.NOW - DAY)
    bought = next_order(shop, coupons=["HELLO10"])
    stranger = next_order(shop, customer_email="new@example.com", coupons=["hello10"])

    look(shop)

    owed = {sale.order_id: sale.message.order_id if sale.message else None for sale in Sale.objects.all()}
    assert owed == {bought.pk: mine.pk, stranger.pk: None}


def test_a_coupon_counts_for_more_than_a_link_and_is_never_undone(shop):
    order = first_order(shop)
    clicked(order)
    bought = next_order(shop)
    look(shop)
    assert Sale.objects.get().how == "click"

    coupon(shop)
    coupons.redeem(
        shop=shop, code="HELLO10", order_number=bought.number, amount=None, currency="", at=make.NOW
    )
    sales.settle(shop_id=shop.pk, order_ids=[bought.pk])
    assert Sale.objects.get().how == "coupon"

    Redemption.objects.all().delete()
    sales.settle(shop_id=shop.pk, order_ids=[bought.pk])
    assert Sale.objects.get().how == "coupon"


def test_a_coupon_told_of_before_its_order_came_in_finds_it(shop):
    coupon(shop)
    coupons.redeem(shop=shop, code="HELLO10", order_number="77", amount=None, currency="", at=make.NOW)
    bought = next_order(shop, number="77")

    look(shop)

    assert Redemption.objects.get().order_id == bought.pk
    assert Sale.objects.get().order_id == bought.pk


def test_orders_are_looked_at_once_and_late_commits_again(shop):
    next_order(shop)
    assert (look(shop), look(shop, make.NOW + 2 * HOUR)) == (1, 0)

    late = next_order(shop)
    Order.objects.filter(pk=late.pk).update(updated_at=make.NOW + 2 * HOUR - timedelta(minutes=5))
    assert look(shop, make.NOW + 3 * HOUR) == 1
    assert SalesRead.objects.get().up_to == make.NOW + 3 * HOUR


def test_what_was_said_at_checkouts_is_kept_on_the_way(shop):
    next_order(shop, wants_marketing=False)
    look(shop)
    assert [choice.wanted for choice in MarketingChoice.objects.all()] == [False]


def test_a_thousand_orders_cost_as_many_statements_as_one(shop):
    order = first_order(shop)
    clicked(order)
    orders = [next_order(shop, lines=0).pk for _n in range(30)]

    def counted(ids):
        with CaptureQueriesContext(connection) as queries:
            sales.settle(shop_id=shop.pk, order_ids=ids)
        return len(queries)

    assert counted(orders[:1]) == counted(orders) == 4
    assert Sale.objects.count() == 30


def test_revenue_is_told_apart_by_currency_and_by_what_brought_it(shop):
    made, order = coupon(shop), first_order(shop)
    clicked(order, state="shipped")
    next_order(shop)
    next_order(shop, currency="USD")
    next_order(shop, customer_email="x@example.com", coupons=["HELLO10"])
    CouponGiven.objects.all().delete()
    look(shop)

    span = (make.NOW - DAY, make.NOW + DAY)
    by_how = {(one.of, one.currency): (one.orders, one.amount) for one in brought(shop, "how", *span)}
    assert by_how == {("click", "EUR"): (1, 40), ("click", "USD"): (1, 40), ("coupon", "EUR"): (1, 40)}
    assert [one.of for one in brought(shop, "coupon", *span)] == [made.name]
    # Who used a coupon no message had brought them has no first order: nothing of it came before that was delivered.
    early = {(one.of, one.currency): one.early_orders for one in brought(shop, "how", *span)}
    assert early == {("click", "EUR"): 1, ("click", "USD"): 1, ("coupon", "EUR"): 0}
    assert {one.of for one in brought(shop, "template", *span)} == {"", NO_MESSAGE}
    assert brought(shop, "how", make.NOW + DAY, make.NOW + 2 * DAY) == []
