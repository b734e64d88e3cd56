"""What may stand in an address, described; and examples that can be copied."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter

from tracking.api.words import ORDER_STATES, STATUSES


def _query(name: str, about: str, schema: Any = OpenApiTypes.STR, **more: Any) -> OpenApiParameter:
    return OpenApiParameter(name, schema, OpenApiParameter.QUERY, description=about, **more)


CHANNEL = _query("channel", "Where several channels have an order of this number: which one.")
_PAGE = [
    _query("limit", "Rows a page, 50 unless told.", {"type": "integer", "minimum": 1, "maximum": 100}),
    _query("cursor", "Where the page begins: part of `next`."),
]
ORDER_FILTERS = [
    _query("state", "One or several states.", many=True, enum=ORDER_STATES),
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
    _query("status", "One or several statuses.", many=True, enum=STATUSES),
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
