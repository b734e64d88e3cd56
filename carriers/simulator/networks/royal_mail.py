"""Royal Mail's numbers and routes."""

from __future__ import annotations

import random

from carriers.simulator.digits import is_s10, s10_check_digit
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return is_s10(number, "GB")


def make(digits: Digits, chance: random.Random) -> str:
    prefix = chance.choice("HQTV") + chance.choice("ABQ")
    serial = digits(8)
    return f"{prefix}{serial}{s10_check_digit(serial)}GB"


NETWORK = Network(
    code="royal_mail",
    make=make,
    is_own=is_own,
    routes=(("London", "Manchester"), ("Manchester", "Birmingham"), ("Birmingham", "London")),
    abroad=("Madrid", "Manchester"),
)
