"""What became of messages, counted: each once, people apart from machines, by what they are about."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from notifications.models import Click, Consent, LinkTarget, Message, Receipt, Sale
from notifications.services.message_figures import Counts, figures_of
from tenants.isolation import shop_context
from tests import make
from tracking.models import PageVisit

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SINCE = NOW - timedelta(days=30)


@pytest.fixture
def shop():
    made = make.shop()
    with shop_context(made.pk):
        yield made


def message(order, status="sent", state="shipped", channel="email", days_ago=2, receipts=(), **fields):
    n = Message.objects.for_shop(order.shop_id).count()
    made = Message.objects.create(
        shop_id=order.shop_id, order=order, state=state, channel=channel, recipient="x", language="es", status=status,
        created_at=NOW - timedelta(days=days_ago), **({"dedupe_key": f"k{n}", "template_key": state} | fields),
    )  # fmt: skip
    for kind, reader in receipts:
        Receipt.objects.create(shop_id=order.shop_id, message=made, kind=kind, reader=reader, at=NOW)
    return made


def figures(shop, since=SINCE):
    return figures_of(shop, since=since, until=NOW)


def test_each_message_is_counted_once_and_people_apart_from_machines(shop):
    order = make.order(shop, lines=0)
    message(
        order,
        "opened",
        receipts=[("delivered", ""), ("opened", "machine"), ("opened", "human"), ("opened", "unknown")],
    )
    message(order, "opened", receipts=[("opened", "machine"), ("opened", "unknown")])
    message(order, "delivered", receipts=[("delivered", ""), ("opened", "machine")])
    message(order, "sent")
    message(order, "bounced", receipts=[("bounced", "")])
    message(order, "bounced", receipts=[("delivered", ""), ("complained", "")])
    message(order, "failed"), message(order, "queued"), message(order, "unknown")
    message(order, "held", held_because="too_many"), message(order, "held", held_because="holdout")
    (row,) = figures(shop).rows
    assert row.key == ("shipped", "email", "shipped")
    assert row.counts == Counts(
        made=11,
        sent=6,
        delivered=4,
        human=1,
        unknown=1,
        machine=1,
        clicked=0,
        bounced=2,
        failed=1,
        complained=1,
        waiting=2,
    )
    assert row.counts.arrived == 4
    assert row.held == {"too_many": 1, "holdout": 1}


def test_a_link_counts_where_a_person_may_have_followed_it(shop):
    order, link = make.order(shop, lines=0), LinkTarget.objects.create(shop=shop, digest="d", address="page")
    for reader in ("human", "machine", "unknown"):
        made = message(order, "clicked")
        Click.objects.create(shop=shop, message=made, target=link, reader=reader, first_at=NOW, last_at=NOW)
    both = message(order, "clicked", receipts=[("clicked", "human")])
    Click.objects.create(shop=shop, message=both, target=link, reader="human", first_at=NOW, last_at=NOW)
    message(order, "delivered", receipts=[("clicked", "machine")])
    (row,) = figures(shop).rows
    assert row.counts.clicked == 3


def test_rows_are_by_occasion_channel_and_design(shop):
    order = make.order(shop, lines=0)
    message(order), message(order, channel="sms", price=Decimal("0.075"), currency="EUR")
    message(order, channel="sms", price=Decimal("0.08"), currency="EUR"), message(order, template_key="own-1")
    message(order, "held", channel="sms", price=Decimal(9), currency="EUR", held_because="rule")
    found = {row.key: row for row in figures(shop).rows}
    assert {key: row.counts.sent for key, row in found.items()} == {
        ("shipped", "email", "shipped"): 1,
        ("shipped", "sms", "shipped"): 2,
        ("shipped", "email", "own-1"): 1,
    }
    assert found["shipped", "sms", "shipped"].cost == {"EUR": Decimal("0.155")}
    total = figures(shop).total()
    assert (total.counts.sent, total.cost, total.held) == (4, {"EUR": Decimal("0.155")}, {"rule": 1})


def test_a_no_more_counts_against_the_last_message_before_it(shop):
    order = make.order(shop, lines=0)
    message(order, state="received", days_ago=5), message(order, state="shipped", days_ago=3)
    message(order, "held", state="preparing", days_ago=2), message(order, state="delivered", days_ago=0.5)
    for days_ago, means in ((1, "stopped"), (1, "chosen"), (40, "stopped")):
        Consent.objects.create(
            shop=shop, order=order, at=NOW - timedelta(days=days_ago), channel="email", means=means, proof="link",
            address="x", address_hash="x", language="es", shown="x", shown_hash="x",
        )  # fmt: skip
    assert {row.key[0]: row.stopped for row in figures(shop).rows if row.stopped} == {"shipped": 1}


def test_sales_are_the_messages_they_are_owed_to(shop):
    sent = message(make.order(shop, lines=0))
    for amount, currency, by in (
        ("30.50", "EUR", sent),
        ("10", "EUR", sent),
        ("99", "BRL", sent),
        (None, "EUR", None),
    ):
        Sale.objects.create(
            shop=shop, order=make.order(shop, lines=0), message=by, how="click", occasion="shipped", template="shipped",
            amount=amount, currency=currency, at=NOW - timedelta(days=1),
        )  # fmt: skip
    found = {row.key: row for row in figures(shop).rows}
    of_mail = found["shipped", "email", "shipped"]
    assert (of_mail.sales, of_mail.revenue) == (3, {"EUR": Decimal("40.500"), "BRL": Decimal("99.000")})
    assert found["shipped", "", "shipped"].sales == 1


def test_only_the_time_asked_for_counts_and_tests_do_not(shop):
    order = make.order(shop, lines=0)
    message(order, days_ago=31), message(order, days_ago=-1), message(order, dedupe_key="test:1")
    (
        message(order, days_ago=1),
        message(order, days_ago=1),
        message(order, "held", days_ago=3, held_because="rule"),
    )
    found = figures(shop)
    assert found.total().counts.made == 3
    assert found.by_day == {date(2026, 11, 20): (2, 0), date(2026, 11, 18): (0, 1)}
    assert figures(shop, since=NOW - timedelta(days=900)).total().counts.made == 4


def test_pages_opened_again_are_counted_of_persons(shop):
    for visits, reader, days_ago in ((4, "person", 1), (20, "bot", 1), (9, "person", 35)):
        PageVisit.objects.create(
            shop=shop, order=make.order(shop, lines=0), day=NOW.date() - timedelta(days=days_ago), device="phone", reader=reader,
            visits=visits,
        )  # fmt: skip
    found = figures(shop)
    assert (found.views, found.viewed_orders) == (4, 1)


def test_nothing_is_nothing_and_another_shops_is_not_ours(shop, django_assert_num_queries):
    message(make.order(shop, lines=0))
    with django_assert_num_queries(12):
        figures(shop)
    empty = figures(shop, since=NOW)
    assert (empty.rows, empty.total().counts) == ((), Counts())
