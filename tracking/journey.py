"""The way an order has come: the steps of its progress bar, and its timeline by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from carriers.types import FROM_CODE, FROM_WORDS, Status, SubStatus
from tracking import labels
from tracking.calm import calm
from tracking.position import NOT_YET
from tracking.presets import shop_state_for
from tracking.proof import Field, Trust, shows
from tracking.snapshot import Event, Move, Parcel, Snapshot, State
from tracking.states import STATES, OrderState, StateKind
from tracking.substatuses import DETAILS
from tracking.when import Clock

BESIDE_THE_BAR = frozenset({OrderState.CANCELLED, OrderState.RETURNING, OrderState.RETURNED})
# Scans whose words name places; those of deliveries and attempts may name a person.
ON_THE_WAY = NOT_YET | {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY}


@dataclass(frozen=True, slots=True)
class Step:
    """`stage`: done, now or todo. `when`: under the label; may be empty."""

    label: str
    stage: str
    when: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline. `where`: the place, and who said so where it was not the carrier. `words`:
    verbatim; empty where they may not be shown, or add nothing."""

    at: datetime
    hour: str
    label: str
    where: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    heading: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Tongue:
    """What the page is written in, and what the shop writes when it has no words in that."""

    language: str
    shop_language: str


# --- Steps ---


def steps(snapshot: Snapshot, clock: Clock, tongue: Tongue) -> list[Step]:
    """The shop's own steps, each done, current or to come; none for what is beside the bar."""
    state = OrderState(snapshot.order.state)
    if state in BESIDE_THE_BAR:
        return []
    places = [s for s in snapshot.states if s.kind != StateKind.MILESTONE]
    current = shop_state_for(state, places)
    bar = [s for s in places if s.visible and (s.step or s is current)]
    reached = sum(s.position <= current.position for s in bar) if current else 0
    entered = _entered(snapshot, places)
    return [
        Step(
            label=labels.own_label(step.labels, tongue.language, tongue.shop_language),
            stage=_stage(index, reached, len(bar)),
            when=_when(entered.get(step.code), clock, exact=index == reached) if index <= reached else "",
        )
        for index, step in enumerate(bar, start=1)
    ]


def _stage(index: int, reached: int, last: int) -> str:
    """The last step, once reached, is done: nothing more is to come."""
    if index < reached or index == reached == last:
        return "done"
    return "now" if index == reached else "todo"


def _when(at: datetime | None, clock: Clock, *, exact: bool) -> str:
    if at is None:
        return ""
    day = clock.date_of(at)
    said = clock.short_day(day)
    if exact and day == clock.today:
        return pgettext("under a step: today 8:12", "%(day)s %(hour)s") % {
            "day": said,
            "hour": clock.hour(at),
        }
    return said


def _entered(snapshot: Snapshot, places: Sequence[State]) -> dict[str, datetime]:
    """When each shop state was first entered; where nobody wrote it down, what the order itself tells."""
    known: dict[str, datetime] = {}
    for move in snapshot.moves:  # newest first, so that the earliest is what remains
        state = shop_state_for(OrderState(move.after), places)
        if state:
            known[state.code] = move.occurred_at
    left = [
        at
        for p in snapshot.parcels
        for at in (p.moved_at, p.handed_over_at)
        if at and p.direction == "outbound"
    ]
    delivered = [p.delivered_at for p in snapshot.parcels if p.delivered_at and p.direction == "outbound"]
    fallbacks = {
        OrderState.RECEIVED: snapshot.order.placed_at,
        OrderState.SHIPPED: min(left, default=None),
        OrderState.DELIVERED: max(delivered, default=None),
    }
    for canonical, at in fallbacks.items():
        state = shop_state_for(canonical, places)
        if state and at:
            known.setdefault(state.code, at)
    return known


# --- Timeline ---


