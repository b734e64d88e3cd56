"""The simulated world: numbers, journeys, clocks, the control API, bad manners, restarts."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from carriers.simulator.clock import Clock
from carriers.simulator.digits import is_never_heard_of
from carriers.simulator.journeys import KINDS, LIBRARY, journey_by_lot
from carriers.simulator.networks.registry import NETWORKS
from carriers.simulator.numbers import is_well_formed, number_for, unknown_number_for
from carriers.simulator.parcels import Parcel, Quirk, happenings, next_told_at, tell
from carriers.simulator.remote import SimulatorError
from carriers.simulator.testing import running
from carriers.simulator.wire.registry import WIRES
from carriers.types import SubStatus

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
seeds = st.integers(0, 10**6)
carriers = st.sampled_from(sorted(NETWORKS))


def parcel(journey: str = "straight", *, speed: float = 60, carrier: str = "ups", seed: str = "") -> Parcel:
    return Parcel(carrier, "1Z", journey, "Valencia", "Madrid", seed, Clock.started(NOON, speed))


def ask_dhl(url: str, number: str, **options: object) -> requests.Response:
    return requests.get(
        f"{url}/dhl/track/shipments",
        params={"trackingNumber": number},
        headers={"DHL-API-Key": "k"},
        timeout=10,
        **options,  # type: ignore[arg-type]
    )


# Numbers


@given(carriers, seeds)
def test_a_made_number_is_well_formed_and_findable(carrier: str, seed: int) -> None:
    number = number_for(carrier, seed)

    assert is_well_formed(carrier, number)
    assert not is_never_heard_of(number)
    assert number == number_for(carrier, seed)


@given(carriers, seeds)
def test_a_number_made_to_be_unknown_is_well_formed_and_marked(carrier: str, seed: int) -> None:
    number = unknown_number_for(carrier, seed)

    assert is_well_formed(carrier, number)
    assert is_never_heard_of(number)


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        ("ups", "1ZA4X81W0300294751"),
        ("dhl", "6048173526"),
        ("dhl", "00340433812736450018"),
        ("correos_es", "PQ4XQ20712345001280461W"),
        ("correos_es", "PQ472618301ES"),
        ("gls_es", "61771000054321"),
        ("laposte", "6C19283746506"),
        ("17track", "LX305819475FR"),
    ],
)
def test_a_number_as_carriers_print_them_is_well_formed(carrier: str, number: str) -> None:
    assert is_well_formed(carrier, number)


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        ("ups", "1ZA4X81W0300294752"),
        ("dhl", "6048173527"),
        ("dhl", "00340433812736450019"),
        ("correos_es", "PQ4XQ20712345001280461X"),
        ("correos_es", "PQ472618302ES"),
        ("17track", "LX305819470FR"),
    ],
)
def test_a_number_with_a_wrong_check_character_is_not(carrier: str, number: str) -> None:
    assert not is_well_formed(carrier, number)


# Journeys and clocks


def test_every_carrier_has_a_word_for_every_step() -> None:
    for wire in WIRES.values():
        assert set(wire.lines) == KINDS, wire.code


def test_a_step_happens_at_its_minute_divided_by_the_speed() -> None:
    one = parcel(speed=60)

    assert [at - NOON for at in happenings(one)] == [
        timedelta(minutes=step.after_minutes / 60) for step in one.steps
    ]


@given(st.sampled_from(list(LIBRARY)), st.floats(0, 20_000), st.floats(1, 5_000), st.integers(1, 5))
def test_pushing_a_parcel_ahead_never_rewrites_what_was_told(
    journey: str, minutes: float, jump: float, jumps: int
) -> None:
    one = parcel(journey, speed=1, seed="x")
    now = NOON + timedelta(minutes=minutes)
    for _ in range(jumps):
        before = tell(one, now).scans
        one = replace(one, clock=one.clock.advanced(now, jump))
        after = tell(one, now).scans
        assert set(before) <= set(after)
        assert all(told.at <= now for told in after)
        now += timedelta(minutes=7)
    times = [at for at, step in zip(happenings(one), one.steps, strict=True) if not step.late_minutes]
    assert times == sorted(times)


def test_what_a_jump_brings_about_is_told_a_minute_apart_where_there_is_room() -> None:
    one = parcel(speed=1)
    now = NOON + timedelta(minutes=200)
    jumped = replace(one, clock=one.clock.advanced(now, 5000))

    told = [scan.at for scan in tell(jumped, now).scans]

    assert told[0] == NOON
    assert told[1:] == [now - timedelta(minutes=back) for back in (5, 4, 3, 2, 1, 0)]


def test_late_scans_come_after_newer_ones_under_their_own_time() -> None:
    one = parcel("out_of_order", speed=60)
    at_depot = NOON + timedelta(minutes=21.6)

    before, after = tell(one, at_depot), tell(one, at_depot + timedelta(minutes=2))

    assert [told.kind for told in before.scans] == [
        SubStatus.LABEL_CREATED,
        SubStatus.IN_SORTING,
        SubStatus.AT_DELIVERY_DEPOT,
    ]
    assert [told.kind for told in after.scans][-2:] == [SubStatus.DEPARTED_FACILITY, SubStatus.PICKED_UP][
        ::-1
    ]
    assert after.latest.kind is SubStatus.AT_DELIVERY_DEPOT


def test_the_promise_moves_when_the_parcel_is_held_up() -> None:
    one = parcel("delayed", speed=60)
    on_time, late = NOON + timedelta(minutes=16), NOON + timedelta(minutes=20)

    assert tell(one, on_time).eta == NOON + timedelta(minutes=28.5)
    assert tell(one, late).eta == NOON + timedelta(minutes=76)
    assert tell(one, NOON + timedelta(minutes=77)).eta is None


def test_a_quirk_disturbs_the_answer_not_the_parcel() -> None:
    one, later = parcel(speed=60), NOON + timedelta(hours=1)
    plain = tell(one, later).scans

    assert len(tell(one, later, frozenset({Quirk.DUPLICATE})).scans) == 2 * len(plain)
    disordered = tell(one, later, frozenset({Quirk.OUT_OF_ORDER})).scans
    assert set(disordered) == set(plain)
    assert disordered != plain
    ahead = tell(one, later, frozenset({Quirk.FUTURE})).latest
    assert ahead.kind is SubStatus.DELIVERED
    assert ahead.at > later + timedelta(days=1)
    assert tell(one, later).scans == plain


def test_most_numbers_go_straight_to_the_door() -> None:
    taken = [journey_by_lot(number_for("ups", seed)) for seed in range(1000)]

    assert 650 < taken.count("straight") < 800
    assert len(set(taken)) >= 9


def test_a_finished_journey_has_nothing_to_come() -> None:
    assert next_told_at(parcel(), NOON + timedelta(days=1)) is None
    assert next_told_at(parcel(), NOON) == NOON + timedelta(minutes=5)


# The control API


def test_ordering_a_parcel_twice_leaves_it_where_it_is() -> None:
    number = number_for("dhl", 1)
    with running(speed=60) as simulator:
        simulator.add("dhl", number, "lost")
        simulator.advance(number, 500)
        again = simulator.add("dhl", number, "lost")

        assert again["minutes"] >= 500
        assert len(simulator.parcels()) == 1
        with pytest.raises(SimulatorError, match="already on journey 'lost'"):
            simulator.add("dhl", number, "straight")
        anew = simulator.add("dhl", number, "straight", replace=True)
        assert anew["minutes"] < 500


def test_a_parcel_can_have_a_past_at_one_speed_and_a_future_at_another() -> None:
    number = number_for("ups", 1)
    with running(speed=60) as simulator:
        made = simulator.add(
            "ups", number, "straight", reached=SubStatus.ON_VEHICLE, speed=1, speed_from_now=600
        )
        times = [datetime.fromisoformat(scan["at"]) for scan in made["scans"]]
        to_go = datetime.fromisoformat(made["next_at"]) - datetime.now(UTC)

    assert times[-1] - times[0] == timedelta(hours=23.75)
    assert made["scans"][-1]["kind"] == SubStatus.ON_VEHICLE
    assert timedelta(seconds=20) < to_go < timedelta(seconds=29)  # 4.75 hours at 600


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"carrier": "nobody", "number": "1"}, "no carrier 'nobody'"),
        ({"carrier": "ups", "number": "1ZA4X81W0300294752"}, "no number of ups"),
        ({"carrier": "dhl", "number": unknown_number_for("dhl", 1)}, "never found"),
        ({"carrier": "dhl", "number": number_for("dhl", 1), "journey": "x"}, "Use one of: straight"),
        ({"carrier": "dhl", "number": number_for("dhl", 1), "origin": "Oz"}, "no town 'Oz'"),
        ({"carrier": "dhl", "number": number_for("dhl", 1), "speed": -1}, "above 0"),
        ({"carrier": "dhl", "number": number_for("dhl", 1), "speed": True}, "must be a number"),
        ({"carrier": "dhl", "number": number_for("dhl", 1), "started_at": "2026-05-04"}, "with its offset"),
        ({"carrier": "dhl", "number": 7}, '"number" must be a text'),
        ({"carrier": "dhl", "number": number_for("dhl", 1), "reached": "x"}, "kind of a step"),
        (
            {
                "carrier": "dhl",
                "number": number_for("dhl", 1),
                "journey": "lost",
                "reached": "delivered.delivered",
            },
            "has no step delivered.delivered",
        ),
    ],
)
def test_an_order_that_cannot_be_had_says_what_to_change(wanted: dict[str, object], says: str) -> None:
    with running() as simulator:
        answer = requests.post(f"{simulator.url}/_sim/parcels", json=wanted, timeout=10)

        assert answer.status_code == 400
        assert says in answer.json()["error"]
        assert simulator.parcels() == []


def test_the_control_api_takes_no_forms_and_names_its_ways() -> None:
    with running() as simulator:
        form = requests.post(f"{simulator.url}/_sim/parcels", data={"carrier": "dhl"}, timeout=10)
        lost = requests.get(f"{simulator.url}/_sim/nothing", timeout=10)
        huge = requests.post(f"{simulator.url}/_sim/parcels", data=b"x" * (1 << 21), timeout=10)

    assert form.status_code == 415
    assert lost.status_code == 404
    assert "POST /_sim/advance" in lost.json()["error"]
    assert huge.status_code == 413


def test_advancing_an_unknown_parcel_is_said_so() -> None:
    with running() as simulator, pytest.raises(SimulatorError, match="Order it first"):
        simulator.advance("6048173526", 10)


def test_every_call_is_noted_without_its_credential() -> None:
    with running() as simulator:
        ask_dhl(simulator.url, number_for("dhl", 1))
        requests.get(f"{simulator.url}/dhl/track/shipments", headers={"DHL-API-Key": "other"}, timeout=10)
        first, second = simulator.calls(carrier="dhl")

        assert (first["path"], first["status"]) == ("/track/shipments", 404)  # DHL's first twenty minutes
        assert first["query"] == {"trackingNumber": number_for("dhl", 1)}
        assert second["status"] == 400
        assert len({first["account"], second["account"], "other", ""}) == 4
        assert simulator.calls(since=second["at"]) == []
        simulator.forget_calls()
        assert simulator.calls() == []


# Bad manners and limits


def test_rudeness_befalls_its_share_of_calls_and_ends() -> None:
    number = number_for("ups", 1)
    with running(speed=60) as simulator:
        simulator.rude("dhl", "500", share=0.5)
        statuses = [ask_dhl(simulator.url, number_for("dhl", 1)).status_code for _ in range(6)]
        simulator.polite()
        after = ask_dhl(simulator.url, number_for("dhl", 1)).status_code
        untouched = requests.get(f"{simulator.url}/ups/api/track/v1/details/{number}", timeout=10).status_code

    assert statuses == [404, 500] * 3
    assert after == 404
    assert untouched == 401


def test_each_kind_of_rudeness_looks_its_part() -> None:
    number = number_for("dhl", 1)
    with running() as simulator:
        simulator.add("dhl", number, "straight", started_at=datetime.now(UTC) - timedelta(days=3), speed=1)
        simulator.rude("dhl", "html")
        html = ask_dhl(simulator.url, number)
        simulator.polite()
        simulator.rude("*", "429")
        limited = ask_dhl(simulator.url, number)
        simulator.polite()
        simulator.rude("dhl", "truncated")
        half = ask_dhl(simulator.url, number)
        simulator.polite()
        simulator.rude("dhl", "dropped")
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            ask_dhl(simulator.url, number)
        simulator.polite()
        simulator.rude("dhl", "slow", slow_s=0.3)
        with pytest.raises(requests.exceptions.ReadTimeout):
            requests.get(simulator.url + "/dhl/track/shipments", timeout=0.1)
        simulator.polite()
        whole = ask_dhl(simulator.url, number)

    assert html.status_code == 200
    assert html.headers["Content-Type"].startswith("text/html")
    assert limited.status_code == 429
    assert limited.headers["Retry-After"] == "2"
    with pytest.raises(requests.exceptions.JSONDecodeError):
        half.json()
    assert whole.json()["shipments"][0]["status"]["statusCode"] == "delivered"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"carrier": "dhl", "kind": "grumpy"}, "no rudeness 'grumpy'"),
        ({"carrier": "nobody", "kind": "slow"}, "no carrier 'nobody'"),
        ({"carrier": "dhl", "kind": "slow", "share": 0}, "share"),
        ({"carrier": "dhl", "kind": "slow", "slow_s": 1e9}, "slow_s"),
        ({"carrier": "dhl", "kind": "slow", "seconds": -1}, "seconds"),
    ],
)
def test_rudeness_that_makes_no_sense_is_refused(wanted: dict[str, object], says: str) -> None:
    with running() as simulator:
        answer = requests.post(f"{simulator.url}/_sim/rude", json=wanted, timeout=10)

    assert answer.status_code == 400
    assert says in answer.json()["error"]


def test_published_limits_are_kept_by_account_when_enforced() -> None:
    moment = NOON

    def now() -> datetime:
        return moment

    with running(limits=True, now=now) as simulator:
        number = number_for("dhl", 1)
        same_second = [ask_dhl(simulator.url, number).status_code for _ in range(2)]
        stranger = requests.get(
            f"{simulator.url}/dhl/track/shipments", headers={"DHL-API-Key": "other"}, timeout=10
        ).status_code
        statuses = []
        for _ in range(250):
            moment += timedelta(seconds=2)
            statuses.append(ask_dhl(simulator.url, number).status_code)
        moment += timedelta(days=1)
        next_day = ask_dhl(simulator.url, number).status_code
        simulator.enforce_limits(False)
        unlimited = {ask_dhl(simulator.url, number).status_code for _ in range(3)}

    assert same_second == [404, 429]
    assert stranger == 400
    assert statuses[-1] == 429  # the 251st that day
    assert statuses.count(429) == 1
    assert next_day != 429
    assert 429 not in unlimited


# Running


def test_a_restart_goes_on_where_it_left_off(tmp_path: Path) -> None:
    state, number = str(tmp_path / "state.sqlite3"), number_for("laposte", 1)
    with running(speed=1, state=state) as simulator:
        simulator.add("laposte", number, "straight")
        before = simulator.advance(number, 1000)[0]
    with running(speed=99, state=state) as simulator:
        after = simulator.parcels(number=number)[0]

    assert after["scans"] == before["scans"]
    assert after["speed"] == 1
    assert after["next_at"] == before["next_at"]


def test_it_runs_by_itself_and_stops_when_told(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "carriers.simulator", "--port", str(port), "--speed", "1000"]
    with subprocess.Popen([*command, "--state", str(tmp_path / "s.sqlite3")]) as process:
        try:
            deadline = time.monotonic() + 20
            while True:
                try:
                    healthy = requests.get(f"http://127.0.0.1:{port}/_sim/health", timeout=1)
                    break
                except requests.ConnectionError:
                    assert time.monotonic() < deadline, "the simulator did not start"
                    time.sleep(0.05)
        finally:
            process.terminate()
        assert healthy.json() == {"ok": True}
        assert process.wait(timeout=10) == 0


def test_the_page_shows_parcels_and_never_runs_what_it_was_sent() -> None:
    number = number_for("gls_es", 1)
    account = "AC" + "0" * 32
    with running() as simulator:
        empty = requests.get(simulator.url, timeout=10).text
        simulator.add("gls_es", number, "lost", reached=SubStatus.EXCEPTION_LOST, speed=1)
        for to in ("+34600111222", "whatsapp:+34600111222"):
            requests.post(
                f"{simulator.url}/twilio/2010-04-01/Accounts/{account}/Messages.json",
                data={
                    "To": to,
                    "From": "whatsapp:+14155238886" if ":" in to else "Shop",
                    "Body": "*Hi* <script>x</script> http://localhost/t/1?a=1&b=2.",
                },
                auth=(account, "token"),
                timeout=10,
            )
        front = requests.get(simulator.url, timeout=10).text
        sms = requests.get(f"{simulator.url}/phone/%2B34600111222", timeout=10).text
        whatsapp = requests.get(f"{simulator.url}/phone/whatsapp%3A%2B34600111222", timeout=10).text
        nobody = requests.get(f"{simulator.url}/phone/%2B1", timeout=10)
        posted = requests.post(simulator.url, timeout=10)

    assert "No parcels yet" in empty
    assert "No messages yet" in empty
    assert number in front
    assert "Lost" in front
    for shown in (front, sms, whatsapp):
        assert "<script>x" not in shown
        assert "&lt;script&gt;x" in shown
    assert '<a href="http://localhost/t/1?a=1&amp;b=2" rel="noreferrer">' in sms
    assert "*Hi*" in sms
    assert "<b>Hi</b>" in whatsapp
    assert nobody.status_code == 404
    assert posted.status_code == 405
