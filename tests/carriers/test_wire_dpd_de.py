"""DPD Germany's public tracking as the simulator speaks it: nothing to sign in with, rungs reached and to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Json, SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # 12:00 in Berlin


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def ask(simulator: Simulator, number: str) -> Json:
    answer = requests.get(f"{simulator.url}/dpd_de/rest/plc/de_DE/{number}", timeout=10)
    assert answer.status_code == 200
    return answer.json()["parcellifecycleResponse"]


def test_rungs_to_come_have_neither_moment_nor_place(simulator: Simulator) -> None:
    number = number_for("dpd_de", 1)
    simulator.add(
        "dpd_de",
        number,
        "straight",
        reached=SubStatus.AT_DELIVERY_DEPOT,
        origin="Hamburg",
        destination="Leipzig",
    )

    rungs = ask(simulator, number)["parcelLifeCycleData"]["statusInfo"]

    current, *above = rungs[-3:]
    assert (current["status"], current["isCurrentStatus"]) == ("AT_DELIVERY_DEPOT", True)
    assert (current["location"], current["date"]) == ("Leipzig (DE)", "20.05.2026, 12:00")
    assert [(rung["status"], rung["statusHasBeenReached"], rung["date"]) for rung in above] == [
        ("OUT_FOR_DELIVERY", False, ""),
        ("DELIVERED", False, ""),
    ]


def test_an_unknown_number_has_no_data(simulator: Simulator) -> None:
    assert ask(simulator, unknown_number_for("dpd_de", 1)) == {"parcelLifeCycleData": None}


def test_words_may_come_wrapped(simulator: Simulator) -> None:
    number = number_for("dpd_de", 2)
    simulator.add("dpd_de", number, "straight", reached=SubStatus.DELIVERED)
    simulator.rude("dpd_de", "shape")
    rungs = ask(simulator, number)["parcelLifeCycleData"]["statusInfo"]
    simulator.polite()

    assert rungs[-1]["label"] == {"content": "Zugestellt"}
    assert rungs[-1]["date"] == {"content": "20.05.2026, 12:00"}


def test_only_its_own_languages_are_served(simulator: Simulator) -> None:
    path = f"/dpd_de/rest/plc/xx_XX/{number_for('dpd_de', 1)}"

    assert requests.get(simulator.url + path, timeout=10).status_code == 404
