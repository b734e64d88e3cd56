"""Rows into orders: each with what it tells of its parcels, or with the reason why it cannot be taken."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from carriers.types import Event, SubStatus, ZoneSource
from tracking.imports import values
from tracking.imports.cells import MIDNIGHT, NO_YES, Cells, cell
from tracking.imports.columns import LINES
from tracking.imports.files import Record
from tracking.imports.grouping import Refusal, groups
from tracking.imports.meanings import EFFECTS, Effect, meaning_of
from tracking.imports.plan import Plan
from tracking.parcels import UNDECIDED, UNTRACKED
from tracking.services.incoming import LineIn, OrderIn, ShipmentIn
from tracking.states import OrderState

TEXTS = (
    "external_id", "customer_email", "customer_phone", "language", "address_line", "address_extra",
    "city", "region", "postal_code",
)  # fmt: skip
_S = SubStatus


class Told(NamedTuple):
    """What a file tells of one parcel. `undated`: it is so, but nobody wrote since when."""

    carrier: str
    number: str
    events: tuple[Event, ...]
    undated: Event | None


@dataclass(frozen=True, slots=True)
class Reading:
    """One order as the file has it, with its rows. `invoice`: its number, and when it was issued.

    `has_date`: the file says since when the order is where it is; else `asserted_at` and `cancelled_at` are
    the last moment the row names.
    """

    records: tuple[Record, ...]
    order: OrderIn
    parcels: tuple[Told, ...] = ()
    invoice: tuple[str, datetime] | None = None
    has_date: bool = True


def readings(
    columns: Sequence[str], records: Iterable[Record], plan: Plan, *, skip: int = 0
) -> Iterator[Reading | Refusal]:
    """The orders of a file, in its order, but for those of its first `skip` rows.

    Rows that follow each other with the same number, where articles have rows of their own, are one order.
    """
    places = {name: columns.index(column) for name, column in plan.columns.items() if column in columns}
    passed = 0
    for group in groups(records, len(columns), places, plan):
        if passed < skip:
            passed += len(group.records if isinstance(group, Refusal) else group)
        else:
            yield group if isinstance(group, Refusal) else _reading(group, places, plan)


def _reading(records: list[Record], places: Mapping[str, int], plan: Plan) -> Reading | Refusal:
    """What several rows say of their order is taken from the first that says it."""
    texts = {name: next(filter(None, (cell(r, places, name) for r in records)), "") for name in places}
    cells = Cells(plan, texts)
    lines, wrong = _lines(records, places, plan)
    reading = _order(cells, tuple(records), lines, _numbers(records, places, plan))
    wrong = cells.wrong | wrong
    return Refusal(tuple(records), wrong) if wrong else reading


def _order(
    cells: Cells,
    records: tuple[Record, ...],
    lines: tuple[LineIn, ...] | None,
    numbers: Sequence[tuple[str, str]],
) -> Reading:
    plan, text = cells.plan, cells.text
    placed_at = cells.moment("placed_at", MIDNIGHT)
    at = {name: cells.moment(name) for name in ("paid_at", "handed_over_at", "delivered_at", "returned_at")}
    cancelled_at, invoiced_at = cells.moment("cancelled_at"), cells.moment("invoiced_at")
    effect, expected = _effect(cells), cells.whole("expected_parcels")
    last = max((d for d in (placed_at, *at.values(), invoiced_at) if d and d <= plan.now), default=plan.now)
    is_cancelled = bool(cancelled_at or effect.cancel_reason)
    asserted, asserted_at, has_date = _asserted(effect, at, last)
    parcels = _parcels(numbers or _unnumbered(text("number"), expected), at, effect, last)
    texts: dict[str, Any] = {name: text(name) or None for name in TEXTS}
    order = OrderIn(
        number=text("number"),
        placed_at=placed_at,
        channel=text("channel") or plan.channel,
        currency=text("currency") or plan.currency or None,
        total=cells.amount("total"),
        tags=_tags(text("tags")),
        coupons=_tags(text("coupons")),
        wants_marketing=cells.read("wants_marketing", values.yes_or_no, NO_YES),
        customer_name=" ".join(filter(None, (text("customer_name"), text("customer_surname")))) or None,
        country=values.country(text("country")) or plan.country or None,
        asserted=asserted,
        asserted_at=asserted_at,
        cancelled_at=(cancelled_at or last) if is_cancelled else None,
        cancel_reason=(effect.cancel_reason or "shop") if is_cancelled else None,
        expected_parcels=expected,
        restock_date=cells.day("restock_date"),
        promised_date=cells.day("promised_date"),
        lines=lines,
        shipments=tuple(
            ShipmentIn(told.carrier, told.number, None, text("service") or None, None, at["handed_over_at"])
            for told in parcels
        ),
        **texts,
    )
    invoice = None
    if effect.invoiced or invoiced_at or text("invoice"):
        invoice = text("invoice"), invoiced_at or at["paid_at"] or last
    return Reading(records, order, parcels, invoice, bool(cancelled_at) if is_cancelled else has_date)


def _effect(cells: Cells) -> Effect:
    word = cells.text("status")
    if not word:
        return Effect()
    meaning = meaning_of(word, cells.plan.statuses)
    if meaning is None:
        sentence = _("Nobody has said what the state “%(text)s” means: choose it with the columns.")
        cells.wrong["status"] = [sentence % {"text": word[:60]}]
        return Effect()
    return EFFECTS[meaning]


def _asserted(
    effect: Effect, at: Mapping[str, datetime | None], last: datetime
) -> tuple[str | None, datetime | None, bool]:
    """What the shop says of it, since when, and whether the file names that date."""
    paid_at, handed_over_at = at["paid_at"], at["handed_over_at"]
    if effect.asserted is OrderState.SHIPPED:
        return effect.asserted.value, handed_over_at or last, handed_over_at is not None
    if effect.asserted is not None:
        is_paid = effect.asserted is OrderState.TO_PREPARE and paid_at is not None
        return effect.asserted.value, paid_at or last, is_paid
    if paid_at:  # an order that is paid waits to be prepared
        return OrderState.TO_PREPARE.value, paid_at, True
    return None, None, True


def _numbers(records: Sequence[Record], places: Mapping[str, int], plan: Plan) -> list[tuple[str, str]]:
    """Carrier and tracking number of every parcel the rows name."""
    found: dict[tuple[str, str], None] = {}
    for record in records:
        carrier = cell(record, places, "carrier") or plan.carrier or UNDECIDED
        for number in re.split("[,;|]", cell(record, places, "tracking_number")):
            if number.strip():
                found[carrier, number.strip()] = None
    return list(found)


def _unnumbered(order_number: str, expected: int | None) -> list[tuple[str, str]]:
    """Parcels without a tracking number go by the order's own."""
    count = min(expected or 1, 1000)
    names = [order_number] if count == 1 else [f"{order_number}-{n}" for n in range(1, count + 1)]
    return [(UNTRACKED, name[-64:]) for name in names]


