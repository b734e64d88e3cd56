"""Files that are known: which of their columns is what, and how they write times and amounts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Preset:
    """`columns`: our field → their column."""

    code: str
    about: str
    columns: Mapping[str, str]
    time_zone: str = ""  # empty: the shop's
    currency: str = ""
    country: str = ""


# One row an order, published by Olist: https://github.com/olist/work-at-olist-data
OLIST = Preset(
    code="olist",
    about="Olist's public orders (Brazil), one row an order",
    columns={
        "number": "order_id",
        "placed_at": "order_purchase_timestamp",
        "status": "order_status",
        "paid_at": "order_approved_at",
        "handed_over_at": "order_delivered_carrier_date",
        "delivered_at": "order_delivered_customer_date",
        "promised_date": "order_estimated_delivery_date",
        "total": "price",
        "expected_parcels": "n_sellers",  # each seller sends a parcel of its own
        "region": "customer_state",
        "postal_code": "customer_zip_code_prefix",
    },
    time_zone="America/Sao_Paulo",
    currency="BRL",
    country="BR",
)
SHOPIFY = Preset(
    code="shopify",
    about="Shopify's export of orders, one row an article",
    columns={
        "number": "Name",
        "placed_at": "Created at",
        "external_id": "Id",
        "status": "Fulfillment Status",
        "paid_at": "Paid at",
        "handed_over_at": "Fulfilled at",
        "cancelled_at": "Cancelled at",
        "total": "Total",
        "currency": "Currency",
        "tags": "Tags",
        "coupons": "Discount Code",
        "wants_marketing": "Accepts Marketing",
        "service": "Shipping Method",
        "customer_name": "Shipping Name",
        "customer_email": "Email",
        "customer_phone": "Shipping Phone",
        "address_line": "Shipping Address1",
        "address_extra": "Shipping Address2",
        "city": "Shipping City",
        "region": "Shipping Province",
        "postal_code": "Shipping Zip",
        "country": "Shipping Country",
        "line_title": "Lineitem name",
        "line_sku": "Lineitem sku",
        "line_quantity": "Lineitem quantity",
        "line_price": "Lineitem price",
    },
)
PRESETS: Mapping[str, Preset] = {preset.code: preset for preset in (OLIST, SHOPIFY)}
