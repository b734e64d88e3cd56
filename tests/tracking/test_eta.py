"""When it arrives: whose word counts, and what is late."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.types import Eta, Status
from tracking.eta import Arrival, EtaSource, Lane, arrival, business_days_after, estimate, is_business_day

some = settings(max_examples=150, deadline=None, database=None)
MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # a Saturday, 13:00 in Madrid
TODAY = date(2026, 11, 21)


def day(offset: int, until: int | None = None) -> Eta:
    return Eta(TODAY + timedelta(days=offset), TODAY + timedelta(days=offset if until is None else until))


def slot(start: int, end: int) -> Eta:
    """A slot today, in hours from now."""
    return Eta(TODAY, TODAY, NOW + timedelta(hours=start), NOW + timedelta(hours=end))


def at(status: Status = Status.IN_TRANSIT, **words: object) -> Arrival:
    return arrival(status, now=NOW, zone=MADRID, **words)  # type: ignore[arg-type]


ETAS = st.none() | st.tuples(st.integers(-9, 9), st.integers(0, 4)).map(lambda p: day(p[0], p[0] + p[1]))


@some
@given(
    st.sampled_from(Status),
    ETAS | st.tuples(st.integers(-9, 9), st.integers(0, 5)).map(lambda p: slot(p[0], p[0] + p[1])),
    ETAS,
    ETAS,
)
def test_what_is_shown_is_never_in_the_past(status, carrier, promise, own):
    got = at(status, carrier=carrier, promise=promise, estimate=own)
    assert got.late_days >= 0
    assert (got.eta is None) == (got.source is None)
    if got.eta:
        assert TODAY <= got.eta.first_date <= got.eta.last_date
        assert got.eta.slot_to is None or got.eta.slot_to >= NOW


def test_the_carriers_slot_comes_first_then_its_day_then_the_promise_then_our_estimate():
    words = {"carrier": slot(1, 3), "promise": day(2), "estimate": day(1, 4)}
    assert at(**words).source is EtaSource.CARRIER_SLOT
    words["carrier"] = day(1)
    assert at(**words).source is EtaSource.CARRIER_DAY
    words["carrier"] = None
    assert at(**words) == Arrival(day(2), EtaSource.PROMISE)
    words["promise"] = None
    assert at(**words) == Arrival(day(1, 4), EtaSource.ESTIMATE)
    assert at() == Arrival()


def test_a_slot_that_has_passed_leaves_the_day():
    got = at(carrier=slot(-3, -1))
    assert got == Arrival(day(0), EtaSource.CARRIER_DAY)


def test_a_slot_under_way_still_counts():
    assert at(carrier=slot(-1, 1)).source is EtaSource.CARRIER_SLOT


def test_a_carriers_day_that_has_passed_gives_way_to_the_next_best():
    assert at(carrier=day(-2), promise=day(1)) == Arrival(day(1), EtaSource.PROMISE)
    assert at(carrier=day(-2), estimate=day(1)) == Arrival(day(1), EtaSource.ESTIMATE, 3)


def test_a_range_begun_in_the_past_is_shown_from_today():
    assert at(promise=day(-2, 2)).eta == day(0, 2)


def test_behind_the_promise_is_late_whatever_the_carrier_says():
    assert at(carrier=day(3), promise=day(1)) == Arrival(day(3), EtaSource.CARRIER_DAY, 2)
    assert at(carrier=day(1), promise=day(3)).late_days == 0


def test_past_every_word_there_is_nothing_to_show_but_how_late_it_is():
    got = at(carrier=day(-1), promise=day(-3), estimate=day(-2))
    assert got == Arrival(late_days=3)
    assert got.is_late
    assert at(carrier=day(-1)) == Arrival(late_days=1)


def test_our_own_estimate_makes_nothing_late():
    assert at(estimate=day(-5)) == Arrival()


def test_what_has_been_delivered_was_late_or_not():
    on_time = NOW - timedelta(days=3)
    assert at(Status.DELIVERED, promise=day(-3), delivered_at=on_time) == Arrival()
    assert at(Status.DELIVERED, promise=day(-5), delivered_at=on_time) == Arrival(late_days=2)


@pytest.mark.parametrize("status", [Status.RETURNING, Status.RETURNED, Status.CANCELLED])
def test_what_does_not_come_has_no_day(status):
    assert at(status, carrier=day(1), promise=day(-3)) == Arrival()


def test_today_is_the_destinations_today():
    late_evening = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # the 22nd in Madrid, the 21st in São Paulo
    due = day(0)
    madrid = arrival(Status.IN_TRANSIT, now=late_evening, zone=MADRID, carrier=due)
    paulo = arrival(Status.IN_TRANSIT, now=late_evening, zone=ZoneInfo("America/Sao_Paulo"), carrier=due)
    assert (madrid.eta, madrid.late_days) == (None, 1)
    assert (paulo.eta, paulo.late_days) == (due, 0)


# --- Business days and our own estimate ---


def test_weekends_and_holidays_of_country_and_region_do_not_count():
    assert not is_business_day(date(2026, 11, 22), country="ES")  # Sunday
    assert not is_business_day(date(2026, 12, 8), country="ES")  # Inmaculada
    assert is_business_day(date(2026, 12, 9), country="ES")
    assert not is_business_day(date(2026, 9, 11), country="ES", region="CT")  # Diada
    assert is_business_day(date(2026, 9, 11), country="ES", region="MD")


def test_a_region_is_known_by_its_short_or_its_full_code():
    for region in ("CT", "ES-CT", "ct"):
        assert not is_business_day(date(2026, 9, 11), country="es", region=region)


def test_an_unknown_region_has_its_countrys_holidays_and_an_unknown_country_weekends():
    assert not is_business_day(date(2026, 12, 8), country="ES", region="Nowhere")
    assert is_business_day(date(2026, 12, 25), country="XX")
    assert not is_business_day(date(2026, 11, 21), country="")  # Saturday


def test_two_business_days_after_a_friday_before_a_long_weekend():
    # Monday 7 December 2026 is no national holiday, Tuesday 8 is.
    assert business_days_after(date(2026, 12, 4), 1, country="ES") == date(2026, 12, 7)
    assert business_days_after(date(2026, 12, 4), 2, country="ES") == date(2026, 12, 9)


def test_a_parcel_picked_up_on_a_holiday_starts_on_the_next_business_day():
    assert business_days_after(date(2026, 12, 8), 0, country="ES") == date(2026, 12, 9)
    assert business_days_after(date(2026, 12, 8), 1, country="ES") == date(2026, 12, 9)
    assert business_days_after(date(2026, 12, 9), 0, country="ES") == date(2026, 12, 9)


@some
@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.integers(0, 30),
    st.sampled_from(["ES", "BR", "FR", "AE", "XX"]),
)
def test_business_days_go_forward_and_land_on_one(start, count, country):
    landed = business_days_after(start, count, country=country)
    assert landed >= start
    assert is_business_day(landed, country=country)
    assert business_days_after(start, count + 1, country=country) >= landed


def test_our_estimate_comes_from_how_long_others_took():
    lane = Lane(fast_days=1, slow_days=2, samples=40)
    assert estimate(lane, moved_on=date(2026, 12, 4), country="ES") == Eta(
        date(2026, 12, 7), date(2026, 12, 9)
    )


@pytest.mark.parametrize("lane", [Lane(1, 2, samples=20), Lane(5, 90, samples=500)])
def test_there_is_an_estimate_with_just_enough_to_go_by(lane):
    assert estimate(lane, moved_on=date(2026, 12, 4), country="ES") is not None


@pytest.mark.parametrize("lane", [None, Lane(1, 2, samples=19), Lane(5, 91, samples=500)])
def test_there_is_no_estimate_without_enough_to_go_by(lane):
    assert estimate(lane, moved_on=date(2026, 12, 4), country="ES") is None
