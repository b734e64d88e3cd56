"""NACEX as the simulator speaks it: text in bars, errors that are lines, a state without its history."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from carriers import reading
from carriers.registry import CARRIERS
from carriers.simulator.journeys import LIBRARY
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.simulator.wire.nacex import LINES
from carriers.types import SubStatus
from tests.carriers.asking import answer_of

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # in Madrid
KINDS = {kind: name for name, outline in LIBRARY.items() for _, kind, _, _ in outline.steps}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def call(simulator: Simulator, method: str, data: str, password: str) -> list[str]:
    """The answer's fields; its HTTP status is always good."""
    answer = requests.get(
        f"{simulator.url}/nacex/nacex_ws/ws",
        params={
            "method": method,
            "user": "U",
            "pass": hashlib.md5(password.encode(), usedforsecurity=False).hexdigest().upper(),
            "data": data,
        },
        timeout=10,
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain;charset=ISO-8859-1"
    return answer.content.decode("latin-1").split("|")


def state(simulator: Simulator, number: str, given: str = "good") -> list[str]:
    agency, waybill = number.split("/")
    return call(simulator, "getEstadoExpedicion", f"origen={agency}|albaran={waybill}", given)


def test_refused_and_unknown_are_lines(simulator: Simulator) -> None:
    assert state(simulator, number_for("nacex", 1), "invalid")[0] == "ERROR"
    assert state(simulator, unknown_number_for("nacex", 1)) == ["ERROR", "5611 - EXPEDICION NO ENCONTRADA"]


def test_a_delivery_names_who_took_it_where_an_incident_has_its_remark(simulator: Simulator) -> None:
    absent, there = number_for("nacex", 2), number_for("nacex", 3)
    for number, kind in ((absent, SubStatus.FAILED_NOT_HOME), (there, SubStatus.DELIVERED)):
        simulator.add("nacex", number, "failed_attempt_then_delivered", reached=kind, destination="Bilbao")

    assert state(simulator, absent)[1:7] == ["20/05/2026", "12:00", "AUSENTE", "INCIDENCIA", "5", "4801"]
    assert state(simulator, there)[3:6] == ["NURIA VIDAL", "OK", "4"]


def test_the_history_is_asked_by_the_code_of_the_expedition(simulator: Simulator) -> None:
    number = number_for("nacex", 4)
    simulator.add("nacex", number, "straight", reached=SubStatus.ON_VEHICLE)
    code = state(simulator, number)[0]

    steps = [step.split("~")[2] for step in call(simulator, "getHistoricoExpedicion", f"codexp={code}", "p")]

    assert steps == ["REPARTO", "DELEGACION", "TRANSITO", "TRANSITO", "RECOGIDO", "GRABADO"]


@pytest.mark.parametrize("kind", LINES)
def test_every_state_is_read_back_as_it_comes(simulator: Simulator, kind: SubStatus) -> None:
    """The journeys end in few states: here each is the present one."""
    number = number_for("nacex", kind)
    simulator.add("nacex", number, KINDS[kind], reached=kind)

    [event] = reading.events_of(CARRIERS["nacex"], answer_of(simulator, "nacex", number))

    fair = (kind, *LINES[kind].also)
    if event.sub_status is None:
        assert any(coarser.is_unmapped for coarser in LINES[kind].also)
    else:
        assert event.sub_status in fair
