"""DHL Parcel Iberia as the simulator speaks it: a token that is a text, errors that are messages, three codes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # in Madrid
API = "/dhl_parcel_es/cimapi/api/v1/customer"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def log_in(simulator: Simulator, password: str) -> requests.Response:
    login = {"Username": "u", "Password": password}
    return requests.post(f"{simulator.url}{API}/authenticate", json=login, timeout=10)


def track(simulator: Simulator, number: str, bearer: str, show: str = "events") -> requests.Response:
    return requests.get(
        f"{simulator.url}{API}/track",
        params={"id": number, "idioma": "es", "show": show},
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=10,
    )


def test_the_token_is_a_bare_text(simulator: Simulator) -> None:
    token = log_in(simulator, "p").json()

    assert isinstance(token, str)
    assert track(simulator, number_for("dhl_parcel_es", 1), token).status_code == 200
    assert log_in(simulator, "invalid").status_code == 401
    assert track(simulator, number_for("dhl_parcel_es", 1), "nothing").status_code == 401


def test_what_is_wrong_is_a_message(simulator: Simulator) -> None:
    token, unknown = log_in(simulator, "p").json(), unknown_number_for("dhl_parcel_es", 1)

    plain = track(simulator, unknown, token)
    simulator.rude("dhl_parcel_es", "shape")
    rarer = track(simulator, unknown, token)
    simulator.polite()

    assert (plain.status_code, rarer.status_code) == (404, 400)
    assert plain.json() == rarer.json() == {"Message": "No existe el envío indicado"}
    assert track(simulator, unknown, token, show="all").status_code == 400


def test_between_its_three_codes_only_words_tell(simulator: Simulator) -> None:
    number = number_for("dhl_parcel_es", 2)
    simulator.add("dhl_parcel_es", number, "straight", reached=SubStatus.DELIVERED, destination="Sevilla")
    token = log_in(simulator, "p").json()

    shipment = track(simulator, number, token).json()
    [latest] = track(simulator, number, token, show="status").json()["Events"]

    assert [event["Code"] for event in shipment["Events"]] == ["A", "T", "T", "T", "T", "T", "R"]
    assert shipment["Events"][-2]["Status"] == "En reparto"
    assert latest == {
        "DateTime": "2026-05-20T12:00:00",
        "Code": "R",
        "Status": "Entregado",
        "Ubication": "Sevilla",
    }
    assert shipment["Receiver"] == "NURIA VIDAL"
