"""What occasions of messages are called in the console."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from carriers.types import SubStatus
from console.rows import StateNames
from notifications.occasions import OCCASIONS, PARCEL
from tenants.models import Shop
from tracking.labels import status_label

GROUPS: Mapping[str, Promise] = {
    "state": gettext_lazy("Where the order is"),
    "milestone": gettext_lazy("Milestones"),
    "day": gettext_lazy("The day it arrives"),
    "wait": gettext_lazy("Waiting"),
    "word": gettext_lazy("Answers"),
    "parcel": gettext_lazy("Steps of a parcel"),
}
_OTHERS: Mapping[str, Promise] = {
    "attempt_failed": gettext_lazy("Nobody was in"),
    "number_changed": gettext_lazy("New tracking number"),
    "eta_set": gettext_lazy("Arrival day known"),
    "eta_moved": gettext_lazy("Arrival day moved"),
    "eta_missed": gettext_lazy("Arrival day missed"),
    "arrives_tomorrow": gettext_lazy("Arrives tomorrow"),
    "arrives_today": gettext_lazy("Arrives today"),
    "pickup_waiting": gettext_lazy("Waits to be collected"),
    "silent": gettext_lazy("Nothing heard for long"),
    "review_time": gettext_lazy("Time for a review"),
    "ticket_answered": gettext_lazy("A question was answered"),
    "change_accepted": gettext_lazy("Delivery change accepted"),
    "change_refused": gettext_lazy("Delivery change refused"),
}


def name_of(shop: Shop, code: str, states: StateNames | None = None) -> str:
    """`states`: of the shop, where many names are asked for."""
    if code in _OTHERS:
        return str(_OTHERS[code])
    if code.startswith(PARCEL):
        step = code.removeprefix(PARCEL)
        said = status_label(step)
        is_sub = step in {sub.value for sub in SubStatus}
        return said if is_sub else _("Parcel: %(status)s") % {"status": said}
    if code in OCCASIONS:
        return (states or StateNames(shop))(code)
    return code
