"""Check digits of tracking numbers, and the mark of a number nobody has heard of."""

from __future__ import annotations

import re

# A number that ends in 0404, a check character or a country aside, is one no carrier has heard of.
_NEVER_HEARD_OF = re.compile(r"0404[0-9A-Z]?(?:[A-Z]{2})?$")
_CORREOS_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_S10_WEIGHTS = (8, 6, 4, 2, 3, 5, 9, 7)
_S10 = re.compile(r"[A-Z]{2}\d{9}[A-Z]{2}")


def is_never_heard_of(number: str) -> bool:
    """Whether the number carries the mark that makes every carrier answer "not found"."""
    return _NEVER_HEARD_OF.search(number) is not None


def ups_check_digit(body: str) -> str:
    """Of the 15 characters after `1Z`."""
    values = (int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in body)
    total = sum(value * (2 if i % 2 else 1) for i, value in enumerate(values))
    return str(-total % 10)


def correos_check_letter(body: str) -> str:
    """Of the first 22 characters."""
    return _CORREOS_LETTERS[sum(map(ord, body)) % 23]


def dhl_express_check_digit(body: str) -> str:
    """Of the first nine digits."""
    return str(int(body) % 7)


def sscc_check_digit(body: str) -> str:
    """Of the 19 digits of a DHL Paket number, weighted 3 and 1 in turn."""
    return str(-sum(int(c) * (1 if i % 2 else 3) for i, c in enumerate(body)) % 10)


def s10_check_digit(serial: str) -> str:
    """Of the eight digits of a postal (UPU S10) number."""
    check = 11 - sum(int(c) * weight for c, weight in zip(serial, _S10_WEIGHTS, strict=True)) % 11
    return str({10: 0, 11: 5}.get(check, check))


def is_s10(number: str, country: str = "") -> bool:
    return (
        _S10.fullmatch(number) is not None
        and number.endswith(country)
        and s10_check_digit(number[2:10]) == number[10]
    )
