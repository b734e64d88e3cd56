"""The inbox: whoever waits longest first, one thread with its order, answered once, and no other shop's."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tenants.isolation import shop_context
from tenants.models import Role, Shop
from tenants.services import SYSTEM
from tests import make
from tests.console.clients import signed_in
from tests.tracking import pages, tickets
from tests.tracking.tickets import again, notices, said, texts
from tracking.models import Ticket, TicketPhoto
from tracking.photos import read_photo
from tracking.services.tickets import answer, close, hear_stranger, spare, write
from tracking.ticket_figures import figures

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def shop() -> Shop:
    return pages.shop()


@pytest.fixture
def agent(shop: Shop) -> Client:
    return signed_in(shop, Role.AGENT)


def at(shop: Shop, name: str = "inbox", *parts: object) -> str:
    return reverse(f"console:{name}", args=[shop.slug, *parts])


def html(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def do(client: Client, shop: Shop, ticket: Ticket, what: str, **fields: Any) -> Any:
    said_ = {"do": what, "key": uuid.uuid4().hex, **fields}
    return client.post(at(shop, "inbox_thread", ticket.pk), said_)


def test_whoever_waits_longest_stands_first_and_the_menu_counts_them(shop: Shop, agent: Client) -> None:
    for n, hours in enumerate((2, 5, 1)):
        order, _parcel = tickets.order(shop, number=f"W{hours}")
        tickets.ticket(shop, order, text=f"text {n}", now=make.NOW - hours * HOUR)
    page = html(agent, at(shop))
    assert re.findall(r"#(W\d)", page) == ["W5", "W2", "W1"]
    assert "text 1" in page
    assert re.search(r"waiting: </span>3</b>", page)


def test_the_queue_costs_the_same_however_long_it_is(shop: Shop, agent: Client) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            agent.get(at(shop))
        return len(asked)

    order, _parcel = tickets.order(shop)
    tickets.ticket(shop, order)
    few = cost()
    for n in range(8):
        order, _parcel = tickets.order(shop, number=f"N{n}")
        tickets.ticket(shop, order)
    assert cost() == few


def test_the_queue_is_narrowed_by_tab_reason_agent_and_order(shop: Shop, agent: Client) -> None:
    first, _p = tickets.order(shop, number="A1")
    second, _p = tickets.order(shop, number="B2")
    tickets.ticket(shop, first, reason="invoice")
    closed = tickets.ticket(shop, second)
    close(shop=shop, ticket=closed, by=None, now=make.NOW)
    assert "#A1" in html(agent, at(shop))
    assert "#B2" not in html(agent, at(shop))
    assert "#B2" in html(agent, at(shop) + "?tab=closed")
    assert "#A1" not in html(agent, at(shop) + "?reason=where")
    assert "#A1" in html(agent, at(shop) + "?reason=invoice&of=nobody")
    assert "#A1" not in html(agent, at(shop) + "?of=me")
    assert "#B2" in html(agent, at(shop) + "?tab=all&q=B2")
    assert "#A1" not in html(agent, at(shop) + "?tab=all&q=B2")
    for odd in ("?tab=x&reason=x&of=x", "?after=x", "?q=%00"):
        assert agent.get(at(shop) + odd).status_code == 200


def test_an_agent_answers_once_however_often_the_button_is_pressed(shop: Shop, agent: Client) -> None:
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    key = uuid.uuid4().hex
    for _twice in range(2):
        assert do(agent, shop, ticket, "answer", text="It left Zaragoza.", key=key).status_code == 302
    assert texts(ticket)[1:] == ["shop: It left Zaragoza."]
    assert notices(shop)[-1] == ("ticket_answered", "marta@example.com")
    ticket = again(ticket)
    assert ticket.status == "answered"
    assert ticket.assigned_to is not None  # who answers looks after it
    page = html(agent, at(shop, "inbox_thread", ticket.pk))
    assert "It left Zaragoza." in page
    assert "Where is my plate?" in page
    assert "Plate Arena" in page


def test_an_answer_may_end_the_matter_and_it_may_be_taken_up_again(shop: Shop, agent: Client) -> None:
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    do(agent, shop, ticket, "answer", text="Done", close="1")
    assert again(ticket).status == "closed"
    do(agent, shop, ticket, "reopen")
    assert again(ticket).status == "open"
    do(agent, shop, ticket, "close")
    assert again(ticket).closed_by == "shop"


def test_an_empty_answer_is_refused_where_it_was_written(shop: Shop, agent: Client) -> None:
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    for what in ("answer", "note"):
        assert do(agent, shop, ticket, what, text="  ").status_code == 422
    assert len(texts(ticket)) == 1
    assert do(agent, shop, ticket, "nonsense").status_code == 404


def test_notes_and_strangers_are_told_apart_from_what_the_customer_sees(shop: Shop, agent: Client) -> None:
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    do(agent, shop, ticket, "note", text="Paid twice already")
    hear_stranger(
        shop=shop, ticket=ticket, said=said("Send it to me"), address="eve@evil.example", now=make.NOW
    )
    page = html(agent, at(shop, "inbox_thread", ticket.pk))
    assert "Note, for agents only" in page
    assert "From another address: the customer does not see it" in page
    assert "eve@evil.example" in page


def test_a_ticket_is_handed_to_a_colleague_of_this_shop_alone(shop: Shop, agent: Client) -> None:
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    colleague, rival = make.member(shop, Role.AGENT), make.member(pages.shop(), Role.AGENT)
    do(agent, shop, ticket, "assign", agent=str(colleague.user_id))
    assert again(ticket).assigned_to == colleague.user_id
    assert do(agent, shop, ticket, "assign", agent=str(rival.user_id)).status_code == 422
    assert again(ticket).assigned_to == colleague.user_id


def test_photos_are_seen_by_agents_of_this_shop(shop: Shop, agent: Client) -> None:
    order, _parcel = tickets.order(shop)
    photo = read_photo(tickets.picture(), "a")
    ticket = write(shop=shop, order=order, reason="damaged", said=said("", photos=(photo,)), now=make.NOW)
    with shop_context(shop.pk):
        kept = TicketPhoto.objects.for_shop(shop).get()
    shown = agent.get(at(shop, "inbox_photo", ticket.pk, kept.key))
    assert (shown.content, shown["Content-Type"]) == (photo.content, "image/jpeg")
    other, _parcel = tickets.order(shop, number="2")
    elsewhere = tickets.ticket(shop, other)
    assert agent.get(at(shop, "inbox_photo", elsewhere.pk, kept.key)).status_code == 404
    rival = signed_in(pages.shop(), Role.OWNER)
    assert rival.get(at(shop, "inbox_photo", ticket.pk, kept.key)).status_code == 404


def test_another_shop_s_ticket_does_not_exist(shop: Shop) -> None:
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    theirs = pages.shop()
    rival = signed_in(theirs, Role.OWNER)
    for address in (at(shop, "inbox_thread", ticket.pk), at(theirs, "inbox_thread", ticket.pk)):
        assert rival.get(address).status_code == 404
        assert rival.post(address, {"do": "close"}).status_code == 404
    assert again(ticket).status == "open"


def test_who_may_only_look_sees_no_customers_words(shop: Shop) -> None:
    viewer = signed_in(shop, Role.VIEWER)
    for name in ("inbox", "inbox_figures"):
        assert viewer.get(at(shop, name)).status_code == 404


def test_an_empty_inbox_says_so(shop: Shop, agent: Client) -> None:
    assert "Nobody waits for an answer" in html(agent, at(shop))


def test_figures_count_contacts_of_all_kinds_and_how_long_people_wait(shop: Shop, agent: Client) -> None:
    first, parcel = tickets.order(shop, number="1")
    second, _parcel = tickets.order(shop, number="2")
    one = tickets.ticket(shop, first, now=make.NOW)
    tickets.ticket(shop, second, reason="damaged", now=make.NOW)
    answer(shop=shop, ticket=one, said=said("Here"), by=SYSTEM, author="N", now=make.NOW + 2 * HOUR)
    close(shop=shop, ticket=one, by=None, now=make.NOW + 6 * HOUR)
    for _n in range(2):
        spare(shop=shop, reason="where", now=make.NOW)
    told = figures(shop, since=make.NOW - HOUR, until=make.NOW + 24 * HOUR)
    assert (told.tickets, told.spared, told.where, told.open) == (2, 2, 3, 1)
    assert told.where_share == 0.75
    assert (told.first_answer, told.resolution) == (2 * HOUR, 6 * HOUR)
    assert {row.name: row.count for row in told.by_reason} == {"where": 1, "damaged": 1}
    assert [(row.name, row.count) for row in told.by_carrier] == [(parcel.carrier, 2)]
    before = figures(shop, since=make.NOW - 72 * HOUR, until=make.NOW - 48 * HOUR)
    assert (before.tickets, before.where_share) == (0, None)
    assert agent.get(at(shop, "inbox_figures")).status_code == 200
    assert agent.get(at(shop, "inbox_figures") + "?days=7").status_code == 200
    assert agent.get(at(shop, "inbox_figures") + "?days=x").status_code == 200
