"""What Twilio and mail providers report, believed only when it is theirs."""

import uuid
from datetime import UTC, datetime

import pytest
from anymail.signals import AnymailTrackingEvent, tracking
from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

from notifications.models import Message
from notifications.services.rules import set_channel_account
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent():
    shop = make.shop()
    with shop_context(shop.pk):
        account = set_channel_account(
            shop=shop, channel="sms", by=SYSTEM, secrets={"account_sid": "AC1", "auth_token": "t0ken"}
        )
        message = Message.objects.create(
            shop=shop, order=make.order(shop), state="shipped", channel="sms", recipient="+34600000001",
            language="es", dedupe_key=str(uuid.uuid4()), status="sent", provider_id="SM1",
        )  # fmt: skip
    return shop, account, message


def report(path, token="t0ken", **said):  # noqa: S107
    url = settings.SITE_URL + path
    signature = RequestValidator(token).compute_signature(url, said)
    host = settings.SITE_URL.split("//")[1]
    return Client().post(path, said, headers={"X-Twilio-Signature": signature, "host": host}).status_code


def status(shop, message):
    with shop_context(shop.pk):
        return Message.objects.get(pk=message.pk).status


def test_twilios_own_word_counts(sent):
    shop, account, message = sent
    path = f"/receipts/twilio/{shop.slug}/{account.receipt_key}/{message.pk}"
    assert report(path, MessageSid="SM1", MessageStatus="delivered") == 204
    assert report(path, MessageSid="SM1", MessageStatus="sent") == 204
    assert status(shop, message) == "delivered"


def test_a_forged_report_changes_nothing(sent):
    shop, account, message = sent
    path = f"/receipts/twilio/{shop.slug}/{account.receipt_key}/{message.pk}"
    assert report(path, token="guessed", MessageSid="SM1", MessageStatus="failed") == 404
    assert report(f"/receipts/twilio/{shop.slug}/house/{message.pk}", token="", MessageStatus="failed") == 404
    assert (
        report(f"/receipts/twilio/nobody/{account.receipt_key}/{message.pk}", MessageStatus="failed") == 404
    )
    assert status(shop, message) == "sent"


def test_another_shops_key_reaches_no_message_of_ours(sent):
    shop, _account, message = sent
    rival = make.shop()
    with shop_context(rival.pk):
        theirs = set_channel_account(
            shop=rival, channel="sms", by=SYSTEM, secrets={"account_sid": "AC2", "auth_token": "theirs"}
        )
    path = f"/receipts/twilio/{rival.slug}/{theirs.receipt_key}/{message.pk}"
    assert report(path, token="theirs", MessageStatus="failed") == 204
    assert status(shop, message) == "sent"


@pytest.mark.parametrize(
    "said,after", [("delivered", "delivered"), ("bounced", "bounced"), ("opened", "opened")]
)
def test_a_mail_providers_report_finds_its_message_by_our_own_ids(sent, said, after):
    shop, _account, message = sent
    with shop_context(shop.pk):
        Message.objects.filter(pk=message.pk).update(channel="email")
    event = AnymailTrackingEvent(
        event_type=said,
        timestamp=datetime(2026, 11, 21, tzinfo=UTC),
        metadata={"shop": str(shop.pk), "message": str(message.pk)},
    )
    tracking.send(sender=None, event=event, esp_name="Test")
    assert status(shop, message) == after
