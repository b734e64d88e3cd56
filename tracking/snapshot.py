"""One order with everything its page shows, read in one statement however much there is of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from carriers.types import FROM_CODE
from tenants.isolation import shop_context


@dataclass(frozen=True, slots=True)
class Event:
    key: str
    occurred_at: datetime
    sub_status: str  # empty: no meaning known
    text: str  # the carrier's words
    place: str
    source: str
    authority: float = FROM_CODE  # what gave it its meaning: carriers.types
    country: str = ""


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipment, with its events newest first (at most 120)."""

    id: int
    carrier: str
    number: str
    direction: str
    whole_order: bool
    handed_over_at: datetime | None
    status: str
    sub_status: str
    reason: str  # why it comes back, where the carrier says
    status_since: datetime | None
    delayed: bool
    moved_at: datetime | None
    delivered_at: datetime | None
    last_event_at: datetime | None
    eta_first: date | None
    eta_last: date | None
    slot_from: datetime | None
    slot_to: datetime | None
    pickup: Mapping[str, str | None] | None
    options_url: str
    units: Mapping[str, int] | None  # by id of the line; None: not said
    events: tuple[Event, ...]
    signed_by: str = ""
    service: str = ""
    followed_at: datetime | None = None  # when its courier last said where he is, within two hours
    pictured: str = ""  # photo or signature: there is a picture of its delivery
    usual_h: int | None = None  # from one scan to the next, where enough parcels have shown it


@dataclass(frozen=True, slots=True)
class Line:
    id: int
    title: str
    variant: str
    quantity: int
    cancelled: int
    unit_price: Decimal | None
    image_url: str


@dataclass(frozen=True, slots=True)
class State:
    code: str
    labels: Mapping[str, str]
    canonicals: tuple[str, ...]
    kind: str
    position: int
    step: bool
    visible: bool


@dataclass(frozen=True, slots=True)
class Move:
    """A state the order entered."""

    after: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Milestone:
    code: str
    at: datetime
    reference: str
    url: str


@dataclass(frozen=True, slots=True)
class Order:
    id: int
    number: str
    placed_at: datetime
    currency: str
    total: Decimal | None
    customer_name: str
    language: str
    address_line: str
    address_extra: str
    city: str
    region: str
    postal_code: str
    country: str
    cancel_reason: str
    expected_parcels: int | None
    restock_date: date | None
    promised_date: date | None
    state: str
    state_since: datetime
    health: str
    attention: str
    eta_first: date | None
    eta_last: date | None
    slot_from: datetime | None
    slot_to: datetime | None
    last_event_at: datetime | None
    latitude: float | None = None
    longitude: float | None = None
    gift: bool = False  # asked for by the link for whom it is a present


@dataclass(frozen=True, slots=True)
class Look:
    """The brand, without its logo's bytes."""

    colour: str
    background: str
    font: str
    radius: int
    logo_hash: str
    logo_width: int
    logo_height: int
    banner_title: str
    banner_text: str
    banner_code: str
    banner_url: str
    banner_label: str
    links: tuple[Mapping[str, str], ...]
    social: tuple[Mapping[str, str], ...]
    products: tuple[Mapping[str, str], ...] = ()
    products_title: str = ""
    blocks: tuple[str, ...] = ()
    review_url: str = ""
    tile_url: str = ""
    tile_credit: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """The shop's own words: `about` a sub-status, or "state:" and an order state. Empty: ours."""

    about: str
    language: str
    headline: str
    reason: str
    next: str


@dataclass(frozen=True, slots=True)
class Option:
    """A way to change a delivery that the shop offers."""

    id: int
    kind: str
    way: str
    carriers: tuple[str, ...]
    services: tuple[str, ...]
    countries: tuple[str, ...]
    postal_codes: tuple[str, ...]  # what the address's begins with
    stages: tuple[str, ...]
    cutoff_time: time | None
    cutoff_days: int
    price: Decimal
    most_an_order: int
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class Request:
    """A change that was asked for, and what became of it."""

    id: int
    shipment_id: int | None
    kind: str
    way: str
    status: str
    details: Mapping[str, Any]
    price: Decimal
    currency: str
    asked_by: str
    asked_at: datetime
    cutoff_at: datetime | None
    sent_at: datetime | None
    settled_at: datetime | None
    answer: str
    slot_from: datetime | None
    slot_to: datetime | None


