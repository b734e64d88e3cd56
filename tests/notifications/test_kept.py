"""What a mail said then can be seen as long as its shop keeps it, and takes next to no room."""

from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import kept
from notifications.models import Alarm, Layout, Message
from notifications.services.delivery import deliver_due
from notifications.services.tidying import tidy
from tenants.isolation import shop_context
from tests import make
from tests.notifications.test_delivery import queue
from tracking.holdings import PARTS

pytestmark = pytest.mark.usefixtures("committed_db")


def sent(shop, mailbox, count):
    messages = [queue(shop, to=f"c{n}@example.com") for n in range(count)]
    deliver_due(timezone.now())
    pages = {m["To"]: m.get_body(("html",)).get_content() for m in mailbox.mails}
    with shop_context(shop.pk):
        return [(Message.objects.get(pk=m.pk), pages[m.recipient]) for m in messages]


def test_a_page_is_kept_as_it_was_sent_and_small(mailbox):
    shop = make.shop()
    for message, page in sent(shop, mailbox, 3):
        with shop_context(shop.pk):
            assert message.text
            assert 0 < len(message.body) < 1_200 < len(page)
            assert kept.html_of(message).split("<body")[1][:400] in page
    with shop_context(shop.pk):
        assert Layout.objects.count() == 1  # all three were filled into the same one


def test_what_an_erased_order_said_goes_and_then_the_page_it_was_filled_into(mailbox):
    shop = make.shop()
    (first, _page), (second, _page) = sent(shop, mailbox, 2)
    (part,) = [one for one in PARTS if one.code == "sent"]
    with shop_context(shop.pk):
        part.erase(shop.pk, [first.order_id])
    tidy(now=timezone.now())
    with shop_context(shop.pk):
        assert Layout.objects.count() == 1
        assert kept.html_of(second)
        part.erase(shop.pk, [second.order_id])
    assert tidy(now=timezone.now()) == 1
    with shop_context(shop.pk):
        assert Layout.objects.count() == 0
        assert set(Message.objects.values_list("recipient", "text", "layout_id")) == {("", "", None)}


def test_alarms_that_will_not_ring_again_go():
    shop, now = make.shop(), timezone.now()
    with shop_context(shop.pk):
        for next_at, looked_at in (
            (None, now - timedelta(days=40)),
            (None, now - timedelta(days=2)),
            (now + timedelta(days=1), now - timedelta(days=40)),
        ):
            Alarm.objects.create(
                shop=shop, order=make.order(shop, lines=0), next_at=next_at, looked_at=looked_at
            )
    assert tidy(now=now) == 1
    with shop_context(shop.pk):
        assert Alarm.objects.count() == 2
