"""What people did to an order, in words: the audit's codes as sentences."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.models import AuditEntry
from tracking.labels import MILESTONES, cancel_reason_label, status_label

DEEDS: dict[str, Promise] = {
    "order.added": _("Order added by hand"),
    "order.changed": _("Customer or address corrected"),
    "invoice.issued": _("Invoice issued"),
    "invoice.refused": _("Invoice not issued"),
    "invoice.credited": _("Credit note issued"),
    "review.published": _("Review published"),
    "review.rejected": _("Review rejected"),
    "review.answered": _("Review answered"),
    "data.exported": _("Customer’s data given out"),
    "data.erasure_asked": _("Erasing the customer’s data asked for"),
    "data.erased": _("Customer’s data erased"),
    "order.asserted": _("State changed"),
    "order.cancelled": _("Order cancelled"),
    "order.reopened": _("Order taken up again"),
    "order.overridden": _("State set by hand"),
    "order.override_cleared": _("State no longer set by hand"),
    "order.milestone": _("Recorded"),
    "order.page_revoked": _("New address for the customer’s page"),
    "change.approved": _("Delivery request agreed to"),
    "change.taken": _("Delivery request taken up"),
    "change.settled": _("Delivery request settled"),
    "change.noted": _("Note left for the carrier"),
    "shipment.added": _("Parcel added"),
    "shipment.removed": _("Parcel removed"),
    "shipment.event": _("Event recorded"),
    "ticket.answered": _("Customer answered"),
    "ticket.closed": _("Customer’s question closed"),
    "ticket.reopened": _("Customer’s question taken up again"),
}


def deed_words(entry: AuditEntry, state_name: Callable[[str], str]) -> str:
    """With the state, the parcel, the reason it was about, where the audit has it."""
    told = entry.after or {}
    said: dict[str, Callable[[], str]] = {
        "order.asserted": lambda: state_name(told["asserted"]),
        "order.overridden": lambda: state_name(told["override_state"]),
        "order.cancelled": lambda: cancel_reason_label(told["cancel_reason"]),
        "order.milestone": lambda: f"{MILESTONES.get(told['code'], told['code'])} {told['reference']}",
        "shipment.added": lambda: str(told["number"]),
        "shipment.removed": lambda: str(told["number"]),
        "shipment.event": lambda: status_label(told["sub_status"]),
    }
    words = str(DEEDS.get(entry.action, entry.action))
    detail = said[entry.action]() if entry.action in said else ""
    return f"{words}: {detail}".strip() if detail else words
