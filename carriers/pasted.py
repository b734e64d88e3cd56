"""What people paste where a tracking number is asked for: made into the number, whatever was around it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from carriers.directory import kind_of
from carriers.listed import all_carriers, rows_of
from carriers.registry import CARRIERS

LONGEST_PASTE = 2048  # characters; a longer one is no number and no link
LONGEST = 64  # characters of a number

_LINK = re.compile(r"(?:https?://|www\.)[^\s<>\"]+", re.IGNORECASE)
_BARCODE = re.compile(
    r"^(?:\][A-Za-z][0-9]|%)"
)  # what a scanner says of the symbol it read; DPD's first character
_WORDS_IN_BRACKETS = re.compile(r"\([^()\d]*\)")
_TITLE = re.compile(r"^(?:[^\d:#=]*[:#=])+")
_LABEL = re.compile(
    r"tracking|track|num(?:ber|ero)?|code|codigo|codice|guia|envios?|envoi|seguimiento|localizador|expedicion"
    r"|albaran|colis|suivi|spedizione|tracciamento|rastreio|rastreamento|encomenda|objetos?|paquete|parcel"
    r"|shipment|waybill|awb|ref|referenc(?:ia|e)|sendung|sendungsnummer|paketnummer"
)
_AFTER_LABEL = re.compile(r"id|d[eiou]|da|del|n[or]?|of")
_SEPARATORS = re.compile(r"[\s\-–—‑.·_'’()\[\]{}]+")
_NUMBER = re.compile(r"[A-Z0-9]+(?:/[A-Z0-9]+)?")
_VALUE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ./_-]{3,63}")
_PLACE_AFTER = re.compile(r"-[A-Z]{2}-[0-9A-Z ]*$")  # PostNL: number-country-postcode

# How carriers call the number in a link, besides the names in our own templates.
_PARAMETER = re.compile(
    r"track(?:ing)?[-_]?(?:nums?|numbers?|id|code)?|inquirynumber1|trknbr|(?:qtc_)?tlabels1?|piececode|idc|awb"
    r"|listenumeroslt|codes?|codigo|objetos|objects|match|parcelnumber|numeroexpedition|nums?|numbers?|numero"
    r"|segonlineidentificador|envio|sc|n|nspediz|searchfor|waybill|mailnolist|spedizione|barcode|ids"
)


class Pasted(NamedTuple):
    """`number` is empty when there is none in it. `carriers`: whose page it was on; empty: no link, or anybody's."""

    number: str
    carriers: frozenset[str] = frozenset()


def read(text: str) -> Pasted:
    """The number in what was pasted. Takes time in proportion to the text, of which there is at most so much."""
    if len(text) > LONGEST_PASTE:
        return Pasted("")
    shown = _shown(text)
    if link := _LINK.search(shown):
        return _from_link(link[0])
    return Pasted(_bare(shown))


def clean(text: str) -> str:
    """The number alone: capitals, without spaces, dashes and dots; empty when there is none."""
    return read(text).number


def _shown(text: str) -> str:
    """Without what cannot be seen, in plain digits and letters: full-width ones and other scripts' digits too."""
    text = text.replace("º", ".").replace("°", ".").replace("№", "No.")
    folded = unicodedata.normalize("NFKC", text)[: 2 * LONGEST_PASTE]
    return "".join(_plain(c) for c in folded if unicodedata.category(c) not in ("Cf", "Mn", "Co", "Cs"))


