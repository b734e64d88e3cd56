"""What is no step of an order: a code, an answer, a request. Told once, in the shop's look, and not kept secret for ever."""

import uuid
from datetime import timedelta

import pytest
import responses
from django.utils import timezone

from notifications.models import Message
from notifications.notice_words import WORDS
from notifications.services.delivery import deliver_due, resend
from notifications.services.noticing import NOTICES_A_SHOP, take_notices
from notifications.services.planning import messages_for, plan_due
from notifications.services.readying import without
from notifications.services.rules import set_channel_account
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tracking.models import Notice
from tracking.notices import KINDS, To
from tracking.services.notices import tell
from tracking.services.proving import send_code

pytestmark = pytest.mark.usefixtures("committed_db")
TWILIO = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"


def told(shop, kind, recipient="marta@example.com", **fields):
    with shop_context(shop.pk):
        order = fields.pop("order", None) or make.order(shop, number="1042")
        tell(order=order, kind=kind, key=str(uuid.uuid4()), recipient=recipient, **fields)
        return order


def plan_and_deliver():
    now = timezone.now()
    plan_due(now)
    deliver_due(now)


def only(shop):
    with shop_context(shop.pk):
        return Message.objects.select_related("notice").get()


def test_there_are_words_for_every_kind_and_no_others():
    assert set(WORDS) == set(KINDS)


def test_a_code_arrives_and_is_not_kept(mailbox):
    shop = make.shop(name="Casa Olmo", language="en", languages=["en"], contact_email="hola@olmo.example")
    with shop_context(shop.pk):
        order = make.order(shop, number="1042", customer_email="marta@example.com")
        send_code(order=order, now=timezone.now())
    plan_and_deliver()
    (mail,) = mailbox.mails
    code = mail["Subject"].removeprefix("Your code: ")
    assert (len(code), code[3], code.replace(" ", "").isdecimal()) == (7, " ", True)
    assert (mail["To"], mail["Reply-To"]) == ("marta@example.com", "hola@olmo.example")
    assert code in mail.get_body(("plain",)).get_content() and code in mail.get_body(("html",)).get_content()
    kept = only(shop)
    assert (kept.state, kept.why, kept.status, kept.urgency) == ("code", "notice:code", "sent", 0)
    assert kept.subject == "Your code: ••• •••"
    assert code not in kept.text and "••• •••" in kept.text
    assert kept.notice.sealed == ""


def test_a_notice_is_told_once_however_often_one_looks(mailbox):
    shop = make.shop()
    told(shop, "invoice_ready", about={"number": "F-1"})
    for _ in range(3):
        plan_and_deliver()
    assert len(mailbox.mails) == 1
    assert take_notices(timezone.now(), messages_for) == 0


def test_it_is_told_though_the_shop_switched_everything_off_and_all_wait_for_parcels(mailbox, settings):
    settings.NOTIFY_SETTLE_S = 3600
    shop = make.shop()
    told(shop, "ticket_answered", about={"text": "Llega mañana", "author": "Nuria"})
    plan_and_deliver()
    assert len(mailbox.mails) == 1


def test_who_waits_for_a_code_is_served_before_everybody_else(mailbox):
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(shop)
        Message.objects.bulk_create(
            Message(
                shop=shop, order=order, state="shipped", channel="email", recipient=f"c{n}@example.com", language="es",
                dedupe_key=str(n), next_at=timezone.now() - timedelta(hours=1),
            )
            for n in range(30)
        )  # fmt: skip
        send_code(order=order, now=timezone.now())
    plan_and_deliver()
    assert mailbox.mails[0]["To"] == order.customer_email


def test_a_code_that_is_too_old_is_not_sent(mailbox):
    shop = make.shop()
    with shop_context(shop.pk):
        send_code(order=make.order(shop), now=timezone.now())
        Notice.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    plan_and_deliver()
    assert mailbox.mails == []
    message = only(shop)
    assert (message.status, message.error, message.notice.sealed) == ("failed", "The code is too old.", "")
    resend(shop_id=shop.pk, message_id=message.pk, now=timezone.now())
    deliver_due(timezone.now())
    assert mailbox.mails == []


def test_a_code_is_kept_sealed_while_the_mail_server_is_busy(mailbox):
    mailbox.answers = ["451 busy"]
    shop = make.shop()
    with shop_context(shop.pk):
        send_code(order=make.order(shop), now=timezone.now())
    plan_and_deliver()
    assert only(shop).status == "queued" and only(shop).notice.sealed
    deliver_due(timezone.now() + timedelta(minutes=1))
    assert len(mailbox.mails) == 1 and only(shop).notice.sealed == ""


def test_what_a_person_wrote_is_shown_as_text_line_by_line(mailbox):
    shop = make.shop(language="en", languages=["en"])
    told(
        shop,
        "ticket_answered",
        about={"text": "It is <b>late</b>.\nSorry {{ shop.name }}", "author": "Nuria & co"},
    )
    plan_and_deliver()
    html = mailbox.mails[0].get_body(("html",)).get_content()
    assert "It is &lt;b&gt;late&lt;/b&gt;.<br />" in html and "Sorry {{ shop.name }}" in html
    assert "Nuria &amp; co has written to you" in html
    assert "It is <b>late</b>.\nSorry" in mailbox.mails[0].get_body(("plain",)).get_content().replace(
        "\r", ""
    )


