"""Where providers report what became of a message: Twilio, and Anymail's providers, the shop's own or the installation's."""

from __future__ import annotations

import uuid
from typing import Any

import requests
import structlog
from anymail.signals import AnymailTrackingEvent, tracking
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST
from twilio.request_validator import RequestValidator

from notifications import mail_proofs, opens, twilio
from notifications.models import ChannelAccount, Message
from notifications.services.receipts import record_receipt
from tenants.isolation import shop_context
from tenants.middleware import shop_by_slug
from tenants.models import Shop
from tenants.vault import SealBrokenError, unseal

log = structlog.get_logger(__name__)

LARGEST = 1024 * 1024  # bytes of one report: SendGrid gathers many events into one
# https://www.twilio.com/docs/messaging/api/message-resource#message-status-values
TWILIO = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
}
ANYMAIL = {
    "sent": "sent",
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "bounced": "bounced",
    "rejected": "failed",
    "failed": "failed",
    "complained": "complained",
}
# What Anymail calls bounced and is over soon: Postmark, Brevo, SES.
SOFT = ("softbounce", "soft_bounce", "transient")


@csrf_exempt
@require_POST
def twilio_receipt(request: HttpRequest, slug: str, key: str, message_id: uuid.UUID) -> HttpResponse:
    """A status callback. The signature is over the address we gave, never over the Host that came with it."""
    shop = shop_by_slug(slug)
    if shop is None:
        raise Http404
    with shop_context(shop.pk):
        if not is_twilios(request, shop, key, f"/receipts/twilio/{slug}/{key}/{message_id}"):
            raise Http404
        kind = TWILIO.get(request.POST.get("MessageStatus", ""))
        message = Message.objects.for_shop(shop).filter(pk=message_id).exclude(channel="email").first()
        if kind and message:
            code = request.POST.get("ErrorCode", "")[:6]
            number = int(code) if code.isdigit() else 0
            record_receipt(
                message=message,
                kind=kind,
                at=timezone.now(),
                detail=f"Twilio {number}" if number else "",
                suppresses=twilio.suppresses(number) if kind == "failed" else "",
                reader=opens.HUMAN if kind == "read" else "",
                price=request.POST.get("Price", ""),
                currency=request.POST.get("PriceUnit", ""),
            )
    return HttpResponse(status=204)


def is_twilios(request: HttpRequest, shop: Shop, key: str, path: str) -> bool:
    """Whether the shop's own Twilio account signed this, or for "house" the installation's."""
    token = _auth_token(shop, key)
    signature = request.headers.get("X-Twilio-Signature", "")
    return bool(token) and bool(
        RequestValidator(token).validate(settings.SITE_URL + path, request.POST.dict(), signature)
    )


def _auth_token(shop: Shop, key: str) -> str:
    if key == "house":
        return str(settings.TWILIO_AUTH_TOKEN)
    account = ChannelAccount.objects.for_shop(shop).filter(receipt_key=key).exclude(receipt_key="").first()
    return unseal(account.sealed).get("auth_token", "") if account else ""


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def mail_receipt(request: HttpRequest, slug: str, key: str, provider: str) -> HttpResponse:
    """Reports of a shop's own mail provider. The address says whose they are, whatever they say themselves."""
    shop = shop_by_slug(slug)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if shop is None or not str(length).isdecimal():
        raise Http404
    if int(length) > LARGEST:
        return HttpResponse(status=413)
    with shop_context(shop.pk):
        accounts = ChannelAccount.objects.for_shop(shop).filter(channel="email", receipt_key=key)
        account = accounts.exclude(receipt_key="").first()
        if account is None or account.settings.get("provider") != provider:
            raise Http404
        sealed = account.sealed
    if request.method == "HEAD":
        return HttpResponse()
    try:
        events = mail_proofs.events_in(request, provider=provider, secrets=unseal(sealed))
    except (mail_proofs.ForgedError, SealBrokenError) as error:
        log.warning("receipt_forged", shop_id=shop.pk, provider=provider, why=str(error)[:120])
        return HttpResponse(status=403)
    except requests.RequestException:
        return HttpResponse(status=503)  # Amazon's certificate could not be fetched: it tries again
    except ValueError:
        return HttpResponse(status=400)
    for event in events:
        _take(shop.pk, event, provider)
    return HttpResponse()


@receiver(tracking)
def anymail_receipt(sender: Any, event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Of the installation's own provider, which Anymail verified; our own ids come back in the metadata."""
    shop = str((event.metadata or {}).get("shop", ""))
    if shop.isdigit():
        _take(int(shop), event, esp_name)


def _take(shop_id: int, event: AnymailTrackingEvent, provider: str) -> None:
    kind = ANYMAIL.get(event.event_type)
    if kind is None:
        return
    with shop_context(shop_id):
        message = _message_of(shop_id, event)
        if message is None:
            log.warning("receipt_of_no_message", shop_id=shop_id, provider=provider)
            return
        at = event.timestamp or timezone.now()
        record_receipt(
            message=message,
            kind=kind,
            at=at,
            detail=" ".join(filter(None, (event.reject_reason, event.description, event.mta_response)))[:240],
            reader=_reader(event, message, at) if kind in ("opened", "clicked") else "",
            is_soft=_is_soft(event),
        )


def _message_of(shop_id: int, event: AnymailTrackingEvent) -> Message | None:
    """By our own id, which came along; else by the provider's."""
    mails = Message.objects.for_shop(shop_id).filter(channel="email")
    try:
        ours = uuid.UUID(str((event.metadata or {}).get("message", "")))
    except ValueError:
        ours = None
    found: Message | None = mails.filter(pk=ours).first() if ours else None
    theirs = str(event.message_id or "")
    if found is None and theirs:
        found = mails.filter(provider_id=theirs[:120]).exclude(provider_id="").first()
    return found


def _reader(event: AnymailTrackingEvent, message: Message, at: Any) -> str:
    if opens.says_machine(event.esp_event):
        return opens.MACHINE
    after_s = (at - message.sent_at).total_seconds() if message.sent_at else None
    return opens.reader_of(event.user_agent or "", after_s)


def _is_soft(event: AnymailTrackingEvent) -> bool:
    """Whether the mailbox may take the next one: full, or away."""
    said = event.esp_event if isinstance(event.esp_event, dict) else {}
    told = (
        said.get("Type"), said.get("event"), (said.get("bounce") or {}).get("bounceType"), said.get("type"),
        ((said.get("data") or {}).get("bounce") or {}).get("type"),
    )  # fmt: skip
    return any(str(one).lower() in (*SOFT, "temporary", "blocked") for one in told if one)
