"""The carriers without an adapter: their rows, their links, and finding one."""

import re
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import directory, listed, pasted
from carriers.registry import CARRIERS

EVERYONE = directory.everyone()
WITH_NUMBER = [one for one in EVERYONE if one.takes_number and directory.kind_of(one.code) != "aggregator"]
numbers = st.from_regex(r"[A-Z]{2}[0-9]{9}[A-Z]{2}|[0-9]{10,20}|[A-Z0-9]{4}[0-9]{8}", fullmatch=True)


def test_there_are_many_carriers_without_an_adapter():
    assert len(directory.all_carriers()) >= 170


def test_no_carrier_is_listed_twice():
    codes = [one.code for one in EVERYONE]
    assert len(codes) == len(set(codes))
    assert not {one.code for one in directory.all_carriers()} & set(CARRIERS)


def test_no_two_carriers_without_an_adapter_have_one_name():
    names = [one.name for one in directory.all_carriers()]
    assert sorted(name for name in names if names.count(name) > 1) == []


@pytest.mark.parametrize(
    "code", ["ctt_pt", "tipsa", "envialia", "colis_prive", "sda", "jadlog", "redpack", "yanwen"]
)
def test_carriers_of_our_shops_are_there(code):
    assert directory.kind_of(code) == "link"
    assert directory.get(code).link.startswith("https://")


def test_the_kind_says_how_much_can_be_done():
    assert directory.kind_of("ups") == "adapter"
    assert directory.kind_of("17track") == "aggregator"
    assert directory.kind_of("ctt_pt") == "link"
    assert directory.kind_of("nobody") == ""


@pytest.mark.parametrize("one", directory.all_carriers(), ids=lambda one: one.code)
def test_a_row_is_whole(one):
    assert re.fullmatch(r"[a-z0-9][a-z0-9_]{1,31}", one.code)
    assert one.name == one.name.strip() != ""
    assert one.kind in listed.KINDS
    assert one.confidence in listed.CONFIDENCES
    assert all(len(country) == 2 and country.isupper() for country in one.countries)
    link = directory.link_for(one.code, "RR123456785ES", "28001", "ES", "es")
    assert urlsplit(link).scheme == "https"
    assert "." in urlsplit(link).hostname
    assert not {"{", "}"} & set(link)
    assert ("RR123456785ES" in link) is one.takes_number


def test_an_aggregators_name_for_a_carrier_names_no_other():
    keys = [one.seventeentrack for one in directory.all_carriers() if one.seventeentrack]
    slugs = [one.aftership for one in directory.all_carriers() if one.aftership]
    assert len(keys) == len(set(keys)) > 100
    assert len(slugs) == len(set(slugs)) > 50


@settings(max_examples=20, deadline=None)
@given(number=numbers)
@pytest.mark.parametrize("one", WITH_NUMBER, ids=lambda one: one.code)
def test_a_number_comes_back_out_of_its_link(one, number):
    if "{after_slash}" in one.link:
        number = f"{number[:4]}/{number[4:12]}"
    for known in (("28001", "ES", "es"), ("", "", "")):
        read = pasted.read(directory.link_for(one.code, number, *known))
        assert read.number == number
        assert one.code in read.carriers


@settings(deadline=None)
@given(text=st.text(max_size=40))
def test_a_link_is_a_link_whatever_the_number(text):
    link = directory.link_for("ups", text)
    if not text.isprintable():
        assert link == ""
        return
    assert link.isascii()
    assert not set(" \"'<>\\\r\n") & set(link)
    assert unquote(link.removeprefix("https://www.ups.com/track?tracknum=")) == text


def test_what_has_control_characters_or_is_endless_gets_no_link():
    assert directory.link_for("ups", "1Z\r\nLocation: x") == ""
    assert directory.link_for("ups", "1" * 1000) == ""
    assert directory.link_for("nobody", "1") == ""


def test_a_path_ends_where_a_postal_code_is_not_known():
    assert directory.link_for("asm", "61771", "28001") == "https://m.asmred.com/e/61771/28001"
    assert directory.link_for("asm", "61771") == "https://m.asmred.com/e/61771"


def test_a_page_without_a_number_is_where_one_is_pasted():
    assert directory.link_for("singpost", "RR123456785SG") == "https://www.singpost.com/track-items"


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("ctt_pt", "ctt_pt"),
        ("osterreich", "austrian_post"),
        ("POȘTA ROM", "posta_romana"),
        ("colis prive", "colis_prive"),
        ("post swiss", "swiss_post"),
        ("tipsa", "tipsa"),
        ("DPD Port", "dpd_pt"),
    ],
)
def test_a_carrier_is_found_by_what_people_type(typed, first):
    assert directory.search(typed)[0].code == first


def test_a_country_finds_its_carriers():
    found = {one.code for one in directory.search("mx", 50)}
    assert {"redpack", "paquetexpress", "correos_mx"} <= found


def test_nothing_typed_finds_nothing():
    assert directory.search("  ") == []
    assert directory.search("zzzzzz") == []
    assert len(directory.search("e", 3)) == 3


@pytest.mark.parametrize(
    ("cell", "value", "said"),
    [
        ("code", "No Code", "is no code"),
        ("link", "http://example.com/{number}", "not https"),
        ("link", "https://example.com/{name}", "nobody fills in"),
        ("countries", "Spain", "country"),
        ("kind", "rocket", "kind"),
        ("name", " ", "has no name"),
    ],
)
def test_a_bad_row_is_refused_in_words(monkeypatch, cell, value, said):
    row = {
        "code": "some",
        "name": "Some",
        "countries": "ES",
        "link": "https://example.com/{number}",
        "kind": "post",
        "confidence": "M",
        "seventeentrack": "",
        "aftership": "",
    }
    monkeypatch.setattr(listed, "rows_of", lambda _name: [(2, row | {cell: value})])
    with pytest.raises(ValueError, match=f"line 2: .*{said}"):
        listed._directory.__wrapped__()


def test_a_carrier_listed_twice_is_refused(monkeypatch):
    rows = list(listed.rows_of("directory.csv"))[:1] * 2
    monkeypatch.setattr(listed, "rows_of", lambda _name: rows)
    with pytest.raises(ValueError, match="is there twice"):
        listed._directory.__wrapped__()


def test_a_listed_carrier_that_got_an_adapter_is_refused(monkeypatch):
    monkeypatch.setattr(directory, "CARRIERS", {"ctt_pt": CARRIERS["ups"]})
    with pytest.raises(ValueError, match="ctt_pt have an adapter already"):
        directory.everyone.__wrapped__()
