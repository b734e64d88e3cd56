"""Carriers shout the names of places; the page does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.calm import calm


@pytest.mark.parametrize(
    ("said", "calmly"),
    [
        ("VALENCIA", "Valencia"),
        ("OFICINA DE SEVILLA SUC 3", "Oficina de Sevilla SUC 3"),
        ("A CORUÑA", "A Coruña"),
        ("LAS PALMAS DE GRAN CANARIA", "Las Palmas de Gran Canaria"),
        ("CTA VALENCIA", "CTA Valencia"),
        ("L'HOSPITALET DE LLOBREGAT", "L'Hospitalet de Llobregat"),
        ("SÃO PAULO / SP", "São Paulo / SP"),
        ("GMBH", "GMBH"),
        ("EU", "EU"),
        ("Madrid-Vallecas", "Madrid-Vallecas"),
        ("Zaragoza CTA", "Zaragoza CTA"),
        ("", ""),
    ],
)
def test_capitals_are_for_names_and_abbreviations(said, calmly):
    assert calm(said) == calmly


@given(st.text(max_size=60))
def test_nothing_but_the_size_of_letters_changes_and_calm_stays_calm(said):
    once = calm(said)
    assert once.casefold() == said.casefold() or once.upper() == said.upper()
    assert calm(once) == once or once.isupper()
