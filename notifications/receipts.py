"""Where providers report what became of a message: Twilio, and Anymail's providers."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from anymail.signals import AnymailTrackingEvent, tracking
from django.conf import settings
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from twilio.request_validator import RequestValidator

from notifications.models import ChannelAccount, Message
from notifications.services.receipts import record_receipt
from tenants.isolation import shop_context
from tenants.middleware import shop_by_slug
from tenants.models import Shop
from tenants.vault import unseal

log = structlog.get_logger(__name__)

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


@csrf_exempt
@require_POST
def twilio_receipt(request: HttpRequest, slug: str, key: str, message_id: uuid.UUID) -> HttpResponse:
    """A status callback. The signature is over the address we gave, never over the Host that came with it."""
    shop = shop_by_slug(slug)
    if shop is None:
        raise Http404
    with shop_context(shop.pk):
        token = _auth_token(shop, key)
        signature = request.headers.get("X-Twilio-Signature", "")
        address = f"{settings.SITE_URL}/receipts/twilio/{slug}/{key}/{message_id}"
        if not token or not RequestValidator(token).validate(address, request.POST.dict(), signature):
            raise Http404
        kind = TWILIO.get(request.POST.get("MessageStatus", ""))
        message = Message.objects.for_shop(shop).filter(pk=message_id).exclude(channel="email").first()
        if kind and message:
            code = request.POST.get("ErrorCode", "")[:16]
            record_receipt(
                message=message,
                kind=kind,
                at=timezone.now(),
                detail=f"Twilio {code}" if code.isdigit() else "",
            )
    return HttpResponse(status=204)


def _auth_token(shop: Shop, key: str) -> str:
    if key == "house":
        return str(settings.TWILIO_AUTH_TOKEN)
    account = ChannelAccount.objects.for_shop(shop).filter(receipt_key=key).exclude(receipt_key="").first()
    return unseal(account.sealed).get("auth_token", "") if account else ""


@receiver(tracking)
def anymail_receipt(sender: Any, event: AnymailTrackingEvent, esp_name: str, **kwargs: Any) -> None:
    """Anymail verified the provider; our own ids come back in the metadata."""
    kind = ANYMAIL.get(event.event_type)
    told = event.metadata or {}
    shop, message_id = str(told.get("shop", "")), str(told.get("message", ""))
    if kind is None or not shop.isdigit() or not message_id:
        return
    with shop_context(int(shop)):
        message = Message.objects.for_shop(int(shop)).filter(pk=message_id, channel="email").first()
        if message:
            record_receipt(
                message=message,
                kind=kind,
                at=event.timestamp or timezone.now(),
                detail=(event.reject_reason or "")[:240],
            )
        else:
            log.warning("receipt_of_no_message", shop_id=int(shop), provider=esp_name)
