"""`manage.py read_answer`: what support and operators see of a recorded answer. Needs no database and no Redis."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from carriers.registry import CARRIERS
from carriers.types import Outcome, Status, SubStatus
from tests.carriers.recorded import Case, cases


def lines(capsys: pytest.CaptureFixture[str], carrier: str, *files: Path) -> list[dict[str, Any]]:
    call_command("read_answer", carrier, *map(str, files))
    out = capsys.readouterr()
    assert out.err == ""
    return [json.loads(line) for line in out.out.splitlines()]


def kept(folder: Path, case: Case) -> Path:
    path = folder / f"{case}.txt"
    path.write_bytes(case.body)
    return path


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_recorded_answer_is_one_line(
    carrier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = cases(carrier)
    files = [kept(tmp_path, case) for case in known]
    told = lines(capsys, carrier, *files)
    assert [line["file"] for line in told] == [str(path) for path in files]
    for case, line in zip(known, told, strict=True):
        assert line["outcome"] in set(Outcome)
        for shipment in line["shipments"]:
            assert {"number", "status", "sub_status", "eta", "events"} <= set(shipment)
            assert shipment["status"] in set(Status)
            assert SubStatus(shipment["sub_status"]).status == shipment["status"]
            for event in shipment["events"]:
                assert list(event) == ["at", "status", "sub_status", "code", "text", "place"]
                assert SubStatus(event["sub_status"]).status == event["status"]
        wanted = [one["status"] for one in case.said["answers"] if "status" in one and one["events"]]
        found = [one["status"] for one in line["shipments"] if one["events"]]
        assert found == wanted


def test_a_line_says_it_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [case] = [case for case in cases("dhl") if case.name == "in_transit"]
    [line] = lines(capsys, "dhl", kept(tmp_path, case))
    assert line == {
        "file": str(tmp_path / "dhl-in_transit.txt"),
        "outcome": "found",
        "shipments": [
            {
                "number": "7301945528",
                "status": "in_transit",
                "sub_status": "in_transit.arrived_facility",
                "eta": "2026-09-17T09:00:00+01:00",
                "events": [
                    {
                        "at": "2026-09-14T17:41:00+02:00",
                        "status": "info_received",
                        "sub_status": "info_received.label_created",
                        "code": "express:PD-INFO",
                        "text": "Shipment information received",
                        "place": "Hamburg",
                    },
                    {
                        "at": "2026-09-15T15:05:00+02:00",
                        "status": "in_transit",
                        "sub_status": "in_transit.picked_up",
                        "code": "express:PU",
                        "text": "Shipment picked up",
                        "place": "Hamburg",
                    },
                    {
                        "at": "2026-09-16T09:15:00+02:00",
                        "status": "in_transit",
                        "sub_status": "in_transit.in_sorting",
                        "code": "express:PL",
                        "text": "Processed",
                        "place": "",
                    },
                    {
                        "at": "2026-09-16T10:20:00+01:00",
                        "status": "in_transit",
                        "sub_status": "in_transit.arrived_facility",
                        "code": "express:AF",
                        "text": "Arrived at facility",
                        "place": "Las Palmas",
                    },
                ],
            }
        ],
    }


def test_an_eta_without_a_slot_is_a_day(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [case] = [case for case in cases("17track") if case.name == "eta_over_days"]
    [line] = lines(capsys, "17track", kept(tmp_path, case))
    assert line["shipments"][0]["eta"] == "2026-09-18"


def test_numbers_that_were_not_found_are_pending(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [case] = [case for case in cases("laposte") if case.name == "several_numbers"]
    [line] = lines(capsys, "laposte", kept(tmp_path, case))
    assert line["outcome"] == "found"
    told = [(one["status"], one["sub_status"], one.get("outcome")) for one in line["shipments"]]
    assert told == [
        ("delivered", "delivered.delivered", None),
        ("pending", "pending.not_found", "not_found"),
        ("pending", "pending.invalid_number", "invalid_number"),
        ("pending", "pending.registered", "transient"),
    ]


def test_a_code_without_a_row_stays_where_the_parcel_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    [case] = [case for case in cases("laposte") if case.name == "new_code"]
    [line] = lines(capsys, "laposte", kept(tmp_path, case))
    last = line["shipments"][0]["events"][-1]
    assert (last["status"], last["sub_status"], last["code"]) == (
        "out_for_delivery",
        "out_for_delivery.unmapped",
        "ZZ9",
    )


def test_a_scan_of_next_year_is_taken_as_it_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A recorded answer has no hour of its own: ours is not held against it."""
    [case] = [case for case in cases("laposte") if case.name == "delivered"]
    path = tmp_path / "later.json"
    path.write_bytes(case.body.replace(b"2026-09", b"2098-09"))
    [line] = lines(capsys, "laposte", path)
    assert line["shipments"][0]["status"] == "delivered"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_no_file_makes_it_stumble(carrier: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bodies = {
        "empty": b"",
        "binary": bytes(range(256)) * 8,
        "page": b"<!DOCTYPE html><html><body>503</body></html>",
        "cut": b'{"shipments":[{"id":"1","events":[{"times',
        "deep": b"[" * 100_000,
        "huge": b" " * (9 * 1024 * 1024),
        "surrogate": rb'"\ud800"',
    }
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    files = [tmp_path / name for name in bodies]
    told = lines(capsys, carrier, *files, tmp_path / "missing", tmp_path)
    # Some carriers answer "not found" with nothing at all.
    assert {line["outcome"] for line in told} <= {"bad_response", "not_found", "other"}
    assert {line["outcome"] for line in told[-2:]} == {"bad_response"}
    assert all(line.get("detail") or line["shipments"] for line in told if line["outcome"] == "bad_response")
    assert all(parcel["events"] == [] for line in told for parcel in line["shipments"])
    assert "No such file" in told[-2]["detail"]


def test_a_name_that_is_no_text_is_no_trouble(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output is plain ASCII: neither the terminal's encoding nor a name out of Latin-1 times breaks it."""
    call_command("read_answer", "dhl", f"{tmp_path}/a\udce9o", "a\x00b")
    out = capsys.readouterr().out
    assert out.isascii()
    assert [json.loads(line)["outcome"] for line in out.splitlines()] == ["bad_response", "bad_response"]


def test_an_unknown_carrier_is_an_error_of_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(
        CommandError, match=r"no carrier “correo”\. Known carriers: 17track, .*correos_es"
    ) as caught:
        call_command("read_answer", "correo", "x.json")
    assert caught.value.returncode == 2
    assert capsys.readouterr().out == ""
