"""The one sentence that answers “where is it, and when does it come?”, for an order and for a parcel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from carriers.types import Status, SubStatus
from tracking.parcels import Counts
from tracking.states import OrderState
from tracking.when import Clock

_S = SubStatus
_O = OrderState
ONE = Counts(total=1)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a headline is made from."""

    state: str  # tracking.states.OrderState
    clock: Clock
    sub_status: str = ""  # of the parcel the headline is about; empty where there are several, or none
    trouble: str = ""  # the sub-status that asks for a person
    delayed: bool = False
    since: datetime | None = None  # in this state
    eta_first: date | None = None
    eta_last: date | None = None
    slot_from: datetime | None = None
    slot_to: datetime | None = None
    promised_date: date | None = None
    restock_date: date | None = None
    delivered_at: datetime | None = None
    pickup_name: str = ""
    pickup_until: date | None = None
    parcels: Counts = ONE


BEFORE_THE_CARRIER: dict[str, Promise] = {
    _O.RECEIVED: gettext_lazy("We have your order"),
    _O.AWAITING_PAYMENT: gettext_lazy("Waiting for your payment"),
    _O.ROUTED: gettext_lazy("Your order is being prepared"),
    _O.TO_PREPARE: gettext_lazy("Your order is next to be prepared"),
    _O.PREPARING: gettext_lazy("We are preparing your order"),
}

# What stands in the way, where it is one parcel's trouble.
TROUBLE: dict[SubStatus, Promise] = {
    _S.NOT_COLLECTED: gettext_lazy("Packed, but not yet collected"),
    _S.CUSTOMS_INFO_REQUIRED: gettext_lazy("Customs needs something from you"),
    _S.FAILED_NOT_HOME: gettext_lazy("The driver came, and nobody was in"),
    _S.FAILED_BUSINESS_CLOSED: gettext_lazy("The driver came, and it was closed"),
    _S.FAILED_ADDRESS: gettext_lazy("The driver could not find the address"),
    _S.FAILED_REFUSED: gettext_lazy("The parcel was refused at the door"),
    _S.FAILED_ACCESS: gettext_lazy("The driver could not get to the door"),
    _S.FAILED_PAYMENT: gettext_lazy("Payment was due on delivery"),
    _S.FAILED_ID_CHECK: gettext_lazy("The driver could not check who you are"),
    _S.FAILED_NO_TIME: gettext_lazy("The driver did not get to you"),
    _S.EXCEPTION_ADDRESS: gettext_lazy("The address needs a correction"),
    _S.EXCEPTION_RECIPIENT: gettext_lazy("The address needs a correction"),
    _S.EXCEPTION_REFUSED: gettext_lazy("The carrier says it was refused"),
    _S.EXCEPTION_HELD: gettext_lazy("The carrier is holding your parcel"),
    _S.EXCEPTION_PAYMENT: gettext_lazy("Charges are due before it can go on"),
    _S.EXCEPTION_PICKUP_MISSED: gettext_lazy("It was not collected in time"),
    _S.EXCEPTION_REJECTED: gettext_lazy("The carrier did not accept the parcel"),
    _S.EXCEPTION_PROHIBITED: gettext_lazy("The carrier did not accept the parcel"),
    _S.EXCEPTION_DAMAGED: gettext_lazy("Your parcel was damaged on the way"),
    _S.EXCEPTION_INVESTIGATION: gettext_lazy("The carrier is looking for your parcel"),
    _S.EXCEPTION_LOST: gettext_lazy("Your parcel was lost"),
    _S.EXCEPTION_DESTROYED: gettext_lazy("Your parcel was destroyed"),
    _S.EXCEPTION_DISPUTED: gettext_lazy("We are looking into your delivery"),
}
TROUBLE_OF: dict[Status, Promise] = {
    Status.FAILED_ATTEMPT: gettext_lazy("The delivery could not be made"),
    Status.EXCEPTION: gettext_lazy("There is a problem with the delivery"),
    Status.EXPIRED: gettext_lazy("The carrier has gone silent"),
}


