"""What goes in, described: for the documentation alone. What is taken is judged by the services."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers as s

from tracking.api.words import ASSERTABLE_STATES, MONEY, REASONS


def words(about: str = "", most: int | None = None, **more: Any) -> s.CharField:
    return s.CharField(help_text=about, max_length=most, **{"required": False, "allow_blank": True, **more})


def moment(about: str = "", **more: Any) -> s.DateTimeField:
    return s.DateTimeField(help_text=about, **{"required": False, **more})


def day(about: str = "", **more: Any) -> s.DateField:
    return s.DateField(help_text=about, **{"required": False, **more})


@extend_schema_field(
    {"oneOf": [{"type": "string", "pattern": MONEY}, {"type": "number", "minimum": 0}, {"type": "null"}]}
)
class MoneyIn(s.CharField):
    """Text stays exact; a number is read digit by digit."""


@extend_schema_field({"type": ["object", "null"], "additionalProperties": {"type": "integer", "minimum": 1}})
class Units(s.JSONField):
    """Article code → units."""


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
        max_length=80,
        required=False,
        allow_blank=True,
        help_text="A carrier's code, such as dhl, ups, correos_es; or any other. Left out, it is found out by the number.",
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
    coupons = s.ListField(
        child=s.CharField(max_length=40),
        required=False,
        max_length=10,
        help_text="Codes used on it. Those of the shop's coupons count as redeemed.",
    )
    wants_marketing = s.BooleanField(
        required=False, allow_null=True, help_text="What the customer said at the checkout; null: not asked."
    )
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
        choices=ASSERTABLE_STATES,
        required=False,
        allow_null=True,
        help_text="Where the shop says the order is.",
    )
    asserted_at = moment("Since when; else now.", allow_null=True)
    cancelled_at = moment("When it was cancelled.", allow_null=True)
    cancel_reason = s.ChoiceField(choices=REASONS, required=False, allow_null=True)
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
    state = s.ChoiceField(choices=ASSERTABLE_STATES)
    occurred_at = moment("Since when; else now.", allow_null=True)


class CancelBody(s.Serializer[Any]):
    reason = s.ChoiceField(choices=REASONS, required=False, default="shop")


class MilestoneBody(s.Serializer[Any]):
    code = words(
        "invoice_issued, or the code of a milestone of the shop's own.", 32, default="invoice_issued"
    )
    reference = words("The invoice's number.", 80)
    url = words("Where the document is, https.", 500)
    at = moment("When it happened; else now.", allow_null=True)


class PositionBody(s.Serializer[Any]):
    """Where the courier of a parcel is. Kept to some 100 m, and for a day at most."""

    latitude = s.FloatField(min_value=-90, max_value=90, help_text="Degrees.")
    longitude = s.FloatField(min_value=-180, max_value=180, help_text="Degrees.")
    at = moment("When; else now.", allow_null=True)
    stops_before = s.IntegerField(
        min_value=0,
        max_value=999,
        required=False,
        allow_null=True,
        help_text="Stops before this one; 0: it is next.",
    )
    eta_from = moment("When it should arrive, at the earliest: the page says it at once.", allow_null=True)
    eta_to = moment("At the latest. Given with eta_from, or not at all.", allow_null=True)


class PositionOfBody(PositionBody):
    shipment = s.CharField(help_text="The parcel: shp_12.")


class PositionsBody(s.Serializer[Any]):
    positions = PositionOfBody(many=True, help_text="100 at most.")


class PlaceBody(s.Serializer[Any]):
    """A pickup point or locker, known by carrier and code."""

    carrier = s.CharField(max_length=32, help_text="The carrier's code: seur.")
    code = s.CharField(max_length=40, help_text="The carrier's own, of the place.")
    kind = s.ChoiceField(choices=["point", "locker"], required=False)
    name = s.CharField(max_length=120)
    address = s.CharField(max_length=200)
    postal_code = s.CharField(max_length=16)
    city = s.CharField(max_length=120)
    country = s.CharField(max_length=2, help_text="ISO 3166-1, two letters.")
    hours = words("As people read them: Mo-Fr 9-21, Sa 9-14.", 200)
    latitude = s.FloatField(min_value=-90, max_value=90, required=False, allow_null=True)
    longitude = s.FloatField(min_value=-180, max_value=180, required=False, allow_null=True)


class PlacesBody(s.Serializer[Any]):
    places = PlaceBody(many=True, help_text="1,000 at most.")


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
