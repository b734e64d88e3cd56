"""Estafeta's (Mexico) numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"[0-9A-Z]{22}|\d{10}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return f"{chance.randint(1, 9)}{digits(21)}"


NETWORK = Network(
    code="estafeta",
    make=make,
    is_own=is_own,
    routes=(
        ("Ciudad de México", "Guadalajara"),
        ("Ciudad de México", "Monterrey"),
        ("Guadalajara", "Monterrey"),
    ),
    abroad=("Los Angeles", "Guadalajara"),
)
