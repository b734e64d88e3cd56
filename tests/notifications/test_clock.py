"""What time alone gives to tell: the right things, in the recipient's morning, each once, however often one looks."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.clock import Life, news_between, next_time
from notifications.conditions import About, Condition
from notifications.rules import Bounds, Reach, Recipient, Rule, decide
from tracking.states import OrderState

MADRID, NEW_YORK = ZoneInfo("Europe/Madrid"), ZoneInfo("America/New_York")
DAY = timedelta(days=1)
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 6, 1, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)


def at(said: str, zone=MADRID) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=zone)


SHIPPED = Life("shipped", at("2026-11-20T10:00"), MADRID, last_event_at=at("2026-11-20T10:00"))
DUE_ON_TUESDAY = replace(SHIPPED, eta_first=TUESDAY, eta_last=TUESDAY)
WAITING = Life(
    "ready_for_pickup", at("2026-11-20T16:00"), MADRID, waits_since=at("2026-11-20T16:00"), waits_until=date(2026, 11, 30)
)  # fmt: skip


def rule(occasion, channel="email", key="", **fields):
    return Rule(key or f"{occasion}:{channel}", occasion, channel, **fields)


def told(life, *rules, after=LONG_AGO, until=END):
    """Each with the hour on the recipient's clock."""
    return [
        (one.occasion, one.at.astimezone(life.zone).strftime("%m-%d %H:%M"))
        for one in news_between(life, rules, after, until)
    ]


DAYS = (rule("arrives_tomorrow"), rule("arrives_today"), rule("eta_missed"))


def test_an_order_is_told_of_on_the_eve_on_the_day_and_the_morning_after():
    assert told(DUE_ON_TUESDAY, *DAYS) == [
        ("arrives_tomorrow", "11-23 09:00"),
        ("arrives_today", "11-24 09:00"),
        ("eta_missed", "11-25 09:00"),
    ]


def test_the_morning_is_the_recipients_and_begins_with_the_rules_hours():
    there = replace(DUE_ON_TUESDAY, zone=NEW_YORK)
    (news,) = news_between(there, [rule("arrives_today", hours=(7, 20))], LONG_AGO, END)
    assert news.at == datetime(2026, 11, 24, 12, tzinfo=UTC)
    assert news.until == datetime(2026, 11, 25, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("known_at", "said"),
    [
        ("2026-11-23T15:00", [("arrives_tomorrow", "11-23 15:00"), ("arrives_today", "11-24 09:00")]),
        ("2026-11-23T22:30", [("arrives_today", "11-24 09:00")]),
        ("2026-11-24T07:00", [("arrives_today", "11-24 09:00")]),
        ("2026-11-24T12:10", [("arrives_today", "11-24 12:10")]),
        ("2026-11-24T21:00", []),
    ],
    ids=["on the eve", "at night", "that morning", "that noon", "that night"],
)
def test_a_day_known_late_is_told_as_soon_as_it_is_known_where_there_is_still_time(known_at, said):
    life = replace(DUE_ON_TUESDAY, eta_since=at(known_at))
    assert told(life, *DAYS[:2]) == said


@pytest.mark.parametrize(
    "state", ["preparing", "ready_for_pickup", "delivered", "cancelled", "returning", "completed"]
)
def test_only_what_is_on_its_way_arrives(state):
    assert told(replace(DUE_ON_TUESDAY, state=state), *DAYS[:2]) == []


def test_what_the_customs_hold_does_not_arrive_tomorrow_but_is_missed():
    assert told(replace(DUE_ON_TUESDAY, held_up=True), *DAYS) == [("eta_missed", "11-25 09:00")]


@pytest.mark.parametrize(
    "state", ["delivered", "ready_for_pickup", "returned", "cancelled", "awaiting_payment"]
)
def test_nothing_is_missed_that_has_come_or_is_not_coming(state):
    assert told(replace(DUE_ON_TUESDAY, state=state), rule("eta_missed")) == []


def test_each_day_promised_is_missed_once():
    first = news_between(DUE_ON_TUESDAY, DAYS, LONG_AGO, END)[-1]
    later = news_between(replace(DUE_ON_TUESDAY, eta_last=TUESDAY + 2 * DAY), DAYS, LONG_AGO, END)[-1]
    assert (first.detail, later.detail) == ("2026-11-24", "2026-11-26")


def test_reminders_follow_one_another_until_the_deadline():
    steps = [
        rule("pickup_waiting", key="two", settings={"after_days": 2}),
        rule("pickup_waiting", key="five", settings={"after_days": 5}),
        rule("pickup_waiting", key="last", settings={"days_left": 1}),
        rule("pickup_waiting", key="never", settings={"after_days": 11}),
    ]
    news = news_between(WAITING, steps, LONG_AGO, END)
    assert [(n.rules, n.at.astimezone(MADRID).strftime("%m-%d %H")) for n in news] == [
        (("two",), "11-22 09"), (("five",), "11-25 09"), (("last",), "11-29 09"),
    ]  # fmt: skip
    assert len({n.detail for n in news}) == 3
    assert {n.until for n in news} == {at("2026-12-01T00:00").astimezone(UTC)}


