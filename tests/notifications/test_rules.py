"""What is told, of what, to whom, when: decided from plain values."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import rules as r
from notifications.conditions import About, Condition
from notifications.occasions import OCCASIONS
from notifications.rules import (
    Bounds,
    Moved,
    Reach,
    Recipient,
    Rule,
    decide,
    dedupe_key,
    default_switches,
    news_of,
    of_the_house,
    send_time,
)
from tracking.states import OrderState

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
HOUSE = of_the_house(["email", "sms"])
EMAIL_ONLY = default_switches(["email", "sms"])
MAIL, PHONE = Recipient("email", "a@example.com"), Recipient("sms", "+34600000000")
BOTH = Reach([MAIL, PHONE])
PATH = ["received", "preparing", "shipped", "out_for_delivery", "delivered"]
BOUNDS = Bounds()


def moves(*states, first="received"):
    before, made = first, []
    for n, state in enumerate(states, 1):
        made.append(Moved(n, "milestone" if state == "invoice_issued" else "order", before, state, n))
        before = before if state == "invoice_issued" else state
    return made


def on(*keys, rules=HOUSE):
    """The house's rules with these on as well."""
    return [replace(rule, enabled=rule.enabled or rule.key in keys) for rule in rules]


def plan(moved, rules=HOUSE, reach=BOTH, about=None, bounds=BOUNDS, now=NOW):
    return decide(news_of(moved), rules, about or About(), reach, bounds, now)


def said(planned):
    return [(p.occasion, p.channel, p.whom, p.held) for p in planned]


def test_by_default_five_states_are_told_by_email_and_none_by_a_paid_channel():
    on = {switch for switch, enabled in EMAIL_ONLY.items() if enabled}
    assert on == {
        (s, "email") for s in ("cancelled", "preparing", "shipped", "ready_for_pickup", "delivered")
    }


def test_each_step_taken_alone_is_told_once():
    told = [[p.occasion for p in plan(moves(after, first=before))] for before, after in pairwise(PATH)]
    assert told == [["preparing"], ["shipped"], [], ["delivered"]]


def test_steps_that_come_together_make_one_message_of_the_last_that_is_told():
    assert said(plan(moves("preparing", "shipped", "out_for_delivery"))) == [("shipped", "email", "", "")]
    assert said(plan(moves("shipped", "delivered"))) == [("delivered", "email", "", "")]


def test_the_first_parcel_to_leave_is_told_as_shipped_and_the_second_is_not_told_again():
    assert said(plan(moves("partially_shipped", first="preparing"))) == [("shipped", "email", "", "")]
    assert plan(moves("shipped", first="partially_shipped")) == []


def test_an_invoice_is_news_of_its_own():
    told = plan(moves("shipped", "invoice_issued", first="preparing"), on("invoice_issued:email"))
    assert [p.occasion for p in told] == ["invoice_issued", "shipped"]


def test_nobody_is_told_on_a_channel_they_have_no_address_for():
    reach = Reach([Recipient("email", ""), PHONE])
    planned = plan(moves("shipped", first="preparing"), on("shipped:sms"), reach)
    assert [(p.channel, p.recipient) for p in planned] == [("sms", "+34600000000")]


def test_a_parcel_that_bounces_about_does_not_fill_a_phone():
    reach = Reach(BOTH.recipients, {("email", ""): BOUNDS.most_a_day})
    assert [p.held for p in plan(moves("shipped", first="preparing"), reach=reach)] == ["too_many"]


@given(st.lists(st.sampled_from([s for s in OrderState if s != "invoice_issued"]), max_size=8))
def test_whatever_happens_together_makes_at_most_one_message_a_channel(path):
    everything = [replace(rule, enabled=True) for rule in HOUSE]
    planned = plan(moves(*path), everything)
    assert len({dedupe_key(1, p) for p in planned}) == len(planned) <= 2


# --- Rules of the shop's own ---


def own(**fields):
    return Rule(**{"key": "own-1", "occasion": "shipped", "channel": "sms", "position": 1, **fields})


def test_of_several_rules_that_match_the_first_one_wins():
    first = own(key="own-1", template="own-gift", channel="email", position=1)
    second = own(key="own-2", template="own-other", channel="email", position=2)
    assert [(p.rule, p.template) for p in plan(moves("shipped"), [*HOUSE, second, first])] == [
        ("own-1", "own-gift")
    ]


