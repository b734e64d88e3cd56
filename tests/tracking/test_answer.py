"""Whatever happens to a parcel, the page has words for it: where it is, why, what comes next, what one can do."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from carriers.types import Status, SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Brand
from tests import make
from tests.tracking import pages as rows
from tracking import deeds, explanations, freshness, pages
from tracking.actions import Action
from tracking.freshness import USUAL_H, after
from tracking.models import Rhythm, Wording
from tracking.models.tickets import TICKET_REASONS
from tracking.states import STATES, StateKind
from tracking.when import Clock, locale_for

LANGUAGES = ["es", "en", "pt-br", "fr", "it", "de"]
PLACES = [str(state) for state, facts in STATES.items() if facts.kind is not StateKind.MILESTONE]
MOST = {"headline": 90, "lede": 330, "deed": 180}  # characters
MADRID = ZoneInfo("Europe/Madrid")
CLOCK = Clock(make.NOW, MADRID, locale_for("en", "ES"))


@pytest.fixture(autouse=True)
def _now():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False):
        yield


@pytest.fixture
def shop(db):
    return rows.shop(slug="olmo", website="https://olmo.example")


def html(of, **headers):
    return rows.said(rows.reader(**headers).get(rows.path(of)))


def plain(page):
    said = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", " ", page, flags=re.S)
    return re.sub(r"\s+", " ", said.replace("&#x27;", "'"))


def text(of):
    return plain(html(of))


def proved(of):
    client = rows.reader()
    rows.prove(client, of)
    return rows.said(client.get(rows.path(of)))


def sent(shop, scans, *, state="shipped", parcel=None, **fields):
    with shop_context(shop.pk):
        order = rows.order(shop, state=state, **fields)
        rows.parcel(order, scans, **(parcel or {}))
    return order


def parts(page):
    """The headline, the explanation and what one can do, as read."""
    headline = re.search(r'<h1 id="answer">(.*?)</h1>', page, re.S).group(1)
    lede, deed = re.search(r'<p class="lede">(.*?)<b class="deed">(.*?)</b></p>', page, re.S).groups()
    return {"headline": plain(headline).strip(), "lede": plain(lede).strip(), "deed": plain(deed).strip()}


# --- Words for everything ---


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("sub_status", SubStatus)
def test_every_sub_status_is_told_whole_in_every_language(sub_status, language):
    with translation.override(language):
        said, deed = explanations.of_sub_status(sub_status), deeds.of_sub_status(sub_status)
        for sentence in (said.reason, said.next, deed.said):
            assert 10 < len(str(sentence)) <= 160
            assert str(sentence).endswith(".")
        for way in deed.ways:
            assert len(str(way.label)) <= 40


@pytest.mark.parametrize("state", PLACES)
def test_every_state_is_told_whole(state):
    said = explanations.of_state(state)
    assert all(str(s).endswith(".") for s in (said.reason, said.next, deeds.of_state(state).said))


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_of_every_sub_status_has_no_empty_part_in_any_language(language):
    shop = rows.shop(language=language, languages=[language])
    for sub_status in SubStatus:
        if sub_status.status is Status.CANCELLED:
            continue  # a label that was voided is not shown
        order = sent(shop, [(sub_status, 3, "")], number=sub_status, language=language)
        said = parts(html(order))
        for part, most in MOST.items():
            assert 0 < len(said[part]) <= most, (sub_status, part, said[part])


@pytest.mark.django_db
@pytest.mark.parametrize("state", PLACES)
def test_a_page_of_every_state_has_no_empty_part(shop, state):
    with shop_context(shop.pk):
        order = rows.order(shop, state=state)
    assert all(parts(html(order)).values())


def test_no_two_troubles_have_the_same_words():
    subs = [
        s for s in SubStatus if s.status in (Status.FAILED_ATTEMPT, Status.EXCEPTION) and not s.is_unmapped
    ]
    said = {(str(explanations.of_sub_status(s).reason)) for s in subs}
    assert len(said) == len(subs)


# --- What one can do ---


def ways():
    known = (*deeds.SUB_STATUSES.values(), *deeds.STATUSES.values(), *deeds.STATES.values())
    return [way for deed in known for way in deed.ways]


def test_every_way_leads_to_a_page_there_is_for_a_reason_there_is():
    for way in ways():
        page, _query, reason = way.href.partition("?reason=")
        assert page in ("delivery", "write", "")
        assert not reason or reason in TICKET_REASONS


WRITE = Action("Write to us", "write", "chat")
CHANGE = Action("Change the delivery", "delivery", "truck", primary=True)
CALL = Action("Call us", "tel:+34", "phone")


def test_the_button_it_is_about_comes_first_and_fits_the_case():
    lost = deeds.of_sub_status("exception.lost")
    first, *others = deeds.put_first(lost, (CHANGE, WRITE, CALL), "")
    assert (first.href, first.label, first.primary) == (
        "write?reason=not_received",
        "Tell us what you prefer",
        True,
    )
    assert [(a.icon, a.primary) for a in others] == [("truck", False), ("phone", False)]


def test_what_the_page_does_not_have_is_not_offered():
    address = deeds.of_sub_status(SubStatus.FAILED_ADDRESS)
    assert deeds.put_first(address, (CHANGE, WRITE), "")[0].href == "delivery"
    assert deeds.put_first(address, (WRITE,), "")[0].href == "write?reason=change"
    assert deeds.put_first(address, (CALL,), "") == (CALL,)


def test_a_button_that_leads_elsewhere_keeps_its_address():
    mail = Action("Write to us", "mailto:hola@olmo.example", "chat")
    carrier = Action("Change the delivery", "#prove", "truck")
    assert deeds.put_first(deeds.of_sub_status("exception.lost"), (mail,), "")[0].href == mail.href
    assert deeds.put_first(deeds.of_sub_status("failed_attempt.not_home"), (carrier,), "")[0].href == "#prove"


def test_a_cancelled_order_can_be_ordered_again_where_the_shop_has_a_site():
    cancelled = deeds.of_state("cancelled", "payment")
    first = deeds.put_first(cancelled, (WRITE,), "https://olmo.example")[0]
    assert (first.href, first.label, first.primary) == ("https://olmo.example", "Order again", True)
    assert deeds.put_first(cancelled, (WRITE,), "javascript:alert(1)")[0].href == "write"


actions = st.lists(st.sampled_from([WRITE, CHANGE, CALL]), unique_by=lambda a: a.icon, max_size=3)


@given(st.sampled_from(SubStatus), actions, st.sampled_from(["", "https://olmo.example", "javascript:1"]))
def test_no_button_is_lost_or_doubled_and_one_at_most_is_the_main_one(sub_status, offered, url):
    shown = deeds.put_first(deeds.of_sub_status(sub_status), offered, url)
    assert {a.icon for a in offered} <= {a.icon for a in shown}
    assert len(shown) == len({a.icon for a in shown})
    assert sum(a.primary for a in shown) <= 1
    assert all(a.label and a.href for a in shown)


# --- When more is to be heard ---


hours = st.integers(1, 24 * 60)
moments = st.integers(0, 24 * 700).map(lambda h: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=h))


@given(moments, hours)
def test_hours_pass_and_sundays_do_not_count(start, span):
    end = after(start, span, CLOCK)
    assert end - start >= timedelta(hours=span) - timedelta(hours=1)  # a clock that is put forward
    assert end - start <= timedelta(hours=span) + timedelta(days=2 + span // 24)


def test_a_scan_of_friday_night_is_not_missed_on_sunday():
    friday = datetime(2026, 11, 20, 20, 0, tzinfo=MADRID)
    assert after(friday, 20, CLOCK) == datetime(2026, 11, 21, 16, 0, tzinfo=MADRID)
    assert after(friday, 40, CLOCK) == datetime(2026, 11, 23, 12, 0, tzinfo=MADRID)


def usual(shop, hours, status="in_transit"):
    with shop_context(shop.pk):
        Rhythm.objects.create(
            shop=shop,
            carrier="dhl",
            status=status,
            country="ES",
            usual_h=hours,
            gaps=50,
            measured_at=make.NOW,
        )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "hours_ago,said",
    [
        (3, "today at 10:00 . The next one usually comes within 20 hours."),
        (21, "yesterday at 16:00 . The next one should come soon"),
        (41, "Thursday 19, 20:00 . That is longer than usual."),
    ],
)
def test_silence_is_measured_by_what_is_usual_on_that_way(shop, hours_ago, said):
    usual(shop, 20)
    assert said in text(sent(shop, [(SubStatus.IN_TRANSIT, hours_ago, "")]))


@pytest.mark.django_db
def test_an_open_page_says_so_as_soon_as_a_scan_is_due(shop):
    usual(shop, 4)
    order = sent(shop, [(SubStatus.IN_TRANSIT, 3, "")])
    assert "within 4 hours" in text(order)
    with time_machine.travel(make.NOW + timedelta(minutes=61), tick=False):
        assert "should come soon" in text(order)


@pytest.mark.django_db
def test_abroad_and_at_customs_more_patience_is_asked_for(shop):
    assert "within 3 days" in text(sent(shop, [(SubStatus.IN_TRANSIT, 3, "")], country="FR"))
    usual(shop, 10)
    assert "within 3 days" in text(sent(shop, [(SubStatus.CUSTOMS_PROCESSING, 3, "")]))


@pytest.mark.django_db
def test_an_order_nobody_has_scanned_says_when_it_was_last_heard_of(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, state="preparing", state_since=make.NOW - timedelta(days=1))
    assert "Last news: yesterday at 13:00 . The next one comes when the carrier has it." in text(order)


@given(st.sampled_from(list(USUAL_H)), st.integers(1, 720))
def test_what_is_usual_is_always_a_sentence(status, usual_h):
    assert freshness._within(usual_h).endswith(".")
    assert USUAL_H[status] > 0


# --- The shop's own words ---


def worded(shop, about, language="en", **words):
    with shop_context(shop.pk):
        Wording.objects.create(shop=shop, about=about, language=language, **words)


@pytest.mark.django_db
def test_a_shops_own_words_stand_in_place_of_ours_and_ours_where_it_has_none(shop):
    worded(
        shop, "in_transit.customs_processing", headline="At the border", reason="They open <b>some</b> boxes."
    )
    said = parts(html(sent(shop, [(SubStatus.CUSTOMS_PROCESSING, 3, "")])))
    assert said["headline"] == "At the border"
    assert said["lede"].startswith("They open &lt;b&gt;some&lt;/b&gt; boxes. This usually takes one to three")


@pytest.mark.django_db
def test_words_are_in_the_readers_language_or_the_shops(shop):
    worded(shop, "in_transit.customs_processing", "es", headline="En la frontera")
    order = sent(shop, [(SubStatus.CUSTOMS_PROCESSING, 3, "")])
    assert parts(html(order))["headline"] == "Going through customs"
    page = rows.said(rows.reader().get(rows.path(order) + "?lang=es"))
    assert parts(page)["headline"] == "En la frontera"
    worded(shop, "in_transit.customs_processing", "en", headline="At the border")
    with shop_context(shop.pk):
        Wording.objects.for_shop(shop).filter(language="es").delete()
        Brand.objects.for_shop(shop).update(version=9)
    pages.forget_look(shop.pk)
    page = rows.said(rows.reader().get(rows.path(order) + "?lang=es"))
    assert parts(page)["headline"] == "At the border"


@pytest.mark.django_db
def test_words_of_a_state_tell_its_orders_but_hide_no_trouble(shop):
    worded(shop, "state:shipped", headline="Off it goes")
    fine = sent(shop, [(SubStatus.IN_SORTING, 3, "")])
    assert parts(html(fine))["headline"] == "Off it goes"
    lost = sent(shop, [(SubStatus.EXCEPTION_LOST, 3, "")], attention="exception.lost", number="2")
    assert parts(html(lost))["headline"] == "Your parcel was lost"


@pytest.mark.django_db
def test_when_it_comes_is_said_whatever_the_shops_headline(shop):
    monday = make.NOW.date() + timedelta(days=2)
    worded(shop, "in_transit.in_transit", headline="Patience")
    said = parts(html(sent(shop, [(SubStatus.IN_TRANSIT, 3, "")], eta_first=monday, eta_last=monday)))
    assert (said["headline"], said["lede"][:25]) == ("Patience", "Arrives on Monday 23. The")


# --- Pages of their own ---


WAITING = {
    "name": "Papelería Sol", "address": "Calle Mayor 14", "hours": "Mo–Fr 9–20", "until": "2026-11-26", "code": "7431",
}  # fmt: skip


def waiting(shop, **pickup):
    return sent(
        shop,
        [(SubStatus.PICKUP_POINT, 3, "")],
        state="ready_for_pickup",
        parcel={"pickup": {**WAITING, **pickup}},
    )


@pytest.mark.django_db
def test_a_parcel_to_collect_says_where_until_when_and_what_to_bring(shop):
    order = waiting(shop)
    said = text(order)
    assert "It waits for you at Papelería Sol until Thursday 26" in said
    assert "Papelería Sol Calle Mayor 14 Hours: Mo–Fr 9–20 Kept until: Thursday 26 (5 more days)" in said
    assert "Take an identity document and the pickup code with you." in said


@pytest.mark.django_db
@pytest.mark.parametrize(
    "until,left",
    [
        ("2026-11-21", "today is the last day"),
        ("2026-11-22", "1 more day"),
        ("2026-11-20", "ask there whether"),
    ],
)
def test_how_long_it_is_kept_is_counted_from_today(shop, until, left):
    assert left in text(waiting(shop, until=until))


@pytest.mark.django_db
def test_the_code_and_its_picture_are_for_who_has_proved_the_order(shop):
    order = waiting(shop)
    assert 'class="qr"' not in html(order) and "7431" not in html(order)
    assert "Show the pickup code" in text(order)
    page = proved(order)
    assert "7431" in page and page.count('class="qr"') == 1
    assert "<svg" in page and 'style="' not in page


@pytest.mark.django_db
def test_who_took_it_is_told_to_who_has_proved_the_order(shop):
    order = sent(
        shop, [(SubStatus.DELIVERED_SIGNED, 3, "")], state="delivered", parcel={"signed_by": "N. Vidal"}
    )
    assert "N. Vidal" not in html(order)
    assert "Signed for by N. Vidal" in plain(proved(order))
    assert proved(order).count("N. Vidal") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields,said",
    [
        ({"state": "awaiting_stock", "restock_date": date(2026, 12, 15)}, "If you would rather not wait"),
        ({"state": "awaiting_payment"}, "put the order number in its reference"),
        ({"state": "cancelled", "cancel_reason": "shop"}, "If you have paid, the money goes back"),
        ({"state": "cancelled", "cancel_reason": "payment"}, "You have not been charged."),
        ({"state": "preparing"}, "We are picking and packing your order now."),
    ],
)
def test_an_order_without_a_parcel_says_what_one_can_do(shop, fields, said):
    with shop_context(shop.pk):
        order = rows.order(shop, **fields)
    assert said in text(order)


@pytest.mark.django_db
def test_a_parcel_is_called_packed_once_it_has_its_label(shop):
    assert "Packed, and waiting for the carrier" in text(
        sent(shop, [(SubStatus.LABEL_CREATED, 2, "")], state="preparing")
    )


@pytest.mark.django_db
def test_each_of_several_parcels_has_its_line_that_leads_to_its_card(shop):
    with shop_context(shop.pk):
        order = rows.order(shop, state="partially_delivered")
        rows.parcel(order, [(SubStatus.DELIVERED, 3, "")])
        rows.parcel(
            order, [(SubStatus.IN_TRANSIT, 3, "")], eta_first=date(2026, 11, 22), eta_last=date(2026, 11, 22)
        )
    page = html(order)
    assert re.findall(r'<li><a href="#(parcel-\d)">.*?<b>(.*?)</b>', page) == [
        ("parcel-1", "Delivered today at 10:00"),
        ("parcel-2", "Arrives tomorrow"),
    ]
    assert 'id="parcel-1"' in page and 'id="parcel-2"' in page


@pytest.mark.django_db
def test_every_button_that_is_put_first_opens_a_page(shop):
    order = sent(shop, [(SubStatus.EXCEPTION_LOST, 3, "")], attention="exception.lost")
    assert 'href="write?reason=not_received"' in html(order)
    for href in {way.href for way in ways() if way.href.startswith("write")}:
        assert rows.reader().get(rows.path(order) + href).status_code == 200, href
