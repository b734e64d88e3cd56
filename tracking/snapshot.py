"""One order with everything its page shows, read in one statement however much there is of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from tenants.isolation import shop_context

MOST_EVENTS = 120  # of one parcel, the newest
MOST_PARCELS = 60
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Event:
    key: str
    occurred_at: datetime
    sub_status: str  # empty: no meaning known
    text: str  # the carrier's words
    place: str
    source: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipment, with its events newest first."""

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


@dataclass(frozen=True, slots=True)
class Snapshot:
    order: Order
    look: Look
    lines: tuple[Line, ...]
    states: tuple[State, ...]
    moves: tuple[Move, ...]
    milestones: tuple[Milestone, ...]
    parcels: tuple[Parcel, ...]


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


def _columns(kind: Any, *but: str) -> str:
    return ", ".join(name for name in kind.__dataclass_fields__ if name not in but)


LOOK = _columns(Look)
READ = f"""
SELECT o.version, b.version,
  ARRAY(
    SELECT l.shipment_id FROM tracking_shipment p
    JOIN tracking_poll l ON l.shop_id = p.shop_id AND l.shipment_id = p.id
    WHERE p.shop_id = o.shop_id AND p.order_id = o.id AND l.next_at > %(now)s
      AND (l.asked_at IS NULL OR l.asked_at < %(stale_before)s) LIMIT 5),
  CASE WHEN o.version = %(known_order)s AND b.version = %(known_brand)s THEN NULL ELSE json_build_object(
    'order', (SELECT to_json(x) FROM (SELECT {", ".join(f"o.{c}" for c in Order.__dataclass_fields__)}) x),
    'look', (SELECT to_json(x) FROM (SELECT {", ".join(f"b.{c}" for c in Look.__dataclass_fields__)}) x),
    'lines', (SELECT json_agg(x) FROM (
      SELECT {_columns(Line)} FROM tracking_orderline
      WHERE shop_id = o.shop_id AND order_id = o.id ORDER BY position LIMIT {MOST_LINES}) x),
    'states', (SELECT json_agg(x) FROM (
      SELECT {_columns(State)} FROM tracking_shopstate
      WHERE shop_id = o.shop_id ORDER BY position, id) x),
    'moves', (SELECT json_agg(x) FROM (
      SELECT {_columns(Move)} FROM tracking_transition
      WHERE shop_id = o.shop_id AND order_id = o.id AND kind = 'order'
      ORDER BY occurred_at DESC, id DESC LIMIT 60) x),
    'milestones', (SELECT json_agg(x) FROM (
      SELECT {_columns(Milestone)} FROM tracking_milestone
      WHERE shop_id = o.shop_id AND order_id = o.id ORDER BY at DESC LIMIT 20) x),
    'parcels', (SELECT json_agg(x) FROM (
      SELECT {_columns(Parcel, "units", "events")},
        (SELECT json_object_agg(line_id, quantity) FROM tracking_shipmentline
          WHERE shop_id = p.shop_id AND shipment_id = p.id) AS units,
        (SELECT json_agg(y) FROM (
          SELECT {_columns(Event)} FROM tracking_trackingevent
          WHERE shop_id = p.shop_id AND shipment_id = p.id
          ORDER BY occurred_at DESC, id DESC LIMIT {MOST_EVENTS}) y) AS events
      FROM tracking_shipment p WHERE p.shop_id = o.shop_id AND p.order_id = o.id AND p.status <> 'cancelled'
      ORDER BY p.direction, p.id LIMIT {MOST_PARCELS}) x)
  )::text END
FROM tracking_order o
JOIN (SELECT shop_id, version, {LOOK} FROM tenants_brand WHERE shop_id = %(shop)s) b ON b.shop_id = o.shop_id
WHERE o.shop_id = %(shop)s AND o.token_hash = %(token_hash)s
"""  # noqa: S608  column names of our own


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
    )