def test_a_rule_whose_conditions_do_not_hold_leaves_it_to_the_next():
    only_in_france = own(channel="email", conditions=(Condition("country", "in", ("FR",)),))
    in_spain, in_france = About(country="ES"), About(country="FR")
    assert [p.rule for p in plan(moves("shipped"), [*HOUSE, only_in_france], about=in_spain)] == [
        "shipped:email"
    ]
    assert [p.rule for p in plan(moves("shipped"), [*HOUSE, only_in_france], about=in_france)] == ["own-1"]


def test_a_rule_can_say_that_nothing_goes_out_whatever_happens():
    silence = own(
        occasion="any",
        channel="email",
        sends=False,
        conditions=(Condition("sales_channel", "in", ("amazon",)),),
    )
    planned = plan(moves("delivered"), [*HOUSE, silence], about=About(sales_channel="Amazon"))
    assert said(planned) == [("delivered", "email", "", "rule")]
    assert said(plan(moves("delivered"), [*HOUSE, silence])) == [("delivered", "email", "", "")]


def test_rules_of_different_delays_are_different_messages():
    later = own(occasion="delivered", channel="email", delay_days=3)
    planned = plan(moves("delivered"), [*HOUSE, later])
    assert [(p.rule, p.send_at) for p in planned] == [
        ("delivered:email", NOW),
        ("own-1", datetime(2026, 11, 25, 12, 0, tzinfo=UTC)),  # Friday and three working days
    ]
    assert len({dedupe_key(1, p) for p in planned}) == 2


def test_a_rule_tells_nobody_of_what_happened_before_it_was_switched_on():
    late = own(channel="email", enabled_at=NOW)
    before = [Moved(1, "order", "preparing", "shipped", 1, NOW - timedelta(hours=1))]
    assert [p.rule for p in plan(before, [late])] == []
    assert [p.rule for p in plan([replace(before[0], at=NOW)], [late])] == ["own-1"]


def test_the_holdout_gets_what_is_essential_and_the_rest_is_seen_to_be_held():
    assert [p.held for p in plan(moves("shipped"), about=About(control=True))] == [""]
    assert [p.held for p in plan(moves("delivered"), about=About(control=True))] == ["holdout"]


def test_who_asked_for_a_message_gets_it_in_the_holdout_too():
    wanted = Reach(BOTH.recipients, choices={(OrderState.DELIVERED, "email"): True})
    assert [p.held for p in plan(moves("delivered"), reach=wanted, about=About(control=True))] == [""]
    follower = Reach([Recipient("email", "b@example.com", "follower:7")])
    assert [p.held for p in plan(moves("delivered"), reach=follower, about=About(control=True))] == [""]


def test_an_address_that_bounced_is_not_written_to():
    reach = Reach(BOTH.recipients, suppressed={("email", "a@example.com")})
    assert [p.held for p in plan(moves("shipped"), reach=reach)] == ["suppressed"]


def test_an_arrival_that_moves_less_than_the_rule_says_is_no_news():
    def moved(last):
        return [Moved(1, "moment", "eta:2026-11-24/2026-11-24", f"eta:2026-11-24/{last}", 3)]

    rules = [own(occasion="eta_moved", channel="email", settings={"days": 2})]
    assert plan(moved("2026-11-25"), rules) == []
    assert [p.detail for p in plan(moved("2026-11-26"), rules)] == ["2026-11-24/2026-11-26"]


def test_a_day_known_for_the_first_time_is_set_and_not_moved():
    (news,) = news_of([Moved(1, "moment", "", "eta:2026-11-24/2026-11-25", 0)])
    assert (news.occasion, news.detail) == ("eta_set", "2026-11-24/2026-11-25")


def test_a_parcels_step_is_news_by_its_status_and_by_its_detail():
    moved = Moved(
        1, "shipment", "out_for_delivery", "failed_attempt", 2, shipment=7, attempts=2, sub_status="failed_attempt.not_home"
    )  # fmt: skip
    assert [(n.occasion, n.size) for n in news_of([moved])] == [
        ("parcel:failed_attempt", 0), ("attempt_failed", 2), ("parcel:failed_attempt.not_home", 0)
    ]  # fmt: skip
    rule = own(occasion="attempt_failed", channel="email", settings={"attempt": 3})
    assert plan([moved], [rule]) == []


