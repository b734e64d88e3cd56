"""Canada Post's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.digits import is_s10, sscc_check_digit
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    """The check digit is the one of an SSCC, weighted 3 and 1 in turn."""
    is_pin = re.fullmatch(r"\d{16}", number) is not None and sscc_check_digit(number[:15]) == number[15]
    return is_pin or is_s10(number, "CA")


def make(digits: Digits, chance: random.Random) -> str:
    body = str(chance.randint(1, 9)) + digits(14)
    return body + sscc_check_digit(body)


NETWORK = Network(
    code="canada_post",
    make=make,
    is_own=is_own,
    routes=(("Toronto", "Montréal"), ("Montréal", "Vancouver"), ("Vancouver", "Toronto")),
    abroad=("New York", "Montréal"),
)
