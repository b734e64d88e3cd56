"""A change wants a code from the address on file: sent sparingly, guessed at in vain, good for ten minutes."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.vault import unseal
from tests import make
from tests.tracking import pages
from tracking.models import Notice, ProofCode


@pytest.fixture(autouse=True)
def _now():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def order(db):
    shop = pages.shop()
    with shop_context(shop.pk):
        return pages.order(shop)


def code_of(order):
    with shop_context(order.shop_id):
        return unseal(Notice.objects.for_shop(order.shop_id).latest("id").sealed)["code"]


def stranger(n):
    return Client(REMOTE_ADDR=f"10.0.0.{n + 1}", headers={"host": "testserver"})


def ask(client, order, **said):
    return client.post(pages.path(order) + "code", said)


def test_the_code_goes_to_the_address_on_file_and_the_page_shows_only_its_mask(order):
    html = pages.said(ask(pages.reader(), order, send="1"))
    assert "m••••@example.com" in html
    assert order.customer_email not in html
    with shop_context(order.shop_id):
        notice = Notice.objects.for_shop(order.shop_id).get()
    assert (notice.kind, notice.channel, notice.recipient) == ("code", "email", order.customer_email)
    assert code_of(order) not in html
    assert code_of(order) not in str(notice.about)


def test_the_right_code_leads_on_to_where_it_was_wanted_and_nowhere_else(order):
    client = pages.reader()
    ask(client, order, send="1", next="delivery")
    there = ask(client, order, code=code_of(order), next="delivery")
    assert (there.status_code, there["Location"]) == (303, pages.path(order) + "delivery")
    for evil in ("//evil.example", "../../x", "code"):
        ask(client, order, send="1")
        there = ask(client, order, code=code_of(order), next=evil)
        assert there["Location"] == pages.path(order)
        with shop_context(order.shop_id):
            ProofCode.objects.for_shop(order.shop_id).delete()


def test_a_code_counts_once_and_only_the_last_one_sent(order):
    client = pages.reader()
    ask(client, order, send="1")
    first = code_of(order)
    ask(client, order, send="1")
    second = code_of(order)
    assert ask(client, order, code=first if first != second else "x").status_code == 422
    assert ask(client, order, code=second).status_code == 303
    assert ask(client, order, code=second).status_code == 422


def test_after_ten_minutes_or_five_wrong_tries_a_code_is_worth_nothing(order):
    client = pages.reader()
    ask(client, order, send="1")
    with time_machine.travel(make.NOW + timedelta(minutes=10, seconds=1), tick=False):
        assert ask(client, order, code=code_of(order)).status_code == 422
    ask(client, order, send="1")
    right = code_of(order)
    for n in range(5):
        ask(stranger(n), order, code="no")
    assert ask(stranger(9), order, code=right).status_code in (422, 429)


def test_nobody_s_mailbox_is_filled_with_codes(order):
    client = pages.reader()
    assert [ask(client, order, send="1").status_code for _ in range(5)] == [200, 200, 200, 200, 429]
    with shop_context(order.shop_id):
        assert Notice.objects.for_shop(order.shop_id).count() == 4


def test_an_order_with_neither_e_mail_nor_phone_says_so(order):
    order.customer_email = order.customer_phone = ""
    with shop_context(order.shop_id):
        order.save()
    html = pages.said(ask(pages.reader(), order, send="1"))
    assert "neither e-mail nor phone" in html
    with shop_context(order.shop_id):
        assert not Notice.objects.for_shop(order.shop_id).exists()


def test_the_old_address_without_its_slash_leads_on(order):
    there = pages.reader().get(pages.path(order).rstrip("/") + "?lang=en")
    assert (there.status_code, there["Location"]) == (301, pages.path(order) + "?lang=en")
