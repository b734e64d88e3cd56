"""Finding a carrier among hundreds: by name, country and what it is, each labelled for what it is."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse

from carriers import directory
from carriers.registry import CARRIERS
from console.carrier_offers import LABELS, MEANINGS, TONES, Kind, followers_of, kind_of, offer_of
from console.carrier_popular import POPULAR
from console.carrier_search import SHOWN, Found, Wanted, countries, find
from tenants.models import Role, Shop
from tests import make
from tests.console.clients import signed_in

CODES = {one.code: one for one in directory.everyone()}


def found(query: str = "", country: str = "ES", have: frozenset[str] = frozenset()) -> Found:
    return find(Wanted.of(QueryDict(query), country), have)


def codes(query: str = "", country: str = "ES") -> list[str]:
    return [card.code for card in found(query, country).cards]


def test_every_carrier_there_is_can_be_found_and_has_a_page() -> None:
    everywhere = found("country=&all=1")
    assert {card.code for card in everywhere.cards} == set(CODES)
    assert len(everywhere.cards) == everywhere.total == len(CODES)
    assert all(offer_of(code) for code in list(CODES)[::25])
    assert offer_of("velopost") is None


@pytest.mark.parametrize("country", sorted(POPULAR))
def test_the_usual_carriers_of_a_country_are_known_and_deliver_there(country: str) -> None:
    wrong = [
        code
        for code in POPULAR[country]
        if code not in CODES or (CODES[code].countries and country not in CODES[code].countries)
    ]
    assert wrong == []
    assert len(set(POPULAR[country])) == len(POPULAR[country])


def test_the_usual_carriers_of_the_shops_country_come_first() -> None:
    assert codes()[:3] == ["correos_es", "correos_express", "seur"]
    assert codes(country="BR")[0] == "correios_br"
    assert codes("country=FR")[0] == "laposte"


def test_without_a_list_of_the_usual_ones_those_that_are_asked_come_first() -> None:
    kinds = [kind_of(code) for code in codes("all=1", country="FI")]
    assert kinds == sorted(kinds, key=list(Kind).index)
    assert Kind.LINK in kinds


def test_only_carriers_at_work_in_the_country_are_listed_and_those_at_work_everywhere() -> None:
    for code in codes("all=1"):
        assert not CODES[code].countries or "ES" in CODES[code].countries
    assert "ups" in codes("all=1")


def test_a_name_is_found_with_or_without_its_accents() -> None:
    assert codes("q=boyaca") == codes("q=Boyacá")
    assert "boyaca" in codes("q=boyaca")
    assert codes("q=  tip ") == ["tipsa"]


def test_what_is_only_at_work_elsewhere_is_shown_and_said_to_be() -> None:
    elsewhere = found("q=jadlog")
    assert elsewhere.is_elsewhere
    assert [card.code for card in elsewhere.cards] == ["jadlog"]
    assert not found("q=seur").is_elsewhere


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_is_labelled_explained_and_can_be_asked_for(kind: Kind) -> None:
    listed = found(f"country=&all=1&kind={kind}").cards
    assert listed
    assert {card.label for card in listed} == {str(LABELS[kind])}
    assert {card.tone for card in listed} == {TONES[kind]}
    assert str(MEANINGS[kind])


def test_a_carrier_is_what_the_installation_lets_it_be(settings: Any) -> None:
    assert kind_of("seur") is Kind.API
    assert kind_of("17track") is Kind.AGGREGATOR
    assert kind_of("tipsa") is Kind.LINK
    assert kind_of("evri") is Kind.UNOFFICIAL
    assert kind_of("karrio") is Kind.OPERATOR
    settings.UNOFFICIAL_CARRIERS = frozenset({"evri"})
    settings.KARRIO_URL = "https://karrio.example"
    assert kind_of("evri") is Kind.API
    assert kind_of("karrio") is Kind.AGGREGATOR


def test_aggregators_that_follow_a_carrier_are_named_the_sure_ones_first() -> None:
    named = [offer.code for offer in followers_of("tipsa")]
    assert named
    assert "karrio" not in named  # not open here
    sure = [code for code in named if "tipsa" in (CARRIERS[code].aggregates or ())]
    assert named[: len(sure)] == sure


def test_what_no_form_could_have_sent_counts_for_nothing() -> None:
    wanted = Wanted.of(QueryDict("q=%00%20x&country=ZZ&kind=spy&all=yes"), "ES")
    assert (wanted.q, wanted.country, wanted.kind, wanted.all) == ("x", "", "", False)
    assert len(Wanted.of(QueryDict("q=" + "y" * 500), "ES").q) == 80


def test_countries_are_named_in_order() -> None:
    named = dict(countries())
    assert named["ES"] == "Spain"
    assert list(named).index("AT") < list(named).index("ES") < list(named).index("GB")


# --- As a page ---


@pytest.fixture
def shop(db: None) -> Shop:
    return make.shop(country="ES")


@pytest.fixture
def admin(shop: Shop) -> Client:
    return signed_in(shop, Role.ADMIN)


def page(admin: Client, shop: Shop, query: str = "", **headers: str) -> str:
    path = reverse("console:carriers", args=[shop.slug])
    return admin.get(f"{path}?{query}", headers=headers).content.decode()


def test_the_list_begins_with_the_shops_country_and_offers_the_rest(shop: Shop, admin: Client) -> None:
    said = page(admin, shop)
    assert '<option value="ES" selected>Spain</option>' in said
    assert said.count("card offer") == SHOWN
    total = found().total
    assert f"{total} carriers" in said
    assert f"Show all {total}" in said
    assert page(admin, shop, "all=1").count("card offer") == total


def test_nothing_found_says_what_to_do(shop: Shop, admin: Client) -> None:
    said = page(admin, shop, "q=zzzqx")
    assert "card offer" not in said
    assert "See the aggregators" in said
    assert "/api/docs/" in said
    aggregators = page(admin, shop, "kind=aggregator&country=")
    assert reverse("console:carrier_connect", args=[shop.slug, "17track"]) in aggregators


def test_what_is_typed_comes_back_as_text(shop: Shop, admin: Client) -> None:
    said = page(admin, shop, "q=%22%3E%3Cscript%3E")
    assert "<script>" not in re.sub(r"<script (nonce|src|type)", "", said).partition("<main")[2]
    assert "&quot;&gt;&lt;script&gt;" in said


def test_while_typing_only_what_was_found_is_sent(shop: Shop, admin: Client) -> None:
    said = page(admin, shop, "q=tipsa", **{"HX-Request": "true"})
    assert "<html" not in said
    assert reverse("console:carrier_connect", args=[shop.slug, "tipsa"]) in said
    assert 'hx-swap-oob="innerHTML">1 carrier<' in said


def test_a_carrier_one_has_is_marked(shop: Shop, admin: Client) -> None:
    from tenants.isolation import shop_context

    with shop_context(shop.pk):
        make.account(shop, "seur")
    assert "You have an account" in page(admin, shop, "q=seur")
    assert "You have an account" not in page(admin, shop, "q=mrw")
