"""What the selling blocks of a message show, and to whom nothing is sold."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.compose import compose
from notifications.conditions import About
from notifications.models import Banner, CouponCode, CouponGiven, MessageSetup
from notifications.services import banners, products, templates
from notifications.services.offers import offers_for
from tenants.isolation import shop_context
from tenants.models import Brand
from tests import make
from tests.notifications.selling import BY, block, content, coupon, message
from tracking.models import OrderLine
from tracking.services.incoming import Refused


@pytest.fixture
def shop(db):
    made = make.shop(name="Velaluz", website="https://velaluz.example")
    with shop_context(made.pk):
        yield made


def offers(shop, order, *blocks, **said):
    return offers_for(shop=shop, order=order, content=content(*blocks), now=make.NOW, **said)


def banner(shop, **fields):
    said = {
        "name": "Winter",
        "texts": {"es": {"title": "Rebajas", "label": "Ver"}},
        "url": "https://velaluz.example/s",
    }
    return banners.save_banner(shop=shop, banner_id=None, fields={**said, **fields}, by=BY)


AUDIENCE = block("banner", source="audience")


def test_a_message_that_sells_nothing_asks_nothing(shop):
    order = make.order(shop)
    with CaptureQueriesContext(connection) as queries:
        assert offers(shop, order, block("text"), block("footer", "b2")) == {}
    assert not queries.captured_queries


def test_a_coupon_is_given_in_the_message_itself_and_nowhere_else(shop):
    made = coupon(shop, "HOLA-7KX4", "HOLA-9QM3", ends_at=make.NOW + timedelta(days=10))
    order, part = make.order(shop), block("coupon", coupon=str(made.pk))

    preview = offers(shop, order, part)
    trial = offers(shop, order, part, message=message(order, dedupe_key="test:1"))
    assert (
        preview == trial == {"b1": {"code": "HOLA-XXXX", "worth": "10 %", "until": "1 de diciembre de 2026"}}
    )
    assert not CouponCode.objects.exclude(given_at=None).exists()

    sent = message(order)
    said = [offers(shop, order, part, message=sent)["b1"]["code"] for _n in range(3)]
    assert said == ["HOLA-7KX4"] * 3
    assert CouponGiven.objects.get().message_id == sent.pk
    assert (
        offers(shop, make.order(shop), part, message=message(make.order(shop)))["b1"]["code"] == "HOLA-9QM3"
    )


def test_a_block_vanishes_when_its_pool_is_empty_or_its_coupon_is_over(shop):
    order = make.order(shop)
    empty, over = coupon(shop, name="Empty", code=""), coupon(shop, name="Over", ends_at=make.NOW)

    shown = offers(
        shop, order, block("coupon", "a", coupon=str(empty.pk)), block("coupon", "b", coupon="Over"),
        block("coupon", "c", coupon="999999"), block("coupon", "d"), message=message(order),
    )  # fmt: skip

    assert over.pk
    assert shown == dict.fromkeys("abcd")


def test_a_coupon_is_named_by_its_number_or_its_name(shop):
    made, order = coupon(shop), make.order(shop)
    by_both = offers(
        shop, order, block("coupon", "a", coupon=str(made.pk)), block("coupon", "b", coupon="Welcome back")
    )
    assert [by_both[name]["code"] for name in "ab"] == ["HELLO10", "HELLO10"]


@pytest.mark.parametrize(
    "whom",
    ["no", "poland", "erased", "follower", "holdout"],
)
def test_to_whom_may_not_be_sold_every_block_that_sells_is_gone(shop, whom):
    fields = {
        "no": {"wants_marketing": False}, "poland": {"country": "PL"}, "erased": {"erased_at": make.NOW},
    }.get(whom, {})  # fmt: skip
    order = make.order(shop, **fields)
    if whom == "holdout":
        MessageSetup.objects.create(shop=shop, holdout_percent=50, holdout_since=make.NOW - timedelta(days=9))
        order = next(
            o for n in range(40) if not sells(shop, o := make.order(shop, customer_email=f"h{n}@example.com"))
        )
    coupon(shop)
    sent = message(order, whom="follower:1" if whom == "follower" else "")

    shown = offers(
        shop, order, block("coupon", "a", coupon="Welcome back"), block("products", "b", pick="latest"),
        block("banner", "c", title={"es": "Hola"}), message=sent,
    )  # fmt: skip

    assert shown == {"a": None, "b": None, "c": None}
    assert not CouponGiven.objects.exists()


def sells(shop, order) -> bool:
    return offers(shop, order, block("banner", title={"es": "Hola"}))["b1"] is not None


def test_who_said_yes_is_sold_to_where_the_law_asks_for_it(shop):
    assert sells(shop, make.order(shop, country="PL", wants_marketing=True))


def test_what_is_known_already_is_not_asked_again(shop):
    order, part = make.order(shop), block("banner", title={"es": "Hola"})
    with CaptureQueriesContext(connection) as queries:
        assert offers(shop, order, part, about=About(marketing=True))["b1"]["title"] == "Hola"
        assert offers(shop, order, part, about=About(marketing=False)) == {"b1": None}
        assert offers(shop, order, part, about=About(marketing=True, control=True)) == {"b1": None}
    assert not queries.captured_queries


# --- Products ---


def catalogue(shop):
    products.put_products(
        shop=shop,
        now=make.NOW,
        products=[
            {
                "sku": "A1",
                "title": "Vela",
                "url": "https://velaluz.example/a1",
                "categories": ["Velas"],
                "goes_with": ["P1", "X"],
            },
            {
                "sku": "V2",
                "title": "Vela 2",
                "url": "https://velaluz.example/v2",
                "categories": ["velas"],
                "price": "1049.5",
            },
            {
                "sku": "P1",
                "title": "Plato",
                "url": "https://velaluz.example/p1",
                "image_url": "https://velaluz.example/p.jpg",
            },
            {"sku": "X", "title": "Agotado", "url": "https://velaluz.example/x", "available": False},
        ],
    )


@pytest.mark.parametrize(
    ("said", "titles"),
    [({"pick": "goes_with"}, ["Plato"]), ({"pick": "category"}, ["Vela 2"]), ({"pick": "latest", "most": 9}, ["Vela 2", "Plato"]),
     ({"pick": "picked", "skus": ["P1", "A1", "X", "V2"]}, ["Plato", "Vela 2"]), ({"most": 1}, ["Plato"])],
)  # fmt: skip
def test_products_are_picked_by_rule_and_never_what_was_just_bought(shop, said, titles):
    catalogue(shop)
    shown = offers(shop, make.order(shop), block("products", **said))["b1"]
    assert [one["title"] for one in shown] == titles


def test_prices_are_written_as_the_reader_writes_them(shop):
    catalogue(shop)
    order = make.order(shop, language="en", country="GB")
    shown = offers(shop, order, block("products", pick="category"))["b1"]
    assert shown == [
        {"title": "Vela 2", "url": "https://velaluz.example/v2", "image_url": "", "price": "€1,049.50"}
    ]


def test_several_product_blocks_cost_two_queries(shop):
    catalogue(shop)
    order = make.order(shop)
    parts = [
        block("products", f"b{n}", pick=pick) for n, pick in enumerate(("goes_with", "category", "latest"))
    ]
    about = About(marketing=True, skus=frozenset({"A1"}))
    with CaptureQueriesContext(connection) as queries:
        offers(shop, order, *parts, about=about)
    assert len(queries) == 2


def test_where_nothing_fits_there_are_no_products(shop):
    assert offers(shop, make.order(shop), block("products"))["b1"] is None


# --- Banners ---


def test_the_first_banner_that_fits_is_shown_in_the_readers_language(shop):
    banner(shop, name="Only France", audience=[{"of": "country", "is": "in", "values": ["FR"]}])
    banner(shop, name="Over", ends_at=make.NOW - timedelta(hours=1))
    banner(shop, name="Off", enabled=False)
    banner(shop, name="Rich", audience=[{"of": "value", "is": "at_least", "values": ["100"]}],
           texts={"es": {"title": "Para ti"}, "en": {"title": "For you"}})  # fmt: skip
    banner(shop)

    def title(**fields):
        return offers(shop, make.order(shop, **fields), AUDIENCE)["b1"]["title"]

    assert title() == "Rebajas"
    assert title(total=Decimal("120"), language="en") == "For you"
    assert title(language="en") == "Rebajas"


def test_a_banner_with_a_coupon_shows_its_code_and_ends_with_it(shop):
    banner(shop, coupon=coupon(shop, "A1", "B2").pk)
    order = make.order(shop)

    assert offers(shop, order, AUDIENCE, message=message(order))["b1"]["code"] == "A1"
    others = [make.order(shop) for _n in range(2)]
    assert [offers(shop, o, AUDIENCE, message=message(o))["b1"] is None for o in others] == [False, True]


def test_a_banner_that_asks_what_can_no_longer_be_asked_is_shown_to_nobody(shop):
    made = banner(shop)
    Banner.objects.filter(pk=made.pk).update(audience=[{"of": "moon", "is": "in", "values": ["full"]}])
    assert offers(shop, make.order(shop), AUDIENCE)["b1"] is None


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"texts": {}}, {"url": "http://velaluz.example"}, {"picture": "0" * 32},
               {"audience": [{"of": "moon"}]}, {"starts_at": make.NOW, "ends_at": make.NOW}],
)  # fmt: skip
def test_a_banner_that_could_not_be_shown_is_refused(shop, fields):
    with pytest.raises(Refused):
        banner(shop, **fields)


def test_the_pages_banner_is_shown_where_it_has_words(shop):
    order, part = make.order(shop), block("banner", source="page")
    with CaptureQueriesContext(connection) as queries:
        assert offers(shop, order, part) == {"b1": None}
    assert len(queries) == 2  # what all of a shop's messages share: asked once a batch

    Brand.objects.update(banner_title="Vuelve pronto", banner_url="https://velaluz.example/")
    assert offers(shop, order, part)["b1"]["title"] == "Vuelve pronto"


# --- In the mail ---


def test_a_mail_carries_its_coupon_and_says_how_to_end_offers(shop):
    made = coupon(shop, "HOLA-7KX4")
    parts = [block("text", text={"es": "Va en camino."}), block("coupon", "b2", coupon=str(made.pk))]
    templates.publish(shop=shop, key="shipped", channel="email", content=content(*parts), by=BY)
    OrderLine.objects.all().delete()

    yes = compose(message(make.order(shop)))
    no = compose(message(make.order(shop, wants_marketing=False)))

    assert "HOLA-7KX4" in yes.html
    assert "HOLA-7KX4" in yes.text
    assert "/no-offers/" in yes.html
    assert "/no-offers/" in yes.text
    assert "Va en camino." in no.text
    assert "/no-offers/" not in no.html
    assert "HOLA" not in no.html
