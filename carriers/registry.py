"""Every carrier there is an adapter for: the values declared in `carriers/adapters/`."""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType

from carriers import adapters
from carriers.types import Carrier


class UnknownCarrierError(LookupError):
    """No adapter has this code. Says which codes there are."""

    def __init__(self, code: str) -> None:
        super().__init__(f"There is no carrier “{code}”. Known carriers: {', '.join(CARRIERS)}.")
        self.code = code


def _declared() -> dict[str, Carrier]:
    found: dict[str, Carrier] = {}
    for module in pkgutil.iter_modules(adapters.__path__):
        carrier: Carrier = import_module(f"{adapters.__name__}.{module.name}").CARRIER
        if carrier.code in found:
            raise RuntimeError(f"Two adapters declare the carrier {carrier.code!r}.")
        found[carrier.code] = carrier
    return dict(sorted(found.items()))


CARRIERS: Mapping[str, Carrier] = MappingProxyType(_declared())


def get(code: str) -> Carrier:
    """Raises UnknownCarrierError."""
    try:
        return CARRIERS[code]
    except KeyError:
        raise UnknownCarrierError(code) from None
