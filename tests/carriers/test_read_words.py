"""`manage.py read_words`: one answer a line, whatever the line."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).parents[2]


def answers(lines: bytes, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[list[str], list[str]]:
    """What it printed, and what it complained of."""
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines), encoding="utf-8"))
    out, err = io.StringIO(), io.StringIO()
    call_command("read_words", *arguments, stdout=out, stderr=err)
    return out.getvalue().splitlines(), err.getvalue().splitlines()


def test_each_line_gets_its_status_and_how_sure_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "\n".join(
        [
            "es\tEntregado",
            "pt-BR\tObjeto saiu para entrega ao remetente",
            "DE\tZurück an den Absender",
            "\tVotre colis a été livré",
            "zz\tOut for delivery",
            "en\tDelivery attempted",
            "es\tSerá entregado mañana",
            "it\t",
        ]
    )
    said, complaints = answers(lines.encode(), monkeypatch)
    assert [line.partition("\t")[0] for line in said] == [
        "delivered", "returning", "returning", "delivered", "out_for_delivery", "failed_attempt", "unknown",
        "unknown",
    ]  # fmt: skip
    assert said[0] == "delivered\t0.95"
    assert said[-1] == "unknown\t0.00"
    assert complaints == []


def test_the_detailed_status_is_told_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    said, _ = answers(b"en\tDelivered to neighbour\nen\tWho knows\n", monkeypatch, "--detail")
    assert said == ["delivered.to_neighbour\t0.94", "unknown\t0.00"]


def test_a_bad_line_costs_no_other_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = b"Entregado\n\nes\tEntregado \xff\xfe\nes\tEntregado\r\nes\tEnt\x00regado\ten reparto\n" + (
        b"es\t" + b"a" * 200_000 + b"\nes\tEn reparto"
    )
    said, complaints = answers(lines, monkeypatch)
    assert [line.partition("\t")[0] for line in said] == [
        "unknown", "unknown", "unknown", "delivered", "out_for_delivery", "unknown", "out_for_delivery",
    ]  # fmt: skip
    assert complaints == [
        "Line 1: no tab between a language and a text.",
        "Line 2: no tab between a language and a text.",
    ]


def test_nothing_in_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert answers(b"", monkeypatch) == ([], [])


def test_it_answers_line_by_line_and_needs_no_server() -> None:
    nowhere = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    with subprocess.Popen(
        [sys.executable, "manage.py", "read_words"],
        cwd=ROOT,
        env={**nowhere, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as reader:
        assert reader.stdin and reader.stdout
        for line, answer in ((b"es\tEntregado\n", b"delivered\t0.95\n"), (b"none\n", b"unknown\t0.00\n")):
            reader.stdin.write(line)
            reader.stdin.flush()
            assert reader.stdout.readline() == answer
        reader.stdin.close()
        assert reader.wait(timeout=30) == 0
