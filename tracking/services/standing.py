"""Where an order stands, from its row and its parcels' rows: everything of it that is worked out. No query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from carriers.types import Eta, Status, SubStatus
from tracking.eta import Arrival, arrival
from tracking.parcels import Counts, Parcel
from tracking.states import OVER, OrderState, OrderView, Override, Until, conclude, order_view

CONCLUDED_AFTER_DAYS = 14
_COUNTS = tuple(Counts.__slots__)
# Calling an enum for its member costs ten times as much.
_STATUSES = {str(status): status for status in Status}
_NOBODY_KNOWS = Arrival()
Units = Mapping[int, Mapping[str, int]]  # shipment → order line → quantity


class OrderFacts(NamedTuple):
    """What the shop says of an order, and where it stood."""

    id: int
    zone: str  # the shop's
    token_hash: str
    quiet_before: datetime
    episode: int
    asserted: str
    asserted_at: datetime
    cancelled_at: datetime | None
    expected_parcels: int | None
    promised_date: date | None
    override_state: str
    override_until: str
    override_date: date | None
    override_at: datetime | None
    version: int
    standing: Standing | None  # None: a new order


class ParcelFacts(NamedTuple):
    """One of its shipments."""

    id: int
    direction: str
    whole_order: bool
    status: str
    sub_status: str
    status_since: datetime | None
    delayed: bool
    moved_at: datetime | None
    handed_over_at: datetime | None
    delivered_at: datetime | None
    last_event_at: datetime | None
    flags: Sequence[str]
    eta_first: date | None
    eta_last: date | None
    slot_from: datetime | None
    slot_to: datetime | None

    @property
    def left_at(self) -> datetime | None:
        """When it left the shop: scanned, or handed over as the shop says."""
        if self.moved_at and self.handed_over_at:
            return min(self.moved_at, self.handed_over_at)
        return self.moved_at or self.handed_over_at

    @property
    def eta(self) -> Eta | None:
        if self.eta_first is None or self.eta_last is None:
            return None
        return Eta(self.eta_first, self.eta_last, self.slot_from, self.slot_to)

    @property
    def is_live(self) -> bool:
        """On its way to the shopper, or there."""
        return self.direction == "outbound" and self.status != Status.CANCELLED


class Standing(NamedTuple):
    """The columns of an order that are worked out."""

    state: str
    state_since: datetime
    health: str
    attention: str
    counts: dict[str, Any]
    eta_first: date | None
    eta_last: date | None
    slot_from: datetime | None
    slot_to: datetime | None
    last_event_at: datetime | None


def stand(
    order: OrderFacts,
    parcels: Sequence[ParcelFacts],
    *,
    wanted: Mapping[str, int],
    units: Units,
    heard: bool,
    now: datetime,
) -> Standing:
    """Work out where the order stands. Depends on the rows and `now` alone, not on how they came about.

    `wanted` and `units` may be empty where no parcel says what it holds. `heard`: a carrier has just said
    something, which ends an override until the next event.
    """
    zone = ZoneInfo(order.zone)
    today = now.astimezone(zone).date()
    promise = Eta(order.promised_date, order.promised_date) if order.promised_date else None
    live = [parcel for parcel in parcels if parcel.is_live]
    arrivals = [_arrival(p, promise, now=now, zone=zone) for p in live]
    late = promise is not None and promise.last_date < today
    view, counts = _seen(order, live, arrivals, wanted=wanted, units=units, late=late)
    if not live and view.state not in OVER:
        arrivals = [arrival(Status.PENDING, now=now, zone=zone, promise=promise)]
    delivered_at = max((p.delivered_at for p in live if p.delivered_at), default=None)
    state = conclude(view.state, delivered_at=delivered_at, now=now, after_days=CONCLUDED_AFTER_DAYS)
    since = _since(state, order, live)
    override = override_of(order, today=today, heard=heard)
    if override:
        state, since = override.state, override.set_at
    eta = min((a.eta for a in arrivals if a.eta), key=_soonness, default=None)
    return Standing(
        state=state.value,
        state_since=since,
        health=view.health.value,
        attention=view.attention.value if view.attention else "",
        counts=counts,
        eta_first=eta.first_date if eta else None,
        eta_last=eta.last_date if eta else None,
        slot_from=eta.slot_from if eta else None,
        slot_to=eta.slot_to if eta else None,
        last_event_at=max((p.last_event_at for p in parcels if p.last_event_at), default=None),
    )


def override_of(order: OrderFacts, *, today: date, heard: bool) -> Override | None:
    """The shop's override, while it holds. `today` in the shop's zone."""
    if not order.override_state or order.override_at is None:
        return None
    until = Until(order.override_until)
    override = Override(OrderState(order.override_state), until, order.override_at, order.override_date)
    if heard and until is Until.NEXT_EVENT:
        return None
    return override if override.is_in_force(today=today, last_heard_at=None) else None


def today_of(order: OrderFacts, now: datetime) -> date:
    return now.astimezone(ZoneInfo(order.zone)).date()


def _arrival(row: ParcelFacts, promise: Eta | None, *, now: datetime, zone: ZoneInfo) -> Arrival:
    eta = row.eta
    if eta is None and promise is None:
        return _NOBODY_KNOWS
    status = _STATUSES[row.status]
    return arrival(status, now=now, zone=zone, carrier=eta, promise=promise, delivered_at=row.delivered_at)


Said = tuple[str, bool, int, bool]  # what the shop asserts, cancelled, expected parcels, late
Seen = tuple[str, str, bool, bool, bool, tuple[str, ...]]  # of a parcel, as `Parcel` has it, without contents


def _seen(
    order: OrderFacts,
    live: Sequence[ParcelFacts],
    arrivals: Sequence[Arrival],
    *,
    wanted: Mapping[str, int],
    units: Units,
    late: bool,
) -> tuple[OrderView, dict[str, Any]]:
    """The state, and its counts as they are kept."""
    said = (order.asserted, order.cancelled_at is not None, order.expected_parcels or 0, late)
    parcels = tuple([
        (p.status, p.sub_status, p.left_at is not None, p.delayed, a.is_late, tuple(p.flags))
        for p, a in zip(live, arrivals, strict=True)
    ])  # fmt: skip
    if all(p.whole_order for p in live):
        return _seen_whole(said, parcels)
    # A parcel said to hold the whole order may be one of several that are: its contents are not known.
    contents = [None if p.whole_order else units.get(p.id, {}) for p in live]
    return _view(said, parcels, wanted, contents)


@lru_cache(maxsize=4096)  # few orders differ, where nobody says what is in which parcel
def _seen_whole(said: Said, parcels: tuple[Seen, ...]) -> tuple[OrderView, dict[str, Any]]:
    return _view(said, parcels, {}, [None] * len(parcels))


def _view(
    said: Said,
    parcels: Sequence[Seen],
    wanted: Mapping[str, int],
    contents: Sequence[Mapping[str, int] | None],
) -> tuple[OrderView, dict[str, Any]]:
    asserted, cancelled, expected, late = said
    view = order_view(
        wanted=wanted,
        parcels=[
            Parcel(Status(status), SubStatus(sub), moved, held, True, delayed, behind, flags)
            for (status, sub, moved, delayed, behind, flags), held in zip(parcels, contents, strict=True)
        ],
        asserted=OrderState(asserted),
        cancelled=cancelled,
        expected_parcels=expected,
        late=late,
    )
    counts: dict[str, Any] = _as_json(view.parcels)
    if view.units is not view.parcels:
        counts["units"] = _as_json(view.units)
    return view, counts


def _soonness(eta: Eta) -> tuple[date, date, datetime]:
    """What comes to the door next comes first."""
    return eta.last_date, eta.first_date, eta.slot_from or _LATEST


_LATEST = datetime.max.replace(tzinfo=UTC)


def _since(state: OrderState, order: OrderFacts, live: Sequence[ParcelFacts]) -> datetime:
    """Since when it is so, by the carriers' clocks; the shop's where it is the shop's word."""
    first, last = min, max
    match state:
        case OrderState.CANCELLED:
            return order.cancelled_at or order.asserted_at
        case OrderState.PARTIALLY_SHIPPED:
            found = [first(p.left_at for p in live if p.left_at)]
        case OrderState.SHIPPED:
            found = [p.left_at for p in live if p.left_at]
        case OrderState.OUT_FOR_DELIVERY:
            found = [first(_entered(p) for p in live if p.status == Status.OUT_FOR_DELIVERY)]
        case OrderState.READY_FOR_PICKUP:
            found = [_entered(p) for p in live if p.status == Status.AVAILABLE_FOR_PICKUP]
        case OrderState.PARTIALLY_DELIVERED:
            found = [first(_entered(p) for p in live if p.status == Status.DELIVERED)]
        case OrderState.DELIVERED:
            found = [_entered(p) for p in live if p.status == Status.DELIVERED]
        case OrderState.COMPLETED:
            delivered_at = last(p.delivered_at for p in live if p.delivered_at)
            return delivered_at + timedelta(days=CONCLUDED_AFTER_DAYS)
        case OrderState.DELIVERED_INCOMPLETE | OrderState.RETURNING | OrderState.RETURNED:
            found = [_entered(p) for p in live if p.status != Status.PENDING]
        case _:
            found = []
    return last(found, default=order.asserted_at)


def _entered(parcel: ParcelFacts) -> datetime:
    """No parcel gets anywhere without an event or a hand-over."""
    return parcel.status_since or parcel.left_at or _LATEST


def _as_json(counts: Counts) -> dict[str, int]:
    return {name: getattr(counts, name) for name in _COUNTS}
