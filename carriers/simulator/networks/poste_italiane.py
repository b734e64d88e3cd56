"""Poste Italiane's numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.digits import is_s10
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return is_s10(number, "IT") or re.fullmatch(r"[0-9A-Z]{2}\d{11}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    return "ZA" + digits(11)


NETWORK = Network(
    code="poste_italiane",
    make=make,
    is_own=is_own,
    routes=(("Roma", "Milano"), ("Napoli", "Bologna"), ("Torino", "Roma"), ("Milano", "Napoli")),
    abroad=("London", "Roma"),
)
