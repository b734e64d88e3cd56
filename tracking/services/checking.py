"""What can be taken of an order: every value cleaned, bounded and exact, or a sentence that says what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from tenants.models import Shop
from tracking.models import Order, OrderLine, Shipment
from tracking.parcels import UNDECIDED
from tracking.search import parcel_key, plain
from tracking.services.incoming import CLEARABLE, LineIn, OrderIn, ShipmentIn
from tracking.services.values import Notes, countries, currencies
from tracking.states import ASSERTABLE, OrderState

TEXTS = (
    "external_id", "customer_name", "address_line", "address_extra", "city", "region", "postal_code",
)  # fmt: skip
MOST_LINES, MOST_SHIPMENTS, MOST_TAGS, MOST_COUPONS = 500, 200, 20, 10
MOST_UNITS, MOST_PARCELS = 1_000_000, 1_000
CANCEL_REASONS = ("shop", "shopper", "payment")
COUNTRY_ALIASES = {"UK": "GB", "EL": "GR"}


@cache
def _most(model: Any, name: str) -> int:
    return int(model._meta.get_field(name).max_length)


def carrier_code(text: str) -> str:
    """How a carrier's code or name is written here: "Correos ES" → correos_es; "auto" where there is none."""
    return re.sub(r"[^a-z0-9]+", "_", plain(text[:80])).strip("_")[:32] or UNDECIDED


def identity(order: OrderIn) -> tuple[str, str]:
    """Channel and number: what makes two orders the same. Raises Refused."""
    notes = Notes()
    number = notes.text("number", order.number, _most(Order, "number")).removeprefix("#").strip()
    channel = notes.text("channel", order.channel, _most(Order, "channel"))
    if not number and not notes.fields:
        notes.add("number", _("An order needs its number."))
    notes.settle()
    return channel or "web", number


def checked(order: OrderIn, *, shop: Shop, known: Order | None, now: datetime) -> OrderIn:
    """`order` as it can be stored; `known` is the order it changes. Raises Refused with all that is wrong."""
    notes = Notes()
    channel, number = identity(order)
    values: dict[str, Any] = {"channel": channel, "number": number}
    for name in TEXTS:
        if (text := getattr(order, name)) is not None:
            values[name] = notes.text(name, text, _most(Order, name))
    for name in ("placed_at", "asserted_at", "cancelled_at"):
        if (moment := getattr(order, name)) is not None:
            values[name] = notes.moment(name, moment, now)
    for name in ("restock_date", "promised_date"):
        if (day := getattr(order, name)) is not None:
            values[name] = notes.day(name, day)
    if order.placed_at is None and known is None:
        notes.add("placed_at", _("Say when the order was placed."))
    values |= _choices(notes, order)
    country = values["country"] = _country(notes, order.country)
    currency = _currency(notes, order, known, shop)
    values["currency"] = currency if order.currency else None
    if order.total is not None:
        values["total"] = notes.money("total", order.total, currency)
    if order.customer_email is not None:
        values["customer_email"] = _email(notes, order.customer_email)
    if order.customer_phone is not None:
        region = country or (known.country if known else "") or shop.country
        values["customer_phone"] = _phone(notes, order.customer_phone, region)
    if order.language is not None:
        values["language"] = spoken(order.language, shop)
    if order.lines is not None:
        values["lines"] = _lines(notes, order.lines, currency)
    values["shipments"] = _shipments(notes, order.shipments, now)
    notes.settle()
    return replace(order, **values)


def checked_shipment(shipment: ShipmentIn, *, now: datetime) -> ShipmentIn:
    """`shipment` as it can be stored. Raises Refused."""
    notes = Notes()
    (taken,) = _shipments(notes, [shipment], now, prefix=())
    notes.settle()
    return taken


def spoken(language: str, shop: Shop) -> str:
    """The shop's language nearest to `language` ("pt_PT" → "pt-br" where the shop speaks that)."""
    offered = shop.languages or [shop.language]
    wanted = str(language)[:20].strip().lower().replace("_", "-")
    if wanted in offered:
        return wanted
    stem = wanted.partition("-")[0]
    return next((code for code in offered if stem and code.partition("-")[0] == stem), shop.language)


def _choices(notes: Notes, order: OrderIn) -> dict[str, Any]:
    """What is one of a few words or numbers."""
    values: dict[str, Any] = {}
    if order.asserted and order.asserted not in ASSERTABLE:
        said = {"states": ", ".join(state for state in OrderState if state in ASSERTABLE)}
        notes.add("asserted", _("An order can be put in one of these states: %(states)s.") % said)
    if order.cancel_reason and order.cancel_reason not in CANCEL_REASONS:
        said = {"reasons": ", ".join(CANCEL_REASONS)}
        notes.add("cancel_reason", _("The reason must be one of these: %(reasons)s.") % said)
    if order.expected_parcels is not None:
        values["expected_parcels"] = notes.whole("expected_parcels", order.expected_parcels, 1, MOST_PARCELS)
    if order.tags is not None:
        values["tags"] = tags = [notes.text("tags", tag, 40) for tag in list(order.tags)[: MOST_TAGS + 1]]
        if len(tags) > MOST_TAGS:
            notes.add("tags", _("No more than %(most)d tags, please.") % {"most": MOST_TAGS})
        values["tags"] = [tag for tag in dict.fromkeys(tags) if tag]
    if order.coupons is not None:
        codes = [notes.text("coupons", code, 40) for code in list(order.coupons)[: MOST_COUPONS + 1]]
        if len(codes) > MOST_COUPONS:
            notes.add("coupons", _("No more than %(most)d coupons, please.") % {"most": MOST_COUPONS})
        values["coupons"] = [code for code in dict.fromkeys(codes) if code]
    if order.wants_marketing is not None and type(order.wants_marketing) is not bool:
        notes.add("wants_marketing", _("This must be true, false or null."))
    if unclear := order.clear - CLEARABLE:
        notes.add("clear", _("These cannot be emptied: %(names)s.") % {"names": ", ".join(sorted(unclear))})
    return values