@dataclass(frozen=True, slots=True)
class Ticket:
    id: int
    shipment_id: int | None
    reason: str
    status: str
    opened_at: datetime
    last_at: datetime
    last_by: str
    closed_at: datetime | None
    closed_by: str


@dataclass(frozen=True, slots=True)
class Review:
    shop_stars: int | None
    carrier_stars: int | None
    status: str
    written_at: datetime


@dataclass(frozen=True, slots=True)
class Invoice:
    """`made`: its PDF is there."""

    id: int
    kind: str
    number: str
    status: str
    issued_at: datetime | None
    asked_at: datetime
    made: bool


@dataclass(frozen=True, slots=True)
class Snapshot:
    order: Order
    look: Look
    lines: tuple[Line, ...]
    states: tuple[State, ...]
    moves: tuple[Move, ...]
    milestones: tuple[Milestone, ...]
    parcels: tuple[Parcel, ...]
    wordings: tuple[Wording, ...] = ()
    options: tuple[Option, ...] = ()
    requests: tuple[Request, ...] = ()  # newest first
    tickets: tuple[Ticket, ...] = ()  # newest first
    reviews: tuple[Review, ...] = ()
    invoices: tuple[Invoice, ...] = ()
    invoicing: bool = False  # the shop issues invoices through us


@dataclass(frozen=True, slots=True)
class Versions:
    """Of an order and of its shop's look: while both hold, so does a page made from them."""

    order: int
    brand: int


class Told(NamedTuple):
    """`stale`: shipments a carrier was not asked about lately. `snapshot` is None while `known` holds."""

    versions: Versions
    stale: tuple[int, ...]
    snapshot: Snapshot | None


# Made by migration 0005_page, last changed by 0016_tiles; a column more is a migration more.
READ = """
SELECT order_version, brand_version, stale, told
FROM tracking_page(%(shop)s, %(token_hash)s, %(now)s, %(stale_before)s, %(known_order)s, %(known_brand)s)
"""


def read(
    shop_id: int, token_hash: str, *, now: datetime, stale_before: datetime, known: Versions | None = None
) -> Told | None:
    """The order whose page has this key; None where there is none. One statement in the shop's context."""
    asked: dict[str, int | str | datetime | None] = {
        "shop": shop_id,
        "token_hash": token_hash,
        "now": now,
        "stale_before": stale_before,
        "known_order": known.order if known else None,
        "known_brand": known.brand if known else None,
    }
    with shop_context(shop_id), connection.cursor() as cursor:
        cursor.execute(READ, asked)
        row = cursor.fetchone()
    if row is None:
        return None
    order, brand, stale, told = row
    snapshot = _snapshot(json.loads(told, parse_float=Decimal)) if told else None
    return Told(Versions(order, brand), tuple(stale), snapshot)


# The columns that are days; those that are moments end in `_at`, or are named here.
DAYS = frozenset({"eta_first", "eta_last", "restock_date", "promised_date"})
MOMENTS = frozenset({"at", "slot_from", "slot_to", "status_since", "state_since"})


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    for name, value in row.items():
        if value is None:
            continue
        if name in DAYS:
            row[name] = date.fromisoformat(value)
        elif name in MOMENTS or name.endswith("_at"):
            row[name] = datetime.fromisoformat(value)
        elif name == "cutoff_time":
            row[name] = time.fromisoformat(value)
        elif isinstance(value, list) and name != "events":
            row[name] = tuple(value)
    return row


def _many(kind: Any, rows: list[dict[str, Any]] | None) -> tuple[Any, ...]:
    return tuple(kind(**_typed(row)) for row in rows or ())


def _parcel(row: dict[str, Any]) -> Parcel:
    row["events"] = _many(Event, row["events"])
    return Parcel(**_typed(row))


def _snapshot(told: dict[str, Any]) -> Snapshot:
    return Snapshot(
        order=Order(**_typed(told["order"])),
        look=Look(**_typed(told["look"])),
        lines=_many(Line, told["lines"]),
        states=_many(State, told["states"]),
        moves=_many(Move, told["moves"]),
        milestones=_many(Milestone, told["milestones"]),
        parcels=tuple(_parcel(row) for row in told["parcels"] or ()),
        wordings=_many(Wording, told["wordings"]),
        options=_many(Option, told["options"]),
        requests=_many(Request, told["requests"]),
        tickets=_many(Ticket, told["tickets"]),
        reviews=_many(Review, told["reviews"]),
        invoices=_many(Invoice, told["invoices"]),
        invoicing=told["invoicing"],
    )
