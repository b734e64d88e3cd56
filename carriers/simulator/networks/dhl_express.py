"""DHL Express' waybills and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.digits import dhl_express_check_digit
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"\d{10}", number) is not None and dhl_express_check_digit(number[:9]) == number[9]


def make(digits: Digits, chance: random.Random) -> str:
    body = str(chance.randint(1, 9)) + digits(8)
    return body + dhl_express_check_digit(body)


NETWORK = Network(
    code="dhl_express",
    make=make,
    is_own=is_own,
    routes=(("Berlin", "Valencia"), ("Madrid", "Paris"), ("Milano", "Lisboa"), ("Barcelona", "New York")),
    abroad=("Shenzhen", "Madrid"),
    hub_abroad="Leipzig",
)
