"""One shop's hundred thousand wait in their own line, and nobody else behind them."""

import json
from datetime import timedelta

import pytest
import responses
from django.db import connection, connections
from django.utils import timezone

from notifications.models import Message
from notifications.services import outbox, planning
from notifications.services.delivery import deliver_due
from notifications.services.rules import set_channel_account
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tests.notifications.test_delivery import queue
from tests.notifications.test_planning import moved
from tracking.models import Transition

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.slow]

PILE, AT_ONCE = 100_000, 25_000  # rows; a statement of the serving role may take five seconds
MESSAGES = """
INSERT INTO notifications_message (id, shop_id, state, channel, dedupe_key, recipient, language, subject, text, why, status,
  held_because, attempts, next_at, provider_id, error)
SELECT gen_random_uuid(), %(shop)s, 'shipped', 'email', 'pile:' || n, 'a@example.com', 'es', '', '', 'rule:shipped', 'queued',
  '', 0, %(now)s - interval '1 day' + n * interval '1 ms', '', ''
FROM generate_series(%(first)s, %(last)s) n
"""
TRANSITIONS = """
INSERT INTO tracking_transition (shop_id, order_id, kind, before, after, episode, occurred_at, recorded_at, cause, quiet)
SELECT %(shop)s, (%(orders)s::bigint[])[1 + n %% 20], 'milestone', '', 'invoice_issued', n / 20,
  %(now)s, %(now)s - interval '1 day' + n * interval '1 ms', '', ''
FROM generate_series(%(first)s, %(last)s) n
"""


def pile_up(shop, statement, table, **given):
    for first in range(0, PILE, AT_ONCE):
        with shop_context(shop.pk), connection.cursor() as cursor:
            cursor.execute(statement, {"shop": shop.pk, "first": first, "last": first + AT_ONCE - 1, **given})
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {table}")  # as autovacuum has by then


def pages(statement, given):
    """Looked at by a statement of the dispatcher's."""
    with connections["dispatch"].cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", given)
        (said,) = cursor.fetchone()
        cursor.execute("ROLLBACK")
    plan = (json.loads(said) if isinstance(said, str) else said)[0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_a_hundred_thousand_due_messages_of_one_shop_hold_up_nobody():
    big, others, now = make.shop(), [make.shop() for _ in range(12)], timezone.now()
    pile_up(big, MESSAGES, "notifications_message", now=now)
    late = {queue(shop).pk for shop in others}

    first = outbox.claim(timezone.now())

    assert late <= {one.id for one in first}
    assert sum(one.shop_id == big.pk for one in first) <= outbox.MOST_A_LINE
    given = outbox.asking_for(timezone.now())
    assert pages(outbox.CLAIM, given) < 3_000  # of some 4,000 the rows have, and 10,000 of their indexes


def test_a_hundred_thousand_moves_of_one_shop_hold_up_nobody(settings):
    settings.NOTIFY_SETTLE_S = 0
    big, others, now = make.shop(), [make.shop() for _ in range(12)], timezone.now()
    with shop_context(big.pk):
        orders = [make.order(big, lines=0).pk for _ in range(20)]
    pile_up(big, TRANSITIONS, "tracking_transition", now=now, orders=orders)
    late = []
    for shop in others:
        with shop_context(shop.pk):
            order = make.order(shop, lines=0)
            moved(order, "shipped", at=now)
            late.append(order.pk)

    given = {"settled": timezone.now(), "a_shop": planning.ORDERS_A_SHOP, "most": planning.ORDERS_A_PASS}
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(planning.DUE, given)
        assert {order for _shop, order in cursor.fetchall()} >= set(late)
    assert pages(planning.DUE, given) < 1_000
    for shop in others:
        with shop_context(shop.pk):
            assert Transition.objects.filter(announced_at=None).count() == 1  # so far only looked at


@responses.activate
def test_a_shop_whose_provider_hangs_delays_no_other():
    import time

    def hangs(request):
        time.sleep(0.6)
        return 201, {}, json.dumps({"sid": "SM1", "status": "queued"})

    slow, quick = make.shop(), make.shop()
    for shop, sid in ((slow, "AC1"), (quick, "AC2")):
        with shop_context(shop.pk):
            set_channel_account(
                shop=shop, channel="sms", sender="+34911000000", by=SYSTEM,
                secrets={"account_sid": sid, "auth_token": "t0ken"},
            )  # fmt: skip
    url = "https://api.twilio.com/2010-04-01/Accounts/{}/Messages.json"
    responses.add_callback(responses.POST, url.format("AC1"), callback=hangs)
    responses.post(url.format("AC2"), json={"sid": "SM2", "status": "queued"}, status=201)
    for n in range(6):
        queue(slow, "sms", f"+3460000000{n}")
    for n in range(6):
        queue(quick, "sms", f"+3460000001{n}")

    deliver_due(timezone.now())

    at = {}
    for shop in (slow, quick):
        with shop_context(shop.pk):
            at[shop.pk] = list(Message.objects.filter(status="sent").values_list("sent_at", flat=True))
    assert (len(at[slow.pk]), len(at[quick.pk])) == (6, 6)
    assert max(at[quick.pk]) < min(at[slow.pk])


def test_one_line_is_held_by_two_workers_at_most():
    shop, now = make.shop(), timezone.now()
    for n in range(12):
        queue(shop, to=f"c{n}@example.com")
    held = [outbox.claim(now + timedelta(seconds=5), most=2) for _ in range(3)]
    assert [len(one) for one in held] == [2, 2, 0]
