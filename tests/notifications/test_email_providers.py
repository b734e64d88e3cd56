"""A shop's own mail provider: its credentials, our key, what its answers mean; and never a server inside."""

from __future__ import annotations

import json
import uuid
from datetime import timedelta

import pytest
import requests
import responses
from django.utils import timezone

from notifications import mail_lines
from notifications.channels.email import deliver
from notifications.models import Message, Receipt, Suppression
from notifications.services.delivery import deliver_due
from notifications.services.rules import set_channel_account
from notifications.services.unknown import settle_unknown
from notifications.types import DeliveryError, Outgoing
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make

RESEND = "https://api.resend.com/emails"
ID = "0b4bd7f2-3c1b-4f3e-9d3f-0a2f5a5e6c11"


def outgoing(**fields):
    return Outgoing(**{
        "id": ID, "to": "marta@example.com", "sender": "Olmo <pedidos@olmo.example>", "subject": "Hola", "text": "Hola",
        "html": "<html><body>Hola</body></html>", "metadata": {"shop": "1", "message": ID}, **fields,
    })  # fmt: skip


@pytest.fixture(autouse=True)
def _new_lines():
    mail_lines._kept.lines.clear()


WIRES = {
    "resend": ({"api_key": "k"}, RESEND, {"id": "re1"}, "re1"),
    "postmark": ({"server_token": "k"}, "https://api.postmarkapp.com/email", {
        "To": "marta@example.com", "ErrorCode": 0, "Message": "OK", "MessageID": "pm1", "SubmittedAt": "2026-11-21T00:00:00Z",
    }, "pm1"),
    "brevo": ({"api_key": "k"}, "https://api.brevo.com/v3/smtp/email", {"messageId": "<br1@x>"}, "<br1@x>"),
    "mailgun": ({"api_key": "k", "region": "eu"}, "https://api.eu.mailgun.net/v3/olmo.example/messages", {
        "id": "<mg1@x>", "message": "Queued.",
    }, "<mg1@x>"),
    "sendgrid": ({"api_key": "k", "region": "eu"}, "https://api.eu.sendgrid.com/v3/mail/send", None, ""),
}  # fmt: skip


@responses.activate
@pytest.mark.parametrize("code", WIRES)
def test_each_provider_is_spoken_to_in_its_own_way_with_our_id(code):
    secrets, url, answer, provider_id = WIRES[code]
    responses.post(url, json=answer, status=200)
    said = deliver(outgoing(pixel_url="https://x.example/o/k.gif"), {"provider": code, **secrets})
    (call,) = responses.calls
    body = call.request.body if isinstance(call.request.body, str) else call.request.body.decode()
    assert ID in body + str(call.request.headers)
    assert "k.gif" in body
    assert said == provider_id if provider_id else said


@responses.activate
def test_resend_and_brevo_are_given_a_key_so_that_nothing_goes_twice():
    responses.post(RESEND, json={"id": "re1"})
    responses.post("https://api.brevo.com/v3/smtp/email", json={"messageId": "b"})
    deliver(outgoing(), {"provider": "resend", "api_key": "k"})
    deliver(outgoing(), {"provider": "brevo", "api_key": "k"})
    assert responses.calls[0].request.headers["Idempotency-Key"] == ID
    assert json.loads(responses.calls[1].request.body)["headers"]["idempotencyKey"] == ID


@responses.activate
@pytest.mark.parametrize(
    ("answer", "permanent", "ambiguous", "repeats"),
    [
        ({"status": 401, "json": {}}, False, False, 11),
        ({"status": 422, "json": {}}, True, False, 11),
        ({"status": 429, "json": {}}, False, False, 11),
        ({"status": 500, "json": {}}, False, True, 11),
        ({"body": requests.exceptions.ReadTimeout("slow")}, False, True, 11),
        ({"body": requests.exceptions.ConnectTimeout("away")}, False, False, 11),
        ({"status": 409, "json": {"name": "invalid_idempotent_request"}}, False, True, 0),
    ],
)
def test_what_a_provider_answers_decides(answer, permanent, ambiguous, repeats):
    responses.post(RESEND, **answer)
    with pytest.raises(DeliveryError) as caught:
        deliver(outgoing(), {"provider": "resend", "api_key": "k"})
    error = caught.value
    assert (error.permanent, error.ambiguous, error.repeats) == (permanent, ambiguous, repeats)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.5", "169.254.169.254", "::ffff:127.0.0.1"]
)
def test_no_mail_server_inside_is_called(host):
    said = {"provider": "smtp", "host": host, "port": "587", "security": "starttls"}
    with pytest.raises(DeliveryError) as caught:
        deliver(outgoing(), said)
    assert caught.value.permanent and "open web" in caught.value.detail


def test_only_ports_of_mail_servers_are_called(settings):
    with pytest.raises(DeliveryError) as caught:
        deliver(
            outgoing(), {"provider": "smtp", "host": "smtp.example.com", "port": "6379", "security": "tls"}
        )
    assert caught.value.permanent


