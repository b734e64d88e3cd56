"""The check digits carriers put into their numbers, and what each rule catches. Pure arithmetic.

Each function takes a whole number whose shape was looked at already, and says whether its check digit fits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

_CORREOS_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _weighted(values: Iterable[int], weights: tuple[int, ...]) -> int:
    return sum(value * weights[i % len(weights)] for i, value in enumerate(values))


def _digits(text: str) -> list[int]:
    return [int(character) for character in text]


def gs1(number: str) -> bool:
    """GS1 General Specifications §7.9: 3 and 1 in turn from the right, modulo 10. Catches any wrong digit.

    SSCC, DHL Paket, USPS (Publication 199: IMpb), Canada Post, Posten and PostNord all use it.
    """
    return -_weighted(reversed(_digits(number[:-1])), (3, 1)) % 10 == int(number[-1])


def ups(number: str) -> bool:
    """The 15 characters after `1Z`: a letter counts (ASCII − 63) mod 10, every second one doubled, modulo 10.

    A digit wrong by five in a doubled place goes unseen.
    """
    values = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in number[2:17]]
    return -_weighted(values, (1, 2)) % 10 == int(number[17])


def ups_waybill(number: str) -> bool:
    """The nine digits after the letter, every second one doubled, modulo 10: a digit wrong by five may slip by."""
    return -_weighted(_digits(number[1:10]), (1, 2)) % 10 == int(number[10])


def s10(number: str) -> bool:
    """UPU S10 §5: weights 8 6 4 2 3 5 9 7, modulo 11; 10 is written 0, and 11 is written 5.

    Remainders 0 and 6 are both written 5, so one wrong digit in about 55 goes unseen.
    """
    check = 11 - _weighted(_digits(number[2:10]), _S10_WEIGHTS) % 11
    return {10: 0, 11: 5}.get(check, check) == int(number[10])


def fedex(number: str) -> bool:
    """The last 13 digits but one (11 of a 12-digit number): 1 3 7 in turn from the right, modulo 11, then 10.

    Remainders 0 and 10 are both written 0.
    """
    serial = reversed(_digits(number[-14:-1]))
    return _weighted(serial, (1, 3, 7)) % 11 % 10 == int(number[-1])


def fedex_ground_96(number: str) -> bool:
    """Of `96` and 20 digits the rule covers the last fifteen: shipper, package, and the check digit."""
    return gs1(number[7:])


def fedex_ground_economy(number: str) -> bool:
    """The rule of IMpb, over the number with `92` in front: it is left out on some labels."""
    return gs1(number if number.startswith("92") else f"92{number}")


def usps_20(number: str) -> bool:
    """USPS Publication 109: the older 20 digits, with or without the `91` that scanners put in front."""
    return gs1(number) or gs1(f"91{number}")


def mod7(number: str) -> bool:
    """All digits but the last, modulo 7: DHL Express, and Japanese parcels. A digit wrong by seven goes unseen."""
    return int(number[:-1]) % 7 == int(number[-1])


def mod37_36(number: str) -> bool:
    """ISO/IEC 7064 MOD 37,36, which DPD's parcel label specification asks for. Catches any wrong character."""
    carry = 36
    for character in number[:-1]:
        carry = (carry + _ALPHANUMERIC.index(character)) % 36 or 36
        carry = carry * 2 % 37
    return _ALPHANUMERIC[(37 - carry) % 36] == number[-1]


def correos(number: str) -> bool:
    """Correos: the sum of the 22 character codes, modulo 23, picks a letter. Catches any wrong digit."""
    return _CORREOS_LETTERS[sum(map(ord, number[:22])) % 23] == number[22]


def ontrac(number: str) -> bool:
    """The letter counts as its place in the alphabet plus one; every second digit doubled, modulo 10."""
    values = [ord(number[0]) - 63, *_digits(number[1:-1])]
    return -_weighted(values, (1, 2)) % 10 == int(number[-1])


class Check(NamedTuple):
    """`odds`: one in so many numbers made up at random passes."""

    fits: Callable[[str], bool]
    odds: int


CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "gs1": Check(gs1, 10),
        "ups": Check(ups, 10),
        "ups_waybill": Check(ups_waybill, 10),
        "s10": Check(s10, 10),
        "fedex": Check(fedex, 10),
        "fedex_ground_96": Check(fedex_ground_96, 10),
        "fedex_ground_economy": Check(fedex_ground_economy, 10),
        "usps_20": Check(usps_20, 5),
        "mod7": Check(mod7, 10),
        "mod37_36": Check(mod37_36, 36),
        "correos": Check(correos, 23),
        "ontrac": Check(ontrac, 10),
    }
)
