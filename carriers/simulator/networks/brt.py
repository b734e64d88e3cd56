"""BRT's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    """A parcel's, or a shipment's."""
    return re.fullmatch(r"\d{15}|\d{12}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "0841" + digits(11)


NETWORK = Network(
    code="brt",
    make=make,
    is_own=is_own,
    routes=(("Milano", "Roma"), ("Bologna", "Napoli"), ("Torino", "Bologna"), ("Roma", "Torino")),
    abroad=("Andorra la Vella", "Torino"),
)
