"""Who is told of a request to change a delivery: the shop where it has to act, the shopper of every step."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from tenants.models import Shop
from tracking import change_words
from tracking.actions import carrier_name
from tracking.models import DeliveryRequest, Order, Shipment
from tracking.services.notices import tell
from tracking.when import Clock, locale_for, zone_for

TELLS = {
    "sent": "change_sent",
    "accepted": "change_accepted",
    "refused": "change_refused",
    "too_late": "change_too_late",
}


def clock_for(shop: Shop, order: Order, language: str, now: datetime) -> Clock:
    """Of where the order arrives, in a language."""
    zone = zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    return Clock(now, zone, locale_for(language, shop.country))


def summary_in(language: str, shop: Shop, order: Order, request: DeliveryRequest, now: datetime) -> str:
    with translation.override(language):
        return change_words.summary(request.kind, request.details, clock_for(shop, order, language, now))


def tell_shop(shop: Shop, order: Order, request: DeliveryRequest, now: datetime) -> None:
    """Where somebody has to do something, or may charge for it."""
    if request.status != "asked" and request.way != "task" and not request.price:
        return
    what = summary_in(shop.language, shop, order, request, now)
    with translation.override(shop.language):
        if request.price:
            cost = change_words.price(
                request.price, request.currency, clock_for(shop, order, shop.language, now)
            )
            what = _("%(what)s (%(price)s, for you to charge)") % {"what": what, "price": cost}
    tell(
        order=order,
        kind="change_asked",
        key=f"change:{request.pk}:shop:{request.way}",
        recipient=shop.contact_email,
        language=shop.language,
        about={"what": what, "url": f"{settings.SITE_URL}/console/{shop.slug}/changes/"},
    )


def tell_shopper(shop: Shop, request: DeliveryRequest, status: str, now: datetime) -> None:
    order = request.order
    about = {"what": summary_in(order.language, shop, order, request, now)}
    if status != "sent":
        about["answer"] = request.answer
    by_mail = bool(order.customer_email)
    tell(
        order=order,
        kind=TELLS[status],
        key=f"change:{request.pk}:{status}",
        channel="email" if by_mail else "sms",
        recipient=order.customer_email or order.customer_phone,
        about=about,
    )


def parcel_words(shipment: Shipment | None) -> str:
    return f"{carrier_name(shipment.carrier)} {shipment.number}" if shipment else ""
