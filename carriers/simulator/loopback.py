"""Posting to this machine and nowhere else."""

from __future__ import annotations

import http.client
import ipaddress
from urllib.parse import SplitResult, urlsplit


class NotLoopbackError(ValueError):
    """An address outside this machine, or no address at all."""


def checked(url: str) -> SplitResult:
    """The parts of `url`. Raises NotLoopbackError unless it is http:// to this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise NotLoopbackError(f"{url!r} is no address.") from None
    if parts.scheme != "http" or parts.username is not None or not _is_here(host):
        raise NotLoopbackError(f"{url!r} is not http:// on this machine (localhost, 127.0.0.1 or [::1]).")
    return parts


def post(url: str, body: bytes, headers: dict[str, str], *, timeout_s: float = 10) -> int:
    """The status the receiver answered with. Raises NotLoopbackError, or OSError when it cannot be reached."""
    return ask("POST", url, body, headers, timeout_s=timeout_s)


def ask(method: str, url: str, body: bytes, headers: dict[str, str], *, timeout_s: float = 10) -> int:
    """As `post`, with a method of the caller's."""
    parts = checked(url)
    host = parts.hostname or ""
    # The name is never looked up: what it is called and what it resolves to could differ.
    address = host if _is_address(host) else "127.0.0.1"
    connection = http.client.HTTPConnection(address, parts.port or 80, timeout=timeout_s)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, target, body, {**headers, "Host": parts.netloc})
        return connection.getresponse().status
    except http.client.HTTPException as error:
        raise ConnectionError(str(error)) from error
    finally:
        connection.close()


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
