"""EasyPost as the simulator speaks it: a key as the user, trackers that are made once, batches, UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
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
    simulator: Simulator, method: str, path: str = "", body: Any = None, key: str = "k"
) -> requests.Response:
    url = f"{simulator.url}/easypost/v2/trackers{path}"
    return requests.request(method, url, json=body, auth=(key, ""), timeout=10)


def create(simulator: Simulator, number: str) -> requests.Response:
    return call(simulator, "POST", body={"tracker": {"tracking_code": number}})


def test_a_wrong_key_is_an_error_object(simulator: Simulator) -> None:
    answer = call(simulator, "GET", key="invalid")

    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"code", "message", "errors"}


def test_creating_a_tracker_again_gives_the_same(simulator: Simulator) -> None:
    number = number_for("easypost", 1)

    first, again = create(simulator, number), create(simulator, number)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert call(simulator, "GET", f"/{first.json()['id']}").json()["tracking_code"] == number
    assert [one["tracking_code"] for one in call(simulator, "GET").json()["trackers"]] == [number]


def test_what_no_carrier_knows_is_unknown_and_what_none_could_have_given_out_is_refused(
    simulator: Simulator,
) -> None:
    unknown, foreign = create(simulator, unknown_number_for("easypost", 1)), create(simulator, "1")

    assert (unknown.json()["status"], unknown.json()["tracking_details"]) == ("unknown", [])
    assert foreign.status_code == 422
    assert call(simulator, "GET", f"/trk_{'0' * 32}").status_code == 404


def test_a_batch_tells_the_oldest_first_in_utc(simulator: Simulator) -> None:
    number = number_for("easypost", 2)
    simulator.add("easypost", number, "straight", reached=SubStatus.ON_VEHICLE)
    simulator.add("easypost", number_for("easypost", 3), "straight", started_at=NOON - timedelta(days=3))

    batch = {"tracking_codes": [number, number_for("easypost", 3)]}
    van, door = call(simulator, "POST", "/batch", batch).json()["trackers"]

    assert [one["status"] for one in van["tracking_details"]] == [
        "pre_transit",
        "in_transit",
        "in_transit",
        "in_transit",
        "in_transit",
        "out_for_delivery",
    ]
    assert van["tracking_details"][-1]["datetime"] == "2026-05-20T10:00:00Z"
    assert (door["status"], door["status_detail"], door["finalized"]) == (
        "delivered",
        "arrived_at_destination",
        True,
    )
