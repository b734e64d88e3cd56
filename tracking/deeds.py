"""What a shopper can do about where a parcel or an order stands, and the page's own way to do it. Data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.types import Status, SubStatus
from tracking.actions import Action, web

_S = SubStatus


@dataclass(frozen=True, slots=True)
class Way:
    """A button of the page, made fit for the case. `icon`: which one. `label`: empty keeps its own.

    `href`: below the page, where the button leads there at all (and not to another site, say).
    """

    icon: str
    href: str
    label: Promise | str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """`said`: true of every page. `ways`: the first that this page has is taken."""

    said: Promise | str
    ways: tuple[Way, ...] = ()


def _write(reason: str, label: Promise | str) -> Way:
    return Way("chat", f"write?reason={reason}", label)


def _change(label: Promise | str) -> Way:
    return Way("truck", "delivery", label)


SHOP_DOOR = "shop"  # the icon of the way to the shop itself
_ANOTHER_DAY = _change(_("Choose another day or place"))
_CORRECT = (_change(_("Correct the address")), _write("change", _("Correct the address")))
_TELL_US = _("Tell us what you prefer")

_NOTHING = Deed(_("You do not need to do anything."))
_NOTHING_OR_ELSEWHERE = Deed(_NOTHING.said, (_ANOTHER_DAY,))
_ASK_BEFORE_PACKED = Deed(_NOTHING.said)
_PHONE = Deed(_("Keep your phone at hand: they may call."), (_change(_("Not in? Change the delivery")),))
_TAKE_ID = Deed(_("Take an identity document and the pickup code with you."))
_ADDRESS = Deed(_("Write to us with the full address, and a phone number the driver can call."), _CORRECT)
_REFUSED = Deed(
    _("If that was a mistake, write to us today: otherwise it comes back to us."),
    (_write("change", _("I want it after all")),),
)
_WE_REPLACE = _("Write to us: we will send it again or refund you.")
_GONE = Deed(_WE_REPLACE, (_write("not_received", _TELL_US),))
_NOT_THERE = Deed(_("If you cannot find it, write to us."))
_NOT_RIGHT = Deed(_("If something is not right, write to us."))
_BACK = Deed(
    _("Tell us what you would like: that we send it again, or your money back."),
    (_write("return", _TELL_US),),
)
_MONEY = Deed(
    _("If the money is not back within two weeks, write to us."),
    (Way(SHOP_DOOR, "", _("Order again")),),
)

SUB_STATUSES: dict[SubStatus, Deed] = {
    _S.CUSTOMS_INFO_REQUIRED: Deed(
        _(
            "Look for a message from the carrier or from customs, and answer it. If you have none, write to us."
        ),
        (_write("other", _("Ask us about customs")),),
    ),
    _S.REDIRECTED: Deed(_("If it was not you who asked for it, write to us.")),
    _S.AT_DELIVERY_DEPOT: Deed(_NOTHING.said, (_change(_("Not in? Change the delivery")),)),
    _S.DELIVERY_DATE_SET: _NOTHING_OR_ELSEWHERE,
    _S.DELIVERY_RESCHEDULED: _NOTHING_OR_ELSEWHERE,
    _S.APPOINTMENT_SET: Deed(
        _("Make sure somebody is in at that time."), (_change(_("Choose another time")),)
    ),
    _S.RECIPIENT_CONTACTED: Deed(_("Check your messages and missed calls.")),
    _S.NEXT_STOP: Deed(_("Please be ready to open the door.")),
    _S.PICKUP_LOCKER: Deed(_("You need the pickup code to open it.")),
    _S.PICKUP_STORE: Deed(_("Tell us your order number when you come.")),
    _S.PICKUP_EXPIRING: Deed(_("Collect it soon, with an identity document and the pickup code.")),
    _S.FAILED_OTHER: _NOTHING_OR_ELSEWHERE,
    _S.FAILED_NOT_HOME: _NOTHING_OR_ELSEWHERE,
    _S.FAILED_BUSINESS_CLOSED: Deed(
        _("Write to us with the hours somebody is there."),
        (_ANOTHER_DAY, _write("change", _("Tell us your hours"))),
    ),
    _S.FAILED_ADDRESS: _ADDRESS,
    _S.FAILED_REFUSED: _REFUSED,
    _S.FAILED_ACCESS: Deed(
        _("Write to us with the gate code, or how to get in."),
        (_write("change", _("Say how to get in")),),
    ),
    _S.FAILED_PAYMENT: Deed(_("Have it ready for the next attempt."), (_ANOTHER_DAY,)),
    _S.FAILED_ID_CHECK: Deed(_("Have an identity document at hand for the next attempt."), (_ANOTHER_DAY,)),
    _S.FAILED_NO_TIME: _NOTHING_OR_ELSEWHERE,
    _S.EXCEPTION_ADDRESS: _ADDRESS,
    _S.EXCEPTION_RECIPIENT: Deed(
        _("Check that your name is on the bell, and write to us with a phone number the driver can call."),
        _CORRECT,
    ),
    _S.EXCEPTION_REFUSED: _REFUSED,
    _S.EXCEPTION_PAYMENT: Deed(
        _("Look for the carrier's message that says how to pay. If you have none, write to us."),
        (_write("other", _("Ask us about the charges")),),
    ),
    _S.EXCEPTION_PICKUP_MISSED: Deed(
        _("Write to us if you still want it: otherwise it comes back to us."),
        (_write("change", _("I want it after all")),),
    ),
    _S.EXCEPTION_DAMAGED: Deed(_WE_REPLACE, (_write("damaged", _TELL_US),)),
    _S.EXCEPTION_INVESTIGATION: Deed(_NOTHING.said),
    _S.EXCEPTION_LOST: _GONE,
    _S.EXCEPTION_DESTROYED: _GONE,
    _S.EXCEPTION_DISPUTED: Deed(
        _("Meanwhile, please look around the door, and ask at home and next door."),
    ),
    _S.DELIVERED: _NOT_THERE,
    _S.DELIVERED_COLLECTED: _NOT_RIGHT,
    _S.DELIVERED_SIGNED: _NOT_THERE,
    _S.DELIVERED_COD: _NOT_RIGHT,
    _S.DELIVERED_NEIGHBOUR: Deed(_("Ask next door. If nobody there has it, write to us.")),
    _S.DELIVERED_SAFE_PLACE: Deed(
        _("Look near the door, the porch and the garden. If it is not there, write to us."),
    ),
    _S.DELIVERED_MAILBOX: Deed(
        _("Look in your letter box. If it is not there, write to us."),
    ),
    _S.DELIVERED_RECEPTION: Deed(
        _("Ask at reception. If they do not have it, write to us."),
    ),
    _S.DELIVERED_CONFIRMED: _NOT_RIGHT,
    _S.EXPIRED_NO_EVENTS: Deed(_("If it has not arrived, write to us.")),
    _S.EXPIRED_AGED_OUT: Deed(
        _("If it has not arrived, write to us."), (_write("not_received", _("It has not arrived")),)
    ),
}

# Of a parcel whose sub-status asks for nothing of its own.
STATUSES: dict[Status, Deed] = {
    Status.AVAILABLE_FOR_PICKUP: _TAKE_ID,
    Status.OUT_FOR_DELIVERY: _PHONE,
    Status.FAILED_ATTEMPT: _NOTHING_OR_ELSEWHERE,
    Status.DELIVERED: _NOT_THERE,
    Status.RETURNING: _BACK,
    Status.RETURNED: _BACK,
}

STATES: dict[str, Deed] = {
    "received": _ASK_BEFORE_PACKED,
    "awaiting_payment": Deed(
        _("If you pay by bank transfer, put the order number in its reference."),
    ),
    "awaiting_stock": Deed(_("If you would rather not wait, write to us.")),
    "routed": _ASK_BEFORE_PACKED,
    "to_prepare": _ASK_BEFORE_PACKED,
    "preparing": _ASK_BEFORE_PACKED,
    "out_for_delivery": _PHONE,
    "ready_for_pickup": _TAKE_ID,
    "delivered": _NOT_THERE,
    "delivered_incomplete": Deed(_WE_REPLACE, (_write("missing", _TELL_US),)),
    "completed": _NOT_RIGHT,
    "returning": _BACK,
    "returned": _BACK,
    "cancelled": _MONEY,
}

CANCELLED: dict[str, Deed] = {
    "payment": Deed(_("You can order again whenever you like."), _MONEY.ways),
}


def of_sub_status(sub_status: str) -> Deed:
    sub = SubStatus(sub_status)
    return SUB_STATUSES.get(sub) or STATUSES.get(sub.status, _NOTHING)


def of_state(state: str, cancel_reason: str = "") -> Deed:
    if state == "cancelled":
        return CANCELLED.get(cancel_reason, STATES[state])
    return STATES.get(state, _NOTHING)


def put_first(deed: Deed, offered: Sequence[Action], shop_url: str) -> tuple[Action, ...]:
    """The page's buttons as this deed wants them: the one it is about fit for the case, and first."""
    doors = [Action("", web(shop_url), SHOP_DOOR, outside=True)] if web(shop_url) else []
    for way in deed.ways:
        button = next((a for a in (*offered, *doors) if a.icon == way.icon), None)
        if button is None:
            continue
        fit = replace(
            button,
            label=str(way.label) or button.label,
            href=way.href if button.href in ("delivery", "write") else button.href,
        )
        others = [a for a in offered if a is not button]
        return (replace(fit, primary=True), *(replace(a, primary=False) for a in others))
    return tuple(offered)
