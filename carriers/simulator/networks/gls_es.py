"""GLS Spain's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"6\d{13}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "61771" + digits(9)


NETWORK = Network(
    code="gls_es",
    make=make,
    is_own=is_own,
    routes=(("Valencia", "Zaragoza"), ("Valencia", "Málaga"), ("Barcelona", "Bilbao")),
    abroad=("Andorra la Vella", "Valencia"),
)
