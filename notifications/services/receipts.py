"""What providers say of messages afterwards."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from notifications.models import Message, Receipt

# How far a message got. A receipt only ever moves it on; a failure holds unless it was delivered after all.
PROGRESS = ("queued", "held", "sending", "unknown", "sent", "delivered", "opened", "clicked")
FAILURES = ("failed", "bounced")
MEANS: dict[str, str] = {  # a receipt's kind → the message's status
    "sent": "sent",
    "delivered": "delivered",
    "read": "opened",
    "opened": "opened",
    "clicked": "clicked",
    "bounced": "bounced",
    "complained": "bounced",
    "failed": "failed",
}


def advanced(status: str, kind: str) -> str:
    """The status of a message after a receipt, whatever order receipts come in."""
    said = MEANS.get(kind, status)
    if said in FAILURES:
        return said if status not in ("delivered", "opened", "clicked") or kind == "complained" else status
    if status in FAILURES:
        return said if said in ("delivered", "opened", "clicked") else status
    return max(status, said, key=PROGRESS.index)


def record_receipt(*, message: Message, kind: str, at: datetime, detail: str = "") -> Message:
    """Keep a receipt and move its message on. Safe to repeat: one row a message and kind.

    Runs in the context of the message's shop. A receipt for a message we thought unknown settles it.
    """
    Receipt.objects.bulk_create(
        [Receipt(shop_id=message.shop_id, message=message, kind=kind[:16], at=at, detail=detail[:240])],
        ignore_conflicts=True,
    )
    held: Message = Message.objects.select_for_update().get(pk=message.pk)
    after = advanced(held.status, kind)
    changes: dict[str, Any] = {"status": after}
    if after in FAILURES:
        changes["error"] = detail[:240]
    if held.sent_at is None and after not in FAILURES:
        changes["sent_at"] = at
    if after not in ("queued", "sending"):
        changes["next_at"] = None
    Message.objects.filter(pk=held.pk).update(**changes)
    held.status = after
    return held
