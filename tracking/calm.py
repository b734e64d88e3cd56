"""Names that carriers write in capitals, written as people write them. Pure."""

from __future__ import annotations

import re

# Small words inside names of places, in the languages of our carriers.
SMALL = frozenset(
    "a al da das de dei del della der des di do dos du e el en i l la las le les lo los und van von y".split()  # noqa: SIM905
)
SHORT_NAMES = frozenset(
    "ath bad est gex key lot mar mer pau rio san são sta ste sto sud sul sur val".split()  # noqa: SIM905
)
_WORD = re.compile(r"[^\W\d_]+")
FEWEST = 4  # letters of a word that is no abbreviation


def calm(said: str) -> str:
    """`said` with capitals only where names have them: "OFICINA DE SEVILLA SUC 3" is "Oficina de Sevilla SUC 3".

    What is not all in capitals is left as it is; so are abbreviations, and words with digits in them.
    """
    if not said.isupper() or not any(len(word) >= FEWEST for word in _WORD.findall(said)):
        return said
    first = True

    def word(found: re.Match[str]) -> str:
        nonlocal first
        text, was_first = found[0], first
        first = False
        lower = text.lower()
        if lower in SMALL:
            return text[0] + lower[1:] if was_first else lower
        if lower in SHORT_NAMES or (len(text) >= FEWEST and _has_vowel(text)):
            return text[0] + lower[1:]
        return text

    return _WORD.sub(word, said)


def _has_vowel(text: str) -> bool:
    return any(letter in "AEIOUÁÉÍÓÚÀÈÌÒÙÂÊÎÔÛÄËÏÖÜÃÕÅØÆY" for letter in text)
