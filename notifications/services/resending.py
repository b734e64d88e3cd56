"""Many messages sent again at once: those that certainly did not go out, and nothing else."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from notifications.models import Message

FAILED_AT_ONCE = 1_000


def resend_failed(*, shop_id: int, ids: Collection[UUID], now: datetime) -> int:
    """Have these handed over again; return how many. Runs in the shop's context. Safe to repeat.

    What is unknown may have arrived, and is never among them. What was news then and is none now is held back when its
    turn comes.
    """
    failed = Message.objects.for_shop(shop_id).filter(pk__in=list(ids)[:FAILED_AT_ONCE], status="failed")
    return int(
        failed.exclude(recipient="").update(
            status="queued", error="", attempts=0, next_at=now, lease=None, lease_until=None
        )
    )
