"""What each status means to a shopper, and what comes next. Data, in sentences; what one can do is in `deeds`.

“We” is the shop that speaks; “you” is the shopper.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.types import SubStatus

_S = SubStatus


@dataclass(frozen=True, slots=True)
class Said:
    """`reason`: what it means. `next`: what happens now."""

    reason: Promise | str
    next: Promise | str


# --- Sentences several statuses share ---
_FIRST_SCAN = _("The first scan usually appears within a day of the parcel being handed over.")
_ON_ITS_WAY_TO_YOU = _("Its next stop is a centre closer to you.")
_TRY_AGAIN = _("They usually try again on the next working day.")
_BACK_UNLESS_COLLECTED = _("If nobody collects it in time, it comes back to us.")
_WE_ARE_ON_IT = _("We are sorting it out with the carrier and will write to you.")
_UNTIL_ADDRESS = _("It goes on as soon as the address is right.")
_KEPT_A_WHILE = _("The carrier keeps it for a short while before it sends it back.")
_LAST_STOP = _("That was the last stop of its journey.")
_DOOR_NEXT = _("The next scan is usually the delivery itself.")
_NEW_DAY_BELOW = _("The new day is shown here as soon as the carrier sets it.")
_OURS_TO_SOLVE = _("This is ours to put right, and costs you nothing.")
_MONEY_BACK = _("If you have paid, the money goes back the way it came.")

SUB_STATUSES: dict[SubStatus, Said] = {
    _S.PENDING_REGISTERED: Said(_("The carrier has not scanned the parcel yet."), _FIRST_SCAN),
    _S.PENDING_NOT_FOUND: Said(
        _("The carrier does not know this number yet; that is normal at first."), _FIRST_SCAN
    ),
    _S.PENDING_INVALID_NUMBER: Said(
        _("The carrier does not accept the tracking number we have."),
        _("We are checking it. Your order is not affected."),
    ),
    _S.PENDING_NEEDS_DATA: Said(
        _("The carrier asks us for more details before it tells where the parcel is."),
        _("We are sending them. Your order is not affected."),
    ),
    _S.PENDING_CARRIER_UNKNOWN: Said(
        _("We do not know yet which carrier has the parcel."), _("It is shown here as soon as we do.")
    ),
    _S.LABEL_CREATED: Said(_("Your parcel is packed and labelled, and waits for the carrier."), _FIRST_SCAN),
    _S.NOT_COLLECTED: Said(
        _("The carrier has not collected the parcel when it should have."),
        _("We are arranging a new collection."),
    ),
    _S.PICKUP_SCHEDULED: Said(_("The carrier is coming to collect the parcel from us."), _FIRST_SCAN),
    _S.DATA_UPDATED: Said(
        _("The details of the shipment were updated."), _("The parcel goes on as planned.")
    ),
    _S.PICKED_UP: Said(_("The carrier has the parcel."), _("It goes to a sorting centre next.")),
    _S.IN_TRANSIT: Said(_("The parcel is moving through the carrier's network."), _ON_ITS_WAY_TO_YOU),
    _S.ARRIVED_FACILITY: Said(
        _("The parcel has arrived at one of the carrier's centres."), _ON_ITS_WAY_TO_YOU
    ),
    _S.IN_SORTING: Said(_("The parcel is being sorted."), _ON_ITS_WAY_TO_YOU),
    _S.DEPARTED_FACILITY: Said(_("The parcel has left one of the carrier's centres."), _ON_ITS_WAY_TO_YOU),
    _S.DEPARTED_COUNTRY: Said(
        _("The parcel has left the country it was sent from."),
        _("Several days without a scan are normal on this stretch."),
    ),
    _S.ARRIVED_COUNTRY: Said(
        _("The parcel has arrived in the country it is going to."),
        _("It may go through customs before it travels on."),
    ),
    _S.CUSTOMS_PROCESSING: Said(
        _("Customs is looking at the parcel."),
        _("This usually takes one to three working days. We will tell you if anything is asked of you."),
    ),
    _S.CUSTOMS_CLEARED: Said(
        _("Customs has let the parcel through."), _("The carrier takes it on from here.")
    ),
    _S.CUSTOMS_INFO_REQUIRED: Said(
        _("Customs asks for information before it lets the parcel through."),
        _("It waits there until they have it."),
    ),
    _S.HANDED_TO_LAST_MILE: Said(
        _("Another carrier, close to you, takes the parcel over for the last stretch."),
        _("It is delivered by them."),
    ),
    _S.AT_DELIVERY_DEPOT: Said(
        _("The parcel is at the depot it is delivered from."),
        _("It usually goes out with a driver on the next working day."),
    ),
    _S.DELIVERY_DATE_SET: Said(
        _("The carrier has set the day of delivery."),
        _("It comes on that day unless something gets in the way."),
    ),
    _S.DELIVERY_RESCHEDULED: Said(_("The delivery was moved to another day."), _NEW_DAY_BELOW),
    _S.REDIRECTED: Said(
        _("The parcel was sent on to another address or pickup point."),
        _("The new place is shown here as soon as the carrier tells it."),
    ),
    _S.ADDRESS_CORRECTED: Said(
        _("The carrier has corrected the address."), _("It goes on to the right address.")
    ),
    _S.PROBLEM_RESOLVED: Said(_("The problem is solved and the parcel is moving again."), _ON_ITS_WAY_TO_YOU),
    _S.RETURN_CANCELLED: Said(
        _("The return was called off: the parcel is on its way to you again."), _ON_ITS_WAY_TO_YOU
    ),
    _S.DELAYED_OPERATIONS: Said(_("The carrier has more work than it can keep up with."), _NEW_DAY_BELOW),
    _S.DELAYED_WEATHER: Said(_("Bad weather is holding up deliveries."), _NEW_DAY_BELOW),
    _S.DELAYED_CUSTOMS: Said(_("The parcel is taking longer than usual at customs."), _NEW_DAY_BELOW),
    _S.DELAYED_EXTERNAL: Said(
        _("Something outside the carrier's control is holding up deliveries."), _NEW_DAY_BELOW
    ),
    _S.ON_VEHICLE: Said(_("A driver has your parcel on board today."), _DOOR_NEXT),
    _S.APPOINTMENT_SET: Said(
        _("A time for the delivery was agreed with the carrier."),
        _("The driver comes at the time that was agreed."),
    ),
    _S.RECIPIENT_CONTACTED: Said(
        _("The carrier has contacted you about the delivery."),
        _("They deliver as soon as it is agreed with you."),
    ),
    _S.NEXT_STOP: Said(_("You are the driver's next stop."), _("It is a matter of minutes.")),
    _S.PICKUP_POINT: Said(_("The parcel waits for you at the pickup point."), _BACK_UNLESS_COLLECTED),
    _S.PICKUP_LOCKER: Said(_("The parcel waits for you in a locker."), _BACK_UNLESS_COLLECTED),
    _S.PICKUP_DEPOT: Said(_("The parcel waits for you at the carrier's depot."), _BACK_UNLESS_COLLECTED),
    _S.PICKUP_STORE: Said(_("Your order waits for you in our store."), _("We keep it for you.")),
    _S.PICKUP_EXPIRING: Said(
        _("The parcel will not be kept for you much longer."),
        _("After the last day it starts its way back to us."),
    ),
    _S.FAILED_OTHER: Said(_("The driver could not hand the parcel over."), _TRY_AGAIN),
    _S.FAILED_NOT_HOME: Said(
        _("The driver came, and nobody was in."),
        _("They usually try again on the next working day, or leave it at a pickup point near you."),
    ),
    _S.FAILED_BUSINESS_CLOSED: Said(_("The driver came, and the business was closed."), _TRY_AGAIN),
    _S.FAILED_ADDRESS: Said(_("The driver could not find the address."), _UNTIL_ADDRESS),
    _S.FAILED_REFUSED: Said(
        _("The parcel was refused at the door."),
        _KEPT_A_WHILE,
    ),
    _S.FAILED_ACCESS: Said(_("The driver could not get to the door."), _TRY_AGAIN),
    _S.FAILED_PAYMENT: Said(
        _("An amount was due on delivery and could not be collected."),
        _TRY_AGAIN,
    ),
    _S.FAILED_ID_CHECK: Said(
        _("The driver could not check who you are."),
        _TRY_AGAIN,
    ),
    _S.FAILED_NO_TIME: Said(_("The driver did not get to you that day."), _TRY_AGAIN),
    _S.EXCEPTION_UNSPECIFIED: Said(_("The carrier has met a problem and does not say which."), _WE_ARE_ON_IT),
    _S.EXCEPTION_ADDRESS: Said(_("The carrier says the address is incomplete or wrong."), _UNTIL_ADDRESS),
    _S.EXCEPTION_RECIPIENT: Said(_("The carrier did not find your name at the address."), _UNTIL_ADDRESS),
    _S.EXCEPTION_REFUSED: Said(
        _("The carrier says the parcel was refused."),
        _KEPT_A_WHILE,
    ),
    _S.EXCEPTION_HELD: Said(_("The carrier is holding the parcel."), _WE_ARE_ON_IT),
    _S.EXCEPTION_PAYMENT: Said(
        _("Duties or charges are due before the parcel can go on."),
        _("It goes on as soon as they are paid."),
    ),
    _S.EXCEPTION_PICKUP_MISSED: Said(
        _("The parcel was not collected in time."),
        _("It is about to start its way back to us."),
    ),
    _S.EXCEPTION_REJECTED: Said(_("The carrier did not accept the parcel as it was packed."), _WE_ARE_ON_IT),
    _S.EXCEPTION_PROHIBITED: Said(_("The carrier says it may not carry what is inside."), _WE_ARE_ON_IT),
    _S.EXCEPTION_DAMAGED: Said(_("The carrier says the parcel was damaged on the way."), _OURS_TO_SOLVE),
    _S.EXCEPTION_INVESTIGATION: Said(
        _("The carrier has lost sight of the parcel and is looking for it."),
        _("We will write to you when we know more."),
    ),
    _S.EXCEPTION_LOST: Said(
        _("The carrier has told us that it lost the parcel. We are sorry."), _OURS_TO_SOLVE
    ),
    _S.EXCEPTION_DESTROYED: Said(
        _("The carrier has told us that the parcel was destroyed. We are sorry."), _OURS_TO_SOLVE
    ),
    _S.EXCEPTION_DISPUTED: Said(
        _("The carrier says it delivered the parcel, and you say it did not arrive."), _WE_ARE_ON_IT
    ),
    _S.DELIVERED: Said(_("The carrier has delivered the parcel."), _LAST_STOP),
    _S.DELIVERED_COLLECTED: Said(_("The parcel was collected."), _LAST_STOP),
    _S.DELIVERED_SIGNED: Said(_("The parcel was handed over and signed for."), _LAST_STOP),
    _S.DELIVERED_COD: Said(_("The parcel was handed over and paid for on delivery."), _LAST_STOP),
    _S.DELIVERED_NEIGHBOUR: Said(
        _("The driver left the parcel with a neighbour."), _("There may be a note that says with whom.")
    ),
    _S.DELIVERED_SAFE_PLACE: Said(_("The driver left the parcel in a safe place."), _LAST_STOP),
    _S.DELIVERED_MAILBOX: Said(_("The parcel is in the mailbox."), _LAST_STOP),
    _S.DELIVERED_RECEPTION: Said(_("The driver left the parcel at reception."), _LAST_STOP),
    _S.DELIVERED_CONFIRMED: Said(_("You told us that it has arrived."), _LAST_STOP),
    _S.RETURNING: Said(
        _("The carrier could not hand it over, or was asked to bring it back."),
        _("When it arrives, we will write to you about what happens next."),
    ),
    _S.RETURNED: Said(
        _("The carrier has brought it back."), _("We will write to you about what happens next.")
    ),
    _S.CANCELLED_VOIDED: Said(
        _("This label was cancelled; nothing travels with it."),
        _("If another parcel takes its place, it is shown here."),
    ),
    _S.CANCELLED_REQUESTED: Said(
        _("This shipment was cancelled."), _("If another parcel takes its place, it is shown here.")
    ),
    _S.EXPIRED_NO_EVENTS: Said(_("The carrier has not said anything for a long time."), _WE_ARE_ON_IT),
    _S.EXPIRED_AGED_OUT: Said(
        _("The parcel is so old that we no longer ask the carrier about it."),
        _("Nothing more will be shown here."),
    ),
}

_UNREAD = Said(
    _("The carrier has reported something we have no words for yet. Its own words are below."),
    _("We look at such reports ourselves."),
)

STATES: dict[str, Said] = {
    "received": Said(
        _("It is written down, and we start on it next."), _("You hear from us as soon as it is on its way.")
    ),
    "awaiting_payment": Said(
        _("Your order is written down, and waits until your payment is confirmed."),
        _("Bank transfers can take one or two working days. Nothing is lost in the meantime."),
    ),
    "awaiting_stock": Said(
        _("What you ordered is being made or is on its way to us."), _("We send it as soon as it is here.")
    ),
    "routed": Said(
        _("Your order is with the warehouse that will prepare it."),
        _("You hear from us as soon as it is on its way."),
    ),
    "to_prepare": Said(
        _("Everything is in stock, and your order waits for its turn to be packed."),
        _("You hear from us as soon as it is on its way."),
    ),
    "preparing": Said(_("We are picking and packing your order now."), _("Next, the carrier collects it.")),
    "partially_shipped": Said(
        _("Part of your order has left us; the rest follows."),
        _("Each parcel has its own part of this page."),
    ),
    "shipped": Said(_("Your order has left us and is with the carrier."), _ON_ITS_WAY_TO_YOU),
    "out_for_delivery": Said(_("A driver has your parcel on board today."), _DOOR_NEXT),
    "ready_for_pickup": Said(_("Your order waits for you."), _BACK_UNLESS_COLLECTED),
    "partially_delivered": Said(
        _("Part of your order has arrived; the rest is still on its way."),
        _("Each parcel has its own part of this page."),
    ),
    "delivered": Said(_("Everything has arrived."), _LAST_STOP),
    "delivered_incomplete": Said(
        _("The rest of your order is not going to arrive as planned."), _OURS_TO_SOLVE
    ),
    "completed": Said(_("Everything has arrived, and this order is closed."), _LAST_STOP),
    "returning": Said(
        _("The carrier could not hand it over, or was asked to bring it back."),
        _("When it arrives, we will write to you about what happens next."),
    ),
    "returned": Said(
        _("The carrier has brought it back."), _("We will write to you about what happens next.")
    ),
    "cancelled": Said(_("This order was cancelled and will not be sent."), _MONEY_BACK),
}

# Why a parcel comes back, by the reason a carrier gave.
RETURNS: dict[str, Promise] = {
    "not_collected": _("It was not collected in time."),
    "refused": _("It was refused."),
    "address": _("The address could not be found."),
    "recall": _("We asked for it back."),
    "payment": _("What was due on delivery was not paid."),
}

CANCELLED: dict[str, Said] = {
    "shop": Said(
        _("We had to cancel this order. We are sorry."),
        _MONEY_BACK,
    ),
    "shopper": Said(
        _("This order was cancelled as you asked."),
        _MONEY_BACK,
    ),
    "payment": Said(
        _("The payment did not go through, so the order was cancelled."),
        _("You have not been charged."),
    ),
}


def of_sub_status(sub_status: str) -> Said:
    """What a parcel's sub-status means; for a code without a meaning, that we have no words for it."""
    return SUB_STATUSES.get(SubStatus(sub_status), _UNREAD)


def of_state(state: str, cancel_reason: str = "") -> Said:
    """What an order's state means. Raises KeyError for a state that does not exist."""
    if state == "cancelled":
        return CANCELLED.get(cancel_reason, STATES["cancelled"])
    return STATES[state]
