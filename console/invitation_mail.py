"""The mail that asks somebody to join a shop's team."""

from __future__ import annotations

import smtplib

import structlog
from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from tenants.models import Shop, User

log = structlog.get_logger(__name__)


def invitation_url(key: str) -> str:
    return f"{settings.SITE_URL}{reverse('console:join', args=[key])}"


def send_invitation(*, shop: Shop, email: str, key: str, inviter: User) -> bool:
    """False where the mail server did not take it. Not inside a transaction."""
    told = {"shop": shop, "url": invitation_url(key), "inviter": inviter.get_full_name()}
    subject = _("%(shop)s invites you to its team") % {"shop": " ".join(shop.name.split())}
    mail = EmailMessage(subject, render_to_string("console/invitation_mail.txt", told), to=[email])
    try:
        mail.send()
    except (smtplib.SMTPException, OSError, AnymailError, ValueError) as error:
        log.warning("invitation_not_sent", shop_id=shop.pk, error=type(error).__name__)
        return False
    return True
