"""Canada Post as the simulator speaks it: XML for those who ask for it, clocks by their abbreviations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import xmltodict

from carriers.simulator.numbers import is_well_formed, number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 16, tzinfo=UTC)  # in Montréal
XML = "application/vnd.cpc.track-v2+xml"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def track(simulator: Simulator, pin: str, key: str = "p", accept: str = XML) -> requests.Response:
    return requests.get(
        f"{simulator.url}/canada_post/vis/track/pin/{pin}/detail",
        auth=("u", key),
        headers={"Accept": accept},
        timeout=10,
    )


def occurrences(answer: requests.Response) -> list[Any]:
    detail = xmltodict.parse(answer.content, force_list=("occurrence",))["tracking-detail"]
    return list(detail["significant-events"]["occurrence"])


def test_a_clock_is_named_by_its_abbreviation(simulator: Simulator) -> None:
    number = number_for("canada_post", 1)
    simulator.add(
        "canada_post",
        number,
        "straight",
        reached=SubStatus.ON_VEHICLE,
        origin="Montréal",
        destination="Vancouver",
    )

    told = occurrences(track(simulator, number))
    simulator.rude("canada_post", "missing_zone")
    bare = occurrences(track(simulator, number))
    simulator.polite()

    assert (told[0]["event-identifier"], told[0]["event-time"], told[0]["event-time-zone"]) == (
        "174",
        "09:00:00",
        "PDT",
    )
    assert (told[-1]["event-time-zone"], told[-1]["event-province"]) == ("EDT", "QC")
    assert [one["event-time-zone"] for one in bare] == [None] * len(told)


def test_no_history_is_a_message_with_either_status(simulator: Simulator) -> None:
    unknown = unknown_number_for("canada_post", 1)

    plain = track(simulator, unknown)
    simulator.rude("canada_post", "shape")
    rarer = track(simulator, unknown)
    simulator.polite()

    assert (plain.status_code, rarer.status_code) == (404, 200)
    assert plain.content == rarer.content
    assert xmltodict.parse(plain.content)["messages"]["message"]["code"] == "004"


def test_strangers_and_other_formats_are_turned_away(simulator: Simulator) -> None:
    number = number_for("canada_post", 1)

    assert track(simulator, number, key="invalid").status_code == 401
    assert track(simulator, number, accept="application/json").status_code == 406


def test_where_a_parcel_waits_is_named_and_a_number_has_a_check_digit(simulator: Simulator) -> None:
    number = number_for("canada_post", 2)
    simulator.add("canada_post", number, "pickup_point", started_at=NOON - timedelta(hours=30))

    assert occurrences(track(simulator, number))[0]["event-retail-name"].startswith("POST OFFICE")
    assert is_well_formed("canada_post", "7028374655019287")
    assert not is_well_formed("canada_post", "7028374655019288")
