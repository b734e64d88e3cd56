"""Each message leaves once, whatever the mail server, Twilio or a dying worker do."""

import threading
import uuid
from datetime import timedelta

import pytest
import responses
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications.models import Message, Receipt
from notifications.services import outbox
from notifications.services.delivery import WAITS_S, deliver_due, resend
from notifications.services.outbox import LEASE, End
from notifications.services.readying import MOST_ATTEMPTS
from notifications.services.receipts import advanced, record_receipt
from notifications.services.rules import set_channel_account
from notifications.services.templates import design_of, publish, send_test, with_words
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make

pytestmark = pytest.mark.usefixtures("committed_db")
TWILIO = "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages.json"


def queue(shop, channel="email", to="marta@example.com", state="shipped", **fields):
    with shop_context(shop.pk):
        order = fields.pop("order", None) or make.order(shop)
        return Message.objects.create(
            shop=shop, order=order, state=state, channel=channel, recipient=to, language="es",
            dedupe_key=str(uuid.uuid4()), next_at=timezone.now() - timedelta(seconds=1), **fields,
        )  # fmt: skip


def now_of(message):
    with shop_context(message.shop_id):
        return Message.objects.get(pk=message.pk)


def deliver(times=1):
    for _ in range(times):
        deliver_due(timezone.now())


def test_a_mail_leaves_once_in_the_shops_name_and_look(mailbox):
    shop = make.shop(name="Casa Olmo", contact_email="hola@olmo.example")
    message = queue(shop)
    deliver(3)
    (mail,) = mailbox.mails
    assert "Casa Olmo" in mail["From"]
    assert (mail["To"], mail["Reply-To"]) == ("marta@example.com", "hola@olmo.example")
    assert str(message.pk) in mail["Message-ID"]
    html = mail.get_body(("html",)).get_content()
    text = mail.get_body(("plain",)).get_content()
    assert f"/s/{shop.slug}/t/" in html and f"/s/{shop.slug}/t/" in text
    sent = now_of(message)
    assert (sent.status, sent.next_at, sent.lease) == ("sent", None, None)
    assert sent.subject and sent.text


def test_workers_that_look_at_once_send_it_once(mailbox):
    shop = make.shop()
    for n in range(12):
        queue(shop, to=f"c{n}@example.com")

    def work():
        try:
            deliver_due(timezone.now())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(m["To"] for m in mailbox.mails) == sorted(f"c{n}@example.com" for n in range(12))


def test_a_mail_server_that_is_busy_is_asked_again_later(mailbox):
    mailbox.answers = ["451 busy"]
    message = queue(make.shop())
    deliver(2)
    held = now_of(message)
    assert (held.status, held.attempts) == ("queued", 1)
    assert held.next_at > timezone.now()
    deliver_due(held.next_at + timedelta(seconds=1))
    assert now_of(message).status == "sent"
    assert len(mailbox.mails) == 1


def test_an_address_that_does_not_exist_is_not_tried_again(mailbox):
    mailbox.answers = ["550 no such user"]
    message = queue(make.shop())
    deliver(2)
    failed = now_of(message)
    assert (failed.status, failed.next_at, mailbox.mails) == ("failed", None, [])
    assert "550" in failed.error


def test_a_line_that_drops_after_the_mail_is_not_repeated(mailbox):
    mailbox.answers = ["drop"]
    message = queue(make.shop())
    deliver(3)
    assert now_of(message).status == "unknown"
    assert len(mailbox.mails) == 1


