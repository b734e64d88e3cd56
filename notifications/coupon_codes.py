"""Codes of coupons: how they may be written, made, shown as a sample, and whether one holds. Pure but for chance."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum

# What may be typed at a checkout, and needs no care in a mail, an address or a list.
CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,39}")
# Without those that are taken for others when read aloud or copied: 0 O, 1 I L, 5 S, 2 Z, 8 B, U V.
SIGNS = "34679ACDEFGHJKMNPQRTWXY"
PLACE = "?"
LEAST_PLACES = 8  # 23^8: of 50,000 codes given away, one guess in 1.5 million hits
MOST_MADE = 50_000
KEPT_OF_A_SAMPLE = 4


class Holds(StrEnum):
    """Whether a code may be used now."""

    VALID = "valid"
    OFF = "off"
    NOT_YET = "not_yet"
    OVER = "over"
    USED_UP = "used_up"
    USED = "used"  # a code of one shopper's, already


def key_of(code: str) -> str:
    """How codes are compared: HELLO10 is hello10."""
    return code.strip().upper()


def is_code(said: str) -> bool:
    return CODE.fullmatch(said) is not None


def is_shape(said: str) -> bool:
    """ "HELLO-????-????": fixed signs, and places for at least eight by chance."""
    return is_code(said.replace(PLACE, "A")) and said.count(PLACE) >= LEAST_PLACES


def made(shape: str, count: int) -> set[str]:
    """`count` codes of a shape, all different, that nobody guesses. Raises ValueError for what is no shape."""
    if not is_shape(shape) or not 0 < count <= MOST_MADE:
        raise ValueError(shape)
    codes: set[str] = set()
    while len(codes) < count:
        codes.add("".join(secrets.choice(SIGNS) if sign == PLACE else sign for sign in shape))
    return codes


def listed(text: str) -> Iterator[str]:
    """The codes in a text or a file of one column: a line each, or with commas; quotes and empty ones left out."""
    for part in re.split(r"[\s,;]+", text.replace("\ufeff", "")):
        code = part.strip("\"'")
        if code:
            yield code


def apart(codes: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Those that can be taken, by key, the first of each; and those that cannot."""
    good: dict[str, str] = {}
    bad = []
    for code in codes:
        if is_code(code):
            good.setdefault(key_of(code), code)
        else:
            bad.append(code)
    return good, bad


def sample_of(code: str) -> str:
    """What a preview shows in place of a code that could be used: HELLO-7KX4 becomes HELLXXXXXX."""
    head, tail = code[:KEPT_OF_A_SAMPLE], code[KEPT_OF_A_SAMPLE:]
    return head + "".join("X" if sign.isalnum() else sign for sign in tail)


def holds(
    *, enabled: bool, starts_at: datetime | None, ends_at: datetime | None, is_used_up: bool, now: datetime
) -> Holds:
    if not enabled:
        return Holds.OFF
    if starts_at is not None and now < starts_at:
        return Holds.NOT_YET
    if ends_at is not None and now >= ends_at:
        return Holds.OVER
    return Holds.USED_UP if is_used_up else Holds.VALID
