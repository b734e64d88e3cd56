"""Spoils recorded answers the way a rude network, a new release or an attacker would."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence

from carriers.types import Json

STRANGE: list[Json] = [
    None, True, False, 0, -1, 10**40, 1.5, float("nan"), float("inf"), "", " ", "\x00", "\ud800", "🎁" * 600, "<b>", "2026-02-30",
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "20260917", "1e999", [], [[]], [None], {}, {"": {}}, [{}, 1, "x"],
    "²", "٣", "-0", "+1", "24:00", "2026-09-17T25:61:61", "29/02/2027", "00000000", "-9223372036854775808", "\u200f", "a" * 5000,
]  # fmt: skip
_ELEMENT = re.compile(rb"<([\w:]+)>([^<]*)</\1>")


def spoiled(value: Json, chance: random.Random, rate: float, parts: Sequence[Json] = STRANGE) -> Json:
    """A copy with parts dropped, doubled, emptied, or in another's place: of `parts`."""
    if chance.random() < rate:
        return chance.choice(parts)
    if isinstance(value, dict):
        kept = [pair for pair in value.items() if chance.random() >= rate]
        return {key: spoiled(inner, chance, rate, parts) for key, inner in kept}
    if isinstance(value, list):
        inner = [spoiled(one, chance, rate, parts) for one in value]
        return (
            inner * 2 if chance.random() < rate else inner[0] if inner and chance.random() < rate else inner
        )
    if isinstance(value, str) and chance.random() < rate:
        return value[: chance.randrange(len(value) + 1)]
    return value


def spoiled_text(body: bytes, chance: random.Random, texts: Sequence[bytes] = ()) -> bytes:
    """Cut off, with bytes flipped, with elements renamed, doubled or left out, or saying one of `texts`."""
    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(body) + 1)
        tags = re.findall(rb"<(\w+)>", body) or [b"x"]
        tag = chance.choice(tags)
        body = chance.choice(
            [
                body[:at],
                body[:at] + bytes([chance.randrange(256)]) + body[at + 1 :],
                re.sub(rb"<%s>.*?</%s>" % (tag, tag), b"", body, count=1, flags=re.DOTALL),
                re.sub(rb"<%s>[^<]*</%s>" % (tag, tag), rb"<%s><a><b/></a></%s>" % (tag, tag), body),
                body.replace(b"<%s>" % tag, b"<other>").replace(b"</%s>" % tag, b"</other>"),
                re.sub(rb"(<%s>.*?</%s>)" % (tag, tag), rb"\1\1", body, count=1, flags=re.DOTALL),
                _saying(body, chance, texts),
            ]
        )
    return body


def _saying(body: bytes, chance: random.Random, texts: Sequence[bytes]) -> bytes:
    """One element with another's words in it."""
    places = list(_ELEMENT.finditer(body)) if texts else []
    if not places:
        return body
    at = chance.choice(places)
    return body[: at.start(2)] + chance.choice(texts) + body[at.end(2) :]


def parts_of(value: Json) -> list[Json]:
    """Every value inside a payload, itself included: what may turn up in another's place."""
    found = [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        found += parts_of(one)
    return found


def texts_of(body: bytes) -> list[bytes]:
    """What the elements of a document say, and what they never should."""
    strange = [json.dumps(one).strip('"').encode() for one in STRANGE if isinstance(one, str | int)]
    return [found[2] for found in _ELEMENT.finditer(body)] + strange
