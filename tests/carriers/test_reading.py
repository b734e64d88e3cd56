"""What came of a reply, and scans in our words."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from carriers import adapters, registry
from carriers.payload import error_for, https, json_of, retry_after_s, xml_of
from carriers.reading import MAX_SCANS, Meaning, events_of, read
from carriers.tables import load
from carriers.types import (
    FROM_CODE,
    FROM_WORDS,
    Answer,
    AuthError,
    BadResponseError,
    Carrier,
    CarrierError,
    Event,
    NoAuth,
    NotFoundError,
    Outcome,
    RateLimitedError,
    Reply,
    Scan,
    SubStatus,
    TransientError,
    ZoneSource,
)

AT = datetime(2026, 9, 17, 9, tzinfo=UTC)


def carrier(*answers: Answer, error: Exception | None = None) -> Carrier:
    def parse(reply: Reply) -> list[Answer]:
        if error:
            raise error
        return list(answers)

    return Carrier(
        code="velopost",
        name="Velopost",
        docs="https://velopost.example",
        endpoint="https://velopost.example/{number}",
        auth=NoAuth(),
        parse=parse,
        statuses={"T1": SubStatus.IN_TRANSIT, "E1": SubStatus.DELIVERED},
    )


def test_an_event_keeps_what_the_carrier_said() -> None:
    scan = Scan(
        AT,
        "T1",
        "En tránsito",
        "Teruel",
        "ES",
        "scan-7",
        2,
        None,
        "weather",
        ZoneSource.PLACE,
        "17/09 11:00",
        {"a": 1},
    )
    [event] = events_of(carrier(), Answer("1", scans=(scan,)))
    assert event == Event(
        occurred_at=AT,
        sub_status=SubStatus.IN_TRANSIT,
        code="T1",
        text="En tránsito",
        place="Teruel",
        country="ES",
        scan_id="scan-7",
        leg=2,
        reason="weather",
        source="carrier",
        zone_source=ZoneSource.PLACE,
        said_at="17/09 11:00",
        raw={"a": 1},
    )


def test_the_adapters_reading_counts_for_more_than_the_table() -> None:
    [event] = events_of(carrier(), Answer("1", scans=(Scan(AT, "T1", reading=SubStatus.RETURNING),)))
    assert event.sub_status is SubStatus.RETURNING


def test_a_code_without_a_row_has_no_meaning() -> None:
    [event] = events_of(carrier(), Answer("1", scans=(Scan(AT, "X9", "Movimiento 12/B"),)))
    assert (event.sub_status, event.authority) == (None, FROM_CODE)
    assert (event.code, event.text) == ("X9", "Movimiento 12/B")


def test_a_code_without_a_row_is_read_by_its_words_and_says_so() -> None:
    [event] = events_of(carrier(), Answer("1", scans=(Scan(AT, "X9", "Entregado"),)))
    assert (event.sub_status, event.authority) == (SubStatus.DELIVERED, FROM_WORDS)


def test_a_persons_word_counts_for_more_than_the_texts_and_less_than_the_tables() -> None:
    scans = (Scan(AT, "X9", "Entregado"), Scan(AT, "X8"), Scan(AT, "T1", "En tránsito"))
    meanings = {
        "X9": Meaning(SubStatus.PICKUP_POINT, 1700.0),
        "X8": Meaning(None, 1800.0),
        "T1": Meaning(SubStatus.EXCEPTION_LOST, 1900.0),
    }
    events = events_of(carrier(), Answer("1", scans=scans), meanings)
    assert [(event.sub_status, event.authority) for event in events] == [
        (SubStatus.PICKUP_POINT, 1700.0),
        (None, 1800.0),
        (SubStatus.IN_TRANSIT, FROM_CODE),
    ]


def test_the_text_corrects_a_delivery() -> None:
    [event] = events_of(carrier(), Answer("1", scans=(Scan(AT, "E1", "Entregado al remitente"),)))
    assert event.sub_status is SubStatus.RETURNED


def test_of_a_flood_of_scans_the_newest_are_kept() -> None:
    scans = tuple(Scan(AT, f"{n}") for n in range(MAX_SCANS + 5))
    events = events_of(carrier(), Answer("1", scans=scans))
    assert (len(events), events[-1].code) == (MAX_SCANS, f"{MAX_SCANS + 4}")


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        ([], Outcome.OTHER),
        ([Outcome.FOUND], Outcome.FOUND),
        ([Outcome.NOT_FOUND, Outcome.FOUND], Outcome.FOUND),
        ([Outcome.NOT_FOUND], Outcome.NOT_FOUND),
        ([Outcome.INVALID_NUMBER, Outcome.OTHER], Outcome.OTHER),
        ([Outcome.INVALID_NUMBER, Outcome.NOT_FOUND], Outcome.NOT_FOUND),
        ([Outcome.NOT_FOUND, Outcome.NOT_REGISTERED], Outcome.NOT_REGISTERED),
    ],
)
def test_one_outcome_speaks_for_a_reply_about_several_numbers(outcomes: list[Outcome], told: Outcome) -> None:
    answers = [Answer(f"{n}", outcome) for n, outcome in enumerate(outcomes)]
    assert read(carrier(*answers), Reply(b"")) == (told, tuple(answers), None)


def test_an_error_is_handed_on_and_not_raised() -> None:
    error = RateLimitedError("slower", retry_after_s=7)
    assert read(carrier(error=error), Reply(b"")) == (Outcome.RATE_LIMITED, (), error)


def test_a_fault_of_an_adapter_costs_one_answer(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        reading = read(carrier(error=KeyError("Nuria")), Reply(b"{}"))
    assert reading.outcome is Outcome.BAD_RESPONSE
    assert reading.error is not None
    assert reading.error.detail == "The answer could not be read (KeyError)."
    assert [record.message for record in caplog.records] == ["carrier_parse_failed"]


# --- Opening a reply ---


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, AuthError),
        (403, AuthError),
        (404, NotFoundError),
        (408, TransientError),
        (418, BadResponseError),
        (429, RateLimitedError),
        (500, TransientError),
        (599, TransientError),
    ],
)
def test_an_http_status_means_the_same_with_every_carrier(status: int, kind: type[CarrierError]) -> None:
    assert type(error_for(Reply(b"", status))) is kind
    with pytest.raises(kind):
        json_of(Reply(b"<html>", status))


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"retry-after": " 5 "}, 5),
        ({"Retry-After": "99999999999999"}, 86_400),
        ({"Retry-After": "Fri, 18 Sep 2026 10:01:30 GMT", "Date": "Fri, 18 Sep 2026 10:00:00 GMT"}, 90),
        ({"Retry-After": "Fri, 18 Sep 2026 09:00:00 GMT", "Date": "Fri, 18 Sep 2026 10:00:00 GMT"}, 0),
        ({"Retry-After": "Fri, 18 Sep 2026 10:01:30 GMT"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-1"}, None),
        ({"Retry-After": "²"}, None),
    ],
)
def test_how_long_to_wait_is_read_from_a_number_or_a_date(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert retry_after_s(headers) == seconds


def test_what_cannot_be_stored_is_left_out_of_texts() -> None:
    assert json_of(Reply(rb'{"a\u0000":["x\ud800y\u0000z","\ud83d\ude9a"]}')) == {"a": ["xyz", "🚚"]}


def test_a_byte_order_mark_is_no_part_of_the_answer() -> None:
    assert json_of(Reply(b"\xef\xbb\xbf[1]")) == [1]


@pytest.mark.parametrize(
    "page",
    [
        b'<!DOCTYPE a SYSTEM "https://evil.example/a.dtd"><a/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b"<a>&undefined;</a>",
        b"<a>",
        b"<a/><b/>",
        "<a/>".encode("utf-16"),
    ],
)
def test_xml_that_asks_for_more_than_reading_is_refused(page: bytes) -> None:
    with pytest.raises(BadResponseError):
        xml_of(Reply(page))


def test_xml_is_read_in_the_letters_it_came_in() -> None:
    assert xml_of(Reply("<a><b>Coruña</b></a>".encode("latin-1"))) == {"a": {"b": "Coruña"}}
    assert xml_of(Reply("<a><b>Coruña</b></a>".encode())) == {"a": {"b": "Coruña"}}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "http://dhl.example",
        "https://x.example/<script>",
        'https://x.example/"',
        "//x",
        7,
        None,
    ],
)
def test_only_a_plain_https_address_becomes_a_link(address: object) -> None:
    assert https(address) == ""
    assert (
        https("https://delivery.dhl.example/waybill?a=1&b=2")
        == "https://delivery.dhl.example/waybill?a=1&b=2"
    )


# --- Tables and the registry ---


def test_the_registry_knows_every_adapter() -> None:
    files = {path.stem for path in Path(adapters.__path__[0]).glob("*.py")} - {"__init__"}
    assert len(registry.CARRIERS) == len(files) >= 30
    assert list(registry.CARRIERS) == sorted(registry.CARRIERS)
    assert registry.get("dhl").name == "DHL"


def test_an_unknown_carrier_is_told_with_those_there_are() -> None:
    with pytest.raises(
        registry.UnknownCarrierError,
        match=r"no carrier “velopost”\. Known carriers: 17track, .*correos_es, .*dhl",
    ):
        registry.get("velopost")


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("A,delivered.delivered,,\nA,delivered.delivered,,", "line 3: code 'A' is empty or there twice"),
        (",delivered.delivered,,", "line 2: code '' is empty"),
        ("A,delivered,,", "line 2: 'delivered' is not a valid SubStatus"),
    ],
)
def test_a_wrong_table_names_its_line(
    rows: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "codes"
    folder.mkdir()
    (folder / "velopost.csv").write_text(f"code,sub_status,reason,words\n{rows}\n")
    monkeypatch.setattr("carriers.tables.resources.files", lambda _: tmp_path)
    with pytest.raises(ValueError, match=complaint):
        load("velopost")


def test_two_adapters_of_one_code_do_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    twin = replace(registry.get("dhl"), name="Twin")
    from carriers.adapters import ups

    monkeypatch.setattr(ups, "CARRIER", twin)
    with pytest.raises(RuntimeError, match="Two adapters declare the carrier 'dhl'"):
        registry._declared()
