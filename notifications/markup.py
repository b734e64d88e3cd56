"""What little a text may be besides words: **bold**, [words](https://…), paragraphs. Everything else is text. Pure.

Our signs are put in before a text is filled in, and read afterwards: what a variable brings is never markup.
"""

from __future__ import annotations

import re
from html import escape

from markupsafe import Markup

BOLD, PLAIN, LINK, WORDS, END = "\ue000", "\ue001", "\ue002", "\ue003", "\ue004"
SIGNS = re.compile("[\ue000-\uf8ff]")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_LINK = re.compile(
    r"\[([^\[\]\n]{1,200})\]\(((?:https://|mailto:|tel:|\{\{)(?:[^\s()\"'<>]|(?<=\{\{) | (?=\}\}))+)\)"
)
_MADE_LINK = re.compile(f"{LINK}([^{WORDS}{END}]*){WORDS}([^{LINK}{END}]*){END}")
_ADDRESS = re.compile(
    r"(https?://[^\s\"'<>\\]+|mailto:[^\s\"'<>\\:/]+@[^\s\"'<>\\:/]+|tel:[+0-9 ().-]+)", re.IGNORECASE
)
LINK_STYLE = "text-decoration:underline"


def address(said: str) -> str:
    """What may be linked to; empty where it is none: nothing else than the web, a mailbox, a telephone."""
    said = SIGNS.sub("", said).strip()
    return said if _ADDRESS.fullmatch(said) else ""


def marked(source: str) -> str:
    """A merchant's text with our signs in the place of theirs, to be filled in."""
    source = SIGNS.sub("", source)
    source = _LINK.sub(lambda found: f"{LINK}{found[2]}{WORDS}{found[1]}{END}", source)
    return _BOLD.sub(lambda found: f"{BOLD}{found[1]}{PLAIN}", source)


def as_html(filled: str, *, colour: str = "inherit") -> Markup:
    """A filled-in text as HTML: paragraphs, with what else is in it escaped."""
    paragraphs = [part for part in re.split(r"\n\s*\n", filled.replace("\r", "").strip()) if part.strip()]
    made = [
        f'<p style="margin:{"0" if n == 0 else "12px 0 0"}">{_inline(part.strip(), colour)}</p>'
        for n, part in enumerate(paragraphs)
    ]
    return Markup("".join(made))  # noqa: S704 - each part was escaped


def _inline(text: str, colour: str) -> str:
    safe = escape(text).replace("\n", "<br />")
    safe = _MADE_LINK.sub(lambda found: _link(found[1], found[2], colour), safe)
    # Each that is opened is closed, and none else is.
    safe = re.sub(f"{BOLD}([^{BOLD}{PLAIN}]*){PLAIN}", r"<b>\1</b>", safe)
    return SIGNS.sub("", safe)


def _link(escaped: str, words: str, colour: str) -> str:
    to = address(escaped.replace("&amp;", "&"))
    if not to:
        return words
    return f'<a class="lnk" href="{escape(to)}" style="color:{colour};{LINK_STYLE}">{words}</a>'


def as_plain(filled: str) -> str:
    """The same as text: a link as its words and its address."""
    text = _MADE_LINK.sub(lambda found: _plain_link(found[1], found[2]), filled.replace("\r", ""))
    return SIGNS.sub("", text).strip()


def _plain_link(said: str, words: str) -> str:
    to = address(said)
    return f"{words}: {to}" if to and to != words else words


def one_line(filled: str) -> str:
    """A subject, a title, an SMS: whatever else it was, it is one line of text."""
    return " ".join(re.sub("[\x00-\x1f\x7f\ue000-\uf8ff]", " ", filled).split())
