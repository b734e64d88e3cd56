"""Reading answers: every adapter's own recorded ones, from the bytes to events in our words.

Floor: the same bytes through the JSON or XML parser alone, which understands nothing; of plain text, splitting it.
Goal: an adapter's `parse` takes at most 2.5 times that. Events a second are of the whole way: parsed, corrected by
their words, made into events. Times are the processor's, of one core. Run: python -m bench.parsing [carrier …]
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

ROUND_S = 0.05  # of each measured side, so often:
ROUNDS = 5


class Line(NamedTuple):
    carrier: str
    answers: int
    events_per_s: float
    parse_ratio: float
    whole_ratio: float


def main(codes: Sequence[str] = ()) -> None:
    os.environ.setdefault("SECRET_KEY", "bench")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from carriers.registry import CARRIERS

    print(
        f"{'events read a second, one core':<26}{'answers':>9}{'events/s':>12}{'parse ×':>10}{'whole ×':>10}   goal"
    )
    for code in codes or CARRIERS:
        if line := measured(code):
            print(
                f"{line.carrier:<26}{line.answers:>9}{line.events_per_s:>12,.0f}{line.parse_ratio:>10.1f}"
                f"{line.whole_ratio:>10.1f}   parse ≤ 2.5",
                flush=True,
            )


def measured(code: str) -> Line | None:
    from carriers.reading import events_of, read
    from carriers.registry import CARRIERS
    from carriers.types import Outcome
    from tests.carriers.recorded import cases

    carrier = CARRIERS[code]
    replies = [
        case.reply
        for case in cases(code)
        if any(
            answer.outcome is Outcome.FOUND and answer.scans for answer in read(carrier, case.reply).answers
        )
    ]
    if not replies:
        return None

    def ours() -> int:
        return sum(
            len(events_of(carrier, answer)) for reply in replies for answer in read(carrier, reply).answers
        )

    def parse() -> int:
        return sum(len(carrier.parse(reply)) for reply in replies)

    def floor() -> int:
        return sum(_parsed(reply.body) for reply in replies)

    events = ours()
    paces = [(_per_s(ours), _per_s(parse), _per_s(floor)) for _ in range(ROUNDS)]
    whole_per_s, parse_per_s, floor_per_s = (sorted(side)[ROUNDS // 2] for side in zip(*paces, strict=True))
    return Line(
        code, len(replies), whole_per_s * events, floor_per_s / parse_per_s, floor_per_s / whole_per_s
    )


def _parsed(body: bytes) -> int:
    import xmltodict

    start = body.lstrip()[:1]
    if start in (b"{", b"["):
        try:
            return len(json.loads(body))
        except UnicodeDecodeError:
            return len(json.loads(body.decode("latin-1")))
    if start == b"<":
        return len(xmltodict.parse(body, xml_attribs=False))
    return len([line.split("|") for line in body.decode("latin-1").splitlines()])


def _per_s(work: Callable[[], int]) -> float:
    began, times = time.process_time(), 0
    while (spent := time.process_time() - began) < ROUND_S:
        work()
        times += 1
    return times / spent


if __name__ == "__main__":
    main(sys.argv[1:])
