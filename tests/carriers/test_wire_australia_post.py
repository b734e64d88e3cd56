"""Australia Post as the simulator speaks it: an account's number besides Basic, ten a call, words without codes."""

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

NOON = datetime(2026, 5, 20, 2, tzinfo=UTC)  # in Sydney


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def track(simulator: Simulator, *numbers: str, account: str = "0001234567") -> requests.Response:
    return requests.get(
        f"{simulator.url}/australia_post/shipping/v1/track",
        params={"tracking_ids": ",".join(numbers)},
        auth=("key", "password"),
        headers={"Account-Number": account},
        timeout=10,
    )


def results(answer: requests.Response) -> list[Any]:
    return list(answer.json()["tracking_results"])


def test_the_account_s_number_signs_in_too(simulator: Simulator) -> None:
    number = number_for("australia_post", 1)

    assert track(simulator, number).status_code == 200
    assert track(simulator, number, account="").status_code == 401


def test_of_ten_each_has_its_own_answer(simulator: Simulator) -> None:
    known, unknown = number_for("australia_post", 1), unknown_number_for("australia_post", 1)

    found, missing = results(track(simulator, known, unknown))

    assert found["trackable_items"][0]["article_id"].startswith(known)
    assert missing["errors"] == [{"code": "ESB-10001", "name": "Invalid tracking ID"}]
    assert track(simulator, *[known] * 11).status_code == 400


def test_an_event_has_words_a_town_and_a_time_of_the_place(simulator: Simulator) -> None:
    number = number_for("australia_post", 2)
    simulator.add(
        "australia_post",
        number,
        "straight",
        reached=SubStatus.ON_VEHICLE,
        origin="Melbourne",
        destination="Brisbane",
    )

    [result] = results(track(simulator, number))

    assert result["status"] == "On Board for Delivery"
    assert result["trackable_items"][0]["events"][0] == {
        "location": "BRISBANE QLD",
        "description": "Onboard with driver",
        "date": "2026-05-20T12:00:00+10:00",
    }


def test_a_consignment_may_be_told_of_as_a_whole(simulator: Simulator) -> None:
    number = number_for("australia_post", 3)
    simulator.add("australia_post", number, "straight", started_at=NOON - timedelta(hours=30))
    simulator.rude("australia_post", "shape")
    [result] = results(track(simulator, number))
    simulator.polite()

    assert "trackable_items" not in result
    assert result["consignment"]["events"][0]["description"] == "Delivered"
