"""What every carrier promises. A new one brings recorded answers, not tests."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import adapters, offers
from carriers.reading import events_of, read
from carriers.registry import CARRIERS
from carriers.simulator.networks.registry import NETWORKS
from carriers.simulator.wire.registry import WIRES
from carriers.types import Answer, Carrier, Event, Json, Outcome, Reply
from tests.carriers import promises
from tests.carriers.promises import position, sound
from tests.carriers.recorded import HOME, Case, cases
from tests.carriers.spoiling import spoiled, spoiled_text

every_carrier = pytest.mark.parametrize("carrier", CARRIERS.values(), ids=lambda carrier: carrier.code)
KNOWN = {code: cases(code) for code in CARRIERS}
every_case = pytest.mark.parametrize("case", [case for known in KNOWN.values() for case in known], ids=str)
CODES = Path(adapters.__path__[0]) / "codes"
# Codes whose words the carrier does not publish, so that their rows have none. These counts may only fall.
WORDLESS = {"dhl": 626, "ups": 533, "fedex": 3, "usps": 1}


def examples(count: int) -> settings:
    """How often a body is made up: FUZZ=thorough asks for ten times as many."""
    return settings(max_examples=count * (10 if os.environ.get("FUZZ") == "thorough" else 1), deadline=None)


def keeps(complaints: promises.Complaints) -> None:
    """Fail with what is missing, a line each."""
    if complaints:
        pytest.fail("\n".join(complaints), pytrace=False)


# --- What a carrier declares ---


@every_carrier
def test_a_carrier_says_all_that_others_need_to_know_of_it(carrier: Carrier) -> None:
    keeps(promises.declaration(carrier) + promises.recorded(carrier.code, KNOWN[carrier.code]))


def test_no_recorded_answer_belongs_to_nobody() -> None:
    assert {folder.name for folder in HOME.iterdir()} == set(CARRIERS)


@every_carrier
def test_a_code_table_names_our_words_and_ends_somewhere(carrier: Carrier) -> None:
    keeps(promises.table(carrier))


@pytest.mark.parametrize("path", sorted(CODES.iterdir()), ids=lambda path: path.stem)
def test_a_long_code_table_has_the_carriers_words_beside_each_code(path: Path) -> None:
    assert path.suffix == ".csv"
    with path.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    assert rows[0] == ["code", "sub_status", "reason", "words"]
    assert all(len(row) == 4 and all(cell == cell.strip() for cell in row) for row in rows)
    wordless = sum(not row[3] for row in rows[1:])
    assert wordless == WORDLESS.get(path.stem, 0), "Say what the carrier calls each code."


@every_carrier
def test_a_request_can_be_built_for_any_number(carrier: Carrier) -> None:
    keeps(promises.requests(carrier))


@every_carrier
def test_a_carrier_that_asks_for_secrets_says_how_it_refuses_them(carrier: Carrier) -> None:
    if not any(secret.required for secret in carrier.auth.secrets):
        return
    refused = [case for case in KNOWN[carrier.code] if case.name.startswith("refused")]
    assert Outcome.AUTH_ERROR in {case.said["outcome"] for case in refused}


@every_carrier
def test_what_nobody_promised_is_off_until_the_operator_allows_it(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(configured, "UNOFFICIAL_CARRIERS", frozenset())
    if carrier.unofficial:
        assert offers.closed(carrier) is offers.Closed.UNOFFICIAL
    if carrier.unofficial_alone:
        assert offers.needs_credentials(carrier)


@every_carrier
def test_a_carrier_on_the_operators_own_machine_names_a_setting_there_is(carrier: Carrier) -> None:
    assert not carrier.address_setting or hasattr(configured, carrier.address_setting)


def test_the_simulator_speaks_for_every_carrier_and_for_nobody_else() -> None:
    keeps([said for code in CARRIERS for said in promises.simulated(code, WIRES, NETWORKS)])
    assert (set(WIRES) | set(NETWORKS)) - set(CARRIERS) == set()


def test_no_adapter_may_import_another() -> None:
    linted = tomllib.loads((configured.BASE_DIR / "pyproject.toml").read_text("utf-8"))["tool"][
        "importlinter"
    ]["contracts"]
    [contract] = [one for one in linted if one["type"] == "independence"]
    assert contract["modules"] == ["carriers.adapters.*"]


@every_carrier
def test_there_is_something_to_measure_of_every_carrier(carrier: Carrier) -> None:
    answers = [answer for case in KNOWN[carrier.code] for answer in read(carrier, case.reply).answers]
    events = sum(len(events_of(carrier, answer)) for answer in answers)
    assert events >= 5, "too few events in the recorded answers to measure how fast they are read"


# --- What it reads ---


@every_case
def test_a_recorded_answer_is_read_as_a_person_reads_it(case: Case) -> None:
    carrier, expected = CARRIERS[case.carrier], case.said
    keeps(promises.misread(carrier, case))
    reading = read(carrier, case.reply)
    for answer, wanted in zip(reading.answers, expected["answers"], strict=True):
        events = events_of(carrier, answer)
        assert [shown(event) for event in events] == [tuple(one.values()) for one in wanted["events"]]
        compare(answer, events, wanted)


def shown(event: Event) -> tuple[str, str | None, str, str, str]:
    return event.occurred_at.isoformat(), event.sub_status, event.code, event.text, event.place


def compare(answer: Answer, events: list[Event], wanted: dict[str, Any]) -> None:
    now = position(events)
    eta, pickup = answer.eta, answer.pickup
    seen: dict[str, Any] = {
        "outcome": answer.outcome,
        "status": now.status,
        "sub_status": now.sub_status,
        "delivered_at": iso(now.delivered_at),
        "pieces": answer.pieces,
        "detail": answer.detail,
        "ask_again": list(answer.ask_again),
        "delivery_options_url": answer.delivery_options_url,
        "zone_sources": [event.zone_source for event in events],
        "reasons": [event.reason for event in events],
        "legs": [event.leg for event in events],
        "pickup": pickup and {"name": pickup.name, "address": pickup.address, "until": pickup.until and str(pickup.until)},
        "eta": eta and [str(eta.first_date), str(eta.last_date), iso(eta.slot_from), iso(eta.slot_to)],
    }  # fmt: skip
    if "delivered_at" in wanted:
        wanted = {**wanted, "delivered_at": utc(wanted["delivered_at"])}
    assert {name: seen[name] for name in wanted if name in seen} == {
        name: value for name, value in wanted.items() if name in seen
    }
    assert answer.outcome == wanted.get("outcome", Outcome.FOUND)


def iso(at: datetime | None) -> str | None:
    return at and at.isoformat()


def utc(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(UTC).isoformat()


@every_carrier
def test_an_unknown_code_moves_nothing_and_alarms_nobody(carrier: Carrier) -> None:
    for case in KNOWN[carrier.code]:
        if case.name.startswith("new_code"):
            keeps(promises.alarmed(carrier, case))


# Names, streets, signatures and photos that stand in the recorded answers.
PERSONAL = re.compile(
    "IBARRA|MARQUES|NURIA|VIDAL|ANA RUIZ|KACHELHAUS|CERAMICA EL FARO|iVBOR|JVBERi|/9j/|CALLE MAYOR",
    re.IGNORECASE,
)

NAMELESS = {"laposte", "mondial_relay", "poste_italiane"}  # whose answers hold none


@every_carrier
def test_nobodys_name_leaves_an_answer(carrier: Carrier) -> None:
    for case in KNOWN[carrier.code]:
        for answer in read(carrier, case.reply).answers:
            kept = repr((answer.pickup, answer.detail, events_of(carrier, answer)))
            assert not PERSONAL.findall(kept), case


def test_recorded_answers_have_names_to_leave_out() -> None:
    known = [case for cases_ in KNOWN.values() for case in cases_]
    named = {case.carrier for case in known if PERSONAL.search(case.body.decode("utf-8", "replace"))}
    assert set(CARRIERS) - named == NAMELESS, "Put the (invented) names in that the carrier sends."


# --- What it survives ---


@every_carrier
@given(
    body=st.binary(max_size=400),
    status=st.sampled_from([None, 200, 207, 301, 400, 401, 403, 404, 418, 429, 500, 503]),
)
@examples(40)
def test_any_bytes_are_an_answer_or_an_error(carrier: Carrier, body: bytes, status: int | None) -> None:
    sound(carrier, Reply(body, status))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@every_carrier
@given(payload=json_values)
@examples(30)
def test_any_json_is_an_answer_or_an_error(carrier: Carrier, payload: Json) -> None:
    sound(carrier, Reply(json.dumps(payload).encode()))


@every_carrier
@given(seed=st.integers(0, 2**32), status=st.sampled_from([None, 200]))
@examples(100)
def test_a_spoiled_answer_is_an_answer_or_an_error(carrier: Carrier, seed: int, status: int | None) -> None:
    chance = random.Random(seed)
    case = chance.choice(KNOWN[carrier.code])
    if case.payload is None:
        sound(carrier, Reply(spoiled_text(case.body, chance), status))
    else:
        payload = spoiled(case.payload, chance, chance.choice([0.02, 0.1, 0.3]))
        sound(carrier, Reply(json.dumps(payload).encode(), status))


DEEP = 100_000


@every_carrier
@pytest.mark.parametrize(
    "body",
    [
        b"[" * DEEP,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        b"<a>" * DEEP + b"</a>" * DEEP,
        b'[{"returnCode":' + b"9" * 5000 + b"}]",
        b" " * (9 * 1024 * 1024),
        b'{"shipments":[{"id":"1","status":{},"events":[{"timestamp":"2026-01-01","pieceIds":["1","2"]}]}]}',
        '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "1">]><a>&x;</a>'.encode("utf-16"),
        b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><Envelope>&x;</Envelope>',
    ],
    ids=["open", "nested", "objects", "elements", "integer", "huge", "pieces", "utf-16", "entity"],
)
def test_a_hostile_body_is_an_answer_or_an_error(carrier: Carrier, body: bytes) -> None:
    sound(carrier, Reply(body))


def test_a_shipment_of_absurdly_many_parcels_is_read_in_no_time() -> None:
    names = [f"JD{n}" for n in range(20_000)]
    scan = {"statusCode": "transit", "timestamp": "2026-09-17T10:00:00+02:00"}
    events = [scan | {"pieceIds": [name]} for name in names[:3000]]
    payload = {
        "shipments": [{"id": "1", "service": "express", "details": {"pieceIds": names}, "events": events}]
    }
    [answer] = CARRIERS["dhl"].parse(Reply(json.dumps(payload).encode()))
    assert answer.pieces == 20_000
    assert len(answer.scans) == 3000
    assert len(events_of(CARRIERS["dhl"], answer)) == 1000
