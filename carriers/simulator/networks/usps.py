"""USPS's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.digits import is_s10, sscc_check_digit
from carriers.simulator.networks.contract import Digits, Network

_BARCODE = re.compile(r"(?:420\d{5}(?:\d{4})?)?(9[2345]\d{20})")


def is_own(number: str) -> bool:
    """The check digit is the one of an SSCC; what stands before the 9 is the ZIP code."""
    known = _BARCODE.fullmatch(number)
    return is_s10(number, "US") or (known is not None and sscc_check_digit(known[1][:21]) == known[1][21])


def make(digits: Digits, chance: random.Random) -> str:
    body = "94055" + digits(16)
    return body + sscc_check_digit(body)


NETWORK = Network(
    code="usps",
    make=make,
    is_own=is_own,
    routes=(("Los Angeles", "New York"), ("New York", "Chicago"), ("Chicago", "Los Angeles")),
    abroad=("Madrid", "New York"),
)