def headline(facts: Facts) -> str:
    """In the active language. Counts come first where there are several parcels."""
    if facts.state in AFTER_THE_CARRIER:
        return AFTER_THE_CARRIER[OrderState(facts.state)](facts)
    if facts.parcels.total == 1 and (trouble := trouble_headline(facts.trouble)):
        return trouble
    if facts.state in BEFORE_THE_CARRIER:
        return str(BEFORE_THE_CARRIER[facts.state])
    if facts.state == _O.AWAITING_STOCK:
        return _awaiting_stock(facts)
    return UNDER_WAY[OrderState(facts.state)](facts)


def parcel_headline(facts: Facts) -> str:
    """Of one parcel among several."""
    if facts.state in BEFORE_THE_CARRIER and not trouble_headline(facts.trouble):
        return _("Packed, and waiting for the carrier")
    return headline(facts)


def trouble_headline(sub_status: str) -> str:
    """Empty where the sub-status is nothing to worry about."""
    if not sub_status:
        return ""
    sub = SubStatus(sub_status)
    return str(TROUBLE.get(sub) or TROUBLE_OF.get(sub.status) or "")


def arrival(facts: Facts) -> str:
    """When it comes, as a sentence; empty when nobody can say."""
    today, day = facts.clock.today, facts.eta_last
    if facts.slot_from and facts.slot_to and facts.slot_to > facts.clock.now:
        return _slot(facts, facts.slot_from, facts.slot_to)
    if day is None or day < today:
        return _promise(facts)
    first = max(facts.eta_first or day, today)
    if first < day:
        if first == today:
            return _("Arrives by %(day)s") % {"day": facts.clock.day(day)}
        return _("Arrives between %(first)s and %(last)s") % {
            "first": facts.clock.day(first),
            "last": facts.clock.day(day),
        }
    if facts.delayed:
        return _said_of_day(facts.clock, day, NOW_ARRIVES)
    return _said_of_day(facts.clock, day, ARRIVES)


# Today, tomorrow, another day: many languages need another word before the day.
ARRIVES = (
    gettext_lazy("Arrives today"),
    gettext_lazy("Arrives tomorrow"),
    gettext_lazy("Arrives on %(day)s"),
)
NOW_ARRIVES = (
    gettext_lazy("Delayed: now arrives today"),
    gettext_lazy("Delayed: now arrives tomorrow"),
    gettext_lazy("Delayed: now arrives on %(day)s"),
)
BETWEEN = (
    gettext_lazy("Arrives today, between %(from)s and %(to)s"),
    gettext_lazy("Arrives tomorrow, between %(from)s and %(to)s"),
    gettext_lazy("Arrives on %(day)s, between %(from)s and %(to)s"),
)
DELIVERED = (
    gettext_lazy("Delivered today at %(hour)s"),
    gettext_lazy("Delivered yesterday at %(hour)s"),
    gettext_lazy("Delivered on %(day)s"),
)
COLLECTED = (
    gettext_lazy("Collected today at %(hour)s"),
    gettext_lazy("Collected yesterday at %(hour)s"),
    gettext_lazy("Collected on %(day)s"),
)


def _said_of_day(clock: Clock, day: date, words: tuple[Promise, Promise, Promise], **more: str) -> str:
    """`words`: for today, for the day beside it, for any other."""
    which = min(abs((day - clock.today).days), 2)
    return str(words[which]) % {"day": clock.day(day), **more}


def _slot(facts: Facts, start: datetime, end: datetime) -> str:
    clock = facts.clock
    return _said_of_day(
        clock, clock.date_of(start), BETWEEN, **{"from": clock.hour(start), "to": clock.hour(end)}
    )


def _promise(facts: Facts) -> str:
    day = facts.promised_date
    if day is None or day < facts.clock.today:
        return ""
    if day == facts.clock.today:
        return str(ARRIVES[0])
    return _("Arrives by %(day)s") % {"day": facts.clock.day(day)}


def _awaiting_stock(facts: Facts) -> str:
    if facts.restock_date and facts.restock_date > facts.clock.today:
        return _("Pre-order: in stock on %(day)s") % {"day": facts.clock.day(facts.restock_date)}
    return _("Waiting for stock")


