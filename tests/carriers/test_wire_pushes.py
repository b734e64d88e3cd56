"""What simulated carriers push: to whoever follows a number, as their documentation says, signed as it says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from carriers import reading
from carriers.registry import CARRIERS
from carriers.simulator.numbers import number_for
from carriers.simulator.remote import Simulator, SimulatorError
from carriers.simulator.state import Store
from carriers.simulator.testing import running
from carriers.simulator.watching import Watching
from carriers.types import Outcome, Reply, SubStatus, Trust
from tests.carriers.asking import answer_of, told
from tests.carriers.pushing import ONE_BY_ONE, PUSHING, REGISTERED, follow, hook, key_of, secrets_of
from tests.carriers.receiving import Receiver, eventually, receiving

DAY = 60.0 * 24
Got = tuple[str, dict[str, str], bytes]


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(speed=1) as one:
        yield one


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def on_the_way(simulator: Simulator, code: str, seed: int, **order: Any) -> str:
    number = number_for(code, seed)
    simulator.add(code, number, "straight", reached=SubStatus.PICKED_UP, speed=1, **order)
    return number


def is_genuine(code: str, got: Got, body: bytes | None = None) -> bool:
    verify, (_, headers, sent) = CARRIERS[code].verify, got
    return verify is None or verify(headers, sent if body is None else body, secrets_of(code))


def read(code: str, got: Got) -> reading.Reading:
    return reading.read(CARRIERS[code], Reply(got[2]))


def scans_of(code: str, receiver: Receiver) -> set[tuple[datetime, str]]:
    answers = [answer for got in receiver.got for answer in read(code, got).answers]
    return {(scan.at.astimezone(UTC), scan.code) for answer in answers for scan in answer.scans}


def test_who_pushes_is_who_is_believed_to() -> None:
    assert {code for code, one in CARRIERS.items() if one.push is not Trust.NONE} == set(PUSHING)


@pytest.mark.parametrize("code", PUSHING)
def test_a_number_followed_is_pushed_with_what_the_adapter_would_have_asked(
    simulator: Simulator, receiver: Receiver, code: str
) -> None:
    hook(simulator, code, receiver.url)
    number = on_the_way(simulator, code, 1)
    follow(simulator, code, number, url=receiver.url)
    known = len(told(simulator, code, number))
    simulator.advance(number, DAY * 3, carrier=code)
    eventually(lambda: any(SubStatus.DELIVERED.status in statuses(code, got) for got in receiver.got))

    assert all(is_genuine(code, got) for got in receiver.got)
    assert {answer.number for got in receiver.got for answer in read(code, got).answers} == {number}
    asked = [(scan.at.astimezone(UTC), scan.code) for scan in answer_of(simulator, code, number).scans]
    if code in ONE_BY_ONE:
        assert len(receiver.got) == len(asked) - known
        assert scans_of(code, receiver) == set(asked[known:])
    else:
        assert scans_of(code, receiver) == set(asked)


def statuses(code: str, got: Got) -> set[Any]:
    carrier = CARRIERS[code]
    return {
        sub.status
        for answer in read(code, got).answers
        for scan in answer.scans
        if (sub := reading.sub_status_of(scan, carrier.statuses))
    }


@pytest.mark.parametrize("code", [code for code in PUSHING if CARRIERS[code].verify])
def test_another_secret_another_body_or_none_at_all_is_not_genuine(
    simulator: Simulator, receiver: Receiver, code: str
) -> None:
    simulator.rude(code, "bad_signature")
    hook(simulator, code, receiver.url)
    number = on_the_way(simulator, code, 2, hook=key_of(code))
    eventually(lambda: receiver.got)
    forged = receiver.got[0]
    simulator.polite()
    simulator.advance(number, DAY, carrier=code)
    eventually(lambda: is_genuine(code, receiver.got[-1]))

    assert not is_genuine(code, forged)
    assert not is_genuine(code, (forged[0], {}, b""))
    if CARRIERS[code].push is Trust.SIGNED:
        again = json.dumps(json.loads(receiver.got[-1][2]), indent=1).encode()
        assert not is_genuine(code, receiver.got[-1], again)


@pytest.mark.parametrize("code", PUSHING)
def test_what_is_ordered_with_a_hook_is_pushed_from_the_beginning(
    simulator: Simulator, receiver: Receiver, code: str
) -> None:
    hook(simulator, code, receiver.url)
    number = on_the_way(simulator, code, 3, hook=key_of(code))
    known = len(told(simulator, code, number))
    eventually(lambda: len(receiver.got) == (known if code in ONE_BY_ONE else 1))

    assert len(scans_of(code, receiver)) == known


@pytest.mark.parametrize("code", REGISTERED)
def test_who_registers_hears_of_the_past_too(simulator: Simulator, receiver: Receiver, code: str) -> None:
    hook(simulator, code, receiver.url)
    number = on_the_way(simulator, code, 4)
    follow(simulator, code, number)
    eventually(lambda: receiver.got)

    assert len(scans_of(code, receiver)) == len(told(simulator, code, number))


@pytest.mark.parametrize("code", PUSHING)
def test_nobody_hears_of_what_another_follows_with_another_carrier(
    simulator: Simulator, receiver: Receiver, code: str
) -> None:
    others = [other for other in PUSHING if other != code]
    for other in others:
        hook(simulator, other, receiver.url)
    number = on_the_way(simulator, code, 5)
    follow(simulator, code, number, url="https://example.com/hook")
    simulator.advance(number, DAY, carrier=code)
    other = others[0]
    on_the_way(simulator, other, 6, hook=key_of(other))
    eventually(lambda: receiver.got)
    time.sleep(0.1)

    assert number.encode() not in b"".join(body for _, _, body in receiver.got)


@pytest.mark.parametrize("code", ["aftership", "ups"])
def test_a_duplicate_is_the_same_bytes_again(simulator: Simulator, receiver: Receiver, code: str) -> None:
    hook(simulator, code, receiver.url)
    simulator.rude(code, "duplicate")
    number = on_the_way(simulator, code, 7, hook=key_of(code))
    count = len(told(simulator, code, number)) if code in ONE_BY_ONE else 1
    eventually(lambda: len(receiver.got) == 2 * count)

    bodies = [body for _, _, body in receiver.got]
    assert bodies[::2] == bodies[1::2]
    assert len(set(bodies)) == count


def test_out_of_order_the_last_alert_comes_first(simulator: Simulator, receiver: Receiver) -> None:
    hook(simulator, "ups", receiver.url)
    simulator.rude("ups", "out_of_order")
    number = on_the_way(simulator, "ups", 8, hook=key_of("ups"))
    count = len(told(simulator, "ups", number))
    eventually(lambda: len(receiver.got) == count)

    moments = [read("ups", got).answers[0].scans[0].at for got in receiver.got]
    assert count > 1
    assert moments == sorted(moments, reverse=True)


def test_a_late_push_is_overtaken_by_the_next(simulator: Simulator, receiver: Receiver) -> None:
    hook(simulator, "easypost", receiver.url)
    simulator.rude("easypost", "late", slow_s=1)
    number = on_the_way(simulator, "easypost", 9, hook=key_of("easypost"))
    time.sleep(0.4)  # by then it is written
    simulator.polite()
    simulator.advance(number, DAY * 3, carrier="easypost")
    eventually(lambda: len(receiver.got) == 2)

    assert [json.loads(body)["result"]["status"] for _, _, body in receiver.got] == [
        "delivered",
        "in_transit",
    ]


def test_rudeness_to_pushes_leaves_answers_alone(simulator: Simulator) -> None:
    number = on_the_way(simulator, "dhl", 10)
    for kind in ("bad_signature", "late"):
        simulator.rude("dhl", kind, slow_s=60)

    assert answer_of(simulator, "dhl", number).scans


def test_ship24_looks_whether_the_address_answers(simulator: Simulator, receiver: Receiver) -> None:
    hook(simulator, "ship24", receiver.url)
    assert receiver.probes == ["/hook?shop=1"]

    with pytest.raises(SimulatorError, match="HEAD"):
        hook(simulator, "ship24", f"{simulator.url}/nobody")


def test_usps_pushes_where_the_subscription_says(simulator: Simulator, receiver: Receiver) -> None:
    number = on_the_way(simulator, "usps", 11)
    follow(simulator, "usps", number, url=receiver.url)
    follow(simulator, "usps", number, url=receiver.url)
    simulator.advance(number, DAY, carrier="usps")
    eventually(lambda: receiver.got)

    assert is_genuine("usps", receiver.got[0])
    assert len(receiver.got) == 1


def test_ups_shows_the_key_of_the_app(simulator: Simulator, receiver: Receiver) -> None:
    simulator.hook("client", receiver.url, carrier="ups", secret="of-the-app")
    on_the_way(simulator, "ups", 12, hook="client")
    eventually(lambda: receiver.got)

    headers = receiver.got[0][1]
    assert (headers["x-api-key"], headers["User-Agent"]) == ("of-the-app", "UPSPubSubTrackingService")


def test_shippo_signs_for_those_who_asked_for_it(simulator: Simulator, receiver: Receiver) -> None:
    simulator.hook("good", receiver.url, carrier="shippo", secret="s3cret")
    on_the_way(simulator, "shippo", 13, hook="good")
    eventually(lambda: receiver.got)

    assert receiver.got[0][1]["Shippo-Auth-Signature"].startswith("t=")


@pytest.mark.parametrize("code", ["trackingmore", "usps"])
def test_either_way_of_writing_the_signature_is_genuine(
    simulator: Simulator, receiver: Receiver, code: str
) -> None:
    hook(simulator, code, receiver.url)
    simulator.rude(code, "shape")
    on_the_way(simulator, code, 14, hook=key_of(code))
    eventually(lambda: receiver.got)

    assert is_genuine(code, receiver.got[0])


def test_a_parcel_begun_anew_is_told_anew(simulator: Simulator, receiver: Receiver) -> None:
    hook(simulator, "ups", receiver.url)
    number = on_the_way(simulator, "ups", 15, hook=key_of("ups"))
    before = len(told(simulator, "ups", number))
    eventually(lambda: len(receiver.got) == before)
    simulator.add("ups", number, "lost", reached=SubStatus.EXCEPTION_LOST, speed=1, replace=True)
    after = len(told(simulator, "ups", number))
    eventually(lambda: len(receiver.got) == before + after)


def test_a_hook_is_named_for_a_carrier_that_pushes(simulator: Simulator, receiver: Receiver) -> None:
    with pytest.raises(SimulatorError, match=r"pushes nothing.*aftership"):
        simulator.hook("good", receiver.url, carrier="nacex")
    with pytest.raises(SimulatorError, match="POST /_sim/hooks"):
        simulator.add("dhl", number_for("dhl", 16), hook="nobody")


def test_the_old_way_to_name_a_hook_is_17tracks(simulator: Simulator, receiver: Receiver) -> None:
    answer = requests.post(
        f"{simulator.url}/_sim/hooks", json={"key": "good", "url": receiver.url}, timeout=10
    )
    on_the_way(simulator, "17track", 17, hook="good")
    eventually(lambda: receiver.got)

    assert answer.json()["carrier"] == "17track"
    assert is_genuine("17track", receiver.got[0])


def test_a_restart_goes_on_pushing(receiver: Receiver, tmp_path: Any) -> None:
    state = str(tmp_path / "state.sqlite3")
    with running(speed=1, state=state) as simulator:
        hook(simulator, "fedex", receiver.url)
        number = on_the_way(simulator, "fedex", 18, hook=key_of("fedex"))
        eventually(lambda: receiver.got)
    with running(speed=1, state=state) as simulator:
        simulator.advance(number, DAY * 3, carrier="fedex")
        eventually(lambda: len(receiver.got) == 2)

    assert is_genuine("fedex", receiver.got[1])


def test_a_state_file_of_before_is_taken_over(tmp_path: Any) -> None:
    store = Store(str(tmp_path / "state.sqlite3"))
    with store.alone() as connection:
        connection.executescript(
            """
            CREATE TABLE registration (key TEXT, number TEXT, provider INTEGER, tag TEXT, registered_at REAL,
                stopped INTEGER, retracked INTEGER);
            CREATE TABLE push (key TEXT, number TEXT, event TEXT, due_at REAL, tries INTEGER);
            CREATE TABLE hook (key TEXT, url TEXT);
            INSERT INTO registration VALUES ('k', 'QB1', 2151, 'T-1', 5, 0, 1), ('karrio:k', '1Z9', 0, NULL, 6, 0, 0);
            INSERT INTO push VALUES ('k', 'QB1', 'TRACKING_UPDATED', 7, 2);
            INSERT INTO hook VALUES ('k', 'http://localhost/hook');
            """
        )
    watching = Watching(store)
    known = watching.registration("17track", "k", "QB1")

    assert known
    assert (known.provider, known.tag, known.retracked, known.stopped) == (2151, "T-1", True, False)
    assert watching.registration("karrio", "k", "1Z9")
    assert [(push.carrier, push.event) for push in watching.claim(10, 60)] == [("17track", "updated")]
    assert [one.url for one in watching.hooks("17track")] == ["http://localhost/hook"]
    assert Watching(store).hook("17track", "k")


def test_an_answer_is_as_before_for_whoever_has_no_hook(simulator: Simulator) -> None:
    number = on_the_way(simulator, "fedex", 19)

    assert answer_of(simulator, "fedex", number).outcome is Outcome.FOUND
