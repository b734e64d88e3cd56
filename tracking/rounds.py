"""A round as its driver and its shop look at it: the stops, where each goes, and how far it has got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.models import Shop
from tracking.actions import telephone
from tracking.models import Order, Round, Shipment, Stop
from tracking.parcels import OWN_DRIVER, UNNAMED
from tracking.position import SETTLED
from tracking.states import OVER

HOW: dict[str, str | Promise] = {
    "person": _("To the person"),
    "neighbour": _("To a neighbour"),
    "reception": _("At the reception"),
    "safe_place": _("In a safe place"),
    "mailbox": _("In the mailbox"),
}
WHY: dict[str, str | Promise] = {
    "not_home": _("Nobody was in"),
    "address": _("The address is wrong or incomplete"),
    "access": _("No way in"),
    "closed": _("The business was closed"),
    "refused": _("It was refused"),
    "no_time": _("No time left today"),
}
STATUSES: dict[str, tuple[str | Promise, str]] = {
    "to_come": (_("To come"), "plain"),
    "next": (_("Next"), "info"),
    "delivered": (_("Delivered"), "ok"),
    "failed": (_("Not delivered"), "bad"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A stop. `way`: an address that opens the phone's own maps; `tone`: of its status."""

    pk: int
    position: int
    order_pk: int
    number: str
    name: str
    address: str
    extra: str
    town: str
    way: str
    phone: str
    phone_url: str
    status: str
    label: str | Promise
    tone: str
    note: str
    taken_by: str
    is_open: bool


def stops_of(one: Round) -> list[Shown]:
    """In their order, without pictures. One query."""
    found = one.stops.defer("picture").select_related("shipment__order")
    return [shown(stop) for stop in found]


def shown(stop: Stop) -> Shown:
    order = stop.shipment.order
    town = " ".join(part for part in (order.postal_code, order.city) if part)
    label, tone = STATUSES[stop.status]
    return Shown(
        pk=stop.pk,
        position=stop.position,
        order_pk=order.pk,
        number=order.number.lstrip("#"),
        name=order.customer_name,
        address=order.address_line,
        extra=order.address_extra,
        town=town,
        way=_way(order, town),
        phone=order.customer_phone,
        phone_url="tel:" + telephone(order.customer_phone) if order.customer_phone else "",
        status=stop.status,
        label=label,
        tone=tone,
        note=stop.note,
        taken_by=stop.taken_by,
        is_open=stop.status in ("to_come", "next"),
    )


def _way(order: Order, town: str) -> str:
    if order.latitude is not None and order.longitude is not None:
        place = f"{order.latitude},{order.longitude}"
    else:
        place = ", ".join(part for part in (order.address_line, town, order.country) if part)
    return "https://www.google.com/maps/dir/?" + urlencode({"api": "1", "destination": place})


def without_round(shop: Shop) -> QuerySet[Order]:
    """Orders a round could take: not over, not with a carrier, in no round that is on."""
    parcels = Shipment.objects.for_shop(shop).filter(order=OuterRef("pk"), direction="outbound")
    with_carrier = parcels.exclude(carrier__in=[OWN_DRIVER, *sorted(UNNAMED)]).exclude(
        status__in=sorted(SETTLED)
    )
    in_round = Stop.objects.for_shop(shop).filter(
        shipment__order=OuterRef("pk"), round__ended_at=None, status__in=["to_come", "next"]
    )
    over = sorted({*OVER, "completed"})
    orders: QuerySet[Order] = Order.objects.for_shop(shop).exclude(state__in=over)
    return orders.exclude(Exists(with_carrier)).exclude(Exists(in_round))


def done(stops: Sequence[Shown]) -> int:
    return sum(not stop.is_open for stop in stops)
