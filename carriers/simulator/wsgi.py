"""The simulator for a WSGI server, set by the environment: SIMULATOR_STATE, SIMULATOR_SPEED, SIMULATOR_LIMITS.

One process, many threads: the state file is shared, the record of calls and the bad manners are not.
"""

from __future__ import annotations

import os

from carriers.simulator.app import App
from carriers.simulator.state import MEMORY

app = App(
    state=os.environ.get("SIMULATOR_STATE", MEMORY),
    speed=float(os.environ.get("SIMULATOR_SPEED", "1")),
    limits=os.environ.get("SIMULATOR_LIMITS", "") in ("1", "true", "yes"),
)
app.start()
