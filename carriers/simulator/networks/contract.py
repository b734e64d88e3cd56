"""What the simulated world must know of a carrier to send parcels through it: its numbers and its routes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

Digits = Callable[[int], str]  # so many digits of the carrier's own choice; check characters come behind them
Towns = tuple[str, str]  # origin and destination, by their names in carriers.simulator.places


@dataclass(frozen=True, slots=True)
class Network:
    """A carrier's numbers and routes. Its side of the wire is `wire/<code>.py`.

    `make` builds a well-formed number: `digits(n)` gives the digits the carrier chooses freely (call it once, last
    before the check characters: a number that shall never be found ends them in 0404), the generator anything
    else. `is_own` says whether the carrier could have given out a number: shape and check digit.
    """

    code: str
    make: Callable[[Digits, random.Random], str]
    is_own: Callable[[str], bool]
    routes: tuple[Towns, ...]
    abroad: Towns  # where its parcels come from, and go to, when a customs border lies between
    hub_abroad: str = ""  # the sorting centre of parcels that cross borders; empty: the destination country's
    lag_minutes: float = 0.0  # its data lag behind the label: a fresh number is unknown for so long
