"""Whose number it is: shapes, check digits, and what people paste."""

import re
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carriers import checkdigits, directory, numbers, pasted, shapes
from carriers.numbers import Reason, best_elsewhere, candidates, clean, pick, to_ask

UPS = "1ZA4X81W0300294751"


def first(number, **known):
    found = candidates(number, **known)
    return found[0].carrier if found else None


def picked(number, **known):
    chosen = pick(candidates(number, **known))
    return chosen.carrier if chosen else None


# --- Check digits ---

VALID = [
    ("ups", UPS),
    ("ups", "1Z5R89390357567127"),
    ("ups_waybill", "K2479825491"),
    ("s10", "RB123456785GB"),
    ("s10", "HQ518273649GB"),
    ("fedex", "986578788855"),
    ("fedex", "1001921334250001000300779017972697"),
    ("fedex_ground_96", "9611020987654312345672"),
    ("fedex_ground_economy", "61299998820821171811"),
    ("gs1", "041441760228964"),
    ("gs1", "9405500000000581726343"),
    ("gs1", "7028374655019287"),
    ("gs1", "00340433812736450018"),
    ("usps_20", "71969010756003077385"),
    ("usps_20", "03071790000523483741"),
    ("mod7", "3318810025"),
    ("mod37_36", "008182709980000020033350276C"),
    ("correos", "PQ4XQ20712345001280461W"),
    ("ontrac", "C11031500001879"),
]


@pytest.mark.parametrize(("check", "number"), VALID)
def test_a_right_check_digit_fits(check, number):
    assert checkdigits.CHECKS[check].fits(number)


def _misread(number, at, digit):
    return number[:at] + digit + number[at + 1 :]


def _misread_by(difference, parity):
    """Goes unseen: a digit of the body wrong by so much, in every second place."""
    return lambda number, at, digit: (
        abs(int(number[at]) - int(digit)) == difference and at % 2 in parity and at < len(number) - 1
    )


def _never(number, at, digit):
    return False


SLIPS = {
    "gs1": _never,
    "mod37_36": _never,
    "correos": _never,
    "mod7": _misread_by(7, {0, 1}),
    "ups": _misread_by(5, {1}),
    "ups_waybill": _misread_by(5, {0}),
    "ontrac": _misread_by(5, {1}),
}


@pytest.mark.parametrize(
    ("check", "number"),
    [(check, number) for check, number in VALID if check in SLIPS],
    ids=lambda value: value,
)
def test_a_wrong_digit_is_caught_where_the_rule_promises_it(check, number):
    fits = checkdigits.CHECKS[check].fits
    start = 2 if number.startswith("1Z") else 0  # the rule of UPS leaves out what all numbers begin with
    for at in (i for i in range(start, len(number)) if number[i].isdigit()):
        for digit in set(string.digits) - {number[at]}:
            assert fits(_misread(number, at, digit)) is SLIPS[check](number, at, digit), (at, digit)


@settings(deadline=None)
@given(
    serial=st.from_regex(r"[0-9]{8}", fullmatch=True),
    at=st.integers(0, 7),
    digit=st.sampled_from(string.digits),
)
def test_a_wrong_digit_of_a_postal_number_is_caught_but_for_two_remainders(serial, at, digit):
    right = next(f"RR{serial}{c}ES" for c in string.digits if checkdigits.s10(f"RR{serial}{c}ES"))
    wrong = _misread(right, at + 2, digit)
    if wrong == right or not checkdigits.s10(wrong):
        return
    weights = (8, 6, 4, 2, 3, 5, 9, 7)
    remainders = {sum(int(d) * w for d, w in zip(n[2:10], weights, strict=True)) % 11 for n in (right, wrong)}
    assert remainders == {0, 6}


@settings(deadline=None)
@given(body=st.from_regex(r"[0-9]{10,21}", fullmatch=True))
def test_exactly_one_check_digit_fits(body):
    assert sum(checkdigits.gs1(body + digit) for digit in string.digits) == 1
    assert sum(checkdigits.mod7(body + digit) for digit in string.digits) == 1
    characters = string.digits + string.ascii_uppercase
    assert sum(checkdigits.mod37_36(body + character) for character in characters) == 1


