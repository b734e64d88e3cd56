"""Two readings of the carriers' documentation, side by side: what the simulator tells, the adapters read back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from carriers import reading
from carriers.registry import CARRIERS
from carriers.simulator.digits import sscc_check_digit
from carriers.simulator.journeys import LIBRARY
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.parcels import Quirk
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.simulator.wire.contract import Line
from carriers.simulator.wire.dhl import lines_of
from carriers.simulator.wire.registry import WIRES
from carriers.types import Event, Outcome, SubStatus
from tests.carriers.asking import answer_of, ask, query_for, send, signed_in, told

BOTH = sorted(set(WIRES) & set(CARRIERS))
# Far from the hour that clocks show twice in autumn: times without offset cannot say which one they mean.
NOW = datetime(2026, 5, 20, 10, tzinfo=UTC)
_BODY = "0034043381273645001"
PAKET = _BODY + sscc_check_digit(_BODY)


S = SubStatus
STATE_ONLY = {"nacex"}  # tells how things stand, without a history
_MISHAPS = (S.EXCEPTION_LOST, S.EXCEPTION_DAMAGED, S.EXCEPTION_INVESTIGATION, S.EXCEPTION_PICKUP_MISSED)
_AT_CUSTOMS = (S.CUSTOMS_PROCESSING, S.CUSTOMS_INFO_REQUIRED, S.CUSTOMS_CLEARED)
# What a code leaves open and the carrier's words say without doubt: by carrier, the kind and its reading.
IN_WORDS: dict[str, dict[SubStatus, SubStatus]] = {
    "dhl": {
        kind: kind
        for kind in (
            S.EXCEPTION_LOST,
            S.EXCEPTION_DAMAGED,
            S.EXCEPTION_INVESTIGATION,
            S.EXCEPTION_PICKUP_MISSED,
            S.FAILED_NOT_HOME,
            S.RETURNING,
        )
    },
    "laposte": {
        S.EXCEPTION_REFUSED: S.FAILED_REFUSED,
        S.CUSTOMS_INFO_REQUIRED: S.EXCEPTION_HELD,
    }
    | {
        kind: kind
        for kind in (
            S.FAILED_NOT_HOME,
            S.EXCEPTION_LOST,
            S.EXCEPTION_DAMAGED,
            S.EXCEPTION_INVESTIGATION,
            S.EXCEPTION_PICKUP_MISSED,
            S.DELAYED_WEATHER,
            S.DELAYED_OPERATIONS,
        )
    },
    "correos_es": {
        kind: kind
        for kind in (
            S.CUSTOMS_PROCESSING,
            S.CUSTOMS_INFO_REQUIRED,
            S.CUSTOMS_CLEARED,
            S.EXCEPTION_LOST,
            S.EXCEPTION_DAMAGED,
            S.EXCEPTION_REFUSED,
            S.EXCEPTION_INVESTIGATION,
            S.EXCEPTION_PICKUP_MISSED,
            S.DELAYED_WEATHER,
            S.DELAYED_OPERATIONS,
        )
    },
    "gls_es": {
        kind: kind
        for kind in (
            S.CUSTOMS_PROCESSING,
            S.CUSTOMS_INFO_REQUIRED,
            S.EXCEPTION_DAMAGED,
            S.EXCEPTION_REFUSED,
            S.EXCEPTION_INVESTIGATION,
            S.EXCEPTION_PICKUP_MISSED,
            S.DELAYED_WEATHER,
            S.DELAYED_OPERATIONS,
        )
    },
    "17track": {kind: kind for kind in (S.EXCEPTION_INVESTIGATION, S.EXCEPTION_PICKUP_MISSED)},
    "ups": {kind: kind for kind in (S.FAILED_NOT_HOME, S.EXCEPTION_LOST)},
    "fedex": {kind: kind for kind in (*_MISHAPS, S.FAILED_NOT_HOME)},
    "dhl_express": {kind: kind for kind in (*_MISHAPS, S.RETURNING)},
    "usps": {kind: kind for kind in (*_MISHAPS, *_AT_CUSTOMS, S.FAILED_NOT_HOME, S.DELAYED_WEATHER)},
    "canada_post": {kind: kind for kind in (*_MISHAPS, *_AT_CUSTOMS, S.FAILED_NOT_HOME, S.RETURNING)},
    "royal_mail": {kind: kind for kind in (*_MISHAPS, *_AT_CUSTOMS, S.FAILED_NOT_HOME, S.RETURNING)},
    "australia_post": {kind: kind for kind in (*_MISHAPS, *_AT_CUSTOMS, S.FAILED_NOT_HOME, S.RETURNING)},
}


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with running(speed=1, now=lambda: NOW) as one:
        yield one


def is_fair(event: Event, code: str, kind: SubStatus, line: Line) -> bool:
    """The kind itself, or a coarser one where neither code nor words say it all; no meaning where there is none."""
    if not_coarser := IN_WORDS.get(code, {}).get(kind):
        return event.sub_status is not_coarser
    if event.sub_status is None:
        return any(coarser.is_unmapped for coarser in line.also)
    return event.sub_status in (kind, *line.also)


@pytest.mark.parametrize("journey", LIBRARY)
@pytest.mark.parametrize("code", BOTH)
def test_an_adapter_reads_each_journey_back(simulator: Simulator, code: str, journey: str) -> None:
    number = number_for(code, journey)
    simulator.add(code, number, journey, started_at=NOW - timedelta(days=30))

    events = reading.events_of(CARRIERS[code], answer_of(simulator, code, number))

    scans = told(simulator, code, number)
    if code in STATE_ONLY:
        scans = scans[-1:]
    if len(events) < len(scans):  # what is told twice may be read once
        scans = list(dict.fromkeys(scans))
    assert [event.occurred_at for event in events] == [at for at, _ in scans]
    for event, (_, kind) in zip(events, scans, strict=True):
        assert is_fair(event, code, kind, WIRES[code].lines[kind]), (
            f"{kind} → {event.sub_status}: {event.text}"
        )


def test_a_parcel_in_a_german_shop_is_not_read_as_delivered(simulator: Simulator) -> None:
    simulator.add("dhl", PAKET, "pickup_point", started_at=NOW - timedelta(days=30))

    events = reading.events_of(CARRIERS["dhl"], answer_of(simulator, "dhl", PAKET))

    kinds = [kind for _, kind in told(simulator, "dhl", PAKET)]
    for event, kind in zip(events, kinds, strict=True):
        assert is_fair(event, "dhl", kind, lines_of(PAKET)[kind]), (
            f"{kind} → {event.sub_status}: {event.text}"
        )


@pytest.mark.parametrize("code", BOTH)
def test_a_number_nobody_knows_is_not_found(simulator: Simulator, code: str) -> None:
    said = ask(simulator, code, unknown_number_for(code, 1))

    assert said.outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize("quirk", [Quirk.DUPLICATE, Quirk.OUT_OF_ORDER])
@pytest.mark.parametrize("code", BOTH)
def test_repeated_and_disordered_scans_are_the_same_scans(
    simulator: Simulator, code: str, quirk: Quirk
) -> None:
    number = number_for(code, "straight")
    simulator.add(code, number, "straight", started_at=NOW - timedelta(days=30))
    plain = {(scan.at, scan.code) for scan in answer_of(simulator, code, number).scans}

    simulator.rude(code, quirk)
    disturbed = {(scan.at, scan.code) for scan in answer_of(simulator, code, number).scans}
    simulator.polite()

    assert disturbed == plain


@pytest.mark.parametrize("code", [code for code in BOTH if code != "dhl"])
def test_a_carriers_rarer_form_says_the_same(simulator: Simulator, code: str) -> None:
    number = number_for(code, "straight")
    simulator.add(code, number, "straight", started_at=NOW - timedelta(days=30))
    plain = answer_of(simulator, code, number)

    simulator.rude(code, Quirk.SHAPE)
    rarer, unknown = answer_of(simulator, code, number), ask(simulator, code, unknown_number_for(code, 1))
    simulator.polite()

    assert rarer.scans == plain.scans
    assert unknown.outcome is Outcome.NOT_FOUND


def test_dhl_says_whom_to_ask_instead(simulator: Simulator) -> None:
    number = number_for("dhl", "straight")
    simulator.add("dhl", number, "straight", started_at=NOW - timedelta(days=30))
    simulator.rude("dhl", Quirk.SHAPE)
    answers = ask(simulator, "dhl", number).answers
    simulator.polite()

    assert any(
        address.endswith(f"trackingNumber={number}&service=express") for address in answers[0].ask_again
    )


@pytest.mark.parametrize("code", BOTH)
@pytest.mark.parametrize(
    ("kind", "outcome"),
    [("429", Outcome.RATE_LIMITED), ("500", Outcome.TRANSIENT), ("truncated", Outcome.BAD_RESPONSE)],
)
def test_each_carriers_own_refusals_are_understood(
    simulator: Simulator, code: str, kind: str, outcome: Outcome
) -> None:
    number = number_for(code, "straight")
    simulator.add(code, number, "straight", started_at=NOW - timedelta(days=30))
    ask(simulator, code, number)  # an aggregator must have been told of it
    signed = signed_in(simulator, code)

    simulator.rude(code, kind)
    reply = send(simulator, code, [query_for(code, number)], signed=signed)
    simulator.polite()

    assert reading.read(CARRIERS[code], reply).outcome is outcome


@pytest.mark.parametrize("code", ["dhl", "ups", "gls_es", "laposte", "17track"])
def test_the_promised_day_is_read(simulator: Simulator, code: str) -> None:
    number = number_for(code, "eta")
    simulator.add(code, number, "straight", reached=SubStatus.ON_VEHICLE)

    eta = answer_of(simulator, code, number).eta

    assert eta is not None
    assert eta.first_date == eta.last_date == NOW.date()
    if code in ("dhl", "ups"):
        assert eta.slot_from is not None
        assert eta.slot_to is not None
        assert eta.slot_from <= NOW + timedelta(hours=4.75) <= eta.slot_to


@pytest.mark.parametrize("code", ["dhl", "ups", "laposte", "17track"])
def test_a_time_without_its_offset_is_the_time_of_the_place(simulator: Simulator, code: str) -> None:
    number = number_for(code, "zone")
    simulator.add(code, number, "straight", started_at=NOW - timedelta(days=30))
    simulator.rude(code, Quirk.MISSING_ZONE)
    scans = answer_of(simulator, code, number).scans
    simulator.polite()

    assert [scan.at for scan in scans] == [at for at, _ in told(simulator, code, number)]