def test_a_mail_server_that_is_down_costs_nothing(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    message = queue(make.shop())
    deliver()
    assert (now_of(message).status, now_of(message).attempts) == ("queued", 0)


def test_a_worker_that_died_before_sending_leaves_it_to_another(mailbox):
    message = queue(
        make.shop(), attempts=1, lease=uuid.uuid4(), lease_until=timezone.now() + timedelta(seconds=5)
    )
    deliver()
    assert mailbox.mails == []
    deliver_due(timezone.now() + timedelta(seconds=6))
    assert now_of(message).status == "sent"


def test_a_worker_that_died_while_sending_leaves_it_unknown(mailbox):
    message = queue(
        make.shop(), status="sending", lease=uuid.uuid4(), lease_until=timezone.now() - timedelta(seconds=1)
    )
    deliver(2)
    assert (now_of(message).status, mailbox.mails) == ("unknown", [])


def test_a_worker_that_wakes_after_its_lease_writes_nothing(mailbox):
    message, now = queue(make.shop()), timezone.now()
    (mine,) = outbox.claim(now)
    awake_at = now + LEASE + timedelta(seconds=1)
    assert outbox.mark_sending([mine], awake_at) == set()  # nobody took it, and still it is not ours
    (theirs,) = outbox.claim(awake_at)
    assert outbox.mark_sending([mine], now) == set()
    assert outbox.mark_sending([theirs], awake_at) == {message.pk}
    outbox.finish([End(mine.id, mine.lease, "failed", error="too late")])
    assert now_of(message).status == "sending"
    outbox.finish([End(theirs.id, theirs.lease, "sent", "theirs", awake_at)])
    assert (now_of(message).status, now_of(message).provider_id) == ("sent", "theirs")


def test_what_kills_its_worker_is_given_up(mailbox):
    message = queue(make.shop(), attempts=12)
    deliver()
    assert (now_of(message).status, mailbox.mails) == ("failed", [])


@responses.activate
def test_an_sms_goes_through_the_shops_own_twilio_and_is_never_repeated(settings):
    settings.SITE_URL = "https://rastro.example"
    responses.post(TWILIO, json={"sid": "SM1", "status": "queued"}, status=201)
    shop = make.shop()
    with shop_context(shop.pk):
        set_channel_account(
            shop=shop, channel="sms", sender="+34911000000", by=SYSTEM,
            secrets={"account_sid": "AC1", "auth_token": "t0ken"},
        )  # fmt: skip
    message = queue(shop, "sms", "+34600000001")
    deliver(3)
    (call,) = responses.calls
    assert "To=%2B34600000001" in call.request.body and "From=%2B34911000000" in call.request.body
    assert f"receipts%2Ftwilio%2F{shop.slug}%2F" in call.request.body
    sent = now_of(message)
    assert (sent.status, sent.provider_id) == ("sent", "SM1")
    assert "\n" not in sent.text and "http" in sent.text


@responses.activate
@pytest.mark.parametrize(
    "answer,status",
    [
        ({"status": 400, "json": {"code": 21211, "message": "invalid", "status": 400}}, "failed"),
        ({"status": 429, "json": {"code": 20429, "message": "too many", "status": 429}}, "queued"),
        ({"status": 503, "json": {"code": 0, "message": "down", "status": 503}}, "unknown"),
    ],
)
def test_what_twilio_says_decides(settings, answer, status):
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_SENDER = "AC1", "t", "+1"
    responses.post(TWILIO, **answer)
    message = queue(make.shop(), "sms", "+34600000001")
    deliver(2)
    assert now_of(message).status == status
    assert len(responses.calls) == 1


def test_a_person_may_send_again_what_failed_and_only_that(mailbox):
    message = queue(make.shop(), status="unknown")
    assert resend(shop_id=message.shop_id, message_id=message.pk, now=timezone.now())
    deliver()
    assert now_of(message).status == "sent"
    assert not resend(shop_id=message.shop_id, message_id=message.pk, now=timezone.now())


def test_a_shops_own_words_go_out_and_are_only_words(mailbox):
    shop = make.shop()
    with shop_context(shop.pk):
        said = with_words(
            design_of(shop, "shipped", "email").content, language="es", subject="¡{{ order.number }} en camino!",
            text="Hola <b>{{ customer.first_name }}</b> & cía.",
        )  # fmt: skip
        publish(shop=shop, key="shipped", channel="email", content=said, by=SYSTEM)
        order = make.order(shop, number="77", customer_name="<i>Ana</i>")
    queue(shop, order=order)
    deliver()
    (mail,) = mailbox.mails
    assert mail["Subject"] == "¡77 en camino!"
    html = mail.get_body(("html",)).get_content()
    assert "&lt;b&gt;&lt;i&gt;Ana&lt;/i&gt;&lt;/b&gt; &amp; cía." in html
    assert "Hola <b><i>Ana</i></b> & cía." in mail.get_body(("plain",)).get_content()


def test_a_test_message_goes_to_who_asked_for_it(mailbox):
    shop = make.shop()
    with shop_context(shop.pk):
        make.order(shop)
        send_test(
            shop=shop,
            key="delivered",
            channel="email",
            language="fr",
            to="yo@olmo.example",
            by=SYSTEM,
            now=timezone.now(),
        )
    deliver()
    assert [m["To"] for m in mailbox.mails] == ["yo@olmo.example"]


def test_receipts_move_a_message_on_and_never_back():
    assert advanced("sent", "delivered") == "delivered"
    assert advanced("delivered", "sent") == "delivered"
    assert advanced("delivered", "failed") == "delivered"
    assert advanced("sent", "failed") == "failed"
    assert advanced("unknown", "delivered") == "delivered"
    assert advanced("failed", "delivered") == "delivered"
    assert advanced("opened", "complained") == "bounced"


def test_a_receipt_is_kept_once_and_settles_what_was_unknown():
    message = queue(make.shop(), status="unknown")
    with shop_context(message.shop_id):
        for _ in range(2):
            record_receipt(message=message, kind="delivered", at=make.NOW)
        assert Receipt.objects.count() == 1
    assert (now_of(message).status, now_of(message).next_at) == ("delivered", None)


def test_an_hours_outage_is_caught_up_with_and_nothing_sent_twice(mailbox, settings):
    settings.EMAIL_PORT, port = 1, settings.EMAIL_PORT
    shop, began = make.shop(), timezone.now()
    waiting = [queue(shop, to=f"c{n}@example.com") for n in range(30)]
    asked = 0
    for minutes in range(60):
        for seconds in (0, 2, 30):
            asked += deliver_due(began + timedelta(minutes=minutes, seconds=seconds)) > 0
    assert asked < 80  # about once a minute, by one of them
    assert {(m.status, m.attempts) for m in map(now_of, waiting)} == {("queued", 0)}
    settings.EMAIL_PORT = port
    recovered = began + timedelta(minutes=60)
    for seconds in (0, 30, 60, 61):
        deliver_due(recovered + timedelta(seconds=seconds))
    assert sorted(m["To"] for m in mailbox.mails) == sorted(m.recipient for m in waiting)
    assert {now_of(m).status for m in waiting} == {"sent"}


def test_a_mail_that_is_refused_for_now_is_tried_for_more_than_a_day():
    waits = [WAITS_S[min(n, len(WAITS_S) - 1)] for n in range(MOST_ATTEMPTS - 1)]
    assert timedelta(seconds=sum(waits)) > timedelta(hours=24)


def test_a_batch_is_made_ready_with_no_more_statements_than_one(mailbox):
    counts = []
    for number in (2, 30):
        shop = make.shop()
        for n in range(number):
            queue(shop, to=f"c{n}@example.com")
        with CaptureQueriesContext(connection) as queries:
            deliver()
        assert len(mailbox.mails) == sum((2, 30)[: len(counts) + 1])
        counts.append(len(queries))
    assert counts[1] <= counts[0]


def test_what_may_kill_its_worker_comes_last_and_alone(mailbox):
    shop = make.shop()
    suspect = queue(shop, to="suspect@example.com", attempts=outbox.SUSPECT)
    for n in range(5):
        queue(shop, to=f"c{n}@example.com")
    deliver()
    assert [m["To"] for m in mailbox.mails][5:] == ["suspect@example.com"]
    assert now_of(suspect).status == "sent"
