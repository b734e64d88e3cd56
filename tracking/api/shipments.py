"""Parcels: read them, add events of one's own, take one off."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from carriers.types import Event, SubStatus, ZoneSource
from tracking.api import answers, bodies, parameters, shapes
from tracking.api.addresses import no_shipment, orders_named, shipment_at, shipment_pk
from tracking.api.door import EVENTS, READ, WRITE, ShopView
from tracking.api.paging import Asked, page
from tracking.api.reading import Reader
from tracking.api.words import STATUSES
from tracking.models import Shipment
from tracking.search import parcel_key
from tracking.services import intake
from tracking.services.events import record_events
from tracking.services.values import Notes

AHEAD = timedelta(minutes=5)  # of our clock, that a shop's may be
FILTERS = ("number", "status", "order", "channel")
# What a status alone is taken to mean.
PLAIN: dict[str, SubStatus] = {
    "info_received": SubStatus.LABEL_CREATED,
    "in_transit": SubStatus.IN_TRANSIT,
    "out_for_delivery": SubStatus.ON_VEHICLE,
    "available_for_pickup": SubStatus.PICKUP_POINT,
    "failed_attempt": SubStatus.FAILED_OTHER,
    "exception": SubStatus.EXCEPTION_UNSPECIFIED,
    "delivered": SubStatus.DELIVERED,
    "returning": SubStatus.RETURNING,
    "returned": SubStatus.RETURNED,
    "cancelled": SubStatus.CANCELLED_REQUESTED,
}
SAYABLE: dict[str, SubStatus] = PLAIN | {
    sub.value: sub for sub in SubStatus if sub.status.value in PLAIN and not sub.is_unmapped
}


class Shipments(ShopView):
    scopes = {"GET": READ}

    @extend_schema(
        operation_id="list_shipments",
        summary="List parcels",
        parameters=parameters.SHIPMENT_FILTERS,
        responses={200: shapes.ShipmentList},
    )
    def get(self, request: Request) -> Response:
        """The newest first, without their events."""
        shop = self.shop_of(request)
        asked = Asked(request, FILTERS)
        parcels = Shipment.objects.for_shop(shop)
        if number := asked.text("number"):
            parcels = parcels.filter(number_key=parcel_key(number))
        if statuses := asked.among("status", STATUSES):
            parcels = parcels.filter(status__in=statuses)
        if name := asked.text("order"):
            parcels = parcels.filter(order__in=orders_named(shop, name, asked.text("channel") or None))
        found, following = page(parcels.only("id"), asked, ("id",), (int,), newest_first=True)
        return Response({"results": answers.shipments(shop, [one.pk for one in found]), "next": following})


class OneShipment(ShopView):
    scopes = {"GET": READ, "DELETE": WRITE}

    @extend_schema(
        operation_id="get_shipment",
        summary="Read a parcel, with its events",
        responses={200: shapes.ShipmentWithEvents},
    )
    def get(self, request: Request, shipment: str) -> Response:
        """The newest event first, 500 at most."""
        found = answers.shipment(self.shop_of(request), shipment_pk(shipment))
        if found is None:
            raise no_shipment(shipment)
        return Response(found)

    @extend_schema(
        operation_id="remove_shipment", summary="Take a parcel off its order", responses={204: None}
    )
    def delete(self, request: Request, shipment: str) -> Response:
        """With all that was said of it: it was never this order's."""
        shop = self.shop_of(request)
        found = shipment_at(shop, shipment)
        intake.remove_shipment(shop=shop, shipment=found, by=self.actor_of(request), now=timezone.now())
        return Response(status=204)


class ShipmentEvents(ShopView):
    scopes = {"POST": EVENTS}

    @extend_schema(
        operation_id="add_event",
        summary="Add an event of your own",
        request=bodies.EventBody,
        responses={201: shapes.ShipmentWithEvents, 200: shapes.ShipmentWithEvents},
        examples=[
            OpenApiExample(
                "Collected in the shop",
                {
                    "status": "delivered.collected",
                    "occurred_at": "2026-11-21T10:30:00+01:00",
                    "place": "Valencia",
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request, shipment: str) -> Response:
        """What the shop or its own drivers know of a parcel. It counts beside what the carrier says, by its time.
        The same status at the same minute is the same event: sent again it is answered with 200."""
        shop, now = self.shop_of(request), timezone.now()
        found = shipment_at(shop, shipment)
        event = _event(Reader.of(request.data), now)
        before = found.events.values("key").distinct().count()
        record_events(shop_id=shop.pk, shipment_id=found.pk, events=[event], now=now)
        answer = answers.shipment(shop, found.pk)
        is_new = answer is not None and answer["events_count"] > before
        return Response(answer, status=201 if is_new else 200)


def _event(reader: Reader, now: datetime) -> Event:
    """Raises Refused."""
    word = reader.needed_text("status")
    occurred_at = reader.moment("occurred_at")
    texts = {name: reader.text(name, "") for name in ("text", "place", "country")}
    if word and word not in SAYABLE:
        names = ", ".join(PLAIN)
        reader.complain(
            "status",
            _("This must be one of %(names)s, or one of their details, like delivered.signed.")
            % {"names": names},
        )
    reader.settle()
    notes = Notes()
    this_minute = now.replace(second=0, microsecond=0)  # so that asking again says the same
    at = this_minute if occurred_at is None else notes.moment("occurred_at", occurred_at, now)
    if at > now + AHEAD:
        notes.add("occurred_at", _("This is in the future: only what has happened can be said."))
    for name, most in (("text", 500), ("place", 160), ("country", 2)):
        texts[name] = notes.text(name, texts[name], most)
    notes.settle()
    return Event(
        occurred_at=min(at, now),
        sub_status=SAYABLE[word],
        text=texts["text"],
        place=texts["place"],
        country=texts["country"].upper(),
        source="shop",
        zone_source=ZoneSource.OFFSET,
    )
