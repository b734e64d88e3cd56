"""UPS's numbers and routes."""

from __future__ import annotations

import random
import re
import string

from carriers.simulator.digits import ups_check_digit
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return (
        re.fullmatch(r"1Z[0-9A-Z]{15}\d", number) is not None and ups_check_digit(number[2:17]) == number[17]
    )


def make(digits: Digits, chance: random.Random) -> str:
    body = "".join(chance.choices(string.ascii_uppercase + string.digits, k=6)) + "03" + digits(7)
    return f"1Z{body}{ups_check_digit(body)}"


NETWORK = Network(
    code="ups",
    make=make,
    is_own=is_own,
    routes=(("Valencia", "Lisboa"), ("Lyon", "Paris"), ("Madrid", "Roma"), ("Barcelona", "Bordeaux")),
    abroad=("London", "Madrid"),
    hub_abroad="Köln",
)
