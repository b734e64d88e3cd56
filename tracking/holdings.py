"""What is kept about a person, part by part: what it is, how it is given out, how it goes. Each package adds its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise

Row = dict[str, Any]
MOST_ROWS = 2000  # of one part, in an export: more is nobody's


@dataclass(frozen=True, slots=True)
class Part:
    """`rows` and `files` take shop and order; `erase` takes shop and orders, and is safe to repeat. All run in the
    shop's context. `stays`: what is kept nevertheless, and why."""

    code: str
    label: Promise
    rows: Callable[[int, int], list[Row]]
    erase: Callable[[int, Sequence[int]], None]
    files: Callable[[int, int], Iterable[tuple[str, bytes]]] | None = None
    stays: Promise | str = ""


PARTS: list[Part] = []


def add(*parts: Part) -> None:
    """Called where an app gets ready. Once a code."""
    known = {part.code for part in PARTS}
    PARTS.extend(part for part in parts if part.code not in known)
