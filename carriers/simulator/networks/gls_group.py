"""GLS Group's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    """A parcel number, or a Track ID."""
    return re.fullmatch(r"\d{11,12}|[A-Z0-9]{8}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "771" + digits(9)


NETWORK = Network(
    code="gls_group",
    make=make,
    is_own=is_own,
    routes=(("Madrid", "Toulouse"), ("Frankfurt", "Milano"), ("Köln", "Paris"), ("München", "Roma")),
    abroad=("London", "Köln"),
    hub_abroad="Frankfurt",
)
