"""Evri's own pages as the simulator serves them: two calls a parcel, five stages, and words for the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

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


def get(simulator: Simulator, path: str, key: str = "good", **query: str) -> requests.Response:
    url = f"{simulator.url}/evri/enterprise-tracking-api/v1/parcels{path}"
    return requests.get(url, params=query, headers={"Apikey": key}, timeout=10)


def delivered(simulator: Simulator, seed: int) -> str:
    number = number_for("evri", seed)
    simulator.add("evri", number, "straight", started_at=NOON - timedelta(hours=30))
    return number


def test_a_stranger_is_turned_away(simulator: Simulator) -> None:
    number = delivered(simulator, 1)

    assert get(simulator, f"/reference/{number}", key="").status_code == 401
    assert get(simulator, "", key="invalid", uniqueIds="1").json()["status"] == 401


def test_a_number_leads_to_parcels_and_these_to_events(simulator: Simulator) -> None:
    number = delivered(simulator, 1)

    [unique_id] = get(simulator, f"/reference/{number}").json()
    [parcel] = get(simulator, "", uniqueIds=unique_id).json()["results"]

    newest, *_, oldest = parcel["trackingEvents"]
    assert parcel["barcode"] == number
    assert parcel["uniqueId"] == unique_id != number
    assert newest["trackingStage"] == {"trackingStageCode": "5_COURIER", "description": "Delivered"}
    assert oldest["trackingPoint"]["description"] == "We're expecting your parcel"
    assert newest["dateTime"].endswith("+01:00")


def test_what_is_not_known_is_a_404_or_nothing(simulator: Simulator) -> None:
    unknown = unknown_number_for("evri", 1)

    usual = get(simulator, f"/reference/{unknown}")
    simulator.rude("evri", Quirk.SHAPE)
    rarer = get(simulator, f"/reference/{unknown}")
    simulator.polite()

    assert usual.status_code == 404
    assert (rarer.status_code, rarer.json()) == (200, [])
    for unique_id in ("1", "9" * 40, "?"):
        assert get(simulator, "", uniqueIds=unique_id).json() == {"results": []}
