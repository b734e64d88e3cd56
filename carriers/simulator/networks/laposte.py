"""La Poste's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.digits import is_s10
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return is_s10(number, "FR") or re.fullmatch(r"[0-9][A-Z0-9]\d{11}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "6C" + digits(11)


NETWORK = Network(
    code="laposte",
    make=make,
    is_own=is_own,
    routes=(("Lyon", "Paris"), ("Lyon", "Marseille"), ("Lyon", "Nantes"), ("Paris", "Toulouse")),
    abroad=("London", "Lyon"),
)