@pytest.mark.parametrize(
    ("condition", "matching", "other"),
    [
        (Condition("value", "at_least", ("100",)), About(value=Decimal(100)), About(value=Decimal("99.99"))),
        (Condition("value", "below", ("100",)), About(value=Decimal(1)), About()),
        (Condition("tag", "in", ("VIP",)), About(tags=frozenset({"vip"})), About()),
        (Condition("tag", "not_in", ("vip",)), About(), About(tags=frozenset({"vip"}))),
        (Condition("customer", "is", ("returning",)), About(orders_before=1), About()),
        (Condition("marketing", "is", ("yes",)), About(marketing=True), About(marketing=None)),
        (Condition("carrier", "in", ("seur", "mrw")), About(carriers=frozenset({"mrw"})), About()),
    ],
)  # fmt: skip
def test_a_rule_asks_what_an_order_is(condition, matching, other):
    rule = own(channel="email", conditions=(condition,))
    assert len(plan(moves("shipped"), [rule], about=matching)) == 1
    assert plan(moves("shipped"), [rule], about=other) == []
    assert Condition.read(condition.as_json()) == condition


@pytest.mark.parametrize(
    "said",
    [{}, {"of": "shoe", "is": "in", "values": ["1"]}, {"of": "value", "is": "in", "values": ["1"]},
     {"of": "value", "is": "below", "values": ["dear"]}, {"of": "customer", "is": "is", "values": ["odd"]},
     {"of": "country", "is": "in", "values": []}],
)  # fmt: skip
def test_what_is_no_condition_is_refused(said):
    with pytest.raises(ValueError, match=r"of|is|values"):
        Condition.read(said)


# --- When ---

MADRID, LIMA = ZoneInfo("Europe/Madrid"), ZoneInfo("America/Lima")


def test_a_phone_does_not_ring_at_night():
    night = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)  # half past eleven in Madrid
    sms = on("shipped:sms")
    at = {
        zone: [p.send_at for p in plan(moves("shipped"), sms, replace(BOTH, zone=zone), now=night)]
        for zone in (MADRID, LIMA)
    }
    assert at[MADRID] == [night, datetime(2026, 11, 21, 8, 0, tzinfo=UTC)]
    assert at[LIMA] == [night, night]  # half past five in the afternoon


def test_working_days_are_counted_where_the_recipient_lives_and_minutes_after_them():
    def is_working(day):
        return day.weekday() < 5 and (day.month, day.day) != (11, 23)

    at = send_time(NOW, delay=(1, 90), zone=MADRID, is_working=is_working)
    assert at == datetime(2026, 11, 24, 13, 30, tzinfo=UTC)


def test_hours_hold_over_a_change_of_the_clock():
    before = datetime(2027, 3, 27, 20, 0, tzinfo=UTC)  # the night in which Madrid goes from UTC+1 to UTC+2
    assert send_time(before, hours=(9, 21), zone=MADRID) == datetime(2027, 3, 28, 7, 0, tzinfo=UTC)


@given(
    st.datetimes(NOW.replace(tzinfo=None), NOW.replace(tzinfo=None) + timedelta(days=400)),
    st.integers(0, 23),
    st.integers(0, 24),
    st.sampled_from([MADRID, LIMA, ZoneInfo("Asia/Kolkata")]),
)  # fmt: skip
def test_what_waits_for_its_hours_goes_out_in_them_and_within_a_day(at, first, last, zone):
    now = at.replace(tzinfo=UTC)
    sent = send_time(now, hours=(first, last), zone=zone)
    assert now <= sent <= now + timedelta(hours=25)
    hour = sent.astimezone(zone).hour
    inside = first <= hour < last if first < last else hour >= first or hour < last
    assert inside or first == last or (hour == first % 24)


def test_every_rule_of_the_house_is_about_something_there_is():
    assert {rule.occasion for rule in HOUSE} <= set(OCCASIONS)
    assert len({rule.key for rule in HOUSE}) == len(HOUSE)


# --- What the shopper chose ---


def told(moved, choices, rules=HOUSE, recipients=(MAIL,), **fields):
    return said(plan(moved, rules, Reach(recipients, choices=choices, **fields)))


def test_what_the_shopper_does_not_want_is_held_and_seen_to_be():
    refused = {(OrderState.SHIPPED, "email"): False}
    assert told(moves("shipped", first="preparing"), refused) == [("shipped", "email", "", "unwanted")]


def test_who_wants_no_word_of_the_way_is_not_told_that_the_day_moved():
    moved = [Moved(1, "moment", "eta:2026-11-24/2026-11-24", "eta:2026-11-24/2026-11-29", 3)]
    refused = {(OrderState.SHIPPED, "email"): False}
    assert told(moved, refused, on("eta_moved:email")) == [("eta_moved", "email", "", "unwanted")]


def test_what_the_shopper_wants_is_told_though_the_shop_does_not_tell_it():
    wanted = {(OrderState.OUT_FOR_DELIVERY, "sms"): True}
    moved = moves("out_for_delivery", first="shipped")
    assert told(moved, wanted, recipients=[MAIL, PHONE]) == [("out_for_delivery", "sms", "", "")]
    assert [p.chosen for p in plan(moved, reach=Reach([PHONE], choices=wanted))] == [True]


