"""Every text a person sees is there in every language, with the same things put in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.utils.translation import to_locale

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
PUT_IN = re.compile(r"%\([a-z_]+\)[sd]")


def catalog(language: str):
    path = Path(settings.LOCALE_PATHS[0]) / to_locale(language) / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return [m for m in read_po(file, locale=to_locale(language)) if m.id]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_left_untranslated(language):
    missing = [
        m.id for m in catalog(language) if m.fuzzy or not all(m.string if m.pluralizable else [m.string])
    ]
    assert missing == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_things_are_put_in(language):
    wrong = []
    for message in catalog(language):
        said = message.id if message.pluralizable else (message.id,)
        told = message.string if message.pluralizable else (message.string,)
        known = set(PUT_IN.findall(" ".join(said)))
        # A plural form may leave the number out: "one parcel".
        wrong += [t for t in told if not set(PUT_IN.findall(t)) <= known]
        wrong += [t for t in told if not message.pluralizable and set(PUT_IN.findall(t)) != known]
    assert wrong == []


def test_every_language_has_the_same_texts():
    texts = {language: {(m.context, str(m.id)) for m in catalog(language)} for language in LANGUAGES}
    first = texts[LANGUAGES[0]]
    assert {language: found ^ first for language, found in texts.items() if found != first} == {}
