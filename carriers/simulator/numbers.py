"""Tracking numbers of the six carriers: making well-formed ones, and telling whether one is."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable

CARRIERS = ("dhl", "ups", "correos_es", "gls_es", "laposte", "17track")

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


def is_dhl(number: str) -> bool:
    if re.fullmatch(r"\d{10}", number):
        return dhl_express_check_digit(number[:9]) == number[9]
    return is_dhl_paket(number) or re.fullmatch(r"J[A-Z]{1,3}\d{9,18}", number) is not None


def is_dhl_paket(number: str) -> bool:
    return re.fullmatch(r"00340\d{15}", number) is not None and sscc_check_digit(number[:19]) == number[19]


def is_ups(number: str) -> bool:
    return (
        re.fullmatch(r"1Z[0-9A-Z]{15}\d", number) is not None and ups_check_digit(number[2:17]) == number[17]
    )


def is_correos(number: str) -> bool:
    if re.fullmatch(r"(?:P[A-Z0-9]|CD)[A-Z0-9]{4}\d{16}[A-Z]", number):
        return correos_check_letter(number[:22]) == number[22]
    return is_s10(number, "ES") or re.fullmatch(r"PR\d{15}[A-Z]", number) is not None


def is_gls(number: str) -> bool:
    return re.fullmatch(r"6\d{13}", number) is not None


def is_laposte(number: str) -> bool:
    return is_s10(number, "FR") or re.fullmatch(r"[0-9][A-Z0-9]\d{11}", number) is not None


def is_17track(number: str) -> bool:
    """An aggregator takes any number whose carrier it can tell."""
    return is_s10(number) or any(
        is_own(number) for is_own in (is_ups, is_correos, is_gls, is_laposte, is_dhl)
    )


_WELL_FORMED: dict[str, Callable[[str], bool]] = {
    "dhl": is_dhl,
    "ups": is_ups,
    "correos_es": is_correos,
    "gls_es": is_gls,
    "laposte": is_laposte,
    "17track": is_17track,
}


def is_well_formed(carrier: str, number: str) -> bool:
    """Whether `carrier` could have given out `number`: shape and check digit."""
    return _WELL_FORMED[carrier](number)


def number_for(carrier: str, seed: int | str) -> str:
    """A well-formed number of `carrier`, always the same for a seed; never one marked as not found."""
    chance = random.Random(f"{carrier}:{seed}")
    while True:
        number = _make(carrier, chance, "")
        if not is_never_heard_of(number):
            return number


def unknown_number_for(carrier: str, seed: int | str) -> str:
    """A well-formed number of `carrier` that it has never heard of."""
    return _make(carrier, random.Random(f"{carrier}:{seed}"), "0404")


def _make(carrier: str, chance: random.Random, ending: str) -> str:
    """`ending` closes the digits the carrier chooses; check characters follow it."""

    def digits(count: int) -> str:
        return "".join(chance.choices(string.digits, k=count - len(ending))) + ending

    if carrier == "dhl":
        body = str(chance.randint(1, 9)) + digits(8)
        return body + dhl_express_check_digit(body)
    if carrier == "ups":
        body = "".join(chance.choices(string.ascii_uppercase + string.digits, k=6)) + "03" + digits(7)
        return f"1Z{body}{ups_check_digit(body)}"
    if carrier == "correos_es":
        body = "PQ4XQ2" + digits(16)
        return body + correos_check_letter(body)
    if carrier == "gls_es":
        return "61771" + digits(9)
    if carrier == "laposte":
        return "6C" + digits(11)
    if carrier == "17track":
        serial = digits(8)
        return f"QB{serial}{s10_check_digit(serial)}BR"
    raise ValueError(f"There is no carrier {carrier!r}. Use one of: {', '.join(CARRIERS)}.")
