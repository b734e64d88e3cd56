"""Correos' numbers and routes."""

from __future__ import annotations

import random
import re

from carriers.simulator.digits import correos_check_letter, is_s10
from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    if re.fullmatch(r"(?:P[A-Z0-9]|CD)[A-Z0-9]{4}\d{16}[A-Z]", number):
        return correos_check_letter(number[:22]) == number[22]
    return is_s10(number, "ES") or re.fullmatch(r"PR\d{15}[A-Z]", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    body = "PQ4XQ2" + digits(16)
    return body + correos_check_letter(body)


NETWORK = Network(
    code="correos_es",
    make=make,
    is_own=is_own,
    routes=(("Valencia", "Madrid"), ("Valencia", "Sevilla"), ("Madrid", "A Coruña")),
    abroad=("Andorra la Vella", "Barcelona"),
)
