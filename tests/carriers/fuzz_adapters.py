"""`make fuzz`: atheris looks for bytes that an adapter neither reads nor refuses, for as long as it is let.

Input: one byte that names an HTTP status, then a body. It starts from the recorded answers and changes them as JSON
or XML, so that most inputs still get past the parser. A finding is anything but an answer that can be kept or a
CarrierError; its bytes stay in .data/fuzz/<carrier>/, and are worth a recorded case.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from pathlib import Path

FOUND = Path(".data/fuzz")
STATUSES = (None, 200, 207, 301, 400, 401, 403, 404, 418, 429, 500, 503)
INSTRUMENTED = ["carriers", "tracking.machine", "tracking.draft", "tracking.moves", "tracking.position"]
LONGEST = 60_000  # bytes of one input
LIMITS = ["-timeout=10", "-rss_limit_mb=2048", f"-max_len={LONGEST}", "-print_final_stats=1"]
MAX_TEXT = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "carriers", nargs="*", help="codes of carriers; none: all of them, one after the other"
    )
    parser.add_argument("--seconds", type=int, default=60, help="for each carrier")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.inside:
        fuzz(asked.carriers[0], asked.seconds, Path(asked.inside))
    from carriers.registry import CARRIERS

    if unknown := set(asked.carriers) - set(CARRIERS):
        parser.error(f"There is no carrier {', '.join(sorted(unknown))}.")
    wrong = [code for code in asked.carriers or CARRIERS if not run(code, asked.seconds)]
    sys.exit(f"Findings: {', '.join(wrong)}" if wrong else 0)


def run(code: str, seconds: int) -> bool:
    """Fuzz one carrier in a process of its own, which libFuzzer ends; whether it found nothing. Prints the counts."""
    kept = FOUND / code
    kept.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="fuzz") as corpus:
        command = [sys.executable, "-m", "tests.carriers.fuzz_adapters", code]
        done = subprocess.run(
            [*command, "--seconds", str(seconds), "--inside", corpus],
            capture_output=True,
            text=True,
            check=False,
        )
        grown = len(list(Path(corpus).iterdir()))
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    told = f"{int(runs[1]):>9,} inputs" if runs else "   no counts"
    say(f"{code:<18}{told}{covered[-1] if covered else '?':>8} places{grown:>7} kept")
    if done.returncode:
        say(done.stdout[-4000:] + done.stderr[-4000:])
    return done.returncode == 0


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def fuzz(code: str, seconds: int, corpus: Path) -> None:
    """Never returns: libFuzzer ends the process, with 77 where it found something."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from carriers.registry import CARRIERS
        from tests.carriers.promises import sound
    from carriers.types import Reply
    from tests.carriers.recorded import cases
    from tests.carriers.spoiling import STRANGE, parts_of, spoiled, spoiled_text, texts_of

    carrier, known = CARRIERS[code], cases(code)
    for case in known:
        at = STATUSES.index(case.reply.status) if case.reply.status in STATUSES else 0
        (corpus / case.name).write_bytes(bytes([at]) + case.body)
    codes: list[object] = [*random.Random(0).sample(sorted(carrier.statuses), min(50, len(carrier.statuses)))]
    parts = [
        *STRANGE,
        *codes,
        *(part for case in known if case.payload is not None for part in parts_of(case.payload)),
    ]
    texts = [text for case in known if case.payload is None for text in texts_of(case.body)]

    def once(data: bytes) -> None:
        if data:
            sound(carrier, Reply(data[1:], STATUSES[data[0] % len(STATUSES)]))

    def mutated(data: bytes, longest: int, seed: int) -> bytes:
        chance = random.Random(seed)
        if len(data) < 2 or chance.random() < 0.1:
            return atheris.Mutate(data, longest)
        status = bytes([chance.randrange(len(STATUSES))]) if chance.random() < 0.1 else data[:1]
        try:
            payload = json.loads(data[1:])
        except (ValueError, RecursionError):
            body = spoiled_text(data[1:], chance, texts)
        else:
            with_other_texts = (
                _reworded(payload, chance, atheris.Mutate) if chance.random() < 0.5 else payload
            )
            body = json.dumps(
                spoiled(with_other_texts, chance, chance.choice([0, 0.01, 0.05, 0.2]), parts)
            ).encode()
        return (status + body)[:longest]

    FOUND.joinpath(code).mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", f"-artifact_prefix={FOUND / code}{os.sep}", *LIMITS]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once, custom_mutator=mutated)
    atheris.Fuzz()


def _reworded(value, chance, mutate):  # type: ignore[no-untyped-def]
    """The payload with one text in twenty changed by libFuzzer, which knows what the code compares with."""
    if isinstance(value, dict):
        return {key: _reworded(inner, chance, mutate) for key, inner in value.items()}
    if isinstance(value, list):
        return [_reworded(inner, chance, mutate) for inner in value]
    if isinstance(value, str) and chance.random() < 0.05:
        return mutate(value.encode("utf-8", "surrogatepass"), MAX_TEXT).decode("utf-8", "replace")
    return value


if __name__ == "__main__":
    main()
