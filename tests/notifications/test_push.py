"""Web push: readable by one browser, sent to the open web and nowhere else, forgotten when nobody listens."""

import json
import uuid
from datetime import timedelta

import pytest
import requests
import responses
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.utils import timezone

from notifications import open_web
from notifications.channels import push
from notifications.models import Message, PushSubscription
from notifications.open_web import NotPublicError
from notifications.push_crypto import (
    CURVE,
    MOST,
    Keys,
    authorization,
    encrypted,
    private_key,
    public_key,
    unbase64,
)
from notifications.services.browsers import MOST as MOST_BROWSERS
from notifications.services.browsers import leave, listen
from notifications.services.delivery import deliver_due
from notifications.types import DeliveryError, Outgoing
from tenants.isolation import shop_context
from tests import make

# The example of RFC 8291, section 5 and appendix A: https://www.rfc-editor.org/rfc/rfc8291#appendix-A
SAID = b"When I grow up, I want to be a watermelon"
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH, SALT = "BTBZMqHH6r4Tts7J_aSIgg", "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A"
    "_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
ENDPOINT = "https://push.example.net/send/abc"


@pytest.fixture
def public_names(monkeypatch):
    """Every name leads to one public address."""
    monkeypatch.setattr(
        open_web.socket, "getaddrinfo", lambda *a, **k: [(2, 1, 6, "", ("93.184.216.34", 443))]
    )


def test_the_example_of_the_standard_comes_out_byte_for_byte():
    keys = Keys.read(p256dh=P256DH, auth=AUTH)
    assert encrypted(SAID, keys, salt=unbase64(SALT), private=private_key(OURS)) == unbase64(BODY)


def test_no_two_messages_look_alike():
    keys = Keys.read(p256dh=P256DH, auth=AUTH)
    assert encrypted(SAID, keys) != encrypted(SAID, keys)


def test_what_is_too_long_is_refused():
    with pytest.raises(ValueError, match="too long"):
        encrypted(b"x" * (MOST + 1), Keys.read(p256dh=P256DH, auth=AUTH))


@pytest.mark.parametrize(
    ("p256dh", "auth"), [("", ""), (P256DH, "short"), ("A" * 87, AUTH), ("!" * 87, AUTH), (P256DH[:-4], AUTH)]
)
def test_keys_that_are_none_are_refused(p256dh, auth):
    with pytest.raises(ValueError):
        Keys.read(p256dh=p256dh, auth=auth)


