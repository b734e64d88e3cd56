"""Where carriers push: check, store, answer. What it means is read later, from the stored row."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from carriers import registry
from carriers.models import Account
from carriers.services import opened, store_push
from carriers.types import Carrier, Trust
from tenants.isolation import shop_context
from tenants.middleware import shop_by_slug
from tenants.models import Shop
from tenants.vault import SealBrokenError

log = structlog.get_logger(__name__)

MAX_BYTES = 1024 * 1024


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def push(request: HttpRequest, slug: str, carrier: str, hook_key: str) -> HttpResponse:
    """Keep what a carrier says. A repeat is answered like the first; who is not the carrier learns nothing.

    Some look first whether anybody is there, with GET or HEAD.
    """
    said = request.META.get("CONTENT_LENGTH") or "0"
    if not said.isdecimal() or int(said) > MAX_BYTES:
        return HttpResponse(status=413)
    shop, known = shop_by_slug(slug), registry.CARRIERS.get(carrier)
    if shop is None or known is None or known.push is Trust.NONE:
        return HttpResponse(status=404)
    with shop_context(shop.pk):
        account = _account(shop, carrier, hook_key)
        if account is None:
            return HttpResponse(status=404)
        if request.method != "POST":
            return HttpResponse(status=200)
        if not request.body or not _is_genuine(account, known, request):
            log.warning("push_refused", shop_id=shop.pk, account_id=account.pk)
            return HttpResponse(status=401)
        store_push(account=account, body=request.body, now=timezone.now())
    return HttpResponse(status=200)


def _account(shop: Shop, carrier: str, hook_key: str) -> Account | None:
    accounts = Account.objects.for_shop(shop).filter(carrier=carrier, enabled=True)
    return next((a for a in accounts if constant_time_compare(a.hook_key, hook_key)), None)


def _is_genuine(account: Account, carrier: Carrier, request: HttpRequest) -> bool:
    """Where the carrier signs nothing, the address and a secret are all there is: then the body is not believed
    either (tracking.services.pushes)."""
    if carrier.verify is None:
        return True
    try:
        return bool(carrier.verify(request.headers, request.body, opened(account)))
    except SealBrokenError:
        return False
