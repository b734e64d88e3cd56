"""Every message has words, every variable in them exists, and a merchant's words can do no harm."""

import pytest
from django.utils import translation

from notifications import blocks, sandbox, words
from notifications.facts import example
from notifications.rules import TELLABLE
from tenants.models import LANGUAGES, Shop
from tracking.states import OrderState

SHOP = Shop(pk=1, slug="t", name="Tienda <b>", language="es", contact_email="a@example.com")


def values(state="shipped", db=None):
    return example(SHOP, state)


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", TELLABLE)
def test_every_message_has_words_in_every_language_and_speaks_only_of_what_there_is(state, language):
    with translation.override(language):
        said = words.WORDS[OrderState(state)]
        for source in (said.subject, said.text, said.short, words.WHY):
            assert sandbox.unknown_variables(str(source), values(state)) == []
            filled = sandbox.fill(str(source), values(state), html=False)
            assert filled.strip() and "{" not in filled


@pytest.mark.django_db
@pytest.mark.parametrize("state", TELLABLE)
def test_a_default_sms_fits_two_segments(state):
    text = sandbox.fill(str(words.WORDS[OrderState(state)].short), values(state), html=False)
    assert len(text) <= 306


def test_a_variable_that_no_message_has_is_named():
    assert sandbox.unknown_variables("{{ order.number }} {{ ordr.nmber }}", {"order": {"number": "1"}}) == [
        "ordr.nmber"
    ]


@pytest.mark.parametrize(
    "attack",
    [
        "{% for i in (1..100000000) %}x{% endfor %}",
        "{% assign a = (1..100000000) | sort %}{{ a }}",
        "{% assign n = 100000000 %}{% for i in (1..n) %}x{% endfor %}",
        "{{ 'a' | safe }}",
        "{% include '/etc/passwd' %}",
        "{% render '/etc/passwd' %}",
        "{% assign a = 'aaaaaaaaaaaaaaaa' %}" + "{% assign a = a | append: a %}" * 30 + "{{ a }}",
        "{% for a in l %}{% for b in l %}{% for c in l %}x{% endfor %}{% endfor %}{% endfor %}",
        "{% capture a %}{% for b in l %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}{% endcapture %}"
        * 40,
        "{{ 'a' | replace: '', 'bbbbbbbbbbbbbbbbbbbb' }}",
        "x" * 70_000,
        "{{ a",
        "{% if %}",
    ],
)
def test_words_that_would_do_harm_are_refused_or_come_to_little(attack):
    try:
        filled = sandbox.fill(attack, {"l": list(range(500))}, html=True)
    except sandbox.WordsError:
        return
    assert len(filled) < 1_000


def test_words_reach_nothing_of_python():
    assert sandbox.fill("{{ x.__class__ }}{{ x.upper }}", {"x": "a"}, html=False) == ""


def test_what_a_merchant_writes_is_text_and_what_a_customer_is_called_is_too():
    made = blocks.html_template((blocks.Block("text", text="&lt;b&gt; {{ name }}"),), LOOK)
    assert "&lt;b&gt; &lt;script&gt;" in sandbox.fill(made, {"name": "<script>"}, html=True)


LOOK = blocks.Look(
    brand="#a8472a",
    on_brand="#ffffff",
    brand_text="#a8472a",
    brand_soft="#f8efec",
    page="#ffffff",
    font="serif",
    radius=8,
)


@pytest.mark.parametrize("kind", blocks.KINDS)
def test_every_block_makes_a_mail_that_fetches_nothing_from_strangers(kind):
    block = blocks.Block(kind, text="t", title="t", label="l", url="https://shop.example", code="X")
    html = blocks.html_template((block,), LOOK)
    assert "fonts.googleapis" not in html and "<script" not in html
    assert blocks.text_template([block]) is not None


def test_an_unknown_block_is_refused():
    with pytest.raises(blocks.BlockError):
        blocks.html_template((blocks.Block("carousel"),), LOOK)
