"""Ship24 as the simulator speaks it: bearer keys, trackers by the hundred, offsets apart from their times."""

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
    simulator: Simulator, method: str, path: str, body: Any = None, key: str = "apik_k"
) -> requests.Response:
    url, headers = f"{simulator.url}/ship24/public/v1{path}", {"Authorization": f"Bearer {key}"}
    return requests.request(method, url, json=body, headers=headers, timeout=10)


def test_a_wrong_key_is_a_list_of_errors_and_no_data(simulator: Simulator) -> None:
    answer = call(simulator, "POST", "/trackers", {"trackingNumber": "1"}, key="invalid")

    assert answer.status_code == 401
    assert answer.json()["data"] is None
    assert len(answer.json()["errors"]) == 1


def test_a_bulk_call_answers_for_each_number(simulator: Simulator) -> None:
    good = {"trackingNumber": number_for("ship24", 1)}

    first = call(simulator, "POST", "/trackers/bulk", [good, {"trackingNumber": "?"}])
    again = call(simulator, "POST", "/trackers/bulk", [good])

    assert first.status_code == 207
    assert [one["itemStatus"] for one in first.json()["data"]] == ["created", "failed"]
    assert (again.status_code, again.json()["data"][0]["itemStatus"]) == (201, "existing")
    assert call(simulator, "POST", "/trackers/bulk", [good] * 101).status_code == 400


def test_a_number_without_a_tracker_is_not_found_and_one_nobody_knows_is_pending(
    simulator: Simulator,
) -> None:
    unknown = unknown_number_for("ship24", 1)

    before = call(simulator, "GET", f"/trackers/search/{unknown}/results")
    tracker = call(simulator, "POST", "/trackers", {"trackingNumber": unknown}).json()["data"]["tracker"]
    (tracking,) = call(simulator, "GET", f"/trackers/{tracker['trackerId']}/results").json()["data"][
        "trackings"
    ]

    assert (before.status_code, before.json()["errors"][0]["code"]) == (404, "tracker_not_found")
    assert (tracking["shipment"]["statusMilestone"], tracking["events"]) == ("pending", [])


def test_an_offset_stands_in_its_time_or_apart_from_it_or_nowhere(simulator: Simulator) -> None:
    number = number_for("ship24", 2)
    simulator.add("ship24", number, "straight", reached=SubStatus.ON_VEHICLE, destination="Sevilla")

    def times() -> list[tuple[str, str | None]]:
        answer = call(simulator, "POST", "/trackers/track", {"trackingNumber": number})
        events = answer.json()["data"]["trackings"][0]["events"]
        return [(one["occurrenceDatetime"], one["utcOffset"]) for one in events]

    told = times()
    simulator.rude("ship24", "missing_zone")
    bare = times()

    assert told[0] == ("2026-05-20T12:00:00", "+02:00")
    assert {(len(said), offset) for said, offset in told} == {(19, "+02:00"), (25, None)}
    assert {(len(said), offset) for said, offset in bare} == {(19, None)}
