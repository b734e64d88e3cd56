"""E-mail: through the shop's own provider, or whatever the installation is configured to send with."""

from __future__ import annotations

import json
import smtplib
from collections.abc import Mapping
from email.utils import parseaddr
from typing import Any

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from notifications import mail_lines, opens, providers, tracked
from notifications.open_web import NotPublicError
from notifications.types import Channel, DeliveryError, Outgoing

# A wrong key, an account that is not paid, too many at once: somebody may put it right within hours.
LATER = (401, 402, 403, 408, 425, 429)
NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.10", "5.2.1")  # RFC 3463
CLOSING = 421  # "service not available, closing": RFC 5321
NEVER_LEFT = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError", "ConnectTimeout")


def deliver(message: Outgoing, secrets: Mapping[str, str]) -> str:
    """Hand `message` over; return the provider's id, or our Message-ID. Raises DeliveryError.

    `secrets` name the shop's own provider, with its settings; without one the installation's is taken.
    """
    message_id = message_id_of(message)
    mail = _mail(message, message_id, secrets)
    repeats = _provider_repeats(secrets)
    try:
        with _opened(secrets) as line:
            line.send_messages([mail])
    except DeliveryError:
        raise
    except (smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        raise _refused(error) from error
    except AnymailRecipientsRefused as error:
        raise DeliveryError(_short(error), permanent=True, suppresses="bounced") from error
    except AnymailAPIError as error:
        raise _answered(error, repeats) from error
    except (AnymailError, ValueError) as error:  # a header with a line break, a bad address: never taken
        raise DeliveryError(_short(error), permanent=True) from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryError(f"The line dropped: {type(error).__name__}.", ambiguous=True) from error
    status = getattr(mail, "anymail_status", None)
    return str(status.message_id) if status and status.message_id else message_id


def message_id_of(message: Outgoing) -> str:
    domain = parseaddr(message.sender)[1].rpartition("@")[2] or "localhost"
    return f"<{message.id}@{domain}>"


def _mail(message: Outgoing, message_id: str, secrets: Mapping[str, str]) -> EmailMultiAlternatives:
    headers = {"Message-ID": message_id, "Auto-Submitted": "auto-generated", **message.headers}
    if secrets.get("provider") == "ses":
        # What Amazon gives back with its events; the id is its own.
        headers["X-Metadata"] = json.dumps(dict(message.metadata))
        if name := secrets.get("configuration_set"):
            headers["X-SES-CONFIGURATION-SET"] = name
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=tracked.replaced_in_text(message.text, message.links),
        from_email=message.sender,
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers=headers,
    )
    if message.html:
        html = tracked.replaced_in_html(message.html, message.links)
        mail.attach_alternative(opens.with_pixel(html, message.pixel_url), "text/html")
    setattr(mail, "metadata", dict(message.metadata))  # noqa: B010  Anymail's field; SMTP passes it by
    return mail


class _opened:
    """The line, opened first: what fails before it is open certainly did not go out."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._line = mail_lines.line(secrets)

    def __enter__(self) -> Any:
        try:
            return self._line.__enter__()
        except NotPublicError as error:
            raise DeliveryError("The mail server is not one of the open web.", permanent=True) from error
        except KeyError as error:
            raise DeliveryError(f"The provider is not set up: {error} is missing.", permanent=True) from error
        except smtplib.SMTPAuthenticationError as error:
            raise DeliveryError(
                "The mail server does not take the user name and password.", down=True
            ) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryError(
                f"The mail server does not answer: {type(error).__name__}.", down=True
            ) from error

    def __exit__(self, *raised: Any) -> bool | None:
        return self._line.__exit__(*raised)


def _provider_repeats(secrets: Mapping[str, str]) -> int:
    """How often a hand-over nobody answered may be repeated."""
    code = secrets.get("provider")
    provider = providers.PROVIDERS.get(code) if code else providers.named_by(settings.EMAIL_BACKEND)
    return provider.repeats if provider else 0


def _answered(error: AnymailAPIError, repeats: int) -> DeliveryError:
    status = error.status_code or 0
    said = _short(error)
    if status == 409 and "idempoten" in str(error).lower():
        # Our key was there before, with other words: it was taken, or is being taken right now.
        return DeliveryError(said, ambiguous=True, repeats=repeats if "concurrent" in str(error) else 0)
    never_left = isinstance(error, requests.exceptions.ConnectTimeout) or (
        status == 0 and any(sign in repr(error.__cause__) for sign in NEVER_LEFT)
    )
    return DeliveryError(
        said,
        permanent=400 <= status < 500 and status not in LATER,
        down=status in LATER or (status == 0 and never_left),
        ambiguous=status >= 500 or (status == 0 and not never_left),
        repeats=repeats,
    )


def _refused(error: smtplib.SMTPException) -> DeliveryError:
    code, said = _code_and_words(error)
    dead = code >= 500 and any(f" {sign}" in f" {said}" for sign in (f"{one} " for one in NO_SUCH_MAILBOX))
    words = f"The mail server refused it ({code}). {said}".strip()
    return DeliveryError(
        words, permanent=code >= 500, suppresses="bounced" if dead else "", down=code == CLOSING
    )


def _code_and_words(error: smtplib.SMTPException) -> tuple[int, str]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = list(error.recipients.values())
        return max(answers, key=lambda answer: answer[0])[:2] if answers else (550, "")  # type: ignore[return-value]
    said = getattr(error, "smtp_error", b"")
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return int(getattr(error, "smtp_code", 0)), " ".join(words.split())


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:240]


CHANNEL = Channel(code="email", name="E-mail", deliver=deliver, address="email")
