"""What providers say of messages afterwards."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from notifications.models import Message, Receipt
from notifications.opens import MACHINE
from notifications.services.suppressing import after_receipt

MOST_PRICE = 10_000  # of one message: what is more is no price

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


def has_receipt(message: Message, kind: str, reader: str = "") -> bool:
    held = Receipt.objects.for_shop(message.shop_id).filter(message=message, kind=kind, reader=reader)
    return bool(held.exists())


def counts_as(kind: str, reader: str) -> str:
    """What a receipt says of how far its message got: what a machine opened or followed has arrived, no more."""
    return "delivered" if reader == MACHINE and kind in ("opened", "clicked") else kind


def record_receipt(
    *,
    message: Message,
    kind: str,
    at: datetime,
    detail: str = "",
    reader: str = "",
    is_soft: bool = False,
    suppresses: str = "",
    price: str = "",
    currency: str = "",
) -> Message:
    """Keep a receipt and move its message on. Safe to repeat: one row a message, kind and reader.

    Runs in the context of the message's shop. A receipt for a message we thought unknown settles it. What it says of
    the address itself (a bounce that is not soft, a complaint, `suppresses`) is noted for the next ones. `price`: as
    the provider says, with or without a minus.
    """
    made = Receipt(
        shop_id=message.shop_id, message=message, kind=kind[:16], reader=reader, at=at, detail=detail[:240]
    )
    Receipt.objects.bulk_create([made], ignore_conflicts=True)
    held: Message = Message.objects.select_for_update().get(pk=message.pk)
    after = advanced(held.status, counts_as(kind, reader))
    changes: dict[str, Any] = {"status": after} | _price(price, currency)
    if after in FAILURES:
        changes["error"] = detail[:240]
    if held.sent_at is None and after not in FAILURES:
        changes["sent_at"] = at
    if after not in ("queued", "sending"):
        changes["next_at"] = None
    Message.objects.filter(pk=held.pk).update(**changes)
    held.status = after
    if kind in ("bounced", "complained") or suppresses:
        after_receipt(message=held, kind=kind, hard=not is_soft, detail=detail, now=at, why=suppresses)
    return held


def _price(said: str, currency: str) -> dict[str, Any]:
    try:
        price = abs(Decimal(said)) if said else None
    except InvalidOperation:
        price = None
    if price is None or not price.is_finite() or price >= MOST_PRICE:
        return {}
    return {"price": price, "currency": currency[:3].upper()}
