"""What happens to an order besides its steps, as its transitions write it: its day moved, its number is another. Pure."""

from __future__ import annotations

from datetime import date
from typing import Protocol


class _HasEta(Protocol):
    @property
    def eta_first(self) -> date | None: ...
    @property
    def eta_last(self) -> date | None: ...


def eta_said(of: _HasEta | None) -> str:
    """eta:2026-11-24/2026-11-26; empty where no day is known. Hours are left out: they move with every scan."""
    if of is None or of.eta_first is None or of.eta_last is None:
        return ""
    return f"eta:{of.eta_first.isoformat()}/{of.eta_last.isoformat()}"


def eta_read(said: str) -> tuple[date, date] | None:
    """The first and the last day; None for what is no such moment."""
    kind, _colon, days = said.partition(":")
    first, _slash, last = days.partition("/")
    if kind != "eta" or not last:
        return None
    return date.fromisoformat(first), date.fromisoformat(last)


def has_moved(before: _HasEta | None, after: _HasEta) -> bool:
    """Whether its day is another one. The last one counts: the first of several is cut off as days pass, and a carrier
    that is surer of the same day has moved nothing."""
    if after.eta_first is None or after.eta_last is None:
        return False
    return before is None or before.eta_last != after.eta_last


NUMBER_GONE = "number:"  # its only parcel was taken off: the next one stands in its place


def number_said(shipment_id: int) -> str:
    """number:17, of the parcel that stands in the place of another."""
    return f"{NUMBER_GONE}{shipment_id}"


def turn(version: int) -> int:
    """What tells a moment from the same one before it: a day may move, and come back."""
    return version % 32768
