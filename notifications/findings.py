"""What can be found out about a message before it is published, and what that is found out from. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from notifications.segments import Length

OK, WARNING, STOPS = "ok", "warning", "stops"
Where = tuple[str, str]  # block's id ("" for the head) and field


@dataclass(frozen=True, slots=True)
class Finding:
    """`level`: ok, warning, stops. `said` also says what to do. `fix`: what a button beside it does."""

    level: str
    code: str
    said: str
    where: Where = ("", "")
    language: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The message as one reader would get it."""

    language: str
    subject: str = ""
    text: str = ""
    html: str = ""
    length: Length | None = None  # of a text message
    choose: str = ""  # where its reader chooses which messages to get; empty: not known here


@dataclass(frozen=True, slots=True)
class Look:
    """`pairs` of colours that text stands in: (what, ink, ground). `own`: where links of ours begin."""

    pairs: Sequence[tuple[str, str, str]] = ()
    own: str = "https://"
    names: Mapping[str, str] = field(default_factory=dict)  # of languages
