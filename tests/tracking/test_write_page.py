"""“Write to us”: the answer first, a ticket only when it did not help; nobody reads a thread with a bare link."""

from __future__ import annotations

import uuid

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.services import SYSTEM
from tests import make
from tests.tracking import pages, tickets
from tracking import pages as kept_pages
from tracking.models import Shipment, Spared, Ticket, TicketMessage, TicketPhoto
from tracking.services.tickets import answer, close


@pytest.fixture(autouse=True)
def _now():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def shop(db):
    return pages.shop()


def get(order, asked="", client=None):
    return (client or pages.reader()).get(pages.path(order) + f"write{asked}")


def post(order, client=None, **said):
    fields = {"reason": "where", "text": "Where is my plate?", "key": uuid.uuid4().hex, **said}
    return (client or pages.reader()).post(pages.path(order) + "write", fields)


def all_tickets(order):
    with shop_context(order.shop_id):
        return list(Ticket.objects.for_shop(order.shop_id).order_by("id"))


def photo(name="plate.jpg", content=None):
    return SimpleUploadedFile(name, tickets.picture() if content is None else content, "image/jpeg")


@pytest.mark.parametrize(
    "scans,state,offered",
    [
        ((), "preparing", ["where", "change", "invoice", "other"]),
        (tickets.ON_ITS_WAY, "shipped", ["where", "change", "invoice", "other"]),
        (tickets.DELIVERED, "delivered",
         ["not_received", "damaged", "missing", "wrong", "return", "invoice", "other"]),
        ((), "cancelled", ["invoice", "other"]),
    ],
)  # fmt: skip
def test_what_is_offered_is_what_can_be_the_matter(shop, scans, state, offered):
    order, _parcel = tickets.order(shop, scans, state=state)
    html = pages.said(get(order))
    assert [r for r in ("where", "not_received", "damaged", "missing", "wrong", "change", "return", "invoice", "other")
            if f"reason={r}" in html] == offered  # fmt: skip


def test_where_is_it_is_answered_with_what_the_page_knows(shop):
    order, _parcel = tickets.order(shop)
    html = pages.said(get(order, "?reason=where"))
    assert "On its way to you" in html
    assert "Last scan: Madrid" in html
    assert "That answers it" in html
    assert "I still need help" in html
    assert "<textarea" not in html
    assert "<textarea" in pages.said(get(order, "?reason=where&more=1"))


def test_a_question_the_page_answered_is_counted_once_a_day_and_opens_nothing(shop):
    order, _parcel = tickets.order(shop)
    client = pages.reader()
    for _n in range(3):
        there = post(order, client, enough="1")
    assert there["Location"] == pages.path(order) + "write?done=glad"
    assert "Glad that helped" in pages.said(client.get(there["Location"]))
    assert all_tickets(order) == []
    with shop_context(shop.pk):
        assert list(Spared.objects.for_shop(shop).values_list("reason", "count")) == [("where", 1)]


def test_what_needs_a_person_goes_straight_to_the_box(shop):
    order, _parcel = tickets.order(shop, tickets.DELIVERED, state="delivered")
    html = pages.said(get(order, "?reason=damaged"))
    assert "Photos of the damage" in html
    assert "<textarea" in html


def test_with_a_bare_link_one_may_write_and_sees_nothing_but_that_it_was_sent(shop):
    order, _parcel = tickets.order(shop)
    client = pages.reader()
    there = post(order, client)
    assert (there.status_code, there["Location"]) == (303, pages.path(order) + "write?done=sent")
    html = pages.said(client.get(there["Location"]))
    assert "The answer goes to m••••@example.com." in html
    assert "Where is my plate?" not in html
    thread = client.get(pages.path(order) + "messages")
    assert thread.status_code == 303
    assert thread["Location"].startswith(pages.path(order) + "?next=messages")
    page = pages.said(client.get(pages.path(order)))
    assert "You wrote to us today" in page
    assert "Where is my plate?" not in page
    assert "“Where is it?”" not in page


def test_whoever_proved_the_order_reads_the_thread(shop):
    order, _parcel = tickets.order(shop)
    client = pages.reader()
    pages.prove(client, order)
    there = post(order, client)
    assert there["Location"] == pages.path(order) + "messages"
    html = pages.said(client.get(there["Location"]))
    assert "Where is my plate?" in html
    assert "“Where is it?”" in pages.said(client.get(pages.path(order)))


def test_a_double_tap_stores_one_message(shop):
    order, _parcel = tickets.order(shop)
    key = uuid.uuid4().hex
    for _n in range(2):
        assert post(order, key=key).status_code == 303
    with shop_context(shop.pk):
        assert TicketMessage.objects.for_shop(shop).count() == 1


