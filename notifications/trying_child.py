"""The process in which untried words are filled in: a job a line, an answer a line. Started by `notifications.trying`."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

from notifications import sandbox

CPU_S = 3  # of one job; its parent does not wait for as long


def tried(source: str, values: dict[str, Any]) -> dict[str, Any]:
    try:
        missing = sandbox.unknown_variables(source, values) if "{" in source else []
        return {"text": sandbox.fill(source, values), "missing": missing, "error": ""}
    except sandbox.WordsError as error:
        return {"text": "", "missing": [], "error": str(error)[:400]}
    except MemoryError:
        return {"text": "", "missing": [], "error": "The text comes to too much."}


def main(memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        soft = int(used.ru_utime + used.ru_stime) + CPU_S
        soft = soft if hard == resource.RLIM_INFINITY else min(soft, hard)
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
        job = json.loads(line)
        answers = [tried(source, job["values"] | more) for source, more in job["sources"]]
        sys.stdout.write(json.dumps(answers) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
