"""GLS Group as the simulator speaks it: a token first, ten numbers a call, each with its own error."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import requests

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Json, SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # 12:00 in Toulouse
TRACK = "/gls_group/track-and-trace-v1/tracking/simple/trackids/"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOON) as one:
        yield one


def token(simulator: Simulator, secret: str = "good") -> requests.Response:  # noqa: S107  any is good
    form = {"grant_type": "client_credentials"}
    return requests.post(
        f"{simulator.url}/gls_group/oauth2/v2/token", data=form, auth=("client", secret), timeout=10
    )


def get(simulator: Simulator, numbers: str, query: str = "?showEvents=true") -> requests.Response:
    bearer = token(simulator).json()["access_token"]
    headers = {"Authorization": f"Bearer {bearer}"}
    return requests.get(f"{simulator.url}{TRACK}{numbers}{query}", headers=headers, timeout=10)


def parcels(simulator: Simulator, numbers: str, query: str = "?showEvents=true") -> Json:
    return get(simulator, numbers, query).json()["parcels"]


def test_nobody_gets_in_without_a_token(simulator: Simulator) -> None:
    assert token(simulator, "invalid").status_code == 401
    bare = requests.get(f"{simulator.url}{TRACK}{number_for('gls_group', 1)}", timeout=10)

    assert bare.status_code == 401
    assert bare.json()["fault"]["detail"]["errorcode"] == "keymanagement.service.invalid_access_token"


def test_each_of_ten_numbers_has_its_own_error(simulator: Simulator) -> None:
    known, unknown = number_for("gls_group", 1), unknown_number_for("gls_group", 1)
    simulator.add("gls_group", known, "straight", reached=SubStatus.DELIVERED)

    told = parcels(simulator, f"{known},{unknown},x")

    assert [one["requested"] for one in told] == [known, unknown, "x"]
    assert told[0]["status"] == "DELIVERED"
    assert [one.get("errorCode") for one in told] == [None, "E_404_01", "E_400_01"]
    assert get(simulator, ",".join([known] * 11)).status_code == 400


def test_times_are_local_with_an_offset_that_has_no_colon(simulator: Simulator) -> None:
    number = number_for("gls_group", 2)
    simulator.add(
        "gls_group",
        number,
        "straight",
        reached=SubStatus.ON_VEHICLE,
        origin="Madrid",
        destination="Toulouse",
    )

    [parcel] = parcels(simulator, number)

    assert parcel["events"][0]["eventDateTime"] == parcel["statusDateTime"] == "2026-05-20T12:00:00+0200"
    assert parcel["events"][0]["code"] == "OUTDELIVERY.NORMAL"
    assert parcel["events"][-1]["city"] == ""


def test_events_are_told_only_when_asked_for(simulator: Simulator) -> None:
    number = number_for("gls_group", 3)
    simulator.add("gls_group", number, "pickup_point", reached=SubStatus.PICKUP_POINT)

    [parcel] = parcels(simulator, number, query="")

    assert parcel["status"] == "DELIVEREDPS"
    assert "events" not in parcel
    assert parcel["_links"]["deliveryInfo"]["href"].endswith(number)
