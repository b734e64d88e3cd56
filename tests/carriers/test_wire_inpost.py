"""InPost as the simulator speaks it: open to anybody, names instead of words, the locker in full."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.parcels import Quirk
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def track(simulator: Simulator, number: str) -> requests.Response:
    return requests.get(f"{simulator.url}/inpost/v1/tracking/{number}", timeout=10)


def told(simulator: Simulator, seed: int, journey: str = "straight", **order: Any) -> Any:
    number = number_for("inpost", seed)
    simulator.add("inpost", number, journey, **({"started_at": NOON - timedelta(days=30)} | order))
    return track(simulator, number).json()


def test_a_number_nobody_knows_is_said_so_in_json(simulator: Simulator) -> None:
    for number in (unknown_number_for("inpost", 1), "123", "6" * 25):
        answer = track(simulator, number)

        assert answer.status_code == answer.json()["status"] == 404
        assert answer.json()["error"] == "resource_not_found"


def test_steps_have_names_and_come_newest_first(simulator: Simulator) -> None:
    details = told(simulator, 1)["tracking_details"]

    assert [one["status"] for one in details][:2] == ["delivered", "out_for_delivery"]
    assert [one["datetime"] for one in details] == sorted((one["datetime"] for one in details), reverse=True)
    assert details[0]["datetime"].endswith(".000+02:00")
    assert not any("text" in one or "description" in one for one in details)


def test_the_locker_is_told_with_its_address_and_place(simulator: Simulator) -> None:
    shipment = told(simulator, 2, "pickup_point", started_at=None, reached=SubStatus.PICKUP_POINT)

    locker = shipment["custom_attributes"]["target_machine_detail"]
    assert shipment["status"] == "ready_to_pickup"
    assert locker["name"] == shipment["custom_attributes"]["target_machine_id"]
    assert locker["address"]["line2"]
    assert 49 < locker["location"]["latitude"] < 55


def test_a_parcel_for_the_door_has_no_locker(simulator: Simulator) -> None:
    simulator.rude("inpost", Quirk.SHAPE)
    shipment = told(simulator, 3)
    simulator.polite()

    assert shipment["service"] == "inpost_courier_standard"
    assert shipment["custom_attributes"]["target_machine_detail"] is None
