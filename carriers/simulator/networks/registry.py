"""Every network the simulator knows, by carrier code: the values declared in `networks/`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from carriers.simulator import networks
from carriers.simulator.networks.contract import Network

NETWORKS: dict[str, Network] = {}
for _module in sorted(one.name for one in pkgutil.iter_modules(networks.__path__)):
    if _module not in ("contract", "registry"):
        _network: Network = import_module(f"{networks.__name__}.{_module}").NETWORK
        NETWORKS[_network.code] = _network
