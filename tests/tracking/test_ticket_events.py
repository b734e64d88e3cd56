"""A ticket closes itself when the event that settles it arrives, and only then."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tests.tracking import pages, tickets
from tests.tracking.tickets import again, notices
from tracking.models import Notice
from tracking.services.events import record_events
from tracking.services.orders import record_milestone
from tracking.services.ticket_events import settle_due
from tracking.services.tickets import reopen

S = SubStatus
MINUTE = timedelta(minutes=1)


@pytest.fixture
def shop(committed_db):
    return pages.shop()


def heard(shop, parcel, sub_status, minutes=5):
    at = make.NOW + minutes * MINUTE
    record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[make.event(sub_status, at)], now=at)
    return settle_due(now=at)


@pytest.mark.parametrize("sub_status,code", [(S.DELIVERED, "delivered"), (S.PICKUP_POINT, "available_for_pickup"),
                                             (S.ON_VEHICLE, "out_for_delivery")])  # fmt: skip
def test_where_is_it_is_settled_when_the_parcel_moves_on(shop, sub_status, code):
    order, parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    assert heard(shop, parcel, sub_status) == 1
    ticket = again(ticket)
    assert (ticket.status, ticket.closed_by) == ("closed", "event")
    assert tickets.texts(ticket)[-1].startswith(f"system: settled:{code}:2026-11-21T12:05")
    assert notices(shop)[-1] == ("ticket_closed", "marta@example.com")
    assert settle_due(now=make.NOW + 6 * MINUTE) == 0


def test_the_mail_says_what_settled_it_in_the_order_s_language(shop):
    order, parcel = tickets.order(shop, language="en")
    tickets.ticket(shop, order)
    heard(shop, parcel, S.DELIVERED)
    with shop_context(shop.pk):
        why = Notice.objects.for_shop(shop).get(kind="ticket_closed").about["why"]
    assert why == "Your parcel was delivered on Saturday 21. If it is not so, write again."


@pytest.mark.parametrize("reason", ["damaged", "missing", "wrong", "return", "other"])
def test_what_no_event_can_settle_stays_open(shop, reason):
    order, parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order, reason=reason)
    assert heard(shop, parcel, S.DELIVERED) == 0
    assert again(ticket).status == "open"


def test_another_scan_on_the_way_settles_nothing(shop):
    order, parcel = tickets.order(shop)
    tickets.ticket(shop, order)
    assert heard(shop, parcel, S.ARRIVED_FACILITY) == 0


def test_what_happened_before_the_question_settles_nothing(shop):
    order, parcel = tickets.order(shop)
    heard(shop, parcel, S.ON_VEHICLE, minutes=1)
    ticket = tickets.ticket(shop, order, now=make.NOW + 2 * MINUTE)
    assert settle_due(now=make.NOW + 3 * MINUTE) == 0
    assert ticket.settles_on == ["available_for_pickup", "delivered"]


def test_a_carrier_that_repeats_itself_does_not_settle_a_dispute_but_the_shop_s_word_does(shop):
    order, parcel = tickets.order(shop, tickets.DELIVERED)
    ticket = tickets.ticket(shop, order, reason="not_received", is_proved=True)
    assert heard(shop, parcel, S.DELIVERED_SIGNED, minutes=10) == 0
    at = make.NOW + 20 * MINUTE
    found = make.event(S.DELIVERED, at, source="agent")
    record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[found], now=at)
    assert settle_due(now=at) == 1
    assert again(ticket).closed_by == "event"


def test_of_several_parcels_all_have_to_come_unless_one_was_meant(shop):
    order, first = tickets.order(shop)
    with shop_context(shop.pk):
        second = pages.parcel(order, tickets.ON_ITS_WAY)
    whole = tickets.ticket(shop, order)
    one = tickets.ticket(shop, order, reason="change", shipment_id=first.pk)
    assert whole.shipment_id is None
    assert heard(shop, first, S.DELIVERED) == 1
    assert (again(one).status, again(whole).status) == ("closed", "open")
    assert heard(shop, second, S.DELIVERED, minutes=9) == 1
    assert again(whole).status == "closed"


def test_an_invoice_that_was_asked_for_is_settled_by_being_issued(shop):
    order, _parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order, reason="invoice")
    at = make.NOW + MINUTE
    with shop_context(shop.pk):
        record_milestone(
            shop=shop, order=order, code="invoice_issued", at=at, reference="F-1", by=SYSTEM, now=at
        )
    assert settle_due(now=at) == 1
    assert again(ticket).status == "closed"


def test_what_was_taken_up_again_is_closed_by_people(shop):
    order, parcel = tickets.order(shop)
    ticket = tickets.ticket(shop, order)
    heard(shop, parcel, S.ON_VEHICLE)
    reopen(shop=shop, ticket=ticket, by=None, now=make.NOW + 6 * MINUTE)
    assert heard(shop, parcel, S.DELIVERED, minutes=9) == 0
    assert again(ticket).status == "open"


def test_no_shop_s_tickets_are_settled_by_another_s_parcels(shop):
    order, _parcel = tickets.order(shop)
    mine = tickets.ticket(shop, order)
    other = pages.shop()
    theirs, parcel = tickets.order(other)
    tickets.ticket(other, theirs)
    assert heard(other, parcel, S.DELIVERED) == 1
    assert again(mine).status == "open"