def test_a_delivery_is_disputed_by_whoever_knows_the_e_mail_and_by_nobody_else(shop):
    order, parcel = tickets.order(shop, tickets.DELIVERED, state="delivered")
    client = pages.reader()
    html = pages.said(get(order, "?reason=not_received"))
    assert "The carrier says it was delivered on Saturday 21 at 10:00." in html
    assert "Some drivers scan" in html
    nothing = post(order, client, reason="not_received", text="Nobody rang")
    wrong = post(order, client, reason="not_received", text="Nobody rang", contact="eve@example.com")
    assert (nothing.status_code, wrong.status_code) == (422, 422)
    assert "Nobody rang" in pages.said(wrong)
    assert all_tickets(order) == []
    right = post(order, client, reason="not_received", text="Nobody rang", contact="MARTA@example.com ")
    assert (right.status_code, right["Location"]) == (303, pages.path(order) + "messages")
    with shop_context(shop.pk):
        assert Shipment.objects.for_shop(shop).get(pk=parcel.pk).sub_status == SubStatus.EXCEPTION_DISPUTED
    assert "Nobody rang" in pages.said(client.get(right["Location"]))
    assert "We are looking into your delivery" in pages.said(client.get(pages.path(order)))


def test_a_bad_photo_is_explained_and_the_words_are_kept(shop):
    order, _parcel = tickets.order(shop)
    answer_ = post(order, photos=[photo(), photo("virus.exe", b"MZ\x90")])
    html = pages.said(answer_)
    assert answer_.status_code == 422
    assert "“virus.exe” is not a picture we can read" in html
    assert "Where is my plate?</textarea>" in html
    assert all_tickets(order) == []


def test_nothing_at_all_is_not_sent_but_a_photo_alone_is(shop):
    order, _parcel = tickets.order(shop)
    assert post(order, text="  \r\n ").status_code == 422
    assert post(order, text="", photos=[photo()]).status_code == 303
    with shop_context(shop.pk):
        assert TicketPhoto.objects.for_shop(shop).count() == 1


def test_a_form_of_more_than_64_mb_is_not_even_read(shop):
    order, _parcel = tickets.order(shop)
    refused = pages.reader().post(
        pages.path(order) + "write",
        b"x",
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=65 * 2**20,
    )
    assert refused.status_code == 413


def test_what_is_typed_is_escaped_and_no_script_gets_through(shop):
    order, _parcel = tickets.order(shop)
    client = pages.reader()
    pages.prove(client, order)
    evil = '<script>alert(1)</script> javascript:alert(1) https://ok.example/"onmouseover=1'
    post(order, client, text=evil)
    html = pages.said(client.get(pages.path(order) + "messages"))
    assert "<script>alert" not in html
    assert 'href="javascript' not in html


def test_too_many_messages_are_refused_kindly(shop):
    order, _parcel = tickets.order(shop)
    answers = [post(order, text=str(n)) for n in range(6)]
    assert [a.status_code for a in answers] == [303] * 5 + [429]
    assert "You have written a lot in a short time" in pages.said(answers[-1])
    assert ">5</textarea>" in pages.said(answers[-1])


def test_the_gift_s_link_writes_nothing(shop):
    from tenants.models import KeyHash
    from tenants.vault import digest, gift_token

    order, _parcel = tickets.order(shop)
    token = gift_token(order.token_hash)
    with shop_context(shop.pk):
        order.gift_hash = digest(token)
        order.save(update_fields=["gift_hash"])
    KeyHash.objects.create(hash=digest(token), shop=shop, kind="page")
    for below in ("write", "messages", "photo/x"):
        assert pages.reader().get(f"/t/{token}/{below}").status_code == 404


def test_of_several_parcels_one_is_chosen(shop):
    order, first = tickets.order(shop)
    with shop_context(shop.pk):
        pages.parcel(order, tickets.DELIVERED)
        other = pages.order(shop, number="2")
        theirs = pages.parcel(other, tickets.ON_ITS_WAY)
    assert "Which parcel?" in pages.said(get(order, "?reason=where&more=1"))
    post(order, parcel=str(first.pk))
    post(order, reason="other", parcel=str(theirs.pk))
    assert [t.shipment_id for t in all_tickets(order)] == [first.pk, None]


@pytest.mark.parametrize("asked", ["?reason=nonsense", "?reason=", "?done=x", "?reason=where&lang=es"])
def test_any_question_gets_a_page(shop, asked):
    order, _parcel = tickets.order(shop)
    assert get(order, asked).status_code == 200


def test_the_language_asked_for_is_carried_along(shop):
    order, _parcel = tickets.order(shop)
    assert "?lang=es&amp;reason=where" in pages.said(get(order, "?lang=es"))
    client = pages.reader()
    there = client.post(pages.path(order) + "write?lang=es", {"reason": "where", "text": "¿Dónde?"})
    assert there["Location"] == pages.path(order) + "write?lang=es&done=sent"


