"""The recorded answers in `cases/<carrier>/<case>.json`, and what a person read in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from carriers.types import Json, Reply

HOME = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Case:
    carrier: str
    name: str
    said: dict[str, Any]

    @property
    def payload(self) -> Json:
        """The body as JSON; None where it is text."""
        return self.said.get("payload")

    @property
    def body(self) -> bytes:
        if "body" in self.said:
            text: str = self.said["body"]
            return text.encode(self.said.get("encoding", "utf-8"))
        return json.dumps(self.payload, ensure_ascii=False).encode()

    @property
    def reply(self) -> Reply:
        return Reply(self.body, self.said["status"], self.said.get("headers", {}))

    def __str__(self) -> str:
        return f"{self.carrier}-{self.name}"


def cases(carrier: str = "*") -> list[Case]:
    return [
        Case(path.parent.name, path.stem, json.loads(path.read_text("utf-8")))
        for path in sorted(HOME.glob(f"{carrier}/*.json"))
    ]