# --- Shapes, as data ---


@pytest.mark.parametrize("shape", shapes.shapes(), ids=lambda shape: f"{shape.carrier}-{shape.example}")
def test_the_example_of_a_shape_leads_to_its_carrier(shape):
    found = {one.carrier: one for one in candidates(shape.example)}
    assert shape.carrier in found
    if shape.check:
        assert Reason.CHECK_DIGIT in found[shape.carrier].reasons


def test_every_carrier_of_a_shape_is_known():
    assert {code for code in shapes.carriers() if not directory.kind_of(code)} == set()


def test_every_national_post_listed_has_its_postal_numbers():
    of_posts = {post.carrier for rows in shapes.posts().values() for post in rows}
    without = {"citymail", "ems", "hp_mostar", "nexive", "post_li", "poste_srpske", "sailpost", "whistl"}
    listed = {one.code for one in directory.all_carriers() if one.kind == "post"}
    assert listed - of_posts == without


@pytest.mark.parametrize("suffix", sorted(shapes.posts()))
def test_a_postal_number_is_its_countrys(suffix):
    owners = {post.carrier for post in shapes.posts()[suffix]}
    for letter in "ACELR":
        assert picked(f"{letter}R123456785{suffix}") in owners


@pytest.mark.parametrize(
    ("number", "carrier"),
    [
        (UPS, "ups"),
        ("PQ4XQ20712345001280461W", "correos_es"),
        ("PQ472618301ES", "correos_es"),
        ("6048173526", "dhl_express"),
        ("JD014600008127340551", "dhl_express"),
        ("00340433812736450018", "dhl"),
        ("802639174510", "fedex"),
        ("719283645018277", "fedex"),
        ("9405500000000581726343", "usps"),
        ("0810/7654321", "nacex"),
        ("0082800001234567890123", "ctt_express"),
        ("6C19283746506", "laposte"),
        ("XY928374651FR", "chronopost"),
        ("052198765432102", "dpd"),
        ("ZA12345678901", "poste_italiane"),
        ("612345678901234567890123", "inpost"),
        ("3SEXMP123456789", "postnl"),
        ("7028374655019287", "canada_post"),
        ("33XXX0000001", "australia_post"),
        ("33XXX0000001000930000", "australia_post"),
        ("HQ518273649GB", "royal_mail"),
        ("H00000000000001A", "evri"),
        ("QB719304688BR", "correios_br"),
        ("TBA502887274000", "amazon"),
        ("YT2229521272164446", "yunexpress"),
        ("LP00139185155139", "cainiao"),
        ("RR123456785PT", "ctt_pt"),
        ("ER123456785CN", "china_ems"),
        ("UF123456785YP", "yanwen"),
    ],
)
def test_a_telling_number_is_picked(number, carrier):
    assert picked(number) == carrier


@pytest.mark.parametrize(
    ("number", "among"),
    [
        ("46026051234567", {"seur", "dpd_uk"}),
        ("61771000054321", {"gls_es", "seur"}),
        ("021170098765", {"mrw", "brt"}),
        ("12345678", {"mondial_relay", "gls_group"}),
        ("3015098765432610123456", {"estafeta", "ctt_express"}),
        ("3230001234567890", {"correos_express", "royal_mail"}),
        ("4670041853", {"dhl_parcel_es", "estafeta"}),
    ],
)
def test_a_number_of_many_is_nobodys_pick(number, among):
    found = candidates(number)
    assert pick(found) is None
    assert among <= {one.carrier for one in to_ask(found)}
    assert all(Reason.SHAPE_SHARED in one.reasons for one in found)


# --- Ranking ---


def test_a_wrong_check_digit_rules_a_carrier_out():
    assert candidates("1ZA4X81W0300294752") == []
    assert "fedex" not in {one.carrier for one in candidates("802639174512")}
    assert candidates("RR123456786ES") == []


