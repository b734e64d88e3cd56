"""Who hears of some orders, by which channel and of what: customers, their browsers, and whom they added."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from notifications.models import AlertSetup, Follower, Message, Phone, Preference, PushSubscription
from notifications.registry import CHANNELS
from notifications.rules import INTERNAL, TELLABLE, Recipient, Switch
from tracking.models import Order, ShopState


class Told:
    """Five queries, however many orders. Runs in the shop's context."""

    def __init__(self, shop_id: int, order_ids: Collection[int]) -> None:
        self.offered = offered_states(shop_id)
        self.choices: dict[int, dict[Switch, bool]] = defaultdict(dict)
        self.languages: dict[str, str] = {}  # of those who are not the customer, by `whom`
        self._phones: dict[int, str] = {}
        self._others: dict[int, list[Recipient]] = defaultdict(list)
        of_these = {"order_id__in": order_ids}
        for one in Preference.objects.for_shop(shop_id).filter(**of_these):
            self.choices[one.order_id][one.state, one.channel] = one.wanted
        confirmed = Phone.objects.for_shop(shop_id).filter(**of_these).exclude(confirmed_at=None)
        self._phones = dict(confirmed.values_list("order_id", "number"))
        for browser in PushSubscription.objects.for_shop(shop_id).filter(**of_these).defer("sealed"):
            self._add(browser.order_id, Recipient("push", "browser", f"push:{browser.pk}"), browser.language)
        followers = Follower.objects.for_shop(shop_id).filter(**of_these, stopped_at=None)
        for follower in followers.exclude(confirmed_at=None):
            self._add(
                follower.order_id,
                Recipient("email", follower.email, f"follower:{follower.pk}"),
                follower.language,
            )

    def _add(self, order_id: int, recipient: Recipient, language: str) -> None:
        self._others[order_id].append(recipient)
        self.languages[recipient.whom] = language

    def recipients(self, order: Order, usable: Iterable[str]) -> list[Recipient]:
        """The customer first."""
        phone = order.customer_phone or self._phones.get(order.pk, "")
        of_customer = {"email": order.customer_email, "phone": phone}
        able = list(usable)
        own = [Recipient(c, of_customer.get(CHANNELS[c].address, "")) for c in able]
        return [r for r in own if r.address] + [r for r in self._others[order.pk] if r.channel in able]


def alert_setup(shop_id: int) -> tuple[frozenset[str], bool]:
    """The states a shop withholds from its shoppers' choice, and whether these may add somebody."""
    setup = AlertSetup.objects.for_shop(shop_id).first()
    return (frozenset(setup.withheld), setup.others) if setup else (frozenset(), True)


def offered_states(shop_id: int) -> tuple[str, ...]:
    """The states a shopper may choose to hear of: those they see, less those the shop withholds, in their order."""
    withheld, _others = alert_setup(shop_id)
    states = ShopState.objects.for_shop(shop_id).filter(visible=False).values_list("canonicals", flat=True)
    hidden = {state for canonicals in states for state in canonicals}
    return tuple(s for s in TELLABLE if s not in withheld and s not in hidden and s not in INTERNAL)


def follower_of(message: Message) -> Follower | None:
    """Whom the customer added, where the message goes to one. Runs in the shop's context."""
    found: Follower | None = _whose(message, "follower:", Follower)
    return found


def browser_of(message: Message) -> PushSubscription | None:
    found: PushSubscription | None = _whose(message, "push:", PushSubscription)
    return found


def _whose(message: Message, kind: str, model: type[Follower | PushSubscription]) -> Any:
    number = message.whom.removeprefix(kind)
    if not message.whom.startswith(kind) or not number.isdecimal():
        return None
    return model.objects.for_shop(message.shop_id).filter(order=message.order_id, pk=int(number)).first()
