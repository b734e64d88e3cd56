"""Australia Post's numbers and routes."""

from __future__ import annotations

import random
import re
import string

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"(?=.*[A-Z])[A-Z0-9]{3,5}\d{7}(?:\d{11,13})?", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "33" + "".join(chance.choices(string.ascii_uppercase, k=3)) + digits(7)


NETWORK = Network(
    code="australia_post",
    make=make,
    is_own=is_own,
    routes=(("Melbourne", "Sydney"), ("Sydney", "Brisbane"), ("Brisbane", "Melbourne")),
    abroad=("Shenzhen", "Sydney"),
)