def test_a_check_digit_nobody_verified_only_makes_unlikely():
    right, wrong = candidates("00340433812736450018")[0], candidates("00340433812736450019")[0]
    assert (right.carrier, wrong.carrier) == ("dhl", "dhl")
    assert right.score > wrong.score
    assert Reason.CHECK_DIGIT_WRONG in wrong.reasons


def test_only_carriers_of_the_shop_are_named():
    found = candidates("61771000054321", carriers={"gls_es", "ups"})
    assert [one.carrier for one in found] == ["gls_es"]
    assert Reason.ONLY_CARRIER_OF_SHOP in found[0].reasons
    assert pick(found).carrier == "gls_es"


def test_a_shop_hears_of_the_carrier_it_does_not_have():
    assert candidates(UPS, carriers={"seur"}) == []
    assert best_elsewhere(UPS, carriers={"seur"}).carrier == "ups"


def test_nothing_is_said_of_others_where_the_shops_own_fits_or_nobody_is_clear():
    assert best_elsewhere(UPS, carriers={"ups"}) is None
    assert best_elsewhere("6048173526", carriers={"dhl"}) is None  # DHL Express, which DHL can be asked about
    assert best_elsewhere("46026051234567", carriers={"ups"}) is None
    assert best_elsewhere("hello", carriers={"ups"}) is None


def test_the_country_makes_its_carriers_likelier():
    assert first("021170098765", country="ES") == "mrw"
    assert first("021170098765", country="IT") == "brt"
    assert first("021170098765", origin="ES") == "mrw"
    assert Reason.DESTINATION in candidates("021170098765", country="es")[0].reasons


def test_a_postal_number_may_be_asked_of_the_post_it_goes_to():
    found = candidates("RR123456785CN", country="ES")
    assert [one.carrier for one in found] == ["china_post", "correos_es"]
    assert Reason.DESTINATION in found[1].reasons
    assert picked("RR123456785CN", country="ES", carriers={"correos_es"}) == "correos_es"
    assert candidates("RR123456785CN", carriers={"correos_es"}) == []


def test_a_carrier_gets_the_number_it_wants():
    (us, *_others) = candidates("420221539400111206206406260787", postal_code="22153")
    assert (us.carrier, us.number) == ("usps", "9400111206206406260787")
    assert Reason.POSTAL_CODE in us.reasons
    assert candidates("%008182709980000020033350276C")[0].number == "09980000020033"


def test_a_near_tie_is_no_pick():
    near = candidates("61771000054321", carriers={"gls_es", "seur"})
    assert near[0].score - near[1].score < numbers.MARGIN
    assert pick(near) is None
    assert to_ask(near) == near


def test_who_is_picked_is_the_only_one_to_ask():
    found = candidates(UPS)
    assert to_ask(found) == [pick(found)]
    assert (pick([]), to_ask([])) == (None, [])


def test_few_are_asked():
    assert 2 <= len(to_ask(candidates("123456789013"))) <= numbers.ASKED


@settings(deadline=None)
@given(st.text(alphabet=string.ascii_uppercase + string.digits, min_size=1, max_size=40))
def test_a_list_is_in_order_and_scores_are_shares(number):
    found = candidates(number)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(0 <= one.score <= 1 for one in found)
    assert sum(one.score for one in found) < 1.001
    assert len({one.carrier for one in found}) == len(found)


@settings(deadline=None)
@given(
    st.text(alphabet=string.digits, min_size=8, max_size=22),
    st.sets(st.sampled_from(sorted(shapes.carriers()))),
)
def test_a_shops_list_is_the_whole_list_without_the_others(number, shop):
    whole = [one.carrier for one in candidates(number)]
    assert [one.carrier for one in candidates(number, carriers=shop)] == [
        code for code in whole if code in shop
    ]


def test_every_reason_has_its_words():
    assert set(numbers.REASONS) == set(Reason)


# --- What people paste ---


