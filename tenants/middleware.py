"""Finds the shop a request is for: by its host, by /s/<slug>/, or by a page's key; 404 where none lives."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from django.conf import settings
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import get_script_prefix, set_script_prefix
from django.utils import translation

from tenants.models import Host, KeyHash, Shop
from tenants.vault import digest

_KEPT_S = 30  # how long a process trusts what it read of hosts and shops
_NAME = re.compile(r"[a-z0-9.-]{1,253}")
_MOST = 10_000  # entries a process keeps
_kept: dict[str, tuple[float, Shop | None]] = {}


class ShopRequest(HttpRequest):
    """A request that has a shop. `shop_prefix` is "/s/<slug>" on the installation's host, else empty."""

    shop: Shop
    on_site: bool
    shop_prefix: str


def forget_shops() -> None:
    """Drop what this process remembers; other processes follow within 30 s."""
    _kept.clear()


def _remembered(key: str, find: Callable[[], Shop | None]) -> Shop | None:
    now = time.monotonic()
    found = _kept.get(key)
    if found and found[0] > now:
        return found[1]
    shop = find()
    if shop and shop.suspended_at:
        shop = None
    if len(_kept) >= _MOST:  # a stranger may ask for any number of hosts
        _kept.clear()
    _kept[key] = (now + _KEPT_S, shop)
    return shop


def shop_by_host(host: str) -> Shop | None:
    if not _NAME.fullmatch(host):  # whatever else a stranger writes there, the database is not asked about it
        return None
    return _remembered(
        f"host:{host}",
        lambda: next((h.shop for h in _proved(host)), None),
    )


def _proved(host: str) -> QuerySet[Host]:
    return Host.objects.filter(host=host, verified_at__isnull=False).select_related("shop")


def shop_by_slug(slug: str) -> Shop | None:
    return _remembered(f"slug:{slug}", lambda: Shop.objects.filter(slug=slug).first())


def shop_by_page_token(token: str) -> Shop | None:
    hashed = digest(token)
    return _remembered(
        f"page:{hashed}",
        lambda: next(
            (k.shop for k in KeyHash.objects.filter(hash=hashed, kind="page").select_related("shop")), None
        ),
    )


class ShopMiddleware:
    """Sets `request.shop` and which URLs there are. Opens no transaction: the three doors do
    (`tenants.access.members`, the API's base view, the shopper's views)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = request.META.get("HTTP_HOST", "").rsplit(":", 1)[0].lower().rstrip(".")
        request.shop_prefix = ""  # type: ignore[attr-defined]
        request.on_site = host in settings.SITE_HOSTS  # type: ignore[attr-defined]
        if not request.on_site:  # type: ignore[attr-defined]
            shop = shop_by_host(host)
            return self._in_shop(request, shop, "") if shop else HttpResponseNotFound("No shop answers here.")
        parts = request.path_info.split("/", 3)
        if parts[1] == "s" and len(parts) == 4:
            shop = shop_by_slug(parts[2])
            if shop is None:
                raise Http404
            request.path_info = "/" + parts[3]
            return self._in_shop(request, shop, f"/s/{shop.slug}")
        if parts[1] == "t" and len(parts) > 2:
            shop = shop_by_page_token(parts[2])
            if shop is None:
                raise Http404
            return self._in_shop(request, shop, f"/s/{shop.slug}")
        return self.get_response(request)

    def _in_shop(self, request: HttpRequest, shop: Shop, prefix: str) -> HttpResponse:
        request.shop = shop  # type: ignore[attr-defined]
        request.shop_prefix = prefix  # type: ignore[attr-defined]
        request.urlconf = settings.SHOP_URLCONF
        outside = get_script_prefix()
        set_script_prefix(f"{prefix}/")  # so that reverse() stays inside the shop
        try:
            # A thread keeps the language of whom it served last: here it is the shop's until a view says another.
            with translation.override(shop.language):
                return self.get_response(request)
        finally:
            set_script_prefix(outside)
