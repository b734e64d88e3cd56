"""InPost's (Poland) numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"6\d{23}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "6" + digits(23)


NETWORK = Network(
    code="inpost",
    make=make,
    is_own=is_own,
    routes=(("Warszawa", "Kraków"), ("Warszawa", "Poznań"), ("Kraków", "Warszawa")),
    abroad=("Shenzhen", "Warszawa"),
)