def test_what_the_shop_withholds_cannot_be_wanted():
    wanted = {(OrderState.OUT_FOR_DELIVERY, "email"): True}
    assert told(moves("out_for_delivery", first="shipped"), wanted, offered=("shipped",)) == []


def test_of_steps_that_come_together_the_last_that_is_wanted_is_told():
    refused = {(OrderState.DELIVERED, "email"): False}
    assert told(moves("shipped", "delivered", first="preparing"), refused) == [
        ("shipped", "email", "", ""),
        ("delivered", "email", "", "unwanted"),
    ]


def test_whom_the_shopper_added_hears_what_the_shop_tells_whatever_the_shopper_chose():
    follower = Recipient("email", "b@example.com", "follower:7")
    refused = {(OrderState.SHIPPED, "email"): False}
    assert told(moves("shipped", first="preparing"), refused, recipients=[MAIL, follower]) == [
        ("shipped", "email", "", "unwanted"),
        ("shipped", "email", "follower:7", ""),
    ]


def test_each_browser_and_each_follower_has_a_message_of_its_own():
    browsers = [Recipient("push", "browser", f"push:{n}") for n in (1, 2)]
    planned = plan(
        moves("shipped", first="preparing"), of_the_house(["email", "push"]), Reach([MAIL, *browsers])
    )
    assert len({dedupe_key(1, p) for p in planned}) == 3


states = st.sampled_from(sorted(OrderState))


@given(st.dictionaries(st.tuples(states, st.just("email")), st.booleans()), st.lists(states, max_size=5))
def test_nobody_gets_what_they_refused_and_nobody_gets_a_state_twice(choices, path):
    moved = moves(*(s for s in path if s != "invoice_issued"))
    planned = plan(moved, reach=Reach([MAIL], choices=choices))
    sent = [p for p in planned if not p.held]
    assert all(choices.get((p.occasion, p.channel)) is not False for p in sent)
    assert len(sent) <= 1
    assert len({(p.occasion, p.detail) for p in planned}) == len(planned)


def test_a_message_decided_long_ago_is_over_once_its_order_has_gone_on():
    assert r.is_over("preparing", delay=True, state_now="shipped")
    assert not r.is_over("delivered", delay=True, state_now="completed")
    assert r.is_over("delivered", delay=True, state_now="returned")
    assert not r.is_over("preparing", delay=False, state_now="shipped")


@pytest.mark.parametrize("occasion", ["eta_moved", "arrives_today", "pickup_waiting", "silent"])
def test_what_has_come_neither_waits_nor_arrives(occasion):
    for state in ("delivered", "completed", "cancelled", "returning"):
        assert r.is_over(occasion, delay=False, state_now=state)
    for state in ("shipped", "ready_for_pickup", "partially_delivered"):
        assert not r.is_over(occasion, delay=False, state_now=state)


def test_slips_are_measured_on_each_channel_from_the_day_told_there():
    days = r.Days(date(2026, 11, 24), {"sms": date(2026, 11, 26)})
    (news,) = news_of([Moved(1, "moment", "eta:2026-11-26/2026-11-26", "eta:2026-11-27/2026-11-27", 0)], days)
    assert (news.size_on("email"), news.size_on("sms")) == (3, 1)
    rules = [own(occasion="eta_moved", channel=c, settings={"days": 2}) for c in ("email", "sms")]
    planned = decide([news], rules, About(), BOTH, BOUNDS, NOW)
    assert [p.channel for p in planned] == ["email"]


def test_of_several_moves_at_once_the_last_counts():
    there, back = ("2026-11-24/2026-11-24", "2026-11-28/2026-11-28")
    moved = [
        Moved(1, "moment", f"eta:{there}", f"eta:{back}", 0),
        Moved(2, "moment", f"eta:{back}", f"eta:{there}", 1),
    ]
    assert news_of(moved) == []
    assert [n.occasion for n in news_of(moved[:1])] == ["eta_moved"]
    first = [replace(moved[0], before=""), moved[1]]
    assert [(n.occasion, n.detail) for n in news_of(first)] == [("eta_set", there)]


def test_a_number_is_news_only_where_there_is_another():
    assert news_of([Moved(1, "moment", "", "number:", 0)]) == []
    assert [(n.occasion, n.detail) for n in news_of([Moved(1, "moment", "", "number:7", 0)])] == [
        ("number_changed", "7")
    ]
