"""What is wrong with one order, and the way to the form that helps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from console import advice
from console.rows import is_silent
from console.timeline import actor_words
from tenants.models import User
from tracking.actions import carrier_name
from tracking.labels import cancel_reason_label
from tracking.models import Order, Shipment
from tracking.position import Flag
from tracking.when import Clock


@dataclass(frozen=True, slots=True)
class Deed:
    """The way to what helps. `form`: the id of the form; `at_once`: it asks for nothing more."""

    form: str
    words: str
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Callout:
    """What is wrong, and what one can do."""

    what: str
    do: str
    tone: str
    deeds: list[Deed]


def callouts(
    order: Order, shipments: Sequence[Shipment], people: Mapping[int, User], clock: Clock
) -> list[Callout]:
    live = [s for s in shipments if s.direction == "outbound" and s.status != "cancelled"]
    found = [callout for shipment in live if (callout := _of_parcel(shipment, order, several=len(live) > 1))]
    if order.cancelled_at and any(s.moved_at for s in live):
        found.insert(0, _callout(advice.CANCELLED_UNDER_WAY, live[0]))
    if not found and is_silent(order, clock):
        found.append(_callout(advice.SILENT, live[0] if live else None))
    if not found and order.health == "delayed":
        found.append(_callout(advice.LATE, live[0] if live else None))
    if order.override_state:
        found.append(_override(order, people, clock))
    if order.cancelled_at and not any(s.moved_at for s in live):
        found.append(Callout(cancel_reason_label(order.cancel_reason) or _("Cancelled"), "", "info", []))
    return found


def _of_parcel(shipment: Shipment, order: Order, *, several: bool) -> Callout | None:
    if Flag.FALSE_DELIVERY in shipment.flags and shipment.status != "delivered":
        return _callout(advice.FALSE_DELIVERY, shipment, several=several)
    if Flag.VOIDED_LABEL_USED in shipment.flags and shipment.status != "delivered":
        return _callout(advice.VOIDED_LABEL_USED, shipment, several=several)
    said = advice.of_sub_status(shipment.sub_status)
    return _callout(said, shipment, several=several) if said else None


def _callout(said: advice.Advice, shipment: Shipment | None, *, several: bool = False) -> Callout:
    carrier = carrier_name(shipment.carrier) if shipment else ""
    what = str(said.what) % {"carrier": carrier}
    if several and shipment:
        what = _("%(number)s: %(what)s") % {"number": shipment.number, "what": what}
    deeds = [_deed(code, shipment) for code in said.deeds]
    return Callout(what, str(said.do), said.tone, [deed for deed in deeds if deed])


def _deed(code: str, shipment: Shipment | None) -> Deed | None:
    """None for what cannot be done: ask a carrier with which the shop has no account."""
    words = str(advice.DEEDS[code])
    if code == "ask":
        if shipment is None or shipment.account_id is None:
            return None
        return Deed(f"ask-{shipment.pk}", words, at_once=True)
    if code == "number" and shipment:
        return Deed(f"remove-{shipment.pk}", words)
    return Deed(f"do-{code}", words)


def _override(order: Order, people: Mapping[int, User], clock: Clock) -> Callout:
    who = actor_words(order.override_by, people) or _("the shop")
    until = {
        "next_event": _("until the carrier says something new"),
        "date": _("until %(day)s") % {"day": clock.day(order.override_date) if order.override_date else ""},
        "forever": _("until it is taken back"),
    }.get(order.override_until, "")
    what = _("State set by hand by %(who)s, %(until)s") % {"who": who, "until": until}
    return Callout(what, order.override_reason, "info", [Deed("do-clear", _("Take it back"), at_once=True)])
