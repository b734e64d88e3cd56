"""Every message has words in every language, speaks only of what there is, and is short where it costs."""

import pytest
from django.utils import translation

from notifications import sandbox, words
from notifications.default_designs import default_content
from notifications.facts import example, first_name
from notifications.occasions import OCCASIONS
from tenants.isolation import shop_context
from tenants.models import LANGUAGES
from tests import make

pytestmark = pytest.mark.django_db
GSM7 = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghij"
    "klmnopqrstuvwxyzäöñüà^{}\\[~]|€"
)


@pytest.fixture
def values():
    shop = make.shop(name="Casa Olmo")
    with shop_context(shop.pk):
        made = example(shop, "shipped")
    link = "https://olmo.example/t/" + "x" * 7  # 30 characters
    urls = {name: link for name in made["order"] if name.endswith("url")}
    return {
        **made,
        "order": {**made["order"], **urls, "carrier": "Correos Express", "eta": "Arrives Friday 20"},
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_words_in_every_language_and_speaks_only_of_what_there_is(values, language):
    with translation.override(language):
        for occasion in OCCASIONS:
            said = words.words_for(occasion)
            for source in (said.subject, said.text, said.short, words.WHY, words.WHY_OTHER):
                assert sandbox.unknown_variables(str(source), values) == [], (occasion, source)
            for source in (said.subject, said.short):
                filled = sandbox.fill(str(source), values)
                assert filled.strip() and "{" not in filled, occasion


@pytest.mark.parametrize("pickup", [{}, {"name": "Librería La Plaza", "until": "Thursday 26"}])
def test_an_sms_of_ours_is_one_segment_in_english_and_two_at_most_elsewhere(values, pickup):
    values["pickup"] = values["pickup"] | pickup
    for language in LANGUAGES:
        with translation.override(language):
            for occasion in OCCASIONS:
                text = sandbox.fill(str(words.words_for(occasion).short), values)
                if language == "en":
                    assert len(text) <= 160 and not set(text) - GSM7 - {"í"}, (occasion, len(text), text)
                assert len(text) <= 306, (occasion, text)


def test_the_last_day_to_collect_is_told_more_firmly_than_the_first():
    said = str(words.words_for("pickup_waiting").text)
    filled = [
        sandbox.fill(said, {"news": {"left": left}, "pickup": {"name": "La Plaza", "until": "Friday"}})
        for left in (0, 1, 6)
    ]
    assert (
        "Today is the last day" in filled[0] and "little time left" in filled[1] and "No hurry" in filled[2]
    )


def test_a_parcels_detail_without_words_of_its_own_has_those_of_its_status():
    assert words.words_for("parcel:in_transit.in_sorting") is words.words_for("parcel:in_transit")
    assert words.words_for("parcel:exception.lost") is not words.words_for("parcel:exception")


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_every_message_has_a_design_of_the_house(channel):
    for key in (*OCCASIONS, "own-spring"):
        content = default_content(key, channel, tuple(LANGUAGES))
        texts = content["subject"] if channel == "email" else content["text"]
        assert set(texts) == set(LANGUAGES), key


def test_what_nobody_is_called_is_no_first_name():
    assert first_name("Ana María Ruiz") == "Ana"
    for said in (
        "https://evil.example Ana",
        "www.evil.example",
        "evil.example/x Ruiz",
        "a@b.example",
        "x" * 40,
    ):
        assert first_name(said) == "", said
