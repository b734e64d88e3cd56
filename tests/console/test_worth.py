"""What messages are worth, as an admin sees it: the share, figures with their doubt, no more said than is known."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from console.clock import clock_of
from console.worth import MEASURES, _drawing, _line, _saved
from notifications.effects import Interval, Rate, Share, compare
from notifications.models import HoldoutPeriod, MessageSetup
from notifications.services import effects, long_statements
from notifications.services.effects import Figures
from notifications.services.knowing import share_of
from tenants.isolation import shop_context
from tenants.models import Role
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    cache.clear()
    return make.shop(language="en", country="GB", currency="EUR")


def page(shop, role=Role.ADMIN):
    return signed_in(shop, role).get(reverse("console:worth", args=[shop.slug])).content.decode()


def hold_out(shop, percent):
    return signed_in(shop, Role.ADMIN).post(
        reverse("console:worth_share", args=[shop.slug]), {"percent": percent}, follow=True
    )


def alike(value, orders):
    """A rate of as many shoppers as orders."""
    return Rate(orders, orders, value, orders, value, value)


def test_nobody_is_held_out_until_the_shop_says_so(shop):
    said = page(shop)
    assert "Nobody is held out" in said
    assert "Too early" not in said


def test_an_admin_sets_the_share_changes_it_and_stops(shop):
    assert "5 % of shoppers get only essential messages" in hold_out(shop, 5).content.decode()
    said = page(shop)
    assert "5 % held out since" in said
    assert said.count("Too early to say: there is nothing to count yet.") == 5
    hold_out(shop, 12)
    assert "everybody gets all messages again" in hold_out(shop, 0).content.decode()
    with shop_context(shop.pk):
        assert [p.percent for p in HoldoutPeriod.objects.for_shop(shop).order_by("since")] == [5, 12]
        assert MessageSetup.objects.for_shop(shop).get().holdout_since is None
    assert "5 %, from" in page(shop)


@pytest.mark.parametrize("said", ["51", "-1", "many", ""])
def test_what_is_no_share_is_refused_and_explained(shop, said):
    answer = hold_out(shop, said)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.content.decode()
    with shop_context(shop.pk):
        assert not HoldoutPeriod.objects.for_shop(shop).exists()


def test_who_may_only_look_sees_figures_and_no_form(shop):
    said = page(shop, Role.VIEWER)
    assert "Nobody is held out" in said
    assert "Share of shoppers" not in said
    refused = signed_in(shop, Role.AGENT).post(
        reverse("console:worth_share", args=[shop.slug]), {"percent": 5}
    )
    assert refused.status_code == 404


def test_the_cost_of_an_answer_can_be_said(shop):
    url = reverse("console:worth_cost", args=[shop.slug])
    assert signed_in(shop, Role.ADMIN).post(url, {"cost": "7.50"}).status_code == 302
    with shop_context(shop.pk):
        assert MessageSetup.objects.for_shop(shop).get().contact_cost == Decimal("7.50")
    assert signed_in(shop, Role.ADMIN).post(url, {"cost": "free"}).status_code == 422


def test_the_groups_are_shown_with_their_numbers(shop):
    hold_out(shop, 50)
    now = timezone.now()
    with shop_context(shop.pk):
        MessageSetup.objects.for_shop(shop).update(holdout_since=now - timedelta(days=40))
        emails = [f"p{n}@example.com" for n in range(12)]
        for email in emails:
            make.order(shop, customer_email=email, placed_at=now - timedelta(days=3), lines=0)
    rest = sum(share_of(shop.pk, email) < 50 for email in emails)
    said = page(shop)
    assert f"{12 - rest} shoppers get all messages, {rest} only the essential ones" in said
    assert f"0 of {rest}" in said


def test_figures_stand_for_ten_minutes_and_are_not_another_shares(shop, django_assert_max_num_queries):
    browser, url = signed_in(shop, Role.VIEWER), reverse("console:worth", args=[shop.slug])
    browser.get(url)
    with django_assert_max_num_queries(16):
        browser.get(url)
    hold_out(shop, 5)
    assert "5 % held out" in browser.get(url).content.decode()


def test_a_difference_that_may_be_chance_is_called_nothing(shop):
    figures = Figures({"tickets": (alike(50, 900), alike(8, 100)), "where": (Share(30, 900), Share(5, 100))})
    with shop_context(shop.pk):
        line = _line(MEASURES[0], figures, clock_of(shop))
        saved = _saved(figures, MessageSetup(shop_id=shop.pk), shop, clock_of(shop))
    assert line.word == "Too early"
    assert "more orders to see a difference of a fifth" in line.verdict
    assert (line.told, line.rest) == ("5.6", "8")
    assert not saved.is_sure


def test_a_large_difference_is_said_and_counted_in_money(shop):
    groups = (alike(800, 20_000), alike(180, 2000))
    with shop_context(shop.pk):
        line = _line(MEASURES[0], Figures({"tickets": groups}), clock_of(shop))
        saved = _saved(Figures({"tickets": groups}), MessageSetup(shop_id=shop.pk), shop, clock_of(shop))
        of_a_third = _saved(
            Figures({"tickets": groups}, one_in=3), MessageSetup(shop_id=shop.pk), shop, clock_of(shop)
        )
    assert (line.difference, line.word) == ("−5", "Less")
    assert saved.is_sure
    assert (saved.contacts, saved.amount) == ("1,000", "€5,000.00")
    assert of_a_third.contacts == "3,000"


def test_the_picture_of_an_interval_stays_inside_its_frame():
    for told, rest in (
        (Share(0, 10), Share(10, 10)),
        (Share(1, 2), Share(1, 2)),
        (Share(3, 9), Share(40, 90)),
    ):
        drawn = _drawing(compare(told, rest))
        assert 0 <= drawn.x <= drawn.dot <= drawn.x + drawn.width + 1 <= 100
    assert Interval(0.0, 0.0, 0.0).excludes_zero is False


def test_too_much_to_count_is_said_and_the_share_can_be_changed(shop, monkeypatch):
    hold_out(shop, 5)
    cache.clear()
    monkeypatch.setattr(long_statements, "TIME", "1ms")
    with shop_context(shop.pk):
        for n in range(30):
            make.order(shop, customer_email=f"p{n}@example.com", placed_at=timezone.now(), lines=0)
    monkeypatch.setattr(effects, "HOW_MANY", f"{effects.HOW_MANY} AND pg_sleep(0.1) IS NOT NULL")
    assert "too many orders to count just now" in page(shop)
    assert "12 % of shoppers" in hold_out(shop, 12).content.decode()
    with shop_context(shop.pk):
        assert HoldoutPeriod.objects.for_shop(shop).exclude(until=None).get().figures == {}
