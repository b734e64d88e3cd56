"""DPD's numbers and routes within Germany."""

from __future__ import annotations

from carriers.simulator.networks.contract import Network
from carriers.simulator.networks.dpd import is_own, make

NETWORK = Network(
    code="dpd_de",
    make=make,
    is_own=is_own,
    routes=(("Hamburg", "Leipzig"), ("Köln", "Berlin"), ("Frankfurt", "München"), ("Berlin", "Frankfurt")),
    abroad=("Andorra la Vella", "Köln"),
)