@pytest.mark.parametrize(
    "said",
    [
        "1z a4x81w 03 0029 4751",
        "1ZA4X-81W0-3002-94751",
        "1ZA4X.81W0.3002.94751",
        "\u00a01ZA4X81W\u200b0300294751\ufeff\n",
        "１ＺＡ４Ｘ８１Ｗ０３００２９４７５１",
        "Nº: 1ZA4X81W0300294751",
        "N.º 1ZA4X81W0300294751",
        "Nº de seguimiento: 1ZA4X81W0300294751",
        "Número de envío 1ZA4X81W0300294751",
        "Tracking number: 1ZA4X81W0300294751.",
        "#1ZA4X81W0300294751",
        "UPS: 1ZA4X81W0300294751",
        "1ZA4X81W0300294751 (UPS)",
        "]C11ZA4X81W0300294751",
        '"1ZA4X81W0300294751",',
        "https://www.ups.com/track?loc=es_ES&tracknum=1ZA4X81W0300294751&requester=WT/",
        "Síguelo en https://www.ups.com/track?tracknum=1ZA4X81W0300294751.",
        "www.ups.com/track?tracknum=1ZA4X81W0300294751",
        "https://t.17track.net/en#nums=1ZA4X81W0300294751,LP00139185155139",
        "https://shop.example/where?tracking_number=1ZA4X81W0300294751",
    ],
)
def test_the_number_is_found_in_what_is_pasted(said):
    assert clean(said) == UPS
    assert picked(said) == "ups"


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("0810/7654321", "0810/7654321"),
        ("0810 / 7654321", "0810/7654321"),
        ("０８１０／７６５４３２１", "0810/7654321"),
        (
            "https://www.nacex.es/seguimientoDetalle.do?agencia_origen=0810&numero_albaran=7654321",
            "0810/7654321",
        ),
        ("NR 123 456 785 CN", "NR123456785CN"),
        ("DE 1234567890 M", "DE1234567890M"),
        ("(00)340433812736450018", "00340433812736450018"),
        ("]C100340433812736450018", "00340433812736450018"),
        ("٦٠٤٨١٧٣٥٢٦", "6048173526"),
        ("https://mygls.gls-spain.es/e/61771000054321/28001/es", "61771000054321"),
        ("https://jouw.postnl.nl/track-and-trace/3SEXMP123456789-NL-1234AB", "3SEXMP123456789"),
        ("https://www.royalmail.com/track-your-item#/tracking-results/HQ518273649GB", "HQ518273649GB"),
        ("Guía 4670041853", "4670041853"),
    ],
)
def test_a_number_is_not_mangled(said, number):
    assert clean(said) == number


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "hello",
        "https://www.ups.com/",
        "https://[bad",
        "1/2/3",
        "1" * 65,
        "https://shop.example/orders/123456",
    ],
)
def test_what_is_no_number_is_none(said):
    assert clean(said) == ""
    assert candidates(said) == []


def test_a_link_says_whose_number_it_is():
    found = candidates("https://www.seur.com/livetracking/?segOnlineIdentificador=46026051234567")
    assert pick(found).carrier == "seur"
    assert Reason.LINK in found[0].reasons


def test_a_link_names_a_carrier_whose_shapes_nobody_knows():
    found = candidates("https://www.loggi.com/rastreador/ABC12345")
    assert (pick(found).carrier, found[0].number) == ("loggi", "ABC12345")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_anything_pasted_gives_a_number_or_nothing(text):
    number = clean(text)
    assert re.fullmatch(r"[A-Z0-9]+(?:/[A-Z0-9]+)?|", number)
    assert len(number) <= pasted.LONGEST
    assert clean(number) == number
    candidates(text)


@pytest.mark.parametrize(
    "bomb",
    [
        "1" * 1_000_000,
        "A" * 2048,
        "(" * 2048,
        "(a" * 1024,
        ": " * 1024,
        "nº " * 680,
        "https://" * 256,
        "https://www.ups.com/?" + "a=1&" * 500,
        "https://www.ups.com/#" + "/1" * 1000,
        "\ufdfa" * 2048,
        "1 / " * 500,
        "-" * 2000 + "1",
    ],
)
def test_hostile_text_is_refused_quickly(bomb):
    began = time.perf_counter()
    candidates(bomb)
    assert time.perf_counter() - began < 1
