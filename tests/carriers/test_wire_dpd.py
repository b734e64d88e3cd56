"""DPD as the simulator speaks it: a login for a day, a ladder with its rungs to come, faults for all else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
import xmltodict

from carriers.simulator.networks.dpd import check_character
from carriers.simulator.numbers import is_well_formed, number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Json, SubStatus

NOON = datetime(2026, 5, 20, 10, tzinfo=UTC)  # 12:00 in Brussels
SOAP = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Header>{header}</s:Header>'
    "<s:Body>{body}</s:Body></s:Envelope>"
)
TRACK_NS = "http://dpd.com/common/service/types/ParcelLifeCycleService/2.0"


class Clock:
    """The time of day in the simulator, as a test turns it."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def simulator(clock: Clock) -> Iterator[Simulator]:
    with running(speed=1, now=clock) as one:
        yield one


def post(simulator: Simulator, service: str, body: str, header: str = "") -> Json:
    text = SOAP.format(header=header, body=body)
    answer = requests.post(f"{simulator.url}/dpd/soap/services/{service}", data=text, timeout=10)
    return xmltodict.parse(answer.content)["soap:Envelope"]["soap:Body"]


def log_in(simulator: Simulator, password: str = "good") -> Json:  # noqa: S107  any is good
    call = f"<getAuth><delisId>shop</delisId><password>{password}</password></getAuth>"
    return post(simulator, "LoginService/V2_1", call)


def track(simulator: Simulator, number: str, token: str) -> Json:
    signed = f"<a:authentication xmlns:a='urn:a'><delisId>shop</delisId><authToken>{token}</authToken></a:authentication>"
    call = f'<p:getTrackingData xmlns:p="{TRACK_NS}"><parcelLabelNumber>{number}</parcelLabelNumber></p:getTrackingData>'
    return post(simulator, "ParcelLifeCycleService/V2_0", call, signed)


def token_of(simulator: Simulator) -> str:
    return str(log_in(simulator)["ns2:getAuthResponse"]["return"]["authToken"])


def error_of(body: Json) -> str:
    return str(body["soap:Fault"]["detail"]["ns:authenticationFault"]["errorCode"])


def test_a_login_lasts_a_day(simulator: Simulator, clock: Clock) -> None:
    number = number_for("dpd", 1)
    token = token_of(simulator)

    assert "soap:Fault" not in track(simulator, number, token)
    clock.at += timedelta(days=1)
    assert error_of(track(simulator, number, token)) == "LOGIN_5"
    assert error_of(track(simulator, number, "")) == "LOGIN_5"
    assert error_of(log_in(simulator, "invalid")) == "LOGIN_1"


def test_a_parcel_is_a_ladder_with_the_rungs_to_come(simulator: Simulator) -> None:
    number = number_for("dpd", 2)
    simulator.add("dpd", number, "straight", reached=SubStatus.AT_DELIVERY_DEPOT, destination="Bruxelles")

    told = track(simulator, number, token_of(simulator))["ns3:getTrackingDataResponse"]["trackingresult"]
    rungs = told["statusInfo"]

    reached = [rung for rung in rungs if rung["statusHasBeenReached"] == "true"]
    assert [rung["status"] for rung in rungs[len(reached) :]] == ["OUT_FOR_DELIVERY", "DELIVERED"]
    assert "date" not in rungs[-1]
    [current] = [rung for rung in rungs if rung["isCurrentStatus"] == "true"]
    assert current is reached[-1]
    assert current["status"] == "AT_DELIVERY_DEPOT"
    assert current["date"]["content"] == "05/20/2026 12:00:00 PM"
    assert current["location"]["content"] == "Bruxelles (BE)"


def test_an_unknown_parcel_is_a_fault(simulator: Simulator) -> None:
    body = track(simulator, unknown_number_for("dpd", 1), token_of(simulator))

    assert body["soap:Fault"]["detail"]["ns:faults"]["faultCode"] == "PARCEL_NOT_FOUND"


def test_a_number_may_end_in_its_check_character() -> None:
    number = number_for("dpd", 3)
    check = check_character(number)

    assert check_character("05219876543210") == "2"
    assert is_well_formed("dpd", number)
    assert is_well_formed("dpd", number + check)
    assert not is_well_formed("dpd", number + ("A" if check != "A" else "B"))
