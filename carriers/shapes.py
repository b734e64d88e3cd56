"""The shapes of tracking numbers as data: which carriers could have given out a number, and how telling that is. Pure.

`carriers/data/number_formats.csv` has one row for each shape of each carrier. `fit` is how likely a number of this
shape is this carrier's before its check digit was looked at, from 0 to 1; `countries` are where the shape is in
use, empty for everywhere. In a pattern, `checked` names the part the check digit covers, `number` what the carrier
wants to be asked for, `zip` a postal code. `confidence`: D documented, O in public use, M not verified: where a
check digit is M, a wrong one makes the carrier unlikely; else it rules the carrier out.

`posts.csv` says whose the postal numbers (UPU S10: RR123456785ES) of each country are. `first` limits a row to
some first letters, or with ^ to all others: E is express mail, C a parcel, R registered.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import NamedTuple

from carriers.checkdigits import CHECKS, s10
from carriers.listed import rows_of

S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")
_S10_DESTINATION = 0.25  # how likely the parcel's number is asked of the post it goes to
_S10_PRODUCTS = {"C": "Parcel", "E": "EMS", "H": "Parcel", "L": "Tracked letter", "R": "Registered letter"}
_HERE, _ELSEWHERE = 10.0, 0.2  # a shape of the parcel's countries, and one of others


class Reason(StrEnum):
    """Why a carrier is on the list."""

    SHAPE = "shape"
    CHECK_DIGIT = "check_digit"
    CHECK_DIGIT_WRONG = "check_digit_wrong"
    COUNTRY_SUFFIX = "country_suffix"
    DESTINATION = "destination"
    ORIGIN = "origin"
    POSTAL_CODE = "postal_code"
    LINK = "link"
    ONLY_CARRIER_OF_SHOP = "only_carrier_of_shop"
    SHAPE_SHARED = "shape_shared"


class Whither(NamedTuple):
    """What is known of the parcel besides its number. Countries: ISO 3166-1 alpha-2, capitals."""

    country: str = ""  # where it goes
    origin: str = ""  # where it comes from
    postal_code: str = ""  # where it goes


class Match(NamedTuple):
    """One carrier that a number fits. `odds`: for one number of anybody else's, so many are this carrier's."""

    carrier: str
    odds: float
    reasons: tuple[Reason, ...]
    product: str
    number: str  # as this carrier wants it


class Shape(NamedTuple):
    carrier: str
    pattern: re.Pattern[str]
    check: str
    fit: float
    countries: frozenset[str]
    product: str
    example: str
    confidence: str
    source: str


class Post(NamedTuple):
    carrier: str
    first: str
    fit: float

    def gives(self, letter: str) -> bool:
        others = self.first.startswith("^")
        return not self.first or (letter in self.first) is not others


@cache
def shapes() -> tuple[Shape, ...]:
    """Raises ValueError naming the line that is wrong: a bad row must not get past start-up."""
    return tuple(_shape(line, row) for line, row in rows_of("number_formats.csv"))


def _shape(line: int, row: Mapping[str, str]) -> Shape:
    shape = Shape(
        carrier=row["carrier"],
        pattern=re.compile(row["pattern"], re.ASCII),
        check=row["check"],
        fit=float(row["fit"]),
        countries=frozenset(row["countries"].split(";")) - {""},
        product=row["product"],
        example=row["example"],
        confidence=row["confidence"],
        source=row["source"],
    )
    fine = shape.pattern.fullmatch(shape.example) and 0 < shape.fit < 1 and shape.confidence in "DOM"
    if not fine or (shape.check and shape.check not in CHECKS):
        raise ValueError(f"number_formats.csv line {line}: the example, the fit, the check or the confidence")
    return shape


@cache
def posts() -> Mapping[str, tuple[Post, ...]]:
    """By country, the likeliest first."""
    found: dict[str, list[Post]] = {}
    for line, row in rows_of("posts.csv"):
        fit = float(row["fit"])
        if not (0 < fit < 1 and re.fullmatch(r"[A-Z]{2}", row["suffix"])):
            raise ValueError(f"posts.csv line {line}: the country or the fit")
        found.setdefault(row["suffix"], []).append(Post(row["carrier"], row["first"], fit))
    return {suffix: tuple(sorted(rows, key=lambda post: -post.fit)) for suffix, rows in found.items()}


@cache
def carriers() -> frozenset[str]:
    """Those some shape is known of."""
    of_posts = {post.carrier for rows in posts().values() for post in rows}
    return frozenset(shape.carrier for shape in shapes()) | of_posts


def matches(number: str, whither: Whither) -> list[Match]:
    """Every carrier the number fits, once each: by its most telling shape."""
    best: dict[str, Match] = {}
    for match in (*_by_shape(number, whither), *_by_post(number, whither.country)):
        known = best.get(match.carrier)
        if known is None or match.odds > known.odds:
            best[match.carrier] = match
    return list(best.values())


def _by_shape(number: str, whither: Whither) -> Iterator[Match]:
    for shape in shapes():
        if found := shape.pattern.fullmatch(number):
            match = _weighed(shape, found, whither)
            if match:
                yield match


def _weighed(shape: Shape, found: re.Match[str], whither: Whither) -> Match | None:
    """None when the check digit rules the carrier out."""
    odds = _odds(shape.fit)
    reasons = [Reason.SHAPE]
    parts = found.groupdict()
    if shape.check:
        check = CHECKS[shape.check]
        if check.fits(parts.get("checked") or found[0]):
            odds *= check.odds
            reasons.append(Reason.CHECK_DIGIT)
        elif shape.confidence == "M":
            odds /= check.odds
            reasons.append(Reason.CHECK_DIGIT_WRONG)
        else:
            return None
    factor, told = _by_country(shape.countries, whither)
    odds *= factor
    zip_code = parts.get("zip") or ""
    if zip_code and _same_postal_code(zip_code, whither.postal_code):
        odds *= _HERE
        told = (*told, Reason.POSTAL_CODE)
    return Match(shape.carrier, odds, (*reasons, *told), shape.product, parts.get("number") or found[0])


def _by_country(countries: Collection[str], whither: Whither) -> tuple[float, tuple[Reason, ...]]:
    told = {Reason.DESTINATION: whither.country, Reason.ORIGIN: whither.origin}
    if not countries or not any(told.values()):
        return 1.0, ()
    fitting = tuple(reason for reason, country in told.items() if country in countries)
    return (_HERE if fitting else _ELSEWHERE), fitting


def _by_post(number: str, country: str) -> Iterator[Match]:
    """The post that gave a postal number out, and the one that will deliver it."""
    if not S10.fullmatch(number) or not s10(number):
        return
    suffix, letter = number[-2:], number[0]
    product = _S10_PRODUCTS.get(letter, "")
    base = (Reason.SHAPE, Reason.CHECK_DIGIT)
    for post in posts().get(suffix, ()):
        if post.gives(letter):
            odds = _odds(post.fit) * CHECKS["s10"].odds
            yield Match(post.carrier, odds, (*base, Reason.COUNTRY_SUFFIX), product, number)
    if country != suffix:
        for post in posts().get(country, ())[:1]:
            odds = _odds(_S10_DESTINATION) * CHECKS["s10"].odds
            yield Match(post.carrier, odds, (*base, Reason.DESTINATION), product, number)


def _same_postal_code(one: str, other: str) -> bool:
    one, other = (re.sub(r"[^0-9A-Z]", "", code.upper()).lstrip("0") for code in (one, other))
    return bool(one) and one == other


def _odds(fit: float) -> float:
    return fit / (1 - fit)