def test_of_two_reminders_of_one_morning_the_more_urgent_is_said():
    short = replace(WAITING, waits_until=date(2026, 11, 23))
    steps = [
        rule("pickup_waiting", key="a", settings={"after_days": 2}),
        rule("pickup_waiting", key="b", settings={"days_left": 1}),
    ]
    (news,) = news_between(short, steps, LONG_AGO, END)
    assert (news.rules, news.detail.endswith("-1.2026-11-23")) == (("a", "b"), True)


def test_what_came_this_afternoon_and_goes_back_tomorrow_is_not_reminded_of_this_morning():
    short = replace(WAITING, waits_until=date(2026, 11, 21))
    assert told(short, rule("pickup_waiting", settings={"days_left": 1})) == []


def test_a_parcel_waits_whatever_the_others_of_its_order_do():
    life = replace(WAITING, state="shipped")
    assert told(life, rule("pickup_waiting", settings={"after_days": 2})) == [
        ("pickup_waiting", "11-22 09:00")
    ]


def test_what_waits_is_looked_at_each_morning_since_its_deadline_may_become_known():
    unknown = replace(WAITING, waits_until=None)
    last = [rule("pickup_waiting", settings={"days_left": 1})]
    assert next_time(unknown, last, at("2026-11-21T12:00")) == at("2026-11-22T09:00")
    assert next_time(unknown, last, at("2026-12-20T12:00")) is None
    assert next_time(replace(unknown, state="delivered"), last, at("2026-11-21T12:00")) is None


def test_silence_is_said_after_the_hours_a_rule_names():
    assert told(SHIPPED, rule("silent", settings={"hours": 30})) == [("silent", "11-21 16:00")]


@pytest.mark.parametrize(
    ("usual_h", "said"),
    [(None, "11-25 10:00"), (6, "11-23 10:00"), (36, "11-24 10:00")],
    ids=["nobody knows", "not for hours", "twice what is usual"],
)
def test_silence_is_long_by_what_is_usual_and_sundays_count_for_nothing(usual_h, said):
    gap = timedelta(hours=usual_h) if usual_h else None
    assert told(replace(SHIPPED, usual_gap=gap), rule("silent", settings={"hours": 0})) == [("silent", said)]


def test_one_silence_is_one_and_the_next_another():
    again = replace(SHIPPED, last_event_at=at("2026-11-23T18:00"))
    (one,), (other,) = (news_between(life, [rule("silent")], LONG_AGO, END) for life in (SHIPPED, again))
    assert one.detail != other.detail


def test_what_was_never_scanned_is_silent_since_it_left():
    assert told(replace(SHIPPED, last_event_at=None), rule("silent", settings={"hours": 48})) == [
        ("silent", "11-22 10:00")
    ]


@pytest.mark.parametrize("state", ["preparing", "ready_for_pickup", "delivered", "returning"])
def test_silence_is_only_of_what_is_on_its_way(state):
    assert told(replace(SHIPPED, state=state), rule("silent")) == []


def test_an_order_is_asked_about_some_days_after_it_came():
    life = replace(SHIPPED, state="completed", delivered_at=at("2026-11-20T18:00"))
    assert told(life, rule("review_time", settings={"days": 3})) == [("review_time", "11-23 09:00")]
    assert told(life, rule("review_time", settings={"days": 0})) == [("review_time", "11-20 18:00")]
    for state in ("returned", "returning", "cancelled", "delivered_incomplete"):
        assert told(replace(life, state=state), rule("review_time", settings={"days": 3})) == []
    assert told(replace(life, is_asked=False), rule("review_time", settings={"days": 3})) == []


def test_days_are_told_at_nine_also_where_the_clock_is_changed_that_night():
    autumn = replace(DUE_ON_TUESDAY, eta_last=date(2026, 10, 25))
    (news,) = news_between(autumn, [rule("arrives_today")], LONG_AGO, END)
    assert news.at == datetime(2026, 10, 25, 8, tzinfo=UTC)
    silent = replace(SHIPPED, last_event_at=at("2026-10-23T10:00"), usual_gap=timedelta(hours=24))
    (news,) = news_between(silent, [rule("silent")], LONG_AGO, END)
    assert news.at == datetime(2026, 10, 26, 9, tzinfo=UTC)  # Monday at ten, the Sunday of 25 hours left out


def test_who_says_nothing_or_is_off_has_no_time():
    assert told(DUE_ON_TUESDAY, rule("arrives_today", enabled=False), rule("eta_missed", sends=False)) == []
    assert (
        next_time(DUE_ON_TUESDAY, [rule("arrives_today", enabled=False), rule("shipped")], LONG_AGO) is None
    )


# --- Of several rules ---


def decided(life, rules, about=None, until=END, after=LONG_AGO):
    """What goes out, looking at each moment something is due."""
    reach = Reach([Recipient("email", "a@example.com"), Recipient("sms", "+34600000000")], zone=MADRID)
    made = []
    for one in news_between(life, rules, after, until):
        made += decide([one], rules, about or About(), reach, Bounds(), one.at)
    return [(p.rule, p.channel, p.held) for p in made]


