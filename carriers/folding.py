"""A carrier's text in plain small letters: no accents, no HTML, one space, broken encodings mended."""

from __future__ import annotations

import html
import re
import unicodedata
from pathlib import Path

MAX_CHARS = 400  # what a carrier has to say, it says at the start
_MAX_RAW = 4 * MAX_CHARS  # entities and tags take room
_ENTITY = re.compile("&[A-Za-z]{2,8};")
_TAG = re.compile(r"<[^<>]{1,200}>")
# UTF-8 read as Latin-1 or as cp1252: a lead byte and its followers.
_CP1252 = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(0x80, 0xA0))
_MOJIBAKE = re.compile(f"[\u00c2-\u00f4][\u0080-\u00bf{re.escape(_CP1252)}]{{1,3}}")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`]")
_DASHES = re.compile("[\u2010-\u2015\u2212]")
_ENDS = re.compile("[\u2026\u3002]")
_LOWERED = re.compile("ã(?=[\u00a1-\u00bf])")  # mojibake put in small letters
_STRAY = re.compile("Â(?![^\\W\\d_])")  # what is left of a no-break space
_UNSEEN = re.compile("[\u0000-\u0008\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2060\ufeff]")
_MAX_WORD = 30  # letters
_UNREADABLE = "\ufffd"
_GAP = re.compile(rf"\w*(?:{_UNREADABLE}\w*)+|\w+\?(?=[a-z])\w*(?:\?(?=[a-z])\w*)*")

# Words whose accented letter carriers lose on the way, as we know them.
_LOSABLE = [
    word
    for word in (Path(__file__).parent / "phrases" / "losable.txt").read_text(encoding="utf-8").splitlines()
    if not word.startswith("#")
]


def fold(text: str) -> str:
    """The text for comparing: at most MAX_CHARS, small ASCII letters where there are such.

    Letters that cannot be mended stay U+FFFD, so that nobody takes half a word for a whole one.
    """
    text = _ENTITY.sub(_shouted, html.unescape(text[:_MAX_RAW]))
    text = _mended(html.unescape(text))
    text = _APOSTROPHES.sub("'", _DASHES.sub("-", _ENDS.sub(".", _TAG.sub(" ", text))))
    text = _STRAY.sub(" ", text).replace("_", " ").replace("\ufe0f", "")
    # Umlauts that tell what might be from what was.
    letters = (
        unicodedata.normalize("NFC", text.casefold()).replace("würd", "wuerd").replace("könnt", "koennt")
    )
    letters = unicodedata.normalize("NFKD", letters)
    letters = "".join(char for char in letters if not unicodedata.combining(char)).replace("ø", "o")
    letters = letters.replace("æ", "ae").replace("œ", "oe").replace("ı", "i")
    letters = _UNSEEN.sub("", letters)
    return " ".join(_GAP.sub(_found, letters).split())[:MAX_CHARS]


def _shouted(entity: re.Match[str]) -> str:
    """An entity whose name was put in capitals with the rest of the text."""
    letter = html.unescape(entity[0])
    return letter if letter != entity[0] else html.unescape(entity[0].lower())


def _mended(text: str) -> str:
    """UTF-8 that was taken for something else, once or twice over."""
    text = _LOWERED.sub("Ã", text)
    for _ in range(2):
        if "Ã" not in text and "Â" not in text and "â" not in text:
            break
        text = _MOJIBAKE.sub(_decoded, text)
    return text


def _decoded(found: re.Match[str]) -> str:
    raw = b"".join(
        char.encode("cp1252") if char in _CP1252 else char.encode("latin-1", "replace") for char in found[0]
    )
    return raw.decode("utf-8", "replace") if _UNREADABLE not in raw.decode("utf-8", "replace") else found[0]


def _found(gap: re.Match[str]) -> str:
    """The one word we know that fits a word with an unreadable letter; else the word, still marked."""
    marked = re.sub(f"[?{_UNREADABLE}]+", _UNREADABLE, gap[0])
    if len(marked) > _MAX_WORD:
        return marked
    fitting = re.compile(re.escape(marked).replace(_UNREADABLE, "[a-z]"))
    fits = [word for word in _LOSABLE if fitting.fullmatch(word)]
    return fits[0] if len(fits) == 1 else marked
