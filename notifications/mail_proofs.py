"""Whether a report about mails is the provider's: each one's proof, and its events in Anymail's words."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import requests
from anymail.exceptions import AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent
from anymail.webhooks.amazon_ses import AmazonSESTrackingWebhookView
from anymail.webhooks.base import AnymailCoreWebhookView
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailgun import MailgunTrackingWebhookView
from anymail.webhooks.postmark import PostmarkTrackingWebhookView
from anymail.webhooks.resend import ResendTrackingWebhookView
from anymail.webhooks.sendgrid import SendGridTrackingWebhookView
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_pem_x509_certificate
from django.core.cache import cache
from django.http import HttpRequest

APART_S = 300  # between the provider's clock and ours, where it signs the time
MAILGUN_KEEPS_S = 24 * 3600  # it tries for eight hours
OF_AMAZON = re.compile(r"sns\.[a-z0-9-]{3,30}\.amazonaws\.com(\.cn)?")
SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
PROVED = "by the address, or above"  # Anymail would warn of views without a password
Events = list[AnymailTrackingEvent]


class ForgedError(Exception):
    """It is not the provider's, or nobody can tell."""


def events_in(request: HttpRequest, *, provider: str, secrets: Mapping[str, str]) -> Events:
    """What the provider reports. Raises ForgedError where it does not prove itself, ValueError where it cannot be read.

    Postmark and Brevo sign nothing: there the address, which nobody can guess, is the proof.
    """
    try:
        return _READERS[provider](request, secrets)
    except AnymailWebhookValidationFailure as error:
        raise ForgedError(str(error)) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not as the provider writes") from error


def _read(view: AnymailCoreWebhookView, request: HttpRequest) -> Events:
    view.run_validators(request)
    return _said(view, request)


def _said(view: AnymailCoreWebhookView, request: HttpRequest) -> Events:
    events: Events = view.parse_events(request)
    return events


def _sendgrid(request: HttpRequest, secrets: Mapping[str, str]) -> Events:
    key = secrets.get("webhook_key", "").strip()
    if not key:
        raise ForgedError("no verification key is set")
    try:
        view = SendGridTrackingWebhookView(tracking_webhook_verification_key=key, webhook_secret=[])
    except ValueError as error:
        raise ForgedError("the verification key cannot be read") from error
    _near(request.headers.get("X-Twilio-Email-Event-Webhook-Timestamp", ""))
    return _read(view, request)


def _mailgun(request: HttpRequest, secrets: Mapping[str, str]) -> Events:
    """Its signature covers a time and a random word, not what is said: a word seen before may say only the same."""
    key = secrets.get("webhook_key") or secrets.get("api_key", "")
    if not key or request.content_type != "application/json":
        raise ForgedError("no signing key is set, or not as Mailgun writes today")
    view = MailgunTrackingWebhookView(webhook_signing_key=key, api_key=None, webhook_secret=[])
    view.run_validators(request)
    signature = json.loads(request.body)["signature"]
    _near(str(signature["timestamp"]), apart_s=MAILGUN_KEEPS_S)
    said = hashlib.sha256(request.body).hexdigest()
    name = f"mailgun:{hashlib.sha256(str(signature['token']).encode()).hexdigest()}"
    if not cache.add(name, said, MAILGUN_KEEPS_S) and cache.get(name, said) != said:
        raise ForgedError("this signature was used for something else")
    events: Events = view.parse_events(request)
    return events


def _postmark(request: HttpRequest, secrets: Mapping[str, str]) -> Events:
    return _said(PostmarkTrackingWebhookView(webhook_secret=[PROVED]), request)


def _brevo(request: HttpRequest, secrets: Mapping[str, str]) -> Events:
    return _said(BrevoTrackingWebhookView(webhook_secret=[PROVED]), request)


