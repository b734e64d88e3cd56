"""From notices nobody has taken up to messages, once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog
from django.db import connections

from notifications.models import Message
from notifications.services.channels import usable_channels
from tenants.isolation import shop_context
from tracking.models import Notice

log = structlog.get_logger(__name__)

NOTICES_A_PASS = 500  # taken together; a shop's share of them is bounded below
NOTICES_A_SHOP = 100
WAITED_FOR = frozenset({"code", "recipient_asked"})  # somebody looks at their mailbox right now

DUE = """
SELECT shop_id, id FROM (
  SELECT shop_id, id, created_at, row_number() OVER (PARTITION BY shop_id ORDER BY created_at) AS n
  FROM (SELECT shop_id, id, created_at FROM tracking_notice
        WHERE taken_at IS NULL ORDER BY created_at LIMIT 20000) due) ranked
WHERE n <= %s ORDER BY created_at LIMIT %s
"""


def take_notices(now: datetime) -> int:
    """Make a message of every notice that waits; return how many were looked at.

    No rule is asked: each was wanted by who caused it. Safe to repeat and to run twice at once: notices are locked
    and marked in the transaction that makes the messages, and a message is unique by its key.
    """
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(DUE, [NOTICES_A_SHOP, NOTICES_A_PASS])
        due = cursor.fetchall()
    by_shop: dict[int, list[int]] = defaultdict(list)
    for shop_id, notice_id in due:
        by_shop[shop_id].append(notice_id)
    for shop_id, ids in by_shop.items():
        with shop_context(shop_id):
            _take(shop_id, ids, now)
    return len(due)


def _take(shop_id: int, ids: Collection[int], now: datetime) -> None:
    waiting = list(
        Notice.objects.for_shop(shop_id).filter(pk__in=ids, taken_at=None).select_for_update(skip_locked=True)
    )
    usable = usable_channels(shop_id)
    Message.objects.bulk_create(
        [_message(n, now, reachable=n.channel in usable) for n in waiting], ignore_conflicts=True
    )
    Notice.objects.for_shop(shop_id).filter(pk__in=[n.pk for n in waiting]).update(taken_at=now)
    log.info("noticed", shop_id=shop_id, messages=len(waiting))


def _message(notice: Notice, now: datetime, *, reachable: bool) -> Message:
    return Message(
        shop_id=notice.shop_id,
        order_id=notice.order_id,
        notice=notice,
        state=notice.kind,
        channel=notice.channel,
        dedupe_key=f"notice:{notice.pk}",
        recipient=notice.recipient,
        language=notice.language,
        why=f"notice:{notice.kind}",
        status="queued" if reachable else "held",
        held_because="" if reachable else "no_sender",
        next_at=now if reachable else None,
        urgency=0 if notice.kind in WAITED_FOR else 1,
        created_at=now,
    )


def forget_secret(*, shop_id: int, message_id: UUID) -> None:
    """Nothing secret outlives the hand-over of the message that said it. Runs in the shop's context."""
    Notice.objects.for_shop(shop_id).filter(messages=message_id).exclude(sealed="").update(sealed="")
