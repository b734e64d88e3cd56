"""`manage.py whose_number`: one answer a line, whatever the line."""

import io
import json
import sys

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def ask(monkeypatch):
    def asked(said, *options):
        data = said if isinstance(said, bytes) else said.encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        out = io.StringIO()
        call_command("whose_number", *options, stdout=out)
        return [json.loads(line) for line in out.getvalue().splitlines()]

    return asked


def test_a_number_is_answered_with_its_carrier(ask):
    (answer,) = ask("1z a4x 81w 03 0029 4751\n")

    assert answer == {
        "number": "1ZA4X81W0300294751",
        "pick": "ups",
        "tie": False,
        "candidates": [
            {
                "carrier": "ups",
                "name": "UPS",
                "score": 0.9997,
                "reasons": ["shape", "check_digit"],
                "product": "",
                "url": "https://www.ups.com/track?tracknum=1ZA4X81W0300294751",
            }
        ],
    }


def test_a_shape_of_several_is_a_tie(ask):
    (answer,) = ask("61771000054321", "--carriers", "gls_es, seur,ups")

    assert (answer["pick"], answer["tie"]) == (None, True)
    assert [one["carrier"] for one in answer["candidates"]] == ["gls_es", "seur"]


def test_only_the_carriers_named_are_answered(ask):
    (answer,) = ask("1ZA4X81W0300294751\n", "--carriers", "seur")

    assert (answer["pick"], answer["tie"], answer["candidates"]) == (None, False, [])


def test_a_country_tells(ask):
    (anywhere,), (spain,) = ask("3230001234567890"), ask("3230001234567890", "--country", "es")

    assert (anywhere["pick"], spain["pick"]) == (None, "correos_express")


def test_every_line_has_its_answer_in_order(ask):
    lines = [b"", b"\xff\xfe\x00", b"6C19283746506\r", b"1" * 1_000_000, b"hello", b"0810/7654321", b"\x00"]

    answers = ask(b"\n".join(lines))

    expected = ["", "", "6C19283746506", "", "", "0810/7654321", ""]
    assert [answer["number"] for answer in answers] == expected
    assert [answer["pick"] for answer in answers] == [None, None, "laposte", None, None, "nacex", None]


def test_the_last_line_needs_no_end(ask):
    assert [answer["pick"] for answer in ask("1ZA4X81W0300294751\n6C19283746506")] == ["ups", "laposte"]
    assert ask("") == []


@pytest.mark.parametrize(
    "options", [["--carriers", "ups,nobody"], ["--carriers", ","], ["--country", "Spain"]]
)
def test_a_wrong_option_is_refused(ask, options):
    with pytest.raises(CommandError):
        ask("1ZA4X81W0300294751", *options)
