"""Mondial Relay's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"\d{8}(?:\d{2}){0,2}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return digits(8)


NETWORK = Network(
    code="mondial_relay",
    make=make,
    is_own=is_own,
    routes=(("Lille", "Lyon"), ("Lille", "Nantes"), ("Paris", "Toulouse"), ("Lille", "Barcelona")),
    abroad=("London", "Lille"),
)
