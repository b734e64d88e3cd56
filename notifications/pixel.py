"""The picture that tells that a mail was opened. It keeps when, and whether a person did; nothing of who."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from notifications import opens
from notifications.models import Message
from notifications.services.receipts import has_receipt, record_receipt
from notifications.services.ruling import setup_of
from tenants.isolation import shop_context
from tenants.middleware import ShopRequest

COUNTED_FOR = timedelta(days=90)


@require_safe
def pixel(request: ShopRequest, key: str) -> HttpResponse:
    """Always the same picture, whatever the key: it tells nobody what there is."""
    message_id = opens.read_pixel_key(request.shop.pk, key)
    if message_id and request.method == "GET":
        now = timezone.now()
        with shop_context(request.shop.pk):
            message = Message.objects.for_shop(request.shop).filter(pk=message_id, channel="email").first()
            if message and now - message.created_at < COUNTED_FOR:
                after_s = (now - message.sent_at).total_seconds() if message.sent_at else None
                reader = opens.reader_of(
                    request.headers.get("User-Agent", ""),
                    after_s,
                    prefetched=opens.is_prefetched(request.headers),
                )
                if not has_receipt(message, "opened", reader) and setup_of(request.shop.pk).counts_opens:
                    record_receipt(message=message, kind="opened", at=now, reader=reader)
    response = HttpResponse(opens.GIF, content_type="image/gif")
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
