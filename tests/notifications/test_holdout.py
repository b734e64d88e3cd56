"""Who gets only essential messages is the same in the database as in the code, and what is measured of both groups."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from notifications.effects import Rate, Share
from notifications.models import HoldoutPeriod, Message, MessageSetup
from notifications.services import effects
from notifications.services.effects import (
    Figures,
    figures_of,
    notified_figures,
    set_contact_cost,
    set_holdout,
)
from notifications.services.knowing import in_holdout, share_of
from tenants.isolation import shop_context
from tenants.models import AuditEntry
from tenants.services import Actor
from tests import make
from tracking.models import Order, PageVisit, Ticket

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=100)
BY = Actor("user:1", "admin")
PERCENT = 30


@pytest.fixture
def shop():
    made = make.shop()
    with shop_context(made.pk):
        yield made


def people(shop, *, rest, many):
    """E-mail addresses of so many shoppers of one group."""
    found, n = [], 0
    while len(found) < many:
        n += 1
        address = f"persona{n}@example.com"
        if (share_of(shop.pk, address) < PERCENT) == rest:
            found.append(address)
    return found


def placed(shop, email, days_ago, **fields):
    at = NOW - timedelta(days=days_ago)
    return make.order(shop, customer_email=email, placed_at=at, lines=0, **fields)


def asks(order, reason="where", days_after=1):
    n = Ticket.objects.for_shop(order.shop_id).count()
    at = order.placed_at + timedelta(days=days_after)
    Ticket.objects.create(
        shop_id=order.shop_id, order=order, reason=reason, opened_at=at, last_at=at, reply_key=f"k{n}"
    )


def figures(shop, since=SINCE):
    return figures_of(shop, percent=PERCENT, since=since, until=NOW)


def test_the_database_draws_the_same_shoppers_as_the_planner(shop):
    """By address, else by phone, else by the order itself; with letters of every alphabet."""
    setup = MessageSetup(shop_id=shop.pk, holdout_percent=PERCENT, holdout_since=SINCE)
    keys = [
        *(f"persona{n}@example.com" for n in range(60)),
        "ñandú@correo.example",
        "日本@example.jp",
        "x" * 200,
    ]
    orders = [placed(shop, key, 5) for key in keys]
    orders += [placed(shop, "", 5, phone_key=f"{n}0043") for n in range(20)]
    orders += [placed(shop, "", 5) for _ in range(40)]
    told, rest = figures(shop).measures["tickets"]
    drawn = sum(in_holdout(setup, order) for order in orders)
    assert (told.units, rest.units) == (len(orders) - drawn, drawn)
    assert 0 < drawn < len(orders)
    drawing = f"SELECT rest FROM (SELECT %(shopper)s AS shopper) one, LATERAL ({effects.DRAW}) drawn"
    with connection.cursor() as cursor:
        for key in keys:
            cursor.execute(drawing, {"shop": shop.pk, "percent": PERCENT, "shopper": key})
            assert cursor.fetchone() == (share_of(shop.pk, key) < PERCENT,), key


def test_tickets_and_returns_are_summed_by_shopper(shop):
    (told,), (rest, other) = people(shop, rest=False, many=1), people(shop, rest=True, many=2)
    placed(shop, told, 20)
    first, second = placed(shop, rest, 10), placed(shop, rest, 5)
    asks(first), asks(first, "damaged"), asks(second, "invoice")
    placed(shop, other, 5)
    for order, visits, reader in ((first, 4, "person"), (second, 3, "person"), (second, 50, "bot")):
        PageVisit.objects.create(
            shop=shop,
            order=order,
            day=NOW.date() - timedelta(days=1),
            device="phone",
            reader=reader,
            visits=visits,
        )
    found = figures(shop)
    assert found.measures["tickets"] == (Rate(1, 1, 0, 1, 0, 0), Rate(2, 3, 3, 5, 9, 6))
    assert found.measures["where"] == (Share(0, 1), Share(1, 2))
    assert found.measures["returns"] == (Rate(1, 1, 0, 1, 0, 0), Rate(2, 3, 5, 5, 25, 10))


def test_page_visits_are_asked_of_orders_young_enough_to_have_them_all(shop):
    (told,) = people(shop, rest=False, many=1)
    old = placed(shop, told, 60)
    PageVisit.objects.create(shop=shop, order=old, day=NOW.date(), device="phone", visits=9)
    assert figures(shop).measures["returns"][0].units == 0


def test_only_orders_placed_since_it_began_count(shop):
    (rest,) = people(shop, rest=True, many=1)
    asks(placed(shop, rest, 101))
    placed(shop, rest, 99)
    assert figures(shop).measures["tickets"][1] == Rate(1, 1, 0, 1, 0, 0)


def test_who_bought_again_is_asked_of_those_who_had_the_time_to(shop):
    soon, late, young, void = people(shop, rest=True, many=4)
    placed(shop, soon, 90), placed(shop, soon, 70)
    placed(shop, late, 90), placed(shop, late, 45)
    placed(shop, young, 20), placed(shop, young, 10)
    placed(shop, void, 90), placed(shop, void, 80, cancelled_at=NOW)
    found = figures(shop).measures
    assert found["again_30"][1] == Share(1, 3)
    assert found["again_60"][1] == Share(2, 3)
    assert found["again_30"][0] == Share(0, 0)


def test_orders_whose_customer_was_forgotten_are_left_out_and_told(shop):
    (rest,) = people(shop, rest=True, many=1)
    asks(placed(shop, rest, 50, erased_at=NOW))
    found = figures(shop)
    assert (found.measures["tickets"][1].units, found.forgotten) == (0, 1)


def test_another_shops_orders_are_not_counted():
    ours, theirs = make.shop(), make.shop()
    with shop_context(theirs.pk):
        placed(theirs, people(theirs, rest=True, many=1)[0], 5)
    with shop_context(ours.pk):
        assert [group.units for group in figures(ours).measures["tickets"]] == [0, 0]
        assert (
            figures(theirs).measures["tickets"][1].units == 0
        )  # whoever asks: the database itself hides them


def test_it_takes_as_many_statements_however_many_orders(shop, django_assert_num_queries):
    for email in people(shop, rest=True, many=3):
        placed(shop, email, 5)
    with django_assert_num_queries(9):  # four that count; a savepoint, and the bounds on them
        figures(shop)


def test_of_very_many_orders_whole_shoppers_are_looked_at(shop, monkeypatch):
    emails = [f"persona{n}@example.com" for n in range(60)]
    for email in emails:
        asks(placed(shop, email, 50)), placed(shop, email, 40)
    monkeypatch.setattr(effects, "MOST_COUNTED", 40)
    found = figures(shop)
    told, rest = found.measures["tickets"]
    looked_at = told.units + rest.units
    assert found.one_in == 3
    assert 5 < looked_at < 40
    assert told.orders + rest.orders == 2 * looked_at  # both orders of each
    assert sum(group.count for group in found.measures["again_30"]) == looked_at
    assert notified_figures(shop, until=NOW).one_in == 3


def test_bounds_on_statements_are_as_before_afterwards(shop):
    def bounds():
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('work_mem'), current_setting('statement_timeout')")
            return cursor.fetchone()

    before = bounds()
    figures(shop)
    assert bounds() == before


def test_figures_are_the_same_after_they_were_kept(shop):
    asks(placed(shop, people(shop, rest=True, many=1)[0], 50))
    found = figures(shop)
    assert Figures.read(found.as_json()) == found


def test_who_was_told_is_who_a_message_of_the_first_order_went_to(shop):
    told = placed(shop, "a@example.com", 90)
    placed(shop, "a@example.com", 80)
    held = placed(shop, "b@example.com", 90)
    later = placed(shop, "b@example.com", 85)
    for order, status in ((told, "opened"), (held, "held"), (later, "sent")):
        Message.objects.create(
            shop=shop, order=order, state="shipped", channel="email", dedupe_key=f"{order.pk}", recipient="x",
            language="es", status=status, created_at=order.placed_at,
        )  # fmt: skip
    found = notified_figures(shop, until=NOW)
    assert found.measures["again_30"] == (Share(1, 1), Share(1, 1))
    placed(shop, "c@example.com", 90)
    assert notified_figures(shop, until=NOW).measures["again_30"] == (Share(1, 1), Share(1, 2))


def test_a_new_share_begins_a_new_period_and_the_old_one_keeps_its_figures(shop):
    first, second = NOW - timedelta(days=20), NOW
    assert set_holdout(shop=shop, percent=PERCENT, by=BY, now=first)
    asks(placed(shop, people(shop, rest=True, many=1)[0], 10))
    assert not set_holdout(shop=shop, percent=PERCENT, by=BY, now=second)
    assert set_holdout(shop=shop, percent=10, by=BY, now=second)
    setup = MessageSetup.objects.for_shop(shop).get()
    assert (setup.holdout_percent, setup.holdout_since) == (10, second)
    old, new = HoldoutPeriod.objects.for_shop(shop).order_by("since")
    assert (old.percent, old.since, old.until) == (PERCENT, first, second)
    assert Figures.read(old.figures).measures["tickets"][1] == Rate(1, 1, 1, 1, 1, 1)
    assert (new.percent, new.since, new.until, new.figures) == (10, second, None, {})
    Order.objects.for_shop(shop).update(email_key="", erased_at=NOW)
    old.refresh_from_db()
    assert Figures.read(old.figures).measures["tickets"][1].counted == 1


def test_stopping_ends_the_period_and_is_told_to_the_audit(shop):
    set_holdout(shop=shop, percent=10, by=BY, now=SINCE)
    set_holdout(shop=shop, percent=0, by=BY, now=NOW)
    setup = MessageSetup.objects.for_shop(shop).get()
    assert (setup.holdout_percent, setup.holdout_since) == (0, None)
    assert not HoldoutPeriod.objects.for_shop(shop).filter(until=None).exists()
    told = AuditEntry.objects.for_shop(shop).filter(action="holdout.changed").order_by("id")
    assert [(entry.before, entry.after) for entry in told] == [
        ({"percent": 0}, {"percent": 10}),
        ({"percent": 10}, {"percent": 0}),
    ]


@pytest.mark.parametrize("percent", [-1, 51, 100])
def test_more_than_half_is_never_held_out(shop, percent):
    with pytest.raises(ValidationError):
        set_holdout(shop=shop, percent=percent, by=BY, now=NOW)
    assert not MessageSetup.objects.for_shop(shop).exists()


def test_what_a_contact_costs_can_be_said(shop):
    assert not set_contact_cost(shop=shop, cost=Decimal(5), by=BY)  # as it is unless it is said
    assert set_contact_cost(shop=shop, cost=Decimal("4.25"), by=BY)
    assert MessageSetup.objects.for_shop(shop).get().contact_cost == Decimal("4.25")
    for cost in (Decimal(-1), Decimal("1.234"), Decimal(100_000)):
        with pytest.raises(ValidationError):
            set_contact_cost(shop=shop, cost=cost, by=BY)
