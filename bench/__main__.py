"""Runs every script of this folder and keeps what they printed in docs/bench.md."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent
KEPT = HERE.parent / "docs" / "bench.md"
NO_SCRIPTS = ("__init__", "__main__", "scratch", "serving")
HEAD = """# What is measured

Times drift on shared machines: what counts is the ratio to a floor measured in the same run. `make bench`
writes this page; `python -m bench.<name>` runs one script. No test asserts a time.

{cores} cores, Python {python}, {day}.
"""


def main() -> int:
    parts = [
        HEAD.format(cores=os.cpu_count(), python=platform.python_version(), day=datetime.now(UTC).date())
    ]
    failed = []
    for name in sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NO_SCRIPTS):
        said = (import_module(f"bench.{name}").__doc__ or "").strip()
        print(f"\n{name}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"bench.{name}"], stdout=subprocess.PIPE, text=True, check=False
        )
        print(done.stdout, flush=True)
        if done.returncode:
            failed.append(name)
        else:
            parts.append(f"## {name}\n\n{said}\n\n```\n{done.stdout.strip()}\n```\n")
    if failed:
        print(f"Failed, and docs/bench.md is as it was: {', '.join(failed)}.")
        return 1
    KEPT.write_text("\n".join(parts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
