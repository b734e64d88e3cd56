"""What a shop puts on its own site: a script, and the frames it opens. No cookie, nothing stored.

Only sites the shop named may show a frame of ours, and only these frames: every other page refuses.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache as once
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Brand, Shop
from tenants.vault import page_token
from tracking import snapshot as snapshots
from tracking.doors import private, see_other
from tracking.embedding import Pass, open_pass
from tracking.forms import LookupForm
from tracking.frame import Frame, choose_language, frame_of
from tracking.journey import Tongue
from tracking.models import Order
from tracking.proof import Trust
from tracking.sheet import sheet
from tracking.snapshot import Snapshot
from tracking.when import Clock, locale_for, zone_for

SCRIPT_KEPT_S = 3600


@require_safe
def script(request: ShopRequest) -> HttpResponse:
    """The same for every shop, but for the name of the frame."""
    title = json.dumps(_("Where is my order?")).replace("<", "\\u003c")
    body = _script().replace('"Where is my order?"', title)
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:16]}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    response = HttpResponse(body, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={SCRIPT_KEPT_S}"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["ETag"] = etag
    return response


@once
def _script() -> str:
    found = finders.find("js/widget.js")
    assert isinstance(found, str)  # noqa: S101  it is in static/
    return Path(found).read_text()


@private
@require_safe
def box(request: ShopRequest) -> HttpResponse:
    """The form that finds an order. It opens the page in a tab of its own."""
    shop = request.shop
    with shop_context(shop.pk):
        brand = Brand.objects.for_shop(shop).defer("logo").get()
    asked = request.GET.get("lang", "").lower()
    language = choose_language(shop, asked, get_language_from_request(request))
    with translation.override(language):
        frame = frame_of(shop, brand, prefix=request.shop_prefix, language=language)
        told = {"form": LookupForm(), "asked_language": language if asked == language else ""}
        return _framed(request, frame, brand.frames, "tracking/widget_box.html", told)


@private
@require_safe
def status(request: ShopRequest, said: str) -> HttpResponse:
    """An order's status, for whom the shop's own site knows: what the bare link shows, in short."""
    shop, now = request.shop, timezone.now()
    with shop_context(shop.pk):
        brand = Brand.objects.for_shop(shop).defer("logo").get()
        order = _order(shop, open_pass(shop, said, now=now))
        told = order and snapshots.read(shop.pk, order.token_hash, now=now, stale_before=now)
    asked = request.GET.get("lang", "").lower()
    language = choose_language(shop, asked, order.language if order else get_language_from_request(request))
    with translation.override(language):
        frame = frame_of(shop, brand, prefix=request.shop_prefix, language=language)
        if not told or not told.snapshot:
            return _framed(request, frame, brand.frames, "tracking/widget_over.html", {}, status=410)
        clock = _clock(shop, told.snapshot, language, now)
        shown = sheet(told.snapshot, shop, clock, Tongue(language, shop.language), Trust.LINK)
        return _framed(
            request, frame, brand.frames, "tracking/widget_status.html",
            {"sheet": shown, "page": reverse("widget_open", args=[said])},
        )  # fmt: skip


@private
@require_safe
def open_page(request: ShopRequest, said: str) -> HttpResponse:
    """On to the page itself, in a tab of its own: its key is in no frame."""
    with shop_context(request.shop.pk):
        order = _order(request.shop, open_pass(request.shop, said, now=timezone.now()))
    if order is None:
        return see_other(reverse("lookup"))
    token = page_token(shop_id=request.shop.pk, order_id=order.pk, turn=order.token_turn)
    return see_other(reverse("page", args=[token]))


def _order(shop: Shop, known: Pass | None) -> Order | None:
    if known is None:
        return None
    found: Order | None = (
        Order.objects.for_shop(shop).filter(pk=known.order_id, token_turn=known.turn).first()
    )
    return found


def _clock(shop: Shop, snapshot: Snapshot, language: str, now: datetime) -> Clock:
    order = snapshot.order
    zone = zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    return Clock(now, zone, locale_for(language, shop.country))


def _framed(
    request: ShopRequest,
    frame: Frame,
    sites: Sequence[str],
    template: str,
    told: dict[str, object],
    status: int = 200,
) -> HttpResponse:
    """Shown by the sites the shop named, and by the console's preview, which is on our own host."""
    files = {
        "follows": request.GET.get("theme") == "auto",
        "css": static("css/widget.css"),
        "js": static("js/widget-frame.js"),
    }
    html = render_to_string(template, {"frame": frame, **files, **told})
    response = HttpResponse(html, status=status)
    response.xframe_options_exempt = True
    if not sites:
        response["X-Frame-Options"] = "SAMEORIGIN"
    response._csp_update = {"style-src": [frame.style.csp]}  # type: ignore[attr-defined]
    response._csp_replace = {"frame-ancestors": ["'self'", *sites]}  # type: ignore[attr-defined]
    return response