def by_day(entries: Iterable[Entry], clock: Clock) -> tuple[Day, ...]:
    """Newest first."""
    newest_first = sorted(entries, key=lambda entry: entry.at, reverse=True)
    return tuple(
        Day(clock.heading(day), tuple(group))
        for day, group in groupby(newest_first, key=lambda entry: clock.date_of(entry.at))
    )


def cut(days: Iterable[Day], most: int) -> tuple[tuple[Day, ...], tuple[Day, ...]]:
    """The first `most` entries of a timeline, and the rest; a day may be in both."""
    newest: list[Day] = []
    older: list[Day] = []
    for day in days:
        here = max(0, most)
        newest += [Day(day.heading, day.entries[:here])] if here else []
        older += [Day(day.heading, day.entries[here:])] if day.entries[here:] else []
        most -= len(day.entries)
    return tuple(newest), tuple(older)


def of_parcel(parcel: Parcel, clock: Clock, trust: Trust, *, faded: bool) -> list[Entry]:
    """What was said of a parcel, each scan once, newest first."""
    if not shows(Field.TIMELINE, trust, faded=faded):
        return []
    best: dict[str, Event] = {}
    for event in parcel.events:
        twin = best.get(event.key)
        if twin is None or _telling(event) > _telling(twin):
            best[event.key] = event
    ordered = sorted(best.values(), key=lambda e: (e.occurred_at, _telling(e)[1:]), reverse=True)
    return [_entry(event, clock, trust, faded) for event in ordered]


def _telling(event: Event) -> tuple[float, int, bool]:
    """As the fold judges it (tracking.machine)."""
    if not event.sub_status:
        return (event.authority if event.authority > FROM_CODE else FROM_WORDS - 1, -1, False)
    row = DETAILS[SubStatus(event.sub_status)]
    return (event.authority, row.rank, not row.generic)


def _entry(event: Event, clock: Clock, trust: Trust, faded: bool) -> Entry:
    words = event.text if shows(_field_of(event), trust, faded=faded) else ""
    known = bool(event.sub_status) and not SubStatus(event.sub_status).is_unmapped
    label = labels.status_label(event.sub_status) if known or not words else words
    return Entry(
        at=event.occurred_at,
        hour=clock.hour(event.occurred_at),
        label=label,
        where=" · ".join(part for part in (calm(event.place), _teller(event.source)) if part),
        words=words if words != label else "",
    )


def _field_of(event: Event) -> Field:
    on_the_way = bool(event.sub_status) and SubStatus(event.sub_status).status in ON_THE_WAY
    return Field.CARRIER_WORDS if on_the_way else Field.CARRIER_WORDS_ON_PEOPLE


def _teller(source: str) -> str:
    if source in ("shop", "agent"):
        return _("noted by the shop")
    return _("said by you") if source == "shopper" else ""


def of_order(snapshot: Snapshot, clock: Clock, tongue: Tongue) -> list[Entry]:
    """What the shop itself did, from the order to the carrier, and its milestones."""
    entries = [_own(snapshot.order.placed_at, _("Order placed"), clock)]
    for move in snapshot.moves:
        label = _move_label(move, snapshot.states, tongue)
        if label:
            entries.append(_own(move.occurred_at, label, clock))
    entries += [
        _own(milestone.at, labels.state_label(milestone.code), clock)
        for milestone in snapshot.milestones
        if milestone.code in labels.MILESTONES
    ]
    return entries


def _own(at: datetime, label: str, clock: Clock) -> Entry:
    return Entry(at=at, hour=clock.hour(at), label=label)


def _move_label(move: Move, states: Sequence[State], tongue: Tongue) -> str:
    """Empty for what is the shop's own business, and for what the parcels' scans already tell."""
    canonical = OrderState(move.after)
    facts = STATES[canonical]
    if canonical is OrderState.RECEIVED or facts.kind in (StateKind.DERIVED, StateKind.TIME):
        return ""
    own = next((s for s in states if move.after in s.canonicals), None)
    if own is None:
        return "" if facts.internal else labels.state_label(canonical)
    return labels.own_label(own.labels, tongue.language, tongue.shop_language) if own.visible else ""
