"""What a message may speak of, in words, with its value for an order or an example of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
# Of any order there is one; the others may be missing, and are put in with words to stand in for them.
ALWAYS = frozenset(
    {
        "order.number", "order.url", "order.carrier", "order.parcels", "order.parcels_sent", "order.parcels_delivered",
        "headline", "shop.name", "shop.url",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Variable:
    code: str  # with its braces, as it is written
    words: str
    example: str

    @property
    def path(self) -> str:
        return self.code.strip("{} ")

    @property
    def can_miss(self) -> bool:
        return self.path not in ALWAYS

    def told(self) -> dict[str, Any]:
        """For the suggestions as one types."""
        return {"path": self.path, "words": self.words, "value": self.example, "misses": self.can_miss}


def variables(shop: Shop, state: str, values: Mapping[str, Any] | None = None) -> list[Variable]:
    """`values`: of an order (notifications.facts.facts_of); else of an example."""
    values = values if values is not None else example(shop, state)
    return [
        Variable(f"{{{{ {path} }}}}", str(words), _said(values, path))
        for path, words in WORDS.items()
        if _exists(values, path)
    ]


def _said(values: Mapping[str, Any], path: str) -> str:
    value: Any = values
    for part in path.split("."):
        value = value[part]
    return "" if value is None else str(value)


def _exists(values: Mapping[str, Any], path: str) -> bool:
    try:
        _said(values, path)
    except (KeyError, TypeError):
        return False
    return True
