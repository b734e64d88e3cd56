"""Correos Express's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    """The number of a shipment, or of one of its parcels."""
    return re.fullmatch(r"\d{16}|\d{23}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "323000" + digits(10)


NETWORK = Network(
    code="correos_express",
    make=make,
    is_own=is_own,
    routes=(("Madrid", "Zaragoza"), ("Valencia", "Murcia"), ("Barcelona", "Las Palmas")),
    abroad=("Andorra la Vella", "Barcelona"),
)
