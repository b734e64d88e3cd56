"""MRW as the simulator speaks it: always HTTP 200, a message to read, a range of numbers, two ways to nest."""

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

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # in Madrid
CALL = {
    "login": "l",
    "pass": "p",
    "codigoIdioma": "3082",
    "tipoFiltro": "0",
    "fechaDesde": "",
    "fechaHasta": "",
    "tipoInformacion": "1",
    "codigoAbonado": "000123",
    "codigoFranquicia": "02117",
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def track(simulator: Simulator, first: str, last: str = "", **other: str) -> dict[str, Any]:
    """The result of a call, whose HTTP status is always good."""
    call = CALL | {"valorFiltroDesde": first, "valorFiltroHasta": last or first} | other
    inside = "".join(f"<t:{name}>{value}</t:{name}>" for name, value in call.items())
    envelope = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:t="http://tempuri.org/"><s:Body>'
        f"<t:GetEnvios>{inside}</t:GetEnvios></s:Body></s:Envelope>"
    )
    answer = requests.post(f"{simulator.url}/mrw/TrackingService.svc", data=envelope.encode(), timeout=10)
    assert answer.status_code == 200
    body = xmltodict.parse(answer.content)["soap:Envelope"]["soap:Body"]
    result: dict[str, Any] = body["GetEnviosResponse"]["GetEnviosResult"]
    return result


def lines_of(result: dict[str, Any]) -> list[dict[str, str]]:
    within = result["Seguimiento"]
    within = within.get("Abonado", {}).get("SeguimientoAbonado", within)
    told = within["Seguimiento"]
    return told if isinstance(told, list) else [told]


def test_refused_and_unknown_are_messages(simulator: Simulator) -> None:
    number = number_for("mrw", 1)

    assert track(simulator, number, **{"pass": "invalid"})["MensajeSeguimiento"].startswith("Usuario")
    unknown = track(simulator, unknown_number_for("mrw", 1))
    assert unknown == {
        "MensajeSeguimiento": "No se encontraron resultados",
        "Seguimiento": None,
    }


def test_a_call_about_two_neighbours_tells_of_both(simulator: Simulator) -> None:
    for number in ("021170000017", "021170000018"):
        simulator.add("mrw", number, "straight", reached=SubStatus.PICKED_UP)

    lines = lines_of(track(simulator, "021170000017", "021170000018", tipoInformacion="0"))

    assert [line["NumAlbaran"] for line in lines] == ["021170000017", "021170000018"]
    assert {line["EstadoDescripcion"] for line in lines} == {"RECOGIDO"}


def test_the_history_is_nested_in_two_ways(simulator: Simulator) -> None:
    number = number_for("mrw", 2)
    simulator.add(
        "mrw", number, "failed_attempt_then_delivered", started_at=NOON - timedelta(days=30), speed=1
    )

    plain = track(simulator, number)
    simulator.rude("mrw", "shape")
    rarer = track(simulator, number)
    simulator.polite()

    assert "Abonado" in plain["Seguimiento"]
    assert "Abonado" not in rarer["Seguimiento"]
    assert lines_of(plain) == lines_of(rarer)
    last = lines_of(plain)[-1]
    assert (last["Estado"], last["Intentos"], last["PersonaEntrega"]) == ("00", "2", "NURIA VIDAL")
    assert len(last["HoraEntrega"]) == 4
