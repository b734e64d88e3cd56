"""What is found out about a message before it is published, and that each thing is found where it is."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from notifications.contents import Content
from notifications.default_designs import default_content
from notifications.findings import OK, STOPS, WARNING, Finding, Look, Seen
from notifications.proofreading import proofread, stops
from notifications.proofreading_short import trap
from notifications.segments import length_of, plain, twin

LANGUAGES = ("es", "en")
LOOK = Look(pairs=(("the button", "#ffffff", "#1f5f4a"),), own="https://rastro.example")
PAGE = '<a href="https://rastro.example/t/1/">x</a><a href="https://rastro.example/t/1/alerts">y</a>'


def mail(**changed: Any) -> Content:
    return deepcopy(default_content("shipped", "email", LANGUAGES)) | changed


def seen(**changed: Any) -> Seen:
    said = {
        "subject": "Va de camino",
        "text": "Va de camino, ya.",
        "html": PAGE,
        "choose": "https://rastro.example/t/1/alerts",
    }
    return Seen("es", **(said | changed))


def found(
    content: Content, *, look: Look = LOOK, one: Seen | None = None, channel: str = "email"
) -> list[Finding]:
    return proofread(content, channel=channel, seen=[one or seen()], look=look, languages=LANGUAGES)


def level(findings: list[Finding], code: str) -> str:
    return next(one.level for one in findings if one.code == code)


def test_the_houses_own_mail_has_nothing_against_it() -> None:
    findings = found(mail())
    assert {one.level for one in findings} == {OK}
    assert {
        "contrast",
        "variables",
        "size",
        "text",
        "links",
        "translations",
        "subject",
        "first",
        "traps",
    } == {one.code for one in findings}


@pytest.mark.parametrize(
    ("one", "code", "expected"),
    [
        (seen(subject=" "), "subject", STOPS),
        (seen(subject="x" * 61), "subject", WARNING),
        (seen(html=PAGE + "x" * 103 * 1024), "size", STOPS),
        (seen(html=PAGE + "x" * 90 * 1024), "size", WARNING),
        (seen(html='<a href="https://rastro.example/t/1/">x</a>'), "footer", STOPS),
        (seen(html=PAGE + '<a href="http://tienda.example/">z</a>'), "links", WARNING),
        (seen(html=PAGE + '<a href="">z</a>'), "links", WARNING),
        (seen(text="Hola"), "text", WARNING),
        (seen(html=PAGE + "<img>" * 5), "traps", WARNING),
    ],
)
def test_what_a_reader_would_meet_is_found(one: Seen, code: str, expected: str) -> None:
    assert level(found(mail(), one=one), code) == expected


def test_colours_nobody_can_read_are_found() -> None:
    findings = found(mail(), look=Look(pairs=(("the footer", "#777777", "#666666"),)))
    assert level(findings, "contrast") == WARNING
    assert "the footer" in next(one.said for one in findings if one.code == "contrast")


def with_block(at: int, **block: Any) -> Content:
    content = mail()
    content["blocks"].insert(at, {"id": "new", **block})
    return content


def test_what_sells_comes_after_what_was_bought() -> None:
    early = next(one for one in found(with_block(0, kind="coupon", coupon="1")) if one.code == "first")
    assert (early.level, early.where, early.fix) == (WARNING, ("new", ""), "below")
    between = found(with_block(3, kind="coupon", coupon="1"))
    assert level(between, "first") == WARNING
    assert level(found(with_block(9, kind="coupon", coupon="1")), "first") == OK
    only = mail(blocks=[{"id": "c", "kind": "coupon", "coupon": "1"}])
    assert "news" in {one.code for one in stops(found(only))}


@pytest.mark.parametrize(
    ("block", "code", "expected", "where"),
    [
        ({"kind": "button", "to": "url"}, "links", STOPS, "url"),
        ({"kind": "button", "to": "url", "url": "https://example.com/x"}, "links", STOPS, "url"),
        ({"kind": "image"}, "empty", WARNING, "picture"),
        ({"kind": "image", "picture": "0a", "alt": {"es": "Una mesa"}}, "alt", WARNING, "alt"),
        ({"kind": "text"}, "empty", WARNING, "text"),
        ({"kind": "coupon"}, "empty", WARNING, "coupon"),
        ({"kind": "banner", "source": "own"}, "empty", WARNING, "title"),
        ({"kind": "products", "pick": "picked"}, "empty", WARNING, "skus"),
    ],
)
def test_what_is_not_there_is_found_in_its_block(
    block: dict[str, Any], code: str, expected: str, where: str
) -> None:
    findings = [one for one in found(with_block(9, **block)) if one.code == code and one.level != OK]
    assert [(one.level, one.where) for one in findings] == [(expected, ("new", where))]


def test_a_mail_that_leads_to_no_order_is_found_and_a_text_may_lead_there() -> None:
    content = mail(blocks=[b for b in mail()["blocks"] if b["kind"] != "button"])
    assert level(found(content), "order") == WARNING
    content["blocks"].append(
        {"id": "t", "kind": "text", "text": {"es": "{{ order.url }}", "en": "{{ order.url }}"}}
    )
    assert "order" not in {one.code for one in found(content)}


def test_texts_missing_in_a_language_are_counted_and_led_to() -> None:
    content = mail(subject={"es": "Hola"})
    missing = next(one for one in found(content) if one.code == "translations")
    assert (missing.level, missing.where, missing.language) == (WARNING, ("", "subject"), "en")


@pytest.mark.parametrize(
    ("text", "is_subject", "caught"),
    [
        ("COMPRA AHORA MISMO TODO", False, True),
        ("TU PEDIDO LLEGA HOY", True, True),
        ("Tu pedido de IKEA llega hoy", True, False),
        ("Llega hoy!!!", False, True),
        ("¡Llega hoy!", True, False),
        ("Envío gratis", True, True),
        ("Kostenlos für dich", True, True),
        ("Free returns", False, False),
        ("{{ customer.first_name | upcase }}, va de camino", True, False),
    ],
)
def test_what_filters_take_for_spam(text: str, is_subject: bool, caught: bool) -> None:
    assert bool(trap(text, is_subject=is_subject)) is caught


def short(text: str) -> tuple[Content, Seen]:
    return {"text": {"es": text, "en": text}}, Seen("es", text=text, length=length_of(text))


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("Va. {{ order.url }}", "order", OK),
        ("Va de camino", "order", WARNING),
        ("a" * 320 + "{{ order.url }}", "length", WARNING),
        ("a" * 480, "length", STOPS),
        ("Está en camino {{ order.url }}", "signs", WARNING),
    ],
)
def test_a_text_message_is_looked_over(text: str, code: str, expected: str) -> None:
    content, one = short(text)
    assert level(found(content, one=one, channel="sms"), code) == expected


def test_an_empty_text_message_is_stopped() -> None:
    assert stops(found({}, one=Seen("es"), channel="sms"))


def test_whatsapp_asks_for_an_approved_template_and_variables_without_gaps() -> None:
    content: Content = {"text": {"es": "{{ order.url }}"}, "variables": {"1": "a", "3": "b"}}
    findings = found(content, one=Seen("es", text="x"), channel="whatsapp")
    assert [one.code for one in findings if one.level == WARNING and one.code in ("approved", "variables")] == [
        "approved", "variables",
    ]  # fmt: skip
    content |= {"template": {"es": "HX" + "a1" * 16}, "variables": {"1": "a"}}
    assert level(found(content, one=Seen("es", text="x"), channel="whatsapp"), "approved") == OK


@pytest.mark.parametrize(("sign", "other"), [("á", "a"), ("’", "'"), ("…", "..."), ("👋", None), ("œ", "oe")])
def test_a_sign_has_a_twin_in_the_phones_alphabet_or_none(sign: str, other: str | None) -> None:
    assert twin(sign) == other


def test_twins_make_a_text_short_again() -> None:
    text = "Llegará mañana… “hoy” no"
    assert not length_of(text).is_gsm and length_of(plain(text)).is_gsm
