"""A shop's own words for what happens, picked for one reader. Plain text: nothing is filled in."""

from __future__ import annotations

from collections.abc import Sequence

from tracking.journey import Tongue
from tracking.snapshot import Wording

STATE = "state:"  # before the name of an order's state


def own_words(rows: Sequence[Wording], about: str, tongue: Tongue) -> Wording | None:
    """In the reader's language, else in the shop's; None: ours. What a row leaves empty is ours too."""
    said = {row.language: row for row in rows if row.about == about}
    return said.get(tongue.language) or said.get(tongue.shop_language)
