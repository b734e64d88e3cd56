"""NACEX's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    """The agency, a stroke, and the waybill."""
    return re.fullmatch(r"\d{4}/\d{1,8}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "0810/" + digits(7)


NETWORK = Network(
    code="nacex",
    make=make,
    is_own=is_own,
    routes=(("Barcelona", "Madrid"), ("Barcelona", "Valencia"), ("Madrid", "Bilbao")),
    abroad=("Andorra la Vella", "Barcelona"),
)
