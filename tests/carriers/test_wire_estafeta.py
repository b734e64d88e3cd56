"""Estafeta as the simulator speaks it: the login in every call, many waybills a call, words instead of codes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import xmltodict

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 18, tzinfo=UTC)
CALL = """<?xml version="1.0"?><soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>
<ExecuteQuery xmlns="http://www.estafeta.com/"><suscriberId>25</suscriberId><login>shop</login><password>{password}</password>
<searchType><type>L</type><waybillList><waybillType>G</waybillType><waybills>{waybills}</waybills></waybillList></searchType>
</ExecuteQuery></soap:Body></soap:Envelope>"""


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def track(simulator: Simulator, *numbers: str, key: str = "good") -> Any:
    waybills = "".join(f"<string>{number}</string>" for number in numbers)
    body = CALL.format(password=key, waybills=waybills)
    answer = requests.post(f"{simulator.url}/estafeta/Service.asmx", data=body.encode(), timeout=10)
    assert answer.status_code == 200
    envelope = xmltodict.parse(answer.content, force_list=("TrackingData", "History"))
    return envelope["soap:Envelope"]["soap:Body"]["ExecuteQueryResponse"]["ExecuteQueryResult"]


def on_its_way(simulator: Simulator, seed: int, journey: str, reached: SubStatus) -> str:
    number = number_for("estafeta", seed)
    simulator.add("estafeta", number, journey, reached=reached)
    return number


def test_a_stranger_is_told_so_with_a_200(simulator: Simulator) -> None:
    number = on_its_way(simulator, 1, "straight", SubStatus.DELIVERED)

    said = track(simulator, number, key="invalid")

    assert said["errorCode"] == "101"
    assert said["trackingData"] is None


def test_of_many_the_unknown_are_left_out(simulator: Simulator) -> None:
    first = on_its_way(simulator, 1, "straight", SubStatus.DELIVERED)
    second = on_its_way(simulator, 2, "straight", SubStatus.ON_VEHICLE)
    unknown = unknown_number_for("estafeta", 1)

    several, none = track(simulator, first, unknown, second), track(simulator, unknown)

    assert [one["waybill"] for one in several["trackingData"]["TrackingData"]] == [first, second]
    assert none["errorCode"] == "0"
    assert none["trackingData"] is None
    assert track(simulator)["errorCode"] == "102"


def test_the_reason_stands_beside_the_event(simulator: Simulator) -> None:
    number = on_its_way(simulator, 3, "failed_attempt_then_delivered", SubStatus.FAILED_NOT_HOME)

    [told] = track(simulator, number)["trackingData"]["TrackingData"]

    newest = told["history"]["History"][-1]
    assert told["statusSPA"] == "EN_TRANSITO"
    assert newest["eventDescriptionSPA"] == "Intento de entrega"
    assert newest["exceptionCodeDescriptionSPA"] == "Destinatario ausente"


def test_times_are_mexicos_without_offset(simulator: Simulator) -> None:
    number = number_for("estafeta", 4)
    simulator.add("estafeta", number, "straight", started_at=NOON - timedelta(hours=30))
    [parcel] = simulator.parcels(carrier="estafeta", number=number)

    [told] = track(simulator, number)["trackingData"]["TrackingData"]

    newest = max(datetime.fromisoformat(scan["at"]) for scan in parcel["scans"])
    assert told["deliveryData"]["deliveryDateTime"] == f"{newest - timedelta(hours=6):%d/%m/%Y %H:%M:%S}"


def test_what_is_no_call_is_a_fault(simulator: Simulator) -> None:
    answer = requests.post(f"{simulator.url}/estafeta/Service.asmx", data=b"<a/>", timeout=10)

    assert answer.status_code == 500
    assert b"ExecuteQuery" in answer.content
