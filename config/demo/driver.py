"""Drives the demo's van: tells the API where it is every few seconds, for twelve minutes, then stands still."""

from __future__ import annotations

import argparse
import json
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import requests

EVERY_S = 6.0
STEPS = 120
STOPS = 3  # before the one that is watched, at first
# From a warehouse in Paterna into Russafa: latitude, longitude.
WAY = (
    (39.5030, -0.4450),
    (39.4920, -0.4160),
    (39.4850, -0.3980),
    (39.4760, -0.3900),
    (39.4690, -0.3810),
    (39.4660, -0.3760),
    (39.4630, -0.3755),
    (39.4622, -0.3740),
)


def place_at(share: float) -> tuple[float, float]:
    """Where on the way, from 0 to 1: each piece of it takes as long."""
    pieces = list(pairwise(WAY))
    index = min(int(share * len(pieces)), len(pieces) - 1)
    within = share * len(pieces) - index
    (a, b), (c, d) = pieces[index]
    return a + (c - a) * within, b + (d - b) * within


def body(step: int, now: datetime) -> dict[str, Any]:
    share = step / STEPS
    latitude, longitude = place_at(share)
    comes_at = now + timedelta(seconds=(STEPS - step) * EVERY_S)
    return {
        "latitude": round(latitude, 5),
        "longitude": round(longitude, 5),
        "at": now.isoformat(),
        "stops_before": int((1 - share) * (STOPS + 0.99)),
        "eta_from": comes_at.isoformat(),
        "eta_to": (comes_at + timedelta(minutes=15)).isoformat(),
    }


def drive(told: dict[str, Any], site: str) -> None:
    """Until it is there, or somebody has delivered the parcel."""
    address = f"{site}/api/v1/shipments/{told['van']['shipment']}/position"
    headers = {"Authorization": f"Bearer {told['welcome']['api_key']}"}
    for step in range(STEPS + 1):
        try:
            answer = requests.post(address, json=body(step, datetime.now(UTC)), headers=headers, timeout=10)
            if answer.ok and answer.json()["outcome"] == "too_late":
                return
        except requests.RequestException:
            pass  # the web process is busy, or gone: the next one will do
        time.sleep(EVERY_S)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--told", type=Path, required=True)
    options.add_argument("--site", required=True)
    asked = options.parse_args()
    told = json.loads(asked.told.read_text())
    if told.get("van"):
        drive(told, asked.site)
    while True:
        time.sleep(3600)  # an end would be taken for a fault


if __name__ == "__main__":
    sys.exit(main())
