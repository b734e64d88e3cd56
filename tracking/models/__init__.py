"""What the tracking app keeps."""

from tracking.models.delivery import Poll, Shipment, ShipmentLine, TrackingEvent, Transition
from tracking.models.imports import ImportJob, ImportRefusal
from tracking.models.orders import IdempotencyKey, Milestone, Order, OrderLine, OrderWord, ShopState

__all__ = [
    "IdempotencyKey",
    "ImportJob",
    "ImportRefusal",
    "Milestone",
    "Order",
    "OrderLine",
    "OrderWord",
    "Poll",
    "Shipment",
    "ShipmentLine",
    "ShopState",
    "TrackingEvent",
    "Transition",
]
