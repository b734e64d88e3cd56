"""What some of the demo's customers chose to hear, whom they added, and a link for a present."""

from __future__ import annotations

from datetime import datetime

from django.utils import translation

from config.demo.shops import BARRO, PENTES
from notifications import alert_words
from notifications.models import Follower
from notifications.services import choosing, following
from tenants.models import Shop
from tracking.models import Order
from tracking.services.gifts import make_gift_link

SHARED, GIVEN = "1038", "LP-2207"  # of Barro y Sal, in several parcels; of the bookshop, a present


def choose(shop: Shop, now: datetime) -> None:
    """Runs in the shop's context."""
    if shop.slug == BARRO.slug:
        _share(shop, Order.objects.for_shop(shop).get(number=SHARED), now)
    if shop.slug == PENTES.slug:
        make_gift_link(order=Order.objects.for_shop(shop).get(number=GIVEN))


def _share(shop: Shop, order: Order, now: datetime) -> None:
    """Not "in preparation", but the day it comes; and two people who should know."""
    shown = [(state, "email") for state in alert_words.COMMON]
    wanted = [switch for switch in shown if switch[0] != "preparing"]
    with translation.override(order.language):
        choosing.choose(
            order=order,
            shown=shown,
            wanted=wanted,
            words=alert_words.intro(),
            proof="proved",
            language=order.language,
            now=now,
        )
        for email in ("pilar@correo.example", "portero.12@correo.example"):
            following.ask(shop=shop, order=order, email=email, language=order.language, now=now)
        first = Follower.objects.for_shop(shop).filter(order=order).order_by("pk")[0]
        following.confirm(follower=first, words=alert_words.follow_words(shop), now=now)
