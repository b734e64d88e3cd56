"""What every carrier promises. A new one brings recorded answers, not tests."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from string import Formatter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers.listed import FIELDS
from carriers.reading import events_of, read
from carriers.registry import CARRIERS
from carriers.types import (
    Answer,
    Carrier,
    CarrierError,
    Event,
    InBody,
    Json,
    Login,
    OAuth2,
    Outcome,
    Query,
    Reply,
    Request,
    Status,
    SubStatus,
    Trust,
)
from tests.carriers.recorded import HOME, Case, cases
from tests.carriers.spoiling import spoiled, spoiled_text
from tracking.machine import fold
from tracking.position import Position, Stored

# Each carrier is shown at least these. `refused`: the key, or what stands in for one.
REQUIRED = {"delivered", "in_transit", "new_code", "not_found", "refused", "rate_limited", "nonsense"}
every_carrier = pytest.mark.parametrize("carrier", CARRIERS.values(), ids=lambda carrier: carrier.code)
KNOWN = {code: cases(code) for code in CARRIERS}
every_case = pytest.mark.parametrize("case", cases(), ids=str)


def position(events: list[Event]) -> Position:
    return fold(Stored.of(event, event.occurred_at) for event in events)


# --- What a carrier declares ---


@every_carrier
def test_a_carrier_says_all_that_others_need_to_know_of_it(carrier: Carrier) -> None:
    assert re.fullmatch(r"[a-z0-9_]{2,32}", carrier.code)
    assert carrier.name
    for address in (carrier.docs, carrier.endpoint, carrier.public_url):
        assert not address or address.startswith("https://")
    assert carrier.docs
    assert carrier.endpoint
    assert all(re.fullmatch(r"[a-z]{2}", language) for language in carrier.languages)
    assert (carrier.verify is None) or (carrier.push is not Trust.NONE)
    assert (carrier.push is Trust.SIGNED) <= (carrier.verify is not None)
    assert {secret for _header, secret in carrier.secret_headers} <= {
        secret.name for secret in carrier.auth.secrets
    }
    assert {name for _, name, _, _ in Formatter().parse(carrier.endpoint) if name} <= {"number"}
    assert {name for _, name, _, _ in Formatter().parse(carrier.public_url) if name} <= FIELDS
    assert carrier.limits.per_second > 0
    assert carrier.per_call >= 1
    assert all(re.fullmatch("[A-Z]{2}", country) for country in carrier.countries)
    assert {case.name for case in cases(carrier.code)} >= REQUIRED


def test_no_recorded_answer_belongs_to_nobody() -> None:
    assert {folder.name for folder in HOME.iterdir()} == set(CARRIERS)


@every_carrier
def test_a_code_table_names_our_words_and_ends_somewhere(carrier: Carrier) -> None:
    assert all(code and code == code.strip() for code in carrier.statuses)
    assert all(isinstance(sub, SubStatus) and not sub.is_unmapped for sub in carrier.statuses.values())
    reached = {sub.status for sub in carrier.statuses.values()}
    assert reached >= {Status.INFO_RECEIVED, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY, Status.DELIVERED}
    assert reached & {Status.RETURNING, Status.RETURNED}
    # A state of the shop's or of the shopper's own is never a carrier's to say.
    assert not {SubStatus.DELIVERED_CONFIRMED, SubStatus.EXCEPTION_DISPUTED} & set(carrier.statuses.values())


@every_carrier
def test_auth_names_secrets_a_person_can_find(carrier: Carrier) -> None:
    names = [secret.name for secret in carrier.auth.secrets]
    assert len(names) == len(set(names))
    assert all(secret.label for secret in carrier.auth.secrets)
    if isinstance(carrier.auth, OAuth2):
        assert carrier.auth.token_url.startswith("https://")
        assert carrier.auth.lifetime_s > 60
    if isinstance(carrier.auth, Login):
        request = carrier.auth.request(dict.fromkeys(names, 'se<cret>&"'))
        assert any(request.url.startswith(f"https://{host}/") for host in hosts(carrier))
        assert 'se<cret>&"' not in request.url


@every_carrier
def test_a_request_can_be_built_for_any_number(carrier: Carrier) -> None:
    named = next(iter(carrier.aggregates or ()), "")
    hostile = Query(
        'A/../b?c=d&<x>"\x00\u00e9%2F', postal_code="46014", country="ES", language="es", carrier=named
    )
    secrets = {secret.name: 'se<cret>&"' for secret in carrier.auth.secrets} | {"token": 'se<cret>&"'}
    at_once = {
        carrier.build: carrier.per_call,
        carrier.register: carrier.registers_per_call or carrier.per_call,
    }
    for build in filter(None, at_once):
        for queries in ([hostile], [hostile] * at_once[build]):
            request = build(queries, secrets)
            assert isinstance(request, Request)
            assert any(request.url.startswith(f"https://{host}/") for host in hosts(carrier))
            assert "/../" not in request.url
            assert not any(char in request.url for char in '?<>" \x00')
            # Auth in headers is the client's to add: a secret is in the body, or nowhere.
            in_body = isinstance(carrier.auth, InBody) or (
                isinstance(carrier.auth, Login) and not carrier.auth.header
            )
            assert in_body or 'se<cret>&"' not in repr(request)


def hosts(carrier: Carrier) -> tuple[str, ...]:
    return carrier.endpoint.split("/")[2], *carrier.hosts


# --- What it reads ---


@every_case
def test_a_recorded_answer_is_read_as_a_person_reads_it(case: Case) -> None:
    carrier, expected = CARRIERS[case.carrier], case.said
    reading = read(carrier, case.reply)
    assert reading.outcome == expected["outcome"]
    assert [answer.number for answer in reading.answers] == [one["number"] for one in expected["answers"]]
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


@every_case
def test_a_recorded_answer_says_where_it_is_documented(case: Case) -> None:
    assert case.said["source"].startswith("https://")


@every_case
def test_an_unknown_code_moves_nothing_and_alarms_nobody(case: Case) -> None:
    if not case.name.startswith("new_code"):
        return
    carrier = CARRIERS[case.carrier]
    for answer in read(carrier, case.reply).answers:
        news = [scan for scan in answer.scans if scan.code not in carrier.statuses]
        assert news
        quiet = {Status.PENDING, Status.INFO_RECEIVED, Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY}
        assert position(events_of(carrier, answer)).status in quiet | {Status.AVAILABLE_FOR_PICKUP}


# Names, streets, signatures and photos that stand in the recorded answers.
PERSONAL = re.compile(
    "IBARRA|MARQUES|NURIA|VIDAL|ANA RUIZ|KACHELHAUS|CERAMICA EL FARO|iVBOR|JVBERi|/9j/|CALLE MAYOR",
    re.IGNORECASE,
)


@every_case
def test_nobodys_name_leaves_an_answer(case: Case) -> None:
    carrier = CARRIERS[case.carrier]
    for answer in read(carrier, case.reply).answers:
        kept = repr((answer.pickup, answer.detail, events_of(carrier, answer)))
        assert not PERSONAL.findall(kept)


def test_recorded_answers_have_names_to_leave_out() -> None:
    named = {case.carrier for case in cases() if PERSONAL.search(case.body.decode("utf-8", "replace"))}
    assert named >= {"17track", "correos_es", "dhl", "gls_es", "ups"}


# --- What it survives ---


def sound(carrier: Carrier, reply: Reply) -> None:
    """Parse; nothing but a CarrierError may come of it, and what comes can be stored, folded and shown."""
    try:
        answers = carrier.parse(reply)
    except CarrierError as error:
        assert isinstance(error.detail, str)
        assert error.retry_after_s is None or 0 <= error.retry_after_s <= 86_400
        return
    for answer in answers:
        assert answer.outcome is not Outcome.FOUND or answer.number
        assert answer.pieces >= 1
        assert [scan.at for scan in answer.scans] == sorted(scan.at for scan in answer.scans)
        events = events_of(carrier, answer)
        for event in events:
            assert event.occurred_at.tzinfo is not None
            assert re.fullmatch("(?:[A-Z]{2})?", event.country)
        position(events)
        kept = json.dumps(
            [[event.code, event.text, event.place, event.said_at, event.raw] for event in events]
        )
        assert "\\u0000" not in kept
        json.loads(kept).__repr__().encode("utf-8")
        repr(answer).encode("utf-8")


@every_carrier
@given(
    body=st.binary(max_size=400),
    status=st.sampled_from([None, 200, 207, 301, 400, 401, 403, 404, 418, 429, 500, 503]),
)
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_an_answer_or_an_error(carrier: Carrier, body: bytes, status: int | None) -> None:
    sound(carrier, Reply(body, status))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@every_carrier
@given(payload=json_values)
@settings(max_examples=150, deadline=None)
def test_any_json_is_an_answer_or_an_error(carrier: Carrier, payload: Json) -> None:
    sound(carrier, Reply(json.dumps(payload).encode()))


@every_carrier
@given(seed=st.integers(0, 2**32), status=st.sampled_from([None, 200]))
@settings(max_examples=400, deadline=None)
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
