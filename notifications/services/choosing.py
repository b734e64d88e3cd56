"""What a shopper chose to hear of one order, and the evidence that they did."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime

from notifications.models import Consent, Preference
from notifications.registry import CHANNELS
from notifications.rules import INTERNAL, TELLABLE, Switch
from notifications.services.channels import usable_channels
from notifications.services.listeners import Told, offered_states
from notifications.services.ruling import switches_of
from tracking.models import Order
from tracking.proof import masked


def effective(*, order: Order) -> dict[Switch, bool]:
    """What is told as things stand: the shop's rules, and over them what the shopper chose."""
    told = Told(order.shop_id, [order.pk])
    own = told.choices.get(order.pk, {})
    by_shop = switches_of(order.shop_id)
    return {
        switch: (own[switch] and (on or switch[0] in told.offered)) if switch in own else on
        for switch, on in by_shop.items()
    }


def open_states(*, order: Order) -> tuple[str, ...]:
    """What stands on the form: the states a shopper may switch on, and those they may switch off."""
    offered = offered_states(order.shop_id)
    told = {state for (state, _channel), on in switches_of(order.shop_id).items() if on}
    return tuple(s for s in TELLABLE if s not in INTERNAL and (s in offered or s in told))


def choose(
    *,
    order: Order,
    shown: Collection[Switch],
    wanted: Collection[Switch],
    words: str,
    proof: str,
    language: str,
    now: datetime,
) -> int:
    """Take a form that showed these switches with those on; return how many were turned.

    One that was not turned goes on following the shop. Runs in the shop's context; safe to repeat. States and channels
    the shop does not offer are passed over, whoever sends them.
    """
    Order.objects.for_shop(order.shop_id).select_for_update().get(pk=order.pk)  # one at a time
    before = effective(order=order)
    states, channels = open_states(order=order), usable_channels(order.shop_id)
    known = [s for s in shown if s in before and s[0] in states and s[1] in channels]
    turned = {switch: switch in wanted for switch in known if before[switch] != (switch in wanted)}
    _keep(order, turned, now)
    for channel in dict.fromkeys(of for _state, of in turned):
        choices = {state: (state, of) in wanted for state, of in known if of == channel}
        witness(
            order=order, channel=channel, means="chosen", proof=proof, address=address_on(order, channel),
            words=words, language=language, choices=choices, now=now,
        )  # fmt: skip
    return len(turned)


def stop_emails(*, order: Order, words: str, language: str, now: datetime) -> None:
    """No more e-mails about this order, by the link in one of them. Runs in the shop's context; safe to repeat."""
    Order.objects.for_shop(order.shop_id).select_for_update().get(pk=order.pk)
    if has_stopped(order=order):
        return
    _keep(order, {(state, "email"): False for state in TELLABLE}, now)
    witness(
        order=order, channel="email", means="stopped", proof="link", address=order.customer_email, words=words,
        language=language, choices=dict.fromkeys(TELLABLE, False), now=now,
    )  # fmt: skip


def has_stopped(*, order: Order) -> bool:
    """Whether the shopper wants no e-mail at all about it."""
    own = Preference.objects.for_shop(order.shop_id).filter(order=order, channel="email")
    return len(TELLABLE) == sum(not wanted for wanted in own.values_list("wanted", flat=True))


def witness(
    *,
    order: Order,
    channel: str,
    means: str,
    proof: str,
    address: str,
    words: str,
    language: str,
    choices: Mapping[str, bool],
    now: datetime,
) -> None:
    """Keep evidence. `words`: all that stood beside the button."""
    Consent.objects.create(
        shop_id=order.shop_id,
        order=order,
        at=now,
        channel=channel,
        means=means,
        proof=proof,
        address=masked(address),
        address_hash=hashlib.sha256(f"{order.shop_id}:{address}".encode()).hexdigest(),
        language=language,
        shown=words,
        shown_hash=hashlib.sha256(words.encode()).hexdigest()[:16],
        choices=dict(choices),
    )


def address_on(order: Order, channel: str) -> str:
    """Where the customer is reached on a channel; empty where there is nothing yet."""
    if CHANNELS[channel].address == "browser":
        return "browser"
    reached = Told(order.shop_id, [order.pk]).recipients(order, [channel])
    return next((r.address for r in reached if not r.whom), "")


def _keep(order: Order, choices: Mapping[Switch, bool], now: datetime) -> None:
    Preference.objects.bulk_create(
        [
            Preference(
                shop_id=order.shop_id, order=order, state=state, channel=channel, wanted=on, changed_at=now
            )
            for (state, channel), on in choices.items()
        ],
        update_conflicts=True,
        unique_fields=["shop", "order", "channel", "state"],
        update_fields=["wanted", "changed_at"],
    )
