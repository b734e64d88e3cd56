"""DHL Express as the simulator speaks it: Basic, one waybill or many, offsets only for those who ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def get(
    simulator: Simulator, path: str, *numbers: str, auth: tuple[str, str] = ("u", "p")
) -> requests.Response:
    params = [("requestGMTOffsetPerEvent", "true")]
    params += [("shipmentTrackingNumber", number) for number in numbers]
    return requests.get(f"{simulator.url}/dhl_express/mydhlapi{path}", params=params, auth=auth, timeout=10)


def delivered(simulator: Simulator, seed: int) -> str:
    number = number_for("dhl_express", seed)
    simulator.add("dhl_express", number, "straight", started_at=NOON - timedelta(hours=30))
    return number


def test_a_stranger_is_turned_away(simulator: Simulator) -> None:
    answer = get(simulator, f"/shipments/{delivered(simulator, 1)}/tracking", auth=("u", "invalid"))

    assert answer.status_code == answer.json()["status"] == 401


def test_of_many_the_unknown_are_left_out(simulator: Simulator) -> None:
    first, second = delivered(simulator, 1), delivered(simulator, 2)
    unknown = unknown_number_for("dhl_express", 1)

    several = get(simulator, "/tracking", first, unknown, second)
    none = get(simulator, "/tracking", unknown)

    assert [one["shipmentTrackingNumber"] for one in several.json()["shipments"]] == [first, second]
    assert none.status_code == 404
    assert get(simulator, f"/shipments/{unknown}/tracking").json()["detail"] == "No data found"
    assert get(simulator, "/tracking").status_code == 400
    assert get(simulator, "/tracking", *[first] * 201).status_code == 400


def test_times_have_an_offset_only_for_those_who_ask(simulator: Simulator) -> None:
    url = f"{simulator.url}/dhl_express/mydhlapi/shipments/{delivered(simulator, 1)}/tracking"

    asked = get(simulator, url.partition("/mydhlapi")[2]).json()["shipments"][0]["events"]
    silent = requests.get(url, auth=("u", "p"), timeout=10).json()["shipments"][0]["events"]

    assert all(len(event["GMTOffset"]) == 6 for event in asked)
    assert not any("GMTOffset" in event for event in silent)
    assert asked[-1]["typeCode"] == "OK"
    assert asked[-1]["signedBy"]
