"""PostNL as the simulator speaks it: an API key, a 200 for what it does not know, two forms of everything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.parcels import Quirk
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def track(simulator: Simulator, number: str, key: str = "good", **query: str) -> requests.Response:
    url = f"{simulator.url}/postnl/shipment/v2/status/barcode/{number}"
    return requests.get(url, params=query, headers={"apikey": key}, timeout=10)


def delivered(simulator: Simulator, seed: int) -> str:
    number = number_for("postnl", seed)
    simulator.add("postnl", number, "straight", started_at=NOON - timedelta(hours=30))
    return number


def test_a_stranger_is_turned_away(simulator: Simulator) -> None:
    for key in ("", "invalid"):
        answer = track(simulator, delivered(simulator, 1), key)

        assert answer.status_code == 401
        assert answer.json()["fault"]["detail"]["errorcode"] == "oauth.v2.InvalidApiKey"


def test_what_it_does_not_know_is_a_200_with_a_warning(simulator: Simulator) -> None:
    unknown = unknown_number_for("postnl", 1)

    answer = track(simulator, unknown, detail="true")
    simulator.rude("postnl", Quirk.SHAPE)
    rarer = track(simulator, unknown, detail="true")
    simulator.polite()

    assert answer.status_code == rarer.status_code == 200
    assert answer.json()["CurrentStatus"] is None
    assert rarer.json()["CompleteStatus"] == {}
    assert answer.json()["Warnings"] == rarer.json()["Warnings"]


def test_only_with_detail_there_is_a_history(simulator: Simulator) -> None:
    number = delivered(simulator, 1)

    short: Any = track(simulator, number).json()["CurrentStatus"]["Shipment"]
    whole: Any = track(simulator, number, detail="true").json()["CompleteStatus"]["Shipment"]

    assert "Event" not in short
    assert short["Status"] == whole["Status"]
    assert (whole["Status"]["StatusCode"], whole["Status"]["PhaseCode"]) == ("11", "4")
    assert whole["Event"][0]["Code"] == "I01"
    assert whole["Event"][0]["TimeStamp"] == whole["Status"]["TimeStamp"]
    assert re.fullmatch(r"\d\d-05-2026 \d\d:\d\d:\d\d", whole["Status"]["TimeStamp"])


def test_the_rarer_form_is_a_list_with_longer_names(simulator: Simulator) -> None:
    number = delivered(simulator, 1)
    usual = track(simulator, number, detail="true").json()["CompleteStatus"]["Shipment"]

    simulator.rude("postnl", Quirk.SHAPE)
    [rarer] = track(simulator, number, detail="true").json()["CompleteStatus"]["Shipment"]
    simulator.polite()

    assert rarer["Events"] == usual["Event"]
    assert rarer["OldStatuses"] == usual["OldStatus"]
