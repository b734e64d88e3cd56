"""What is worth knowing of mail before the service serves."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def answers_are_verified(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Without a password anybody on the web could hand in a mail in a customer's name."""
    if not settings.INBOUND_EMAIL_DOMAIN or settings.ANYMAIL.get("WEBHOOK_SECRET"):
        return []
    return [
        Warning(
            "INBOUND_EMAIL_DOMAIN is set, and ANYMAIL names no WEBHOOK_SECRET: unless your provider signs what it "
            "hands in, anybody can write into customers' threads.",
            hint='Put "WEBHOOK_SECRET": "name:password" into ANYMAIL, and both into the address your provider calls.',
            id="notifications.W001",
        )
    ]
