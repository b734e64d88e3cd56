"""CTT Express's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"\d{22}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "00828" + digits(17)


NETWORK = Network(
    code="ctt_express",
    make=make,
    is_own=is_own,
    routes=(("Madrid", "Málaga"), ("Barcelona", "Lisboa"), ("Valencia", "Bilbao")),
    abroad=("Andorra la Vella", "Madrid"),
)
