"""DPD's numbers and routes, as its shipper services in Belgium and the Netherlands know them."""

from __future__ import annotations

import random
import re

from carriers.simulator.networks.contract import Digits, Network

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def check_character(body: str) -> str:
    """ISO 7064 MOD 37,36 of the 14 digits; it is printed behind them, and may be left out."""
    product = 36
    for char in body:
        product = (product + _ALPHABET.index(char)) % 36 or 36
        product = product * 2 % 37
    return _ALPHABET[(37 - product) % 36]


def is_own(number: str) -> bool:
    if re.fullmatch(r"0\d{13}", number):
        return True
    return re.fullmatch(r"0\d{13}[0-9A-Z]", number) is not None and check_character(number[:14]) == number[14]


def make(digits: Digits, chance: random.Random) -> str:
    return "052" + digits(11)


NETWORK = Network(
    code="dpd",
    make=make,
    is_own=is_own,
    routes=(
        ("Antwerpen", "Lyon"),
        ("Rotterdam", "Bruxelles"),
        ("Amsterdam", "Köln"),
        ("Antwerpen", "Madrid"),
    ),
    abroad=("Andorra la Vella", "Bruxelles"),
    hub_abroad="Liège",
)
