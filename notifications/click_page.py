"""Where a counted link of a mail leads: on, and nowhere but to the address kept for it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from notifications import opens, tracked
from notifications.models import Message
from notifications.services.following_links import follow
from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tracking.doors import private


@require_safe
@private
def link(request: ShopRequest, key: str) -> HttpResponse:
    """302 to the address the key names, whoever asks and however often; 404 for a key we did not make."""
    said = tracked.read_key(request.shop.pk, key)
    if said is None:
        raise Http404
    message_id, target_id = said
    now = timezone.now()
    with shop_context(request.shop.pk):
        sent_at = (
            Message.objects.for_shop(request.shop)
            .filter(pk=message_id)
            .values_list("sent_at", flat=True)
            .first()
        )
        to = follow(
            shop=request.shop, message_id=message_id, target_id=target_id, now=now,
            reader=_reader(request, (now - sent_at).total_seconds() if sent_at else None),
        )  # fmt: skip
    if to is None:
        raise Http404
    response = HttpResponse(status=302)
    response["Location"] = to
    return response


def _reader(request: ShopRequest, after_s: float | None) -> str:
    """Who looks only at the headers is no reader."""
    ahead = request.method == "HEAD" or opens.is_prefetched(request.headers)
    return opens.reader_of(request.headers.get("User-Agent", ""), after_s, prefetched=ahead)
