"""What comes out, described: for the documentation alone."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from tracking.api.bodies import Units
from tracking.api.words import ASSERTABLE_STATES, MONEY, ORDER_STATES, STATUSES


@extend_schema_field({"type": ["string", "null"], "pattern": MONEY, "examples": ["49.90"]})
class Money(s.CharField):
    """As text, so that it stays exact."""


class Eta(s.Serializer[Any]):
    """When it should arrive: a day or a span of days, and a slot where it is known."""

    first_date = s.DateField()
    last_date = s.DateField()
    slot_from = s.DateTimeField(allow_null=True)
    slot_to = s.DateTimeField(allow_null=True)


class Embed(s.Serializer[Any]):
    """Where an order's status can be shown, and until when."""

    url = s.URLField()
    expires_at = s.DateTimeField()


class Event(s.Serializer[Any]):
    """What was said of a parcel, verbatim, beside our reading of it."""

    occurred_at = s.DateTimeField()
    received_at = s.DateTimeField()
    status = s.CharField(help_text="Empty: the code has no meaning known here.")
    sub_status = s.CharField()
    code = s.CharField()
    text = s.CharField()
    place = s.CharField()
    country = s.CharField()
    reason = s.CharField()
    source = s.ChoiceField(  # type: ignore[assignment]
        choices=["carrier", "shop", "agent", "driver", "shopper", "system"]
    )


class Pickup(s.Serializer[Any]):
    name = s.CharField()
    address = s.CharField()
    hours = s.CharField()
    until = s.CharField(allow_null=True)
    code = s.CharField()


class Shipment(s.Serializer[Any]):
    id = s.CharField(help_text="Ours; begins with shp_.")
    order = s.CharField(help_text="Identifier of its order.")
    carrier = s.CharField()
    number = s.CharField()
    direction = s.ChoiceField(choices=["outbound", "return"])
    service = s.CharField()
    whole_order = s.BooleanField()
    lines = Units(help_text="What it holds; null: the whole order.")
    created_at = s.DateTimeField()
    handed_over_at = s.DateTimeField(allow_null=True)
    status = s.ChoiceField(choices=STATUSES)
    sub_status = s.CharField()
    reason = s.CharField()
    status_since = s.DateTimeField(allow_null=True)
    delayed = s.BooleanField()
    attempts = s.IntegerField()
    moved_at = s.DateTimeField(allow_null=True)
    delivered_at = s.DateTimeField(allow_null=True)
    last_event_at = s.DateTimeField(allow_null=True)
    flags = s.ListField(child=s.CharField())
    pickup = Pickup(allow_null=True)
    pieces = s.IntegerField()
    eta = Eta(allow_null=True)
    events_count = s.IntegerField()


class ListedShipment(Shipment):
    order_number = s.CharField()
    order_channel = s.CharField()


class ShipmentWithEvents(ListedShipment):
    events = Event(many=True)


class Line(s.Serializer[Any]):
    title = s.CharField()
    sku = s.CharField()
    variant = s.CharField()
    quantity = s.IntegerField()
    cancelled = s.IntegerField()
    unit_price = Money(allow_null=True)
    image_url = s.CharField()


class Milestone(s.Serializer[Any]):
    code = s.CharField()
    at = s.DateTimeField()
    reference = s.CharField()
    url = s.CharField()


class Override(s.Serializer[Any]):
    """A state set by hand in place of the one that follows from the parcels."""

    state = s.ChoiceField(choices=ORDER_STATES)
    until = s.ChoiceField(choices=["next_event", "date", "forever"])
    date = s.DateField(allow_null=True)
    reason = s.CharField()


class Order(s.Serializer[Any]):
    id = s.CharField(help_text="Ours; begins with ord_.")
    number = s.CharField()
    channel = s.CharField()
    external_id = s.CharField()
    page_url = s.URLField(
        help_text="The shopper's page. Whoever has it sees the order: keep it as you keep the e-mail."
    )
    state = s.ChoiceField(choices=ORDER_STATES)
    state_since = s.DateTimeField()
    health = s.ChoiceField(choices=["on_track", "delayed", "attention"])
    attention = s.CharField(help_text="The sub-status that asks for a person; empty: none.")
    eta = Eta(allow_null=True)
    placed_at = s.DateTimeField()
    currency = s.CharField()
    total = Money(allow_null=True)
    tags = s.ListField(child=s.CharField())
    coupons = s.ListField(child=s.CharField())
    wants_marketing = s.BooleanField(allow_null=True)
    customer_name = s.CharField()
    customer_email = s.CharField()
    customer_phone = s.CharField()
    language = s.CharField()
    address_line = s.CharField()
    address_extra = s.CharField()
    city = s.CharField()
    region = s.CharField()
    postal_code = s.CharField()
    country = s.CharField()
    asserted = s.ChoiceField(choices=ASSERTABLE_STATES)
    asserted_at = s.DateTimeField()
    cancelled_at = s.DateTimeField(allow_null=True)
    cancel_reason = s.CharField()
    expected_parcels = s.IntegerField(allow_null=True)
    restock_date = s.DateField(allow_null=True)
    promised_date = s.DateField(allow_null=True)
    override = Override(allow_null=True)
    lines = Line(many=True)
    shipments = Shipment(many=True)
    milestones = Milestone(many=True)
    last_event_at = s.DateTimeField(allow_null=True)
    created_at = s.DateTimeField()
    updated_at = s.DateTimeField()


class OrderList(s.Serializer[Any]):
    results = Order(many=True)
    next = s.URLField(allow_null=True, help_text="The next page; null on the last.")


class ShipmentList(s.Serializer[Any]):
    results = ListedShipment(many=True)
    next = s.URLField(allow_null=True, help_text="The next page; null on the last.")


class PositionAnswer(s.Serializer[Any]):
    """`passed_over`: one as new is here already (positions are taken every five seconds). `too_late`: the parcel has
    arrived, or the position is of two hours ago."""

    shipment = s.CharField()
    outcome = s.ChoiceField(choices=["kept", "passed_over", "too_late"])


class PositionLine(s.Serializer[Any]):
    shipment = s.CharField()
    outcome = s.ChoiceField(choices=["kept", "passed_over", "too_late", "unknown", "refused"])
    errors = s.ListField(child=s.DictField())  # type: ignore[assignment]


class PositionsAnswer(s.Serializer[Any]):
    """A line for each, in the same order."""

    results = PositionLine(many=True)


class ProblemError(s.Serializer[Any]):
    field = s.CharField(help_text="Where: lines.0.sku.")
    code = s.CharField()
    detail = s.CharField(help_text="What to do about it.")


class BatchLine(s.Serializer[Any]):
    number = s.CharField()
    outcome = s.ChoiceField(choices=["created", "updated", "unchanged", "refused"])
    status = s.ChoiceField(choices=[200, 201, 422])
    id = s.CharField(allow_null=True)
    page_url = s.URLField(allow_null=True)
    errors = ProblemError(many=True)  # type: ignore[assignment]


class BatchAnswer(s.Serializer[Any]):
    results = BatchLine(many=True)
    created = s.IntegerField()
    updated = s.IntegerField()
    unchanged = s.IntegerField()
    refused = s.IntegerField()


class PlacesAnswer(s.Serializer[Any]):
    created = s.IntegerField()
    updated = s.IntegerField()


class Problem(s.Serializer[Any]):
    """RFC 9457."""

    type = s.URLField(help_text="A page about this kind of problem.")
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField(help_text="What to do.")
    errors = ProblemError(many=True)  # type: ignore[assignment]
