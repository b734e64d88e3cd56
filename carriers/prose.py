"""Reads what happened to a parcel from a carrier's sentence, in six languages; doubts rather than guesses."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from carriers.folding import MAX_CHARS, fold
from carriers.phrases import BOOKS
from carriers.phrases.book import NEAR, Book, Phrase
from carriers.types import Status, SubStatus

_REMEMBERED = 4096  # texts: carriers say the same few over and over
_UNREADABLE = "\ufffd"
_SENTENCES = re.compile(r"(?<=[.!;?])(?<!\d\.) +| ?[|\u2022] ?")
_ABBREVIATION = re.compile(
    r"(?<!\w)(dest|sr|sra|mr|mrs|ms|m|mme|dr|hr|fr|st|av|nr|n|ud|spediz|ca|exp|env)\.(?= )"
)
_EDGES = " .,:;!-*#>/\"'()[]"
_PARTS = re.compile(r" - |[,:;(|] ?")
_QUESTION = re.compile(r"\?|\u00bf")
_UNHINTED = 0.97  # of the certainty that is left where nobody says which language it is
_ELSEWHERE = 0.9  # where it is in another language than said
_AGAINST = 0.15  # how much more certain one language has to be than another that says something else


class Told(NamedTuple):
    """What a text says happened. `confidence`: 0 to 1; below 0.7, do not act on it alone."""

    sub_status: SubStatus
    confidence: float


class _Heard(NamedTuple):
    """`knew`: the language knows these words, though they may tell nothing that counts."""

    told: Told | None
    knew: bool


@lru_cache(maxsize=_REMEMBERED)
def read_text(text: str, language: str = "") -> Told | None:
    """What the text says happened to the parcel; None when it does not say, or leaves doubt.

    `language`: the one to expect, as `es` or `pt-BR`; empty or any other: all six are tried.
    """
    folded = fold(text)
    code = language.strip().lower().replace("_", "-").partition("-")[0]
    book = BOOKS.get(code) or _likely(folded)
    if book is None:
        return _agreed(folded, tuple(BOOKS.values()), _UNHINTED)
    heard = _heard(folded, book)
    if heard.knew:
        share = 1.0 if code in BOOKS else _UNHINTED
        return heard.told and Told(heard.told.sub_status, round(heard.told.confidence * share, 4))
    return _agreed(folded, tuple(other for other in BOOKS.values() if other is not book), _ELSEWHERE)


def _likely(text: str) -> Book | None:
    """The language with the most common words in the text; None on a tie."""
    counts = {book.language: len(book.common.findall(text)) for book in BOOKS.values()}
    most = max(counts.values())
    likely = [language for language, count in counts.items() if count == most]
    return BOOKS[likely[0]] if most and len(likely) == 1 else None


def _agreed(text: str, books: tuple[Book, ...], share: float) -> Told | None:
    """What the languages that understand the text say together; None where one of them doubts."""
    heard = [one for one in (_heard(text, book) for book in books) if one.knew]
    told = sorted((one.told for one in heard if one.told), key=lambda one: -one.confidence)
    if not told or len(told) < len(heard):
        return None
    best, confidence = told[0], told[0].confidence
    against = [one for one in told if one.sub_status.status is not best.sub_status.status]
    if against:
        confidence -= _AGAINST
        if against[0].confidence > confidence or best.sub_status.status is Status.DELIVERED:
            return None
    return Told(best.sub_status, round(confidence * share, 4))


def _heard(text: str, book: Book) -> _Heard:
    if book.mistaken.search(text):
        return _Heard(None, knew=True)
    sentences = _sentences(text, book)
    certain = [said for said, sure in sentences if sure]
    whole = len(text) < MAX_CHARS and not _QUESTION.search(text)  # nothing cut off that could deny it
    clear = None if whole and sentences and sentences[0][1] else False
    for phrase in book.phrases:
        if not any(_says(phrase, book, said) for said in certain):
            continue
        if phrase.sub.status is Status.DELIVERED:
            if clear is None:
                clear = _is_clear(" . ".join(certain), book)
            if not clear:
                continue
        return _Heard(Told(phrase.sub, phrase.sure), knew=True)
    return _Heard(None, any(phrase.said.search(text) for phrase in book.phrases))


def _sentences(text: str, book: Book) -> list[tuple[str, bool]]:
    """The text's sentences, and whether each says what is: questions and what-ifs do not."""
    parts = _SENTENCES.split(_ABBREVIATION.sub(r"\1", text))
    said = [(part, part.strip(_EDGES)) for part in parts]
    return [
        (bare, not _QUESTION.search(part) and not book.possible.search(bare)) for part, bare in said if bare
    ]


def _says(phrase: Phrase, book: Book, sentence: str) -> bool:
    """Whether the words are there, not denied, and not of what is only to come."""
    for found in phrase.said.finditer(sentence):
        lead = sentence[max(0, found.start() - NEAR) : found.start()]
        if book.denied.search(lead) or (not phrase.ahead and book.ahead.search(lead)):
            continue
        if phrase.sub.status is not Status.DELIVERED or _leads_to_delivery(sentence[: found.start()], book):
            return True
    return False


def _leads_to_delivery(words: str, book: Book) -> bool:
    """Whether only words that change nothing stand before a delivery, in its part of the sentence."""
    for word in _PARTS.split(words)[-1].split():
        bare = word.strip(_EDGES)
        if book.opening.fullmatch(bare):
            return True
        if bare and not book.lead.fullmatch(bare) and not any(char.isdigit() for char in bare):
            return False
    return True


def _is_clear(text: str, book: Book) -> bool:
    """Whether nothing in the text speaks against its having been delivered."""
    return _UNREADABLE not in text and not book.doubt.search(book.harmless.sub(" ", text))
