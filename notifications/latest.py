"""What is new in a message: which parcel it is about, by how many days, for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from carriers.types import Status
from notifications.occasions import PARCEL
from tracking.models import Order, Shipment, Transition
from tracking.moments import eta_read
from tracking.when import Clock


def latest_of(occasion: str, shipments: Sequence[Shipment]) -> Shipment | None:
    """The parcel that a message is about: of those it can be about, the one that moved last."""
    outbound = [s for s in shipments if s.direction == "outbound"]
    wanted = {"attempt_failed": "failed_attempt"}.get(occasion, occasion.removeprefix(PARCEL))
    about = [s for s in outbound if wanted in (s.status, s.sub_status)] if _is_of_parcel(occasion) else []
    return max(about or outbound, key=_moved, default=None)


def _is_of_parcel(occasion: str) -> bool:
    return occasion.startswith(PARCEL) or occasion == "attempt_failed"


def _moved(shipment: Shipment) -> tuple[float, int]:
    return (shipment.status_since.timestamp() if shipment.status_since else 0.0, shipment.pk)


def news_of(
    occasion: str, order: Order, mine: Sequence[Shipment], latest: Shipment | None, clock: Clock
) -> dict[str, Any]:
    """`days`: by how many it moved, it is late, it waits, it is silent, it has been there. `left`: days to collect it
    in, 0 on the last. `attempt`: which one failed. `before`: when it was to come before."""
    days, before = None, ""
    if occasion == "eta_moved":
        before, days = _moved_from(order, clock)
    elif occasion == "eta_missed" and order.eta_last:
        days = (clock.today - order.eta_last).days
    elif occasion == "pickup_waiting" or occasion == "ready_for_pickup":
        days = _since(
            next((s.status_since for s in mine if s.status == Status.AVAILABLE_FOR_PICKUP), None), clock
        )
    elif occasion == "silent":
        days = _since(
            max((s.last_event_at for s in mine if s.last_event_at), default=order.last_event_at), clock
        )
    elif occasion in ("review_time", "delivered", "completed"):
        days = _since(max((s.delivered_at for s in mine if s.delivered_at), default=None), clock)
    return {
        "days": days if days and days > 0 else None,
        "attempt": max(1, latest.attempts) if latest and occasion == "attempt_failed" else None,
        "left": _left(mine, clock),
        "before": before,
    }


def _since(at: datetime | None, clock: Clock) -> int | None:
    return (clock.today - clock.date_of(at)).days if at else None


def _left(mine: Sequence[Shipment], clock: Clock) -> int | None:
    ends = [
        date.fromisoformat(str(s.pickup["until"])[:10])
        for s in mine
        if s.status == Status.AVAILABLE_FOR_PICKUP and s.pickup and s.pickup.get("until")
    ]
    return max(0, (min(ends) - clock.today).days) if ends else None


def _moved_from(order: Order, clock: Clock) -> tuple[str, int | None]:
    """The day it was to come, and by how many days it moved, as it was written down last."""
    moments = Transition.objects.for_shop(order.shop_id).filter(order=order, kind="moment")
    moves = moments.filter(after__startswith="eta:", before__startswith="eta:").order_by("-pk")
    found = moves.values_list("before", "after").first()
    if found is None:
        return "", None
    before, after = eta_read(found[0]), eta_read(found[1])
    if before is None or after is None:
        return "", None
    return clock.day(before[1]), abs((after[1] - before[1]).days)
