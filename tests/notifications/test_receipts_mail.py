"""Reports of a shop's own mail provider: each proves itself in its own way, and belongs to the shop of its address."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from django.conf import settings
from django.test import Client

from notifications import mail_proofs
from notifications.mail_proofs import ForgedError, verify_sns, verify_svix
from notifications.models import Message, Receipt, Suppression
from notifications.services.rules import set_channel_account
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make

pytestmark = pytest.mark.django_db
SVIX = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def shop():
    return make.shop()


def account(shop, provider, **secrets):
    with shop_context(shop.pk):
        return set_channel_account(
            shop=shop, channel="email", by=SYSTEM, sender="a@olmo.example", secrets=secrets or {"api_key": "k"},
            settings={"provider": provider, "fit": True},
        )  # fmt: skip


def message(shop, **fields):
    with shop_context(shop.pk):
        return Message.objects.create(**{
            "shop": shop, "order": make.order(shop), "state": "shipped", "channel": "email", "recipient": "m@example.com",
            "language": "es", "dedupe_key": str(uuid.uuid4()), "status": "sent",
            "sent_at": datetime.now(UTC) - timedelta(minutes=10), **fields,
        })  # fmt: skip


def report(shop, account, body, provider="", key="", **headers):
    provider = provider or account.settings["provider"]
    path = f"/receipts/mail/{shop.slug}/{key or account.receipt_key}/{provider}"
    client = Client(HTTP_HOST=settings.SITE_HOSTS[0])
    said = body if isinstance(body, bytes) else json.dumps(body).encode()
    return client.post(path, said, content_type="application/json", headers=headers).status_code


def status(message):
    with shop_context(message.shop_id):
        return Message.objects.get(pk=message.pk).status


def mine(message):
    return {"shop": str(message.shop_id), "message": str(message.pk)}


def delivered(message, **more):
    return {"RecordType": "Delivery", "MessageID": "pm", "Recipient": "m@example.com",
            "DeliveredAt": "2026-11-21T12:00:00Z", "Metadata": mine(message), **more}  # fmt: skip


def test_postmarks_address_is_its_proof(shop):
    own, sent = account(shop, "postmark"), message(shop)
    assert report(shop, own, delivered(sent), key="guessed") == 404
    assert report(shop, own, delivered(sent), provider="brevo") == 404
    assert status(sent) == "sent"
    assert report(shop, own, delivered(sent)) == 200
    assert status(sent) == "delivered"


def test_a_report_never_reaches_another_shops_message_whatever_it_says(shop):
    rival = make.shop()
    theirs, ours = account(rival, "postmark"), message(shop, provider_id="pm")
    assert report(rival, theirs, delivered(ours)) == 200
    assert status(ours) == "sent"


def test_a_report_without_our_id_is_known_by_the_providers(shop):
    own, sent = account(shop, "postmark"), message(shop, provider_id="pm")
    assert report(shop, own, delivered(sent, Metadata={})) == 200
    assert status(sent) == "delivered"


def test_brevo_and_what_it_calls_a_machines_open(shop):
    own, sent = account(shop, "brevo"), message(shop)
    said = {"event": "unique_proxy_open", "email": "m@example.com", "ts_epoch": 1763726400000,
            "message-id": "<x>", "X-Mailin-custom": json.dumps(mine(sent))}  # fmt: skip
    assert report(shop, own, said) == 200
    assert status(sent) == "delivered"
    with shop_context(shop.pk):
        assert list(Receipt.objects.values_list("kind", "reader")) == [("opened", "machine")]


# --- Signed ones ---


def test_svixs_own_example_holds_and_one_other_bit_does_not():
    """https://docs.svix.com/receiving/verifying-payloads/how-manual"""
    headers = {
        "svix-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "svix-timestamp": "1614265330",
        "svix-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,bm9ldHUjKzFob2VudXRob2VodWUzMjRvdWVvdW9ldQo=",
    }  # fmt: skip
    verify_svix(b'{"test": 2432232314}', headers, SVIX, now=1614265330)
    for body, secret, now in (
        (b'{"test": 2432232315}', SVIX, 1614265330),
        (b'{"test": 2432232314}', "whsec_" + base64.b64encode(b"another").decode(), 1614265330),
        (b'{"test": 2432232314}', SVIX, 1614265330 + 301),
        (b'{"test": 2432232314}', "", 1614265330),
    ):
        with pytest.raises(ForgedError):
            verify_svix(body, headers, secret, now=now)


