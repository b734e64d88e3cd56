"""Connections mails are handed over by: one for each account and thread, kept while it is fresh."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import smtplib
import socket
import ssl
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from anymail.backends.brevo import EmailBackend as Brevo
from anymail.backends.resend import EmailBackend as Resend
from anymail.exceptions import AnymailNotSupportedWarning
from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend as Smtp

from notifications import open_web, providers

TIMEOUT_S = 10  # for each step
WHOLE_S = 25  # for a conversation with a server a shop named: it may be slow on purpose
FRESH_S = 15  # a line unused for longer is opened anew: the other side may have hung up
MOST = 16  # lines a thread keeps

# Anymail cannot try it itself; its wire is what SendGrid documents.
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)


class ResendOnce(Resend):  # type: ignore[misc]
    """https://resend.com/docs/dashboard/emails/idempotency-keys"""

    def post_to_esp(self, payload: Any, message: Any) -> Any:
        if key := getattr(message, "metadata", {}).get("message"):
            payload.headers["Idempotency-Key"] = key
        return super().post_to_esp(payload, message)


class BrevoOnce(Brevo):  # type: ignore[misc]
    """https://developers.brevo.com/changelog/email-api-now-supports-idempotency"""

    def build_message_payload(self, message: Any, defaults: Any) -> Any:
        payload = super().build_message_payload(message, defaults)
        if key := getattr(message, "metadata", {}).get("message"):
            payload.data["headers"]["idempotencyKey"] = key
        return payload


class _Dials(smtplib.SMTP):
    """Calls the address that was judged, whatever the name leads to a second time."""

    def __init__(self, *args: Any, owner: Pinned, **options: Any) -> None:
        owner.dialled = self
        super().__init__(*args, **options)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return socket.create_connection((open_web.public_address(host, port), port), timeout)


class _DialsTls(_Dials, smtplib.SMTP_SSL):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = _Dials._get_socket(self, host, port, timeout)
        context: ssl.SSLContext = self.context
        self.sock = context.wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        self.sock.do_handshake()
        return self.sock


class Pinned(Smtp):
    """SMTP to a server a shop named: on the open web, encrypted, and not for ever. Nothing of the installation's own
    mail server is taken over."""

    dialled: _Dials | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"timeout": TIMEOUT_S, "ssl_keyfile": "", "ssl_certfile": "", **options})
        # Django puts its own settings in the place of what is left out.
        self.username, self.password = options["username"], options["password"]
        if settings.PUSH_TO_LOOPBACK and self.host in ("127.0.0.1", "localhost"):
            self.use_tls = False
        elif self.port not in providers.SMTP_PORTS or not (self.use_tls or self.use_ssl):
            raise open_web.NotPublicError("not a mail server's port, or not encrypted")

    @property
    def connection_class(self) -> Any:
        return partial(_DialsTls if self.use_ssl else _Dials, owner=self)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Hang up after a while, however slowly the other side speaks."""
        ends = threading.Timer(WHOLE_S, self._hang_up)
        ends.daemon = True
        ends.start()
        try:
            yield
        finally:
            ends.cancel()

    def _hang_up(self) -> None:
        if self.dialled is not None and self.dialled.sock is not None:
            with contextlib.suppress(OSError):
                self.dialled.sock.shutdown(socket.SHUT_RDWR)


class _Kept(threading.local):
    def __init__(self) -> None:
        self.lines: OrderedDict[str, tuple[Any, float]] = OrderedDict()


_kept = _Kept()
os.register_at_fork(
    after_in_child=lambda: _kept.lines.clear()
)  # a child does not speak on its parent's lines


@contextlib.contextmanager
def line(said: Mapping[str, str]) -> Iterator[Any]:
    """An open connection to the provider `said` names, or the installation's. It is kept where nothing is raised.

    Raises what opening it raises: then nothing has gone out.
    """
    key = _key(said)
    connection = _fresh(key) or _made(said)
    with connection.watched() if isinstance(connection, Pinned) else contextlib.nullcontext():
        connection.open()
        try:
            yield connection
        except BaseException:
            _close(connection)
            raise
    _kept.lines[key] = (connection, time.monotonic())
    while len(_kept.lines) > MOST:
        _close(_kept.lines.popitem(last=False)[1][0])


def _made(said: Mapping[str, str]) -> Any:
    if not said.get("provider"):
        house = providers.named_by(settings.EMAIL_BACKEND)
        backend = house.backend if house and house.backend.startswith(providers.OURS) else None
        return get_connection(backend if house and house.repeats else None)
    provider = providers.PROVIDERS[said["provider"]]
    return get_connection(provider.backend, timeout=TIMEOUT_S, **providers.options_of(said))


def _fresh(key: str) -> Any:
    connection, used_at = _kept.lines.pop(key, (None, 0.0))
    if connection is None:
        return None
    if time.monotonic() - used_at < FRESH_S and _answers(connection):
        return connection
    _close(connection)
    return None


def _answers(connection: Any) -> bool:
    """A mail server is asked; the HTTP library looks for itself whether a line has been dropped."""
    if not isinstance(connection, Smtp):
        return True
    try:
        return connection.connection is not None and connection.connection.noop()[0] == 250
    except (smtplib.SMTPException, OSError):
        return False


def _close(connection: Any) -> None:
    with contextlib.suppress(Exception):
        connection.close()


def _key(said: Mapping[str, str]) -> str:
    """Another password is another line."""
    if not said.get("provider"):
        return f"house {settings.EMAIL_BACKEND} {settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    return hashlib.sha256(json.dumps(dict(said), sort_keys=True).encode()).hexdigest()
