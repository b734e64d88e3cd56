"""What messages say and look like unless the shop has a design of its own: the answer first."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.utils import translation

from notifications import words
from notifications.contents import FORMAT, Content
from notifications.occasions import OCCASIONS, PARCEL

# Where one sees on a map how far it is.
WITH_MAP = frozenset(
    {
        "shipped", "out_for_delivery", "arrives_tomorrow", "arrives_today", f"{PARCEL}in_transit",
        f"{PARCEL}out_for_delivery",
    }
)  # fmt: skip
WITH_STARS = frozenset({"review_time", "completed"})
TO_COLLECT = frozenset({"ready_for_pickup", "pickup_waiting"})
# Where there is something to decide about how it arrives.
TO_CHANGE = frozenset({"attempt_failed", f"{PARCEL}failed_attempt"})
# What is news is not where the order is: its subject is its headline.
WITH_ITS_OWN_HEADLINE = frozenset(
    {
        "ticket_answered", "change_accepted", "change_refused", "number_changed", "review_time", "completed", "silent",
        "invoice_issued", "eta_missed", "attempt_failed", f"{PARCEL}failed_attempt",
    }
)  # fmt: skip
WITHOUT_STEPS = frozenset({"ticket_answered", "invoice_issued", "review_time"})
# Where what was bought is the news, or is missed.
WITHOUT_LINES = frozenset(
    {"ticket_answered", "number_changed", "eta_set", "eta_moved", "silent", *TO_COLLECT}
)


@lru_cache(maxsize=1024)
def _default(key: str, channel: str, languages: tuple[str, ...]) -> Content:
    said = words.words_for(key) if key in OCCASIONS else words.NEWS
    to = _leads_to(key)
    texts: dict[str, dict[str, str]] = {"subject": {}, "text": {}, "short": {}, "button": {}}
    for language in languages:
        with translation.override(language):
            texts["subject"][language] = str(said.subject)
            texts["text"][language] = str(said.text)
            texts["short"][language] = str(said.short)
            texts["button"][language] = str(words.BUTTONS[to])
    if channel != "email":
        return {"format": FORMAT, "text": texts["short"]}
    return {"format": FORMAT, "subject": texts["subject"], "blocks": _blocks(key, to, texts)}


def _leads_to(key: str) -> str:
    if key in TO_CHANGE:
        return "delivery"
    return {"invoice_issued": "invoice", "ticket_answered": "page"}.get(key, "page")


def _blocks(key: str, to: str, texts: dict[str, dict[str, str]]) -> list[dict[str, Any]]:
    collects = key in TO_COLLECT or key.startswith(f"{PARCEL}available_for_pickup")
    wanted: list[dict[str, Any] | None] = [
        {"id": "logo", "kind": "logo"},
        {"id": "headline", "kind": "headline"} | ({"text": texts["subject"]} if key in WITH_ITS_OWN_HEADLINE else {}),
        {"id": "text", "kind": "text", "text": texts["text"]},
        {"id": "pickup", "kind": "pickup", "code": True} if collects else None,
        {"id": "stars", "kind": "stars"} if key in WITH_STARS else None,
        {"id": "progress", "kind": "progress"} if key not in WITHOUT_STEPS and not collects else None,
        {"id": "button", "kind": "button", "to": to, "label": texts["button"]} if key not in WITH_STARS else None,
        {"id": "map", "kind": "map"} if key in WITH_MAP else None,
        {"id": "parcels", "kind": "parcels"},
        {"id": "lines", "kind": "lines", "pictures": True, "prices": True} if key not in WITHOUT_LINES else None,
        {"id": "banner", "kind": "banner", "source": "page"},
        {"id": "footer", "kind": "footer"},
    ]  # fmt: skip
    return [block for block in wanted if block is not None]


def default_content(key: str, channel: str, languages: tuple[str, ...]) -> Content:
    """The design a shop starts from. Not to be changed: it is shared."""
    return _default(key, channel, languages)
