"""What each carrier is asked, and how a push proves whose it is."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import urlsplit

import pytest
import xmltodict
from hypothesis import given
from hypothesis import strategies as st

from carriers.adapters import correos_es, dhl, gls_es, laposte, seventeentrack, ups
from carriers.types import AuthError, Query, Request

KEY = {"api_key": "0FDF2A"}


def only(request: Request) -> tuple[str, str]:
    return request.method, request.url


def test_dhl_is_told_what_tells_equal_numbers_apart() -> None:
    request = dhl.build([Query("7301945528", postal_code="41001", country="ES", language="pt-BR")], {})
    assert only(request) == ("GET", "https://api-eu.dhl.com/track/shipments")
    assert request.params == {
        "trackingNumber": "7301945528",
        "language": "pt",
        "recipientPostalCode": "41001",
        "requesterCountryCode": "ES",
    }
    assert dhl.build([Query("1")], {}).params == {"trackingNumber": "1", "language": "en"}


def test_ups_is_asked_with_a_new_transaction_each_time() -> None:
    one, two = (ups.build([Query("1Z 9/9", language="es")], {}) for _ in range(2))
    assert only(one) == ("GET", "https://onlinetools.ups.com/api/track/v1/details/1Z%209%2F9")
    assert one.params == {"locale": "es_ES"}
    assert one.headers["transactionSrc"] == "rastro"
    assert one.headers["transId"] != two.headers["transId"]


def test_correos_is_asked_for_the_whole_history_by_somebody_with_a_name() -> None:
    request = correos_es.build([Query("PK8QZ70398721000410011X", language="ca")], {})
    assert request.url.endswith("/eventos_envio_servicio/PK8QZ70398721000410011X")
    assert request.params == {"codAplicacion": "60", "codCanal": "3", "codIdioma": "CA", "indUltEvento": "N"}
    assert request.headers["User-Agent"]


@given(number=st.text(max_size=30), uid=st.text(min_size=1, max_size=30).filter(str.strip))
def test_gls_gets_a_well_formed_envelope_whatever_is_in_it(number: str, uid: str) -> None:
    request = gls_es.build([Query(number)], {"uid": uid})
    assert only(request) == ("POST", gls_es.API)
    assert request.body is not None
    call = xmltodict.parse(request.body)["soap12:Envelope"]["soap12:Body"]["GetExpCli"]
    assert set(call) == {"@xmlns", "codigo", "uid"}
    assert call["codigo"] == ("".join(filter(str.isprintable, number)).strip() or None)


def test_gls_is_not_asked_without_a_guid() -> None:
    with pytest.raises(AuthError, match="no GLS customer GUID"):
        gls_es.build([Query("1")], {"uid": " "})


def test_la_poste_is_asked_for_ten_at_once() -> None:
    request = laposte.build([Query(f"8R0000000000{n}", language="de") for n in range(10)], KEY)
    assert request.url.rpartition("/")[2].split(",") == [f"8R0000000000{n}" for n in range(10)]
    assert request.params == {"lang": "de_DE"}


def test_17track_is_told_first_and_asked_then() -> None:
    queries = [Query("A1", postal_code="46014", language="pt-BR"), Query("B2")]
    registering, asking = seventeentrack.register(queries, KEY), seventeentrack.build(queries, KEY)
    assert only(registering) == ("POST", "https://api.17track.net/track/v2.2/register")
    assert json.loads(registering.body or b"") == [
        {"number": "A1", "param": "46014", "lang": "pt"},
        {"number": "B2"},
    ]
    assert only(asking) == ("POST", "https://api.17track.net/track/v2.2/gettrackinfo")
    assert json.loads(asking.body or b"") == [{"number": "A1"}, {"number": "B2"}]
    assert urlsplit(asking.url).query == ""


# --- Pushes ---

BODY = b'{"event":"TRACKING_UPDATED","data":{"number":"A1"}}'
SIGN = hashlib.sha256(BODY + b"/0FDF2A").hexdigest()


def test_the_signature_is_the_one_17track_documents() -> None:
    # Worked out apart from the code: printf '%s' '{"event":…}/0FDF2A' | sha256sum
    assert SIGN == "f2909a3c92786fed779487e9ed6b07e0a2121f4bb8c5d8482fc49d4b8b6bbf85"
    assert seventeentrack.verify({"sign": SIGN}, BODY, KEY)


@pytest.mark.parametrize("name", ["sign", "Sign", "SIGN"])
def test_a_header_has_no_case(name: str) -> None:
    assert seventeentrack.verify({"Content-Type": "application/json", name: SIGN.upper()}, BODY, KEY)


@given(bit=st.integers(0, len(BODY) * 8 - 1))
def test_one_bit_of_the_body_breaks_it(bit: int) -> None:
    body = bytearray(BODY)
    body[bit // 8] ^= 1 << bit % 8
    assert not seventeentrack.verify({"sign": SIGN}, bytes(body), KEY)


@given(place=st.integers(0, 63), digit=st.sampled_from("0123456789abcdef"))
def test_one_digit_of_the_signature_breaks_it(place: int, digit: str) -> None:
    sign = SIGN[:place] + digit + SIGN[place + 1 :]
    assert seventeentrack.verify({"sign": sign}, BODY, KEY) == (sign == SIGN)


@pytest.mark.parametrize(
    ("headers", "secrets"),
    [
        ({}, KEY),
        ({"sign": ""}, KEY),
        ({"sign": "firmé"}, KEY),
        ({"sign": SIGN}, {"api_key": "another"}),
        ({"sign": SIGN}, {}),
        # Whoever knows no key can sign with none.
        ({"sign": hashlib.sha256(BODY + b"/").hexdigest()}, {"api_key": ""}),
        ({"sign": hashlib.sha256(BODY + b"/").hexdigest()}, {}),
    ],
)
def test_without_the_key_nothing_is_genuine(headers: dict[str, str], secrets: dict[str, str]) -> None:
    assert not seventeentrack.verify(headers, BODY, secrets)


def test_space_and_order_in_the_body_count() -> None:
    same = json.dumps(json.loads(BODY)).encode()
    assert not seventeentrack.verify({"sign": SIGN}, same, KEY)
