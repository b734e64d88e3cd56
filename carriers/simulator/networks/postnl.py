"""PostNL's numbers and routes."""

from __future__ import annotations

import random
import re
import string

from carriers.simulator.digits import is_s10
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return is_s10(number, "NL") or re.fullmatch(r"3S[A-Z0-9]{4}\d{7,12}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    customer = "".join(chance.choices(string.ascii_uppercase, k=4))
    return f"3S{customer}{digits(9)}"


NETWORK = Network(
    code="postnl",
    make=make,
    is_own=is_own,
    routes=(("Amsterdam", "Rotterdam"), ("Rotterdam", "Amsterdam"), ("Utrecht", "Antwerpen")),
    abroad=("Shenzhen", "Amsterdam"),
)
