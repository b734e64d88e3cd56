"""What each message says unless the shop has words of its own, and what is on its buttons and in its footer."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from carriers.types import Status, SubStatus
from notifications.occasions import PARCEL
from notifications.said import Words
from notifications.words_days import DAYS
from notifications.words_parcels import STATUSES, SUB_STATUSES
from notifications.words_states import STATES

__all__ = ["NEWS", "Words", "words_for"]

# Of what has no words of its own: its page's headline says it.
NEWS = Words(
    _("News of your order {{ order.number }}"),
    _("This is where your order stands now. You can follow every step on your order’s page."),
    _("{{ shop.name }}, order {{ order.number }}: {{ headline }} {{ order.url }}"),
)
OWN: dict[str, Words] = {str(state): said for state, said in STATES.items()} | DAYS


def words_for(occasion: str) -> Words:
    """Of a parcel's detail without words of its own, those of its status."""
    if not occasion.startswith(PARCEL):
        return OWN.get(occasion, NEWS)
    code = occasion.removeprefix(PARCEL)
    if "." not in code:
        return STATUSES[Status(code)]
    return SUB_STATUSES.get(SubStatus(code)) or STATUSES[SubStatus(code).status]


BUTTON = _("Follow my order")
BUTTONS = {
    "page": BUTTON,
    "delivery": _("Change the delivery"),
    "write": _("Write to us"),
    "review": _("Rate my order"),
    "invoice": _("See my invoice"),
    "url": _("See more"),
}
SEE_IT = _("Have a look")
HOW_WAS_IT = _("How did it go?")
WHY = _("You get this message because you bought from {{ shop.name }}.")
CHOOSE = _("Choose which messages you get")
WHY_OTHER = _("You get this message because {{ shop.name }}’s customer added your address, and you said yes.")
STOP = _("Stop these messages")
NO_OFFERS = _("No offers, only my parcels")
