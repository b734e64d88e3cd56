"""TrackingMore as the simulator speaks it: error numbers in `meta`, forty a call, two legs of one history."""

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


def call(simulator: Simulator, method: str, path: str, body: Any = None, key: str = "k") -> requests.Response:
    url, headers = f"{simulator.url}/trackingmore/v4/trackings{path}", {"Tracking-Api-Key": key}
    return requests.request(method, url, json=body, headers=headers, timeout=10)


def test_what_goes_wrong_has_a_number_of_its_own(simulator: Simulator) -> None:
    number = number_for("trackingmore", 1)
    created = call(simulator, "POST", "/create", {"tracking_number": number, "courier_code": "correos-spain"})
    again = call(simulator, "POST", "/create", {"tracking_number": number})
    foreign = call(simulator, "POST", "/create", {"tracking_number": "1"})

    assert created.json()["meta"]["code"] == 200
    assert [one.json()["meta"]["code"] for one in (again, foreign)] == [4101, 4120]
    assert again.json()["data"]["id"] == created.json()["data"]["id"]
    assert call(simulator, "GET", "/get", key="invalid").status_code == 401


def test_a_number_never_created_and_one_nobody_knows_are_told_apart(simulator: Simulator) -> None:
    unknown = unknown_number_for("trackingmore", 1)

    before = call(simulator, "GET", f"/get?tracking_numbers={unknown}").json()
    call(simulator, "POST", "/batch", [{"tracking_number": unknown}])
    (after,) = call(simulator, "GET", f"/get?tracking_numbers={unknown}").json()["data"]

    assert (before["meta"]["code"], before["data"]) == (4102, [])
    assert (after["delivery_status"], after["substatus"]) == ("notfound", "notfound002")


def test_a_batch_takes_forty(simulator: Simulator) -> None:
    items = [{"tracking_number": number_for("trackingmore", seed)} for seed in range(41)]

    assert call(simulator, "POST", "/batch", items).json()["meta"]["code"] == 4103
    told = call(simulator, "POST", "/batch", [*items[:39], {"tracking_number": "1"}]).json()
    assert (len(told["data"]["success"]), told["data"]["error"][0]["errorCode"]) == (39, 4120)


def test_a_parcel_from_abroad_has_a_history_in_two_lists(simulator: Simulator) -> None:
    number = number_for("trackingmore", 50)
    simulator.add("trackingmore", number, "customs", started_at=NOON - timedelta(days=20))
    call(simulator, "POST", "/create", {"tracking_number": number})

    (told,) = call(simulator, "GET", f"/get?tracking_numbers={number}").json()["data"]

    assert {one["country_iso2"] for one in told["origin_info"]["trackinfo"]} == {"CN"}
    assert {one["country_iso2"] for one in told["destination_info"]["trackinfo"]} == {"ES"}
    assert told["destination_info"]["trackinfo"][0]["checkpoint_delivery_status"] == "delivered"


def test_pickup_is_the_van_or_the_counter(simulator: Simulator) -> None:
    van, counter = number_for("trackingmore", 51), number_for("trackingmore", 52)
    simulator.add("trackingmore", van, "straight", reached=SubStatus.ON_VEHICLE)
    simulator.add("trackingmore", counter, "pickup_point", reached=SubStatus.PICKUP_POINT)
    call(simulator, "POST", "/batch", [{"tracking_number": van}, {"tracking_number": counter}])

    told = call(simulator, "GET", f"/get?tracking_numbers={van},{counter}").json()["data"]

    assert [(one["delivery_status"], one["substatus"]) for one in told] == [
        ("pickup", "pickup001"),
        ("pickup", "pickup002"),
    ]
