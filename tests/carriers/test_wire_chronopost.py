"""Chronopost as the simulator speaks it: nobody signs in, and a number unknown is an answer without events."""

from __future__ import annotations

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
CALL = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
    '<c:trackSkybillV2 xmlns:c="http://cxf.tracking.soap.chronopost.fr/"><language>fr_FR</language>'
    "<skybillNumber>{number}</skybillNumber></c:trackSkybillV2></s:Body></s:Envelope>"
)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def post(simulator: Simulator, body: str) -> requests.Response:
    return requests.post(f"{simulator.url}/chronopost/tracking-cxf/TrackingServiceWS", data=body, timeout=10)


def ask(simulator: Simulator, number: str) -> Json:
    body = xmltodict.parse(post(simulator, CALL.format(number=number)).content)["soap:Envelope"]["soap:Body"]
    return body["ns1:trackSkybillV2Response"]["return"]


def test_a_history_is_told_oldest_first_and_names_who_signed(simulator: Simulator) -> None:
    number = number_for("chronopost", 1)
    simulator.add("chronopost", number, "straight", reached=SubStatus.DELIVERED)

    told = ask(simulator, number)["listEventInfoComp"]

    assert told["skybillNumber"] == number
    assert [event["code"] for event in told["events"]] == ["DC", "PC", "TS", "TA", "SD", "SC", "D"]
    assert told["events"][-1]["eventDate"] == "2026-05-20T12:00:00+02:00"
    assert told["events"][-1]["infoCompList"][0] == {"name": "Signataire", "value": "NURIA VIDAL"}


def test_an_unknown_number_is_answered_without_events(simulator: Simulator) -> None:
    number = unknown_number_for("chronopost", 1)
    assert ask(simulator, number) == {"errorCode": "0"}

    simulator.rude("chronopost", "shape")
    rarer = ask(simulator, number)
    simulator.polite()

    assert rarer == {"errorCode": "0", "listEventInfoComp": {"skybillNumber": number}}


def test_a_time_may_lack_its_offset(simulator: Simulator) -> None:
    number = number_for("chronopost", 2)
    simulator.add("chronopost", number, "straight", reached=SubStatus.DELIVERED)
    simulator.rude("chronopost", "missing_zone")
    told = ask(simulator, number)["listEventInfoComp"]
    simulator.polite()

    assert told["events"][-1]["eventDate"] == "2026-05-20T12:00:00"


def test_a_call_it_cannot_read_is_a_fault(simulator: Simulator) -> None:
    answer = post(simulator, "<nothing/>")

    assert answer.status_code == 500
    assert "soap:Fault" in answer.text
