"""What carriers' sentences say, in six languages: right where it answers, silent where it doubts."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.folding import MAX_CHARS, fold
from carriers.phrases import BOOKS
from carriers.phrases.book import load
from carriers.types import Status, SubStatus
from carriers.words import SURE, Told, meaning, read_text

SENTENCES = Path(__file__).parent / "words"
LANGUAGES = sorted(BOOKS)


def sentences(language: str) -> Iterator[tuple[str, str]]:
    """Each line's status or sub-status, or `unknown`, and its text."""
    for line in (SENTENCES / f"{language}.tsv").read_text(encoding="utf-8").splitlines():
        said, _, text = line.partition("\t")
        yield said, text


ALL = [(language, said, text) for language in LANGUAGES for said, text in sentences(language)]
TEXTS = [text for _, _, text in ALL]
DELIVERED = [(language, text) for language, said, text in ALL if said.startswith("delivered")]


def status_of(told: Told | None) -> str:
    return told.sub_status.status if told else "unknown"


def said_of(told: Told | None, said: str) -> str:
    """As detailed as `said` is."""
    return told.sub_status if told and "." in said else status_of(told)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hinted", [True, False], ids=["hinted", "unhinted"])
def test_every_sentence_is_read_as_a_person_reads_it(language: str, hinted: bool) -> None:
    hint = language if hinted else ""
    wrong = {
        text: (said, said_of(read_text(text, hint), said))
        for said, text in sentences(language)
        if said_of(read_text(text, hint), said) != said
    }
    assert wrong == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_sentences_of_every_kind(language: str) -> None:
    statuses = [said.partition(".")[0] for said, _ in sentences(language)]
    untold = {Status.PENDING, Status.EXPIRED}  # no carrier's text says so in every language
    assert len(statuses) >= 150
    assert {*Status} - untold <= {*statuses}
    assert statuses.count("unknown") >= 20


@pytest.mark.parametrize("hint", ["", "xx", *LANGUAGES])
def test_nothing_is_delivered_that_is_not_whatever_language_is_expected(hint: str) -> None:
    wrong = [
        text
        for _, said, text in ALL
        if not said.startswith("delivered") and status_of(read_text(text, hint)) == Status.DELIVERED
    ]
    assert wrong == []


DENIALS = {
    "es": ("No {}", "Aún no {}", "No consta: {}", "¿{}?", "Si {}", "{}: no", "{}. Error de lectura", "Será {}",
           "Marcado como {}", "Confirme {}", "Tendría que haber sido {}", "Se anula la entrega: {}"),
    "pt": ("Não {}", "Ainda não {}", "{}?", "Caso {}", "{}: não", "{} por engano", "Será {}", "Poderá ser {}",
           "Marcado como {}", "Confirme se {}", "Devia ter sido {}"),
    "fr": ("Non {}", "Pas encore {}", "{} ?", "Si {}", "{} : non", "{} par erreur", "Sera {}", "Devrait être {}",
           "Marqué comme {}", "Confirmez que {}", "Aurait dû être {}"),
    "it": ("Non {}", "Non ancora {}", "{}?", "Se {}", "{}: no, non", "{} per errore", "Sarà {}", "Verrà {}",
           "Segnalato come {}", "Verifica se {}", "Doveva essere {}"),
    "en": ("Not {}", "Not yet {}", "{}?", "If {}", "{}: no", "{} in error", "Will be {}", "Could be {}",
           "Marked as {}", "Confirm {}", "Should have been {}", "Proof requested that {}"),
    "de": ("Nicht {}", "Noch nicht {}", "{}?", "Falls {}", "{}: nein, nicht", "Irrtümlich {}", "Wird {}", "Soll {}",
           "Als {} markiert", "Prüfung, ob {}", "Hätte {} werden sollen"),
}  # fmt: skip


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_delivery_denied_asked_after_or_taken_back_is_none(language: str) -> None:
    wrong = [
        denied
        for spoken, text in DELIVERED
        for form in DENIALS[language]
        if spoken == language
        for denied in (form.format(text.rstrip(".")),)
        if status_of(read_text(denied, language)) == Status.DELIVERED
    ]
    assert wrong == []


UNACCENTED = re.compile("(?i)würd|könnt")  # without its dots, it says something else


