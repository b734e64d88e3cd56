"""What messages say and look like unless the shop has a design of its own: the answer first."""

from __future__ import annotations

from functools import lru_cache

from django.utils import translation

from notifications import words
from notifications.contents import FORMAT, Content


@lru_cache(maxsize=1024)
def _default(key: str, channel: str, languages: tuple[str, ...]) -> Content:
    said = words.words_for(key)
    texts: dict[str, dict[str, str]] = {"subject": {}, "text": {}, "short": {}, "button": {}}
    for language in languages:
        with translation.override(language):
            texts["subject"][language] = str(said.subject)
            texts["text"][language] = str(said.text)
            texts["short"][language] = str(said.short)
            texts["button"][language] = str(words.BUTTON)
    if channel != "email":
        return {"format": FORMAT, "text": texts["short"]}
    pickup = [{"id": "pickup", "kind": "pickup", "code": True}] if "pickup" in key else []
    return {
        "format": FORMAT,
        "subject": texts["subject"],
        "blocks": [
            {"id": "logo", "kind": "logo"},
            {"id": "headline", "kind": "headline"},
            {"id": "text", "kind": "text", "text": texts["text"]},
            *pickup,
            {"id": "progress", "kind": "progress"},
            {"id": "button", "kind": "button", "to": "page", "label": texts["button"]},
            {"id": "parcels", "kind": "parcels"},
            {"id": "lines", "kind": "lines", "pictures": True, "prices": True},
            {"id": "banner", "kind": "banner", "source": "page"},
            {"id": "footer", "kind": "footer"},
        ],
    }


def default_content(key: str, channel: str, languages: tuple[str, ...]) -> Content:
    """The design a shop starts from. Not to be changed: it is shared."""
    return _default(key, channel, languages)
