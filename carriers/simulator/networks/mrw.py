"""MRW's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"0\d{11}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "02117" + digits(7)


NETWORK = Network(
    code="mrw",
    make=make,
    is_own=is_own,
    routes=(("Barcelona", "Valladolid"), ("Madrid", "Alicante"), ("Valencia", "A Coruña")),
    abroad=("Andorra la Vella", "Barcelona"),
)
