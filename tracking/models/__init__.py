"""What the tracking app keeps."""

from tracking.models.changes import DeliveryOption, DeliveryRequest, DeliverySlot, PickupPlace
from tracking.models.delivery import Poll, Shipment, ShipmentLine, TrackingEvent, Transition
from tracking.models.imports import ImportJob, ImportRefusal
from tracking.models.invoices import Invoice, InvoiceSeries, InvoiceSetup
from tracking.models.notices import Notice, ProofCode
from tracking.models.orders import IdempotencyKey, Milestone, Order, OrderLine, OrderWord, ShopState
from tracking.models.reviews import Review
from tracking.models.rhythms import Rhythm
from tracking.models.rounds import CourierPosition, Round, Stop
from tracking.models.tickets import Spared, Ticket, TicketMessage, TicketPhoto
from tracking.models.visits import PageVisit
from tracking.models.wordings import Wording

__all__ = [
    "CourierPosition",
    "DeliveryOption",
    "DeliveryRequest",
    "DeliverySlot",
    "IdempotencyKey",
    "ImportJob",
    "ImportRefusal",
    "Invoice",
    "InvoiceSeries",
    "InvoiceSetup",
    "Milestone",
    "Notice",
    "Order",
    "OrderLine",
    "OrderWord",
    "PageVisit",
    "PickupPlace",
    "Poll",
    "ProofCode",
    "Review",
    "Rhythm",
    "Round",
    "Shipment",
    "ShipmentLine",
    "ShopState",
    "Spared",
    "Stop",
    "Ticket",
    "TicketMessage",
    "TicketPhoto",
    "TrackingEvent",
    "Transition",
    "Wording",
]
