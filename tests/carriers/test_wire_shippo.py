"""Shippo as the simulator speaks it: its own scheme of token, tracks by carrier, unknown as a status."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def call(
    simulator: Simulator, method: str, path: str, body: Any = None, authorization: str = "ShippoToken k"
) -> requests.Response:
    url, headers = f"{simulator.url}/shippo/tracks{path}", {"Authorization": authorization}
    return requests.request(method, url, json=body, headers=headers, timeout=10)


def test_a_token_is_shippos_own_scheme(simulator: Simulator) -> None:
    path = f"/ups/{number_for('shippo', 1)}"

    for authorization in ("Bearer k", "ShippoToken invalid", ""):
        answer = call(simulator, "GET", path, authorization=authorization)
        assert (answer.status_code, set(answer.json())) == (401, {"detail"})


def test_a_number_nobody_knows_is_a_track_of_unknown_status_or_no_track(simulator: Simulator) -> None:
    path = f"/ups/{unknown_number_for('shippo', 1)}"

    told = call(simulator, "GET", path).json()
    simulator.rude("shippo", "shape")
    refused = call(simulator, "GET", path)

    assert told["tracking_status"]["status"] == "UNKNOWN"
    assert [one["status"] for one in told["tracking_history"]] == ["UNKNOWN"]
    assert (refused.status_code, refused.json()) == (404, {"detail": "Not found."})


def test_a_track_tells_the_oldest_first_and_more_in_the_substatus(simulator: Simulator) -> None:
    number = number_for("shippo", 2)
    simulator.add("shippo", number, "straight", reached=SubStatus.ON_VEHICLE)

    made = call(simulator, "POST", "/", {"carrier": "ups", "tracking_number": number})
    track = call(simulator, "GET", f"/ups/{number}").json()

    assert (made.status_code, made.json()["tracking_number"]) == (201, number)
    assert [one["substatus"]["code"] for one in track["tracking_history"]] == [
        "information_received",
        "package_accepted",
        "package_departed",
        "package_processing",
        "package_arrived",
        "out_for_delivery",
    ]
    assert track["tracking_status"] == track["tracking_history"][-1]
    assert track["tracking_status"]["status_date"] == "2026-05-20T10:00:00Z"
    assert call(simulator, "POST", "/", {"tracking_number": number}).status_code == 400