def _plain(character: str) -> str:
    if not character.isascii() and (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    return " " if unicodedata.category(character) in ("Cc", "Zs", "Zl", "Zp") else character


def _bare(text: str) -> str:
    text = _WORDS_IN_BRACKETS.sub(" ", _BARCODE.sub("", text.strip())).strip(" ,;:*|<>\"'`!?")
    text = _BARCODE.sub("", _without_labels(_TITLE.sub("", text)))
    number = _SEPARATORS.sub("", re.sub(r"\s*/\s*", "/", text)).upper()
    fits = len(number) <= LONGEST and _NUMBER.fullmatch(number) and any(c.isdigit() for c in number)
    return number if fits else ""


def _without_labels(text: str) -> str:
    """Without words such as “tracking number” in front. A short word goes only with a dot: “No.”, but not “NR”."""
    words, labelled = text.split(), False
    while len(words) > 1:
        letters = "".join(c for c in unicodedata.normalize("NFKD", words[0].lower()) if c.isalnum())
        abbreviated = letters.isalpha() and len(letters) <= 3 and words[0].endswith(".")
        connects = labelled and _AFTER_LABEL.fullmatch(letters)
        if not (_LABEL.fullmatch(letters) or abbreviated or connects):
            break
        words, labelled = words[1:], True
    return " ".join(words)


@cache
def _hosts() -> Mapping[str, frozenset[str]]:
    """Whose page is on a host; of an aggregator's host, nobody's."""
    found: dict[str, set[str]] = {}
    for _line, row in rows_of("link_hosts.csv"):
        found.setdefault(row["host"], set()).update([row["carrier"]] if row["carrier"] else [])
    for listed in all_carriers():
        found.setdefault(_host(listed.link), set()).add(listed.code)
    for carrier in CARRIERS.values():
        if carrier.public_url:
            codes = [carrier.code] if kind_of(carrier.code) == "adapter" else []
            found.setdefault(_host(carrier.public_url), set()).update(codes)
    return {host: frozenset(codes) for host, codes in found.items()}


@cache
def _parameters() -> frozenset[str]:
    """What carriers call the number in their links."""
    links = [listed.link for listed in all_carriers()] + [c.public_url for c in CARRIERS.values()]
    parts = [part for link in links for part in _named(urlsplit(link))]
    return frozenset(name.lower() for name, value in parts if value == "{number}")


def _host(link: str) -> str:
    return (urlsplit(link).hostname or "").removeprefix("www.")


def _from_link(link: str) -> Pasted:
    link = link.rstrip(".,;:!?)]}")
    try:
        parts = urlsplit(link if "://" in link else f"https://{link}")
    except ValueError:  # a host in brackets that is none
        return Pasted("")
    host = (parts.hostname or "").removeprefix("www.")
    owners = _hosts()
    while host and host not in owners:
        host = host.partition(".")[2]
    number = _in_link(parts, known=bool(host))
    return Pasted(number, owners.get(host, frozenset()) if number else frozenset())


def _in_link(link: SplitResult, *, known: bool) -> str:
    """`known`: whose page it is. On anybody else's, only a parameter that is called like a number is one."""
    named = {name.lower(): value for name, value in _named(link)}
    if "agencia_origen" in named and "numero_albaran" in named:  # NACEX: two halves of one number
        return _bare(f"{named['agencia_origen']}/{named['numero_albaran']}")
    for name, value in named.items():
        called_so = _PARAMETER.fullmatch(name) or (known and name in _parameters())
        if called_so and (number := _value(value)):
            return number
    parts = [number for part in _parts(link) if known and (number := _value(part))]
    return max(parts, key=lambda number: sum(c.isdigit() for c in number), default="")


def _value(text: str) -> str:
    """The first number of a value that may list several."""
    first = _PLACE_AFTER.sub("", re.split(r"[,;]", text, maxsplit=1)[0].strip())
    return _bare(first) if _VALUE.fullmatch(first) and sum(c.isdigit() for c in first) >= 3 else ""


def _named(link: SplitResult) -> Iterator[tuple[str, str]]:
    yield from parse_qsl(link.query)
    yield from parse_qsl(link.fragment.rpartition("?")[2].lstrip("/!"))


def _parts(link: SplitResult) -> Iterator[str]:
    """What stands between the slashes, before and after `#`, and a query that has no name."""
    path, _mark, query = link.fragment.partition("?")
    yield from (unquote(part) for part in [*path.split("/"), *link.path.split("/")] if "=" not in part)
    yield from (unquote(part) for part in (link.query, query) if part and "=" not in part)
