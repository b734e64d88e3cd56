"""How many text messages a text makes, as the phone network counts, and what would make it fewer. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# GSM 03.38, https://www.etsi.org/deliver/etsi_gts/03/0338/05.00.00_60/gsmts_0338v050000p.pdf
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes two places
# The first of several carries a header, so each holds a little less than one alone.
GSM_ALONE, GSM_JOINED = 160, 153
UCS_ALONE, UCS_JOINED = 70, 67
# What stands for a sign that GSM 03.38 lacks, where taking its accent away is not enough.
TWINS: Mapping[str, str] = {
    "‘": "'", "’": "'", "‚": ",", "‛": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'", "›": "'",
    "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": "...", "•": "-", "·": "-", "→": "->", "×": "x",
    "´": "'", "`": "'", "º": "o", "ª": "a", "œ": "oe", "Œ": "OE", "\u2009": " ", "\u200b": "", "\u2060": "",
    "\ufeff": "", "\t": " ", "™": "TM", "©": "(c)", "®": "(R)",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Length:
    """`characters` as a person counts them; `odd` are those that force the short alphabet."""

    characters: int
    segments: int
    is_gsm: bool
    odd: str = ""


def length_of(text: str) -> Length:
    text = text.replace("\xa0", " ").replace("\u202f", " ")  # as it is sent
    odd = "".join(dict.fromkeys(c for c in text if c not in BASIC and c not in EXTENDED))
    if odd:
        places = len(text.encode("utf-16-le")) // 2
        return Length(len(text), _parts(places, UCS_ALONE, UCS_JOINED), False, odd)
    places = sum(2 if c in EXTENDED else 1 for c in text)
    return Length(len(text), _parts(places, GSM_ALONE, GSM_JOINED), True)


def _parts(places: int, alone: int, joined: int) -> int:
    return 1 if places <= alone else -(-places // joined)


def twin(sign: str) -> str | None:
    """What the alphabet of text messages has for this sign: ó → o. None where it has nothing."""
    if sign in TWINS:
        return TWINS[sign]
    plain = "".join(c for c in unicodedata.normalize("NFKD", sign) if not unicodedata.combining(c))
    return plain if plain and all(c in BASIC or c in EXTENDED for c in plain) else None


def plain(text: str) -> str:
    """The text with each sign replaced by its twin, where there is one."""
    return "".join(
        c if c in BASIC or c in EXTENDED else (other if (other := twin(c)) is not None else c) for c in text
    )


def price_of(segments: int, country: str, prices: Mapping[str, str]) -> Decimal | None:
    """What one message of so many segments costs to `country`, by the shop's own prices; "" is elsewhere."""
    said = prices.get(country) or prices.get("")
    return Decimal(said) * segments if said else None
