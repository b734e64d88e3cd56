"""What each status, state and milestone is called, in a few words. Data; sentences are in `explanations`."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.types import Status, SubStatus

_S = SubStatus

STATUSES: dict[Status, Promise] = {
    Status.PENDING: _("Waiting for the carrier"),
    Status.INFO_RECEIVED: _("Announced to the carrier"),
    Status.IN_TRANSIT: _("In transit"),
    Status.FAILED_ATTEMPT: _("Delivery attempt failed"),
    Status.EXCEPTION: _("Problem with the delivery"),
    Status.AVAILABLE_FOR_PICKUP: _("Ready to collect"),
    Status.OUT_FOR_DELIVERY: _("Out for delivery"),
    Status.DELIVERED: _("Delivered"),
    Status.RETURNING: _("Being returned"),
    Status.RETURNED: _("Returned"),
    Status.CANCELLED: _("Shipment cancelled"),
    Status.EXPIRED: _("No news from the carrier"),
}

SUB_STATUSES: dict[SubStatus, Promise] = {
    _S.PENDING_REGISTERED: _("Waiting for the first scan"),
    _S.PENDING_NOT_FOUND: _("Not yet known to the carrier"),
    _S.PENDING_INVALID_NUMBER: _("Tracking number not valid"),
    _S.PENDING_NEEDS_DATA: _("The carrier needs more details"),
    _S.PENDING_CARRIER_UNKNOWN: _("Carrier not known"),
    _S.LABEL_CREATED: _("Label created"),
    _S.NOT_COLLECTED: _("Not yet collected by the carrier"),
    _S.PICKUP_SCHEDULED: _("Collection booked"),
    _S.DATA_UPDATED: _("Shipment details updated"),
    _S.PICKED_UP: _("Picked up by the carrier"),
    _S.IN_TRANSIT: _("On its way"),
    _S.ARRIVED_FACILITY: _("Arrived at a sorting centre"),
    _S.IN_SORTING: _("Being sorted"),
    _S.DEPARTED_FACILITY: _("Left the sorting centre"),
    _S.DEPARTED_COUNTRY: _("Left the country of origin"),
    _S.ARRIVED_COUNTRY: _("Arrived in the destination country"),
    _S.CUSTOMS_PROCESSING: _("Going through customs"),
    _S.CUSTOMS_CLEARED: _("Cleared by customs"),
    _S.CUSTOMS_INFO_REQUIRED: _("Customs needs information"),
    _S.HANDED_TO_LAST_MILE: _("Handed to the local carrier"),
    _S.AT_DELIVERY_DEPOT: _("At the local delivery depot"),
    _S.DELIVERY_DATE_SET: _("Delivery day set"),
    _S.DELIVERY_RESCHEDULED: _("Delivery moved to another day"),
    _S.REDIRECTED: _("Sent on to another address"),
    _S.ADDRESS_CORRECTED: _("Address corrected"),
    _S.PROBLEM_RESOLVED: _("Problem solved"),
    _S.RETURN_CANCELLED: _("Return cancelled, on its way again"),
    _S.DELAYED_OPERATIONS: _("Delayed by the carrier"),
    _S.DELAYED_WEATHER: _("Delayed by the weather"),
    _S.DELAYED_CUSTOMS: _("Delayed at customs"),
    _S.DELAYED_EXTERNAL: _("Delayed by outside events"),
    _S.ON_VEHICLE: _("Out for delivery"),
    _S.APPOINTMENT_SET: _("Delivery appointment made"),
    _S.RECIPIENT_CONTACTED: _("Recipient contacted"),
    _S.NEXT_STOP: _("Next stop: you"),
    _S.PICKUP_POINT: _("Waiting at the pickup point"),
    _S.PICKUP_LOCKER: _("Waiting in a locker"),
    _S.PICKUP_DEPOT: _("Waiting at the carrier's depot"),
    _S.PICKUP_STORE: _("Waiting in the store"),
    _S.PICKUP_EXPIRING: _("Last days to collect"),
    _S.FAILED_OTHER: _("Delivery attempt failed"),
    _S.FAILED_NOT_HOME: _("Nobody was in"),
    _S.FAILED_BUSINESS_CLOSED: _("The business was closed"),
    _S.FAILED_ADDRESS: _("The address could not be found"),
    _S.FAILED_REFUSED: _("Refused at the door"),
    _S.FAILED_ACCESS: _("The door could not be reached"),
    _S.FAILED_PAYMENT: _("Payment was due on delivery"),
    _S.FAILED_ID_CHECK: _("Identity could not be checked"),
    _S.FAILED_NO_TIME: _("The driver ran out of time"),
    _S.EXCEPTION_UNSPECIFIED: _("Problem with the delivery"),
    _S.EXCEPTION_ADDRESS: _("Address incomplete or wrong"),
    _S.EXCEPTION_RECIPIENT: _("Recipient not known at the address"),
    _S.EXCEPTION_REFUSED: _("Refused by the recipient"),
    _S.EXCEPTION_HELD: _("Held by the carrier"),
    _S.EXCEPTION_PAYMENT: _("Held until charges are paid"),
    _S.EXCEPTION_PICKUP_MISSED: _("Not collected in time"),
    _S.EXCEPTION_REJECTED: _("Not accepted by the carrier"),
    _S.EXCEPTION_PROHIBITED: _("Contents not allowed"),
    _S.EXCEPTION_DAMAGED: _("Damaged on the way"),
    _S.EXCEPTION_INVESTIGATION: _("Being looked for"),
    _S.EXCEPTION_LOST: _("Lost"),
    _S.EXCEPTION_DESTROYED: _("Destroyed"),
    _S.EXCEPTION_DISPUTED: _("Reported as not received"),
    _S.DELIVERED: _("Delivered"),
    _S.DELIVERED_COLLECTED: _("Collected"),
    _S.DELIVERED_SIGNED: _("Delivered and signed for"),
    _S.DELIVERED_COD: _("Delivered and paid on delivery"),
    _S.DELIVERED_NEIGHBOUR: _("Left with a neighbour"),
    _S.DELIVERED_SAFE_PLACE: _("Left in a safe place"),
    _S.DELIVERED_MAILBOX: _("Left in the mailbox"),
    _S.DELIVERED_RECEPTION: _("Left at reception"),
    _S.DELIVERED_CONFIRMED: _("Receipt confirmed"),
    _S.RETURNING: _("On its way back to the shop"),
    _S.RETURNED: _("Back at the shop"),
    _S.CANCELLED_VOIDED: _("Label cancelled"),
    _S.CANCELLED_REQUESTED: _("Shipment cancelled"),
    _S.EXPIRED_NO_EVENTS: _("No news from the carrier"),
    _S.EXPIRED_AGED_OUT: _("No longer followed"),
    # An unread code says no more than where the shipment already was.
    **{SubStatus.unmapped(status): label for status, label in STATUSES.items()},
}

STATES: dict[str, Promise] = {
    "received": _("Received"),
    "awaiting_payment": _("Awaiting payment"),
    "awaiting_stock": _("Awaiting stock"),
    "routed": _("Assigned to a warehouse"),
    "to_prepare": _("Waiting to be prepared"),
    "preparing": _("Being prepared"),
    "partially_shipped": _("Partly shipped"),
    "shipped": _("Shipped"),
    "out_for_delivery": _("Out for delivery"),
    "ready_for_pickup": _("Ready to collect"),
    "partially_delivered": _("Partly delivered"),
    "delivered": _("Delivered"),
    "delivered_incomplete": _("Delivered in part"),
    "completed": _("Completed"),
    "returning": _("Being returned"),
    "returned": _("Returned"),
    "cancelled": _("Cancelled"),
}

MILESTONES: dict[str, Promise] = {
    "invoice_issued": _("Invoice issued"),
}

CANCEL_REASONS: dict[str, Promise] = {
    "shop": _("Cancelled by the shop"),
    "shopper": _("Cancelled at the customer's request"),
    "payment": _("Cancelled because the payment failed"),
}

HEALTH: dict[str, Promise] = {
    "on_track": _("On track"),
    "delayed": _("Delayed"),
    "attention": _("Needs attention"),
}

UPDATE = _("Update from the carrier")


def status_label(sub_status: str) -> str:
    """Of a sub-status, or of a main status; empty (a scan whose meaning is not known) has words too."""
    if not sub_status:
        return str(UPDATE)
    if "." in sub_status:
        return str(SUB_STATUSES[SubStatus(sub_status)])
    return str(STATUSES[Status(sub_status)])


def state_label(canonical: str) -> str:
    """Of an order's state, or of a milestone. A shop's own words for it: `own_label`."""
    return str(STATES.get(canonical) or MILESTONES[canonical])


def own_label(labels: Mapping[str, str], language: str, shop_language: str) -> str:
    """A shop's words for its own state: in this language, else in the shop's, else in any it has."""
    return labels.get(language) or labels.get(shop_language) or next(iter(labels.values()), "")


def cancel_reason_label(reason: str) -> str:
    return str(CANCEL_REASONS[reason]) if reason in CANCEL_REASONS else ""


def health_label(health: str) -> str:
    return str(HEALTH[health])