def test_who_sends_is_signed_for_that_push_service_and_half_a_day():
    header = authorization(ENDPOINT, private=OURS, subject="mailto:a@example.com", now=1000)
    token, key = header.removeprefix("vapid t=").split(", k=")
    said, signature = token.rsplit(".", 1)
    claims = json.loads(unbase64(said.split(".")[1]))
    assert claims == {
        "aud": "https://push.example.net",
        "exp": 1000 + 12 * 3600,
        "sub": "mailto:a@example.com",
    }
    public = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, unbase64(key))
    raw = unbase64(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    public.verify(der, said.encode(), ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(der, b"something else", ec.ECDSA(hashes.SHA256()))
    assert key == public_key(OURS)


@pytest.mark.parametrize(
    "url",
    [
        "http://push.example.net/a",
        "https://u:p@push.example.net/a",
        "https://push.example.net:8443/a",
        "ftp://push.example.net/",
        "https://",
        "https://[::1",
        "http://127.0.0.1:9/a",
    ],
)
def test_an_address_that_is_not_of_the_open_web_is_refused_unasked(url):
    with pytest.raises(NotPublicError):
        open_web.check(url)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "169.254.169.254", "192.168.0.1", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1",
     "0.0.0.0", "224.0.0.1", "2002:0a00:0001::1"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_called(address, monkeypatch):
    monkeypatch.setattr(open_web.socket, "getaddrinfo", lambda *a, **k: [
        (2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", (address, 443))])  # fmt: skip
    with pytest.raises(NotPublicError):
        open_web.post("https://sly.example/", body=b"", headers={}, timeout_s=1)


@responses.activate
def test_the_address_that_was_judged_is_the_one_called(public_names):
    sent = responses.post("https://93.184.216.34/send/abc", status=201)
    open_web.post(ENDPOINT, body=b"x", headers={}, timeout_s=1)
    assert sent.calls[0].request.headers["Host"] == "push.example.net"


def outgoing():
    return Outgoing(
        id=str(uuid.uuid4()), to="browser", sender="", subject="Your order 1042 is on its way", text="Arrives today",
        metadata={"url": "https://x.example/t/k/", "tag": "order-1"},
    )  # fmt: skip


SECRETS = {"endpoint": ENDPOINT, "p256dh": P256DH, "auth": AUTH}


@responses.activate
def test_a_push_goes_out_sealed_and_for_a_day(public_names, settings):
    sent = responses.post("https://93.184.216.34/send/abc", status=201, headers={"Location": "/m/1"})
    assert push.deliver(outgoing(), SECRETS) == "/m/1"
    request = sent.calls[0].request
    assert (request.headers["TTL"], request.headers["Content-Encoding"]) == ("86400", "aes128gcm")
    assert request.headers["Authorization"].startswith("vapid t=")
    assert b"1042" not in request.body and len(request.headers["Topic"]) == 32


@pytest.mark.parametrize(
    ("status", "permanent", "gone"),
    [
        (404, True, True),
        (410, True, True),
        (400, True, False),
        (413, True, False),
        (429, False, False),
        (503, False, False),
    ],
)
@responses.activate
def test_what_a_push_service_says_is_understood(public_names, status, permanent, gone):
    responses.post("https://93.184.216.34/send/abc", status=status)
    with pytest.raises(DeliveryError) as said:
        push.deliver(outgoing(), SECRETS)
    assert (said.value.permanent, said.value.gone) == (permanent, gone)


@responses.activate
def test_a_redirect_is_not_followed(public_names):
    responses.post("https://93.184.216.34/send/abc", status=307, headers={"Location": "http://10.0.0.1/"})
    with pytest.raises(DeliveryError):
        push.deliver(outgoing(), SECRETS)


@responses.activate
def test_a_line_that_drops_may_be_tried_again(public_names):
    responses.post("https://93.184.216.34/send/abc", body=requests.exceptions.ReadTimeout())
    with pytest.raises(DeliveryError) as said:
        push.deliver(outgoing(), SECRETS)
    assert said.value.ambiguous and push.CHANNEL.repeatable


def subscribed(order, endpoint=ENDPOINT):
    return listen(
        order=order, endpoint=endpoint, p256dh=P256DH, auth=AUTH, words="w", language="es", now=timezone.now()
    )


@pytest.mark.usefixtures("committed_db")
class TestOnceSubscribed:
    @responses.activate
    def test_a_browser_is_told_and_forgotten_once_it_is_gone(self, public_names):
        shop = make.shop()
        with shop_context(shop.pk):
            order = make.order(shop, number="1042")
            browser = subscribed(order)
            for n, due in enumerate((timedelta(seconds=9), timedelta(seconds=5))):
                Message.objects.create(
                    shop=shop, order=order, state="shipped", channel="push", recipient="browser", whom=f"push:{browser.pk}",
                    language="es", dedupe_key=str(n), next_at=timezone.now() - due,
                )  # fmt: skip
        responses.post("https://93.184.216.34/send/abc", status=201)
        responses.post("https://93.184.216.34/send/abc", status=410)
        deliver_due(timezone.now())
        with shop_context(shop.pk):
            statuses = sorted(Message.objects.values_list("status", flat=True))
            assert statuses == ["failed", "sent"]
            assert not PushSubscription.objects.exists()

    def test_the_same_browser_is_kept_once_and_the_oldest_gives_way(self):
        shop = make.shop()
        with shop_context(shop.pk):
            order = make.order(shop)
            first = subscribed(order)
            assert subscribed(order).pk == first.pk
            for n in range(MOST_BROWSERS):
                subscribed(order, f"{ENDPOINT}{n}")
            kept = PushSubscription.objects.for_shop(shop)
            assert kept.count() == MOST_BROWSERS and not kept.filter(pk=first.pk).exists()
            assert ENDPOINT not in "".join(kept.values_list("sealed", flat=True))
            leave(order=order, endpoint=f"{ENDPOINT}1")
            assert kept.count() == MOST_BROWSERS - 1
