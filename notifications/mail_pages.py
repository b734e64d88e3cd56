"""Where the links in mails lead that need no more proof than the mailbox: to stop, and to say yes to following an order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from notifications import alert_words
from notifications.links import read_follow, read_stop
from notifications.models import Follower
from notifications.services import choosing, following
from tenants.isolation import shop_context
from tenants.middleware import ShopRequest
from tenants.models import Brand
from tracking.doors import from_our_own_pages, private
from tracking.frame import choose_language, frame_of, framed
from tracking.links import gift_path, page_path
from tracking.models import Order
from tracking.subpages import ALWAYS_CSS, ALWAYS_JS


@from_our_own_pages
@require_http_methods(["GET", "HEAD", "POST"])
@private
def stop(request: ShopRequest, key: str) -> HttpResponse:
    """GET asks, since programs open links; POST does it, the reader's or their mail program's (RFC 8058)."""
    said = read_stop(request.shop, key)
    if said is None:
        raise Http404
    order_id, whom = said
    with shop_context(request.shop.pk):
        order = Order.objects.for_shop(request.shop).filter(pk=order_id).first()
        if order is None:
            raise Http404
        follower = _follower(request, order, whom)
        language = choose_language(request.shop, follower.language if follower else order.language)
        with translation.override(language):
            words = alert_words.stop_words(order.number)
            if request.method == "POST":
                now = timezone.now()
                if follower:
                    following.stop(follower=follower, words=words, now=now)
                else:
                    choosing.stop_emails(order=order, words=words, language=language, now=now)
            told = {
                "order": order,
                "stopped": request.method == "POST" or _has_stopped(order, follower),
                "alerts": "" if whom else f"{request.shop_prefix}{page_path(order)}alerts",
            }
            return page_of(request, "tracking/alerts_stop.html", told, language, _("No more e-mails"))


def _follower(request: ShopRequest, order: Order, whom: str) -> Follower | None:
    """None for the customer. 404 for somebody who was taken off since."""
    if not whom:
        return None
    number = whom.removeprefix("follower:")
    found = Follower.objects.for_shop(request.shop).filter(
        order=order, pk=int(number) if number.isdecimal() else 0
    )
    follower: Follower | None = found.select_related("order").first()
    if follower is None:
        raise Http404
    return follower


def _has_stopped(order: Order, follower: Follower | None) -> bool:
    return follower.stopped_at is not None if follower else choosing.has_stopped(order=order)


@from_our_own_pages
@require_http_methods(["GET", "HEAD", "POST"])
@private
def follow(request: ShopRequest, key: str) -> HttpResponse:
    """Somebody was asked whether they want an order's messages. GET asks again; POST is their answer."""
    number = read_follow(request.shop, key)
    with shop_context(request.shop.pk):
        found = Follower.objects.for_shop(request.shop).filter(pk=number or 0).select_related("order")
        follower = found.first()
        if follower is None:
            raise Http404
        language = choose_language(request.shop, follower.language)
        with translation.override(language):
            now, words = timezone.now(), alert_words.follow_words(request.shop)
            if request.method == "POST":
                if "no" in request.POST:
                    following.stop(follower=follower, words=words, now=now)
                else:
                    following.confirm(follower=follower, words=words, now=now)
                follower = found.get()
            order = follower.order
            told = {
                "words": words,
                "answer": _answer(follower),
                "open": following.is_open(follower, now),
                "url": f"{request.shop_prefix}{gift_path(order)}"
                if order.gift_hash and follower.confirmed_at
                else "",
            }
            return page_of(request, "tracking/alerts_follow.html", told, language, _("Follow an order"))


def _answer(follower: Follower) -> str:
    if follower.stopped_at:
        return "no"
    return "yes" if follower.confirmed_at else ""


@require_safe
def worker(request: ShopRequest) -> HttpResponse:
    """The service worker that shows what is pushed. Below the shop, and for no page of another."""
    response = HttpResponse(
        render_to_string("tracking/alerts_worker.js"), content_type="text/javascript; charset=utf-8"
    )
    response["Cache-Control"] = "no-cache"
    return response


def page_of(
    request: ShopRequest, template: str, told: Mapping[str, Any], language: str, title: str
) -> HttpResponse:
    brand = Brand.objects.for_shop(request.shop).defer("logo").get()
    frame = frame_of(request.shop, brand, prefix=request.shop_prefix, language=language)
    content = render_to_string(template, {"shop": request.shop, "frame": frame, **told})
    html = framed(
        frame, title=title, content=content, live=False, css=(*ALWAYS_CSS, "alerts.css"), js=ALWAYS_JS
    )
    response = HttpResponse(html)
    response._csp_update = {"style-src": [frame.style.csp]}  # type: ignore[attr-defined]
    return response