def _resend(request: HttpRequest, secrets: Mapping[str, str]) -> Events:
    """https://docs.svix.com/receiving/verifying-payloads/how-manual"""
    verify_svix(request.body, request.headers, secrets.get("webhook_key", ""), now=time.time())
    return _said(ResendTrackingWebhookView(signing_secret=None, webhook_secret=[PROVED]), request)


def verify_svix(body: bytes, headers: Mapping[str, str], secret: str, *, now: float) -> None:
    """Raises ForgedError."""
    try:
        key = base64.b64decode(secret.strip().removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ForgedError("the signing secret cannot be read") from error
    if not key:
        raise ForgedError("no signing secret is set")
    at = headers.get("svix-timestamp", "")
    _near(at, now=now)
    signed = f"{headers.get('svix-id', '')}.{at}.".encode() + body
    wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    said = [
        one.partition(",")[2].encode()
        for one in headers.get("svix-signature", "").split()
        if one[:3] == "v1,"
    ]
    if not any(hmac.compare_digest(one, wanted) for one in said):
        raise ForgedError("the signature is another one's")


def _near(at: str, *, apart_s: int = APART_S, now: float | None = None) -> None:
    if not at.isdecimal() or abs((time.time() if now is None else now) - int(at)) > apart_s:
        raise ForgedError("it was signed too long ago")


class _Ses(AmazonSESTrackingWebhookView):  # type: ignore[misc]
    """Anymail's reading of the events. Its own view asks for Amazon's library, and checks no signature."""

    def __init__(self) -> None:
        AnymailCoreWebhookView.__init__(self)


def _ses(request: HttpRequest, secrets: Mapping[str, str]) -> Events:
    said = json.loads(request.body)
    verify_sns(said, certificate=_certificate)
    if said["Type"] == "SubscriptionConfirmation":
        _ask_amazon(said["SubscribeURL"])
        return []
    if said["Message"].startswith("Successfully validated SNS topic"):
        return []
    events: Events = _Ses().esp_to_anymail_events(json.loads(said["Message"]), said)
    return events


def verify_sns(said: Any, *, certificate: Callable[[str], bytes]) -> None:
    """https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html Raises ForgedError."""
    if not isinstance(said, Mapping) or said.get("Type") not in SIGNED:
        raise ForgedError("not a message of SNS")
    lines = [f"{name}\n{said[name]}\n" for name in SIGNED[str(said["Type"])] if said.get(name) is not None]
    hashed = hashes.SHA256() if str(said.get("SignatureVersion")) == "2" else hashes.SHA1()  # noqa: S303  Amazon's choice
    try:
        key = load_pem_x509_certificate(certificate(str(said.get("SigningCertURL", "")))).public_key()
        if not isinstance(key, RSAPublicKey):
            raise ForgedError("not Amazon's kind of key")
        signature = base64.b64decode(str(said.get("Signature", "")), validate=True)
        key.verify(signature, "".join(lines).encode(), PKCS1v15(), hashed)
    except (InvalidSignature, ValueError) as error:
        raise ForgedError("the signature is another one's") from error


@lru_cache(maxsize=32)
def _certificate(url: str) -> bytes:
    if not urlsplit(url).path.endswith(".pem"):
        raise ForgedError("not the address of a certificate")
    return _ask_amazon(url)


def _ask_amazon(url: str) -> bytes:
    """Only of SNS itself: whoever may write an address here could have us call anybody."""
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.port or not OF_AMAZON.fullmatch(parts.netloc):
        raise ForgedError("not an address of Amazon SNS")
    with requests.Session() as session:
        session.trust_env = False
        answer = session.get(url, timeout=5, allow_redirects=False)
        answer.raise_for_status()
        return answer.content[: 64 * 1024]


_READERS: Mapping[str, Callable[[HttpRequest, Mapping[str, str]], Events]] = {
    "ses": _ses,
    "sendgrid": _sendgrid,
    "mailgun": _mailgun,
    "postmark": _postmark,
    "brevo": _brevo,
    "resend": _resend,
}
