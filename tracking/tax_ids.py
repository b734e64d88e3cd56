"""Tax numbers that carry check digits: whose form a text has, and whether it adds up. Pure.

Of Spain, Brazil, Italy, France and Germany, as far as their tax offices document them; any other is taken as
it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_CIF_LETTERS = "JABCDEFGHI"
# A codice fiscale's odd places: what each sign is worth.
_ODD = {
    sign: worth
    for signs, worths in (
        ("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)),
        ("ABCDEFGHIJ", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)),
        ("KLMNOPQRST", (2, 4, 18, 20, 11, 3, 6, 8, 12, 14)),
        ("UVWXYZ", (16, 10, 22, 25, 24, 23)),
    )
    for sign, worth in zip(signs, worths, strict=True)
}
# Digits a codice fiscale writes as letters, where two people would share one.
_FISCALE = re.compile(r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]")


def plain(said: str) -> str:
    """Capitals and digits alone: without the dots, dashes and blanks people put between them."""
    return re.sub(r"[\s.\-/]", "", said).upper()


def _luhn(digits: str) -> bool:
    total = 0
    for place, digit in enumerate(map(int, reversed(digits))):
        doubled = digit * 2 if place % 2 else digit
        total += doubled - 9 if doubled > 9 else doubled
    return total % 10 == 0


def _spain(said: str) -> bool:
    """NIF, NIE or the NIF of a company."""
    if re.fullmatch(r"[0-9]{8}[A-Z]", said):
        return _NIF_LETTERS[int(said[:8]) % 23] == said[8]
    if re.fullmatch(r"[XYZ][0-9]{7}[A-Z]", said):
        return _NIF_LETTERS[int(str("XYZ".index(said[0])) + said[1:8]) % 23] == said[8]
    if re.fullmatch(r"[KLM][0-9]{7}[A-Z]", said):
        return _NIF_LETTERS[int(said[1:8]) % 23] == said[8]
    return bool(re.fullmatch(r"[ABCDEFGHJNPQRSUVW][0-9]{7}[0-9A-J]", said)) and _company(said)


def _company(said: str) -> bool:
    digits = list(map(int, said[1:8]))
    doubled = sum(sum(divmod(digit * 2, 10)) for digit in digits[::2])
    control = -(doubled + sum(digits[1::2])) % 10
    if said[0] in "PQRSNW":
        return said[8] == _CIF_LETTERS[control]
    if said[0] in "ABEH":
        return said[8] == str(control)
    return said[8] in (str(control), _CIF_LETTERS[control])


def _brazil(said: str) -> bool:
    """CPF; CNPJ, also with letters, as they are given out since July 2026."""
    if re.fullmatch(r"[0-9]{11}", said):
        return len(set(said)) > 1 and _ends(said, 9, range(10, 1, -1)) and _ends(said, 10, range(11, 1, -1))
    if re.fullmatch(r"[0-9A-Z]{12}[0-9]{2}", said):
        weights = (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)
        return len(set(said)) > 1 and _ends(said, 12, weights) and _ends(said, 13, (6, *weights))
    return False


def _ends(said: str, place: int, weights: range | tuple[int, ...]) -> bool:
    """Whether the digit at `place` is the check, modulo 11, of those before it. Letters count from 17."""
    left = sum((ord(sign) - 48) * weight for sign, weight in zip(said[:place], weights, strict=True)) % 11
    return int(said[place]) == (0 if left < 2 else 11 - left)


def _italy(said: str) -> bool:
    """Partita IVA; codice fiscale, of a person or, like a partita IVA, of a company."""
    if re.fullmatch(r"[0-9]{11}", said):
        return said != "0" * 11 and _luhn(said)
    if not _FISCALE.fullmatch(said):
        return False
    even = sum(int(sign) if sign.isdecimal() else ord(sign) - 65 for sign in said[1:15:2])
    return chr(65 + (sum(_ODD[sign] for sign in said[0:15:2]) + even) % 26) == said[15]


def _france(said: str) -> bool:
    """SIREN, SIRET; numéro de TVA, whose key is worked out from the SIREN where it is of digits."""
    if re.fullmatch(r"[0-9]{9}|[0-9]{14}", said):
        return said.strip("0") != "" and _luhn(said)
    tva = re.fullmatch(r"FR([0-9A-HJ-NP-Z]{2})([0-9]{9})", said)
    if not tva or not _luhn(tva[2]):
        return False
    return not tva[1].isdecimal() or int(tva[1]) == (12 + 3 * (int(tva[2]) % 97)) % 97


def _germany(said: str) -> bool:
    """USt-IdNr., by ISO 7064 mod 11, 10. A Steuernummer has no check that holds in every Land."""
    if not re.fullmatch(r"[1-9][0-9]{8}", said):
        return bool(re.fullmatch(r"[0-9]{10,13}", said))
    product = 10
    for digit in map(int, said[:8]):
        product = ((product + digit) % 10 or 10) * 2 % 11
    return (11 - product) % 10 == int(said[8])


CHECKS: Mapping[str, Callable[[str], bool]] = {
    "ES": _spain,
    "BR": _brazil,
    "IT": _italy,
    "FR": _france,
    "DE": _germany,
}
NAMES: Mapping[str, str] = {
    "ES": "NIF",
    "BR": "CPF / CNPJ",
    "IT": "Codice fiscale / Partita IVA",
    "FR": "SIREN / TVA",
    "DE": "USt-IdNr.",
}
MOST = 32  # characters


def checked(said: str, country: str) -> str | None:
    """The tax number as it is kept; None where it cannot be one of `country`. Empty stays empty.

    A number may begin with its country, as those for trade within the European Union do: then that one's
    check counts.
    """
    number = plain(said)
    if not number:
        return ""
    if len(number) > MOST:
        return None
    named = number[:2] if number[:2] in CHECKS and _of(number[:2], number) else country
    if named not in CHECKS:
        return " ".join(said.split())[:MOST].upper()
    return number if _of(named, number) else None


def _of(country: str, number: str) -> bool:
    check = CHECKS[country]
    return check(number) or (number.startswith(country) and check(number[2:]))
