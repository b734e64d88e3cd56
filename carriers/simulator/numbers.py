"""Tracking numbers of every simulated carrier: making well-formed ones, and telling whether one is."""

from __future__ import annotations

import random
import string

from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.networks.registry import NETWORKS


def is_well_formed(carrier: str, number: str) -> bool:
    """Whether `carrier` could have given out `number`: shape and check digit."""
    return NETWORKS[carrier].is_own(number)


def number_for(carrier: str, seed: int | str) -> str:
    """A well-formed number of `carrier`, always the same for a seed; never one marked as not found."""
    chance = random.Random(f"{carrier}:{seed}")
    while True:
        number = _make(carrier, chance, "")
        if not is_never_heard_of(number):
            return number


def unknown_number_for(carrier: str, seed: int | str) -> str:
    """A well-formed number of `carrier` that it has never heard of."""
    return _make(carrier, random.Random(f"{carrier}:{seed}"), "0404")


def _make(carrier: str, chance: random.Random, ending: str) -> str:
    """`ending` closes the digits the carrier chooses; check characters follow it."""

    def digits(count: int) -> str:
        return "".join(chance.choices(string.digits, k=count - len(ending))) + ending

    if carrier not in NETWORKS:
        raise ValueError(f"There is no carrier {carrier!r}. Use one of: {', '.join(NETWORKS)}.")
    return NETWORKS[carrier].make(digits, chance)
