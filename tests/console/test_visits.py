"""The page of visits: real figures, and none where there are none."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from console.clock import clock_of
from console.visits import Share, figures_of, looked_at
from tenants.isolation import shop_context
from tenants.models import Role
from tests import make
from tests.console.clients import signed_in
from tracking.models import PageVisit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def shop():
    return make.shop(language="en", country="GB")


def seen(order, days_ago=0, views=1, visits=1, dwell_s=0, device="phone", country="ES", reader="person"):
    PageVisit.objects.create(
        shop_id=order.shop_id, order=order, day=NOW.date() - timedelta(days=days_ago), device=device, country=country,
        reader=reader, views=views, visits=visits, dwell_s=dwell_s,
    )  # fmt: skip


@pytest.fixture
def orders(shop):
    with shop_context(shop.pk):
        one, two = make.order(shop), make.order(shop)
        seen(one, 0, views=40, visits=12, dwell_s=2400)
        seen(one, 3, views=8, visits=3, dwell_s=900, device="desktop", country="")
        seen(two, 3, views=12, visits=5, dwell_s=1800, country="PT")
        seen(two, 0, views=7, reader="bot")
        seen(two, 0, views=2, reader="prefetch")
        seen(two, 30, views=500, visits=500)  # about to be erased
    return one, two


def test_the_figures_are_those_of_persons_in_thirty_days(shop, orders):
    with shop_context(shop.pk):
        found = figures_of(shop, clock_of(shop, NOW))
    assert (found.views, found.orders) == (60, 2)
    assert found.views_per_order == "30"
    assert found.returns_per_order == "9"  # 20 visits, of which the first to each is no return
    assert found.stay == "4:15"
    assert found.on_phones == "86.7%"
    assert found.devices == [Share("Phone", "86.7%", 52, 100.0), Share("Computer", "13.3%", 8, 15.4)]
    assert [(part.label, part.views) for part in found.countries] == [
        ("Spain", 40),
        ("Portugal", 12),
        ("Not known", 8),
    ]
    assert (found.programs, found.ahead) == (7, 2)
    assert len(found.bars) == 30
    drawn = [(bar.day, bar.views, bar.height) for bar in found.bars if bar.views]
    assert drawn == [("18 Nov", 20, 50.0), ("today", 40, 100.0)]
    assert found.most == 40


def test_without_views_nothing_is_made_up(shop):
    said = signed_in(shop, Role.VIEWER).get(reverse("console:visits", args=[shop.slug])).content.decode()
    assert "Nobody has looked yet" in said
    assert "Views of an order" not in said


def test_the_page_shows_them_in_words_and_as_a_table(shop):
    with shop_context(shop.pk):
        order = make.order(shop)
        PageVisit.objects.create(
            shop=shop,
            order=order,
            day=datetime.now(UTC).date(),
            device="tablet",
            views=3,
            visits=2,
            dwell_s=150,
        )
    browser = signed_in(shop, Role.VIEWER)
    said = browser.get(reverse("console:visits", args=[shop.slug])).content.decode()
    for words in ("Tablet", "1:15", "Not known", '<th scope="col">Views</th>'):
        assert words in said, words


def test_an_order_says_how_often_it_was_looked_at(shop, orders):
    one, two = orders
    with shop_context(shop.pk):
        assert looked_at(one, shop, clock_of(shop, NOW)) == "Opened 48 times, last today"
        PageVisit.objects.for_shop(shop).filter(order=one).delete()
        assert looked_at(one, shop, clock_of(shop, NOW)) == ""
        seen(one, 2)
        assert looked_at(one, shop, clock_of(shop, NOW)) == "Opened once, last on 19 Nov"
    page = (
        signed_in(shop, Role.AGENT).get(reverse("console:order", args=[shop.slug, two.pk])).content.decode()
    )
    assert "Opened 512 times" in page


def test_views_of_another_shop_are_not_counted(shop, orders):
    rival = make.shop()
    with shop_context(rival.pk):
        assert figures_of(rival, clock_of(rival, NOW)).views == 0
