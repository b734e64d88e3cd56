"""Royal Mail as the simulator speaks it: two headers, terms to accept, two ways to know nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 11, tzinfo=UTC)  # in London
HEADERS = {"X-IBM-Client-Id": "c", "X-IBM-Client-Secret": "s", "X-Accept-RMG-Terms": "yes"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def get(simulator: Simulator, path: str, **headers: str) -> requests.Response:
    url = f"{simulator.url}/royal_mail/mailpieces/v2/{path}"
    return requests.get(url, headers=HEADERS | headers, timeout=10)


def test_both_headers_and_the_terms_are_wanted(simulator: Simulator) -> None:
    path = f"{number_for('royal_mail', 1)}/events"

    assert get(simulator, path).status_code == 200
    assert get(simulator, path, **{"X-IBM-Client-Secret": "invalid"}).status_code == 401
    assert get(simulator, path, **{"X-Accept-RMG-Terms": "no"}).status_code == 406


def test_an_item_tells_events_and_a_window(simulator: Simulator) -> None:
    number = number_for("royal_mail", 2)
    simulator.add("royal_mail", number, "straight", reached=SubStatus.ON_VEHICLE)

    item = get(simulator, f"{number}/events").json()["mailPieces"]

    assert item["events"][0]["eventCode"] == item["summary"]["lastEventCode"] == "EVGPD"
    assert item["events"][0]["eventDateTime"] == "2026-05-20T12:00:00+01:00"
    assert item["events"][-1] == {
        "eventCode": "EVAIP",
        "eventName": "Sender despatching item",
        "eventDateTime": item["events"][-1]["eventDateTime"],
        "locationName": "",
    }
    assert item["estimatedDelivery"] == {
        "date": "2026-05-20",
        "startOfEstimatedWindow": "15:45:00+01:00",
        "endOfEstimatedWindow": "17:45:00+01:00",
    }
    assert "signature" not in item


def test_two_errors_mean_that_nothing_is_known(simulator: Simulator) -> None:
    path = f"{unknown_number_for('royal_mail', 1)}/events"

    plain = get(simulator, path)
    simulator.rude("royal_mail", "shape")
    rarer = get(simulator, path)
    simulator.polite()

    assert [one.json()["errors"][0]["errorCode"] for one in (plain, rarer)] == ["E1142", "E1144"]
    assert plain.status_code == rarer.status_code == 404


def test_summaries_are_given_for_up_to_thirty_items(simulator: Simulator) -> None:
    number, unknown = number_for("royal_mail", 3), unknown_number_for("royal_mail", 3)
    simulator.add("royal_mail", number, "straight", started_at=NOON - timedelta(hours=30))

    found, missing = get(simulator, f"summary?mailPieceId={number},{unknown}").json()["mailPieces"]

    assert found["summary"]["statusCategory"] == "DELIVERED"
    assert missing["error"]["errorCode"] == "E1142"
    assert get(simulator, "summary?mailPieceId=" + ",".join([number] * 31)).status_code == 400