# --- The thread ---


@pytest.fixture
def thread(shop):
    """A ticket with a photo, seen by who proved it."""
    order, _parcel = tickets.order(shop)
    client = pages.reader()
    pages.prove(client, order)
    post(order, client, photos=[photo()])
    return order, all_tickets(order)[0], client


def say(order, ticket, client, **said):
    fields = {"ticket": ticket.pk, "do": "reply", "text": "Thank you", "key": uuid.uuid4().hex, **said}
    return client.post(pages.path(order) + "messages", fields)


def test_both_sides_see_one_thread_but_not_the_agents_notes(shop, thread):
    order, ticket, client = thread
    from tracking.services.tickets import hear_stranger, note

    answer(
        shop=shop,
        ticket=ticket,
        said=tickets.said("It left Zaragoza."),
        by=SYSTEM,
        author="Nuria",
        now=make.NOW,
    )
    note(shop=shop, ticket=ticket, said=tickets.said("NOTE-CANARY"), author="Nuria", now=make.NOW)
    hear_stranger(
        shop=shop, ticket=ticket, said=tickets.said("STRANGER-CANARY"), address="eve@x.example", now=make.NOW
    )
    html = pages.said(client.get(pages.path(order) + "messages"))
    assert "It left Zaragoza." in html
    assert "Nuria" in html
    assert "CANARY" not in html
    assert "eve@x.example" not in html


def test_the_page_says_that_the_shop_has_answered(shop, thread):
    order, ticket, client = thread
    answer(
        shop=shop, ticket=ticket, said=tickets.said("ANSWER-CANARY"), by=SYSTEM, author="Nuria", now=make.NOW
    )
    for reader in (client, pages.reader()):
        html = pages.said(reader.get(pages.path(order)))
        assert "The shop has answered" in html
        assert 'href="messages"' in html
        assert "ANSWER-CANARY" not in html
    close(shop=shop, ticket=ticket, by=None, now=make.NOW)
    kept_pages.forget([order.token_hash])  # done after a commit, of which there is none here
    assert "The shop has answered" not in pages.said(client.get(pages.path(order)))


def test_a_photo_is_shown_to_who_proved_the_order_and_to_nobody_else(shop, thread):
    order, _ticket, client = thread
    with shop_context(shop.pk):
        kept = TicketPhoto.objects.for_shop(shop).get()
    path = pages.path(order) + f"photo/{kept.key}"
    assert f'src="photo/{kept.key}"' in pages.said(client.get(pages.path(order) + "messages"))
    shown = client.get(path)
    assert (shown.content, shown["Content-Type"]) == (bytes(kept.content), "image/jpeg")
    assert shown["Cache-Control"] == "private, no-store"
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert pages.reader().get(path).status_code == 303
    other, _parcel = tickets.order(shop, number="2")
    stranger = pages.reader()
    pages.prove(stranger, other)
    assert stranger.get(pages.path(other) + f"photo/{kept.key}").status_code == 404


def test_one_goes_on_settles_and_takes_up_again(shop, thread):
    order, ticket, client = thread
    assert say(order, ticket, client)["Location"] == pages.path(order) + f"messages#ticket-{ticket.pk}"
    assert tickets.texts(ticket)[-1] == "shopper: Thank you"
    say(order, ticket, client, do="settled")
    assert tickets.again(ticket).status == "closed"
    assert "It is not settled" in pages.said(client.get(pages.path(order) + "messages"))
    say(order, ticket, client, do="reopen")
    assert tickets.again(ticket).status == "open"


def test_a_ticket_of_another_order_cannot_be_written_to(shop, thread):
    _order, ticket, _client = thread
    other, _parcel = tickets.order(shop, number="2")
    stranger = pages.reader()
    pages.prove(stranger, other)
    for do in ("reply", "settled", "reopen"):
        assert say(other, ticket, stranger, do=do).status_code == 404
    assert stranger.post(pages.path(other) + "messages", {"ticket": "9" * 30, "text": "x"}).status_code == 404
    assert len(tickets.texts(ticket)) == 1


def test_a_reply_with_a_bad_photo_keeps_its_words(shop, thread):
    order, ticket, client = thread
    refused = say(order, ticket, client, photos=[photo("x.jpg", b"nothing")])
    assert refused.status_code == 422
    assert "Thank you</textarea>" in pages.said(refused)
    assert "“x.jpg” is not a picture" in pages.said(refused)


def test_a_form_of_another_site_is_not_taken(shop, thread):
    order, ticket, client = thread
    fields = {"ticket": ticket.pk, "do": "settled"}
    refused = client.post(pages.path(order) + "messages", fields, headers={"sec-fetch-site": "cross-site"})
    assert refused.status_code == 403
    assert isinstance(client, Client)
