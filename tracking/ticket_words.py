"""What a ticket is called by the shopper and by the shop, and what the system notes in it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tracking.labels import status_label
from tracking.when import Clock

# As the shopper says it.
REASONS: Mapping[str, Promise] = {
    "where": gettext_lazy("Where is it?"),
    "not_received": gettext_lazy("I did not get it"),
    "damaged": gettext_lazy("It is damaged"),
    "missing": gettext_lazy("Something is missing"),
    "wrong": gettext_lazy("It is the wrong article"),
    "change": gettext_lazy("I want to change something"),
    "return": gettext_lazy("I want to send it back"),
    "invoice": gettext_lazy("I need an invoice"),
    "other": gettext_lazy("Something else"),
}
# As the shop sorts them.
NAMES: Mapping[str, Promise] = {
    "where": gettext_lazy("Where is it"),
    "not_received": gettext_lazy("Not received"),
    "damaged": gettext_lazy("Damaged"),
    "missing": gettext_lazy("Something missing"),
    "wrong": gettext_lazy("Wrong article"),
    "change": pgettext_lazy("ticket", "Change"),
    "return": gettext_lazy("Return"),
    "invoice": gettext_lazy("Invoice"),
    "other": gettext_lazy("Other"),
}
SETTLED: Mapping[str, Promise] = {
    "delivered": gettext_lazy("Your parcel was delivered on %(day)s. If it is not so, write again."),
    "available_for_pickup": gettext_lazy("Since %(day)s your parcel waits for you at the pickup point."),
    "out_for_delivery": gettext_lazy("Your parcel went out for delivery on %(day)s."),
    "in_transit": gettext_lazy("Your parcel has been on its way since %(day)s."),
    "returned": gettext_lazy("Your parcel came back to us on %(day)s."),
    "invoice_issued": gettext_lazy(
        "Your invoice was issued on %(day)s. You find it on the page of your order."
    ),
}


def reason_words(reason: str) -> str:
    return str(REASONS[reason])


def name_of_reason(reason: str) -> str:
    return str(NAMES[reason])


def settled_by(what: str, at: datetime) -> str:
    """The code a settling event is noted with: what it was, and when."""
    return f"settled:{what}:{at.isoformat()}"


def system_words(code: str, clock: Clock) -> str:
    """A line the system wrote, in the language and by the clock of whoever reads it."""
    kind, _colon, rest = code.partition(":")
    if kind == "settled":
        what, _colon, at = rest.partition(":")
        return settled_words(what, datetime.fromisoformat(at), clock)
    if kind == "closed":
        return _("Closed by the shop.") if rest == "shop" else _("Closed by the customer.")
    if kind == "reopened":
        return _("Taken up again.")
    return _("Reported to the carrier as not received.") if kind == "disputed" else ""


def settled_words(what: str, at: datetime, clock: Clock) -> str:
    words = SETTLED.get(what)
    if words is None:
        return _("Settled: %(status)s.") % {"status": status_label(what)}
    return str(words) % {"day": clock.day(clock.date_of(at))}
