"""Shippo's numbers and routes: an aggregator takes any number whose carrier it can tell, here mostly UPS'."""

from __future__ import annotations

from carriers.simulator.networks.contract import Network
from carriers.simulator.networks.seventeentrack import is_own
from carriers.simulator.networks.ups import make

NETWORK = Network(
    code="shippo",
    make=make,
    is_own=is_own,
    routes=(("New York", "Chicago"), ("Los Angeles", "New York"), ("Chicago", "Los Angeles")),
    abroad=("Shenzhen", "New York"),
    hub_abroad="Memphis",
    lag_minutes=2.0,
)
