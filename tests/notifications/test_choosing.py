"""A shopper chooses what to hear, and whom else is told; both leave evidence, and both are kept to."""

from datetime import timedelta

import pytest
import time_machine
from django.db import ProgrammingError, connection, transaction
from django.test import Client

from notifications.links import follow_url, stop_url
from notifications.models import AlertSetup, Consent, Follower, Message, Phone, Preference, PushSubscription
from notifications.services import following
from notifications.services.delivery import deliver_due
from notifications.services.planning import plan_due
from notifications.services.rules import set_channel_account
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.services import SYSTEM
from tenants.vault import unseal
from tests import make
from tests.notifications.test_planning import moved
from tests.notifications.test_push import AUTH, ENDPOINT, P256DH
from tests.tracking import pages
from tracking.models import Notice, Order

pytestmark = pytest.mark.usefixtures("committed_db")


@pytest.fixture(autouse=True)
def _now(settings):
    forget_shops()
    settings.NOTIFY_SETTLE_S = 0
    with time_machine.travel(make.NOW, tick=False):
        yield
    forget_shops()


@pytest.fixture
def order():
    shop = pages.shop(name="Casa Olmo")
    with shop_context(shop.pk):
        return pages.order(shop, number="1042")


@pytest.fixture
def owner(order):
    client = pages.reader()
    pages.prove(client, order)
    return client


def rows(model, order):
    with shop_context(order.shop_id):
        return list(model.objects.for_shop(order.shop_id).order_by("pk"))


def alerts(order):
    return pages.path(order) + "alerts"


def choose(client, order, on, shown=("shipped:email", "out_for_delivery:email", "delivered:email")):
    return client.post(alerts(order), {"save": "1", "shown": shown, "on": on})


def plan(order, after, before="preparing", episode=1):
    with shop_context(order.shop_id):
        moved(order, after, before, episode)
    plan_due(make.NOW)
    with shop_context(order.shop_id):
        said = Message.objects.filter(notice=None).order_by("whom", "channel")
        return [(m.state, m.channel, m.recipient, m.held_because) for m in said]


# --- The switches ---


def test_a_bare_link_is_asked_for_proof_and_led_back(order):
    client = pages.reader()
    there = client.get(alerts(order))
    assert (there.status_code, there["Location"]) == (303, f"{pages.path(order)}?next=alerts#prove")
    proved = client.post(f"{pages.path(order)}?next=alerts", {"contact": "marta@example.com"})
    assert proved["Location"].startswith(alerts(order))
    for evil in ("//evil.example", "../x", "https:evil"):
        proved = client.post(f"{pages.path(order)}?next={evil}", {"contact": "marta@example.com"})
        assert proved["Location"] == f"{pages.path(order)}#content"


def test_the_page_shows_what_is_told_today_in_words_a_shopper_knows(order, owner):
    html = pages.said(owner.get(alerts(order)))
    assert "m••••@example.com" in html and order.customer_email not in html
    assert 'value="shipped:email" checked' in html and 'value="out_for_delivery:email">' in html
    assert "routed" not in html and "sms" not in html


def test_what_is_switched_off_is_not_told_and_the_shop_sees_why(order, owner):
    assert choose(owner, order, on=["delivered:email"]).status_code == 303
    assert plan(order, "shipped") == [("shipped", "email", "marta@example.com", "unwanted")]


def test_what_is_switched_on_is_told_once_though_the_shop_does_not(order, owner):
    choose(owner, order, on=["shipped:email", "delivered:email", "out_for_delivery:email"])
    told = plan(order, "out_for_delivery", before="shipped", episode=2)
    plan_due(make.NOW)
    assert told == [("out_for_delivery", "email", "marta@example.com", "")]
    assert len([m for m in rows(Message, order) if m.why == "choice:out_for_delivery"]) == 1


def test_only_what_was_turned_is_kept_so_that_the_rest_follows_the_shop(order, owner):
    choose(owner, order, on=["shipped:email", "delivered:email"])
    assert rows(Preference, order) == [] and rows(Consent, order) == []
    choose(owner, order, on=["delivered:email"])
    assert [(p.state, p.channel, p.wanted) for p in rows(Preference, order)] == [("shipped", "email", False)]


