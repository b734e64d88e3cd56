"""What is said of two groups: intervals as published, and no effect where there is none."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.effects import Rate, Share, Verdict, compare, missing, newcombe, student, welch, wilson


def rate(values, orders=None):
    """Of shoppers with these counts, and one order each unless it is said."""
    orders = orders or [1] * len(values)
    return Rate(
        len(values), sum(orders), sum(values), sum(n * n for n in orders), sum(v * v for v in values),
        sum(v * n for v, n in zip(values, orders, strict=True)),
    )  # fmt: skip


# Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
@pytest.mark.parametrize(
    ("count", "units", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_a_share_has_the_interval_published_for_it(count, units, low, high):
    assert wilson(Share(count, units)) == pytest.approx((low, high), abs=5e-5)


# Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
@pytest.mark.parametrize(
    ("a", "b", "low", "high"),
    [
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(6, 7), Share(2, 7), 0.0582, 0.8062),
        (Share(5, 56), Share(0, 29), -0.0381, 0.1926),
        (Share(0, 10), Share(0, 20), -0.1611, 0.2775),
        (Share(0, 10), Share(0, 10), -0.2775, 0.2775),
        (Share(10, 10), Share(0, 20), 0.6791, 1.0),
        (Share(10, 10), Share(0, 10), 0.6075, 1.0),
    ],
)
def test_two_shares_differ_by_the_interval_published_for_them(a, b, low, high):
    found = newcombe(a, b)
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_two_means_differ_by_the_interval_published_for_them():
    """Student's sleep data, as every manual of R shows them: t.test(extra ~ group, data = sleep)."""
    first = rate([0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0])
    second = rate([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4])
    found = welch(first, second)
    assert found.value == pytest.approx(-1.58)
    assert (found.low, found.high) == pytest.approx((-3.3654832, 0.2054832), abs=2e-5)


@pytest.mark.parametrize(
    ("level", "freedom", "point"),
    [(0.95, 10, 2.2281), (0.95, 30, 2.0423), (0.95, 120, 1.9799), (0.99, 20, 2.8453), (0.999, 60, 3.4602)],
)
def test_students_t_is_that_of_the_tables(level, freedom, point):
    assert student(level, freedom) == pytest.approx(point, abs=2e-4)


def test_a_shopper_with_many_orders_counts_as_one_observation():
    """Ten times the same orders are not ten times as sure."""
    once = rate([0, 1, 0, 2, 0, 1, 0, 0], orders=[1, 2, 1, 3, 1, 1, 2, 1])
    tenfold = rate(
        [10 * v for v in [0, 1, 0, 2, 0, 1, 0, 0]], orders=[10 * n for n in [1, 2, 1, 3, 1, 1, 2, 1]]
    )
    assert tenfold.value == once.value
    assert tenfold.spread == pytest.approx(once.spread)


def test_the_spread_over_shoppers_is_that_of_many_draws():
    """Against drawing the shoppers again and again (bootstrap, seeded)."""
    chance = random.Random(7)
    orders = [chance.choice([1, 1, 1, 2, 5]) for _ in range(400)]
    asked = [sum(chance.random() < (0.2 if n > 1 else 0.05) for _ in range(n)) for n in orders]
    again = []
    for _ in range(800):
        drawn = chance.choices(range(400), k=400)
        again.append(sum(asked[i] for i in drawn) / sum(orders[i] for i in drawn))
    mean = sum(again) / len(again)
    drawn_spread = 400 * sum((one - mean) ** 2 for one in again) / len(again)
    assert rate(asked, orders).spread == pytest.approx(drawn_spread, rel=0.15)


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=2, max_size=30),
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5)), min_size=2, max_size=30),
)
def test_an_interval_holds_its_value_and_turns_with_the_groups(a, b):
    told, rest = rate(*map(list, zip(*a, strict=True))), rate(*map(list, zip(*b, strict=True)))
    found, turned = welch(told, rest), welch(rest, told)
    assert found.low <= found.value <= found.high
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_with_few_shoppers_it_says_how_many_more():
    found = compare(Share(30, 900), Share(6, 100))
    assert found.verdict == Verdict.EARLY
    assert found.more == missing(Share(30, 900), Share(6, 100)) > 5_000


def test_nothing_counted_is_no_basis_for_a_number():
    found = compare(Share(0, 900), Share(0, 100))
    assert (found.verdict, found.more) == (Verdict.EARLY, None)


def test_a_large_difference_is_called_one_and_a_small_one_is_not():
    assert compare(Share(400, 9000), Share(105, 1000)).verdict == Verdict.CLEAR
    alike = compare(Share(40_000, 400_000), Share(10_100, 100_000))
    assert (alike.verdict, alike.more) == (Verdict.NONE, 0)


def test_a_group_where_nothing_happened_yet_proves_nothing():
    """Its own spread is nought: by itself it would look certain."""
    told = rate([1] * 400 + [0] * 3600)
    rest = rate([0] * 60)
    assert not welch(told, rest).low <= 0 <= welch(told, rest).high
    assert compare(told, rest).verdict == Verdict.EARLY


def test_more_shoppers_make_what_is_missing_less():
    wanted = [missing(Share(9 * n, 90 * n), Share(n, 10 * n)) for n in (20, 40, 80, 160, 320)]
    assert all(later < sooner for sooner, later in pairwise(wanted))
    assert missing(Share(9000, 90_000), Share(1000, 10_000)) == 0


def test_chance_alone_is_seldom_called_an_effect_by_who_looks_every_day():
    """Two hundred shops without any effect, looked at forty times each, all four measures: of a hundred at most five."""
    chance = random.Random(20261122)
    alarms = sum(_called_an_effect(chance) for _ in range(200))
    assert alarms <= 10


def _called_an_effect(chance):
    """One shop whose messages do nothing: 12,000 shoppers, a tenth held out, each measure drawn by itself."""
    likely = (0.08, 0.05, 0.15, 0.22)
    counted = [[[0, 0], [0, 0]] for _ in likely]
    for _look in range(40):
        for group, new in ((0, 270), (1, 30)):
            for measure, p in enumerate(likely):
                counted[measure][group][0] += _binomial(chance, new, p)
                counted[measure][group][1] += new
        for told, rest in counted:
            if compare(Share(*told), Share(*rest)).verdict == Verdict.CLEAR:
                return True
    return False


def _binomial(chance, n, p):
    return min(n, max(0, round(chance.gauss(n * p, (n * p * (1 - p)) ** 0.5)))) if n > 100 else sum(
        chance.random() < p for _ in range(n)
    )  # fmt: skip


def test_an_effect_of_a_fifth_is_found_where_as_many_were_seen_as_planned():
    chance = random.Random(5)
    found = 0
    for _ in range(100):
        told, rest = Share(_binomial(chance, 45_000, 0.08), 45_000), Share(_binomial(chance, 5000, 0.1), 5000)
        assert missing(told, rest) == 0
        found += compare(told, rest).verdict == Verdict.CLEAR
    assert found >= 80
