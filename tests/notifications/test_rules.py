"""What is told, of what, to whom: decided from plain values."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from notifications.rules import (
    MOST_A_DAY,
    Moved,
    Reach,
    Recipient,
    dedupe_key,
    default_switches,
    news_of,
    plan,
)
from tracking.states import OrderState

EMAIL_ONLY = default_switches(["email", "sms"])
MAIL, PHONE = Recipient("email", "a@example.com"), Recipient("sms", "+34600000000")
BOTH = Reach([MAIL, PHONE])
PATH = ["received", "preparing", "shipped", "out_for_delivery", "delivered"]


def moves(*states, first="received"):
    before, made = first, []
    for n, state in enumerate(states, 1):
        made.append(Moved(n, "milestone" if state == "invoice_issued" else "order", before, state, n))
        before = before if state == "invoice_issued" else state
    return made


def test_by_default_five_states_are_told_by_email_and_none_by_a_paid_channel():
    on = {switch for switch, enabled in EMAIL_ONLY.items() if enabled}
    assert on == {
        (s, "email") for s in ("cancelled", "preparing", "shipped", "ready_for_pickup", "delivered")
    }


def test_each_step_taken_alone_is_told_once():
    told = [news_of(moves(after, first=before), EMAIL_ONLY) for before, after in pairwise(PATH)]
    assert [[s for s, _e in news] for news in told] == [["preparing"], ["shipped"], [], ["delivered"]]


def test_steps_that_come_together_make_one_message_of_the_last_that_is_told():
    assert news_of(moves("preparing", "shipped", "out_for_delivery"), EMAIL_ONLY) == [(OrderState.SHIPPED, 2)]
    assert news_of(moves("shipped", "delivered"), EMAIL_ONLY) == [(OrderState.DELIVERED, 2)]


def test_the_first_parcel_to_leave_is_told_as_shipped_and_the_second_is_not_told_again():
    assert news_of(moves("partially_shipped", first="preparing"), EMAIL_ONLY) == [(OrderState.SHIPPED, 1)]
    assert news_of(moves("shipped", first="partially_shipped"), EMAIL_ONLY) == []


def test_an_invoice_is_news_of_its_own():
    switches = EMAIL_ONLY | {(OrderState.INVOICE_ISSUED, "email"): True}
    assert news_of(moves("shipped", "invoice_issued", first="preparing"), switches) == [
        (OrderState.INVOICE_ISSUED, 2),
        (OrderState.SHIPPED, 1),
    ]


def test_nobody_is_told_on_a_channel_they_have_no_address_for():
    switches = EMAIL_ONLY | {(OrderState.SHIPPED, "sms"): True}
    planned = plan(moves("shipped", first="preparing"), switches, Reach([Recipient("email", ""), PHONE]))
    assert [(p.channel, p.recipient) for p in planned] == [("sms", "+34600000000")]


def test_a_parcel_that_bounces_about_does_not_fill_a_phone():
    planned = plan(
        moves("shipped", first="preparing"), EMAIL_ONLY, Reach(BOTH.recipients, {("email", ""): MOST_A_DAY})
    )
    assert [p.held for p in planned] == ["too_many"]


@given(st.lists(st.sampled_from([s for s in OrderState if s != "invoice_issued"]), max_size=8))
def test_whatever_happens_together_makes_at_most_one_message_a_channel(path):
    switches = {(s, c): True for s in OrderState for c in ("email", "sms")}
    planned = plan(moves(*path), switches, BOTH)
    assert len({dedupe_key(1, p) for p in planned}) == len(planned) <= 2


# --- What the shopper chose ---


def told(moved, choices, switches=EMAIL_ONLY, recipients=(MAIL,), **fields):
    planned = plan(moved, switches, Reach(recipients, choices=choices, **fields))
    return [(str(p.state), p.channel, p.whom, p.held) for p in planned]


def test_what_the_shopper_does_not_want_is_held_and_seen_to_be():
    refused = {(OrderState.SHIPPED, "email"): False}
    assert told(moves("shipped", first="preparing"), refused) == [("shipped", "email", "", "unwanted")]


def test_what_the_shopper_wants_is_told_though_the_shop_does_not_tell_it():
    wanted = {(OrderState.OUT_FOR_DELIVERY, "sms"): True}
    moved = moves("out_for_delivery", first="shipped")
    assert told(moved, wanted, recipients=[MAIL, PHONE]) == [("out_for_delivery", "sms", "", "")]
    assert [p.chosen for p in plan(moved, EMAIL_ONLY, Reach([PHONE], choices=wanted))] == [True]


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
    switches = default_switches(["email", "push"])
    planned = plan(moves("shipped", first="preparing"), switches, Reach([MAIL, *browsers]))
    assert len({dedupe_key(1, p) for p in planned}) == 3


states = st.sampled_from(sorted(OrderState))


@given(st.dictionaries(st.tuples(states, st.just("email")), st.booleans()), st.lists(states, max_size=5))
def test_nobody_gets_what_they_refused_and_nobody_gets_a_state_twice(choices, path):
    moved = moves(*(s for s in path if s != "invoice_issued"))
    planned = plan(moved, EMAIL_ONLY, Reach([MAIL], choices=choices))
    sent = [p for p in planned if not p.held]
    assert all(choices.get((p.state, p.channel)) is not False for p in sent)
    assert len(sent) <= 1
    assert len({(p.state, p.episode) for p in planned}) == len(planned)
