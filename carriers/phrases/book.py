"""What carriers say in one language: how it is written down in `<language>.txt`, and read from there.

A line is a phrase, as a regular expression over folded text that matches whole words; ` .. ` stands for up
to four words in between, an umlaut for one letter or two. `<NAME> = …` names a part of phrases to come.
Phrases stand under a heading: a field of `Book`, or a sub-status, how sure it is (0 to 1), and `ahead` if
it holds also of what is yet to come. The more telling heading stands first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from carriers.types import SubStatus

NEAR = 48  # characters before a phrase in which a denial or a future tense stands
_DENIALS = "no|not|nao|non|pas|nicht|kein|keine|sin|sem|senza|sans"
_DENIALS_IN = {"pt": "nao|sem"}  # where `no` and `non` say something else
_BETWEEN = r"[ ,:/()-]+"
_UMLAUTS = {"ä": "ae?", "ö": "oe?", "ü": "ue?"}  # one letter, or two
_FIELDS = ("common", "possible", "mistaken", "doubt", "harmless", "lead", "opening")
_NAMED = re.compile(r"(<[A-Z]+>) = (.+)")
_HEADING = re.compile(r"\[(.+)\]")


class Phrase(NamedTuple):
    """Words that say one thing. `sure`: how certain, 0 to 1. `ahead`: true also of what is yet to come."""

    sub: SubStatus
    sure: float
    said: re.Pattern[str]
    ahead: bool


class Book(NamedTuple):
    """What carriers say in one language.

    `phrases`: the first that counts is the answer. `common`: words that tell the language. `denied`,
    `ahead`: what, right before a phrase, says that it is not so, or not yet. `possible`: a sentence with
    it says what might be. `mistaken`: a text with it takes something back. `doubt`: anywhere in a text,
    keeps it from saying delivered; `harmless` is left out first. `lead`: the only words that may stand
    before a delivery, but for what follows an `opening`.
    """

    language: str
    phrases: tuple[Phrase, ...]
    common: re.Pattern[str]
    denied: re.Pattern[str]
    ahead: re.Pattern[str]
    possible: re.Pattern[str]
    mistaken: re.Pattern[str]
    doubt: re.Pattern[str]
    harmless: re.Pattern[str]
    lead: re.Pattern[str]
    opening: re.Pattern[str]


def load(language: str) -> Book:
    """Raises ValueError or KeyError where the file does not say what a book needs."""
    sections = _sections(Path(__file__).with_name(f"{language}.txt").read_text(encoding="utf-8"))
    denials = _DENIALS_IN.get(language, _DENIALS)
    between = rf"(?:{_BETWEEN}(?!(?:{denials})(?!\w))[^\s,:/()-]+){{0,4}}?{_BETWEEN}"
    written = {heading: "|".join(lines).replace(" .. ", between) for heading, lines in sections.items()}
    fields = {name: _spoken(written.pop(name)) for name in _FIELDS}
    for name in ("denied", "ahead"):
        fields[name] = _before(written.pop(name), written.pop(f"between {name}"))
    phrases = tuple(_phrase(heading, source) for heading, source in written.items())
    return Book(language=language, phrases=phrases, **fields)


def _sections(source: str) -> dict[str, list[str]]:
    """The lines under each heading, umlauts and names written out."""
    names = dict(_UMLAUTS)
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in source.splitlines():
        if not line or line.startswith("#"):
            continue
        for name, part in names.items():
            line = line.replace(name, part)
        if named := _NAMED.fullmatch(line):
            names[named[1]] = f"(?:{named[2]})"
        elif heading := _HEADING.fullmatch(line):
            if heading[1] in sections:
                raise ValueError(f"{heading[1]} stands twice")
            lines = sections[heading[1]] = []
        else:
            lines.append(line)
    return sections


def _phrase(heading: str, source: str) -> Phrase:
    sub, sure, *ahead = heading.split()
    return Phrase(SubStatus(sub), float(sure), _spoken(source), ahead == ["ahead"])


def _spoken(source: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{source})(?!\w)")


def _before(source: str, between: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{source})(?: (?:{between})){{0,5}} ?$")
