"""Tickets: one a matter, one message a tap, whose turn it is, and who is told."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from carriers.types import Status, SubStatus
from tenants.isolation import shop_context
from tenants.models import AuditEntry
from tenants.services import Actor
from tests import make
from tests.tracking import pages, tickets
from tests.tracking.tickets import again, notices, said, texts
from tracking.models import Notice, Order, Poll, Shipment, Ticket, TicketMessage, TrackingEvent
from tracking.photos import read_photo
from tracking.services import ticket_rows
from tracking.services.ticket_rows import TooMuchError
from tracking.services.tickets import answer, close, hear_stranger, note, reopen, reply, spare, write

HOUR = timedelta(hours=1)
NURIA = Actor("user:1", "agent")


@pytest.fixture
def shop(db):
    return pages.shop()


def version(order):
    with shop_context(order.shop_id):
        return Order.objects.for_shop(order.shop_id).get(pk=order.pk).version


def test_a_first_message_opens_a_ticket_and_tells_the_shop(shop):
    order, parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    assert (ticket.status, ticket.last_by, ticket.shipment_id) == ("open", "shopper", parcel.pk)
    assert ticket.settles_on == ["out_for_delivery", "available_for_pickup", "delivered"]
    assert texts(ticket) == ["shopper: Where is my plate?"]
    assert version(order) == order.version + 1
    with shop_context(shop.pk):
        notice = Notice.objects.for_shop(shop).get()
    assert (notice.kind, notice.recipient) == ("ticket_opened", "hola@olmo.example")
    assert notice.about["reason"] == "Where is it?"
    assert notice.about["url"].endswith(f"/console/{shop.slug}/inbox/{ticket.pk}/")
    assert notice.reply_key == ""  # a shop answers in the console: a mail proves nothing of who wrote it


def test_a_second_tap_stores_nothing_twice(shop):
    order, _parcel = tickets.order(shop)
    words = said()
    first = write(shop=shop, order=order, reason="where", said=words, now=make.NOW)
    second = write(shop=shop, order=order, reason="where", said=words, now=make.NOW)
    assert first == second
    assert texts(first) == ["shopper: Where is my plate?"]
    assert len(notices(shop)) == 1


def test_another_message_about_the_same_joins_the_open_ticket_and_the_shop_is_not_told_again(shop):
    order, _parcel = tickets.order(shop)
    first = tickets.ticket(shop, order)
    second = tickets.ticket(shop, order, text="Hello?")
    other = tickets.ticket(shop, order, reason="invoice", text="With my tax number, please")
    assert first == second != other
    assert texts(first) == ["shopper: Where is my plate?", "shopper: Hello?"]
    assert [kind for kind, _to in notices(shop)] == ["ticket_opened", "ticket_opened"]


def test_the_database_itself_keeps_one_open_ticket_a_matter(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    with pytest.raises(IntegrityError), shop_context(shop.pk), transaction.atomic():
        Ticket.objects.create(
            shop=shop, order=order, reason="where", opened_at=make.NOW, last_at=make.NOW, reply_key="x"
        )
    close(shop=shop, ticket=ticket, by=None, now=make.NOW)
    assert tickets.ticket(shop, order) != ticket


def test_the_shop_answers_and_the_shopper_may_answer_that_mail(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    words = said("It left Zaragoza today.", via="console")
    for _twice in range(2):
        answer(shop=shop, ticket=ticket, said=words, by=NURIA, author="Nuria", now=make.NOW + HOUR)
    ticket = again(ticket)
    assert (ticket.status, ticket.last_by, ticket.first_answer_at) == ("answered", "shop", make.NOW + HOUR)
    with shop_context(shop.pk):
        notice = Notice.objects.for_shop(shop).get(kind="ticket_answered")
        assert AuditEntry.objects.for_shop(shop).filter(action="ticket.answered").count() == 1
    assert (notice.recipient, notice.reply_key) == ("marta@example.com", ticket.reply_key)
    assert notice.about == {"text": "It left Zaragoza today.", "author": "Nuria"}
    reply(shop=shop, ticket=ticket, said=said("Thank you"), now=make.NOW + 2 * HOUR)
    assert again(ticket).status == "open"
    assert [kind for kind, _to in notices(shop)] == ["ticket_opened", "ticket_answered", "ticket_opened"]


def test_an_answer_that_ends_the_matter_tells_one_thing_and_is_not_undone_by_a_second_tap(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    words = said("Done")
    for _twice in range(2):
        answer(shop=shop, ticket=ticket, said=words, by=NURIA, author="Nuria", now=make.NOW, close=True)
    assert (again(ticket).status, ticket.reopened) == ("closed", 0)
    assert [kind for kind, _to in notices(shop)] == ["ticket_opened", "ticket_answered"]


def test_a_note_among_agents_changes_nothing_a_shopper_sees(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    before = version(order)
    assert note(shop=shop, ticket=ticket, said=said("Difficult customer"), author="Nuria", now=make.NOW)
    assert (again(ticket).status, version(order)) == ("open", before)
    assert len(notices(shop)) == 1


def test_a_reply_to_what_is_closed_takes_it_up_again_and_no_event_closes_it_any_more(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    close(shop=shop, ticket=ticket, by=NURIA, now=make.NOW)
    close(shop=shop, ticket=ticket, by=NURIA, now=make.NOW)
    assert (again(ticket).status, ticket.closed_by) == ("closed", "shop")
    reply(shop=shop, ticket=ticket, said=said("It is not here"), now=make.NOW + HOUR)
    ticket = again(ticket)
    assert (ticket.status, ticket.closed_at, ticket.reopened, ticket.settles_on) == ("open", None, 1, [])
    kinds = [kind for kind, _to in notices(shop)]
    assert kinds == ["ticket_opened", "ticket_closed", "ticket_opened"]


def test_what_is_reopened_while_another_of_its_kind_is_open_joins_that(shop):
    order, _parcel = tickets.order(shop)
    old = tickets.ticket(shop, order)
    close(shop=shop, ticket=old, by=None, now=make.NOW)
    new = tickets.ticket(shop, order, text="Again")
    assert reopen(shop=shop, ticket=old, by=None, now=make.NOW) == new
    assert reply(shop=shop, ticket=old, said=said("And again"), now=make.NOW) == new
    assert again(old).status == "closed"


def test_the_shopper_s_own_closing_is_told_to_nobody(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    close(shop=shop, ticket=ticket, by=None, now=make.NOW)
    assert (again(ticket).closed_by, len(notices(shop))) == ("shopper", 1)
    assert reopen(shop=shop, ticket=ticket, by=None, now=make.NOW).status == "open"
    assert [kind for kind, _to in notices(shop)] == ["ticket_opened", "ticket_opened"]


def test_i_did_not_get_it_disputes_the_delivery_and_the_carrier_is_asked_again(shop):
    order, parcel = tickets.order(shop, tickets.DELIVERED)
    with shop_context(shop.pk):
        account = make.account(shop)
        Shipment.objects.for_shop(shop).filter(pk=parcel.pk).update(account_id=account.pk)
        Poll.objects.create(shop=shop, shipment=parcel, carrier="dhl", account_id=account.pk, next_at=None)
    words = said("Nobody rang")
    for _twice in range(2):
        ticket = write(
            shop=shop, order=order, reason="not_received", said=words, now=make.NOW, is_proved=True
        )
    with shop_context(shop.pk):
        parcel.refresh_from_db()
        event = TrackingEvent.objects.for_shop(shop).get(source="shopper")
        poll = Poll.objects.for_shop(shop).get(shipment=parcel)
    assert (parcel.status, parcel.sub_status) == ("exception", "exception.delivery_disputed")
    assert event.sub_status == SubStatus.EXCEPTION_DISPUTED
    assert poll.next_at is not None
    assert (ticket.reason, ticket.settles_on) == ("not_received", ["delivered"])


def test_whoever_only_holds_the_link_disputes_nothing(shop):
    order, parcel = tickets.order(shop, tickets.DELIVERED)
    tickets.ticket(shop, order, reason="not_received")
    with shop_context(shop.pk):
        parcel.refresh_from_db()
    assert parcel.status == Status.DELIVERED


def test_a_parcel_of_another_order_is_not_named(shop):
    order, _parcel = tickets.order(shop)
    _other, theirs = tickets.order(shop, number="2")
    assert tickets.ticket(shop, order, shipment_id=theirs.pk).shipment_id is None


def test_a_stranger_with_the_address_is_heard_by_agents_alone(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    answer(shop=shop, ticket=ticket, said=said("Here"), by=NURIA, author="Nuria", now=make.NOW)
    before = version(order)
    words = said("Send it to me", via="email")
    assert hear_stranger(shop=shop, ticket=ticket, said=words, address="eve@example.com", now=make.NOW + HOUR)
    assert not hear_stranger(shop=shop, ticket=ticket, said=words, address="eve@example.com", now=make.NOW)
    with shop_context(shop.pk):
        row = TicketMessage.objects.for_shop(shop).get(author="eve@example.com")
    assert (row.internal, again(ticket).status, version(order)) == (True, "open", before)


def test_photos_are_kept_with_the_message(shop):
    order, _parcel = tickets.order(shop)
    photo = read_photo(tickets.picture(), "a")
    ticket = write(
        shop=shop, order=order, reason="damaged", said=said("", photos=(photo, photo)), now=make.NOW
    )
    with shop_context(shop.pk):
        kept = list(ticket.messages.get().photos.order_by("id"))
    assert [bytes(p.content) for p in kept] == [photo.content] * 2
    assert len({p.key for p in kept}) == 2


def test_a_day_s_messages_and_photos_have_an_end_even_without_redis(shop, monkeypatch):
    monkeypatch.setattr(ticket_rows, "MOST_MESSAGES", 3)
    order, _parcel = tickets.order(shop)
    for n in range(3):
        tickets.ticket(shop, order, text=str(n))
    with pytest.raises(TooMuchError):
        tickets.ticket(shop, order, text="one more")
    tickets.ticket(shop, order, text="tomorrow", now=make.NOW + timedelta(days=1, minutes=1))


def test_what_is_too_long_is_cut_and_zero_bytes_are_left_out(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order, text="a\x00" + "b" * 5000)
    assert len(texts(ticket)[0]) == len("shopper: ") + 4000


def test_an_order_without_an_e_mail_is_answered_all_the_same(shop):
    order, _parcel = tickets.order(shop, customer_email="")
    ticket = tickets.ticket(shop, order)
    answer(shop=shop, ticket=ticket, said=said("Here"), by=NURIA, author="Nuria", now=make.NOW)
    assert [kind for kind, _to in notices(shop)] == ["ticket_opened"]
    assert again(ticket).status == "answered"


def test_questions_the_page_answered_are_only_counted(shop):
    for _n in range(3):
        spare(shop=shop, reason="where", now=make.NOW)
    with shop_context(shop.pk), connection.cursor() as cursor:
        cursor.execute("SELECT day, reason, count FROM tracking_spared WHERE shop_id = %s", [shop.pk])
        assert cursor.fetchall() == [(make.NOW.date(), "where", 3)]


def test_reply_keys_survive_mail_servers_and_cannot_be_guessed(shop):
    keys = {ticket_rows.reply_key_for(shop) for _n in range(200)}
    assert len(keys) == 200
    assert all(key == key.lower() and len(key) <= 40 and key.startswith(f"{shop.pk}-") for key in keys)


def test_two_taps_at_once_make_one_ticket_and_one_message(committed_db):
    shop = pages.shop()
    order, _parcel = tickets.order(shop, tickets.DELIVERED)
    words, found, start = said("Nobody rang"), [], threading.Barrier(4)

    def tap():
        start.wait()
        found.append(
            write(shop=shop, order=order, reason="not_received", said=words, now=make.NOW, is_proved=True).pk
        )
        connection.close()

    threads = [threading.Thread(target=tap) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(found) == 4
    assert len(set(found)) == 1
    with shop_context(shop.pk):
        assert TicketMessage.objects.for_shop(shop).count() == 1
        assert TrackingEvent.objects.for_shop(shop).filter(source="shopper").count() == 1
