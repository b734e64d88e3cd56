"""Mails nobody knows of: they wait for their provider's word, and are sent again only where it knows our key still."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connections

from notifications import providers
from notifications.compose import channel_account, in_use
from notifications.models import Message
from tenants.isolation import shop_context

log = structlog.get_logger(__name__)

A_PASS = 200
SURE_REPEATS = 10  # whose provider remembers our key for a day
DUE = """
SELECT shop_id, id FROM notifications_message
WHERE status = 'unknown' AND next_at <= %s ORDER BY next_at LIMIT %s
"""


def settle_unknown(now: datetime) -> int:
    """What its provider has not spoken of for ten minutes; return how many were looked at. Safe to repeat.

    Where the provider remembers our key for a day, handing it over again cannot send it twice. Elsewhere it stays
    unknown, for a late report or a person to settle. What costs money is never here.
    """
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(DUE, [now, A_PASS])
        due = cursor.fetchall()
    by_shop: dict[int, list[UUID]] = defaultdict(list)
    for shop_id, message_id in due:
        by_shop[shop_id].append(message_id)
    for shop_id, ids in by_shop.items():
        with shop_context(shop_id):
            waiting = Message.objects.for_shop(shop_id).filter(pk__in=ids, status="unknown", next_at__lte=now)
            if _remembers(shop_id):
                again = waiting.filter(channel="email", attempts__lt=SURE_REPEATS).update(
                    status="queued", next_at=now
                )
                log.info("repeated_by_key", shop_id=shop_id, messages=again)
            waiting.filter(status="unknown").update(next_at=None)
    return len(due)


def _remembers(shop_id: int) -> bool:
    account = in_use(channel_account(shop_id, "email"))
    own = providers.PROVIDERS.get(str(account.settings.get("provider", ""))) if account else None
    provider = own or providers.named_by(settings.EMAIL_BACKEND)
    return bool(provider and provider.repeats >= SURE_REPEATS)
