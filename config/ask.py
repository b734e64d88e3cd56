"""Whether a proxy may fetch a certificate for a name: only for this installation's own and the shops' proved ones.

Caddy asks here before every certificate it fetches, and before each it loads from its store, so the answer must
come when the database does not. Answered before hosts are judged, and to machines inside only.
https://caddyserver.com/docs/automatic-https#on-demand-tls
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotFound

from tenants.hosting import PROVED
from tenants.middleware import shop_by_host

PATH = "/caddy/ask"
KEPT_S = 15.0  # how long a process takes its list for the whole truth
LONGEST = 253


class AskMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self._known: frozenset[str] = frozenset()
        self._until = 0.0  # monotonic

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH:
            return self.get_response(request)
        if request.method != "GET" or not _is_inside(request):
            return HttpResponseNotFound()
        name = request.GET.get("domain", "").lower().rstrip(".")
        return HttpResponse("yes") if self._may(name) else HttpResponseForbidden("no")

    def _may(self, name: str) -> bool:
        """A name that is not on the list may have been proved this minute: then the database knows."""
        if not name or len(name) > LONGEST:
            return False
        if name in settings.SITE_HOSTS or name in self._list():
            return True
        try:
            return shop_by_host(name) is not None
        except (DatabaseError, InterfaceError):
            return False

    def _list(self) -> frozenset[str]:
        """Where the cache is away, what this process has known before."""
        if time.monotonic() >= self._until:
            found = cache.get(PROVED)
            if found is not None:
                self._known = frozenset(found)
            self._until = time.monotonic() + KEPT_S
        return self._known


def _is_inside(request: HttpRequest) -> bool:
    """From this machine or a network named for it, and not on behalf of somebody outside."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    return address.is_loopback or any(address in network for network in _networks(tuple(settings.ASK_FROM)))


@lru_cache(maxsize=8)
def _networks(said: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(one, strict=False) for one in said)