def test_each_channel_has_its_rule_at_the_same_moment():
    rules = [rule("arrives_today"), rule("arrives_today", "sms")]
    assert decided(DUE_ON_TUESDAY, rules) == [
        ("arrives_today:email", "email", ""), ("arrives_today:sms", "sms", ""),
    ]  # fmt: skip


def test_one_rule_wins_in_its_own_time():
    """The French rule comes first, and says it at ten: the house does not say it at nine as well."""
    french = rule(
        "arrives_today", key="french", hours=(10, 20), conditions=(Condition("country", "in", ("FR",)),)
    )
    rules = [french, rule("arrives_today", position=1_000_000)]
    assert decided(DUE_ON_TUESDAY, rules, About(country="FR")) == [("french", "email", "")]
    assert decided(DUE_ON_TUESDAY, rules, About(country="ES")) == [("arrives_today:email", "email", "")]


def test_a_rule_that_says_that_nothing_goes_out_has_no_time_and_wins_all_the_same():
    never = rule("pickup_waiting", key="never", sends=False, settings={"after_days": 9})
    steps = [
        rule("pickup_waiting", key="two", settings={"after_days": 2}, position=9),
        rule("pickup_waiting", key="last", settings={"days_left": 1}, position=9),
    ]
    assert decided(WAITING, [never, *steps]) == [("never", "email", "rule"), ("never", "email", "rule")]
    assert [r for r, _c, _h in decided(WAITING, steps)] == ["two", "last"]


def test_what_is_not_true_any_more_when_it_could_be_sent_is_kept_back():
    slow = rule("arrives_tomorrow", delay_minutes=24 * 60)
    assert decided(DUE_ON_TUESDAY, [slow]) == [("arrives_tomorrow:email", "email", "too_late")]


# --- Whatever the order, the rules and the moments one looks at ---

MOMENTS = st.timedeltas(timedelta(days=240), timedelta(days=480)).map(lambda span: LONG_AGO + span)
DATES = st.dates(date(2026, 10, 1), date(2027, 4, 1))
ZONES = st.sampled_from(
    [MADRID, NEW_YORK, UTC, ZoneInfo("America/Asuncion"), ZoneInfo("Australia/Lord_Howe")]
)
LIVES = st.builds(
    Life,
    state=st.sampled_from([state.value for state in OrderState if state is not OrderState.INVOICE_ISSUED]),
    state_since=MOMENTS,
    zone=ZONES,
    eta_first=st.none(),
    eta_last=st.none() | DATES,
    eta_since=st.none() | MOMENTS,
    delivered_at=st.none() | MOMENTS,
    waits_since=st.none() | MOMENTS,
    waits_until=st.none() | DATES,
    last_event_at=st.none() | MOMENTS,
    usual_gap=st.none() | st.integers(1, 700).map(lambda h: timedelta(hours=h)),
    held_up=st.booleans(),
)
HOURS = st.none() | st.tuples(st.integers(0, 23), st.integers(0, 24))
RULES = st.lists(
    st.one_of(
        st.builds(rule, st.sampled_from(["arrives_tomorrow", "arrives_today", "eta_missed"]), hours=HOURS),
        st.builds(
            lambda d, h: rule("pickup_waiting", settings={"after_days": d}, hours=h),
            st.integers(1, 30),
            HOURS,
        ),
        st.builds(
            lambda d, h: rule("pickup_waiting", settings={"days_left": d}, hours=h), st.integers(0, 10), HOURS
        ),
        st.builds(lambda n: rule("silent", settings={"hours": n}), st.integers(0, 720)),
        st.builds(lambda n, h: rule("review_time", settings={"days": n}, hours=h), st.integers(0, 60), HOURS),
    ),
    max_size=5,
).map(lambda rules: [replace(one, key=f"{n}") for n, one in enumerate(rules)])


@given(LIVES, RULES, st.lists(MOMENTS, min_size=2, max_size=8).map(sorted))
def test_a_stretch_split_anywhere_tells_the_same(life, rules, moments):
    whole = news_between(life, rules, moments[0], moments[-1])
    parts = [n for a, b in pairwise(moments) for n in news_between(life, rules, a, b)]
    assert parts == whole
    assert all(moments[0] < n.at <= moments[-1] for n in whole)


@settings(max_examples=200)
@given(LIVES, RULES, MOMENTS, st.timedeltas(timedelta(), timedelta(days=200)))
def test_who_looks_only_when_told_to_misses_nothing(life, rules, start, span):
    looked, heard = start, []
    while (again := next_time(life, rules, looked)) and again <= start + span:
        assert again > looked
        heard += news_between(life, rules, looked, again)
        looked = again
    assert heard == news_between(life, rules, start, start + span)


@given(LIVES, RULES)
def test_nothing_is_told_twice(life, rules):
    news = news_between(life, rules, LONG_AGO, END)
    assert len({(n.occasion, n.detail, key) for n in news for key in n.rules}) == sum(
        len(n.rules) for n in news
    )
