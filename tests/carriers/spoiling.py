"""Spoils recorded answers the way a rude network, a new release or an attacker would."""

from __future__ import annotations

import random
import re

from carriers.types import Json

STRANGE: list[Json] = [
    None, True, False, 0, -1, 10**40, 1.5, float("nan"), float("inf"), "", " ", "\x00", "\ud800", "🎁" * 600, "<b>", "2026-02-30",
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "20260917", "1e999", [], [[]], [None], {}, {"": {}}, [{}, 1, "x"],
]  # fmt: skip


def spoiled(value: Json, chance: random.Random, rate: float) -> Json:
    """A copy with parts dropped, doubled, emptied, or of another type."""
    if chance.random() < rate:
        return chance.choice(STRANGE)
    if isinstance(value, dict):
        kept = [pair for pair in value.items() if chance.random() >= rate]
        return {key: spoiled(inner, chance, rate) for key, inner in kept}
    if isinstance(value, list):
        inner = [spoiled(one, chance, rate) for one in value]
        return (
            inner * 2 if chance.random() < rate else inner[0] if inner and chance.random() < rate else inner
        )
    if isinstance(value, str) and chance.random() < rate:
        return value[: chance.randrange(len(value) + 1)]
    return value


def spoiled_text(body: bytes, chance: random.Random) -> bytes:
    """Cut off, with bytes flipped, with elements renamed, doubled or left out."""
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
            ]
        )
    return body
