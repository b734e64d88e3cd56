"""What a page says first, of an order and of a parcel: the headline, why it is so, what comes next, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carriers.types import Status, SubStatus
from tracking import deeds, explanations, headlines
from tracking.deeds import Deed
from tracking.headlines import Facts
from tracking.journey import Tongue
from tracking.own_words import STATE, own_words
from tracking.position import NOT_YET
from tracking.situation import facts_of_parcel, live
from tracking.snapshot import Order, Parcel, Wording
from tracking.states import OrderState
from tracking.when import Clock

DELAYS = frozenset(
    {
        SubStatus.DELAYED_OPERATIONS,
        SubStatus.DELAYED_WEATHER,
        SubStatus.DELAYED_CUSTOMS,
        SubStatus.DELAYED_EXTERNAL,
    }
)
# Of an order whose parcel nobody has scanned, these say more than that it is being prepared.
TELLING = frozenset(
    {
        SubStatus.LABEL_CREATED,
        SubStatus.PICKUP_SCHEDULED,
        SubStatus.PENDING_INVALID_NUMBER,
        SubStatus.PENDING_NEEDS_DATA,
    }
)
OF_THE_ORDER = frozenset({OrderState.CANCELLED, OrderState.COMPLETED, OrderState.RETURNED})


@dataclass(frozen=True, slots=True)
class Told:
    headline: str
    reason: str
    next: str
    deed: Deed

    @property
    def explained(self) -> str:
        """Without what the headline has said already."""
        said = (self.reason, self.next)
        return " ".join(s for s in said if s and s.rstrip(".") != self.headline)


def of_order(
    order: Order, parcels: Sequence[Parcel], facts: Facts, rows: Sequence[Wording], tongue: Tongue
) -> Told:
    """In the active language. An only parcel tells it, where it says more than the order's state does."""
    mine = live(parcels)
    ours = headlines.headline(facts)
    if len(mine) == 1 and _told_by_parcel(order.state, mine[0]):
        own = own_words(rows, mine[0].sub_status, tongue)
        if own is None and not headlines.trouble_headline(mine[0].sub_status):
            own = own_words(rows, STATE + order.state, tongue)
        return _told(mine[0], facts, ours, own)
    said = explanations.of_state(order.state, order.cancel_reason)
    told = Told(ours, str(said.reason), str(said.next), deeds.of_state(order.state, order.cancel_reason))
    return _in_own_words(told, own_words(rows, STATE + order.state, tongue))


def of_parcel(parcel: Parcel, clock: Clock, rows: Sequence[Wording], tongue: Tongue) -> Told:
    """Of one among several."""
    facts = facts_of_parcel(parcel, clock)
    own = own_words(rows, parcel.sub_status, tongue)
    return _told(parcel, facts, headlines.parcel_headline(facts), own)


def _told_by_parcel(state: str, parcel: Parcel) -> bool:
    if state in OF_THE_ORDER:
        return False
    if state == OrderState.PREPARING and parcel.sub_status in TELLING:
        return True
    return parcel.status not in NOT_YET or bool(headlines.trouble_headline(parcel.sub_status))


def _told(parcel: Parcel, facts: Facts, headline: str, own: Wording | None) -> Told:
    reason, following = _why(parcel, facts)
    return _in_own_words(Told(headline, reason, following, deeds.of_sub_status(parcel.sub_status)), own)


def _why(parcel: Parcel, facts: Facts) -> tuple[str, str]:
    said = explanations.of_sub_status(parcel.sub_status)
    back = parcel.status in (Status.RETURNING, Status.RETURNED)
    reason = str(explanations.RETURNS.get(parcel.reason, said.reason) if back else said.reason)
    if not facts.delayed or parcel.status != Status.IN_TRANSIT:
        return reason, str(said.next)
    if parcel.sub_status in DELAYS:
        return reason, "" if headlines.arrival(facts) else str(said.next)
    why = next((e.sub_status for e in parcel.events if e.sub_status in DELAYS), "")
    return (str(explanations.of_sub_status(why).reason), reason) if why else (reason, str(said.next))


def _in_own_words(told: Told, own: Wording | None) -> Told:
    if own is None:
        return told
    return Told(own.headline or told.headline, own.reason or told.reason, own.next or told.next, told.deed)
