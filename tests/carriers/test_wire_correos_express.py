"""Correos Express as the simulator speaks it: refusals inside of a 200, errors that are no JSON, two names for a field."""

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
PATH = "/correos_express/wspsc/apiRestSeguimientoEnviosk8s/json/seguimientoEnvio"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def track(simulator: Simulator, number: str, given: str = "p", customer: str = "c") -> requests.Response:
    call = {"codigoCliente": customer, "dato": number, "idioma": "ES"}
    return requests.post(simulator.url + PATH, json=call, auth=("u", given), timeout=10)


def test_whoever_is_refused_reads_it_in_a_200(simulator: Simulator) -> None:
    refused = track(simulator, number_for("correos_express", 1), "invalid")

    assert refused.status_code == 200
    assert refused.json() == {"codigoRetorno": 99, "mensajeRetorno": "Usuario no autorizado"}


def test_an_unknown_number_has_an_error_and_no_states(simulator: Simulator) -> None:
    unknown = track(simulator, unknown_number_for("correos_express", 1)).json()

    assert (unknown["error"], unknown["estadoEnvios"]) == (402, [])
    assert track(simulator, "1", customer="").json()["error"] == 401


def test_a_parcel_is_told_as_its_shipment_the_oldest_state_first(simulator: Simulator) -> None:
    number = number_for("correos_express", 2)
    simulator.add("correos_express", number, "straight", reached=SubStatus.ON_VEHICLE)

    states = track(simulator, f"{number}0000001").json()["estadoEnvios"]
    simulator.rude("correos_express", "shape")
    rarer = track(simulator, number).json()["estadoEnvios"]
    simulator.polite()

    assert states[0]["descEstado"] == "Informado"
    assert states[-1] == {
        "codEstado": "8",
        "descEstado": "En reparto",
        "fechaEstado": "20052026",
        "horaEstado": "120000",
    }
    assert [one["codigoEstado"] for one in rarer] == [one["codEstado"] for one in states]


def test_its_errors_are_text_in_latin_1(simulator: Simulator) -> None:
    simulator.rude("correos_express", "500")
    broken = track(simulator, number_for("correos_express", 1))
    simulator.polite()

    assert broken.status_code == 500
    assert broken.content.decode("latin-1").endswith("inténtelo de nuevo más tarde")
