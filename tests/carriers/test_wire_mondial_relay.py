"""Mondial Relay as the simulator speaks it: signed calls, states in digits, rows that are only padding."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests
import xmltodict

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Json, SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # 12:00 in Paris
OPERATION = "WSI2_TracingColisDetaille"
CALL = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<{operation} xmlns="http://www.mondialrelay.fr/webservice/"><Enseigne>{brand}</Enseigne>'
    "<Expedition>{number}</Expedition><Langue>{language}</Langue><Security>{security}</Security></{operation}>"
    "</s:Body></s:Envelope>"
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def ask(
    simulator: Simulator, number: str, *, brand: str = "BDTEST13", key: str = "good", language: str = "FR"
) -> Json:
    security = hashlib.md5(f"{brand}{number}{language}{key}".encode()).hexdigest().upper()  # noqa: S324
    body = CALL.format(operation=OPERATION, brand=brand, number=number, language=language, security=security)
    answer = requests.post(f"{simulator.url}/mondial_relay/Web_Services.asmx", data=body, timeout=10)
    assert answer.status_code == 200
    result = xmltodict.parse(answer.content)["soap:Envelope"]["soap:Body"][f"{OPERATION}Response"]
    return result[f"{OPERATION}Result"]


def test_a_refusal_is_a_state_of_its_own(simulator: Simulator) -> None:
    number = number_for("mondial_relay", 1)

    assert ask(simulator, number, brand="invalid")["STAT"] == "1"
    assert ask(simulator, number, key="invalid")["STAT"] == "8"
    assert ask(simulator, number, key="")["STAT"] == "8"
    assert ask(simulator, number, language="XX")["STAT"] == "74"
    assert ask(simulator, "123")["STAT"] == "24"


def test_a_number_nobody_knows_is_state_94(simulator: Simulator) -> None:
    said = ask(simulator, unknown_number_for("mondial_relay", 1))

    assert said["STAT"] == "94"
    assert said["Tracing"] is None


def test_a_parcel_at_the_relay_is_still_being_processed(simulator: Simulator) -> None:
    number = number_for("mondial_relay", 2)
    simulator.add("mondial_relay", number, "pickup_point", reached=SubStatus.PICKUP_POINT)

    said = ask(simulator, number)

    assert (said["STAT"], said["Libelle01"], said["Libelle02"]) == (
        "81",
        "COLIS EN TRAITEMENT",
        "DISPONIBLE AU POINT RELAIS",
    )
    assert said["Relais_Num"] == "012345"
    rows = said["Tracing"]["ret_WSI2_sub_TracingColisDetaille"]
    latest = rows[-3]
    assert (latest["Tracing_Date"], latest["Tracing_Heure"]) == ("20/05/26", "12:00")
    assert all(value is None for row in rows[-2:] for value in row.values())


def test_the_rarer_form_names_its_fields_otherwise(simulator: Simulator) -> None:
    number = number_for("mondial_relay", 3)
    simulator.add("mondial_relay", number, "straight", reached=SubStatus.DELIVERED)
    simulator.rude("mondial_relay", "shape")
    said = ask(simulator, number)
    simulator.polite()

    row = said["Tracing"]["ret_WSI2_sub_TracingColisDetaille"][0]
    assert set(row) == {"Libelle", "Date", "Heure", "Emplacement", "Relais_Num", "Pays"}
    assert said["STAT"] == "82"
