"""What stars and words of shoppers come to: who is asked, what looks wrong, what an average may say. Pure."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from carriers.types import Status, SubStatus
from tracking.states import OrderState

MOST_TEXT, MOST_NAME = 1000, 60  # characters
UNHAPPY = 3  # stars, and fewer: support comes before a public word
REJECTIONS = ("abusive", "duplicate", "impersonating", "promotional", "personal")
FEWEST = 5  # ratings, for an average to say anything
ASKED = frozenset({OrderState.DELIVERED, OrderState.COMPLETED})
RATEABLE = ASKED | {OrderState.DELIVERED_INCOMPLETE, OrderState.RETURNED}
TROUBLE = frozenset({Status.FAILED_ATTEMPT, Status.EXCEPTION, Status.RETURNING, Status.RETURNED})
COMPLAINTS = frozenset({"not_received", "damaged", "missing", "wrong"})  # reasons of tickets
SAME_WORDS_FROM = 20  # letters: "All good" is what many say

_LINK = re.compile(
    r"https?://|www\.|\b[\w-]+\.(?:com|net|org|shop|store|info|xyz|top|ru|es|fr|de|it|br|io)\b", re.I
)
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.\w+|(?:\+?\d[\s.-]?){8,}")


@dataclass(frozen=True, slots=True)
class Course:
    """How an order went. `met`: the sub-statuses its parcels met with."""

    state: str
    needs_somebody: bool
    met: tuple[str, ...]
    promised: date | None
    delivered: date | None
    complaints: tuple[str, ...]  # reasons of tickets written about it


def is_invited(setting: str, course: Course) -> bool:
    """Whether the page asks for stars. `setting`: all, smooth (only where all went well) or none."""
    if setting == "none" or course.state not in ASKED:
        return False
    return setting == "all" or went_smoothly(course)


def went_smoothly(course: Course) -> bool:
    """Delivered whole, by the day promised, at the first try, and nobody complained."""
    late = bool(course.promised and course.delivered and course.delivered > course.promised)
    troubled = any(SubStatus(sub).status in TROUBLE for sub in course.met if sub)
    complained = bool(COMPLAINTS.intersection(course.complaints))
    return not (late or troubled or complained or course.needs_somebody)


def is_unhappy(*stars: int | None) -> bool:
    return any(one is not None and one <= UNHAPPY for one in stars)


def words_key(text: str) -> str:
    """The same for the same words, however they are written; empty for few words, which many say alike."""
    letters = "".join(c for c in text.casefold() if c.isalnum())
    if len(letters) < SAME_WORDS_FROM:
        return ""
    return hashlib.sha256(letters.encode()).hexdigest()[:16]


def suspicions(text: str, *, repeated: bool) -> tuple[str, ...]:
    """What a person should look at before this is published: links, contact, shouting, repeated."""
    letters = [c for c in text if c.isalpha()]
    found = {
        "links": bool(_LINK.search(text)),
        "contact": bool(_CONTACT.search(text)),
        "shouting": len(letters) >= SAME_WORDS_FROM
        and sum(c.isupper() for c in letters) > 0.7 * len(letters),
        "repeated": repeated,
    }
    return tuple(name for name, is_so in found.items() if is_so)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many gave one star, two, …, five."""

    counts: tuple[int, int, int, int, int]

    @classmethod
    def of(cls, stars: Iterable[tuple[int, int]]) -> Tally:
        """From pairs of stars and how often they were given."""
        counts = [0] * 5
        for given, often in stars:
            counts[given - 1] += often
        return cls((counts[0], counts[1], counts[2], counts[3], counts[4]))

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def average(self) -> float | None:
        """None where too few rated it to say."""
        if self.count < FEWEST:
            return None
        return sum(stars * often for stars, often in enumerate(self.counts, start=1)) / self.count

    @property
    def content(self) -> tuple[float, float] | None:
        """Between which shares those who gave four or five may lie, at 95 % (Wilson's interval)."""
        return wilson(self.counts[3] + self.counts[4], self.count) if self.count >= FEWEST else None


def wilson(those: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share of which `those` out of `of` were seen."""
    z = 1.96
    share = those / of
    middle = share + z * z / (2 * of)
    reach = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    whole = 1 + z * z / of
    return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def ranked(tallies: Sequence[tuple[str, Tally]]) -> list[tuple[str, Tally]]:
    """By what can be said for sure: five ratings of five stars do not beat a thousand of nearly five."""
    return sorted(tallies, key=lambda one: (-(one[1].content or (-1.0, 0.0))[0], -one[1].count, one[0]))
