"""A request to change a delivery as a carrier is told it: our reference, where to, when, and words for the driver."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext as _

from carriers.types import Change, Place
from tenants.models import Shop
from tracking import change_words
from tracking.models import DeliveryRequest, Order, Shipment
from tracking.services.change_news import clock_for


def reference_of(request: DeliveryRequest) -> str:
    """Ours, of 3 to 14 characters, as UPS wants it."""
    return f"RC{request.pk:08d}"


def change_of(
    shop: Shop, order: Order, shipment: Shipment | None, request: DeliveryRequest, now: datetime
) -> Change:
    """What is asked, as carriers are told it; words in the shop's language."""
    said = request.details
    slot = request.kind == "slot"
    return Change(
        kind=request.kind,
        number=shipment.number if shipment else "",
        reference=reference_of(request),
        to=_place(order, request),
        day=date.fromisoformat(said["day"]) if request.kind == "day" else None,
        slot_from=datetime.fromisoformat(said["starts_at"]) if slot else None,
        slot_to=datetime.fromisoformat(said["ends_at"]) if slot else None,
        note=_words(shop, order, request, now),
        contact=shop.contact_email,
        phone=order.customer_phone,
        postal_code=order.postal_code,
    )


def _place(order: Order, request: DeliveryRequest) -> Place:
    said = {name: str(value or "") for name, value in request.details.items()}
    if request.kind == "pickup_point":
        return Place(
            said.get("name", ""), said.get("address", ""), "", said.get("postal_code", ""), said.get("city", ""),
            said.get("country", ""), said.get("code", ""),
        )  # fmt: skip
    if request.kind == "address":
        return Place(
            said.get("name") or order.customer_name, said.get("line", ""), said.get("extra", ""),
            said.get("postal_code", ""), said.get("city", ""), said.get("country", "") or order.country,
        )  # fmt: skip
    return Place(
        order.customer_name,
        order.address_line,
        order.address_extra,
        order.postal_code,
        order.city,
        order.country,
    )


def _words(shop: Shop, order: Order, request: DeliveryRequest, now: datetime) -> str:
    """For the driver; empty where fields say it all."""
    if request.kind in ("address", "day", "slot", "pickup_point", "hold"):
        return ""
    clock = clock_for(shop, order, shop.language, now)
    with translation.override(shop.language):
        said = change_words.detail(request.kind, request.details, clock)
        if request.kind == "neighbour":
            return _("Leave it with a neighbour: %(who)s") % {"who": said}
        if request.kind == "safe_place":
            return _("Leave it in a safe place: %(where)s") % {"where": said}
        return said
