"""AfterShip as the simulator speaks it: create and list, its own error numbers, nothing known at first."""

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
API = "/aftership/tracking/2026-07/trackings"


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def call(
    simulator: Simulator, method: str, path: str = "", body: Any = None, key: str = "k"
) -> requests.Response:
    url, headers = f"{simulator.url}{API}{path}", {"as-api-key": key}
    return requests.request(method, url, json=body, headers=headers, timeout=10)


def test_a_key_is_wanted(simulator: Simulator) -> None:
    answer = call(simulator, "GET", key="invalid")

    assert answer.status_code == 401
    assert answer.json()["meta"]["code"] == 401


def test_a_number_is_created_once_and_then_named(simulator: Simulator) -> None:
    number = number_for("aftership", 1)

    first = call(simulator, "POST", body={"tracking_number": number})
    again = call(simulator, "POST", body={"tracking_number": number})

    assert (first.status_code, first.json()["data"]["tag"]) == (201, "Pending")
    assert (again.status_code, again.json()["meta"]["code"]) == (400, 4003)
    assert again.json()["data"]["id"] == first.json()["data"]["id"]
    assert call(simulator, "GET", f"/{'0' * 32}").json()["meta"]["code"] == 4004


def test_a_list_holds_what_this_customer_follows(simulator: Simulator) -> None:
    number, unknown, foreign = number_for("aftership", 2), unknown_number_for("aftership", 1), "1"
    simulator.add("aftership", number, "straight", started_at=NOON - timedelta(days=3))
    assert call(simulator, "POST", body={"tracking_number": foreign}).json()["meta"]["code"] == 4012
    for one in (number, unknown):
        call(simulator, "POST", body={"tracking_number": one})

    mine = call(simulator, "GET", f"?tracking_numbers={number},{unknown},{foreign}").json()["data"][
        "trackings"
    ]
    another = call(simulator, "GET", f"?tracking_numbers={number}", key="another").json()["data"]["trackings"]

    assert [(one["tracking_number"], one["tag"]) for one in mine] == [
        (number, "Delivered"),
        (unknown, "Pending"),
    ]
    assert another == []


def test_checkpoints_come_oldest_first_and_may_lack_their_offset(simulator: Simulator) -> None:
    number = number_for("aftership", 3)
    simulator.add("aftership", number, "straight", reached=SubStatus.ON_VEHICLE, destination="Sevilla")
    call(simulator, "POST", body={"tracking_number": number})

    (whole,) = call(simulator, "GET", f"?tracking_numbers={number}").json()["data"]["trackings"]
    simulator.rude("aftership", "missing_zone")
    (bare,) = call(simulator, "GET", f"?tracking_numbers={number}").json()["data"]["trackings"]

    assert whole["checkpoints"][-1]["checkpoint_time"] == "2026-05-20T12:00:00+02:00"
    assert bare["checkpoints"][-1]["checkpoint_time"] == "2026-05-20T12:00:00"
    assert whole["checkpoints"][0]["subtag"] == "InfoReceived_001"
    assert whole["latest_estimated_delivery"]["datetime"] == "2026-05-20"
