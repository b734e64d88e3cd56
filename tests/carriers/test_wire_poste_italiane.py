"""Poste Italiane's page as the simulator speaks it: always 200, milliseconds, and a flag on the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Json, SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # 12:00 in Rome


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def post(simulator: Simulator, call: Json) -> requests.Response:
    path = "/poste_italiane/online/dovequando/DQ-REST/ricercasemplice"
    return requests.post(simulator.url + path, json=call, timeout=10)


def ask(simulator: Simulator, number: str) -> Json:
    answer = post(simulator, {"codiceSpedizione": number, "tipoRichiedente": "WEB", "periodoRicerca": 1})
    assert answer.status_code == 200
    return answer.json()


def test_movements_come_newest_first_in_milliseconds(simulator: Simulator) -> None:
    number = number_for("poste_italiane", 1)
    simulator.add(
        "poste_italiane",
        number,
        "straight",
        reached=SubStatus.ON_VEHICLE,
        origin="Roma",
        destination="Milano",
    )

    told = ask(simulator, number)

    assert (told["esitoRicerca"], told["stato"], told["sintesiStato"]) == ("3", "3", "In consegna")
    assert told["dataPrevistaConsegna"] == "Consegna prevista mercoledì 20 maggio"
    assert told["listaMovimenti"][0] == {
        "dataOra": int(NOON.timestamp() * 1000),
        "statoLavorazione": "In consegna",
        "luogo": "MILANO",
        "box": "3",
        "flagRitorno": False,
        "frazionario": "00000",
    }


def test_an_unknown_number_is_one_of_two_results(simulator: Simulator) -> None:
    number = unknown_number_for("poste_italiane", 1)
    usual = ask(simulator, number)
    simulator.rude("poste_italiane", "shape")
    rarer = ask(simulator, number)
    simulator.polite()

    assert usual == {"idTracciatura": number, "esitoRicerca": "2", "listaMovimenti": []}
    assert rarer == usual | {"esitoRicerca": "1"}


def test_the_way_back_is_flagged_and_ends_in_the_box_of_the_delivered(simulator: Simulator) -> None:
    number = number_for("poste_italiane", 2)
    simulator.add("poste_italiane", number, "returned", reached=SubStatus.RETURNED)

    last, before, *rest = ask(simulator, number)["listaMovimenti"]

    assert (last["box"], last["flagRitorno"], before["flagRitorno"]) == ("5", True, True)
    assert not any(movement["flagRitorno"] for movement in rest)


def test_only_what_the_page_sends_is_answered(simulator: Simulator) -> None:
    assert post(simulator, {"codiceSpedizione": number_for("poste_italiane", 1)}).status_code == 400
