"""Mails providers hand in: Anymail has verified the provider and read its format; the thread is found by its key."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import getaddresses
from functools import wraps
from typing import Any

import structlog
from anymail.inbound import AnymailInboundMessage
from anymail.signals import AnymailInboundEvent, inbound
from anymail.utils import get_request_basic_auth
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.html import strip_tags

from tracking.services.ticket_mail import Mail, receive

log = structlog.get_logger(__name__)

LARGEST = 36 * 1024 * 1024  # bytes of one hand-over: what providers let through
MOST_HTML = 200_000  # characters looked at, where a mail has no text of its own
MACHINES = ("bulk", "junk", "list", "auto_reply")
View = Callable[..., HttpResponse]


@receiver(inbound)
def anymail_inbound(sender: Any, event: AnymailInboundEvent, esp_name: str, **kwargs: Any) -> None:
    """Whatever becomes of it, the provider need not send it again."""
    came = receive(mail=_mail(event.message), now=timezone.now())
    log.info("mail_received", provider=esp_name, became=came.value)


def _mail(message: AnymailInboundMessage) -> Mail:
    recipients = [address for name in ("To", "Cc", "Delivered-To") for address in _addresses(message, name)]
    if message.envelope_recipient:
        recipients.insert(0, message.envelope_recipient)
    return Mail(
        sender=_sender(message),
        recipients=recipients,
        text=_text(message),
        message_id=str(message.get("Message-ID", ""))[:998],
        is_automatic=_is_automatic(message),
        files=_files(message),
    )


def _addresses(message: AnymailInboundMessage, name: str) -> list[str]:
    """Also of headers nobody should write: a mail that is refused is handed in again and again."""
    try:
        said = [str(value) for value in message.get_all(name, [])]
    except (ValueError, IndexError, AttributeError, LookupError):  # the parser of some malformed addresses
        return []
    return [address for _name, address in getaddresses(said)]


def _sender(message: AnymailInboundMessage) -> str:
    """One person writes a mail; of several nobody can say who did."""
    found = _addresses(message, "From")
    return found[0] if len(found) == 1 else ""


def _text(message: AnymailInboundMessage) -> str:
    if text := (message.text or "").strip():
        return str(text)
    html = (message.html or "")[:MOST_HTML]
    for block in ("<br>", "<br/>", "<br />", "</p>", "</div>"):
        html = html.replace(block, block + "\n")
    return strip_tags(html).strip()


def _is_automatic(message: AnymailInboundMessage) -> bool:
    """https://www.rfc-editor.org/rfc/rfc3834, and what was used before it."""
    if str(message.get("Auto-Submitted", "no")).strip().lower().split(";")[0] not in ("no", ""):
        return True
    if str(message.get("Precedence", "")).strip().lower() in MACHINES or message.get("X-Autoreply"):
        return True
    return bool(message.envelope_sender == "") or bool(message.get_content_type() == "multipart/report")


def _files(message: AnymailInboundMessage) -> list[tuple[str, bytes]]:
    parts = [p for p in (*message.attachments, *message.inlines) if p.get_content_maintype() == "image"]
    return [(p.get_filename() or "", p.get_content_bytes() or b"") for p in parts]


def roomy(view: View) -> View:
    """Take hand-overs larger than forms may be: mails bring photos. Only from who knows the webhooks' password."""

    @wraps(view)
    def taken(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        is_whole = not (request.content_type or "").startswith("multipart/")  # those are read piece by piece
        small_enough = length.isdecimal() and int(length) <= LARGEST
        if settings.INBOUND_EMAIL_DOMAIN and is_whole and small_enough and _knows(request):
            request._body = request.read(int(length))
        return view(request, *args, **kwargs)

    return taken


def _knows(request: HttpRequest) -> bool:
    known = settings.ANYMAIL.get("WEBHOOK_SECRET") or []
    said = get_request_basic_auth(request) or ""
    return any(constant_time_compare(said, one) for one in ([known] if isinstance(known, str) else known))
