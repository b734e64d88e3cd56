"""When a carrier is asked next: by stage, slower after failures, never for what is over."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.types import Eta, Status
from tests.tracking.timeline import EVENTS, START, S, hours, position, said
from tracking.machine import fold
from tracking.polling import expiry, next_poll
from tracking.position import NEW, Position

some = settings(max_examples=200, deadline=None, database=None)
MADRID = ZoneInfo("Europe/Madrid")
NOON = START + timedelta(hours=5)  # 12:00 in Madrid, a Monday


def wait(where: Position, now: datetime, **options: object) -> timedelta | None:
    """How long until the next poll, without jitter."""
    values = {"registered_at": START, "eta": None, "zone": MADRID, "jitter": 0.0} | options
    at = next_poll(where, now=now, **values)  # type: ignore[arg-type]
    return None if at is None else at - now


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def at(sub: S, hour: float = 4) -> Position:
    return fold([said(sub, hour)])


@some
@given(
    EVENTS,
    st.integers(0, 5000),
    st.integers(-48, 5000),
    st.integers(0, 60),
    st.floats(0.001, 4),
    st.floats(0, 1, exclude_max=True),
)
def test_the_next_poll_lies_ahead_and_within_reason(events, now, registered, failures, scale, jitter):
    where = fold(events)
    due = next_poll(
        where,
        now=hours(now),
        registered_at=hours(registered),
        eta=None,
        zone=MADRID,
        failures=failures,
        pace_scale=scale,
        jitter=jitter,
    )
    if where.status in (Status.RETURNED, Status.CANCELLED, Status.EXPIRED):
        assert due is None
    if due is not None and where.status is not Status.DELIVERED:
        assert (
            timedelta(seconds=1)
            <= due - hours(now)
            <= max(timedelta(seconds=1), hours(24 * 1.1 * scale) - START) + timedelta.resolution
        )


def test_a_new_number_is_asked_every_four_hours_and_once_a_day_after_five_days():
    assert wait(NEW, START) == timedelta(hours=4)
    assert timedelta(hours=4) < wait(NEW, START + timedelta(days=2)) < timedelta(hours=24)
    assert wait(NEW, START + timedelta(days=5)) == timedelta(hours=24)
    assert wait(at(S.LABEL_CREATED), hours(4)) == timedelta(hours=4)


@pytest.mark.parametrize("sub", [S.PENDING_INVALID_NUMBER, S.PENDING_NEEDS_DATA, S.PENDING_CARRIER_UNKNOWN])
def test_what_waits_for_a_person_is_asked_once_a_day(sub):
    assert wait(at(sub), NOON) == timedelta(hours=24)


def test_a_parcel_in_transit_is_asked_more_often_as_its_day_comes_near():
    def due_in(days: int) -> Eta:
        return Eta(date(2026, 11, 2) + timedelta(days=days), date(2026, 11, 2) + timedelta(days=days))

    near, middle, far = (wait(at(S.PICKED_UP), NOON, eta=due_in(days)) for days in (1, 3, 6))
    assert timedelta(hours=2) <= near < middle < far <= timedelta(hours=6)
    assert wait(at(S.PICKED_UP), NOON) == middle


def test_a_parcel_on_the_van_is_asked_every_ten_minutes_in_its_slot():
    van = at(S.ON_VEHICLE, 2)
    slot = Eta(NOON.date(), NOON.date(), NOON, NOON + timedelta(hours=2))
    assert wait(van, NOON, eta=slot) == minutes(10)
    assert wait(van, NOON - minutes(30), eta=slot) == minutes(10)
    assert wait(van, NOON - minutes(31), eta=slot) == minutes(15)
    assert wait(van, NOON + timedelta(hours=3), eta=slot) == minutes(10)
    assert wait(van, NOON + timedelta(hours=3, minutes=1), eta=slot) == minutes(15)


def test_vans_do_not_drive_at_night_nor_for_days():
    van = at(S.ON_VEHICLE, 2)
    assert wait(van, NOON) == minutes(15)
    assert wait(van, START + timedelta(hours=14)) == minutes(60)  # 21:00 in Madrid
    assert wait(van, NOON + timedelta(days=2)) == minutes(60)


@pytest.mark.parametrize(
    ("sub", "now", "expected"),
    [
        (S.PICKUP_LOCKER, 5, 6),
        (S.RETURNING, 5, 12),
        (S.FAILED_NOT_HOME, 5, 1),
        (S.EXCEPTION_ADDRESS, 5 + 24, 2),
        (S.EXCEPTION_ADDRESS, 5 + 72, 6),
        (S.EXCEPTION_LOST, 5, 24),
    ],
)
def test_each_stage_has_its_pace(sub, now, expected):
    assert wait(at(sub), hours(now)) == timedelta(hours=expected)


def test_a_delivery_is_confirmed_after_twelve_and_after_forty_eight_hours_then_left_alone():
    done = at(S.DELIVERED, 10)
    assert next_poll(done, now=hours(11), registered_at=START, eta=None, zone=MADRID, jitter=0) == hours(22)
    assert next_poll(done, now=hours(22), registered_at=START, eta=None, zone=MADRID, jitter=0) == hours(58)
    assert wait(done, hours(58)) is None
    assert wait(done, hours(500)) is None


def test_jitter_does_not_bring_a_confirmation_forward():
    done = at(S.DELIVERED, 10)
    for jitter in (0.0, 0.5, 0.999):
        due = next_poll(done, now=hours(11), registered_at=START, eta=None, zone=MADRID, jitter=jitter)
        assert hours(22) <= due <= hours(23.2)


def test_a_confirmation_that_failed_is_tried_again_but_not_for_ever():
    done = at(S.DELIVERED, 10)
    assert wait(done, hours(58), failures=1) == timedelta(hours=1)
    assert wait(done, hours(59), failures=2) == timedelta(hours=2)
    assert wait(done, hours(82), failures=3) is None


@pytest.mark.parametrize("sub", [S.RETURNED, S.CANCELLED_VOIDED, S.EXPIRED_NO_EVENTS])
def test_what_is_over_is_asked_no_more(sub):
    assert wait(at(sub), NOON) is None


def test_a_lost_parcel_is_looked_for_for_two_weeks():
    assert wait(at(S.EXCEPTION_LOST), hours(4) + timedelta(days=13)) == timedelta(hours=24)
    assert wait(at(S.EXCEPTION_LOST), hours(4) + timedelta(days=14)) is None


def test_a_disputed_delivery_is_asked_about_again():
    disputed = fold([said(S.DELIVERED, 1), said(S.EXCEPTION_DISPUTED, 100, source="shopper")])
    assert wait(disputed, hours(101)) == timedelta(hours=1)


def test_each_failure_doubles_the_wait_up_to_a_day():
    van = at(S.ON_VEHICLE, 2)
    waits = [wait(van, NOON, failures=failures) for failures in (0, 1, 2, 3)]
    assert waits == [minutes(15), minutes(30), minutes(60), minutes(120)]
    assert wait(van, NOON, failures=50) == timedelta(hours=24)


def test_jitter_puts_a_poll_off_by_a_tenth_at_most():
    assert wait(NEW, START, jitter=0.5) == timedelta(hours=4) * 1.05
    assert wait(NEW, START, jitter=0.999) < timedelta(hours=4.4)


def test_quick_time_shortens_every_wait():
    assert wait(NEW, START, pace_scale=0.001) == timedelta(hours=4) / 1000
    done = at(S.DELIVERED, 10)
    assert wait(done, hours(10), pace_scale=0.001) == timedelta(hours=12) / 1000
    assert wait(done, hours(11), pace_scale=0.001) is None
    assert wait(at(S.ON_VEHICLE, 2), NOON, pace_scale=1e-9) == timedelta(seconds=1)
    with pytest.raises(ValueError, match="above 0"):
        wait(NEW, START, pace_scale=0)


def test_a_shipment_not_heard_of_for_thirty_days_expires():
    moving, days = at(S.PICKED_UP, 0), timedelta(days=1)
    assert expiry(moving, now=START + 29 * days, registered_at=START) is None
    assert expiry(moving, now=START + 30 * days, registered_at=START) is S.EXPIRED_NO_EVENTS
    assert expiry(NEW, now=START + 30 * days, registered_at=START) is S.EXPIRED_NO_EVENTS
    assert wait(moving, START + 30 * days) is None


def test_a_shipment_heard_of_for_months_ages_out_once_it_falls_silent():
    old, days = at(S.ARRIVED_FACILITY, 24 * 115), timedelta(days=1)
    assert expiry(old, now=START + 119 * days, registered_at=START) is None
    assert expiry(old, now=START + 121 * days, registered_at=START) is None
    assert expiry(old, now=START + 122 * days, registered_at=START) is S.EXPIRED_AGED_OUT


@pytest.mark.parametrize(
    "sub", [S.DELIVERED, S.RETURNED, S.CANCELLED_VOIDED, S.EXCEPTION_LOST, S.EXPIRED_AGED_OUT]
)
def test_what_is_settled_does_not_expire(sub):
    assert expiry(at(sub), now=START + timedelta(days=400), registered_at=START) is None


@some
@given(EVENTS, st.integers(0, 9000))
def test_what_expires_is_expired_once_it_is_recorded(events, now):
    where = fold(events)
    verdict = expiry(where, now=hours(now), registered_at=START)
    if verdict:
        recorded = fold([*events, said(verdict, now, source="system", key="gave up")])
        assert recorded.status is Status.EXPIRED
        assert next_poll(recorded, now=hours(now), registered_at=START, eta=None, zone=MADRID) is None


def test_polls_resume_when_a_shipment_given_up_is_heard_of_again():
    events = [said(S.PICKED_UP, 1), said(S.EXPIRED_NO_EVENTS, 800, source="system")]
    assert wait(fold(events), hours(801)) is None
    assert wait(fold([*events, said(S.ARRIVED_FACILITY, 900)]), hours(901)) == timedelta(hours=4)


def test_every_stage_of_a_journey_has_a_next_poll():
    for sub in (S.LABEL_CREATED, S.PICKED_UP, S.ON_VEHICLE, S.PICKUP_STORE, S.FAILED_OTHER, S.RETURNING):
        assert wait(position(sub), hours(3)) is not None
