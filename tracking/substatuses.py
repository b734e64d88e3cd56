"""What each sub-status carries besides its name: delay, loss, who must act, who caused it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from carriers.types import Status, SubStatus


class Party(StrEnum):
    """Somebody who can do something about a shipment."""

    SHOPPER = "shopper"
    SHOP = "shop"


class Cause(StrEnum):
    """Who or what brought it about."""

    CARRIER = "carrier"
    RECIPIENT = "recipient"
    SENDER = "sender"
    CUSTOMS = "customs"
    NATURE = "nature"


NOBODY: frozenset[Party] = frozenset()
SHOPPER = frozenset({Party.SHOPPER})
SHOP = frozenset({Party.SHOP})
BOTH = SHOPPER | SHOP

RANK = {status: rank for rank, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class Detail:
    """One row of the status model.

    `passing`: a place on the way, true only until the next scan, even one we cannot read.
    `generic`: says no more than its status. `physical`: somebody had the parcel in hand.
    `news`: worth telling although the status is the same.
    """

    sub_status: SubStatus
    delayed: bool = False
    clears_delay: bool = False
    terminal: bool = False  # it will not arrive, unless it is found
    needs: frozenset[Party] = NOBODY
    annotates: bool = False  # a note: does not move the shipment
    physical: bool = False
    passing: bool = False
    generic: bool = False
    news: bool = False
    by: Cause | None = None
    status: Status = field(init=False)
    rank: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "status", self.sub_status.status)
        object.__setattr__(self, "rank", RANK[self.status])


_S = SubStatus
_ROWS = (
    Detail(_S.PENDING_REGISTERED, passing=True, generic=True),
    Detail(_S.PENDING_NOT_FOUND, passing=True, generic=True),
    Detail(_S.PENDING_INVALID_NUMBER, needs=SHOP, by=Cause.SENDER),
    Detail(_S.PENDING_NEEDS_DATA, needs=SHOP, by=Cause.SENDER),
    Detail(_S.PENDING_CARRIER_UNKNOWN, needs=SHOP, by=Cause.SENDER),
    Detail(_S.LABEL_CREATED, passing=True, generic=True),
    Detail(_S.NOT_COLLECTED, delayed=True, needs=SHOP, by=Cause.SENDER),
    Detail(_S.PICKUP_SCHEDULED),
    Detail(_S.DATA_UPDATED, annotates=True),
    Detail(_S.PICKED_UP, physical=True, passing=True),
    Detail(_S.IN_TRANSIT, physical=True, passing=True, generic=True),
    Detail(_S.ARRIVED_FACILITY, physical=True, passing=True),
    Detail(_S.IN_SORTING, physical=True, passing=True),
    Detail(_S.DEPARTED_FACILITY, physical=True, passing=True),
    Detail(_S.DEPARTED_COUNTRY, physical=True, passing=True),
    Detail(_S.ARRIVED_COUNTRY, physical=True, passing=True),
    Detail(_S.CUSTOMS_PROCESSING, physical=True, by=Cause.CUSTOMS),
    Detail(_S.CUSTOMS_CLEARED, physical=True, passing=True, by=Cause.CUSTOMS),
    Detail(_S.CUSTOMS_INFO_REQUIRED, delayed=True, needs=BOTH, physical=True, by=Cause.CUSTOMS),
    Detail(_S.HANDED_TO_LAST_MILE, physical=True, passing=True),
    Detail(_S.AT_DELIVERY_DEPOT, physical=True, passing=True),
    Detail(_S.DELIVERY_DATE_SET, annotates=True),
    Detail(_S.DELIVERY_RESCHEDULED, annotates=True),
    Detail(_S.REDIRECTED, annotates=True),
    Detail(_S.ADDRESS_CORRECTED, annotates=True),
    Detail(_S.PROBLEM_RESOLVED, clears_delay=True, physical=True, passing=True),
    Detail(_S.RETURN_CANCELLED, physical=True, passing=True),
    Detail(_S.DELAYED_OPERATIONS, delayed=True, annotates=True, by=Cause.CARRIER),
    Detail(_S.DELAYED_WEATHER, delayed=True, annotates=True, by=Cause.NATURE),
    Detail(_S.DELAYED_CUSTOMS, delayed=True, annotates=True, by=Cause.CUSTOMS),
    Detail(_S.DELAYED_EXTERNAL, delayed=True, annotates=True, by=Cause.NATURE),
    Detail(_S.ON_VEHICLE, physical=True, passing=True, generic=True),
    Detail(_S.APPOINTMENT_SET, physical=True),
    Detail(_S.RECIPIENT_CONTACTED, physical=True),
    Detail(_S.NEXT_STOP, physical=True),
    Detail(_S.PICKUP_POINT, needs=SHOPPER, physical=True, generic=True),
    Detail(_S.PICKUP_LOCKER, needs=SHOPPER, physical=True),
    Detail(_S.PICKUP_DEPOT, needs=SHOPPER, physical=True),
    Detail(_S.PICKUP_STORE, needs=SHOPPER, physical=True),
    Detail(_S.PICKUP_EXPIRING, needs=SHOPPER, physical=True, news=True),
    Detail(_S.FAILED_OTHER, physical=True, generic=True),
    Detail(_S.FAILED_NOT_HOME, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.FAILED_BUSINESS_CLOSED, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.FAILED_ADDRESS, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.FAILED_REFUSED, physical=True, by=Cause.RECIPIENT),
    Detail(_S.FAILED_ACCESS, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.FAILED_PAYMENT, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.FAILED_ID_CHECK, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.FAILED_NO_TIME, physical=True, by=Cause.CARRIER),
    # Carriers report many exceptions from the data alone, before they have the parcel: not physical.
    Detail(_S.EXCEPTION_UNSPECIFIED, generic=True),
    Detail(_S.EXCEPTION_ADDRESS, needs=SHOPPER, by=Cause.RECIPIENT),
    Detail(_S.EXCEPTION_RECIPIENT, needs=SHOPPER, by=Cause.RECIPIENT),
    Detail(_S.EXCEPTION_REFUSED, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.EXCEPTION_HELD, needs=SHOP),
    Detail(_S.EXCEPTION_PAYMENT, needs=SHOPPER, by=Cause.RECIPIENT),
    Detail(_S.EXCEPTION_PICKUP_MISSED, needs=SHOPPER, physical=True, by=Cause.RECIPIENT),
    Detail(_S.EXCEPTION_REJECTED, needs=SHOP, by=Cause.SENDER),
    Detail(_S.EXCEPTION_PROHIBITED, needs=SHOP, by=Cause.SENDER),
    Detail(_S.EXCEPTION_DAMAGED, needs=SHOP, physical=True, by=Cause.CARRIER),
    Detail(_S.EXCEPTION_INVESTIGATION, by=Cause.CARRIER),
    Detail(_S.EXCEPTION_LOST, terminal=True, needs=SHOP, physical=True, news=True, by=Cause.CARRIER),
    Detail(_S.EXCEPTION_DESTROYED, terminal=True, needs=SHOP, physical=True, news=True, by=Cause.CARRIER),
    Detail(_S.EXCEPTION_DISPUTED, needs=SHOP, physical=True, news=True, by=Cause.RECIPIENT),
    Detail(_S.DELIVERED, physical=True, generic=True),
    Detail(_S.DELIVERED_COLLECTED, physical=True),
    Detail(_S.DELIVERED_SIGNED, physical=True),
    Detail(_S.DELIVERED_COD, physical=True),
    Detail(_S.DELIVERED_NEIGHBOUR, physical=True),
    Detail(_S.DELIVERED_SAFE_PLACE, physical=True),
    Detail(_S.DELIVERED_MAILBOX, physical=True),
    Detail(_S.DELIVERED_RECEPTION, physical=True),
    Detail(_S.DELIVERED_CONFIRMED, physical=True),
    Detail(_S.RETURNING, needs=SHOP, physical=True, passing=True, generic=True),
    Detail(_S.RETURNED, needs=SHOP, physical=True, generic=True),
    Detail(_S.CANCELLED_VOIDED, by=Cause.SENDER),
    Detail(_S.CANCELLED_REQUESTED, by=Cause.SENDER),
    Detail(_S.EXPIRED_NO_EVENTS, needs=SHOP),
    Detail(_S.EXPIRED_AGED_OUT, needs=SHOP),
)

UNMAPPED: dict[Status, SubStatus] = {status: SubStatus.unmapped(status) for status in Status}

# An unread code asks nothing of anybody, except where the status itself does.
_STATUS_NEEDS = {
    Status.AVAILABLE_FOR_PICKUP: SHOPPER,
    Status.RETURNING: SHOP,
    Status.RETURNED: SHOP,
    Status.EXPIRED: SHOP,
}

MAPPED: dict[SubStatus, Detail] = {row.sub_status: row for row in _ROWS}

DETAILS: dict[SubStatus, Detail] = MAPPED | {
    sub: Detail(sub, passing=True, generic=True, needs=_STATUS_NEEDS.get(status, NOBODY))
    for status, sub in UNMAPPED.items()
}


def detail(sub_status: SubStatus) -> Detail:
    return DETAILS[sub_status]


def needs_action(sub_status: SubStatus) -> frozenset[Party]:
    """Who must act before the shipment can go on; empty when nobody has to."""
    return DETAILS[sub_status].needs


def caused_by(sub_status: SubStatus) -> Cause | None:
    """None: not known, or nobody's doing."""
    return DETAILS[sub_status].by


def is_terminal(sub_status: SubStatus) -> bool:
    """Lost or destroyed."""
    return DETAILS[sub_status].terminal