def _country(notes: Notes, country: str | None) -> str | None:
    if country is None:
        return None
    code = notes.text("country", country, 60).upper()
    code = COUNTRY_ALIASES.get(code, code)
    if code and code not in countries():
        notes.add("country", _("Write the country as its two letters, like ES, FR or BR."))
        return ""
    return code


def _currency(notes: Notes, order: OrderIn, known: Order | None, shop: Shop) -> str:
    code = notes.text("currency", order.currency or "", 10).upper()
    if code and code not in currencies():
        notes.add("currency", _("Write the currency as its three letters, like EUR or BRL."))
    elif code:
        return code
    return known.currency if known else shop.currency


def _email(notes: Notes, email: str) -> str:
    said = notes.text("customer_email", email, _most(Order, "customer_email"))
    try:
        if said:
            validate_email(said)
    except ValidationError:
        notes.add("customer_email", _("This is not an e-mail address: check it for typing errors."))
        return ""
    return said


def _phone(notes: Notes, phone: str, region: str) -> str:
    """E.164. What has no digit at all ("none", "-") is no number, and no mistake."""
    said = notes.text("customer_phone", phone, 60)
    if not any(c.isdigit() for c in said):
        return ""
    try:
        number = phonenumbers.parse(said, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        notes.add(
            "customer_phone",
            _("This is not a phone number: write it with its country's prefix, like +34 600 123 456."),
        )
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _lines(notes: Notes, lines: Sequence[LineIn], currency: str) -> tuple[LineIn, ...]:
    if len(lines) > MOST_LINES:
        notes.add("lines", _("No more than %(most)d lines, please.") % {"most": MOST_LINES})
        return ()
    taken = []
    for position, line in enumerate(lines):
        with notes.within("lines", position):
            taken.append(_line(notes, line, currency))
    return tuple(taken)


def _line(notes: Notes, line: LineIn, currency: str) -> LineIn:
    quantity = notes.whole("quantity", line.quantity, 1, MOST_UNITS)
    title = notes.text("title", line.title, _most(OrderLine, "title"), shorten=True)
    sku = notes.text("sku", line.sku, _most(OrderLine, "sku"))
    if not title and not sku:
        notes.add("title", _("A line needs a title or an article code."))
    return LineIn(
        title=title or sku,
        sku=sku,
        variant=notes.text("variant", line.variant, _most(OrderLine, "variant"), shorten=True),
        quantity=quantity,
        cancelled=notes.whole("cancelled", line.cancelled, 0, quantity),
        unit_price=None if line.unit_price is None else notes.money("unit_price", line.unit_price, currency),
        image_url=notes.url("image_url", line.image_url, _most(OrderLine, "image_url")),
    )


def _shipments(
    notes: Notes, shipments: Sequence[ShipmentIn], now: datetime, *, prefix: tuple[str, ...] = ("shipments",)
) -> tuple[ShipmentIn, ...]:
    if len(shipments) > MOST_SHIPMENTS:
        notes.add("shipments", _("No more than %(most)d parcels, please.") % {"most": MOST_SHIPMENTS})
        return ()
    taken: dict[tuple[str, str], ShipmentIn] = {}
    for position, shipment in enumerate(shipments):
        if prefix:
            with notes.within(*prefix, position):
                parcel = _shipment(notes, shipment, now)
        else:
            parcel = _shipment(notes, shipment, now)
        taken[parcel.carrier, parcel_key(parcel.number)] = parcel  # named twice: the later one holds
    return tuple(taken.values())


def _shipment(notes: Notes, shipment: ShipmentIn, now: datetime) -> ShipmentIn:
    number = notes.text("number", shipment.number, _most(Shipment, "number"))
    if not parcel_key(number) and isinstance(shipment.number, str) and len(shipment.number) <= 64:
        notes.add("number", _("A parcel needs its tracking number, with letters or digits."))
    if shipment.direction not in (None, "outbound", "return"):
        notes.add("direction", _("A parcel is “outbound” or a “return”."))
    lines = shipment.lines
    if lines is not None and len(lines) > MOST_LINES:
        notes.add("lines", _("No more than %(most)d lines, please.") % {"most": MOST_LINES})
    elif lines is not None:
        lines = {
            notes.text("lines", sku, 80): notes.whole("lines", units, 1, MOST_UNITS)
            for sku, units in lines.items()
        }
    at, service = shipment.handed_over_at, shipment.service
    return replace(
        shipment,
        carrier=carrier_code(notes.text("carrier", shipment.carrier, 80)),
        number=number,
        service=None if service is None else notes.text("service", service, _most(Shipment, "service")),
        lines=lines,
        handed_over_at=None if at is None else notes.moment("handed_over_at", at, now),
    )
