"""Carriers asked to deliver otherwise, over the wire of the simulator: taken, refused, too late, or no answer at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from carriers import client
from carriers.registry import CARRIERS
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import (
    AuthError,
    BadResponseError,
    CarrierError,
    Change,
    Changed,
    InvalidNumberError,
    NotFoundError,
    Place,
    Reply,
    SubStatus,
)

GUID = "00000000-0000-4000-8000-000000000001"
FRIDAY, SUNDAY = date(2026, 11, 27), date(2026, 11, 29)
HOME = Place("Marta Ruiz", "Calle Mayor 5", "2.º A", "28013", "Madrid", "ES")
TAKERS = ["ctt_express", "gls_es", "seur", "ups"]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1) as one:
        yield one


@pytest.fixture(autouse=True)
def _there(simulator: Simulator, settings: Any) -> Iterator[None]:
    settings.CARRIER_SIMULATOR_URL = simulator.url
    yield
    simulator.polite()


def secrets(code: str) -> dict[str, str]:
    known = {secret.name: "demo" for secret in CARRIERS[code].auth.secrets}
    return known | ({"uid": GUID} if code == "gls_es" else {})


def parcel(simulator: Simulator, code: str, *, seed: str, reached: SubStatus = SubStatus.IN_SORTING) -> str:
    number = number_for(code, seed)
    journey = "failed_attempt_then_delivered" if reached is SubStatus.FAILED_NOT_HOME else "straight"
    simulator.add(code, number, journey=journey, reached=reached, destination="Madrid", replace=True)
    return number


def ask(code: str, number: str, kind: str = "day", **said: Any) -> Any:
    fields = {"day": FRIDAY} if kind == "day" else {}
    wanted = Change(kind, number, **{"reference": f"r{number[-8:]}", "to": HOME, **fields, **said})
    return client.change(CARRIERS[code], secrets(code), wanted, account_key=f"t-{code}")


def test_who_takes_changes_is_declared() -> None:
    assert sorted(code for code, carrier in CARRIERS.items() if carrier.change) == TAKERS


@pytest.mark.parametrize("code", TAKERS)
def test_a_parcel_that_can_still_be_turned_is(simulator: Simulator, code: str) -> None:
    stuck = code == "gls_es"
    reached = SubStatus.FAILED_NOT_HOME if stuck else SubStatus.IN_SORTING
    number = parcel(simulator, code, seed=f"turned-{code}", reached=reached)
    answer = ask(code, number)
    assert answer.outcome is (Changed.RECORDED if stuck else Changed.ACCEPTED)
    (kept,) = simulator.changes(number)
    assert (kept["carrier"], kept["outcome"]) == (code, "done")
    assert "2026" in str(kept["said"])


@pytest.mark.parametrize("code", TAKERS)
def test_one_that_is_out_with_the_driver_is_too_late(simulator: Simulator, code: str) -> None:
    number = parcel(simulator, code, seed=f"late-{code}", reached=SubStatus.ON_VEHICLE)
    answer = ask(code, number)
    assert answer.outcome is Changed.TOO_LATE
    assert answer.detail


@pytest.mark.parametrize("code", TAKERS)
def test_a_refusal_comes_in_the_carriers_words(simulator: Simulator, code: str) -> None:
    reached = SubStatus.FAILED_NOT_HOME if code == "gls_es" else SubStatus.IN_SORTING
    number = parcel(simulator, code, seed=f"sunday-{code}", reached=reached)
    answer = ask(code, number, day=SUNDAY)
    assert answer.outcome is Changed.REFUSED
    assert answer.detail


@pytest.mark.parametrize("code", ["ctt_express", "seur", "ups"])
def test_an_address_in_another_country_is_refused_and_one_in_the_same_is_taken(
    simulator: Simulator, code: str
) -> None:
    number = parcel(simulator, code, seed=f"abroad-{code}")
    abroad = Place("M", "Rua 1", "", "1000-001", "Lisboa", "PT")
    assert ask(code, number, "address", to=abroad).outcome is Changed.REFUSED
    assert ask(code, number, "address", reference="second").outcome is Changed.ACCEPTED


@pytest.mark.parametrize("code", TAKERS)
def test_asked_twice_it_is_done_once(simulator: Simulator, code: str) -> None:
    reached = SubStatus.FAILED_NOT_HOME if code == "gls_es" else SubStatus.IN_SORTING
    number = parcel(simulator, code, seed=f"twice-{code}", reached=reached)
    assert ask(code, number).outcome is ask(code, number).outcome
    assert len(simulator.changes(number)) == 1


@pytest.mark.parametrize("code", TAKERS)
def test_an_unwilling_carrier_refuses(simulator: Simulator, code: str) -> None:
    reached = SubStatus.FAILED_NOT_HOME if code == "gls_es" else SubStatus.IN_SORTING
    number = parcel(simulator, code, seed=f"unwilling-{code}", reached=reached)
    simulator.rude(code, "unwilling")
    assert ask(code, number).outcome is Changed.REFUSED


@pytest.mark.parametrize("kind", ["500", "429", "html", "truncated"])
@pytest.mark.parametrize("code", TAKERS)
def test_bad_manners_are_an_error_of_the_carriers_and_no_answer(
    simulator: Simulator, code: str, kind: str
) -> None:
    number = parcel(simulator, code, seed=f"rude-{code}", reached=SubStatus.FAILED_NOT_HOME)
    ask(code, number)  # a token is at hand
    simulator.rude(code, kind)
    with pytest.raises(CarrierError) as raised:
        ask(code, number, reference="rude")
    assert not isinstance(raised.value, InvalidNumberError)
    assert not raised.value.permanent


@pytest.mark.parametrize("code", ["ctt_express", "seur", "ups"])
def test_a_label_the_carrier_has_not_heard_of_is_no_refusal(simulator: Simulator, code: str) -> None:
    with pytest.raises(NotFoundError):
        ask(code, unknown_number_for(code, "x"))


def test_slots_points_and_words_for_the_driver_reach_ctt(simulator: Simulator) -> None:
    number = parcel(simulator, "ctt_express", seed="options")
    start = datetime(2026, 11, 27, 9, tzinfo=UTC)
    ask("ctt_express", number, "slot", reference="a", slot_from=start, slot_to=start.replace(hour=11))
    ask("ctt_express", number, "pickup_point", reference="b", to=Place(code="MAD-01"))
    ask("ctt_express", number, "neighbour", reference="c", note="Neighbour: Ana, 3.º B")
    said = {kept["reference"]: kept["said"] for kept in simulator.changes(number)}
    assert said["a"]["delivery_time_from"] == "10:00"  # Madrid's
    assert said["b"]["distribution_point_code"] == "MAD-01"
    assert said["c"]["delivery_comments"] == "Neighbour: Ana, 3.º B"


def test_what_an_account_lacks_is_said_before_anything_is_asked() -> None:
    ctt, gls, ups = (CARRIERS[code].change for code in ("ctt_express", "gls_es", "ups"))
    assert ctt and gls and ups
    with pytest.raises(AuthError):
        ctt.build(Change("day", "1" * 22, "r", day=FRIDAY), {})
    with pytest.raises(AuthError):
        gls.build(Change("day", "1" * 14, "r", day=FRIDAY), {})
    with pytest.raises(InvalidNumberError):
        ups.build(Change("day", "T1234567890", "r", day=FRIDAY), {})


@pytest.mark.parametrize("code", TAKERS)
def test_what_a_shopper_writes_cannot_break_out_of_the_request(code: str) -> None:
    evil = '</uid><x a="1">&\x00\u2028"}]'
    changing = CARRIERS[code].change
    assert changing
    to = Place(evil, evil, evil, evil, evil, "ES")
    request = changing.build(Change("address", "1Z12345E0205271688", "r", to, note=evil), secrets(code))
    body = (request.body or b"").decode()
    assert "</uid><x" not in body.removeprefix("<?xml") or code != "gls_es"
    assert "\x00" not in body


@pytest.mark.parametrize("code", TAKERS)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"null", b"<a/>", b"<html>", b'{"data"'])
def test_an_answer_that_says_nothing_is_none(code: str, body: bytes) -> None:
    changing = CARRIERS[code].change
    assert changing
    with pytest.raises(BadResponseError):
        changing.read(Reply(body, 200))
