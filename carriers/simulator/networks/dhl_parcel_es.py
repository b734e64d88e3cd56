"""DHL Parcel Iberia's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    """The number of a shipment, or of one of its pieces."""
    return re.fullmatch(r"\d{10}|JJD[A-Z0-9]{10,20}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "46" + digits(8)


NETWORK = Network(
    code="dhl_parcel_es",
    make=make,
    is_own=is_own,
    routes=(("Valencia", "Sevilla"), ("Vitoria-Gasteiz", "Madrid"), ("Barcelona", "Murcia")),
    abroad=("Köln", "Madrid"),
)
