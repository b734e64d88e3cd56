"""Who may be sold to: what they said, else the law of where they live; and how they say it."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from notifications.links import no_offers_url
from notifications.marketing import SOFT, last_said, may_sell, policy
from notifications.models import MarketingChoice, MessageSetup
from notifications.services import marketing_choices
from notifications.services.knowing import Known
from tenants.isolation import shop_context
from tests import make
from tests.notifications.selling import BY
from tracking.models import Order
from tracking.services.incoming import Refused


@pytest.mark.parametrize(
    ("country", "allowed"),
    [("ES", True), ("DE", True), ("GB", True), ("BR", True), ("US", True), ("CA", True), ("PL", False), ("AT", False),
     ("HU", False), ("CO", False), ("", False), ("ZZ", False)],
)  # fmt: skip
def test_who_said_nothing_is_sold_to_only_where_the_law_lets(country, allowed):
    assert may_sell(None, country, {}) is allowed


@pytest.mark.parametrize("country", ["ES", "PL", ""])
def test_a_yes_holds_everywhere_and_a_no_as_well(country):
    assert may_sell(True, country, {"*": "asked"}) is True
    assert may_sell(False, country, {}) is False


def test_a_shop_may_be_stricter_and_never_laxer():
    assert policy("ES", {"ES": "asked"}) == "asked"
    assert policy("ES", {"*": "asked"}) == "asked"
    assert policy("ES", {"DE": "asked"}) == "told"
    assert policy("PL", {"PL": "told", "*": "told"}) == "asked"


def test_every_country_named_is_one():
    from tracking.services.values import countries

    assert countries() >= SOFT


WORDS = st.lists(
    st.tuples(st.integers(0, 5).map(lambda h: make.NOW + timedelta(hours=h)), st.booleans()), max_size=8
)


@given(WORDS, st.randoms())
def test_the_last_word_holds_in_whatever_order_they_are_read(words, chance):
    shuffled = [*words]
    chance.shuffle(shuffled)

    assert last_said(words) == last_said(shuffled)
    if words:
        latest = max(at for at, _wanted in words)
        assert last_said(words) is all(wanted for at, wanted in words if at == latest)


@pytest.fixture
def shop(db):
    made = make.shop()
    with shop_context(made.pk):
        yield made


def sold_to(shop, order) -> bool:
    known = Known(shop, [order], (), MessageSetup(shop=shop), make.NOW)
    assert known.about(order).marketing is known.may_sell(order)
    return known.may_sell(order)


def test_a_no_said_at_the_checkout_holds_for_all_orders_of_the_same_person(shop):
    earlier = make.order(shop, customer_email="m@example.com", wants_marketing=True)
    make.order(shop, customer_email="m@example.com", wants_marketing=False, placed_at=make.NOW)

    assert sold_to(shop, earlier) is False


def test_a_yes_at_a_later_checkout_counts_for_more_than_an_earlier_no(shop):
    marketing_choices.record(
        shop=shop, person="m@example.com", wanted=False, source="link", at=make.NOW - timedelta(days=2)
    )
    order = make.order(shop, customer_email="m@example.com", country="PL", wants_marketing=True)

    assert sold_to(shop, order) is True


def test_who_has_only_a_phone_is_known_by_it(shop):
    order = make.order(shop, customer_email="", phone_key="321006430")
    assert sold_to(shop, order) is True

    marketing_choices.record(shop=shop, person="321006430", wanted=False, source="api", at=make.NOW)

    assert sold_to(shop, order) is False


def test_nobody_is_sold_to_by_an_order_that_was_erased(shop):
    assert sold_to(shop, make.order(shop, erased_at=make.NOW, wants_marketing=True)) is False


def test_the_same_word_said_twice_is_kept_once_and_a_change_is_added(shop):
    said = {"shop": shop, "person": "m@example.com", "source": "link"}
    assert marketing_choices.record(**said, wanted=False, at=make.NOW) is True
    assert marketing_choices.record(**said, wanted=False, at=make.NOW + timedelta(hours=1)) is False
    assert marketing_choices.record(**said, wanted=True, at=make.NOW + timedelta(hours=2)) is True

    assert [c.wanted for c in MarketingChoice.objects.order_by("pk")] == [False, True]
    assert "m@example.com" not in str(list(MarketingChoice.objects.values()))


def test_a_no_of_a_checkout_outlives_its_order(shop):
    order = make.order(shop, customer_email="M@Example.com", wants_marketing=False)
    Order.objects.filter(pk=order.pk).update(updated_at=make.NOW)
    hour = {"shop_id": shop.pk, "since": make.NOW - timedelta(hours=1), "now": make.NOW}

    assert marketing_choices.take_over(**hour) == 1
    assert marketing_choices.take_over(**hour) == 0

    Order.objects.filter(pk=order.pk).update(email_key="", wants_marketing=None, erased_at=make.NOW)
    again = make.order(shop, customer_email="m@example.com", placed_at=make.NOW)
    assert sold_to(shop, again) is False


def test_a_shop_says_where_it_asks_first(shop):
    said = {"shop": shop, "everywhere": False, "asked_in": ["de", " fr ", ""], "by": BY}
    assert marketing_choices.set_strictness(**said) is True
    assert marketing_choices.set_strictness(**said) is False
    assert MessageSetup.objects.get().marketing == {"DE": "asked", "FR": "asked"}

    with pytest.raises(Refused):
        marketing_choices.set_strictness(shop=shop, everywhere=False, asked_in=["Spain"], by=BY)


# --- The link in a mail ---


def reader() -> Client:
    return Client(HTTP_HOST=settings.SITE_HOSTS[0])


def path_of(shop, order) -> str:
    return no_offers_url(shop, order).removeprefix(settings.SITE_URL)


def test_no_offers_takes_one_click_and_leaves_the_orders_own_messages_alone(shop):
    order = make.order(shop, language="en")
    path = path_of(shop, order)

    asked = reader().get(path)
    assert asked.status_code == 200
    assert "No more offers?" in asked.content.decode()
    assert not MarketingChoice.objects.exists()

    said = reader().post(path)
    assert "No offers, only your parcels" in said.content.decode()
    assert sold_to(shop, order) is False
    assert "No offers, only your parcels" in reader().get(path).content.decode()

    assert "With offers" in reader().post(path, {"yes": "1"}).content.decode()
    assert sold_to(shop, order) is True


def test_only_a_link_we_made_says_it(shop):
    order = make.order(shop)
    path = path_of(shop, order)
    assert reader().post(path[:-2] + ("AA" if path[-2:] != "AA" else "BB")).status_code == 404
    assert reader().post(path, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert not MarketingChoice.objects.exists()
