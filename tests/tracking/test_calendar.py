"""A delivery in the reader's own calendar: of the slot, in the right zone; it moves, and is called off."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tests import make
from tests.tracking import pages
from tracking.calendar_entry import Entry, calendar
from tracking.models import Order


@pytest.fixture(autouse=True)
def _now():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


SLOT = (datetime(2026, 11, 24, 15, tzinfo=UTC), datetime(2026, 11, 24, 17, tzinfo=UTC))


def order_with(**fields):
    shop = pages.shop(name="Casa Olmo")
    with shop_context(shop.pk):
        return pages.order(shop, number="1042", state="shipped", **fields)


def ics(order):
    answer = pages.reader().get(pages.path(order) + "delivery.ics")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    return Calendar.from_ical(answer.content.decode())


def event(order):
    (found,) = ics(order).walk("VEVENT")
    return found


def change(order, **fields):
    with shop_context(order.shop_id):
        held = Order.objects.get(pk=order.pk)
        Order.objects.filter(pk=order.pk).update(**fields, version=held.version + 1)


def test_a_slot_is_entered_by_the_hour_where_the_parcel_goes(db):
    for country, postal_code, zone in (("ES", "28038", "Europe/Madrid"), ("ES", "35001", "Atlantic/Canary")):
        found = event(
            order_with(slot_from=SLOT[0], slot_to=SLOT[1], country=country, postal_code=postal_code)
        )
        start, end = found.decoded("dtstart"), found.decoded("dtend")
        assert (start, end) == SLOT
        assert str(start.tzinfo) == zone and found["dtstart"].params["TZID"] == zone


def test_days_are_entered_whole_and_the_last_counts(db):
    found = event(order_with(eta_first=date(2026, 11, 24), eta_last=date(2026, 11, 25)))
    assert (found.decoded("dtstart"), found.decoded("dtend")) == (date(2026, 11, 24), date(2026, 11, 26))
    assert found["status"] == "CONFIRMED" and found["transp"] == "TRANSPARENT"


def test_the_entry_moves_with_the_slot(db):
    order = order_with(slot_from=SLOT[0], slot_to=SLOT[1])
    before = event(order)
    later = [moment + timedelta(days=1) for moment in SLOT]
    change(order, slot_from=later[0], slot_to=later[1])
    after = event(order)
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstart") == later[0]


@pytest.mark.parametrize("state", ["delivered", "cancelled", "returned"])
def test_what_is_over_is_called_off(db, state):
    order = order_with(slot_from=SLOT[0], slot_to=SLOT[1])
    change(order, state=state)
    assert event(order)["status"] == "CANCELLED"


def test_a_calendar_that_subscribed_asks_again_by_the_hour(db):
    found = ics(order_with(eta_first=date(2026, 11, 24)))
    assert found["method"] == "PUBLISH"
    assert found.decoded("refresh-interval") == timedelta(hours=1)
    assert (found["version"], found["x-wr-calname"]) == ("2.0", "Casa Olmo")


def test_where_no_day_is_known_there_is_nothing_to_enter(db):
    order = order_with()
    assert ics(order).walk("VEVENT") == []
    assert "delivery.ics" not in pages.said(pages.reader().get(pages.path(order)))


def test_the_page_offers_it_where_a_day_is_known(db):
    order = order_with(eta_first=date(2026, 11, 24))
    assert 'href="delivery.ics"' in pages.said(pages.reader().get(pages.path(order)))


def test_a_calendar_says_nothing_that_must_not_be_shared(db):
    order = order_with(slot_from=SLOT[0], slot_to=SLOT[1])
    said = ics(order).to_ical().decode()
    for secret in ("Plate", "64", "Ruiz", "Calle del Olmo", "marta@"):
        assert secret not in said


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=80)


@settings(deadline=None)
@given(texts, texts, texts)
def test_no_words_break_out_of_their_line(title, text, place):
    entry = Entry("u", 1, title, text, "https://x.example/", place, ZoneInfo("Europe/Madrid"), *SLOT)
    (found,) = Calendar.from_ical(calendar(entry, name=title, now=make.NOW)).walk("VEVENT")
    assert [str(k) for k in found].count("SUMMARY") == 1
    assert "ATTENDEE" not in found and "ORGANIZER" not in found
