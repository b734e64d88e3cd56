"""Karrio as the simulator speaks it: made at once or not at all, the carrier's refusal passed on, a Z that lies."""

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
    simulator: Simulator, method: str, path: str = "", body: Any = None, key: str = "key_k"
) -> requests.Response:
    url, headers = f"{simulator.url}/karrio/v1{path}", {"Authorization": f"Token {key}"}
    return requests.request(method, url, json=body, headers=headers, timeout=10)


def wanted(number: str) -> dict[str, str]:
    return {"carrier_name": "ups", "tracking_number": number}


def test_a_wrong_token_and_a_missing_carrier_are_lists_of_errors(simulator: Simulator) -> None:
    number = number_for("karrio", 1)

    for answer, status in (
        (call(simulator, "GET", "/trackers", key="invalid"), 401),
        (call(simulator, "POST", "/trackers", {"tracking_number": number}), 400),
        (call(simulator, "GET", f"/trackers/{number}"), 404),
    ):
        assert (answer.status_code, set(answer.json())) == (status, {"errors"})


def test_a_tracker_is_made_once_and_found_by_number_or_identifier(simulator: Simulator) -> None:
    number = number_for("karrio", 2)

    made, again = (call(simulator, "POST", "/trackers", wanted(number)) for _ in range(2))
    listed = call(simulator, "GET", f"/trackers?tracking_number={number}").json()["results"]

    assert (made.status_code, again.status_code) == (201, 200)
    for name in (number, made.json()["id"]):
        assert call(simulator, "GET", f"/trackers/{name}").json()["id"] == made.json()["id"]
    assert [one["tracking_number"] for one in listed] == [number]


def test_what_the_carrier_does_not_know_is_its_own_refusal_or_a_plain_one(simulator: Simulator) -> None:
    unknown = unknown_number_for("karrio", 1)

    refused = call(simulator, "POST", "/trackers", wanted(unknown))
    simulator.rude("karrio", "shape")
    plain = call(simulator, "POST", "/trackers", wanted(unknown))

    waiting = call(simulator, "POST", "/trackers?pending_pickup=true", wanted(unknown))

    assert (refused.status_code, refused.json()["messages"][0]["code"]) == (424, "TV1003")
    assert (plain.status_code, plain.json()["errors"][0]["code"]) == (404, "404")
    assert (waiting.status_code, waiting.json()["status"], waiting.json()["events"]) == (201, "pending", [])


def test_a_timestamp_that_ends_in_z_is_the_clock_on_the_wall(simulator: Simulator) -> None:
    number = number_for("karrio", 3)
    simulator.add("karrio", number, "straight", reached=SubStatus.ON_VEHICLE, destination="Lisboa")

    event = call(simulator, "POST", "/trackers", wanted(number)).json()["events"][0]

    assert (event["timestamp"], event["time"]) == ("2026-05-20T11:00:00.000Z", "11:00 AM")
    assert (event["location"], event["status"]) == ("Lisboa, PT", "out_for_delivery")
