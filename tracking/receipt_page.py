"""The proof of delivery, to be printed: who took it, when, and where it was left."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from carriers.types import Status, SubStatus
from tracking.actions import carrier_name
from tracking.labels import status_label
from tracking.models import Shipment, Stop, TrackingEvent
from tracking.proof import Trust
from tracking.subpages import Visit, below_the_page, show


@dataclass(frozen=True, slots=True)
class Delivered:
    """One parcel that arrived."""

    carrier: str
    number: str
    what: str  # handed over, left with a neighbour, in a locker…
    day: str
    hour: str
    taken_by: str
    where: str
    words: str  # the carrier's own
    picture: str  # its address; empty: none


@below_the_page("GET", "HEAD", needs=Trust.PROVED)
def receipt(request: HttpRequest, visit: Visit) -> HttpResponse:
    shipments = Shipment.objects.for_shop(visit.shop).filter(order=visit.order, direction="outbound")
    arrived = list(shipments.exclude(delivered_at=None).order_by("delivered_at", "pk"))
    if not arrived:
        raise Http404
    told = {"parcels": [_delivered(visit, parcel) for parcel in arrived]}
    return show(visit, "tracking/receipt.html", told, title=_("Proof of delivery"), css=["page-after.css"])


def _delivered(visit: Visit, parcel: Shipment) -> Delivered:
    events = TrackingEvent.objects.for_shop(visit.shop).filter(shipment=parcel)
    final = [e for e in events.order_by("-occurred_at")[:120] if _is_delivery(e.sub_status)]
    last = final[0] if final else None
    stops = Stop.objects.for_shop(visit.shop).filter(shipment=parcel, status="delivered").defer("picture")
    stop = stops.order_by("-pk").first()
    at = parcel.delivered_at or visit.clock.now
    return Delivered(
        carrier=carrier_name(parcel.carrier),
        number=parcel.number,
        what=status_label(last.sub_status if last else parcel.sub_status),
        day=visit.clock.day(visit.clock.date_of(at)),
        hour=visit.clock.hour(at),
        taken_by=parcel.signed_by or (stop.taken_by if stop else ""),
        where=(stop.note if stop else "") or (last.place if last else ""),
        words=last.text if last else "",
        picture=f"picture/{parcel.pk}" if stop and stop.picture_kind else "",
    )


def _is_delivery(sub_status: str) -> bool:
    return bool(sub_status) and SubStatus(sub_status).status is Status.DELIVERED