def test_buttons_lead_to_the_page_it_is_about(mailbox):
    shop = make.shop(slug="casa-olmo")
    order = told(shop, "ticket_answered", about={"text": "Hola", "author": "Nuria"})
    told(shop, "change_accepted", order=order, about={"what": "Otro día", "answer": ""})
    told(shop, "invoice_ready", order=order, about={"number": "F-1"})
    told(
        shop,
        "change_asked",
        order=order,
        recipient="olmo@example.com",
        about={"what": "Otro", "url": "https://x.example/console/7"},
    )
    plan_and_deliver()
    page = f"/s/casa-olmo/t/{make.token_of(order)}/"
    bodies = [mail.get_body(("html",)).get_content() for mail in mailbox.mails]
    found = [
        [end for end in (f'{page}messages"', f'{page}"', f'{page}invoice"', "/console/7") if end in body]
        for body in bodies
    ]
    assert sorted(map(tuple, found)) == sorted(
        [(f'{page}messages"',), (f'{page}"',), (f'{page}invoice"',), ("/console/7",)]
    )


def test_answers_find_their_way(mailbox, settings):
    settings.INBOUND_EMAIL_DOMAIN = "in.rastro.example"
    shop = make.shop(contact_email="hola@olmo.example")
    order = told(shop, "ticket_answered", about={"text": "Hola", "author": "N"}, reply_key="k3y")
    told(shop, "ticket_answered", order=order, about={"text": "Hola", "author": "N"})
    told(
        shop, "unhappy", order=order, recipient="hola@olmo.example", about={"stars": "1", "url": "https://x"}
    )
    plan_and_deliver()
    assert sorted(mail["Reply-To"] for mail in mailbox.mails) == sorted(
        ["reply+k3y@in.rastro.example", "hola@olmo.example", order.customer_email]
    )


def test_a_depot_gets_plain_text_and_answers_the_shop(mailbox):
    shop = make.shop(contact_email="hola@olmo.example")
    told(
        shop,
        "depot_note",
        recipient="depot@carrier.example",
        language="es",
        about={"what": "Entregar el lunes", "parcel": "00340434", "address": "", "reference": "R7"},
    )
    plan_and_deliver()
    (mail,) = mailbox.mails
    assert (mail.get_body(("html",)), mail["Reply-To"]) == (None, "hola@olmo.example")
    text = mail.get_body(("plain",)).get_content()
    assert "00340434" in text and "Entregar el lunes" in text and "/t/" not in text


@responses.activate
def test_who_has_no_email_gets_an_sms():
    shop = make.shop(language="en", languages=["en"], name="Casa Olmo")
    with shop_context(shop.pk):
        set_channel_account(
            shop=shop,
            channel="sms",
            by=SYSTEM,
            sender="+34910000000",
            secrets={"account_sid": "AC1", "auth_token": "t"},
        )
        order = make.order(shop, number="1042", customer_email="", customer_phone="+34600000000")
        send_code(order=order, now=timezone.now())
    asked = responses.post(TWILIO, json={"sid": "SM1"}, status=201)
    plan_and_deliver()
    body = asked.calls[0].request.body
    assert "To=%2B34600000000" in body and "is+your+code+for+order+1042" in body
    message = only(shop)
    assert (message.status, message.recipient) == ("sent", "+34600000000")
    assert message.text.startswith("Casa Olmo: ••• ••• is your code")


def test_an_sms_nobody_can_send_is_held():
    shop = make.shop()
    told(
        shop,
        "code",
        recipient="+34600000000",
        channel="sms",
        about={"minutes": "10"},
        secret={"code": "123456"},
    )
    plan_due(timezone.now())
    message = only(shop)
    assert (message.status, message.held_because, message.next_at) == ("held", "no_sender", None)


def test_one_shops_flood_does_not_keep_anothers_waiting():
    loud, quiet = make.shop(), make.shop()
    with shop_context(loud.pk):
        order = make.order(loud)
        for n in range(NOTICES_A_SHOP + 5):
            tell(
                order=order,
                kind="invoice_ready",
                key=f"n{n}",
                recipient="a@example.com",
                about={"number": "1"},
            )
    told(quiet, "invoice_ready", about={"number": "1"})
    assert take_notices(timezone.now(), messages_for) == NOTICES_A_SHOP + 1
    assert only(quiet).status == "queued"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_notice_can_be_said_in_every_language(kind, mailbox):
    shop = make.shop(languages=["es", "en", "fr", "de", "it", "pt-br"])
    about = dict.fromkeys(KINDS[kind].about, "7")
    order = None
    for language in shop.languages:
        order = told(shop, kind, order=order, language=language, about=about, secret={"code": "123456"})
    plan_and_deliver()
    assert len(mailbox.mails) == 6
    for mail in mailbox.mails:
        assert mail["Subject"] and "{{" not in mail.as_string() and "{%" not in mail.as_string()
        assert (mail.get_body(("html",)) is None) == (KINDS[kind].to is To.DEPOT)


def test_what_is_hidden_keeps_its_shape():
    assert without(["123 456"], "Your code: 123 456.") == "Your code: ••• •••."
