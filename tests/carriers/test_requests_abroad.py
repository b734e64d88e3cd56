"""What the carriers of other countries are asked, who signed, and how their pushes prove whose they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from uuid import uuid4

import pytest

from carriers import client, pace
from carriers.adapters import australia_post, canada_post, dhl_express, fedex, royal_mail, usps
from carriers.types import AuthError, Parse, Query, Reply, Verify
from tests.carriers.recorded import cases

BODY = b'{"trackingNumber":"9405500000000581726343"}'
SECRET = {"webhook_secret": "0FDF2A0FDF2A0FDF2A0FDF2A0FDF2A00"}


def signature(body: bytes = BODY, secret: str = SECRET["webhook_secret"]) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def test_fedex_is_asked_for_thirty_numbers_and_their_scans() -> None:
    request = fedex.build([Query(f"8026391745{n:02}", language="pt-PT") for n in range(30)], {})
    asked = json.loads(request.body or b"")
    assert asked["includeDetailedScans"] is True
    numbers = [one["trackingNumberInfo"]["trackingNumber"] for one in asked["trackingInfo"]]
    assert numbers == [f"8026391745{n:02}" for n in range(30)]
    assert request.headers["x-locale"] == "pt_BR"


def test_dhl_express_is_asked_for_one_waybill_at_its_address_and_for_several_in_a_list() -> None:
    one = dhl_express.build([Query("6048173526", language="es")], {})
    several = dhl_express.build([Query("6048173526"), Query("6048173537")], {})
    assert one.url == "https://express.api.dhl.com/mydhlapi/shipments/6048173526/tracking"
    assert "shipmentTrackingNumber" not in one.params
    assert several.url == "https://express.api.dhl.com/mydhlapi/tracking"
    assert several.params["shipmentTrackingNumber"] == ["6048173526", "6048173537"]
    assert one.params["requestGMTOffsetPerEvent"] == several.params["requestGMTOffsetPerEvent"] == "true"
    assert 28 <= len(one.headers["Message-Reference"]) <= 36


def test_usps_is_told_the_destination_only_where_it_is_a_zip_code() -> None:
    at_home = usps.build([Query("94055", postal_code="33131", country="US")], {})
    abroad = usps.build([Query("94055", postal_code="46014", country="ES")], {})
    assert at_home.params == {"expand": "DETAIL", "destinationZIPCode": "33131"}
    assert abroad.params == {"expand": "DETAIL"}


def test_usps_pushes_only_with_a_secret_to_sign_them() -> None:
    secrets = {**SECRET, "hook_url": "https://t.example/hooks/faro/usps/k"}
    wanted = json.loads(usps.subscribe([Query("94055")], secrets).body or b"")
    assert wanted == {
        "listenerURL": "https://t.example/hooks/faro/usps/k",
        "secret": SECRET["webhook_secret"],
        "filterProperties": {"trackingNumber": "94055"},
    }
    with pytest.raises(AuthError, match="no webhook secret"):
        usps.subscribe([Query("94055")], {"hook_url": "https://t.example/"})


def test_what_cannot_be_asked_costs_no_turn() -> None:
    account_key = f"test:{uuid4().hex}"
    secrets = {"client_id": "c", "client_secret": "s", "hook_url": "https://t.example/"}

    with pytest.raises(AuthError, match="no webhook secret"):
        client.subscribe(usps.CARRIER, secrets, [Query("94055")], account_key=account_key)

    assert not pace.take(account_key, usps.CARRIER.limits)


def test_canada_post_answers_in_the_shoppers_language_where_it_is_one_of_its_two() -> None:
    languages = {"fr": "fr-CA", "es": "en-CA"}
    for language, asked in languages.items():
        request = canada_post.build([Query("7028374655019287", language=language)], {})
        assert request.headers["Accept-language"] == asked
    assert request.url == "https://soa-gw.canadapost.ca/vis/track/pin/7028374655019287/detail"


def test_royal_mail_gets_its_terms_accepted() -> None:
    request = royal_mail.build([Query("HQ518273649GB")], {})
    assert request.url == "https://api.royalmail.net/mailpieces/v2/HQ518273649GB/events"
    assert request.headers["X-Accept-RMG-Terms"] == "yes"


def test_australia_post_is_asked_for_ten_at_once() -> None:
    request = australia_post.build([Query(f"33XXX000000{n}") for n in range(10)], {})
    assert request.params == {"tracking_ids": ",".join(f"33XXX000000{n}" for n in range(10))}


@pytest.mark.parametrize(
    ("parse", "carrier", "case", "name"),
    [
        (fedex.parse, "fedex", "delivered", "A.IBARRA"),
        (dhl_express.parse, "dhl_express", "delivered", "A IBARRA"),
        (usps.parse, "usps", "delivered", "A IBARRA"),
        (canada_post.parse, "canada_post", "delivered", "A IBARRA"),
        (royal_mail.parse, "royal_mail", "delivered", "ANA RUIZ"),
        (usps.parse, "usps", "in_transit", ""),
    ],
)
def test_who_signed_is_kept_apart(parse: Parse, carrier: str, case: str, name: str) -> None:
    [body] = [one.body for one in cases(carrier) if one.name == case]
    [answer] = parse(Reply(body, 200))
    assert answer.signed_by == name
    assert not name or name not in repr(answer.pickup)


# --- Pushes ---


def test_fedex_signs_in_base64() -> None:
    # Worked out apart from the code: printf '%s' "$BODY" | openssl dgst -sha256 -hmac "$KEY" -binary | base64
    sign = "8qoiodQJUxG8N3U0/fuoDXNuubR1D8dxHx1oL1+yd4M="
    assert sign == base64.b64encode(signature()).decode()
    assert fedex.verify({"FDX-Signature": sign}, BODY, SECRET)
    assert not fedex.verify({"fdx-signature": signature().hex()}, BODY, SECRET)


def test_usps_signs_in_base64_or_in_hex() -> None:
    for sign in (base64.b64encode(signature()).decode(), signature().hex(), signature().hex().upper()):
        assert usps.verify({"x-hmac": sign}, BODY, SECRET)


@pytest.mark.parametrize(("verify", "header"), [(fedex.verify, "fdx-signature"), (usps.verify, "X-HMAC")])
@pytest.mark.parametrize(
    ("body", "sign", "secrets"),
    [
        (BODY, b"", SECRET),
        (BODY + b" ", signature(), SECRET),
        (BODY, signature(secret="another"), SECRET),
        (BODY, signature(secret=""), {}),  # whoever knows no secret can sign with none
        (BODY, signature(secret=""), {"webhook_secret": ""}),
    ],
    ids=["none", "space", "another", "without", "empty"],
)
def test_without_the_secret_nothing_is_genuine(
    verify: Verify, header: str, body: bytes, sign: bytes, secrets: dict[str, str]
) -> None:
    for said in (base64.b64encode(sign).decode(), sign.hex()):
        assert not verify({header: said}, body, secrets)
    assert not verify({}, body, secrets)
    assert not verify({header: "firmé"}, body, secrets)
