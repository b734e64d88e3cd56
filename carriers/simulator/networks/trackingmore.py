"""TrackingMore's numbers and routes: an aggregator takes any number whose carrier it can tell, here mostly Correos'."""

from __future__ import annotations

from carriers.simulator.networks.contract import Network
from carriers.simulator.networks.correos_es import make
from carriers.simulator.networks.seventeentrack import is_own

NETWORK = Network(
    code="trackingmore",
    make=make,
    is_own=is_own,
    routes=(("Valencia", "Madrid"), ("Madrid", "Sevilla"), ("Barcelona", "Lisboa")),
    abroad=("Shenzhen", "Valencia"),
    hub_abroad="Madrid",
    lag_minutes=5.0,
)