def test_states_the_shop_withholds_and_channels_it_has_not_are_passed_over(order, owner):
    with shop_context(order.shop_id):
        AlertSetup.objects.create(shop_id=order.shop_id, withheld=["out_for_delivery"])
    assert "out_for_delivery" not in pages.said(owner.get(alerts(order)))
    sly = [
        "out_for_delivery:email",
        "shipped:whatsapp",
        "nonsense:email",
        "shipped",
        ":",
        "shipped:email",
        "delivered:email",
    ]
    choose(owner, order, on=sly, shown=sly)
    assert rows(Preference, order) == []


def test_what_the_shop_tells_can_be_switched_off_though_it_is_withheld(order, owner):
    with shop_context(order.shop_id):
        AlertSetup.objects.create(shop_id=order.shop_id, withheld=["shipped"])
    assert 'value="shipped:email" checked' in pages.said(owner.get(alerts(order)))
    choose(owner, order, on=["delivered:email"])
    assert plan(order, "shipped") == [("shipped", "email", "marta@example.com", "unwanted")]


def test_a_choice_leaves_evidence_that_nobody_can_change(order, owner):
    choose(owner, order, on=["delivered:email"])
    (seen,) = rows(Consent, order)
    assert (seen.channel, seen.means, seen.proof, seen.address, seen.at) == (
        "email", "chosen", "proved", "m••••@example.com", make.NOW,
    )  # fmt: skip
    assert seen.choices == {"shipped": False, "out_for_delivery": False, "delivered": True}
    assert "Choose what you are told about this order" in seen.shown and len(seen.shown_hash) == 16
    assert order.customer_email not in str(vars(seen))
    for sql in ("UPDATE notifications_consent SET means = 'refused'", "DELETE FROM notifications_consent"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            shop_context(order.shop_id),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


def test_evidence_goes_with_its_order(order, owner):
    choose(owner, order, on=["delivered:email"])
    with shop_context(order.shop_id), transaction.atomic():
        Order.objects.for_shop(order.shop_id).get(pk=order.pk).delete()
    assert rows(Consent, order) == []


def test_one_shop_sees_nothing_of_anothers_choices(order, owner):
    choose(owner, order, on=[])
    other = pages.shop()
    with shop_context(other.pk):
        assert not Preference.objects.exists() and not Consent.objects.exists()


# --- Out of a mail ---


def mails(mailbox):
    deliver_due(make.NOW)
    return mailbox.mails


def test_every_mail_says_how_to_choose_and_how_to_stop(order, mailbox):
    plan(order, "shipped")
    (mail,) = mails(mailbox)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    stop = mail["List-Unsubscribe"].strip(" <>")
    assert stop == stop_url(order.shop, order, "")
    for part in ("html", "plain"):
        said = mail.get_body((part,)).get_content()
        assert f"{pages.path(order)}alerts" in said and "Choose which messages you get" in said


def path_of(url):
    return "/" + url.split("//", 1)[1].split("/", 1)[1]


def test_opening_the_link_stops_nothing_and_one_click_does(order):
    stop = path_of(stop_url(order.shop, order, ""))
    client = pages.reader()
    assert "Shall we stop writing?" in pages.said(client.get(stop))
    assert rows(Preference, order) == []
    # RFC 8058: no cookie, no page before it, a form of one line.
    for _ in range(2):
        answer = Client(headers={"host": "testserver"}).post(stop, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert plan(order, "shipped") == [("shipped", "email", "marta@example.com", "unwanted")]
    (seen,) = rows(Consent, order)
    assert (seen.means, seen.proof) == ("stopped", "link")


@pytest.mark.parametrize(
    "spoil", [lambda k: k[:-1] + ("A" if k[-1] != "A" else "B"), lambda k: "x", lambda k: k + "~"]
)
def test_a_link_we_did_not_sign_leads_nowhere(order, spoil):
    stop = path_of(stop_url(order.shop, order, ""))
    head, _slash, key = stop.rpartition("/")
    assert pages.reader().post(f"{head}/{spoil(key)}").status_code == 404
    assert rows(Preference, order) == []


def test_another_shops_link_leads_nowhere(order):
    other = pages.shop()
    key = path_of(stop_url(order.shop, order, "")).rpartition("/")[2]
    assert pages.reader().post(f"/s/{other.slug}/stop/{key}").status_code == 404


# --- Somebody else ---


def add(client, order, email="Ana@Example.com "):
    return client.post(alerts(order), {"add": "1", "email": email})


def follow_path(order):
    return path_of(follow_url(order.shop, rows(Follower, order)[0].pk))


def test_somebody_added_is_asked_and_hears_nothing_before_they_say_yes(order, owner, mailbox):
    add(owner, order)
    plan_due(make.NOW)
    (asked,) = mails(mailbox)
    assert asked["To"] == "ana@example.com"
    assert follow_path(order) in asked.get_body(("plain",)).get_content()
    assert "Plate" not in asked.as_string() and "Ruiz" not in asked.as_string()
    assert [to for _s, _c, to, _h in plan(order, "shipped")] == ["marta@example.com"]


def test_who_said_yes_is_told_when_it_comes_and_neither_what_it_is_nor_what_it_cost(order, owner, mailbox):
    add(owner, order)
    client = pages.reader()
    assert "Yes, keep me posted" in pages.said(client.get(follow_path(order)))
    assert rows(Follower, order)[0].confirmed_at is None
    client.post(follow_path(order), {"yes": "1"})
    assert len(plan(order, "shipped")) == 2
    mail = next(m for m in mails(mailbox) if m["To"] == "ana@example.com" and "Would" not in m["Subject"])
    html = mail.get_body(("html",)).get_content()
    for secret in ("Plate", "64,", "64.", "Marta", "Ruiz", make.token_of(order)):
        assert secret not in html, secret
    with shop_context(order.shop_id):
        held = Order.objects.get(pk=order.pk)
    assert held.gift_hash and "Stop these messages" in html
    stop = path_of(mail["List-Unsubscribe"].strip(" <>"))
    pages.reader().post(stop)
    with shop_context(order.shop_id):
        Message.objects.all().delete()
    assert [to for _s, _c, to, _h in plan(order, "delivered", "shipped", 2)] == ["marta@example.com"]


def test_a_question_is_open_for_three_days(order, owner):
    add(owner, order)
    link = follow_path(order)
    with time_machine.travel(make.NOW + timedelta(days=3, minutes=1), tick=False):
        client = pages.reader()
        assert "This question is too old" in pages.said(client.get(link))
        client.post(link, {"yes": "1"})
    assert rows(Follower, order)[0].confirmed_at is None


def test_who_said_no_is_not_asked_again_and_nobody_learns_of_it(order, owner):
    add(owner, order)
    pages.reader().post(follow_path(order), {"no": "1"})
    assert add(owner, order)["Location"] == f"{alerts(order)}?done=asked#said"
    assert len([n for n in rows(Notice, order) if n.kind == "recipient_asked"]) == 1
    assert "Asked, no answer yet" in pages.said(owner.get(alerts(order)))


def test_strangers_cannot_be_written_to_without_end(order, owner):
    for n in range(following.MOST_ASKED + 3):
        add(owner, order, f"a{n}@example.com")
        for latest in rows(Follower, order):
            owner.post(alerts(order), {"remove": str(latest.pk)})
    assert len([n for n in rows(Notice, order) if n.kind == "recipient_asked"]) == following.MOST_ASKED


def test_three_at_once_and_no_more(order, owner):
    for n in range(3):
        assert add(owner, order, f"a{n}@example.com").status_code == 303
    answer = add(owner, order, "a4@example.com")
    assert answer.status_code == 422 and "No more people" in pages.said(answer)


@pytest.mark.parametrize(
    ("email", "why"),
    [
        ("not an address", "not an e-mail address"),
        ("MARTA@example.com", "your own address"),
        ("a@b\r\nBcc: c@d.example", "not an"),
    ],
)
def test_what_cannot_be_asked_is_said(order, owner, email, why):
    answer = add(owner, order, email)
    assert answer.status_code == 422 and why in pages.said(answer)


def test_one_orders_follower_is_not_removed_from_anothers_page(order, owner):
    with shop_context(order.shop_id):
        theirs = pages.order(order.shop, number="2000", customer_email="b@example.com")
        kept = Follower.objects.create(
            shop_id=order.shop_id, order=theirs, email="x@example.com", language="en", asked_at=make.NOW,
            expires_at=make.NOW,
        )  # fmt: skip
    owner.post(alerts(order), {"remove": str(kept.pk)})
    assert len(rows(Follower, order)) == 1


def test_a_shop_may_not_offer_it(order, owner):
    with shop_context(order.shop_id):
        AlertSetup.objects.create(shop_id=order.shop_id, others=False)
    assert "Who else should know?" not in pages.said(owner.get(alerts(order)))
    assert add(owner, order).status_code == 422
    assert rows(Follower, order) == []


# --- By phone ---


@pytest.fixture
def unphoned(order):
    with shop_context(order.shop_id):
        set_channel_account(
            shop=order.shop, channel="sms", by=SYSTEM, sender="+34910000000", secrets={"account_sid": "A"}
        )
        Order.objects.filter(pk=order.pk).update(customer_phone="")
    return order


def code_of(order):
    with shop_context(order.shop_id):
        return unseal(Notice.objects.filter(kind="code").latest("id").sealed)["code"]


def test_a_phone_is_used_once_a_code_sent_there_was_said(unphoned, owner):
    order = unphoned
    owner.post(alerts(order), {"phone": "1", "number": "600 111 333"})
    (notice,) = (n for n in rows(Notice, order) if n.kind == "code")
    assert (notice.channel, notice.recipient) == ("sms", "+34600111333")
    html = pages.said(owner.get(alerts(order)))
    assert "••• ••• 333" in html and "shipped:sms" not in html
    assert owner.post(alerts(order), {"phone_code": "000000"}).status_code in (422, 303)
    owner.post(alerts(order), {"phone_code": code_of(order)})
    assert "shipped:sms" in pages.said(owner.get(alerts(order)))
    choose(owner, order, on=["shipped:email", "shipped:sms"], shown=["shipped:email", "shipped:sms"])
    assert plan(order, "shipped") == [
        ("shipped", "email", "marta@example.com", ""),
        ("shipped", "sms", "+34600111333", ""),
    ]


def test_a_code_for_a_phone_does_not_prove_whose_the_order_is(unphoned, owner):
    owner.post(alerts(unphoned), {"phone": "1", "number": "+34600111333"})
    answer = owner.post(pages.path(unphoned) + "code", {"code": code_of(unphoned)})
    assert answer.status_code == 422


def test_codes_are_guessed_at_in_vain_and_sent_sparingly(unphoned, owner):
    for _ in range(6):
        owner.post(alerts(unphoned), {"phone": "1", "number": "+34600111333"})
    assert len([n for n in rows(Notice, unphoned) if n.kind == "code"]) == 4
    right = code_of(unphoned)
    wrong = "111111" if right != "111111" else "222222"
    for _ in range(5):
        assert owner.post(alerts(unphoned), {"phone_code": wrong}).status_code == 422
    assert owner.post(alerts(unphoned), {"phone_code": right}).status_code == 422
    assert rows(Phone, unphoned)[0].confirmed_at is None


def test_a_number_that_is_none_is_said_to_be(unphoned, owner):
    answer = owner.post(alerts(unphoned), {"phone": "1", "number": "12"})
    assert answer.status_code == 422 and "not a phone number" in pages.said(answer)


# --- On this device ---


def test_a_browser_subscribes_and_leaves(order, owner):
    said = {"endpoint": ENDPOINT, "p256dh": P256DH, "auth": AUTH}
    assert owner.post(alerts(order) + "/browser", said).status_code == 204
    assert [b.language for b in rows(PushSubscription, order)] == ["en"]
    assert "shipped:push" in pages.said(owner.get(alerts(order)))
    assert [(c, h) for _s, c, _r, h in plan(order, "shipped")] == [("email", ""), ("push", "")]
    owner.post(alerts(order) + "/browser", {"endpoint": ENDPOINT, "leave": "1"})
    assert rows(PushSubscription, order) == []


@pytest.mark.parametrize(
    "endpoint", ["http://push.example.net/", "https://127.0.0.1:6379/", "", "javascript:x"]
)
def test_an_address_inside_is_no_browsers(order, owner, endpoint):
    answer = owner.post(alerts(order) + "/browser", {"endpoint": endpoint, "p256dh": P256DH, "auth": AUTH})
    assert answer.status_code == 422
    assert rows(PushSubscription, order) == []


def test_a_browser_without_proof_is_not_kept(order):
    said = {"endpoint": ENDPOINT, "p256dh": P256DH, "auth": AUTH}
    pages.reader().post(alerts(order) + "/browser", said)
    assert rows(PushSubscription, order) == []


def test_the_worker_is_the_shops_and_asks_before_it_is_kept(order):
    answer = pages.reader().get(f"/s/{order.shop.slug}/sw.js")
    assert answer["Content-Type"].startswith("text/javascript") and answer["Cache-Control"] == "no-cache"
    assert "notificationclick" in answer.content.decode()
