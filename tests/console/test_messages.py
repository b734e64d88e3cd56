"""Messages: all listed, few fields for a viewer, pages by cursor; one sent again only where that can help."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from console.messages import SIZE
from notifications.models import STATES, Message
from notifications.services.receipts import record_receipt
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def agent(shop: Shop) -> Client:
    return signed_in(shop, Role.AGENT)


def message(shop: Shop, **fields: Any) -> Message:
    with shop_context(shop.pk):
        return Message.objects.create(**{
            "shop": shop, "state": "shipped", "channel": "email", "dedupe_key": str(uuid.uuid4()),
            "recipient": "marta@example.com", "language": "es", "text": "Hola Marta", "why": "rule:shipped",
            "status": "sent", "created_at": timezone.now(), **fields,
        })  # fmt: skip


def address(shop: Shop, name: str, *parts: object) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def status_of(found: Message) -> str:
    with shop_context(found.shop_id):
        found.refresh_from_db()
    return found.status


def test_every_status_is_listed_in_words(shop: Shop, agent: Client) -> None:
    for status in STATES:
        message(shop, status=status)
    page = agent.get(address(shop, "messages")).content.decode()
    assert page.count('class="row-title"') == len(STATES)
    for words in ("Held back", "Came back", "Not sent", "Not known", "Waiting to go out"):
        assert f'">{words}</span>' in page


def test_pages_follow_one_another_without_gap_or_repeat(shop: Shop, agent: Client) -> None:
    at = timezone.now()
    for n in range(SIZE + 7):
        message(shop, recipient=f"p{n}@example.com", created_at=at - timedelta(minutes=n // 2))
    first = agent.get(address(shop, "messages"))
    second = agent.get(f"{address(shop, 'messages')}?{first.context['older']}")
    seen = [row.recipient for row in (*first.context["rows"], *second.context["rows"])]
    assert len(seen) == len(set(seen)) == SIZE + 7
    back = agent.get(f"{address(shop, 'messages')}?{second.context['newer']}")
    assert [row.pk for row in back.context["rows"]] == [row.pk for row in first.context["rows"]]


@pytest.mark.parametrize("cursor", ["x", "W10", "WyJhIiwgMV0", "WyIyMDI2LTExLTIxVDAwOjAwOjAwKzAwOjAwIiwgMV0"])
def test_a_cursor_that_is_none_is_the_first_page(shop: Shop, agent: Client, cursor: str) -> None:
    message(shop)
    assert len(agent.get(address(shop, "messages"), {"after": cursor}).context["rows"]) == 1


def test_the_list_is_narrowed_by_status_channel_and_order(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        order = make.order(shop, number="X900")
    message(shop, status="failed", recipient="failed@example.com")
    message(shop, channel="sms", recipient="+34600111222")
    message(shop, order=order, recipient="ordered@example.com")

    def found(**query: str) -> list[str]:
        return [row.recipient for row in agent.get(address(shop, "messages"), query).context["rows"]]

    assert found(status="failed") == ["failed@example.com"]
    assert found(channel="sms") == ["+34600111222"]
    assert found(q="X900") == ["ordered@example.com"]
    assert found(q="nobody") == []
    assert len(found(status="nonsense")) == 3


def test_a_viewer_sees_neither_recipient_nor_words(shop: Shop) -> None:
    with shop_context(shop.pk):
        order = make.order(shop)
    sent = message(
        shop, order=order, status="failed", error="550 marta@example.com unknown", text="Hola Marta Ruiz"
    )
    viewer = signed_in(shop, Role.VIEWER)
    for page in (address(shop, "messages"), address(shop, "message", sent.pk)):
        said = viewer.get(page).content.decode()
        assert "m•••@example.com" in said
        assert "marta@example.com" not in said
        assert "Marta Ruiz" not in said
    assert viewer.get(address(shop, "message_shown", sent.pk)).status_code == 404
    assert viewer.post(address(shop, "message_resend", sent.pk)).status_code == 404
    assert status_of(sent) == "failed"


@pytest.mark.parametrize("status", ["failed", "held", "bounced"])
def test_what_did_not_arrive_is_sent_again_and_audited(shop: Shop, agent: Client, status: str) -> None:
    held = message(shop, status=status)
    assert "Send it again" in agent.get(address(shop, "message", held.pk)).content.decode()
    assert agent.post(address(shop, "message_resend", held.pk)).status_code == 302
    assert status_of(held) == "queued"
    with shop_context(shop.pk):
        assert AuditEntry.objects.get().action == "message.resent"


def test_what_may_have_arrived_is_sent_again_only_knowingly(shop: Shop, agent: Client) -> None:
    doubtful = message(shop, status="unknown")
    answer = agent.post(address(shop, "message_resend", doubtful.pk))
    assert answer.status_code == 422
    assert "it may arrive twice" in answer.content.decode()
    assert status_of(doubtful) == "unknown"
    agent.post(address(shop, "message_resend", doubtful.pk), {"understood": "on"})
    assert status_of(doubtful) == "queued"


def test_what_arrived_is_not_sent_again(shop: Shop, agent: Client) -> None:
    arrived = message(shop, status="delivered")
    assert "Send it again" not in agent.get(address(shop, "message", arrived.pk)).content.decode()
    agent.post(address(shop, "message_resend", arrived.pk))
    assert status_of(arrived) == "delivered"
    with shop_context(shop.pk):
        assert not AuditEntry.objects.exists()


def test_receipts_are_told_in_order(shop: Shop, agent: Client) -> None:
    sent = message(shop, sent_at=timezone.now() + timedelta(minutes=1))
    with shop_context(shop.pk):
        record_receipt(message=sent, kind="opened", at=timezone.now() + timedelta(hours=2))
        record_receipt(message=sent, kind="delivered", at=timezone.now() + timedelta(hours=1))
    steps = agent.get(address(shop, "message", sent.pk)).context["steps"]
    assert [words for _tone, words, _detail, _when in steps] == [
        "Made", "Handed over to the provider", "Delivered", "Opened",
    ]  # fmt: skip


def test_a_mail_is_shown_framed_and_a_text_message_as_a_bubble(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        order = make.order(shop)
    mail = message(shop, order=order)
    answer = agent.get(address(shop, "message_shown", mail.pk))
    assert "Artículo 1" in answer.content.decode()
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    text = message(shop, channel="sms", text="Hola <b>")
    assert "Hola &lt;b&gt;" in agent.get(address(shop, "message", text.pk)).content.decode()
    assert agent.get(address(shop, "message_shown", text.pk)).status_code == 404


def test_another_shops_message_does_not_exist(shop: Shop) -> None:
    sent = message(shop, status="failed")
    theirs = make.shop()
    rival = signed_in(theirs, Role.OWNER)
    assert rival.get(address(theirs, "message", sent.pk)).status_code == 404
    assert rival.post(address(theirs, "message_resend", sent.pk)).status_code == 404
    assert status_of(sent) == "failed"


def test_a_page_costs_the_same_however_many_messages_there_are(shop: Shop, agent: Client) -> None:
    with shop_context(shop.pk):
        order = make.order(shop)
    for _n in range(20):
        message(shop, order=order)
    with CaptureQueriesContext(connection) as asked:
        agent.get(address(shop, "messages"))
    assert len(asked) <= 17, [q["sql"][:90] for q in asked]