def test_a_server_of_the_shops_own_is_spoken_to_and_its_line_kept(mailbox, settings):
    settings.PUSH_TO_LOOPBACK = True
    said = {"provider": "smtp", "host": "127.0.0.1", "port": str(settings.EMAIL_PORT), "security": "starttls"}
    settings.EMAIL_HOST, settings.EMAIL_HOST_USER = "nowhere.invalid", "the installation's"
    deliver(outgoing(), said)
    (line,) = [kept for kept, _at in mail_lines._kept.lines.values()]
    deliver(outgoing(), said)
    assert [kept for kept, _at in mail_lines._kept.lines.values()] == [line]
    assert [m["From"] for m in mailbox.mails] == ["Olmo <pedidos@olmo.example>"] * 2


def queued(shop, **fields):
    with shop_context(shop.pk):
        return Message.objects.create(**{
            "shop": shop, "order": make.order(shop), "state": "shipped", "channel": "email", "recipient": "marta@example.com",
            "language": "es", "dedupe_key": str(uuid.uuid4()), "next_at": timezone.now() - timedelta(seconds=1), **fields,
        })  # fmt: skip


def own_provider(shop, *, fit=True, provider="resend"):
    with shop_context(shop.pk):
        return set_channel_account(
            shop=shop, channel="email", by=SYSTEM, sender="pedidos@olmo.example", secrets={"api_key": "k"},
            settings={"provider": provider, "name": "Olmo", "fit": fit},
        )  # fmt: skip


def now_of(message):
    with shop_context(message.shop_id):
        return Message.objects.get(pk=message.pk)


@responses.activate
def test_the_shops_own_provider_and_from_are_used_once_the_dns_is_right(committed_db, mailbox):
    responses.post(RESEND, json={"id": "re1"})
    shop = make.shop(name="Casa Olmo", contact_email="hola@olmo.example")
    own_provider(shop)
    message = queued(shop)
    deliver_due(timezone.now())
    said = json.loads(responses.calls[0].request.body)
    assert said["from"] == "Olmo <pedidos@olmo.example>"
    headers = {name.lower() for name in said["headers"]}
    assert {"list-unsubscribe", "list-unsubscribe-post", "feedback-id", "auto-submitted"} <= headers
    assert (now_of(message).status, now_of(message).provider_id, mailbox.mails) == ("sent", "re1", [])


@responses.activate
def test_until_then_the_installation_writes_in_the_shops_name(committed_db, mailbox):
    shop = make.shop(name="Casa Olmo")
    own_provider(shop, fit=False)
    queued(shop)
    deliver_due(timezone.now())
    (mail,) = mailbox.mails
    assert mail["From"].startswith("Casa Olmo <") and "olmo.example" not in mail["From"]
    assert mail["Reply-To"] == "pedidos@olmo.example"
    assert not responses.calls


@responses.activate
def test_a_provider_that_knows_our_key_is_asked_again_and_another_is_not(committed_db):
    responses.post(RESEND, status=503)
    shop = make.shop()
    own_provider(shop)
    message = queued(shop)
    deliver_due(timezone.now())
    assert (now_of(message).status, now_of(message).attempts) == ("queued", 1)

    other = make.shop()
    with shop_context(other.pk):
        set_channel_account(
            shop=other, channel="email", by=SYSTEM, sender="a@olmo.example", secrets={"server_token": "k"},
            settings={"provider": "postmark", "fit": True},
        )  # fmt: skip
    responses.post("https://api.postmarkapp.com/email", status=503)
    doubtful = queued(other)
    deliver_due(timezone.now())
    held = now_of(doubtful)
    assert held.status == "unknown" and held.next_at > timezone.now()
    settle_unknown(held.next_at + timedelta(seconds=1))
    assert (now_of(doubtful).status, now_of(doubtful).next_at) == ("unknown", None)


def test_an_unknown_mail_is_sent_again_after_ten_minutes_only_by_a_provider_with_a_long_memory(committed_db):
    due = {"status": "unknown", "next_at": timezone.now() - timedelta(seconds=1), "attempts": 1}
    shop, plain = make.shop(), make.shop()
    own_provider(shop)
    ours, theirs = queued(shop, **due), queued(plain, **due)
    text = queued(shop, **due | {"channel": "sms", "recipient": "+34600000001"})
    settle_unknown(timezone.now())
    assert [now_of(one).status for one in (ours, theirs, text)] == ["queued", "unknown", "unknown"]
    assert now_of(text).next_at is None


@responses.activate
def test_an_address_the_provider_gave_up_is_not_written_to_again(committed_db):
    responses.post(
        "https://api.postmarkapp.com/email", status=422,
        json={"ErrorCode": 406, "Message": "You tried to send to recipient(s) that have been marked as inactive. Found inactive addresses: marta@example.com. Inactive recipients are ones that have generated a hard bounce."},  # noqa: E501
    )  # fmt: skip
    shop = make.shop()
    with shop_context(shop.pk):
        set_channel_account(
            shop=shop, channel="email", by=SYSTEM, sender="a@olmo.example", secrets={"server_token": "k"},
            settings={"provider": "postmark", "fit": True},
        )  # fmt: skip
    first = queued(shop)
    deliver_due(timezone.now())
    second = queued(shop)
    deliver_due(timezone.now())
    assert now_of(first).status == "failed"
    assert (now_of(second).status, now_of(second).held_because) == ("held", "suppressed")
    with shop_context(shop.pk):
        assert Suppression.objects.get().why == "bounced"
        assert not Receipt.objects.exists()
    assert len(responses.calls) == 1
