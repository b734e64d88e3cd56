"""What of a delivery can be changed, until when, and which days and hours there are to choose. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.types import Status, SubStatus
from tracking import changing
from tracking.change_form import Choices, read
from tracking.changing import Stage, Terms, Verdict, Window

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)  # a Wednesday, 13:00 in Madrid
FRIDAY = date(2026, 11, 27)


@dataclass(frozen=True)
class Option:
    id: int = 1
    kind: str = "day"
    way: str = "task"
    carriers: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    postal_codes: tuple[str, ...] = ()
    stages: tuple[str, ...] = ("before", "moving", "trouble")
    cutoff_time: time | None = time(20)
    cutoff_days: int = 1
    price: Decimal = Decimal()
    most_an_order: int = 3


@dataclass(frozen=True)
class Parcel:
    id: int = 7
    carrier: str = "seur"
    service: str = ""
    direction: str = "outbound"
    status: str = Status.IN_TRANSIT
    sub_status: str = "in_transit.in_transit"
    eta_first: date | None = FRIDAY
    options_url: str = ""


@dataclass(frozen=True)
class Order:
    state: str = "shipped"
    country: str = "ES"
    postal_code: str = "28013"
    eta_first: date | None = None
    promised_date: date | None = None


@dataclass(frozen=True)
class Request:
    shipment_id: int | None = 7
    kind: str = "day"
    status: str = "sent"


def verdict(option=Option(), parcel=Parcel(), requests=(), now=NOW, order=Order()):
    found = changing.offers(order, parcel, [option], list(requests), now=now, zone=MADRID)
    return found[0].verdict if found else None


# --- Which options ---


def test_it_is_open_until_the_hour_of_the_day_before_in_the_shops_own_time():
    last = datetime(2026, 11, 26, 20, tzinfo=MADRID)
    (offer,) = changing.offers(Order(), Parcel(), [Option()], [], now=NOW, zone=MADRID)
    assert offer.cutoff_at == last
    assert verdict(now=last - timedelta(seconds=1)) is Verdict.OPEN
    assert verdict(now=last) is Verdict.TOO_LATE


@pytest.mark.parametrize(
    ("expected", "hour", "cutoff"),
    [
        # 29 March 2026: at 2:00 it is 3:00. The evening before is an hour nearer to the day.
        (date(2026, 3, 29), time(20), datetime(2026, 3, 28, 19, tzinfo=UTC)),
        (date(2026, 3, 30), time(20), datetime(2026, 3, 29, 18, tzinfo=UTC)),
        (date(2026, 3, 30), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # an hour there is not
        # 25 October 2026: 2:30 comes twice; the first counts.
        (date(2026, 10, 26), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (date(2026, 10, 26), time(20), datetime(2026, 10, 25, 19, tzinfo=UTC)),
    ],
)
def test_the_hour_holds_on_the_days_the_clocks_change(expected, hour, cutoff):
    option = Option(cutoff_time=hour)
    assert changing.cutoff_of(option, expected, MADRID) == cutoff
    parcel = Parcel(eta_first=expected)
    assert verdict(option, parcel, now=cutoff - timedelta(seconds=1)) is Verdict.OPEN
    assert verdict(option, parcel, now=cutoff) is Verdict.TOO_LATE


def test_without_an_hour_the_whole_of_the_day_counts_and_without_either_there_is_no_end():
    assert changing.cutoff_of(Option(cutoff_time=None), FRIDAY, MADRID) == datetime(
        2026, 11, 26, 23, tzinfo=UTC
    )
    assert changing.cutoff_of(Option(cutoff_time=None, cutoff_days=0), FRIDAY, MADRID) is None
    assert changing.cutoff_of(Option(), None, MADRID) is None


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (Status.INFO_RECEIVED, Verdict.OPEN),
        (Status.IN_TRANSIT, Verdict.OPEN),
        (Status.FAILED_ATTEMPT, Verdict.OPEN),
        (Status.OUT_FOR_DELIVERY, Verdict.TOO_LATE),
        (Status.DELIVERED, Verdict.TOO_LATE),
        (Status.RETURNING, Verdict.TOO_LATE),
    ],
)
def test_a_stage_that_has_passed_is_too_late(status, wanted):
    assert verdict(parcel=Parcel(status=status)) is wanted


def test_an_option_for_later_is_not_spoken_of_yet():
    assert verdict(Option(stages=("trouble",))) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"carriers": ("ups",)},
        {"services": ("24h",)},
        {"countries": ("PT",)},
        {"postal_codes": ("46", "460")},
        {"way": "link"},  # the carrier gave no page of its own
        {"way": "carrier", "kind": "hold"},  # SEUR takes none
    ],
)
def test_what_the_shop_offers_elsewhere_is_not_offered_here(fields):
    assert verdict(replace(Option(), **fields)) is None


def test_what_fits_the_carrier_the_country_and_the_postal_code_is():
    option = Option(carriers=("seur",), countries=("ES",), postal_codes=("28", "46"), way="carrier")
    assert verdict(option) is Verdict.OPEN


def test_asked_blocked_and_limited():
    assert verdict(requests=[Request()]) is Verdict.ASKED
    assert verdict(requests=[Request(status="accepted")]) is Verdict.OPEN  # may think better of it
    assert verdict(requests=[Request(kind="slot")]) is Verdict.BLOCKED
    assert verdict(requests=[Request(kind="address")]) is Verdict.OPEN
    assert verdict(requests=[Request(status="refused")] * 3) is Verdict.LIMIT
    assert verdict(requests=[Request(shipment_id=8)]) is Verdict.OPEN  # of another parcel


def test_after_a_failed_attempt_there_is_time_until_the_next_day():
    today = date(2026, 11, 25)
    parcel = Parcel(status=Status.FAILED_ATTEMPT, eta_first=today)
    assert changing.expected_day(Order(), parcel, today) == today + timedelta(days=1)
    assert verdict(Option(cutoff_days=1), parcel) is Verdict.OPEN


def test_an_order_without_parcels_can_be_changed_and_one_that_is_over_cannot():
    assert changing.turnable(Order(state="preparing"), []) == [None]
    assert changing.turnable(Order(state="delivered"), [Parcel()]) == []
    assert changing.turnable(Order(), [Parcel(status=Status.DELIVERED)]) == []
    lost = Parcel(status=Status.EXCEPTION, sub_status=SubStatus.EXCEPTION_LOST)
    assert changing.turnable(Order(), [lost]) == []
    assert verdict(parcel=None) is Verdict.OPEN
    assert verdict(Option(carriers=("seur",)), parcel=None) is None


def test_of_two_options_of_a_kind_the_one_that_can_be_had_is_offered():
    late, open_ = Option(id=1, cutoff_days=5), Option(id=2, cutoff_days=0)
    (offer,) = changing.offers(Order(), Parcel(), [late, open_], [], now=NOW, zone=MADRID)
    assert (offer.option.id, offer.verdict) == (2, Verdict.OPEN)


options = st.builds(
    Option,
    kind=st.sampled_from(["day", "slot", "address", "note"]),
    stages=st.lists(st.sampled_from([s.value for s in Stage]), unique=True).map(tuple),
    cutoff_time=st.none() | st.times(),
    cutoff_days=st.integers(0, 5),
    most_an_order=st.integers(0, 3),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001  as it wants them
requests = st.lists(
    st.builds(
        Request,
        kind=st.sampled_from(["day", "slot", "address", "note"]),
        status=st.sampled_from(["asked", "sent", "accepted", "refused", "done", "withdrawn"]),
    ),
    max_size=5,
)


@given(
    options,
    requests,
    moments,
    st.sampled_from(list(Status)),
    st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31)),
)
def test_nothing_is_ever_open_after_its_hour_its_stage_or_its_limit(option, asked, now, status, eta):
    parcel = Parcel(status=status, eta_first=eta)
    for offer in changing.offers(Order(), parcel, [option], asked, now=now, zone=MADRID):
        if offer.verdict is Verdict.OPEN:
            assert offer.cutoff_at is None or now < offer.cutoff_at
            assert changing.stage_of(parcel) in (option.stages or list(Stage))
            assert sum(r.kind == option.kind for r in asked) < option.most_an_order
            assert not any(r.kind == option.kind and r.status in changing.UNSETTLED for r in asked)


@given(options, requests, moments)
def test_the_page_offers_exactly_what_the_page_below_has(option, asked, now):
    found = changing.offers(Order(), Parcel(), [option], asked, now=now, zone=MADRID)
    there = any(offer.verdict is Verdict.OPEN for offer in found)
    assert changing.may_change(Order(), [Parcel()], [option], asked, now=now, zone=MADRID) == there


# --- Days and hours ---


def test_days_leave_out_sundays_holidays_and_the_day_it_comes_anyway():
    terms = Terms(days_ahead=12, saturdays=False)
    found = changing.days(terms, today=date(2026, 11, 25), expected=FRIDAY, country="ES", region="MD")
    # 8 December is a holiday in all of Spain; 6 December, a Sunday, is kept on the 7th in Madrid.
    assert [day.day for day in found] == [30, 1, 2, 3, 4, 9]


def test_sundays_and_holidays_are_there_where_they_are_offered():
    terms = Terms(days_ahead=4, sundays=True, holidays=True, first_after=0)
    found = changing.days(terms, today=date(2026, 12, 5), expected=None, country="ES")
    assert [day.day for day in found] == [5, 6, 7, 8]


@given(
    st.integers(1, 60),
    st.booleans(),
    st.booleans(),
    st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    st.none() | st.integers(-5, 20),
)
def test_no_day_is_offered_that_the_shop_does_not_deliver_on(ahead, saturdays, sundays, today, until):
    expected = None if until is None else today + timedelta(days=until)
    terms = Terms(days_ahead=ahead, saturdays=saturdays, sundays=sundays)
    found = changing.days(terms, today=today, expected=expected, country="ES")
    assert all(day > today and day != expected for day in found)
    assert sundays or all(day.weekday() != 6 for day in found)
    assert saturdays or all(day.weekday() != 5 for day in found)
    assert found == sorted(set(found))


def windows(terms, now=NOW, expected=None, taken=None, zone=MADRID):
    return changing.windows(terms, now=now, expected=expected, zone=zone, taken=taken or {}, country="ES")


def test_windows_know_how_many_places_they_have_left():
    terms = Terms(windows=((time(10), time(12)), (time(18), time(19))), capacity=3, days_ahead=1)
    first, _second = windows(terms)
    assert (first.starts_at, first.free) == (datetime(2026, 11, 26, 9, tzinfo=UTC), 3)
    again = windows(terms, taken={first.starts_at: 0})
    assert [w.free for w in again] == [0, 3]


def test_urgent_hours_of_today_are_offered_until_shortly_before_they_begin():
    hours = tuple((time(h), time(h + 1)) for h in range(12, 20))
    terms = Terms(windows=hours, capacity=1, days_ahead=1, first_after=0, lead_minutes=90)
    assert [w.starts_at.astimezone(MADRID).hour for w in windows(terms)] == [15, 16, 17, 18, 19]


def test_hours_the_clocks_jump_over_are_not_sold():
    terms = Terms(
        windows=((time(1), time(3)), (time(2), time(4)), (time(2, 30), time(5)), (time(9), time(11))),
        capacity=1, days_ahead=1, sundays=True,
    )  # fmt: skip
    found = windows(terms, now=datetime(2026, 3, 28, 12, tzinfo=UTC))
    assert [w.starts_at.astimezone(MADRID).hour for w in found] == [1, 9]


NAMES_OF_TERMS = ["days_ahead", "windows", "capacity", "lead_minutes", "sundays", "first_after"]
anything = st.none() | st.integers() | st.text() | st.lists(st.lists(st.text() | st.integers()))


@given(st.dictionaries(st.sampled_from(NAMES_OF_TERMS), anything))
def test_settings_that_make_no_sense_cost_no_page(settings):
    terms = Terms.of(settings)
    assert 1 <= terms.days_ahead <= changing.MOST_DAYS
    windows(terms)


# --- What was filled in ---


@pytest.mark.parametrize(
    ("kind", "said", "faulty"),
    [
        ("address", {"line": " ", "postal_code": "28013", "city": "Madrid"}, {"line"}),
        ("address", {"line": "Mayor 5", "postal_code": "2801", "city": "Madrid"}, {"postal_code"}),
        ("day", {"day": "2026-11-29"}, {"day"}),
        ("day", {"day": "soon"}, {"day"}),
        ("slot", {"slot": "2026-11-27T09:00:00+00:00"}, {"slot"}),
        ("neighbour", {"name": "Ana"}, {"where"}),
        ("safe_place", {"place": "other"}, {"text"}),
        ("safe_place", {"place": "roof"}, {"place"}),
        ("note", {"text": "\u200b\n"}, {"text"}),
        ("pickup_point", {"place": "999"}, {"place"}),
        ("hold", {"until": "2027-11-29"}, {"until"}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(kind, said, faulty):
    full = Window(datetime(2026, 11, 27, 9, tzinfo=UTC), datetime(2026, 11, 27, 11, tzinfo=UTC), 0)
    choices = Choices("ES", [FRIDAY], [full], {}, (date(2026, 11, 27), date(2026, 12, 9)))
    assert set(read(kind, said, choices).faults) == faulty


def test_what_is_right_is_kept_in_one_line_without_what_cannot_be_seen():
    found = read("note", {"text": "Second  door\r\non the\u202e left\x00"}, Choices())
    assert (found.details, found.faults) == ({"text": "Second door on the left"}, {})
    found = read(
        "address", {"line": "Calle Mayor 5", "postal_code": "28013", "city": "Madrid"}, Choices("ES")
    )
    assert found.details["country"] == "ES"


KINDS = ["address", "day", "slot", "neighbour", "safe_place", "note", "hold", "pickup_point"]
FIELDS = ["line", "name", "city", "postal_code", "day", "slot", "text", "place", "until", "where", "extra"]


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=400)))
def test_nothing_typed_breaks_it_and_nothing_kept_is_long(kind, said):
    found = read(kind, said, Choices("ES", [FRIDAY]))
    assert all(len(str(value)) <= 200 and "\n" not in str(value) for value in found.details.values())
