"""What a carrier's answer says beside its scans: when it arrives, where to collect it, in how many pieces."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from carriers.types import Answer, Eta, PickupPoint
from tracking.services.scans import fit
from tracking.services.values import EARLIEST, LATEST, is_web_address


class Beside(NamedTuple):
    """The columns a carrier's answer writes besides."""

    eta_first: date | None
    eta_last: date | None
    slot_from: datetime | None
    slot_to: datetime | None
    pickup: dict[str, str | None] | None
    pieces: int
    options_url: str
    signed_by: str

    @property
    def eta(self) -> Eta | None:
        if self.eta_first is None or self.eta_last is None:
            return None
        return Eta(self.eta_first, self.eta_last, self.slot_from, self.slot_to)


def told_beside(answer: Answer, old: Beside) -> Beside:
    """What the answer changes; what a carrier no longer repeats stays."""
    new: dict[str, Any] = {"pieces": min(answer.pieces, 999)} if answer.pieces > 1 else {}
    eta = answer.eta
    if eta and EARLIEST <= min(eta.first_date, eta.last_date).year < LATEST:
        first, last = sorted((eta.first_date, eta.last_date))
        new |= {
            "eta_first": first,
            "eta_last": last,
            "slot_from": _aware(eta.slot_from),
            "slot_to": _aware(eta.slot_to),
        }
    if answer.pickup:
        new["pickup"] = _pickup(answer.pickup)
    if len(answer.delivery_options_url) <= 500 and is_web_address(answer.delivery_options_url):
        new["options_url"] = answer.delivery_options_url
    if answer.signed_by:
        new["signed_by"] = fit(answer.signed_by, 120)
    return old._replace(**new)


def _aware(at: datetime | None) -> datetime | None:
    return at if at and at.utcoffset() is not None and EARLIEST <= at.year < LATEST else None


def _pickup(point: PickupPoint) -> dict[str, str | None]:
    return {
        "name": fit(point.name, 120),
        "address": fit(point.address, 240),
        "hours": fit(point.hours, 240),
        "until": point.until.isoformat() if point.until else None,
        "code": fit(point.code, 40),
    }
