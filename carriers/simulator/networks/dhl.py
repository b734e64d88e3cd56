"""DHL's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.digits import dhl_express_check_digit, sscc_check_digit
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    if re.fullmatch(r"\d{10}", number):
        return dhl_express_check_digit(number[:9]) == number[9]
    return is_paket(number) or re.fullmatch(r"J[A-Z]{1,3}\d{9,18}", number) is not None


def is_paket(number: str) -> bool:
    return re.fullmatch(r"00340\d{15}", number) is not None and sscc_check_digit(number[:19]) == number[19]


def make(digits: Digits, chance: random.Random) -> str:
    body = str(chance.randint(1, 9)) + digits(8)
    return body + dhl_express_check_digit(body)


NETWORK = Network(
    code="dhl",
    make=make,
    is_own=is_own,
    routes=(("Valencia", "Madrid"), ("Berlin", "Valencia"), ("Lyon", "Barcelona"), ("Milano", "Paris")),
    abroad=("Shenzhen", "Madrid"),
    hub_abroad="Leipzig",
    lag_minutes=20.0,
)
