"""USPS as the simulator speaks it: tokens by form or JSON, errors in its own form, three ways to write a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from carriers.simulator.numbers import is_well_formed, number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 16, tzinfo=UTC)  # in New York
CLIENT = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s", "scope": "tracking"}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def token(simulator: Simulator) -> str:
    answer = requests.post(f"{simulator.url}/usps/oauth2/v3/token", json=CLIENT, timeout=10)
    return str(answer.json()["access_token"])


def track(simulator: Simulator, number: str, bearer: str = "", expand: str = "DETAIL") -> requests.Response:
    return requests.get(
        f"{simulator.url}/usps/tracking/v3/tracking/{number}",
        params={"expand": expand},
        headers={"Authorization": f"Bearer {bearer or token(simulator)}"},
        timeout=10,
    )


def test_a_token_is_given_for_a_form_and_for_json(simulator: Simulator) -> None:
    url = f"{simulator.url}/usps/oauth2/v3/token"

    assert requests.post(url, data=CLIENT, timeout=10).json()["expires_in"] == 28_799
    assert requests.post(url, json=CLIENT | {"client_secret": "invalid"}, timeout=10).status_code == 401
    assert track(simulator, number_for("usps", 1), "nothing").status_code == 401


def test_errors_come_in_their_own_form(simulator: Simulator) -> None:
    unknown = unknown_number_for("usps", 1)

    missing, misspelt = track(simulator, unknown), track(simulator, "9405500000000581726344")
    simulator.rude("usps", "429")
    limited = track(simulator, unknown, "t")
    simulator.polite()

    assert missing.status_code == 404
    assert missing.json()["error"]["errors"][0]["source"]["example"] == unknown
    assert misspelt.status_code == 400
    assert limited.json()["error"]["code"] == "429"
    assert limited.headers["Retry-After"]
    assert is_well_formed("usps", "9405500000000581726343")
    assert is_well_formed("usps", "420100019405500000000581726343")


def test_a_time_is_local_and_in_gmt(simulator: Simulator) -> None:
    number = number_for("usps", 1)
    simulator.add(
        "usps", number, "straight", reached=SubStatus.ON_VEHICLE, origin="Chicago", destination="Los Angeles"
    )

    full = track(simulator, number).json()
    newest = full["trackingEvents"][0]
    simulator.rude("usps", "shape")
    rarer = track(simulator, number).json()["trackingEvents"][0]
    simulator.polite()

    assert (newest["eventTimestamp"], newest["GMTTimestamp"], newest["GMTOffset"]) == (
        "2026-05-20T09:00:00",
        "2026-05-20T16:00:00Z",
        "-420",
    )
    assert "GMTTimestamp" not in rarer
    assert rarer["GMTOffset"] == "-420"
    assert full["statusCategory"] == "Out for Delivery"
    assert full["predictedDeliveryDate"] == "2026-05-20"
    assert "trackingEvents" not in track(simulator, number, expand="SUMMARY").json()


def test_what_went_back_is_delivered_to_its_sender(simulator: Simulator) -> None:
    number = number_for("usps", 2)
    simulator.add("usps", number, "returned", started_at=NOON - timedelta(days=30))

    newest = track(simulator, number).json()["trackingEvents"][0]

    assert (newest["eventCode"], newest["eventType"]) == ("01", "DELIVERED, TO ORIGINAL SENDER")
