"""E-mail, through whatever Django is configured to send with: plain SMTP, or a provider by Anymail."""

from __future__ import annotations

import smtplib
from collections.abc import Mapping
from email.utils import parseaddr

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives, get_connection

from notifications.types import Channel, DeliveryError, Outgoing


def deliver(message: Outgoing, secrets: Mapping[str, str]) -> str:
    """Hand `message` over; return the provider's id, or our Message-ID. Raises DeliveryError."""
    domain = parseaddr(message.sender)[1].rpartition("@")[2] or "localhost"
    message_id = f"<{message.id}@{domain}>"
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        from_email=message.sender,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={"Message-ID": message_id, "Auto-Submitted": "auto-generated", **message.headers},
    )
    if message.html:
        mail.attach_alternative(message.html, "text/html")
    setattr(mail, "metadata", dict(message.metadata))  # noqa: B010  Anymail's field; SMTP passes it by
    connection = get_connection()
    _open(connection)
    try:
        connection.send_messages([mail])
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise DeliveryError(_said(error), permanent=_code(error) >= 500) from error
    except AnymailRecipientsRefused as error:
        raise DeliveryError(str(error), permanent=True) from error
    except AnymailAPIError as error:
        status = error.status_code or 0
        raise DeliveryError(
            str(error),
            permanent=400 <= status < 500 and status != 429,
            ambiguous=status >= 500 or status == 0,
        ) from error
    except (AnymailError, ValueError) as error:  # a header with a line break, a bad address: never taken
        raise DeliveryError(str(error), permanent=True) from error
    except (smtplib.SMTPException, OSError, requests.RequestException) as error:
        raise DeliveryError(f"The line dropped: {type(error).__name__}.", ambiguous=True) from error
    finally:
        connection.close()
    status = getattr(mail, "anymail_status", None)
    return str(status.message_id) if status and status.message_id else message_id


def _open(connection: object) -> None:
    """Connect first: what fails here certainly did not go out."""
    try:
        connection.open()  # type: ignore[attr-defined]
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(f"The mail server does not answer: {type(error).__name__}.") from error


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _text in error.recipients.values()), default=550)
    return int(getattr(error, "smtp_code", 0))


def _said(error: smtplib.SMTPException) -> str:
    return f"The mail server refused it ({_code(error)})."


CHANNEL = Channel(code="email", name="E-mail", deliver=deliver, address="email")
