"""One HTTP exchange with a carrier: a deadline, a cap, no cookies, no way out to another host."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from django.conf import settings
from requests.adapters import HTTPAdapter

from carriers.types import BadResponseError, Carrier, Reply, Request, TransientError

CONNECT_S, READ_S = 3.05, 5.0  # a read under way when the deadline comes may add READ_S
MAX_BYTES = 4 * 1024 * 1024
REDIRECTS = 3

_threads = threading.local()


def fetch(carrier: Carrier, request: Request, headers: Mapping[str, str], *, left_s: float) -> Reply:
    """One exchange, redirects within the same host followed. Raises TransientError or BadResponseError.

    No error repeats an address or a header: both may hold credentials.
    """
    deadline = time.monotonic() + left_s
    url, params = destination(carrier, request.url), dict(request.params)
    sent = {"User-Agent": f"Rastro ({settings.SITE_URL})", **request.headers, **headers}
    for _hop in range(REDIRECTS + 1):
        reply, moved_to = _exchange(request.method, url, params, sent, request.body, deadline)
        if not moved_to:
            return reply
        there, here = urlsplit(urljoin(url, moved_to)), urlsplit(url)
        if (there.scheme, there.netloc) != (here.scheme, here.netloc) or request.method != "GET":
            raise BadResponseError("The carrier sends us elsewhere.")
        url, params = there.geturl(), {}
    raise BadResponseError("The carrier sends us in circles.")


def destination(carrier: Carrier, url: str) -> str:
    """Where a call really goes: the simulator's, under the carrier's code, where one is configured; to a
    self-hosted carrier, the operator's own address. Raises TransientError where the operator named none.
    """
    base = ""
    if settings.CARRIER_SIMULATOR_URL:
        base = f"{settings.CARRIER_SIMULATOR_URL}/{carrier.code}"
    elif carrier.address_setting:
        base = getattr(settings, carrier.address_setting)
        if not base:
            raise TransientError(f"The operator of this installation has not set {carrier.address_setting}.")
    if not base:
        return url
    parts = urlsplit(url)
    return f"{base}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _exchange(
    method: str,
    url: str,
    params: Mapping[str, str | Sequence[str]],
    headers: Mapping[str, str],
    body: bytes | None,
    deadline: float,
) -> tuple[Reply, str]:
    left_s = max(0.1, deadline - time.monotonic())
    timeout = (min(CONNECT_S, left_s), min(READ_S, left_s))
    try:
        with _session().request(
            method, url, params=params, headers=headers, data=body,
            timeout=timeout, stream=True, allow_redirects=False,
        ) as response:  # fmt: skip
            moved_to = response.headers.get("Location", "") if response.is_redirect else ""
            reply = Reply(_body(response, deadline), response.status_code, dict(response.headers))
            return reply, moved_to
    except (requests.Timeout, urllib3.exceptions.TimeoutError):
        raise TransientError("There was no answer in time.") from None
    except requests.exceptions.SSLError:
        raise TransientError("The secure connection failed.") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        raise TransientError(f"The connection failed ({type(error).__name__}).") from None


def _body(response: requests.Response, deadline: float) -> bytes:
    """All of it, as it arrives: neither endless bodies nor trickling ones hold us up."""
    parts: list[bytes] = []
    size = 0
    while part := response.raw.read1(65_536, decode_content=True):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise BadResponseError(f"The answer is longer than {MAX_BYTES // 1024**2} MiB.")
        if time.monotonic() > deadline:
            raise TransientError("The answer did not end in time.")
    return b"".join(parts)


def _session() -> requests.Session:
    """A thread's own: connections are kept, cookies are not, the environment's proxies and netrc are ignored."""
    session: requests.Session | None = getattr(_threads, "session", None)
    if session is None:
        session = requests.Session()
        session.trust_env = False
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=0))
        _threads.session = session
    return session
