"""Every wire format the simulator speaks, by carrier code: the values declared in `wire/`."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from carriers.simulator import wire
from carriers.simulator.wire.contract import Wire


def _declared() -> dict[str, Wire]:
    modules = [
        import_module(f"{wire.__name__}.{one.name}")
        for one in pkgutil.iter_modules(wire.__path__)
        if one.name != "registry"
    ]
    found: list[Wire] = [module.WIRE for module in modules if hasattr(module, "WIRE")]
    return {one.code: one for one in found}


WIRES = _declared()
