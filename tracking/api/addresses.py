"""How orders and parcels are named in an address: by our own identifier, or an order by the shop's number."""

from __future__ import annotations

import re

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound

from tenants.models import Shop
from tracking.api.problems import Conflict
from tracking.models import Order, Shipment

_ORDER = re.compile(r"ord_([0-9]{1,18})")
_SHIPMENT = re.compile(r"shp_([0-9]{1,18})")


def order_id(pk: int) -> str:
    return f"ord_{pk}"


def shipment_id(pk: int) -> str:
    return f"shp_{pk}"


def orders_named(shop: Shop, name: str, channel: str | None = None) -> QuerySet[Order]:
    """The order `ord_51`, or those the shop calls by this number, in `channel` where that is said."""
    orders: QuerySet[Order] = Order.objects.for_shop(shop)
    if by_id := _ORDER.fullmatch(name):
        return orders.filter(pk=int(by_id[1]))
    orders = orders.filter(number=plain(name).removeprefix("#").strip())
    return orders if channel is None else orders.filter(channel=plain(channel))


def order_at(shop: Shop, name: str, channel: str | None = None) -> Order:
    """Raises NotFound; Conflict, where several channels have such a number and none is said."""
    found = list(orders_named(shop, name, channel).order_by("channel")[:20])
    if not found:
        raise NotFound(_("There is no order “%(name)s” here.") % {"name": plain(name)[:80]})
    if len(found) > 1:
        said = {"name": plain(name), "channels": ", ".join(order.channel for order in found)}
        raise Conflict(
            _("Several channels have an order “%(name)s”: add ?channel= with one of %(channels)s.") % said
        )
    return found[0]


def shipment_pk(name: str) -> int:
    """Of `shp_12`. Raises NotFound."""
    by_id = _SHIPMENT.fullmatch(name)
    if by_id is None:
        raise no_shipment(name)
    return int(by_id[1])


def shipment_at(shop: Shop, name: str) -> Shipment:
    """The parcel `shp_12`. Raises NotFound."""
    found: Shipment | None = Shipment.objects.for_shop(shop).filter(pk=shipment_pk(name)).first()
    if found is None:
        raise no_shipment(name)
    return found


def no_shipment(name: str) -> NotFound:
    said = {"name": plain(name)[:80]}
    return NotFound(_("There is no parcel “%(name)s” here. A parcel's identifier begins with shp_.") % said)


def plain(text: str) -> str:
    """What a stranger wrote, without characters PostgreSQL cannot bear."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
