"""Who opened a mail: a person, a machine, or nobody can say."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from notifications import opens
from notifications.models import Message, MessageSetup, Receipt
from tenants.isolation import shop_context
from tests import make

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"
BEFOREHAND = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 "
    "Safari/537.36 Edge/12.246 Mozilla/5.0"
)


@pytest.mark.parametrize(
    ("user_agent", "after_s", "reader"),
    [
        (IPHONE, 600, "human"),
        ("Mozilla/5.0 (Windows NT 10.0; rv:128.0) Gecko/20100101 Thunderbird/128.0", 90, "human"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0)", 90, "human"),
        (IPHONE, 2, "machine"),
        ("Mozilla/5.0", 600, "machine"),
        (BEFOREHAND, 600, "machine"),
        ("Barracuda Sentinel (EE)", 600, "machine"),
        ("python-requests/2.31", 600, "machine"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", 600, "machine"),
        (GMAIL, 600, "unknown"),
        ("YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html", 600, "unknown"),
        ("", 600, "unknown"),
        ("Something new", None, "unknown"),
    ],
)
def test_programs_are_told_from_people(user_agent, after_s, reader):
    assert opens.reader_of(user_agent, after_s) == reader


def test_what_is_fetched_beforehand_was_seen_by_nobody():
    assert opens.is_prefetched({"Sec-Purpose": "prefetch;prerender"})
    assert opens.reader_of(IPHONE, 600, prefetched=True) == "machine"
    assert not opens.is_prefetched({})


@pytest.mark.parametrize(
    "event",
    [
        {"sg_machine_open": True},
        {"event": "unique_proxy_open"},
        {"event-data": {"client-info": {"bot": "apple"}}},
    ],
)
def test_a_provider_that_knows_a_machine_is_believed(event):
    assert opens.says_machine(event)
    assert not opens.says_machine({"event": "open"})


def test_the_pictures_address_is_ours_and_one_shops():
    message_id = uuid.uuid4()
    key = opens.pixel_key(7, message_id)
    assert opens.read_pixel_key(7, key) == message_id
    assert opens.read_pixel_key(8, key) is None
    for wrong in (key[:-4] + "AAAA", "x", "", "é"):
        assert opens.read_pixel_key(7, wrong) is None
    assert len(opens.GIF) == 43


def sent(shop, **fields):
    with shop_context(shop.pk):
        return Message.objects.create(**{
            "shop": shop, "order": make.order(shop), "state": "shipped", "channel": "email", "recipient": "m@example.com",
            "language": "es", "dedupe_key": str(uuid.uuid4()), "status": "delivered",
            "sent_at": timezone.now() - timedelta(minutes=9), **fields,
        })  # fmt: skip


def look(shop, message_id, user_agent=IPHONE):
    path = f"/s/{shop.slug}/o/{opens.pixel_key(shop.pk, message_id)}.gif"
    return Client(HTTP_HOST=settings.SITE_HOSTS[0]).get(path, headers={"user-agent": user_agent})


@pytest.mark.django_db
def test_an_open_is_counted_once_a_reader_and_only_a_persons_moves_the_message():
    shop = make.shop()
    message = sent(shop)
    for user_agent in ("Mozilla/5.0", "Mozilla/5.0", IPHONE):
        answer = look(shop, message.pk, user_agent)
        assert (answer.status_code, answer.content, answer.cookies) == (200, opens.GIF, {})
        assert "no-store" in answer["Cache-Control"]
        with shop_context(shop.pk):
            status = Message.objects.get(pk=message.pk).status
        assert status == ("opened" if user_agent == IPHONE else "delivered")
    with shop_context(shop.pk):
        assert sorted(Receipt.objects.values_list("kind", "reader")) == [
            ("opened", "human"),
            ("opened", "machine"),
        ]


@pytest.mark.django_db
def test_nothing_is_counted_for_a_wrong_key_or_a_shop_that_does_not_want_to():
    shop, rival = make.shop(), make.shop()
    message = sent(shop)
    path = f"/s/{rival.slug}/o/{opens.pixel_key(shop.pk, message.pk)}.gif"
    assert Client(HTTP_HOST=settings.SITE_HOSTS[0]).get(path).content == opens.GIF
    with shop_context(shop.pk):
        MessageSetup.objects.create(shop=shop, counts_opens=False)
    look(shop, message.pk)
    with shop_context(shop.pk):
        assert not Receipt.objects.exists()
