"""BRT as the simulator speaks it: two headers sign in, a negative result is a refusal, rows may be padding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # 12:00 in Rome


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def get(simulator: Simulator, number: str, password: str = "good") -> requests.Response:  # noqa: S107  any is good
    headers = {"userID": "shop", "password": password}
    return requests.get(
        f"{simulator.url}/brt/rest/v1/tracking/parcelID/{number}", headers=headers, timeout=10
    )


def test_a_wrong_password_is_a_negative_result(simulator: Simulator) -> None:
    for password in ("", "invalid"):
        refused = get(simulator, number_for("brt", 1), password)

        assert refused.status_code == 401
        assert refused.json()["ttParcelIdResponse"]["esito"] < 0


def test_an_unknown_parcel_is_a_negative_result_and_http_is_content(simulator: Simulator) -> None:
    unknown = get(simulator, unknown_number_for("brt", 1))

    assert unknown.status_code == 200
    assert unknown.json()["ttParcelIdResponse"]["esito"] == -11
    assert unknown.json()["ttParcelIdResponse"]["lista_eventi"] == []


def test_events_come_newest_first_with_padding_behind(simulator: Simulator) -> None:
    number = number_for("brt", 2)
    simulator.add("brt", number, "straight", reached=SubStatus.DELIVERED, destination="Roma", origin="Milano")

    told = get(simulator, number).json()["ttParcelIdResponse"]
    events = [row["evento"] for row in told["lista_eventi"]]

    assert events[0] == {
        "id": "C",
        "data": "20.05.2026",
        "ora": "12.00",
        "descrizione": "CONSEGNATA",
        "filiale": "ROMA",
    }
    assert told["contatore_eventi"] == len(events) - 2
    assert all(value == "" for event in events[-2:] for value in event.values())
    assert told["bolla"]["dati_consegna"]["firmatario_consegna"] == "NURIA VIDAL"


def test_the_day_it_should_arrive_is_told_while_it_travels(simulator: Simulator) -> None:
    number = number_for("brt", 3)
    simulator.add("brt", number, "straight", reached=SubStatus.ON_VEHICLE)

    told = get(simulator, number).json()["ttParcelIdResponse"]["bolla"]["dati_consegna"]

    assert told["data_teorica_consegna"] == "20.05.2026"
    assert told["data_consegna_merce"] == ""
