"""Senders: credentials sealed, a From nobody would believe refused, the DNS explained, addresses let go of."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from console.messages import A_READ
from notifications.models import ChannelAccount, Message, MessageSetup, Suppression
from notifications.sender_dns import Seen
from notifications.services import sender_domains, suppressing
from tenants.isolation import shop_context
from tenants.models import AuditEntry, Role, Shop
from tenants.vault import unseal
from tests import make
from tests.console.clients import signed_in

pytestmark = pytest.mark.django_db
SEEN = Seen(keys={"resend": "v=DKIM1; p=MIGf"})


@pytest.fixture
def shop() -> Shop:
    return make.shop()


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


@pytest.fixture(autouse=True)
def dns(monkeypatch: pytest.MonkeyPatch) -> dict[str, Seen | None]:
    answers: dict[str, Seen | None] = {"": Seen()}
    check = sender_domains.check
    monkeypatch.setattr(
        sender_domains, "check", lambda **said: check(**said, ask=lambda *_asked: answers[""])
    )
    return answers


def address(shop: Shop, name: str, *parts: object) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def account(shop: Shop) -> ChannelAccount:
    with shop_context(shop.pk):
        return ChannelAccount.objects.get()  # type: ignore[no-any-return]


RESEND = {"provider": "resend", "api_key": "re_s3cret", "sender": "Hola@Olmo.example", "name": "Casa Olmo"}


def test_a_provider_of_ones_own_is_sealed_and_waits_for_its_dns(
    shop: Shop, admin: Client, dns: dict[str, Seen | None]
) -> None:
    page = address(shop, "sender", "email")
    assert admin.post(page, RESEND).status_code == 302
    held = account(shop)
    assert (held.sender, held.settings["fit"]) == ("Hola@olmo.example", False)
    assert unseal(held.sealed) == {"api_key": "re_s3cret"}
    html = admin.get(page).content.decode()
    assert "re_s3cret" not in html and "Not believed yet" in html
    assert "resend._domainkey.olmo.example" in html and "_dmarc.olmo.example" in html
    assert f"/receipts/mail/{shop.slug}/{held.receipt_key}/resend" in html
    dns[""] = SEEN
    admin.post(address(shop, "sender_check"))
    assert account(shop).settings["fit"] is True
    assert "Mails are believed" in admin.get(page).content.decode()
    admin.post(page, {**RESEND, "api_key": "", "sender": "hola@olmo.example"})
    assert unseal(account(shop).sealed) == {"api_key": "re_s3cret"}
    admin.post(page, {"provider": "", "sender": "", "name": ""})
    assert (account(shop).sealed and unseal(account(shop).sealed)) in ("", {})


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"sender": "tienda@gmail.com"}, "refuse mails in its name"),
        ({"sender": "tienda"}, "valid email"),
        ({"sender": ""}, "say which"),
        ({"api_key": ""}, "sends nothing without this"),
        ({"name": 'Olmo" <x@y>'}, "no quotes"),
        ({"selector": "a b"}, "not the name of a record"),
        ({"provider": "smtp", "host": "10.0.0.1/x", "port": "587", "security": "tls"}, "name of the server"),
        (
            {"provider": "smtp", "host": "smtp.olmo.example", "port": "22", "security": "tls"},
            "not one of the available",
        ),
    ],
)
def test_what_cannot_send_is_refused_beside_its_field(
    shop: Shop, admin: Client, said: dict[str, str], sentence: str
) -> None:
    answer = admin.post(address(shop, "sender", "email"), {**RESEND, **said})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    with shop_context(shop.pk):
        assert not ChannelAccount.objects.exists()


def test_a_number_for_each_country_and_what_one_costs(shop: Shop, admin: Client) -> None:
    page = address(shop, "sender", "sms")
    said = {"account_sid": "AC1", "auth_token": "t", "sender": "+34 911 000 000", "enabled": "on"}
    assert "Networks in US" in admin.post(page, {**said, "senders": "US Olmo"}).content.decode()
    assert admin.post(page, {**said, "senders": "fr +33 600 000 000\nIT Olmo"}).status_code == 302
    assert account(shop).settings["senders"] == {"FR": "+33600000000", "IT": "Olmo"}
    assert account(shop).receipt_key in admin.get(page).content.decode()
    assert admin.post(page, {"prices": "ES 0,075\n* 0.1", "currency": "eur"}).status_code == 302
    assert admin.post(page, {"prices": "ES gratis", "currency": "eur"}).status_code == 422
    with shop_context(shop.pk):
        assert MessageSetup.objects.get().sms_prices == {"ES": "0.075", "": "0.1"}


def test_a_test_leads_to_what_becomes_of_it(shop: Shop, admin: Client) -> None:
    with shop_context(shop.pk):
        make.order(shop)
    answer = admin.post(address(shop, "sender_test", "email"), {"to": "yo@olmo.example"})
    with shop_context(shop.pk):
        sent = Message.objects.get()
    assert answer["Location"] == address(shop, "message", sent.pk)


def test_an_address_is_let_go_of_with_a_reason(shop: Shop) -> None:
    agent = signed_in(shop, Role.AGENT)
    with shop_context(shop.pk):
        held = suppressing.suppress(
            shop_id=shop.pk, channel="email", address="marta@example.com", why="bounced", now=timezone.now()
        )
    assert held is not None
    page = address(shop, "suppressions")
    assert "m•••@example.com" in agent.get(page, {"q": "Marta@example.com"}).content.decode()
    agent.post(address(shop, "suppression_lift", held.pk), {"reason": ""})
    with shop_context(shop.pk):
        assert Suppression.objects.get().lifted_at is None
    agent.post(address(shop, "suppression_lift", held.pk), {"reason": "A new mailbox"})
    agent.post(page, {"channel": "sms", "address": "+34 600 000 000"})
    with shop_context(shop.pk):
        assert Suppression.objects.filter(lifted_at=None).get().why == "agent"
        assert set(AuditEntry.objects.values_list("action", flat=True)) == {
            "suppression.lifted",
            "suppression.added",
        }


def message(shop: Shop, **fields: Any) -> Message:
    with shop_context(shop.pk):
        return Message.objects.create(**{  # type: ignore[no-any-return]
            "shop": shop, "state": "shipped", "channel": "email", "dedupe_key": str(uuid.uuid4()), "status": "failed",
            "recipient": "marta@example.com", "language": "es", "why": "rule:shipped", "created_at": timezone.now(), **fields,
        })  # fmt: skip


def test_all_that_failed_goes_out_again_and_nothing_else(shop: Shop) -> None:
    agent = signed_in(shop, Role.AGENT)
    failed = [message(shop), message(shop, channel="sms", recipient="+34600000000")]
    others = [message(shop, status=one) for one in ("unknown", "delivered", "held", "bounced")]
    page = address(shop, "messages_resend")
    assert "You pay for each" in agent.get(page, {"status": "failed"}).content.decode()
    agent.post(page, {"channel": ""})
    with shop_context(shop.pk):
        assert {Message.objects.get(pk=one.pk).status for one in failed} == {"queued"}
        assert [Message.objects.get(pk=one.pk).status for one in others] == [
            "unknown",
            "delivered",
            "held",
            "bounced",
        ]


def test_the_file_has_every_message_and_no_formula(shop: Shop, admin: Client) -> None:
    message(shop, recipient="=1+1@example.com", subject="@SUM(A1)")
    message(shop, status="sent", recipient="+34600000001", channel="sms")
    said = b"".join(admin.get(address(shop, "messages_export")).streaming_content).decode()  # type: ignore[attr-defined]
    assert "'=1+1@example.com" in said and "'@SUM(A1)" in said and "'+34600000001" in said
    assert said.count("\r\n") == 3
    assert A_READ > 2
    only = admin.get(address(shop, "messages_export"), {"status": "sent"})
    assert b"".join(only.streaming_content).count(b"\r\n") == 2  # type: ignore[attr-defined]
    assert signed_in(shop, Role.AGENT).get(address(shop, "messages_export")).status_code == 404


def test_words_are_found_in_addresses_and_then_in_subjects(shop: Shop, admin: Client) -> None:
    message(shop, subject="Su pedido está en camino")
    message(shop, recipient="otra@example.com", subject="Entregado", rule_key="mine")

    def found(**query: str) -> list[str]:
        return [row.recipient for row in admin.get(address(shop, "messages"), query).context["rows"]]

    assert found(q="otra@example.com") == ["otra@example.com"]
    assert found(q="en camino") == ["marta@example.com"]
    assert found(rule="mine") == ["otra@example.com"]
    assert found(since="2020-01-01", until="2020-01-02") == []
    assert len(found(days="1")) == len(found(since="nonsense")) == 2


@pytest.mark.parametrize("why", ["unwanted", "suppressed", "holdout", "too_many", "rule", "superseded", "too_late",
                                 "no_sender", "erased"])  # fmt: skip
def test_why_one_was_held_back_is_said_in_words(shop: Shop, admin: Client, why: str) -> None:
    held = message(shop, status="held", held_because=why)
    html = admin.get(address(shop, "message", held.pk)).content.decode()
    assert "<b>" in html and "It was kept back, and does not go out by itself." not in html


def test_a_twilio_code_is_explained(shop: Shop, admin: Client) -> None:
    failed = message(
        shop, channel="whatsapp", recipient="+34600000000", error="Twilio 63016: Failed to send freeform"
    )
    assert "only approved templates" in admin.get(address(shop, "message", failed.pk)).content.decode()


def test_to_an_agent_senders_do_not_exist_and_to_another_shop_nothing_does(shop: Shop) -> None:
    agent, rival = signed_in(shop, Role.AGENT), signed_in(make.shop(), Role.OWNER)
    for page in (address(shop, "senders"), address(shop, "sender", "email"), address(shop, "sender", "sms")):
        assert (agent.get(page).status_code, rival.get(page).status_code) == (404, 404)
    assert rival.get(address(shop, "suppressions")).status_code == 404