def without_accents(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def taken_for_latin(text: str) -> str:
    return text.encode().decode("latin-1")


def taken_for_windows(text: str) -> str:
    """Some letters have no counterpart there, and are lost for good."""
    try:
        return text.encode().decode("cp1252")
    except UnicodeDecodeError:
        return text


@pytest.mark.parametrize(
    "changed",
    [
        str.upper,
        str.lower,
        str.title,
        without_accents,
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: "  " + text.replace(" ", "   ") + " ",
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace("'", "\u2019"),
        html.escape,
        lambda text: text.encode("ascii", "xmlcharrefreplace").decode(),
        taken_for_latin,
        taken_for_windows,
        lambda text: taken_for_latin(taken_for_latin(text)),
        lambda text: f"<b>{text}</b>",
    ],
    ids=[
        "upper", "lower", "title", "accents", "composed", "spaces", "nbsp", "apostrophe", "html",
        "entities", "latin", "windows", "twice", "tags",
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_how_it_is_written_does_not_change_what_it_says(language: str, changed: Callable[[str], str]) -> None:
    wrong = [
        (text, changed(text))
        for _, text in sentences(language)
        if not re.search("[Ã\ufffd]", text)  # broken as it is
        and not (changed is without_accents and UNACCENTED.search(text))
        and read_text(changed(text), language) != read_text(text, language)
    ]
    assert wrong == []


@given(
    st.sampled_from(ALL),
    st.lists(st.booleans(), min_size=1, max_size=40),
    st.sampled_from(["", " ", ".", "  ", "\t", "\n"]),
)
def test_case_and_edges_do_not_change_the_answer(
    one: tuple[str, str, str], capitals: list[bool], edge: str
) -> None:
    language, _, text = one
    mixed = "".join(
        char.upper() if capitals[at % len(capitals)] else char.lower() for at, char in enumerate(text)
    )
    assert read_text(edge + mixed + edge, language) == read_text(text, language)


@given(st.text(max_size=600), st.text(max_size=8) | st.sampled_from(LANGUAGES))
def test_any_text_has_an_answer(text: str, language: str) -> None:
    told = read_text(text, language)
    assert told is None or (isinstance(told.sub_status, SubStatus) and 0 < told.confidence <= 1)


@given(st.lists(st.sampled_from(TEXTS), min_size=2, max_size=4), st.sampled_from(["", *LANGUAGES]))
def test_sentences_strung_together_have_an_answer(texts: list[str], language: str) -> None:
    told = read_text(" - ".join(texts), language)
    assert told is None or 0 < told.confidence <= 1


@given(st.sampled_from(DELIVERED), st.sampled_from(["Devuelto", "Returned", "Rücksendung", "Retour", "Reso"]))
def test_what_also_went_back_is_not_delivered(one: tuple[str, str], back: str) -> None:
    own = {"es": "No entregado", "pt": "Não entregue", "fr": "Non livré", "it": "Non consegnato",
           "en": "Not delivered", "de": "Nicht zugestellt"}  # fmt: skip
    language, text = one
    assert status_of(read_text(f"{text} {own[language]} {back}", language)) != Status.DELIVERED


def test_harmful_texts_take_no_longer_than_others() -> None:
    harmful = [
        piece * 1000
        for piece in (
            "not a ", "delivered ", "to the a an our your ", "no se ha ", "(-:/, ", "die der das ", "wird ",
            "en cours de ", "in consegna al ", "customs ", "&amp;", "Ã", "\ufffd", "a?b", "<", "x",
            "left the parcel in a locker by ", "return back it is in transit ", "a-b(c)/d:e,",
        )
    ]  # fmt: skip
    started = process_time()
    for text in harmful:
        for language in ("", *LANGUAGES):
            read_text(text, language)
    assert process_time() - started < 10  # it takes a fifth of a second; runaway matching takes for ever


def test_only_the_start_of_a_long_text_is_read() -> None:
    assert len(fold("á" * 100_000)) == MAX_CHARS
    assert read_text("x " * MAX_CHARS + "Delivered", "en") is None


@pytest.mark.parametrize("language", ["es", "ES", "es-ES", "es_MX", " es "])
def test_a_language_is_known_by_its_first_letters(language: str) -> None:
    assert read_text("Entregado", language) == Told(SubStatus.DELIVERED, 0.95)


def test_a_language_that_is_not_spoken_here_is_any() -> None:
    assert read_text("Entregado", "zz") == read_text("Entregado") != read_text("Entregado", "es")


def test_another_language_than_expected_is_understood_with_less_certainty() -> None:
    expected, unexpected = read_text("Zugestellt", "de"), read_text("Zugestellt", "es")
    assert expected and unexpected
    assert unexpected.sub_status is expected.sub_status
    assert unexpected.confidence < expected.confidence


@pytest.mark.parametrize(
    ("broken", "plain"),
    [
        ("TRÃ\x81NSITO", "transito"),
        ("TRÃNSITO", "transito"),
        ("tr\ufffdnsito", "transito"),
        ("N?O ENTREGUE", "nao entregue"),
        ("n\ufffd\ufffdo entregue", "nao entregue"),
        ("DIRECCIÃ“N", "direccion"),
        ("livrÃƒÂ©", "livre"),
        ("ENV&Iacute;O&nbsp;&amp;aacute;", "envio a"),
        ("OUT_FOR_DELIVERY", "out for delivery"),
        ("Stra\u00dfe \u0152uvre", "strasse oeuvre"),
        ("Delivered?", "delivered?"),
        ("xq\ufffdz", "xq\ufffdz"),
    ],
)
def test_broken_letters_are_mended_where_they_can_be(broken: str, plain: str) -> None:
    assert fold(broken) == plain


def test_an_unreadable_word_leaves_doubt_about_a_delivery() -> None:
    assert read_text("Entregado", "es")
    assert read_text("A\ufffdn Entregado", "es") is None
    assert read_text("xq\ufffdz Entregado", "es") is None


def test_what_is_not_sure_is_no_meaning() -> None:
    told = read_text("Estimated delivery: 12 May", "en")
    assert told and told.confidence < SURE
    assert meaning("Estimated delivery: 12 May", "en") is None
    assert meaning("Out for delivery", "en") is SubStatus.ON_VEHICLE


def test_a_heading_may_stand_once_in_a_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "xx.txt").write_text("[doubt]\nno\n[doubt]\nnot\n", encoding="utf-8")
    monkeypatch.setattr("carriers.phrases.book.__file__", str(tmp_path / "book.py"))
    with pytest.raises(ValueError, match="doubt stands twice"):
        load("xx")
