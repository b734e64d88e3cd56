"""A reply is what is new in it: what it answers is left out, in six languages, and nothing else ever is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.quotes import without_quotes

HEADERS = [
    "On Sat, 21 Nov 2026 at 12:05, Barro y Sal <reply+1@in.example> wrote:",
    "On Sat, 21 Nov 2026 at 12:05, Barro y Sal\n<reply+1@in.example> wrote:",
    "El sáb, 21 nov 2026 a las 12:05, Barro y Sal (<reply+1@in.example>) escribió:",
    "El 21/11/26 a las 12:05, Barro y Sal escribió:",
    "Em sáb., 21 de nov. de 2026 às 12:05, Torra Clara <reply+1@in.example> escreveu:",
    "Le sam. 21 nov. 2026 à 12:05, Librairie des Pentes <reply+1@in.example> a écrit :",
    "Le 21/11/2026 à 12:05, Librairie a écrit :",
    "Il giorno sab 21 nov 2026 alle ore 12:05 Barro <reply+1@in.example> ha\nscritto:",
    "Am Sa., 21. Nov. 2026 um 12:05 Uhr schrieb Barro y Sal <reply+1@in.example>:",
    "Am 21.11.26 um 12:05 schrieb Barro y Sal:",
    "Barro y Sal <reply+1@in.example> schrieb am Sa., 21. Nov. 2026, 12:05:\n> x",
    "-----Original Message-----",
    "-----Mensaje original-----",
    "-----Ursprüngliche Nachricht-----",
    "________________________________",
    "De: Barro y Sal <reply+1@in.example>\nEnviado: sábado, 21 de noviembre de 2026 12:05\nPara: Marta",
    "From: Barro y Sal <reply+1@in.example>\nSent: Saturday, November 21, 2026 12:05\nTo: Marta",
    "Von: Barro y Sal\nGesendet: Samstag, 21. November 2026 12:05",
    "Da: Barro y Sal\nInviato: sabato 21 novembre 2026 12:05",
    "*De :* Librairie\n*Envoyé :* samedi 21 novembre 2026 12:05",
]


@pytest.mark.parametrize("header", HEADERS)
def test_what_is_answered_is_left_out(header):
    mail = f"Gracias, ya llegó.\n\nMarta\n\n{header}\n\n> Su paquete está en reparto.\n> Saludos\n"
    assert without_quotes(mail) == "Gracias, ya llegó.\n\nMarta"
    assert without_quotes(mail.replace("\n", "\r\n")) == "Gracias, ya llegó.\n\nMarta"


def test_answers_between_the_quotes_are_kept():
    assert without_quotes("> Is it broken?\nYes.\n> Both of them?\nOnly one.") == "Yes.\nOnly one."


@pytest.mark.parametrize(
    "said",
    [
        "My neighbour wrote: it is with him.\nPlease ask him.",
        "From: my window I see the van. It drove on.",
        "On Monday I was at home.\nNobody rang.",
        "El repartidor me escribió: mañana\ny no vino",
        "Two things:\n- the plate\n-- and the jug",
    ],
)
def test_words_that_only_look_like_a_header_are_kept(said):
    assert without_quotes(said) == said


def test_a_signature_is_left_out():
    assert without_quotes("It came.\n-- \nMarta Ruiz\nCEO") == "It came."


def test_where_there_are_only_quotes_all_is_kept():
    mail = "On Sat, 21 Nov 2026 at 12:05, X <x@y.example> wrote:\n> Is it there?"
    assert without_quotes(mail) == mail


@given(st.text(max_size=400))
def test_any_text_is_read_and_nothing_is_made_up(text):
    said = without_quotes(text)
    assert len(said) <= len(text)
    assert bool(said) == bool(text.strip().strip("\xa0").strip()) or not said


def test_a_hostile_mail_is_read_in_no_time():
    assert without_quotes("On " + "a " * 200_000) != ""
    assert without_quotes("El x\n" * 50_000) != ""
