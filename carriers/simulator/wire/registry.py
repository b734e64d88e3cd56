"""Every wire format the simulator speaks, by carrier code."""

from __future__ import annotations

from carriers.simulator.wire import correos_es, dhl, gls_es, laposte, seventeentrack, ups
from carriers.simulator.wire.contract import Wire

WIRES: dict[str, Wire] = {
    wire.code: wire
    for wire in (dhl.WIRE, ups.WIRE, correos_es.WIRE, gls_es.WIRE, laposte.WIRE, seventeentrack.WIRE)
}
