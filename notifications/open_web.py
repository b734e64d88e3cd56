"""Requests to addresses strangers gave us: to the open web and nowhere else, whatever their names lead to."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter

MOST_ANSWER = 64 * 1024  # bytes read of an answer


class NotPublicError(ValueError):
    """An address that is not https, or leads into a private network."""


def check(url: str) -> None:
    """Raises NotPublicError for what cannot be an address of the open web, without asking anybody."""
    _parts(url)


def post(url: str, *, body: bytes, headers: Mapping[str, str], timeout_s: float) -> requests.Response:
    """Raises NotPublicError, or what requests raises. The name is looked up once, judged, and that very address called:
    a name that answers otherwise the second time leads nowhere else. No redirect is followed, no proxy asked."""
    host, port, scheme = _parts(url)
    address = public_address(host, port)
    with requests.Session() as session:
        session.trust_env = False
        session.mount(f"{scheme}://", _Pinned(host, address))
        answer = session.post(
            url, data=body, headers=dict(headers), timeout=timeout_s, allow_redirects=False, stream=True
        )
        answer.raw.read(MOST_ANSWER)
        answer.close()
        return answer


def _parts(url: str) -> tuple[str, int, str]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise NotPublicError(url) from error
    near = settings.PUSH_TO_LOOPBACK and host in ("127.0.0.1", "localhost")
    if parts.scheme != "https" and not (near and parts.scheme == "http"):
        raise NotPublicError("not https")
    if not host or parts.username or parts.password or (port not in (None, 443) and not near):
        raise NotPublicError("not an address of the open web")
    return host, port or (443 if parts.scheme == "https" else 80), parts.scheme


def public_address(host: str, port: int) -> str:
    """The first address of `host`, where all of them are public. Raises NotPublicError, or ConnectionError of requests."""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as error:
        raise requests.exceptions.ConnectionError(f"{host} has no address") from error
    for said in found:
        address = ipaddress.ip_address(said.partition("%")[0])
        if not (is_public(address) or (settings.PUSH_TO_LOOPBACK and address.is_loopback)):
            raise NotPublicError(f"{host} leads into a private network")
    return sorted(found, key=lambda said: (":" in said, said))[0]


def is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Also of the IPv4 address inside an IPv6 one."""
    inside = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inside is not None:
        return is_public(inside)
    return address.is_global and not address.is_multicast


class _Pinned(HTTPAdapter):
    """Connects to `address`, and speaks to it as `host`."""

    def __init__(self, host: str, address: str) -> None:
        self._host, self._address = host, address
        super().__init__(max_retries=0)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        literal = f"[{self._address}]" if ":" in self._address else self._address
        request.headers["Host"] = parts.netloc
        request.url = parts._replace(netloc=f"{literal}:{parts.port}" if parts.port else literal).geturl()
        return super().send(request, *args, **kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, server_hostname=self._host, **kwargs)
