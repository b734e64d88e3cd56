"""Whose number is this? A ranked list of carriers with reasons, from the number's shape and check digit. Pure.

A score is how sure we are, from 0 to 1, that the number is this carrier's: its odds among those of everyone the
number fits. Many carriers give out 10, 12, 14 or 16 digits; then several share the certainty, and none is picked.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from carriers import pasted, shapes
from carriers.directory import link_for
from carriers.pasted import clean
from carriers.shapes import Match, Reason, Whither

__all__ = [
    "REASONS",
    "Candidate",
    "Reason",
    "best_elsewhere",
    "candidates",
    "clean",
    "pick",
    "to_ask",
]

SURE = 0.5  # the least score of a pick
MARGIN = 0.25  # how far a pick is ahead of the next; closer is a tie
ASKED = 4  # carriers asked about one number, at most
WORTH_ASKING = 0.2  # of the best score
_ANYBODY_ELSE = 0.05  # odds that it is the number of somebody who is not on the list
_ON_ITS_PAGE = 30.0  # a link to a carrier's page says more than a shape

REASONS: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.SHAPE: "The number looks like this carrier's.",
        Reason.CHECK_DIGIT: "Its check digit is right.",
        Reason.CHECK_DIGIT_WRONG: "Its check digit looks wrong.",
        Reason.COUNTRY_SUFFIX: "Its last two letters are the carrier's country.",
        Reason.DESTINATION: "The carrier delivers where the parcel goes.",
        Reason.ORIGIN: "The carrier collects where the parcel comes from.",
        Reason.POSTAL_CODE: "It names the parcel's postal code.",
        Reason.LINK: "It was on this carrier's page.",
        Reason.ONLY_CARRIER_OF_SHOP: "No other carrier of the shop has such numbers.",
        Reason.SHAPE_SHARED: "Other carriers have such numbers too.",
    }
)


@dataclass(frozen=True, slots=True)
class Candidate:
    carrier: str
    score: float  # 0 to 1
    reasons: tuple[Reason, ...]
    number: str  # as this carrier wants it
    product: str = ""  # the carrier's name for it: Colissimo
    url: str = ""  # the carrier's own page; empty: none is known


def candidates(
    number: str,
    *,
    carriers: Collection[str] | None = None,
    country: str = "",
    origin: str = "",
    postal_code: str = "",
) -> list[Candidate]:
    """Who could have given this number out, the likeliest first; empty when nobody we know.

    `number` is as somebody pasted it, a link included. `carriers`: codes a shop has; others are left out.
    `country` and `origin`: where the parcel goes and comes from, two capital letters.
    """
    given = pasted.read(number)
    whither = Whither(country.upper(), origin.upper(), postal_code)
    found = list(_found(given, whither)) if given.number else []
    kept = [match for match in found if carriers is None or match.carrier in carriers]
    every = _ANYBODY_ELSE + sum(match.odds for match in kept)
    ranked = sorted(kept, key=lambda match: (-match.odds, match.carrier))
    return [
        Candidate(
            carrier=match.carrier,
            score=round(match.odds / every, 4),
            reasons=tuple(_reasons(match, len(found), None if carriers is None else len(kept))),
            number=match.number,
            product=match.product,
            url=link_for(match.carrier, match.number, postal_code, whither.country),
        )
        for match in ranked
    ]


def pick(found: Sequence[Candidate]) -> Candidate | None:
    """The one carrier it is: None on a tie, on a near tie (a lead under MARGIN), and when nobody is likely."""
    if not found or found[0].score < SURE:
        return None
    lead = found[0].score - (found[1].score if len(found) > 1 else 0.0)
    return found[0] if lead >= MARGIN else None


def to_ask(found: Sequence[Candidate]) -> list[Candidate]:
    """Who should be asked about it: the one picked, or the few that are left. At most ASKED."""
    if chosen := pick(found):
        return [chosen]
    return [one for one in found if one.score >= WORTH_ASKING * found[0].score][:ASKED]


def best_elsewhere(
    number: str, *, carriers: Collection[str], country: str = "", origin: str = "", postal_code: str = ""
) -> Candidate | None:
    """The carrier the number clearly is of when the shop has none such: “this looks like a UPS number”.

    None when one of the shop's own carriers has such numbers, and when it is not clear.
    """
    found = candidates(number, country=country, origin=origin, postal_code=postal_code)
    if any(one.carrier in carriers for one in found):
        return None
    return pick(found)


def _found(given: pasted.Pasted, whither: Whither) -> Iterator[Match]:
    fitting = shapes.matches(given.number, whither)
    on_page = [match for match in fitting if match.carrier in given.carriers]
    for match in fitting:
        if match in on_page:
            match = match._replace(odds=match.odds * _ON_ITS_PAGE, reasons=(*match.reasons, Reason.LINK))
        yield match
    if not on_page:
        for carrier in sorted(given.carriers):
            yield Match(carrier, _ON_ITS_PAGE / len(given.carriers), (Reason.LINK,), "", given.number)


def _reasons(match: Match, fitting: int, of_shop: int | None) -> Iterator[Reason]:
    yield from match.reasons
    if fitting > 1:
        yield Reason.SHAPE_SHARED
    if of_shop == 1:
        yield Reason.ONLY_CARRIER_OF_SHOP
