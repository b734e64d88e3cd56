"""FedEx as the simulator speaks it: tokens, many numbers a call, an error of its own for each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from carriers.simulator.numbers import is_well_formed, number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def token(simulator: Simulator, given: str = "s") -> requests.Response:
    form = {"grant_type": "client_credentials", "client_id": "c", "client_secret": given}
    return requests.post(f"{simulator.url}/fedex/oauth/token", data=form, timeout=10)


def track(simulator: Simulator, *numbers: str, bearer: str = "") -> requests.Response:
    bearer = bearer or token(simulator).json()["access_token"]
    asked = [{"trackingNumberInfo": {"trackingNumber": number}} for number in numbers]
    return requests.post(
        f"{simulator.url}/fedex/track/v1/trackingnumbers",
        json={"includeDetailedScans": True, "trackingInfo": asked},
        headers={"Authorization": f"Bearer {bearer}"},
        timeout=10,
    )


def results(answer: requests.Response) -> list[Any]:
    return [one["trackResults"] for one in answer.json()["output"]["completeTrackResults"]]


def test_a_token_is_given_for_a_client_and_wanted_for_a_call(simulator: Simulator) -> None:
    given, refused = token(simulator), token(simulator, "invalid")

    assert given.json()["expires_in"] == 3599
    assert refused.status_code == 401
    stranger = track(simulator, number_for("fedex", 1), bearer="simulated.99999999999.0")
    assert stranger.status_code == 401
    assert stranger.json()["errors"][0]["code"] == "NOT.AUTHORIZED.ERROR"


def test_each_number_of_a_call_has_an_answer_or_an_error_of_its_own(simulator: Simulator) -> None:
    known, unknown = number_for("fedex", 1), unknown_number_for("fedex", 1)

    found, missing, misspelt = results(track(simulator, known, unknown, "802639174511"))

    assert found[0]["scanEvents"][-1]["eventType"] == "OC"
    assert missing[0]["error"]["code"] == "TRACKING.TRACKINGNUMBER.NOTFOUND"
    assert misspelt[0]["error"]["code"] == "TRACKING.TRACKINGNUMBER.INVALID"
    too_many = track(simulator, *[number_for("fedex", seed) for seed in range(31)])
    assert too_many.status_code == 400


def test_a_number_has_a_check_digit() -> None:
    assert is_well_formed("fedex", "802639174510")
    assert not is_well_formed("fedex", "802639174511")


def test_an_exception_says_its_code_and_why(simulator: Simulator) -> None:
    number = number_for("fedex", 2)
    simulator.add("fedex", number, "failed_attempt_then_delivered", reached=SubStatus.FAILED_NOT_HOME)

    [[result]] = results(track(simulator, number))

    newest = result["scanEvents"][0]
    assert (newest["eventType"], newest["exceptionCode"], newest["exceptionDescription"]) == (
        "DE",
        "08",
        "Recipient not in",
    )
    assert result["latestStatusDetail"]["ancillaryDetails"][0]["reason"] == "08"
    assert newest["date"][-6:] in ("+02:00", "-04:00")
    assert result["scanEvents"][-1]["date"].endswith("-05:00")


def test_a_number_that_comes_round_again_tells_of_both_parcels(simulator: Simulator) -> None:
    number = number_for("fedex", 3)
    simulator.add("fedex", number, "straight", started_at=NOON - timedelta(hours=30))
    simulator.rude("fedex", "shape")
    [both] = results(track(simulator, number))
    simulator.polite()

    assert [one["trackingNumberInfo"]["trackingNumberUniqueId"][:5] for one in both] == ["12027", "12029"]
    assert both[0]["scanEvents"][0]["date"] < both[1]["scanEvents"][-1]["date"]
