"""Everything a status can be has words, and the headline says where it is and when it comes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from carriers.types import Status, SubStatus
from tracking import explanations, labels
from tracking.headlines import Facts, arrival, headline, parcel_headline, trouble_headline
from tracking.parcels import Counts
from tracking.states import STATES, OrderState, StateKind
from tracking.substatuses import DETAILS, Party
from tracking.when import Clock, locale_for, zone_for

MADRID = ZoneInfo("Europe/Madrid")
NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)  # a Saturday, midday in Madrid
CLOCK = Clock(NOON, MADRID, locale_for("en", "ES"))
TODAY = date(2026, 11, 21)
DAY = timedelta(days=1)
PLACES = [state for state, facts in STATES.items() if facts.kind is not StateKind.MILESTONE]


def facts(state: str, **known) -> Facts:
    return Facts(**{"state": state, "clock": CLOCK, **known})


# --- Words ---


def test_every_sub_status_and_every_status_has_a_label():
    assert set(labels.SUB_STATUSES) == set(SubStatus)
    assert set(labels.STATUSES) == set(Status)
    assert labels.status_label("out_for_delivery") == labels.status_label("out_for_delivery.on_vehicle")


def test_every_state_and_milestone_of_an_order_has_a_label():
    assert set(labels.STATES) | set(labels.MILESTONES) == {str(state) for state in OrderState}
    assert labels.state_label("invoice_issued") == "Invoice issued"


def test_a_code_nobody_has_read_is_called_what_the_parcel_already_was():
    assert labels.status_label("in_transit.unmapped") == labels.status_label("in_transit")
    assert labels.status_label("") == "Update from the carrier"


@pytest.mark.parametrize("sub_status", SubStatus)
def test_every_sub_status_is_explained_in_a_sentence(sub_status):
    said = explanations.of_sub_status(sub_status)
    assert str(said.reason).endswith(".")
    assert not said.next or str(said.next).endswith(".")


@pytest.mark.parametrize("sub_status", [s for s in SubStatus if Party.SHOPPER in DETAILS[s].needs])
def test_who_has_to_act_is_told_what_to_do(sub_status):
    assert explanations.of_sub_status(sub_status).next


@pytest.mark.parametrize("state", PLACES)
def test_every_state_is_explained(state):
    assert str(explanations.of_state(state).reason).endswith(".")


@pytest.mark.parametrize("reason", ["shop", "shopper", "payment"])
def test_a_cancelled_order_says_who_cancelled_it(reason):
    assert explanations.of_state("cancelled", reason) != explanations.of_state("cancelled")
    assert labels.cancel_reason_label(reason)


def test_a_shops_own_words_come_first_in_the_readers_language():
    words = {"es": "Enviado", "en": "Shipped"}
    assert labels.own_label(words, "en", "es") == "Shipped"
    assert labels.own_label(words, "fr", "es") == "Enviado"
    assert labels.own_label({"it": "Spedito"}, "fr", "es") == "Spedito"
    assert labels.own_label({}, "fr", "es") == ""


# --- Headlines ---


@pytest.mark.parametrize("state", PLACES)
@pytest.mark.parametrize("total", [1, 3])
def test_every_state_has_a_headline(state, total):
    assert headline(
        facts(state, parcels=Counts(total=total, moved=1, out_for_delivery=1, ready=1, delivered=1))
    )


@pytest.mark.parametrize(
    "state,known,said",
    [
        ("received", {}, "We have your order"),
        ("awaiting_payment", {}, "Waiting for your payment"),
        ("awaiting_stock", {"restock_date": date(2026, 12, 15)}, "Pre-order: in stock on Tuesday 15 December"),
        ("awaiting_stock", {"restock_date": TODAY - DAY}, "Waiting for stock"),
        ("preparing", {}, "We are preparing your order"),
        ("shipped", {}, "On its way to you"),
        ("shipped", {"eta_first": TODAY, "eta_last": TODAY}, "Arrives today"),
        ("shipped", {"eta_first": TODAY + DAY, "eta_last": TODAY + DAY}, "Arrives tomorrow"),
        ("shipped", {"eta_last": TODAY + 2 * DAY}, "Arrives on Monday 23"),
        (
            "shipped",
            {"eta_first": TODAY + DAY, "eta_last": TODAY + 2 * DAY},
            "Arrives between Sunday 22 and Monday 23",
        ),
        ("shipped", {"eta_first": TODAY - DAY, "eta_last": TODAY + 2 * DAY}, "Arrives by Monday 23"),
        ("shipped", {"eta_last": TODAY + 2 * DAY, "delayed": True}, "Delayed: now arrives on Monday 23"),
        ("shipped", {"delayed": True}, "Delayed, but on its way"),
        ("shipped", {"eta_last": TODAY - DAY}, "Running late: it was due on Friday 20"),
        ("shipped", {"promised_date": TODAY + 6 * DAY}, "Arrives by Friday 27"),
        ("shipped", {"parcels": Counts(total=3, moved=3)}, "3 parcels are on their way"),
        ("partially_shipped", {"parcels": Counts(total=3, moved=1)}, "1 of 3 parcels is on its way"),
        ("out_for_delivery", {"since": NOON}, "Arrives today"),
        ("out_for_delivery", {"since": NOON - DAY}, "With the driver since Friday 20"),
        (
            "out_for_delivery",
            {"parcels": Counts(total=3, moved=3, out_for_delivery=2)},
            "2 of 3 parcels arrive today",
        ),
        ("ready_for_pickup", {}, "It is ready to collect"),
        (
            "ready_for_pickup",
            {"pickup_name": "Papelería Sol", "pickup_until": TODAY + 5 * DAY},
            "It waits for you at Papelería Sol until Thursday 26",
        ),
        (
            "ready_for_pickup",
            {"pickup_name": "Papelería Sol", "pickup_until": TODAY - DAY},
            "It waits for you at Papelería Sol",
        ),
        (
            "partially_delivered",
            {"parcels": Counts(total=3, moved=3, delivered=2)},
            "2 of 3 parcels delivered",
        ),
        ("delivered", {"delivered_at": NOON}, "Delivered today at 12:00"),
        ("delivered", {"delivered_at": NOON - DAY}, "Delivered yesterday at 12:00"),
        ("delivered", {"delivered_at": NOON - 3 * DAY}, "Delivered on Wednesday 18"),
        ("completed", {"delivered_at": datetime(2025, 3, 4, tzinfo=UTC)}, "Delivered on Tuesday 4 March 2025"),
        ("delivered", {"delivered_at": NOON, "sub_status": "delivered.collected"}, "Collected today at 12:00"),
        ("returning", {}, "On its way back to us"),
        ("cancelled", {}, "This order was cancelled"),
    ],
)  # fmt: skip
def test_the_headline_says_where_and_when(state, known, said):
    assert headline(facts(state, **known)) == said


def test_a_slot_is_said_until_it_is_over():
    slot = {"slot_from": NOON + timedelta(hours=4), "slot_to": NOON + timedelta(hours=6)}
    ahead = facts("out_for_delivery", since=NOON, **slot)
    assert headline(ahead) == "Arrives today, between 16:00 and 18:00"
    past = replace(ahead, clock=replace(CLOCK, now=NOON + timedelta(hours=7)))
    assert headline(past) == "Arrives today"


def test_what_stands_in_the_way_is_the_headline_of_an_only_parcel():
    assert (
        headline(facts("shipped", trouble="failed_attempt.not_home")) == "The driver came, and nobody was in"
    )
    assert headline(facts("shipped", trouble="exception.lost")) == "Your parcel was lost"


def test_with_several_parcels_the_counts_come_before_the_trouble_of_one():
    counts = Counts(total=3, moved=3, delivered=2)
    said = headline(facts("partially_delivered", trouble="failed_attempt.not_home", parcels=counts))
    assert said == "2 of 3 parcels delivered"


@pytest.mark.parametrize("status", [Status.FAILED_ATTEMPT, Status.EXCEPTION, Status.EXPIRED])
def test_every_trouble_has_a_headline(status):
    assert all(trouble_headline(sub) for sub in SubStatus if sub.status is status)


def test_nothing_to_worry_about_is_no_trouble():
    fine = (Status.PENDING, Status.OUT_FOR_DELIVERY, Status.DELIVERED, Status.AVAILABLE_FOR_PICKUP)
    assert not any(trouble_headline(sub) for sub in SubStatus if sub.status in fine)


def test_a_parcel_that_only_has_a_label_is_packed_and_waits():
    assert parcel_headline(facts("preparing")) == "Packed, and waiting for the carrier"


days = st.one_of(st.none(), st.dates(TODAY - 40 * DAY, TODAY + 40 * DAY))


@given(st.sampled_from(PLACES), days, days, days, st.booleans(), st.integers(1, 4))
def test_no_headline_promises_a_day_that_has_passed(state, first, last, promised, delayed, total):
    known = facts(
        state,
        eta_first=first,
        eta_last=last,
        promised_date=promised,
        delayed=delayed,
        parcels=Counts(total=total),
    )
    assert headline(known)
    if (last is None or last < TODAY) and (promised is None or promised < TODAY):
        assert arrival(known) == ""


# --- Days and hours ---


def test_hours_are_told_as_the_country_tells_them():
    at = datetime(2026, 11, 21, 15, 5, tzinfo=UTC)
    assert Clock(NOON, MADRID, locale_for("en", "ES")).hour(at) == "16:05"
    american = Clock(NOON, ZoneInfo("America/New_York"), locale_for("en", "US"))
    assert american.hour(at) == "10:05\xa0AM"


@pytest.mark.parametrize("language", ["es", "en", "pt-br", "fr", "it", "de"])
def test_days_are_said_in_every_language(language):
    with translation.override(language):
        clock = Clock(NOON, MADRID, locale_for(language, "ES"))
        said = {clock.day(TODAY + n * DAY) for n in range(400)}
        assert len(said) == 400
        assert clock.short_day(TODAY) and clock.heading(TODAY)


@pytest.mark.parametrize(
    "country,postal_code,zone",
    [
        ("ES", "35001", "Atlantic/Canary"),
        ("ES", "28038", "Europe/Madrid"),
        ("FR", "69001", "Europe/Paris"),
        ("JP", "", "Asia/Tokyo"),
        ("", "", "Europe/Madrid"),
        ("XX", "", "Europe/Madrid"),
    ],
)
def test_a_parcel_arrives_in_the_zone_of_its_address(country, postal_code, zone):
    found = zone_for(country=country, postal_code=postal_code, shop_country="ES", shop_zone="Europe/Madrid")
    assert str(found) == zone


def test_at_home_an_address_that_does_not_tell_its_zone_has_the_shops():
    found = zone_for(country="US", postal_code="", shop_country="US", shop_zone="America/Denver")
    assert str(found) == "America/Denver"
