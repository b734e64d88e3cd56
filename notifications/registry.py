"""Every channel there is: one file each in `notifications/channels`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from notifications import channels
from notifications.types import Channel


def _declared() -> dict[str, Channel]:
    found = (
        importlib.import_module(f"{channels.__name__}.{module.name}").CHANNEL
        for module in pkgutil.iter_modules(channels.__path__)
    )
    order = ("email", "sms", "whatsapp", "push")
    return {
        c.code: c for c in sorted(found, key=lambda c: order.index(c.code) if c.code in order else len(order))
    }


CHANNELS: Mapping[str, Channel] = _declared()