def _on_its_way(facts: Facts) -> str:
    if facts.parcels.total > 1 and facts.parcels.moved < facts.parcels.total:
        return ngettext(
            "%(count)d of %(total)d parcels is on its way",
            "%(count)d of %(total)d parcels are on their way",
            facts.parcels.moved,
        ) % {"count": facts.parcels.moved, "total": facts.parcels.total}
    if said := arrival(facts):
        return said
    if facts.delayed:
        return _("Delayed, but on its way")
    due = facts.eta_last or facts.promised_date
    if due and due < facts.clock.today:
        return _("Running late: it was due on %(day)s") % {"day": facts.clock.day(due)}
    if facts.parcels.total > 1:
        return _("%(total)d parcels are on their way") % {"total": facts.parcels.total}
    return _("On its way to you")


def _out_for_delivery(facts: Facts) -> str:
    clock = facts.clock
    if facts.parcels.total > 1 and facts.parcels.out_for_delivery < facts.parcels.total:
        return ngettext(
            "%(count)d of %(total)d parcels arrives today",
            "%(count)d of %(total)d parcels arrive today",
            facts.parcels.out_for_delivery,
        ) % {"count": facts.parcels.out_for_delivery, "total": facts.parcels.total}
    if facts.slot_from and facts.slot_to and facts.slot_to > clock.now:
        return _slot(facts, facts.slot_from, facts.slot_to)
    if facts.since and clock.date_of(facts.since) < clock.today and facts.eta_last != clock.today:
        return _("With the driver since %(day)s") % {"day": clock.day(clock.date_of(facts.since))}
    return _("Arrives today")


def _ready(facts: Facts) -> str:
    if facts.parcels.total > 1 and facts.parcels.ready < facts.parcels.total:
        return ngettext(
            "%(count)d of %(total)d parcels waits for you",
            "%(count)d of %(total)d parcels wait for you",
            facts.parcels.ready,
        ) % {"count": facts.parcels.ready, "total": facts.parcels.total}
    until = facts.pickup_until if facts.pickup_until and facts.pickup_until >= facts.clock.today else None
    said = {"place": facts.pickup_name, "day": facts.clock.day(until) if until else ""}
    if facts.pickup_name and until:
        return _("It waits for you at %(place)s until %(day)s") % said
    if facts.pickup_name:
        return _("It waits for you at %(place)s") % said
    return _("It waits for you until %(day)s") % said if until else _("It is ready to collect")


def _partially_delivered(facts: Facts) -> str:
    if facts.parcels.total < 2:
        return _("Part of your order has arrived")
    return ngettext(
        "%(count)d of %(total)d parcels delivered",
        "%(count)d of %(total)d parcels delivered",
        facts.parcels.delivered,
    ) % {"count": facts.parcels.delivered, "total": facts.parcels.total}


def _delivered(facts: Facts) -> str:
    if facts.delivered_at is None:
        return _("Delivered")
    day = facts.clock.date_of(facts.delivered_at)
    words = COLLECTED if facts.sub_status == _S.DELIVERED_COLLECTED else DELIVERED
    return _said_of_day(facts.clock, day, words, hour=facts.clock.hour(facts.delivered_at))


def _incomplete(facts: Facts) -> str:
    return _("Part of your order did not arrive")


def _returning(facts: Facts) -> str:
    return _("On its way back to us")


def _returned(facts: Facts) -> str:
    return _("It has come back to us")


def _cancelled(facts: Facts) -> str:
    return _("This order was cancelled")


UNDER_WAY = {
    _O.PARTIALLY_SHIPPED: _on_its_way,
    _O.SHIPPED: _on_its_way,
    _O.OUT_FOR_DELIVERY: _out_for_delivery,
    _O.READY_FOR_PICKUP: _ready,
    _O.PARTIALLY_DELIVERED: _partially_delivered,
}
AFTER_THE_CARRIER = {
    _O.DELIVERED: _delivered,
    _O.COMPLETED: _delivered,
    _O.DELIVERED_INCOMPLETE: _incomplete,
    _O.RETURNING: _returning,
    _O.RETURNED: _returned,
    _O.CANCELLED: _cancelled,
}
