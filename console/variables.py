"""What a message may speak of, in words, with an example of each."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.facts import example
from tenants.models import Shop

WORDS: dict[str, Promise] = {
    "customer.first_name": _("The customer’s first name"),
    "customer.name": _("The customer’s whole name"),
    "customer.city": _("The customer’s town"),
    "order.number": _("The order’s number"),
    "order.url": _("The address of the order’s page"),
    "order.total": _("What it cost"),
    "order.carrier": _("The carrier’s name"),
    "order.parcels": _("How many parcels there are"),
    "order.parcels_sent": _("How many parcels have left"),
    "order.parcels_delivered": _("How many parcels have arrived"),
    "order.restock_day": _("The day it is back in stock"),
    "order.cancel_reason": _("Why it was cancelled"),
    "headline": _("The headline of the order’s page"),
    "pickup.name": _("Where it waits to be collected"),
    "pickup.address": _("The address it waits at"),
    "pickup.hours": _("When that place is open"),
    "pickup.until": _("Until when it waits"),
    "invoice.number": _("The invoice’s number"),
    "invoice.url": _("The address of the invoice"),
    "shop.name": _("Your shop’s name"),
    "shop.email": _("Your contact e-mail"),
    "shop.phone": _("Your contact phone"),
    "shop.url": _("Your website"),
}


@dataclass(frozen=True, slots=True)
class Variable:
    code: str  # with its braces, as it is written
    words: str
    example: str


def variables(shop: Shop, state: str) -> list[Variable]:
    values = example(shop, state)
    found = []
    for path, words in WORDS.items():
        value = values
        for part in path.split("."):
            value = value[part]
        found.append(Variable(f"{{{{ {path} }}}}", str(words), "" if value is None else str(value)))
    return found
