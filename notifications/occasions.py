"""What a shop can write about: the states of an order, its parcels' steps, its days, and words between people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from carriers.types import Status, SubStatus
from tracking.states import STATES, OrderState, StateKind

# What there can be a message about; PARTIALLY_SHIPPED is told as SHIPPED.
TELLABLE: tuple[OrderState, ...] = tuple(s for s in OrderState if s is not OrderState.PARTIALLY_SHIPPED)
# Which warehouse has an order is the shop's own business.
INTERNAL = frozenset(state for state in TELLABLE if STATES[state].internal)
PARCEL = "parcel:"  # parcel:failed_attempt, parcel:exception.lost


@dataclass(frozen=True, slots=True)
class Setting:
    """A number that says more exactly when. Bounds are inclusive."""

    default: int
    least: int
    most: int


@dataclass(frozen=True, slots=True)
class Occasion:
    """`follows`: whose switch on the shopper's form decides it as well. `is_place`: where the order is; of several at
    once only one is told, the one of the highest `rank`. `by_clock`: happens because time passes. `fresh`: for how
    long it is news. `needs`: settings of which a rule has exactly one, or all of `settings`."""

    code: str
    group: str  # state, milestone, parcel, day, wait, word
    follows: OrderState
    is_place: bool = True
    rank: int = 0
    by_clock: bool = False
    fresh: timedelta = timedelta(days=3)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    one_of: bool = False  # a rule has one of the settings, not all


_O = OrderState
_DAY = timedelta(days=1)


def _of_state(state: OrderState) -> Occasion:
    if STATES[state].kind is StateKind.MILESTONE:
        return Occasion(state.value, "milestone", state, is_place=False, fresh=30 * _DAY)
    fresh = {_O.OUT_FOR_DELIVERY: timedelta(hours=12), _O.DELIVERED: 7 * _DAY, _O.COMPLETED: 7 * _DAY}
    return Occasion(state.value, "state", state, rank=3, fresh=fresh.get(state, 3 * _DAY))


_STATUS_FOLLOWS = {
    Status.PENDING: _O.SHIPPED,
    Status.INFO_RECEIVED: _O.PREPARING,
    Status.IN_TRANSIT: _O.SHIPPED,
    Status.FAILED_ATTEMPT: _O.OUT_FOR_DELIVERY,
    Status.EXCEPTION: _O.SHIPPED,
    Status.AVAILABLE_FOR_PICKUP: _O.READY_FOR_PICKUP,
    Status.OUT_FOR_DELIVERY: _O.OUT_FOR_DELIVERY,
    Status.DELIVERED: _O.DELIVERED,
    Status.RETURNING: _O.RETURNING,
    Status.RETURNED: _O.RETURNED,
    Status.CANCELLED: _O.CANCELLED,
    Status.EXPIRED: _O.SHIPPED,
}


def _of_parcel(code: str, status: Status) -> Occasion:
    return Occasion(f"{PARCEL}{code}", "parcel", _STATUS_FOLLOWS[status], rank=2)


_OTHERS = (
    Occasion("attempt_failed", "parcel", _O.OUT_FOR_DELIVERY, rank=4, settings={"attempt": Setting(1, 1, 5)}),
    Occasion("number_changed", "parcel", _O.SHIPPED, is_place=False),
    Occasion("eta_set", "day", _O.SHIPPED, rank=0, fresh=_DAY),
    Occasion("eta_moved", "day", _O.SHIPPED, rank=1, fresh=_DAY, settings={"days": Setting(1, 1, 30)}),
    Occasion("eta_missed", "day", _O.SHIPPED, rank=1, by_clock=True, fresh=_DAY),
    Occasion("arrives_tomorrow", "day", _O.OUT_FOR_DELIVERY, rank=2, by_clock=True, fresh=timedelta(hours=12)),
    Occasion("arrives_today", "day", _O.OUT_FOR_DELIVERY, rank=2, by_clock=True, fresh=timedelta(hours=12)),
    Occasion(
        "pickup_waiting", "wait", _O.READY_FOR_PICKUP, rank=2, by_clock=True, fresh=_DAY, one_of=True,
        settings={"after_days": Setting(2, 1, 30), "days_left": Setting(1, 0, 10)},
    ),
    # 0 hours: longer than this carrier usually takes between two scans.
    Occasion("silent", "wait", _O.SHIPPED, rank=1, by_clock=True, fresh=_DAY, settings={"hours": Setting(0, 0, 720)}),
    Occasion("review_time", "wait", _O.COMPLETED, is_place=False, by_clock=True, fresh=7 * _DAY,
             settings={"days": Setting(3, 0, 60)}),
    Occasion("ticket_answered", "word", _O.RECEIVED, is_place=False, fresh=7 * _DAY),
    Occasion("change_accepted", "word", _O.SHIPPED, is_place=False),
    Occasion("change_refused", "word", _O.SHIPPED, is_place=False),
)  # fmt: skip

OCCASIONS: Mapping[str, Occasion] = {
    occasion.code: occasion
    for occasion in (
        *(_of_state(state) for state in TELLABLE),
        *_OTHERS,
        *(_of_parcel(status.value, status) for status in Status),
        *(_of_parcel(sub.value, sub.status) for sub in SubStatus),
    )
}
# Told by a notice of its own, by e-mail, whatever the rules: a rule adds other channels, or takes the e-mail away.
NOTICED = {
    "ticket_answered": "ticket_answered",
    "change_accepted": "change_accepted",
    "change_refused": "change_refused",
}
ANY = "any"  # of a rule that says that nothing goes out
# Whether an order of the holdout is told of it, unless the shop says otherwise: what they would write in about.
ESSENTIAL = frozenset(
    {
        _O.SHIPPED.value, _O.READY_FOR_PICKUP.value, _O.CANCELLED.value, _O.INVOICE_ISSUED.value, "attempt_failed",
        *NOTICED,
    }
)  # fmt: skip
