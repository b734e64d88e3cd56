"""What an account asks first: what somebody waits for, and in the end everything."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.types import Eta, Status
from tests.tracking.timeline import EVENTS, START, S, hours, said
from tracking.machine import fold
from tracking.position import NEW, Position, Stored
from tracking.urgency import AT_ONCE, LONG_SILENT, WEIGHTS, Urgency, pressure, urgency_of

some = settings(max_examples=200, deadline=None, database=None)
MADRID = ZoneInfo("Europe/Madrid")
DAY = timedelta(days=1)
WAITS = st.timedeltas(timedelta(0), timedelta(days=60))


def urgency(where: Position, hour: float, eta: Eta | None = None) -> Urgency:
    return urgency_of(where, at=hours(hour), registered_at=START, eta=eta, zone=MADRID)


@some
@given(EVENTS, st.integers(0, 5000))
def test_what_is_over_is_never_urgent_and_what_is_on_the_van_never_last(
    events: list[Stored], hour: int
) -> None:
    where = fold(events)
    found = urgency(where, hour)
    assert found in (Urgency.LAST, Urgency.USUAL, Urgency.SOON)
    if where.is_settled:
        assert found is Urgency.LAST
    elif where.status is Status.OUT_FOR_DELIVERY and where.since and hours(hour) - where.since < DAY:
        assert found is Urgency.SOON


@some
@given(st.integers(0, 40))
def test_the_day_it_is_expected_is_the_day_to_ask(day: int) -> None:
    where, today = fold([said(S.DEPARTED_FACILITY, 4)]), (START + timedelta(hours=24 * day)).date()
    eta = Eta(date.fromordinal(START.toordinal() + 5), date.fromordinal(START.toordinal() + 6))
    expected = eta.first_date <= today <= eta.last_date + DAY
    assert (urgency(where, 24 * day, eta) is Urgency.SOON) == expected


def test_a_parcel_silent_for_long_is_asked_about_last() -> None:
    where = fold([said(S.DEPARTED_FACILITY, 0)])
    silent_h = LONG_SILENT / timedelta(hours=1)
    assert urgency(where, silent_h - 1) is Urgency.USUAL
    assert urgency(where, silent_h) is Urgency.LAST
    assert urgency(NEW, 1) is Urgency.USUAL
    assert urgency(NEW, silent_h) is Urgency.LAST


@some
@given(WAITS, WAITS, st.sampled_from(Urgency), st.sampled_from(Urgency))
def test_of_two_that_waited_as_long_the_urgent_one_goes_first(
    one: timedelta, other: timedelta, low: Urgency, high: Urgency
) -> None:
    assert (pressure(low, one) < pressure(high, one)) == (low < high)
    assert (pressure(low, one) < pressure(low, other)) == (one < other)


@some
@given(st.sampled_from(Urgency), st.sampled_from(Urgency))
def test_nothing_waits_for_ever(low: Urgency, high: Urgency) -> None:
    """What has just fallen due comes after what has waited as many times as long as it weighs more."""
    enough = AT_ONCE * (WEIGHTS[high] / WEIGHTS[low])
    assert pressure(low, enough) >= pressure(high, timedelta(0))


def test_a_small_budget_is_spent_where_it_matters() -> None:
    """1,000 parcels and 100 calls a day, for ten days: those on the van are asked about the same hour."""
    due_at = {n: float(-n % 240) / 10 for n in range(1000)}  # hours; the usual ones, asked every 4 h
    kind = dict.fromkeys(due_at, Urgency.USUAL)
    waits: dict[Urgency, list[float]] = {one: [] for one in Urgency}
    for call in range(1000):
        hour = 24 + call * 24 / 100
        if call % 10 == 0:  # ten a day go on the van
            kind[call], due_at[call] = Urgency.SOON, hour
        due = [n for n, at in due_at.items() if at <= hour]
        first = max(due, key=lambda n: pressure(kind[n], timedelta(hours=hour - due_at[n])))
        waits[kind[first]].append(hour - due_at[first])
        due_at[first], kind[first] = hour + 4, Urgency.USUAL

    assert len(waits[Urgency.SOON]) == 100
    assert max(waits[Urgency.SOON]) < 1
    assert len(waits[Urgency.USUAL]) == 900
