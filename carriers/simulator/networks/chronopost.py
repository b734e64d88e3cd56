"""Chronopost's numbers and routes."""

from __future__ import annotations

import random

from carriers.simulator.digits import is_s10, s10_check_digit
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return number.startswith("X") and is_s10(number)


def make(digits: Digits, chance: random.Random) -> str:
    serial = digits(8)
    return f"XY{serial}{s10_check_digit(serial)}FR"


NETWORK = Network(
    code="chronopost",
    make=make,
    is_own=is_own,
    routes=(("Paris", "Lyon"), ("Paris", "Marseille"), ("Lyon", "Nantes"), ("Paris", "Bordeaux")),
    abroad=("London", "Paris"),
)