def svix(body, secret=SVIX):
    at = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    said = base64.b64encode(hmac.new(key, f"m1.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    return {"svix-id": "m1", "svix-timestamp": at, "svix-signature": f"v1,{said}"}


def test_resends_signature_counts_and_a_hard_bounce_ends_writing_there(shop):
    own, sent = account(shop, "resend", api_key="k", webhook_key=SVIX), message(shop)
    headers = [{"name": "X-Metadata", "value": json.dumps(mine(sent))}]
    body = json.dumps({
        "type": "email.bounced", "created_at": "2026-11-21T12:00:00Z",
        "data": {"email_id": "re1", "to": ["m@example.com"], "headers": headers,
                 "bounce": {"message": "a hard bounce message", "type": "Permanent"}},
    }).encode()  # fmt: skip
    assert report(shop, own, body, **svix(body, "whsec_" + base64.b64encode(b"x" * 24).decode())) == 403
    assert report(shop, own, body.replace(b"bounced", b"bOunced"), **svix(body)) == 403
    assert status(sent) == "sent"
    assert report(shop, own, body, **svix(body)) == 200
    assert status(sent) == "bounced"
    with shop_context(shop.pk):
        assert Suppression.objects.get().why == "bounced"


def test_resend_without_a_secret_is_not_believed(shop):
    own, sent = account(shop, "resend"), message(shop)
    assert report(shop, own, {"type": "email.delivered", "data": {}}) == 403
    assert status(sent) == "sent"


def test_mailguns_signature_is_good_for_one_thing_only(shop):
    own, sent = account(shop, "mailgun", api_key="k", webhook_key="sign"), message(shop)

    def said(event, token="t" * 50, at=None, key=b"sign"):
        at = at or str(int(time.time()))
        signature = hmac.new(key, f"{at}{token}".encode(), hashlib.sha256).hexdigest()
        return {
            "signature": {"timestamp": at, "token": token, "signature": signature},
            "event-data": {"event": event, "timestamp": 1763726400, "recipient": "m@example.com",
                           "user-variables": mine(sent), "message": {"headers": {"message-id": "x"}}},
        }  # fmt: skip

    assert report(shop, own, said("delivered", key=b"guess")) == 403
    assert report(shop, own, said("delivered", at=str(int(time.time()) - 90_000))) == 403
    assert status(sent) == "sent"
    first = said("delivered")
    assert (report(shop, own, first), report(shop, own, first)) == (200, 200)
    stolen = {**said("complained"), "signature": first["signature"]}
    assert report(shop, own, stolen) == 403
    assert status(sent) == "delivered"


def test_sendgrids_key_signs_all_of_it(shop):
    private = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(
        private.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    ).decode()
    own, sent = account(shop, "sendgrid", api_key="k", webhook_key=public), message(shop)
    body = json.dumps([{
        "event": "open", "email": "m@example.com", "timestamp": 1763726400, "sg_machine_open": False,
        "useragent": "Mozilla/5.0 (Windows) Gecko/1 Thunderbird/1", **mine(sent),
    }]).encode()  # fmt: skip
    at = str(int(time.time()))
    signature = base64.b64encode(private.sign(at.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    headers = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": at,
    }
    assert report(shop, own, body.replace(b"open", b"oPen", 1), **headers) == 403
    assert report(shop, own, body) == 403
    assert report(shop, own, body, **headers) == 200
    assert status(sent) in ("opened", "delivered")


@pytest.fixture(scope="module")
def amazon():
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    pem = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def signed(said, version="2"):
        lines = "".join(f"{n}\n{said[n]}\n" for n in mail_proofs.SIGNED[said["Type"]] if n in said)
        hashed = hashes.SHA256() if version == "2" else hashes.SHA1()  # noqa: S303
        return {**said, "SignatureVersion": version, "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/a.pem",
                "Signature": base64.b64encode(key.sign(lines.encode(), PKCS1v15(), hashed)).decode()}  # fmt: skip

    return SimpleNamespace(pem=pem, signed=signed)


def notification(message, kind="Delivery", **event):
    headers = [{"name": "X-Metadata", "value": json.dumps(mine(message))}]
    mail = {"messageId": "ses1", "destination": ["m@example.com"], "headers": headers}
    return {
        "Type": "Notification", "MessageId": "1", "TopicArn": "arn:aws:sns:eu-west-1:1:t", "Timestamp": "2026-11-21T12:00:00Z",
        "Message": json.dumps({"eventType": kind, "mail": mail, **event}),
    }  # fmt: skip


@pytest.mark.parametrize("version", ["1", "2"])
def test_amazons_signature_is_over_every_line(amazon, version, shop):
    said = amazon.signed(notification(message(shop)), version)
    verify_sns(said, certificate=lambda _url: amazon.pem)
    for wrong in (
        {"Message": said["Message"] + " "},
        {"TopicArn": "arn:another"},
        {"Signature": "AAAA"},
        {"Type": "X"},
    ):
        with pytest.raises(ForgedError):
            verify_sns({**said, **wrong}, certificate=lambda _url: amazon.pem)


@pytest.mark.parametrize(
    "url",
    ["http://sns.eu-west-1.amazonaws.com/a.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem",
     "https://evil.example/a.pem", "https://sns.x@evil.example/a.pem", "https://127.0.0.1/a.pem",
     "https://sns.eu-west-1.amazonaws.com:8443/a.pem", "https://sns.eu-west-1.amazonaws.com/a", ""],
)  # fmt: skip
def test_a_certificate_comes_from_amazon_or_not_at_all(url):
    with pytest.raises(ForgedError):
        mail_proofs._certificate(url)


def test_what_amazon_reports_is_taken(shop, amazon, monkeypatch):
    monkeypatch.setattr(mail_proofs, "_ask_amazon", lambda url: amazon.pem)
    mail_proofs._certificate.cache_clear()
    own, sent = account(shop, "ses", username="u", password="p"), message(shop)
    complaint = notification(
        sent, "Complaint", complaint={"complainedRecipients": [{"emailAddress": "m@example.com"}]}
    )
    assert report(shop, own, {**amazon.signed(complaint), "Message": "{}"}) == 403
    assert report(shop, own, amazon.signed(complaint)) == 200
    mail_proofs._certificate.cache_clear()
    assert status(sent) == "bounced"
    with shop_context(shop.pk):
        assert Suppression.objects.get().why == "complained"


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"RecordType": 5}', b"\xff\xfe"])
def test_what_cannot_be_read_changes_nothing(shop, body):
    own, sent = account(shop, "postmark"), message(shop)
    assert report(shop, own, body) in (200, 400)
    assert status(sent) == "sent"
