"""SEUR as the simulator speaks it: a token for half a minute, errors inside of a 200, hubs told by their province."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # in Madrid
LOGIN = {"grant_type": "password", "client_id": "c", "client_secret": "s", "username": "u", "password": "p"}


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    with running(speed=1, now=clock) as one:
        yield one


def log_in(simulator: Simulator, **other: str) -> requests.Response:
    return requests.post(f"{simulator.url}/seur/pic_token", data=LOGIN | other, timeout=10)


def track(simulator: Simulator, number: str, bearer: str, which: str = "extended") -> requests.Response:
    return requests.get(
        f"{simulator.url}/seur/pic/v1/tracking-services/{which}",
        params={"refType": "REFERENCE", "ref": number},
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=10,
    )


def test_a_token_is_good_for_half_a_minute(simulator: Simulator, clock: Clock) -> None:
    number = number_for("seur", 1)
    token = log_in(simulator).json()["access_token"]

    assert log_in(simulator, password="invalid").status_code == 401
    assert log_in(simulator, grant_type="client_credentials").status_code == 400
    assert track(simulator, number, token).status_code == 200
    clock.at += timedelta(seconds=31)
    assert track(simulator, number, token).json()["errors"][0]["status"] == "401"


def test_an_unknown_number_is_a_404_an_error_in_a_200_or_nothing_at_all(simulator: Simulator) -> None:
    token = log_in(simulator).json()["access_token"]
    unknown = [unknown_number_for("seur", n) for n in range(12)]

    plain = track(simulator, unknown[0], token)
    simulator.rude("seur", "shape")
    rarer = [track(simulator, number, token) for number in unknown]
    simulator.polite()

    assert (plain.status_code, plain.json()["errors"][0]["detail"]) == (404, "Shipment not found")
    assert {answer.status_code for answer in rarer} == {200}
    assert {answer.content == b"" for answer in rarer} == {True, False}


def test_a_hub_is_told_by_the_number_of_its_province(simulator: Simulator) -> None:
    number = number_for("seur", 2)
    simulator.add(
        "seur", number, "straight", reached=SubStatus.ON_VEHICLE, origin="Madrid", destination="Valencia"
    )
    token = log_in(simulator).json()["access_token"]

    [shipment] = track(simulator, number, token).json()["data"]
    [latest] = track(simulator, number, token, "simplified").json()["data"]

    assert shipment["situations"][-2]["eventCode"] == "LI446"
    assert shipment["situations"][-2]["description"] == "MERCANCÍA EN VALENCIA"
    assert shipment["situations"][-1] == {
        "eventCode": "LC003",
        "description": "EN REPARTO CONFIRMADO - BULTOS",
        "situationDate": "2026-05-20T12:00:00.000",
    }
    assert latest["eventCode"] == "LC003"
    assert "situations" not in latest
