"""CTT Express as the simulator speaks it: a scope with the token, errors beside empty data, incidents told twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.simulator.wire.ctt_express import SCOPE
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # in Madrid
CLIENT = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s", "scope": SCOPE}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def log_in(simulator: Simulator, **other: str) -> requests.Response:
    url = f"{simulator.url}/ctt_express/integrations/oauth2/token"
    return requests.post(url, data=CLIENT | other, timeout=10)


def track(simulator: Simulator, number: str, bearer: str = "") -> requests.Response:
    return requests.get(
        f"{simulator.url}/ctt_express/integrations/trf/item-history-api/history/{number}",
        params={"view": "APITRACK", "showItems": "false"},
        headers={"Authorization": f"Bearer {bearer or log_in(simulator).json()['access_token']}"},
        timeout=10,
    )


def test_a_token_wants_the_scope(simulator: Simulator) -> None:
    assert log_in(simulator).json()["expires_in"] == 86_400
    assert log_in(simulator, scope="all").status_code == 400
    assert log_in(simulator, client_secret="invalid").status_code == 401
    refused = track(simulator, number_for("ctt_express", 1), "nothing")
    assert (refused.status_code, refused.json()["data"]) == (401, None)


def test_an_unknown_code_is_an_error_beside_empty_data(simulator: Simulator) -> None:
    unknown = unknown_number_for("ctt_express", 1)

    plain = track(simulator, unknown)
    simulator.rude("ctt_express", "shape")
    rarer = track(simulator, unknown, log_in(simulator).json()["access_token"])
    simulator.polite()

    assert (plain.status_code, rarer.status_code) == (404, 200)
    assert plain.json() == rarer.json()
    assert plain.json()["error"]["error_code"] == "SHIPPING_NOT_FOUND"
    assert track(simulator, "0082").status_code == 400


def test_an_incident_is_a_state_and_a_record_of_its_own(simulator: Simulator) -> None:
    number = number_for("ctt_express", 2)
    simulator.add(
        "ctt_express", number, "failed_attempt_then_delivered", reached=SubStatus.FAILED_NOT_HOME, speed=1
    )

    state, record = track(simulator, number).json()["data"]["shipping_history"]["events"][-2:]

    assert (state["code"], state["type"], state["description"]) == ("1600", "STATUS", "INCIDENCIA")
    assert (record["code"], record["type"], record["description"]) == (
        "12_INCT",
        "INCT",
        "DESTINATARIO AUSENTE",
    )
    assert state["event_date"] == record["event_date"] == "2026-05-20T12:00:00"
    assert state["detail"]["incident_type_code"] == record["detail"]["incident_type_code"] == "12"


def test_where_it_was_delivered_is_told_to_the_door(simulator: Simulator) -> None:
    number = number_for("ctt_express", 3)
    simulator.add("ctt_express", number, "straight", reached=SubStatus.DELIVERED, destination="Málaga")

    data = track(simulator, number).json()["data"]

    detail = data["shipping_history"]["events"][-1]["detail"]
    assert (detail["event_latitude_gps"], detail["signee_name"]) == ("36.7213", "N. VIDAL")
    assert data["delivery_date"] == "2026-05-20"
    assert data["destin_name"] == "NURIA VIDAL"
