"""17TRACK's numbers and routes: an aggregator takes any number whose carrier it can tell."""

from __future__ import annotations

import random

from carriers.simulator.digits import is_s10, s10_check_digit
from carriers.simulator.networks import correos_es, dhl, gls_es, laposte, ups
from carriers.simulator.networks.contract import Digits, Network

_CARRIERS = (ups, correos_es, gls_es, laposte, dhl)


def is_own(number: str) -> bool:
    return is_s10(number) or any(carrier.is_own(number) for carrier in _CARRIERS)


def make(digits: Digits, chance: random.Random) -> str:
    serial = digits(8)
    return f"QB{serial}{s10_check_digit(serial)}BR"


NETWORK = Network(
    code="17track",
    make=make,
    is_own=is_own,
    routes=(
        ("São Paulo", "Porto Alegre"),
        ("São Paulo", "Rio de Janeiro"),
        ("São Paulo", "Florianópolis"),
        ("São Paulo", "Belo Horizonte"),
    ),
    abroad=("Shenzhen", "Porto Alegre"),
    hub_abroad="Curitiba",
    lag_minutes=5.0,
)
