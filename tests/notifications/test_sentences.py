"""Every rule there can be reads as a sentence, and each says what it does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.conditions import SUBJECTS, Condition
from notifications.occasions import ANY, OCCASIONS
from notifications.registry import CHANNELS
from notifications.rules import Rule, of_the_house
from notifications.sentences import PLAIN, Names, sentence

NAMED = Names(design=lambda key, channel: {"own-care": "Care tips"}.get(key, ""))


def rule(occasion="shipped", channel="email", **fields):
    return Rule("own-1", occasion, channel, **fields)


ON_AMAZON = Condition("sales_channel", "in", ("amazon",))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (rule(), "When the order is at “Shipped”, an e-mail goes out at once."),
        (
            rule(conditions=(Condition("country", "in", ("FR", "ES")),)),
            "When the order is at “Shipped” and it goes to France or Spain, an e-mail goes out at once.",
        ),
        (
            rule("delivered", delay_days=3, hours=(9, 21), template="own-care"),
            "When the order is at “Delivered”, an e-mail goes out 3 working days later, between 9 and 21 h at the "
            "customer’s, in the design “Care tips”.",
        ),
        (
            rule("eta_moved", "sms", settings={"days": 2}),
            "When the day of arrival moves by 2 days or more, a text message goes out.",
        ),
        (
            rule("pickup_waiting", settings={"days_left": 1}, hours=(9, 21)),
            "When 1 day is left to collect it, an e-mail goes out, between 9 and 21 h at the customer’s.",
        ),
        (
            rule(ANY, sends=False, conditions=(ON_AMAZON, Condition("value", "below", ("10",)))),
            "Whatever happens and it was bought on amazon and it is worth less than 10, no e-mail goes out.",
        ),
        (rule("parcel:exception.lost", "push"), "When a parcel is at “Lost”, a push message goes out at once."),
        (
            rule("preparing", delay_minutes=90),
            "When the order is at “Being prepared”, an e-mail goes out 1 hour and 30 minutes later.",
        ),
    ],
)  # fmt: skip
def test_a_rule_reads_as_a_sentence(said, expected):
    assert sentence(said, NAMED) == expected


def test_no_rule_of_the_house_reads_as_another():
    said = [sentence(one) for one in of_the_house(CHANNELS)]
    assert len(set(said)) == len(said)


PLAIN_ENGLISH = (
    "shipped", "returned", "delivered", "cancelled", "received", "completed", "preparing", "returning", "silent",
)  # fmt: skip
conditions = st.sampled_from(
    [
        Condition(of, test, subject.choices[:1] or (("10",) if of == "value" else ("ES",)))
        for of, subject in SUBJECTS.items()
        for test in subject.tests
    ]
)


@given(
    st.sampled_from([*OCCASIONS, ANY]), st.sampled_from(sorted(CHANNELS)), st.lists(conditions, max_size=4),
    st.integers(0, 5), st.integers(0, 200), st.booleans(), st.booleans(),
)  # fmt: skip
def test_whatever_a_rule_holds_it_is_said(occasion, channel, asked, days, minutes, one_of, sends):
    known = OCCASIONS[occasion].settings if occasion in OCCASIONS else {}
    settings = {name: one.default for name, one in list(known.items())[one_of:]}
    made = Rule(
        "own-1", occasion, channel, settings=settings, conditions=tuple(asked), sends=sends, delay_days=days,
        delay_minutes=minutes,
    )  # fmt: skip
    words = sentence(made, PLAIN)
    assert words.endswith(".") and "%(" not in words and "  " not in words
    assert occasion not in words or occasion in PLAIN_ENGLISH
