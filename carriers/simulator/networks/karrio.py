"""Karrio's numbers and routes: an own gateway to the shop's contracts, here with UPS."""

from __future__ import annotations

from carriers.simulator.networks.contract import Network
from carriers.simulator.networks.seventeentrack import is_own
from carriers.simulator.networks.ups import make

NETWORK = Network(
    code="karrio",
    make=make,
    is_own=is_own,
    routes=(("Madrid", "Lisboa"), ("Barcelona", "Bordeaux"), ("Valencia", "Roma")),
    abroad=("London", "Madrid"),
    hub_abroad="Bruxelles",
)