def _parcels(
    numbers: Sequence[tuple[str, str]], at: Mapping[str, datetime | None], effect: Effect, last: datetime
) -> tuple[Told, ...]:
    """The parcels, with what is told of them. Of one without a tracking number nobody can be asked: it is
    there because the shop's own dates speak of it."""
    events, undated = _events(at, effect, last)
    says_nothing = not events and undated is None and at["handed_over_at"] is None
    return tuple(
        Told(carrier, number, events, undated)
        for carrier, number in numbers
        if carrier != UNTRACKED or not says_nothing
    )


def _events(
    at: Mapping[str, datetime | None], effect: Effect, last: datetime
) -> tuple[tuple[Event, ...], Event | None]:
    """The dates as events of the shop's own, in the order in which such things happen.

    Real files have parcels delivered before they were handed over, by somebody's clock or somebody's haste.
    What the shop says by hand counts, so a step that comes after a later one is not said again: the
    hand-over stays on the parcel, and the parcel stays delivered.
    """
    handed_over, delivered, returned = at["handed_over_at"], at["delivered_at"], at["returned_at"]
    steps: list[Event] = []
    if handed_over and not any(later and later <= handed_over for later in (delivered, returned)):
        steps.append(_event(handed_over, _S.PICKED_UP))
    if delivered and not (returned and returned <= delivered):
        steps.append(_event(delivered, _S.DELIVERED))
    if returned:
        steps.append(_event(returned, _S.RETURNED))
    known = {step.sub_status for step in steps}
    over = bool(delivered or returned)
    says_more = effect.parcel is not None and effect.parcel not in known
    is_later = effect.parcel in (_S.RETURNED, _S.RETURNING) or not over
    undated = _event(last, effect.parcel) if says_more and is_later else None
    return tuple(steps), undated


def _event(at: datetime, sub_status: SubStatus | None) -> Event:
    return Event(at, sub_status, source="shop", zone_source=ZoneSource.SHOP)


def _tags(text: str) -> tuple[str, ...] | None:
    tags = [tag.strip() for tag in text.replace("|", ",").replace(";", ",").split(",")]
    return tuple(tag for tag in tags if tag) or None


def _lines(
    records: Sequence[Record], places: Mapping[str, int], plan: Plan
) -> tuple[tuple[LineIn, ...] | None, dict[str, list[str]]]:
    """None: the file has no articles for this order."""
    wrong: dict[str, list[str]] = {}
    lines = []
    for record in records if plan.has_lines else ():
        cells = Cells(plan, {name: cell(record, places, name) for name in LINES})
        if not cells.text("line_title") and not cells.text("line_sku"):
            continue
        quantity, price = cells.whole("line_quantity"), cells.amount("line_price")
        lines.append(
            LineIn(
                cells.text("line_title"),
                cells.text("line_sku"),
                cells.text("line_variant"),
                1 if quantity is None else quantity,
                unit_price=price,
            )
        )
        wrong |= cells.wrong
    return tuple(lines) or None, wrong
