"""What people did to an order, in words: the audit's codes as sentences. Data."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.models import AuditEntry

DEEDS: dict[str, Promise] = {
    "order.added": _("Order added by hand"),
    "order.changed": _("Order corrected"),
    "order.asserted": _("State changed"),
    "order.cancelled": _("Order cancelled"),
    "order.reopened": _("Order taken up again"),
    "order.overridden": _("State set by hand"),
    "order.override_cleared": _("State no longer set by hand"),
    "order.milestone": _("Milestone recorded"),
    "order.page_revoked": _("New address for the customer’s page"),
    "shipment.added": _("Parcel added"),
    "shipment.removed": _("Parcel removed"),
    "shipment.event": _("Event recorded by hand"),
}


def deed_words(entry: AuditEntry) -> str:
    """With the parcel's number, or the state, where the audit has it."""
    said = str(DEEDS.get(entry.action, entry.action))
    told = entry.after or entry.before or {}
    detail = next((str(told[name]) for name in ("number", "state", "reference") if told.get(name)), "")
    return f"{said}: {detail}" if detail else said
