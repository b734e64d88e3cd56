"""What happens to an order besides its steps, as its transitions write it: its day became known, or moved. Pure."""

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
