"""What the API takes: JSON into orders, lines and parcels. What values mean is the services' to judge."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tracking.api.reading import MOST_LISTED, Reader
from tracking.services.incoming import CLEARABLE, LineIn, OrderIn, ShipmentIn

Json = Any
TEXTS = (
    "external_id", "currency", "customer_name", "customer_email", "customer_phone", "language", "address_line",
    "address_extra", "city", "region", "postal_code", "country", "cancel_reason",
)  # fmt: skip


def order_in(said: Json, *, number: str | None = None, channel: str | None = None) -> OrderIn:
    """An order as it came. With `number` and `channel` it is one that is known, to be changed. Raises Refused."""
    reader = Reader.of(said)
    order = _order(reader, number, channel)
    reader.settle()
    return order


def _order(reader: Reader, number: str | None, channel: str | None) -> OrderIn:
    if number is None:
        number, channel = reader.text("number", ""), reader.text("channel", "web") or "web"
    lines, shipments = reader.objects("lines"), reader.objects("shipments")
    clear = frozenset(name for name in CLEARABLE if reader.has(name) and reader.take(name) is None)
    texts = {name: reader.text(name) for name in TEXTS}
    for name in ("currency", "language", "cancel_reason"):  # cannot be empty: then nothing is said of it
        texts[name] = texts[name] or None
    tags, coupons = reader.listed("tags"), reader.listed("coupons")
    return OrderIn(
        number=number,
        channel=channel or "web",
        placed_at=reader.moment("placed_at"),
        total=reader.amount("total"),
        tags=None if tags is None else tuple(tags),
        coupons=None if coupons is None else tuple(coupons),
        wants_marketing=reader.take("wants_marketing"),
        asserted=reader.word("asserted"),
        asserted_at=reader.moment("asserted_at"),
        cancelled_at=reader.moment("cancelled_at"),
        expected_parcels=reader.take("expected_parcels"),
        restock_date=reader.day("restock_date"),
        promised_date=reader.day("promised_date"),
        lines=None if lines is None else tuple(map(_line, lines)),
        shipments=tuple(map(shipment_in, shipments or ())),
        clear=clear,
        **texts,
    )


def _line(reader: Reader) -> LineIn:
    line = LineIn(
        title=reader.text("title", ""),
        sku=reader.text("sku", ""),
        variant=reader.text("variant", ""),
        quantity=1 if (quantity := reader.take("quantity")) is None else quantity,
        cancelled=0 if (cancelled := reader.take("cancelled")) is None else cancelled,
        unit_price=reader.amount("unit_price"),
        image_url=reader.text("image_url", ""),
    )
    reader.check_names()
    return line


def shipment_in(reader: Reader) -> ShipmentIn:
    """Complaints are left with the reader."""
    lines = reader.take("lines")
    if lines is not None and not isinstance(lines, dict):
        reader.complain("lines", _("This must be an object of article codes and units, like {“TAZ-1”: 2}."))
        lines = None
    elif lines is not None and len(lines) > MOST_LISTED:
        reader.complain("lines", _("No more than %(most)d, please.") % {"most": MOST_LISTED})
        lines = None
    shipment = ShipmentIn(
        carrier=reader.text("carrier") or "",
        number=reader.needed_text("number"),
        direction=reader.word("direction"),
        service=reader.text("service"),
        lines=lines,
        handed_over_at=reader.moment("handed_over_at"),
    )
    reader.check_names()
    return shipment
