"""What a person may be told that is no step of an order, and to whom it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class To(StrEnum):
    """Whose address a notice goes to."""

    SHOPPER = "shopper"
    SHOP = "shop"  # its contact address
    DEPOT = "depot"  # the carrier's, of a delivery option
    OTHER = "other"  # somebody a shopper named


@dataclass(frozen=True, slots=True)
class Kind:
    """`about`: the names its words are filled in with; each is a text."""

    to: To
    about: tuple[str, ...] = ()


KINDS: Mapping[str, Kind] = {
    "code": Kind(To.SHOPPER, ("minutes",)),  # the code itself is sealed as "code"
    "ticket_opened": Kind(To.SHOP, ("reason", "text", "url")),
    "ticket_answered": Kind(To.SHOPPER, ("text", "author")),
    "ticket_closed": Kind(To.SHOPPER, ("why",)),
    "change_asked": Kind(To.SHOP, ("what", "url")),
    "change_sent": Kind(To.SHOPPER, ("what",)),
    "change_accepted": Kind(To.SHOPPER, ("what", "answer")),
    "change_refused": Kind(To.SHOPPER, ("what", "answer")),
    "change_too_late": Kind(To.SHOPPER, ("what", "answer")),
    "depot_note": Kind(To.DEPOT, ("what", "parcel", "address", "reference")),
    "recipient_asked": Kind(To.OTHER, ("by", "url")),
    "invoice_asked": Kind(To.SHOP, ("url",)),
    "invoice_ready": Kind(To.SHOPPER, ("number",)),
    "unhappy": Kind(To.SHOP, ("stars", "text", "url")),
}
