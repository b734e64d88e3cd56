"""Notes to carriers' depots: once the mail has left, or cannot, the request it carries is told so."""

from __future__ import annotations

import uuid
from datetime import datetime

from notifications.models import Message
from tenants.isolation import shop_context
from tracking.services.settling import note_mailed

ENDS = frozenset({"sent", "failed", "unknown"})


def note_handed_over(*, shop_id: int, message_id: uuid.UUID, status: str, now: datetime) -> None:
    """A message has come to `status`. Nothing, unless it is a note to a depot. Safe to repeat."""
    if status not in ENDS:
        return
    with shop_context(shop_id):
        notes = Message.objects.for_shop(shop_id).filter(
            pk=message_id, state="depot_note", notice__isnull=False
        )
        key = notes.values_list("notice__key", flat=True).first()
        if key:
            note_mailed(shop_id=shop_id, key=key, has_left=status == "sent", now=now)
