"""How many text messages a text makes, as the phone network counts. Pure."""

from __future__ import annotations

from dataclasses import dataclass

# GSM 03.38, https://www.etsi.org/deliver/etsi_gts/03/0338/05.00.00_60/gsmts_0338v050000p.pdf
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")  # each takes two places
# The first of several carries a header, so each holds a little less than one alone.
GSM_ALONE, GSM_JOINED = 160, 153
UCS_ALONE, UCS_JOINED = 70, 67


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
