"""What carriers write for a place is found offline; never another country's, and not what is none."""

from __future__ import annotations

import pytest

from tracking.places import Point, around, distance_km, fold, gazetteer, place


@pytest.mark.parametrize(
    ("said", "country", "name", "near"),
    [
        ("Zaragoza", "ES", "Zaragoza", (41.66, -0.88)),
        ("Madrid-Vallecas", "ES", "Madrid", (40.42, -3.7)),
        ("CORREOS CTA VALENCIA", "ES", "Valencia", (39.47, -0.38)),
        ("Valencia", "VE", "Valencia", (10.16, -68.0)),
        ("Manises, Valencia", "ES", "Manises", (39.49, -0.46)),
        ("46009 - VALENCIA", "ES", "Valencia", (39.47, -0.38)),
        ("Unidad de Reparto 1 Zaragoza", "ES", "Zaragoza", (41.66, -0.88)),
        ("Delegación Getafe", "ES", "Getafe", (40.31, -3.73)),
        ("A CORUNA", "ES", "A Coruña", (43.37, -8.4)),
        ("Palma de Mallorca", "ES", "Palma de Mallorca", (39.57, 2.65)),
        ("Paketzentrum Köln-West", "DE", "Köln", (50.93, 6.95)),
        ("Milano", "IT", "Milano", (45.46, 9.19)),
        ("SAO PAULO", "BR", "São Paulo", (-23.55, -46.63)),
        ("Zaragoza", "es", "Zaragoza", (41.66, -0.88)),
    ],
)
def test_a_town_is_found_as_carriers_write_it(said, country, name, near):
    found = place(said, country)
    assert found is not None
    assert found.name == name
    assert distance_km(found.point, Point(*near)) < 5


@pytest.mark.parametrize(
    ("said", "country"),
    [
        ("Leipzig", "ES"),
        ("Zaragoza", "FR"),
        ("Zaragoza", ""),
        ("Zaragoza", "XX"),
        ("", "ES"),
        ("Almacén", "ES"),
        ("En reparto", "ES"),
        ("CTA", "ES"),
        ("46009", "ES"),
        ("-", "ES"),
        ("La", "ES"),
    ],
)
def test_what_is_no_place_there_is_not_known(said, country):
    assert place(said, country) is None


def test_of_two_towns_of_one_name_the_larger_is_meant_unless_the_region_says_otherwise():
    towns = gazetteer().named("san fernando", "ES")
    assert len(towns) >= 1
    assert place("Zaragoza", "CO").point != place("Zaragoza", "ES").point
    alike = next(
        found
        for name in ("villanueva", "santa cruz", "mieres", "villaviciosa")
        if len(found := gazetteer().named(name, "ES")) > 0
    )
    assert alike[0].weight == max(town.weight for town in alike)


def test_towns_round_about_come_the_largest_first_and_once():
    found = around("ES", Point(39.3, -0.6), Point(39.6, -0.2), 6)
    assert [town.name for town in found][:2] == ["Valencia", "Torrent"] or found[0].name == "Valencia"
    assert len({town.point for town in found}) == 6
    assert [t.weight for t in found] == sorted((t.weight for t in found), reverse=True)


def test_a_distance_is_the_one_on_the_ground():
    assert round(distance_km(Point(40.4168, -3.7038), Point(39.4699, -0.3763))) == 303


def test_accents_and_strokes_are_folded():
    assert fold("Łódź · Straße") == "lodz strasse"
