"""What goes in and comes out, described: for the documentation alone. What is taken is judged by the services."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema_field
from rest_framework import serializers as s

from carriers.types import Status
from tracking.states import ASSERTABLE, OrderState

_STATES = [state.value for state in OrderState if state is not OrderState.INVOICE_ISSUED]
_ASSERTABLE = [state.value for state in OrderState if state in ASSERTABLE]
_STATUSES = [status.value for status in Status]
_REASONS = ["shop", "shopper", "payment"]
# What the choices are called in the description.
ENUMS = {
    "OrderState": _STATES,
    "AssertableState": _ASSERTABLE,
    "ParcelStatus": _STATUSES,
    "CancelReason": _REASONS,
}
_MONEY = "^\\d{1,12}(\\.\\d{1,3})?$"


def words(about: str = "", most: int | None = None, **more: Any) -> s.CharField:
    return s.CharField(help_text=about, max_length=most, **{"required": False, "allow_blank": True, **more})


def moment(about: str = "", **more: Any) -> s.DateTimeField:
    return s.DateTimeField(help_text=about, **{"required": False, **more})


def day(about: str = "", **more: Any) -> s.DateField:
    return s.DateField(help_text=about, **{"required": False, **more})


@extend_schema_field({"type": ["string", "null"], "pattern": _MONEY, "examples": ["49.90"]})
class Money(s.CharField):
    """As text, so that it stays exact."""


@extend_schema_field(
    {"oneOf": [{"type": "string", "pattern": _MONEY}, {"type": "number", "minimum": 0}, {"type": "null"}]}
)
class MoneyIn(s.CharField):
    """Text stays exact; a number is read digit by digit."""


@extend_schema_field({"type": ["object", "null"], "additionalProperties": {"type": "integer", "minimum": 1}})
class Units(s.JSONField):
    """Article code → units."""


# --- What goes in ---


class LineBody(s.Serializer[Any]):
    """Some units of one article. It needs a title or an article code."""

    title = words("What it is called.", 200)
    sku = words("The article code.", 80)
    variant = words("Size, colour.", 120)
    quantity = s.IntegerField(min_value=1, max_value=1_000_000, required=False, default=1)
    cancelled = s.IntegerField(
        min_value=0, max_value=1_000_000, required=False, default=0, help_text="Units no longer wanted."
    )
    unit_price = MoneyIn(required=False, allow_null=True)
    image_url = words("A picture of it, https.", 500)


class ShipmentBody(s.Serializer[Any]):
    """A parcel, known by carrier and number."""

    carrier = s.CharField(
        max_length=80, help_text="A carrier's code: dhl, ups, correos_es, gls_es, laposte, 17track; or any."
    )
    number = s.CharField(max_length=64, help_text="The tracking number.")
    direction = s.ChoiceField(choices=["outbound", "return"], required=False)
    service = words("The carrier's product.", 80)
    lines = Units(required=False, help_text="What it holds: article code → units. Left out: the whole order.")
    handed_over_at = moment("When the shop gave it to the carrier.", allow_null=True)


class OrderPatch(s.Serializer[Any]):
    """What is left out stays as it is; null or "" empties a field."""

    external_id = words("The platform's identifier.", 80)
    placed_at = moment("With its time zone. A new order needs it.", allow_null=True)
    currency = words("ISO 4217; else the shop's.", 3)
    total = MoneyIn(required=False)
    tags = s.ListField(child=s.CharField(max_length=40), required=False, max_length=20)
    customer_name = words(most=160)
    customer_email = words("Where messages go.", 254)
    customer_phone = words("With its country's prefix, or as it is dialled in the order's country.", 60)
    language = words("Of the messages: es, en, pt-br, fr, it, de; else the shop's.", 20)
    address_line = words(most=200)
    address_extra = words(most=200)
    city = words(most=120)
    region = words(most=80)
    postal_code = words(most=16)
    country = words("ISO 3166-1, two letters.", 2)
    asserted = s.ChoiceField(
        choices=_ASSERTABLE, required=False, allow_null=True, help_text="Where the shop says the order is."
    )
    asserted_at = moment("Since when; else now.", allow_null=True)
    cancelled_at = moment("When it was cancelled.", allow_null=True)
    cancel_reason = s.ChoiceField(choices=_REASONS, required=False, allow_null=True)
    expected_parcels = s.IntegerField(min_value=1, max_value=1000, required=False, allow_null=True)
    restock_date = day("When there is stock again.", allow_null=True)
    promised_date = day("The day the shopper was promised.", allow_null=True)
    lines = LineBody(many=True, required=False)
    shipments = ShipmentBody(many=True, required=False)


class OrderBody(OrderPatch):
    number = s.CharField(max_length=64, help_text="As the shop writes it.")
    channel = words("Where it was placed; else web.", 40)


class BatchBody(s.Serializer[Any]):
    orders = OrderBody(many=True, help_text="500 at most.")


class StateBody(s.Serializer[Any]):
    state = s.ChoiceField(choices=_ASSERTABLE)
    occurred_at = moment("Since when; else now.", allow_null=True)


class CancelBody(s.Serializer[Any]):
    reason = s.ChoiceField(choices=_REASONS, required=False, default="shop")


class MilestoneBody(s.Serializer[Any]):
    code = words(
        "invoice_issued, or the code of a milestone of the shop's own.", 32, default="invoice_issued"
    )
    reference = words("The invoice's number.", 80)
    url = words("Where the document is, https.", 500)
    at = moment("When it happened; else now.", allow_null=True)


class EventBody(s.Serializer[Any]):
    status = s.CharField(
        max_length=48,
        help_text=(
            "in_transit, out_for_delivery, available_for_pickup, failed_attempt, exception, delivered, returning, "
            "returned, cancelled, info_received; or a detail of one: delivered.signed."
        ),
    )
    occurred_at = moment("When; else now.", allow_null=True)
    text = words("In the shop's words. The shopper reads it.", 500)
    place = words(most=160)
    country = words("ISO 3166-1, two letters.", 2)


# --- What comes out ---


class Eta(s.Serializer[Any]):
    """When it should arrive: a day or a span of days, and a slot where it is known."""

    first_date = s.DateField()
    last_date = s.DateField()
    slot_from = s.DateTimeField(allow_null=True)
    slot_to = s.DateTimeField(allow_null=True)


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
    status = s.ChoiceField(choices=_STATUSES)
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

    state = s.ChoiceField(choices=_STATES)
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
    state = s.ChoiceField(choices=_STATES)
    state_since = s.DateTimeField()
    health = s.ChoiceField(choices=["on_track", "delayed", "attention"])
    attention = s.CharField(help_text="The sub-status that asks for a person; empty: none.")
    eta = Eta(allow_null=True)
    placed_at = s.DateTimeField()
    currency = s.CharField()
    total = Money(allow_null=True)
    tags = s.ListField(child=s.CharField())
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
    asserted = s.ChoiceField(choices=_ASSERTABLE)
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


class Problem(s.Serializer[Any]):
    """RFC 9457."""

    type = s.URLField(help_text="A page about this kind of problem.")
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField(help_text="What to do.")
    errors = ProblemError(many=True)  # type: ignore[assignment]


# --- Parameters and examples ---


def _query(name: str, about: str, schema: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=about, **more)


CHANNEL = _query("channel", "Where several channels have an order of this number: which one.")
_PAGE = [
    _query("limit", "Rows a page, 50 unless told.", {"type": "integer", "minimum": 1, "maximum": 100}),
    _query("cursor", "Where the page begins: part of `next`."),
]
ORDER_FILTERS = [
    _query("state", "One or several states.", many=True, enum=_STATES),
    _query(
        "updated_since",
        "Changed at this time or later. Ask with a minute's overlap: changes under way count from their beginning.",
        OpenApiTypes.DATETIME,
    ),
    _query("number", "Exactly this number, in whatever channel."),
    _query("channel", "Of this channel."),
    _query(
        "q",
        "As the search box: the beginning of a number, tracking number, e-mail or name, or the end of a phone. The 100 best.",
    ),
    *_PAGE,
]
SHIPMENT_FILTERS = [
    _query("number", "The tracking number, with or without spaces."),
    _query("status", "One or several statuses.", many=True, enum=_STATUSES),
    _query("order", "Of this order, by number or identifier."),
    _query("channel", "The order's, where several channels have its number; else those of all."),
    *_PAGE,
]
ORDER_EXAMPLES = [
    OpenApiExample(
        "An order with its parcel",
        {
            "number": "1042",
            "placed_at": "2026-11-20T18:04:00+01:00",
            "total": "49.90",
            "customer_name": "Marta Ruiz",
            "customer_email": "marta@example.com",
            "customer_phone": "+34 600 123 456",
            "address_line": "Calle del Mar 4",
            "city": "Valencia",
            "postal_code": "46003",
            "country": "ES",
            "promised_date": "2026-11-24",
            "lines": [{"title": "Taza azul", "sku": "TAZ-1", "quantity": 2, "unit_price": "24.95"}],
            "shipments": [{"carrier": "dhl", "number": "00340434161094042557"}],
        },
        request_only=True,
    )
]
SHIPMENT_EXAMPLES = [
    OpenApiExample(
        "Half of the order",
        {"carrier": "gls_es", "number": "61771001234567", "lines": {"TAZ-1": 1}},
        request_only=True,
    )
]
MILESTONE_EXAMPLES = [
    OpenApiExample(
        "An invoice",
        {"reference": "F-2026-118", "url": "https://shop.example/invoices/F-2026-118.pdf"},
        request_only=True,
    )
]
