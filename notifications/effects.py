"""Whether two groups of shoppers differ, by how much, how surely, and when that may be said. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, sqrt
from statistics import NormalDist

SHOWN = 0.95  # the level of the intervals a person sees
# An effect is called one only beyond these. Once as many shoppers were seen as were planned for: five measures side by
# side are wrong together as seldom as one alone (Bonferroni). Before: whoever looks every day sees chance run away now
# and then; stopping early takes far more (Haybittle and Peto).
PLANNED, EARLY = 0.99, 0.999
WORTH_SEEING = 0.2  # a difference of a fifth is what is looked for
POWER = 0.8  # of four out of five such differences are found
FEWEST = 10  # of what is counted, expected in the smaller group: below, the normal curve fits badly


class Verdict(StrEnum):
    EARLY = "early"
    CLEAR = "clear"
    NONE = "none"  # enough was seen, and no difference


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many shoppers."""

    count: int
    units: int

    @property
    def value(self) -> float:
        return self.count / self.units if self.units else 0.0

    @property
    def spread(self) -> float:
        """Variance of one shopper's."""
        return self.value * (1 - self.value)

    @property
    def counted(self) -> int:
        return self.count

    def __add__(self, other: Share) -> Share:
        return Share(self.count + other.count, self.units + other.units)


@dataclass(frozen=True, slots=True)
class Rate:
    """So much per order, of shoppers with one order or more: what was counted, the orders, their squares' and products'
    sums over shoppers. Shoppers were drawn, not orders: all orders of one count as one observation."""

    units: int
    orders: int
    counted: int
    orders_squared: int
    counted_squared: int
    product: int

    @property
    def value(self) -> float:
        return self.counted / self.orders if self.orders else 0.0

    @property
    def spread(self) -> float:
        """Variance of one shopper's, by linearising the ratio; that of the rate is this over `units`."""
        if self.units < 2 or not self.orders:
            return 0.0
        rest = (
            self.counted_squared
            - 2 * self.value * self.product
            + self.value * self.value * self.orders_squared
        )
        mean_orders = self.orders / self.units
        return max(0.0, rest) / (self.units - 1) / (mean_orders * mean_orders)

    def __add__(self, other: Rate) -> Rate:
        return Rate(
            self.units + other.units,
            self.orders + other.orders,
            self.counted + other.counted,
            self.orders_squared + other.orders_squared,
            self.counted_squared + other.counted_squared,
            self.product + other.product,
        )


@dataclass(frozen=True, slots=True)
class Interval:
    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`told`: who gets all messages; `rest`: the holdout. `difference`: told less rest. `more`: shoppers still missing
    until a difference of a fifth would be seen; None where nothing was counted yet."""

    told: Share | Rate
    rest: Share | Rate
    difference: Interval
    verdict: Verdict
    more: int | None


def compare(told: Share | Rate, rest: Share | Rate) -> Comparison:
    """What is known of the difference. Both of the same kind."""
    more = missing(told, rest)
    level = PLANNED if more == 0 else EARLY
    verdict = Verdict.NONE if more == 0 else Verdict.EARLY
    if _enough_for_a_curve(told, rest) and _differ(told, rest, level):
        verdict = Verdict.CLEAR
    return Comparison(told, rest, difference(told, rest), verdict, more)


def difference(told: Share | Rate, rest: Share | Rate, level: float = SHOWN) -> Interval:
    if isinstance(told, Share) and isinstance(rest, Share):
        return newcombe(told, rest, level)
    assert isinstance(told, Rate) and isinstance(rest, Rate)  # noqa: S101  one of each is nothing to compare
    return welch(told, rest, level)


def wilson(share: Share, level: float = SHOWN) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927), as in Newcombe, Statistics in Medicine 17 (1998) 857."""
    n, p = share.units, share.value
    if not n:
        return 0.0, 1.0
    z = _z(level)
    middle, width = 2 * n * p + z * z, z * sqrt(z * z + 4 * n * p * (1 - p))
    return max(0.0, (middle - width) / (2 * (n + z * z))), min(1.0, (middle + width) / (2 * (n + z * z)))


def newcombe(a: Share, b: Share, level: float = SHOWN) -> Interval:
    """Of the difference a less b of two proportions: method 10 of Newcombe, Statistics in Medicine 17 (1998) 873."""
    (low_a, high_a), (low_b, high_b) = wilson(a, level), wilson(b, level)
    d = a.value - b.value
    low = d - sqrt((a.value - low_a) ** 2 + (high_b - b.value) ** 2)
    high = d + sqrt((high_a - a.value) ** 2 + (b.value - low_b) ** 2)
    return Interval(d, max(-1.0, low), min(1.0, high))


def welch(a: Rate, b: Rate, level: float = SHOWN) -> Interval:
    """Of the difference a less b of two rates; where each shopper has one order, Welch's of two means."""
    d = a.value - b.value
    if a.units < 2 or b.units < 2:
        return Interval(d, float("-inf"), float("inf"))
    part_a, part_b = a.spread / a.units, b.spread / b.units
    error = part_a + part_b
    if not error:
        return Interval(d, d, d)
    freedom = error**2 / (part_a**2 / (a.units - 1) + part_b**2 / (b.units - 1))
    width = student(level, freedom) * sqrt(error)
    return Interval(d, d - width, d + width)


def student(level: float, freedom: float) -> float:
    """The two-sided point of Student's t: Cornish and Fisher's expansion, Abramowitz and Stegun 26.7.5."""
    z = _z(level)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**n for n, term in enumerate(terms, 1))


def missing(told: Share | Rate, rest: Share | Rate) -> int | None:
    """Shoppers, of both groups, still to be seen before a difference of a fifth would be found four times of five."""
    both = _both(told, rest)
    if not both.value or not both.spread or not told.units or not rest.units:
        return None
    share = rest.units / both.units
    sought = WORTH_SEEING * both.value
    z = _z(PLANNED) + NormalDist().inv_cdf(POWER)
    planned = z * z * both.spread * (1 / share + 1 / (1 - share)) / (sought * sought)
    curve = FEWEST * both.units / (both.counted * min(share, 1 - share))
    return max(0, ceil(max(planned, curve) - both.units))


def _both(told: Share | Rate, rest: Share | Rate) -> Share | Rate:
    add: Callable[[Share | Rate], Share | Rate] = told.__add__  # type: ignore[assignment]
    return add(rest)


def _enough_for_a_curve(told: Share | Rate, rest: Share | Rate) -> bool:
    both = _both(told, rest)
    smaller = min(told.units, rest.units)
    return both.units > 0 and both.counted * smaller / both.units >= FEWEST


def _differ(told: Share | Rate, rest: Share | Rate, level: float) -> bool:
    """Both ways of asking must say so: by each group's own spread, which is nought in a group where nothing happened
    yet, and by the spread of all, as if there were no difference."""
    if not difference(told, rest, level).excludes_zero:
        return False
    error = _both(told, rest).spread * (1 / told.units + 1 / rest.units)
    return abs(told.value - rest.value) > _z(level) * sqrt(error)


def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)
