"""What exactly was said when a parcel took a step: transitions keep its status, its event the detail."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from notifications.occasions import PARCEL
from notifications.rules import Rule
from tracking.models import TrackingEvent

EVENT = "event:"  # what the cause of a parcel's step begins with
Cause = tuple[int | None, str]  # shipment, cause of its transition


def asks_exactly(rules: Iterable[Rule]) -> bool:
    """Whether any rule is about a sub-status: only then it is worth asking."""
    return any(rule.enabled and rule.occasion.startswith(PARCEL) and "." in rule.occasion for rule in rules)


def details_of(shop_id: int, causes: Collection[Cause]) -> dict[Cause, str]:
    """The sub-status of each; of what no event caused, nothing. One query. Runs in the shop's context."""
    keys = {(shipment, cause.removeprefix(EVENT)) for shipment, cause in causes if cause.startswith(EVENT)}
    if not keys:
        return {}
    events = TrackingEvent.objects.for_shop(shop_id).filter(
        shipment_id__in={shipment for shipment, _key in keys}, key__in={key for _shipment, key in keys}
    )
    found = events.exclude(sub_status="").values_list("shipment_id", "key", "sub_status")
    return {(shipment, f"{EVENT}{key}"): sub for shipment, key, sub in found if (shipment, key) in keys}
