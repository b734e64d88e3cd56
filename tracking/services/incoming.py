"""What a shop tells of an order, as the API, an import or a store hands it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class LineIn:
    """Some units of one article. `cancelled` of `quantity` units are no longer wanted."""

    title: str
    sku: str = ""
    variant: str = ""
    quantity: int = 1
    cancelled: int = 0
    unit_price: Decimal | None = None
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class ShipmentIn:
    """One parcel. Of a parcel known already, None leaves a value as it is."""

    carrier: str  # any code; without an adapter it is kept, and not asked about; "" or "auto": whose it looks to be
    number: str
    direction: str | None = None  # outbound or return
    service: str | None = None
    lines: Mapping[str, int] | None = None  # sku → units; on creation None means the whole order
    handed_over_at: datetime | None = None
    candidates: tuple[str, ...] = ()  # ours to say: tracking.services.naming


@dataclass(frozen=True, slots=True)
class OrderIn:
    """One order, known by `channel` and `number`. `placed_at` and the rest may be left out when it is changed.

    None means "not said": it stays as it is, or takes its default in a new order. "" (or `()` for tags and coupons) means
    "empty it". Numbers and days that are to be emptied are named in `clear`. `shipments` are added or changed;
    those not named stay. `lines` replace all lines.
    """

    number: str
    placed_at: datetime | None = None  # a new order must have one
    channel: str = "web"
    external_id: str | None = None
    currency: str | None = None  # new orders: the shop's
    total: Decimal | None = None
    tags: Sequence[str] | None = None
    coupons: Sequence[str] | None = None  # codes used on it
    wants_marketing: bool | None = None  # what the customer said at the checkout
    customer_name: str | None = None
    customer_email: str | None = None
    customer_phone: str | None = None
    language: str | None = None
    address_line: str | None = None
    address_extra: str | None = None
    city: str | None = None
    region: str | None = None
    postal_code: str | None = None
    country: str | None = None
    asserted: str | None = None  # a state only the shop knows of: preparing
    asserted_at: datetime | None = None
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    expected_parcels: int | None = None
    restock_date: date | None = None
    promised_date: date | None = None
    lines: Sequence[LineIn] | None = None
    shipments: Sequence[ShipmentIn] = ()
    clear: frozenset[str] = frozenset()  # of CLEARABLE


CLEARABLE = frozenset({"total", "expected_parcels", "restock_date", "promised_date", "wants_marketing"})


class Refused(Exception):
    """Input that cannot be taken. `fields` has, for each field, sentences that say what to do about it."""

    def __init__(self, fields: Mapping[str, list[str]]) -> None:
        self.fields = dict(fields)
        super().__init__("; ".join(f"{name}: {' '.join(said)}" for name, said in self.fields.items()))

    @classmethod
    def because(cls, field: str, sentence: str) -> Refused:
        return cls({field: [sentence]})


def not_found(what: str) -> Refused:
    return Refused.because(what, _("There is no such thing here: it may have been removed meanwhile."))
