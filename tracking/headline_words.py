"""Where a parcel is, and what stands in its way, in one line each. Data: `headlines` chooses among them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.types import Status, SubStatus
from tracking.states import OrderState

_S = SubStatus
_O = OrderState

BEFORE_THE_CARRIER: dict[str, Promise] = {
    _O.RECEIVED: _("We have your order"),
    _O.AWAITING_PAYMENT: _("Waiting for your payment"),
    _O.ROUTED: _("Your order is being prepared"),
    _O.TO_PREPARE: _("Your order is next to be prepared"),
    _O.PREPARING: _("We are preparing your order"),
}

# Of a parcel nobody has scanned yet.
NOT_SCANNED: dict[SubStatus, Promise] = {
    _S.PENDING_INVALID_NUMBER: _("We are checking the tracking number"),
    _S.PENDING_NEEDS_DATA: _("The carrier needs more details from us"),
    _S.PICKUP_SCHEDULED: _("The carrier is coming to collect it"),
}
PACKED = _("Packed, and waiting for the carrier")

# What stands in the way, where it is one parcel's trouble.
TROUBLE: dict[SubStatus, Promise] = {
    _S.NOT_COLLECTED: _("Packed, but not yet collected"),
    _S.CUSTOMS_INFO_REQUIRED: _("Customs needs something from you"),
    _S.FAILED_NOT_HOME: _("The driver came, and nobody was in"),
    _S.FAILED_BUSINESS_CLOSED: _("The driver came, and it was closed"),
    _S.FAILED_ADDRESS: _("The driver could not find the address"),
    _S.FAILED_REFUSED: _("The parcel was refused at the door"),
    _S.FAILED_ACCESS: _("The driver could not get to the door"),
    _S.FAILED_PAYMENT: _("Payment was due on delivery"),
    _S.FAILED_ID_CHECK: _("The driver could not check who you are"),
    _S.FAILED_NO_TIME: _("The driver did not get to you"),
    _S.EXCEPTION_ADDRESS: _("The address needs a correction"),
    _S.EXCEPTION_RECIPIENT: _("Your name was not found at the address"),
    _S.EXCEPTION_REFUSED: _("The carrier says it was refused"),
    _S.EXCEPTION_HELD: _("The carrier is holding your parcel"),
    _S.EXCEPTION_PAYMENT: _("Charges are due before it can go on"),
    _S.EXCEPTION_PICKUP_MISSED: _("It was not collected in time"),
    _S.EXCEPTION_REJECTED: _("The carrier did not accept the parcel"),
    _S.EXCEPTION_PROHIBITED: _("The carrier may not carry what is inside"),
    _S.EXCEPTION_DAMAGED: _("Your parcel was damaged on the way"),
    _S.EXCEPTION_INVESTIGATION: _("The carrier is looking for your parcel"),
    _S.EXCEPTION_LOST: _("Your parcel was lost"),
    _S.EXCEPTION_DESTROYED: _("Your parcel was destroyed"),
    _S.EXCEPTION_DISPUTED: _("We are looking into your delivery"),
    _S.EXPIRED_AGED_OUT: _("This parcel is no longer followed"),
}
TROUBLE_OF: dict[Status, Promise] = {
    Status.FAILED_ATTEMPT: _("The delivery could not be made"),
    Status.EXCEPTION: _("There is a problem with the delivery"),
    Status.EXPIRED: _("The carrier has gone silent"),
}

# Where it is, for when nobody can say when it comes.
ON_ITS_WAY = _("On its way to you")
ON_THE_WAY: dict[SubStatus, Promise] = {
    _S.PICKED_UP: _("The carrier has your parcel"),
    _S.ARRIVED_FACILITY: _("On its way: at a sorting centre"),
    _S.IN_SORTING: _("On its way: being sorted"),
    _S.DEPARTED_COUNTRY: _("On its way from abroad"),
    _S.ARRIVED_COUNTRY: _("It has reached your country"),
    _S.CUSTOMS_PROCESSING: _("Going through customs"),
    _S.CUSTOMS_CLEARED: _("Through customs, and on its way"),
    _S.HANDED_TO_LAST_MILE: _("With the carrier near you"),
    _S.AT_DELIVERY_DEPOT: _("Near you, and soon with a driver"),
    _S.DELIVERY_RESCHEDULED: _("The delivery was moved to another day"),
    _S.REDIRECTED: _("On its way to another place"),
    _S.ADDRESS_CORRECTED: _("Address corrected, and on its way"),
    _S.PROBLEM_RESOLVED: _("Problem solved, and on its way again"),
    _S.RETURN_CANCELLED: _("On its way to you again"),
}
DELAYED = _("Delayed, but on its way")
DELAYED_BY: dict[SubStatus, Promise] = {
    _S.DELAYED_WEATHER: _("Held up by bad weather"),
    _S.DELAYED_CUSTOMS: _("Held up at customs"),
}
WITH_THE_DRIVER: dict[SubStatus, Promise] = {
    _S.APPOINTMENT_SET: _("A time for the delivery is agreed"),
    _S.RECIPIENT_CONTACTED: _("The carrier has contacted you"),
}
NEXT_STOP = _("You are the driver's next stop")

# Where it waits, for when the name of the place is not known.
WAITING: dict[SubStatus, Promise] = {
    _S.PICKUP_LOCKER: _("It waits for you in a locker"),
    _S.PICKUP_DEPOT: _("It waits for you at the carrier's depot"),
    _S.PICKUP_STORE: _("It waits for you in our store"),
    _S.PICKUP_EXPIRING: _("Last days to collect it"),
}
LAST_DAY = _("Today is the last day to collect it")

# Today, yesterday, another day: many languages need another word before the day.
Days = tuple[Promise, Promise, Promise]
DELIVERED: Days = (
    _("Delivered today at %(hour)s"),
    _("Delivered yesterday at %(hour)s"),
    _("Delivered on %(day)s"),
)
DELIVERED_AS: dict[SubStatus, Days] = {
    _S.DELIVERED_COLLECTED: (
        _("Collected today at %(hour)s"),
        _("Collected yesterday at %(hour)s"),
        _("Collected on %(day)s"),
    ),
    _S.DELIVERED_NEIGHBOUR: (
        _("Left with a neighbour today at %(hour)s"),
        _("Left with a neighbour yesterday at %(hour)s"),
        _("Left with a neighbour on %(day)s"),
    ),
    _S.DELIVERED_SAFE_PLACE: (
        _("Left in a safe place today at %(hour)s"),
        _("Left in a safe place yesterday at %(hour)s"),
        _("Left in a safe place on %(day)s"),
    ),
    _S.DELIVERED_MAILBOX: (
        _("Put in your mailbox today at %(hour)s"),
        _("Put in your mailbox yesterday at %(hour)s"),
        _("Put in your mailbox on %(day)s"),
    ),
    _S.DELIVERED_RECEPTION: (
        _("Left at reception today at %(hour)s"),
        _("Left at reception yesterday at %(hour)s"),
        _("Left at reception on %(day)s"),
    ),
}
# Today, tomorrow, another day.
ARRIVES: Days = (_("Arrives today"), _("Arrives tomorrow"), _("Arrives on %(day)s"))
NOW_ARRIVES: Days = (
    _("Delayed: now arrives today"),
    _("Delayed: now arrives tomorrow"),
    _("Delayed: now arrives on %(day)s"),
)
BETWEEN: Days = (
    _("Arrives today, between %(from)s and %(to)s"),
    _("Arrives tomorrow, between %(from)s and %(to)s"),
    _("Arrives on %(day)s, between %(from)s and %(to)s"),
)
