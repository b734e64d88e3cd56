"""The one sentence that answers “where is it, and when does it come?”, for an order and for a parcel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from carriers.types import SubStatus
from tracking import headline_words as words
from tracking.headline_words import Days
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


def headline(facts: Facts) -> str:
    """In the active language. Counts come first where there are several parcels."""
    if facts.state in AFTER_THE_CARRIER:
        return AFTER_THE_CARRIER[OrderState(facts.state)](facts)
    if facts.parcels.total == 1 and (trouble := trouble_headline(facts.trouble)):
        return trouble
    if facts.state in words.BEFORE_THE_CARRIER:
        return _before_the_carrier(facts)
    if facts.state == _O.AWAITING_STOCK:
        return _awaiting_stock(facts)
    return UNDER_WAY[OrderState(facts.state)](facts)


def parcel_headline(facts: Facts) -> str:
    """Of one parcel among several."""
    if facts.state in words.BEFORE_THE_CARRIER and not trouble_headline(facts.trouble):
        return str(_word_of(words.NOT_SCANNED, facts) or words.PACKED)
    return headline(facts)


def trouble_headline(sub_status: str) -> str:
    """Empty where the sub-status is nothing to worry about."""
    if not sub_status:
        return ""
    sub = SubStatus(sub_status)
    return str(words.TROUBLE.get(sub) or words.TROUBLE_OF.get(sub.status) or "")


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
        return _said_of_day(facts.clock, day, words.NOW_ARRIVES)
    return _said_of_day(facts.clock, day, words.ARRIVES)


def _said_of_day(clock: Clock, day: date, said: Days, **more: str) -> str:
    """`said`: for today, for the day beside it, for any other."""
    which = min(abs((day - clock.today).days), 2)
    return str(said[which]) % {"day": clock.day(day), **more}


def _slot(facts: Facts, start: datetime, end: datetime) -> str:
    clock = facts.clock
    return _said_of_day(
        clock, clock.date_of(start), words.BETWEEN, **{"from": clock.hour(start), "to": clock.hour(end)}
    )


def _promise(facts: Facts) -> str:
    day = facts.promised_date
    if day is None or day < facts.clock.today:
        return ""
    if day == facts.clock.today:
        return str(words.ARRIVES[0])
    return _("Arrives by %(day)s") % {"day": facts.clock.day(day)}


def _word_of(said: Mapping[SubStatus, Promise], facts: Facts) -> Promise | None:
    return said.get(SubStatus(facts.sub_status)) if facts.sub_status else None


def _before_the_carrier(facts: Facts) -> str:
    """A label is the last thing that is made: then the parcel is packed."""
    if facts.state == _O.PREPARING and facts.sub_status == _S.LABEL_CREATED:
        return str(words.PACKED)
    said = _word_of(words.NOT_SCANNED, facts) if facts.state == _O.PREPARING else None
    return str(said or words.BEFORE_THE_CARRIER[facts.state])


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
        return str(_word_of(words.DELAYED_BY, facts) or words.DELAYED)
    due = facts.eta_last or facts.promised_date
    if due and due < facts.clock.today:
        return _("Running late: it was due on %(day)s") % {"day": facts.clock.day(due)}
    if facts.parcels.total > 1:
        return _("%(total)d parcels are on their way") % {"total": facts.parcels.total}
    return str(_word_of(words.ON_THE_WAY, facts) or words.ON_ITS_WAY)


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
    if said := _word_of(words.WITH_THE_DRIVER, facts):
        return arrival(facts) or str(said)
    if facts.since and clock.date_of(facts.since) < clock.today and facts.eta_last != clock.today:
        return _("With the driver since %(day)s") % {"day": clock.day(clock.date_of(facts.since))}
    return str(words.NEXT_STOP if facts.sub_status == _S.NEXT_STOP else words.ARRIVES[0])


def _ready(facts: Facts) -> str:
    if facts.parcels.total > 1 and facts.parcels.ready < facts.parcels.total:
        return ngettext(
            "%(count)d of %(total)d parcels waits for you",
            "%(count)d of %(total)d parcels wait for you",
            facts.parcels.ready,
        ) % {"count": facts.parcels.ready, "total": facts.parcels.total}
    until = facts.pickup_until if facts.pickup_until and facts.pickup_until >= facts.clock.today else None
    if until == facts.clock.today:
        return str(words.LAST_DAY)
    said = {"place": facts.pickup_name, "day": facts.clock.day(until) if until else ""}
    if until and facts.sub_status == _S.PICKUP_EXPIRING:
        return _("Collect it by %(day)s") % said
    if facts.pickup_name and until:
        return _("It waits for you at %(place)s until %(day)s") % said
    if facts.pickup_name:
        return _("It waits for you at %(place)s") % said
    where = _word_of(words.WAITING, facts)
    if until and not where:
        return _("It waits for you until %(day)s") % said
    return str(where or _("It is ready to collect"))


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
    said = words.DELIVERED
    if facts.sub_status:
        said = words.DELIVERED_AS.get(SubStatus(facts.sub_status), said)
    return _said_of_day(facts.clock, day, said, hour=facts.clock.hour(facts.delivered_at))


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
