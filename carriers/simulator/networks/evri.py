"""Evri's (United Kingdom) numbers and routes."""

from __future__ import annotations

import random
import re
import string

from carriers.simulator.networks.contract import Digits, Network


def is_own(number: str) -> bool:
    return re.fullmatch(r"[HTC]0[0-9A-Z]{14}", number) is not None


def make(digits: Digits, chance: random.Random) -> str:
    middle = "".join(chance.choices(string.ascii_uppercase + string.digits, k=6))
    return f"{chance.choice('HTC')}0{middle}{digits(8)}"


NETWORK = Network(
    code="evri",
    make=make,
    is_own=is_own,
    routes=(("Birmingham", "London"), ("London", "Manchester"), ("Manchester", "Birmingham")),
    abroad=("Shenzhen", "Manchester"),
)
