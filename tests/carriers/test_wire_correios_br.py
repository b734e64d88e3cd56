"""Correios as the simulator speaks it: a day's token, a language, fifty objects a call, Brasília's clock."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running

NOON = datetime(2026, 5, 20, 15, tzinfo=UTC)
OBJECTS = "/srorastro/v1/objetos"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def sign_in(
    simulator: Simulator, access_code: str = "code", path: str = "/cartaopostagem"
) -> requests.Response:
    return requests.post(
        f"{simulator.url}/correios_br/token/v1/autentica{path}",
        json={"numero": "0067599079"},
        auth=("loja", access_code),
        timeout=10,
    )


@pytest.fixture(scope="module")
def token(simulator: Simulator) -> str:
    return str(sign_in(simulator).json()["token"])


def get(
    simulator: Simulator, token: str, path: str = "", language: str = "pt-BR", **query: str
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
    url = f"{simulator.url}/correios_br{OBJECTS}{path}"
    return requests.get(url, params=query, headers=headers, timeout=10)


def delivered(simulator: Simulator, seed: int) -> str:
    number = number_for("correios_br", seed)
    simulator.add("correios_br", number, "straight", started_at=NOON - timedelta(hours=30))
    return number


def test_a_posting_cards_token_lasts_a_day(simulator: Simulator) -> None:
    answer = sign_in(simulator)

    assert answer.status_code == 201
    assert answer.json()["cartaoPostagem"]["numero"] == "0067599079"
    assert answer.json()["emissao"] == "2026-05-20T12:00:00"
    assert answer.json()["expiraEm"] == "2026-05-21T12:00:00"


def test_a_stranger_gets_no_token_and_a_bad_token_no_answer(simulator: Simulator) -> None:
    assert sign_in(simulator, "invalid").status_code == 401
    assert get(simulator, "made up", f"/{delivered(simulator, 1)}").status_code == 403
    assert get(simulator, "", f"/{delivered(simulator, 1)}").json()["msgs"]


def test_the_language_must_be_one_of_three(simulator: Simulator, token: str) -> None:
    path = f"/{delivered(simulator, 1)}"

    answer = get(simulator, token, path, language="de")

    assert answer.status_code == 400
    assert answer.json()["msgs"] == ["SRO-018: O idioma informado é inválido"]
    assert get(simulator, token, path, language="es-ES").status_code == 200


def test_of_many_each_says_how_it_is(simulator: Simulator, token: str) -> None:
    known, unknown = delivered(simulator, 1), unknown_number_for("correios_br", 1)

    answer = get(simulator, token, codigosObjetos=f"{known},{unknown},ABC", resultado="U")

    first, second, third = answer.json()["objetos"]
    assert [event["codigo"] + event["tipo"] for event in first["eventos"]] == ["BDE01"]
    assert second["mensagem"].startswith("SRO-020")
    assert third["mensagem"].startswith("SRO-019")
    assert get(simulator, token, codigosObjetos=",".join([known] * 51)).status_code == 400


def test_times_are_brasilias_without_offset(simulator: Simulator, token: str) -> None:
    number = delivered(simulator, 1)
    [parcel] = simulator.parcels(carrier="correios_br", number=number)

    [told] = get(simulator, token, f"/{number}").json()["objetos"]

    newest = max(datetime.fromisoformat(scan["at"]) for scan in parcel["scans"])
    assert told["eventos"][0]["dtHrCriado"] == f"{newest - timedelta(hours=3):%Y-%m-%dT%H:%M:%S}"
