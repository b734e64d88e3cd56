"""Tax numbers: what has check digits must add up, however people write it."""

from __future__ import annotations

import pytest

from tracking.tax_ids import checked

GOOD = [
    ("12345678Z", "ES"), ("12.345.678-Z", "ES"), ("X1234567L", "ES"), ("A58818501", "ES"), ("ESA58818501", "FR"),
    ("529.982.247-25", "BR"), ("11.222.333/0001-81", "BR"), ("12.ABC.345/01DE-35", "BR"), ("07643520567", "IT"),
    ("IT07643520567", "DE"), ("RSSMRA85T10A562S", "IT"), ("732829320", "FR"), ("FR44732829320", "FR"),
    ("73282932000074", "FR"), ("DE136695976", "DE"), ("136 695 976", "DE"),
]  # fmt: skip
BAD = [
    ("12345678A", "ES"), ("X1234567A", "ES"), ("A58818502", "ES"), ("Calle 5", "ES"), ("52998224726", "BR"),
    ("11111111111", "BR"), ("11222333000182", "BR"), ("07643520568", "IT"), ("RSSMRA85T10A562T", "IT"),
    ("732829321", "FR"), ("FR45732829320", "FR"), ("DE136695975", "DE"), ("1" * 40, "GB"),
]  # fmt: skip


@pytest.mark.parametrize("said,country", GOOD)
def test_a_right_number_is_kept_without_its_punctuation(said, country):
    kept = checked(said, country)
    assert kept is not None
    assert kept.isalnum()


@pytest.mark.parametrize("said,country", BAD)
def test_a_wrong_number_is_refused(said, country):
    assert checked(said, country) is None


def test_of_other_countries_a_number_is_taken_as_it_is_written():
    assert checked("gb 123 4567 89", "GB") == "GB 123 4567 89"
    assert checked("", "ES") == ""
