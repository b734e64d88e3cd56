"""From transitions to messages, once each, for the right shop and nobody else."""

from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from notifications.models import Message
from notifications.services.planning import plan_due
from notifications.services.rules import set_rule
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tracking.models import Transition

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _at_once(settings):
    settings.NOTIFY_SETTLE_S = 0


def moved(order, after, before="preparing", episode=1, at=make.NOW, **fields):
    return Transition.objects.create(
        shop_id=order.shop_id, order=order, kind=fields.pop("kind", "order"), before=before, after=after,
        episode=episode, occurred_at=at, recorded_at=at, **fields,
    )  # fmt: skip


def messages(shop):
    with shop_context(shop.pk):
        return [
            (m.state, m.channel, m.recipient, m.status)
            for m in Message.objects.order_by("created_at", "state")
        ]


def test_a_transition_makes_one_message_however_often_one_looks():
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(shop, customer_email="marta@example.com")
        moved(order, "shipped")
    for _ in range(3):
        plan_due(make.NOW)
    assert messages(shop) == [("shipped", "email", "marta@example.com", "queued")]
    with shop_context(shop.pk):
        assert Transition.objects.filter(announced_at=None).count() == 0


def test_what_is_history_is_told_to_nobody():
    shop = make.shop()
    with shop_context(shop.pk):
        moved(make.order(shop), "delivered", quiet="imported", announced_at=make.NOW)
    assert plan_due(make.NOW) == 0
    assert messages(shop) == []


def test_parcels_that_move_together_wait_for_one_another(settings):
    settings.NOTIFY_SETTLE_S = 20
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(shop)
        moved(order, "partially_shipped")
        moved(order, "shipped", before="partially_shipped", episode=2, at=make.NOW + timedelta(seconds=5))
    assert plan_due(make.NOW + timedelta(seconds=19)) == 0
    plan_due(make.NOW + timedelta(seconds=21))
    assert [m[0] for m in messages(shop)] == ["shipped"]


def test_each_shops_rules_are_its_own():
    ours, theirs = make.shop(), make.shop()
    for shop in (ours, theirs):
        with shop_context(shop.pk):
            moved(make.order(shop), "shipped")
    with shop_context(ours.pk):
        set_rule(shop=ours, state="shipped", channel="email", enabled=False, by=SYSTEM, now=make.NOW)
    plan_due(make.NOW)
    assert (len(messages(ours)), len(messages(theirs))) == (0, 1)


def test_a_shop_with_a_thousand_moves_does_not_keep_another_waiting():
    busy, quiet = make.shop(), make.shop()
    with shop_context(busy.pk):
        for n in range(120):
            moved(make.order(busy, lines=0), "shipped", at=make.NOW - timedelta(hours=1, seconds=n))
    with shop_context(quiet.pk):
        moved(make.order(quiet), "shipped")
    plan_due(make.NOW)
    assert (len(messages(busy)), len(messages(quiet))) == (100, 1)


def test_a_parcels_own_steps_are_marked_seen_and_told_to_nobody():
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(shop)
        moved(order, "in_transit", kind="shipment", shipment=make.shipment(order))
    plan_due(make.NOW)
    assert messages(shop) == []
    with connections["dispatch"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tracking_transition WHERE announced_at IS NULL")
        assert cursor.fetchone() == (0,)


def test_a_pass_asks_no_more_however_many_orders_there_are():
    counts = []
    for number in (3, 40):
        shop = make.shop()
        with shop_context(shop.pk):
            for _ in range(number):
                moved(make.order(shop, lines=0), "shipped")
        with CaptureQueriesContext(connection) as queries:
            plan_due(make.NOW)
        assert len(messages(shop)) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_an_order_nothing_can_be_made_of_holds_up_nobody():
    shop, other = make.shop(), make.shop()
    with shop_context(shop.pk):
        moved(make.order(shop), "a state there never was")
        moved(make.order(shop), "shipped")
    with shop_context(other.pk):
        moved(make.order(other), "shipped")
    assert plan_due(make.NOW) == 2
    assert (len(messages(shop)), len(messages(other))) == (1, 1)
    assert plan_due(make.NOW) == 0
