"""SEUR's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    """The code of a shipment, or of one of its parcels (ECB)."""
    return re.fullmatch(r"\d{14}|\d{18}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "460260" + digits(8)


NETWORK = Network(
    code="seur",
    make=make,
    is_own=is_own,
    routes=(("Valencia", "Madrid"), ("Barcelona", "Sevilla"), ("Madrid", "Valencia")),
    abroad=("Andorra la Vella", "Valencia"),
)
