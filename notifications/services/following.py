"""Somebody else who hears of an order: asked first, told once they say yes, and never again once they had enough."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from notifications.links import follow_url
from notifications.models import Follower
from notifications.services.choosing import witness
from notifications.services.listeners import alert_setup
from tenants.models import Shop
from tracking.models import Notice, Order
from tracking.services.gifts import make_gift_link
from tracking.services.notices import tell

MOST = 3  # an order
MOST_ASKED = 6  # an order, ever: a page must not be a way to write to strangers
LASTS = timedelta(days=3)  # of the question


class Outcome(Enum):
    ASKED = "asked"
    NO_ADDRESS = "no_address"
    TOO_MANY = "too_many"
    OWN = "own"
    NOT_OFFERED = "not_offered"


def may_add(shop_id: int) -> bool:
    """Whether the shop lets its shoppers add somebody."""
    return alert_setup(shop_id)[1]


def ask(*, shop: Shop, order: Order, email: str, language: str, now: datetime) -> Outcome:
    """Ask somebody whether they want this order's messages. Runs in the shop's context.

    Safe to repeat: who was asked, said yes or said no is not asked again, and whoever added them is told the same.
    """
    said = email.strip().lower()
    try:
        validate_email(said)
    except ValidationError:
        return Outcome.NO_ADDRESS
    if not may_add(shop.pk):
        return Outcome.NOT_OFFERED
    if said == order.customer_email.lower():
        return Outcome.OWN
    Order.objects.for_shop(shop).select_for_update().get(pk=order.pk)  # one at a time
    ours = Follower.objects.for_shop(shop).filter(order=order)
    if ours.filter(email=said).exists():
        return Outcome.ASKED
    asked = Notice.objects.for_shop(shop).filter(order=order, kind="recipient_asked").count()
    if ours.filter(stopped_at=None).count() >= MOST or asked >= MOST_ASKED:
        return Outcome.TOO_MANY
    made = Follower.objects.create(
        shop=shop, order=order, email=said, language=language, asked_at=now, expires_at=now + LASTS
    )
    tell(
        order=order,
        kind="recipient_asked",
        key=f"follow:{made.pk}",
        recipient=said,
        language=language,
        about={"by": order.customer_name.split(" ")[0], "url": follow_url(shop, made.pk)},
    )
    return Outcome.ASKED


def is_open(follower: Follower, now: datetime) -> bool:
    """Whether they can still say yes, or have."""
    return follower.stopped_at is None and (follower.confirmed_at is not None or now < follower.expires_at)


def confirm(*, follower: Follower, words: str, now: datetime) -> bool:
    """They say yes; False where it is too late. Runs in the shop's context; safe to repeat.

    They are given the link for presents: when it comes, neither what it is nor what it cost.
    """
    held = Follower.objects.for_shop(follower.shop_id).select_for_update().get(pk=follower.pk)
    if not is_open(held, now):
        return False
    if held.confirmed_at is None:
        Follower.objects.for_shop(held.shop_id).filter(pk=held.pk).update(confirmed_at=now)
        make_gift_link(order=held.order)
        _witness(held, "confirmed", words, now)
    return True


def stop(*, follower: Follower, words: str, now: datetime) -> None:
    """They want no more, or never did. Runs in the shop's context; safe to repeat."""
    stopped = Follower.objects.for_shop(follower.shop_id).filter(pk=follower.pk, stopped_at=None)
    if stopped.update(stopped_at=now):
        _witness(follower, "stopped" if follower.confirmed_at else "refused", words, now)


def remove(*, order: Order, follower_id: int) -> None:
    """Whoever added them takes them off. Runs in the shop's context; safe to repeat.

    Who said no themselves stays known, so that they are not asked again.
    """
    Follower.objects.for_shop(order.shop_id).filter(order=order, pk=follower_id, stopped_at=None).delete()


def _witness(follower: Follower, means: str, words: str, now: datetime) -> None:
    witness(
        order=follower.order, channel="email", means=means, proof="link", address=follower.email, words=words,
        language=follower.language, choices={}, now=now,
    )  # fmt: skip
