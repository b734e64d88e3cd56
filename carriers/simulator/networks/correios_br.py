"""Correios' (Brazil) numbers and routes."""

from __future__ import annotations

import random

from carriers.simulator.digits import is_s10, s10_check_digit
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return is_s10(number, "BR")


def make(digits: Digits, chance: random.Random) -> str:
    prefix = chance.choice(("AA", "OY", "QB", "TJ"))
    serial = digits(8)
    return f"{prefix}{serial}{s10_check_digit(serial)}BR"


NETWORK = Network(
    code="correios_br",
    make=make,
    is_own=is_own,
    routes=(
        ("São Paulo", "Rio de Janeiro"),
        ("Curitiba", "Belo Horizonte"),
        ("Florianópolis", "Porto Alegre"),
    ),
    abroad=("Shenzhen", "São Paulo"),
)
