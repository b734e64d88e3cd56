"""Addresses a shop writes to no more: why, and until when."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from notifications import opt_out
from notifications.models import Message, Suppression
from notifications.services import suppressing
from notifications.services.receipts import record_receipt
from notifications.services.rules import set_channel_account
from tenants.isolation import shop_context
from tenants.models import AuditEntry
from tenants.services import SYSTEM
from tests import make

pytestmark = pytest.mark.django_db
NUMBER = "+34600000001"


@pytest.fixture
def shop():
    return make.shop(name="Casa Olmo", contact_email="hola@olmo.example", language="es")


def message(shop, n=0, **fields):
    return Message.objects.create(**{
        "shop": shop, "state": "shipped", "channel": "email", "recipient": "Marta@Example.com", "language": "es",
        "dedupe_key": str(uuid.uuid4()), "status": "sent", "created_at": make.NOW + timedelta(hours=n), **fields,
    })  # fmt: skip


def is_held(shop, channel="email", address="marta@example.com"):
    return suppressing.is_suppressed(shop_id=shop.pk, channel=channel, address=address)


def test_a_hard_bounce_and_a_complaint_hold_for_that_shop_alone(shop):
    rival = make.shop()
    with shop_context(shop.pk):
        record_receipt(message=message(shop), kind="bounced", at=make.NOW)
        assert is_held(shop) and not is_held(shop, channel="sms")
        assert Suppression.objects.get().masked == "M•••@Example.com"
        record_receipt(message=message(shop), kind="complained", at=make.NOW)
        assert Suppression.objects.get().why == "complained"
    with shop_context(rival.pk):
        assert not is_held(rival)


def test_a_full_mailbox_holds_only_after_five_in_a_row(shop):
    with shop_context(shop.pk):
        for n in range(4):
            record_receipt(message=message(shop, n), kind="bounced", at=make.NOW, is_soft=True)
        message(shop, 4, status="delivered")
        for n in range(5, 9):
            record_receipt(message=message(shop, n), kind="bounced", at=make.NOW, is_soft=True)
        assert not is_held(shop)
        record_receipt(message=message(shop, 9), kind="bounced", at=make.NOW, is_soft=True)
        assert is_held(shop)


def test_a_person_lifts_one_with_a_reason_but_not_a_stop(shop):
    with shop_context(shop.pk):
        held = suppressing.suppress(
            shop_id=shop.pk, channel="email", address="marta@example.com", why="bounced", now=make.NOW
        )
        lift = {"shop": shop, "suppression_id": held.pk, "by": SYSTEM, "now": make.NOW}
        with pytest.raises(ValidationError):
            suppressing.lift(**lift, reason=" ")
        suppressing.lift(**lift, reason="She has a new mailbox")
        assert not is_held(shop)
        assert AuditEntry.objects.get().action == "suppression.lifted"
        stopped = suppressing.suppress(
            shop_id=shop.pk, channel="sms", address=NUMBER, why="stopped", now=make.NOW
        )
        with pytest.raises(ValidationError):
            suppressing.lift(**lift | {"suppression_id": stopped.pk}, reason="We want to")
        assert is_held(shop, "sms", NUMBER)


@pytest.mark.parametrize(
    ("said", "means"),
    [("STOP", "STOP"), (" stop. ", "STOP"), ("BAJA", "STOP"), ("Arrêt !", "STOP"), ("abmelden", "STOP"), ("Parar", "STOP"),
     ("Annulla", "STOP"), ("alta", "START"), ("START", "START"), ("reprendre", "START"), ("Ayuda", "HELP"),
     ("hilfe", "HELP"), ("stop please, where is my parcel?", ""), ("", ""), ("¿Dónde está?", "")],
)  # fmt: skip
def test_a_whole_message_is_a_word_or_none(said, means):
    assert opt_out.meant_by(said) == means


def test_twilios_own_reading_counts_for_more():
    assert opt_out.meant_by("whatever", "STOP") == "STOP"
    assert opt_out.meant_by("stop", "HELP") == "HELP"


@given(st.text(max_size=200))
def test_no_text_breaks_it(said):
    assert opt_out.meant_by(said) in ("", "STOP", "START", "HELP")


def reply(shop, key, token="t0ken", sender=NUMBER, **said):  # noqa: S107
    path = f"/receipts/twilio/{shop.slug}/{key}/in"
    said = {"From": sender, "To": "+34911000000", "Body": "", **said}
    signature = RequestValidator(token).compute_signature(settings.SITE_URL + path, said)
    client = Client(HTTP_HOST=settings.SITE_URL.split("//")[1])
    return client.post(path, said, headers={"X-Twilio-Signature": signature})


@pytest.fixture
def key(shop):
    with shop_context(shop.pk):
        made = set_channel_account(
            shop=shop, channel="sms", by=SYSTEM, secrets={"account_sid": "AC1", "auth_token": "t0ken"}
        )
    return made.receipt_key


def test_stop_holds_until_start_and_is_answered_where_twilio_does_not(shop, key):
    answer = reply(shop, key, Body="BAJA").content.decode()
    assert "Casa Olmo" in answer and "START" in answer
    with shop_context(shop.pk):
        assert is_held(shop, "sms", NUMBER)
    assert "<Message>" not in reply(shop, key, Body="START").content.decode()
    with shop_context(shop.pk):
        assert not is_held(shop, "sms", NUMBER)
    assert "hola@olmo.example" in reply(shop, key, Body="ayuda").content.decode()
    assert "<Message>" not in reply(shop, key, Body="Dónde está?").content.decode()


def test_whatsapp_is_its_own_channel(shop, key):
    reply(shop, key, sender=f"whatsapp:{NUMBER}", Body="stop")
    with shop_context(shop.pk):
        assert is_held(shop, "whatsapp", NUMBER) and not is_held(shop, "sms", NUMBER)


def test_a_forged_stop_stops_nobody(shop, key):
    assert reply(shop, key, token="guessed", Body="STOP").status_code == 404
    assert reply(shop, "another-key", Body="STOP").status_code == 404
    with shop_context(shop.pk):
        assert not is_held(shop, "sms", NUMBER)


def test_start_does_not_wake_a_dead_number(shop, key):
    with shop_context(shop.pk):
        suppressing.suppress(shop_id=shop.pk, channel="sms", address=NUMBER, why="dead", now=make.NOW)
    reply(shop, key, Body="START")
    with shop_context(shop.pk):
        assert is_held(shop, "sms", NUMBER)
