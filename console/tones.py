"""Which colour says what: good, worth a look, bad, under way, or nothing to say. Pure."""

from __future__ import annotations

from carriers.types import Status, SubStatus
from tracking.substatuses import DETAILS, SHOP

OK, WARN, BAD, INFO, PLAIN = "ok", "warn", "bad", "info", ""

STATUSES = {
    Status.PENDING: PLAIN,
    Status.INFO_RECEIVED: PLAIN,
    Status.IN_TRANSIT: INFO,
    Status.FAILED_ATTEMPT: WARN,
    Status.EXCEPTION: BAD,
    Status.AVAILABLE_FOR_PICKUP: OK,
    Status.OUT_FOR_DELIVERY: INFO,
    Status.DELIVERED: OK,
    Status.RETURNING: WARN,
    Status.RETURNED: WARN,
    Status.CANCELLED: PLAIN,
    Status.EXPIRED: WARN,
}
STATES = {
    "partially_shipped": INFO,
    "shipped": INFO,
    "out_for_delivery": INFO,
    "ready_for_pickup": OK,
    "partially_delivered": INFO,
    "delivered": OK,
    "delivered_incomplete": WARN,
    "completed": OK,
    "returning": WARN,
    "returned": WARN,
}
MESSAGES = {
    "queued": PLAIN,
    "held": WARN,
    "sending": INFO,
    "sent": INFO,
    "delivered": OK,
    "opened": OK,
    "clicked": OK,
    "bounced": BAD,
    "failed": BAD,
    "unknown": WARN,
}


def of_sub_status(sub_status: str) -> str:
    """Of a shipment's or an event's; empty (a scan without a meaning) says nothing."""
    if not sub_status:
        return PLAIN
    row = DETAILS[SubStatus(sub_status)]
    tone = STATUSES[row.status]
    needs_the_shop = tone in (PLAIN, INFO) and (row.needs >= SHOP or row.delayed)
    return WARN if needs_the_shop else tone


def of_state(state: str) -> str:
    return STATES.get(state, PLAIN)


def of_message(status: str) -> str:
    return MESSAGES[status]
