"""FedEx's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network

_WEIGHTS = (3, 1, 7) * 4


def check_digit(body: str) -> str:
    """Of the first eleven digits."""
    return str(sum(int(c) * weight for c, weight in zip(body, _WEIGHTS, strict=False)) % 11 % 10)


def is_own(number: str) -> bool:
    return re.fullmatch(r"\d{12}", number) is not None and check_digit(number[:11]) == number[11]


def make(digits: Digits, chance: random.Random) -> str:
    body = str(chance.randint(1, 9)) + digits(10)
    return body + check_digit(body)


NETWORK = Network(
    code="fedex",
    make=make,
    is_own=is_own,
    routes=(("Madrid", "Lyon"), ("Milano", "Paris"), ("Los Angeles", "New York"), ("Berlin", "Barcelona")),
    abroad=("Shenzhen", "Madrid"),
    hub_abroad="Köln",
)
