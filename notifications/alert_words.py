"""What stands beside the switches: shown on the page, and kept as evidence of what was agreed to."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from notifications.registry import CHANNELS
from tenants.models import Shop
from tracking.labels import own_label, state_label
from tracking.models import ShopState
from tracking.states import OrderState

# What most people want to hear of; the rest is folded away.
COMMON = (
    OrderState.PREPARING,
    OrderState.SHIPPED,
    OrderState.OUT_FOR_DELIVERY,
    OrderState.READY_FOR_PICKUP,
    OrderState.DELIVERED,
    OrderState.CANCELLED,
)


def intro() -> str:
    return _(
        "Choose what you are told about this order, and how. You can change it whenever you like, and switching "
        "everything off costs you nothing: the page always shows how it is going."
    )


def promise() -> str:
    return _("We use it for news of this order and for nothing else.")


def follow_words(shop: Shop) -> str:
    return _(
        "Would you like %(shop)s to write to you when this order is on its way and when it arrives? It is about one order, "
        "and you can stop it at any moment."
    ) % {"shop": shop.name}


def stop_words(number: str) -> str:
    return _("No more e-mails about order %(number)s.") % {"number": number}


def push_words() -> str:
    return _("This device is told as soon as something happens, even when the page is closed.")


def channel_label(code: str) -> str:
    return {"email": _("E-mail"), "push": _("This device")}.get(code, CHANNELS[code].name)


class StateLabels:
    """Order states in words a shopper knows: the shop's own where it has one for just this state. One query."""

    def __init__(self, shop: Shop, language: str) -> None:
        self._language, self._shop = language, shop
        self._own = {
            s.canonicals[0]: s.labels
            for s in ShopState.objects.for_shop(shop)
            if len(s.canonicals) == 1 and s.visible
        }

    def __call__(self, state: str) -> str:
        own = own_label(self._own.get(state, {}), self._language, self._shop.language)
        return own or state_label(state)


def evidence(said: Iterable[str]) -> str:
    """All that stood beside the button, one line each."""
    return "\n".join(said)
