"""What is wrong with an order, and what the shop can do about it, said to whoever works on it. Data."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from carriers.types import Status, SubStatus

_S = SubStatus

# Where on the order's page the deed is done: the id of the form, and what the button says.
DEEDS: dict[str, Promise] = {
    "customer": _("Correct the address"),
    "ask": _("Ask the carrier now"),
    "parcel": _("Add a replacement parcel"),
    "number": _("Put in the right number"),
    "event": _("Record what you know"),
    "override": _("Set the state by hand"),
    "cancel": _("Cancel the order"),
}


@dataclass(frozen=True, slots=True)
class Advice:
    """`what` may name the carrier as %(carrier)s. `deeds`: codes of DEEDS, the first the likeliest."""

    what: Promise
    do: Promise
    deeds: tuple[str, ...] = ()
    tone: str = "bad"


_FIX_ADDRESS = _(
    "Check the address with the customer, correct it here and tell the carrier, or the parcel comes back."
)
_THEY_TRY_AGAIN = _(
    "The carrier usually tries again on the next working day. Tell the customer to be ready for it."
)
_SEND_AGAIN = _("Claim it from the carrier, and send the customer another parcel or the money.")
_CHECK_NUMBER = _(
    "Compare it with the label: remove the parcel and add it again with the right number and carrier."
)

SUB_STATUSES: dict[SubStatus, Advice] = {
    _S.PENDING_INVALID_NUMBER: Advice(
        _("%(carrier)s does not accept this tracking number"), _CHECK_NUMBER, ("number",)
    ),
    _S.PENDING_NEEDS_DATA: Advice(
        _("%(carrier)s wants more data before it tells where the parcel is"),
        _("Often it is the postal code: see that the address is complete, then ask again."),
        ("customer", "ask"),
        "warn",
    ),
    _S.PENDING_CARRIER_UNKNOWN: Advice(
        _("Nobody knows which carrier has the parcel"), _CHECK_NUMBER, ("number",), "warn"
    ),
    _S.NOT_COLLECTED: Advice(
        _("%(carrier)s has not collected the parcel"),
        _("Book another collection, or take the parcel to a drop-off point."),
        ("ask",),
        "warn",
    ),
    _S.CUSTOMS_INFO_REQUIRED: Advice(
        _("Customs asks for information"),
        _("Send the carrier the invoice and what is inside; the customer may have been asked as well."),
        ("ask",),
        "warn",
    ),
    _S.FAILED_NOT_HOME: Advice(_("%(carrier)s found nobody in"), _THEY_TRY_AGAIN, ("ask",), "warn"),
    _S.FAILED_BUSINESS_CLOSED: Advice(
        _("%(carrier)s found the business closed"), _THEY_TRY_AGAIN, ("ask",), "warn"
    ),
    _S.FAILED_ADDRESS: Advice(_("%(carrier)s could not find the address"), _FIX_ADDRESS, ("customer", "ask")),
    _S.FAILED_REFUSED: Advice(
        _("The parcel was refused at the door"),
        _("Ask the customer whether it was a mistake: otherwise it comes back."),
        ("ask", "cancel"),
    ),
    _S.FAILED_ACCESS: Advice(
        _("%(carrier)s could not get to the door"),
        _("Ask the customer for the gate code or the floor, add it to the address and tell the carrier."),
        ("customer", "ask"),
        "warn",
    ),
    _S.FAILED_PAYMENT: Advice(
        _("An amount was due on delivery and was not paid"), _THEY_TRY_AGAIN, ("ask",), "warn"
    ),
    _S.FAILED_ID_CHECK: Advice(
        _("The customer’s identity could not be checked"), _THEY_TRY_AGAIN, ("ask",), "warn"
    ),
    _S.FAILED_NO_TIME: Advice(
        _("%(carrier)s did not get to the customer that day"),
        _("Nothing to do but wait: it goes out again on the next working day."),
        ("ask",),
        "warn",
    ),
    _S.EXCEPTION_ADDRESS: Advice(
        _("%(carrier)s says the address is incomplete or wrong"), _FIX_ADDRESS, ("customer", "ask")
    ),
    _S.EXCEPTION_RECIPIENT: Advice(
        _("%(carrier)s does not find the name at the address"), _FIX_ADDRESS, ("customer", "ask")
    ),
    _S.EXCEPTION_REFUSED: Advice(
        _("The customer refused the parcel, says %(carrier)s"),
        _("Ask the customer whether it was a mistake: otherwise it comes back."),
        ("ask", "cancel"),
    ),
    _S.EXCEPTION_HELD: Advice(
        _("%(carrier)s is holding the parcel"),
        _("Call the carrier: only they can say what they are waiting for."),
        ("ask",),
    ),
    _S.EXCEPTION_PAYMENT: Advice(
        _("Duties or charges are due before the parcel goes on"),
        _(
            "See whether the customer or you have to pay them, and do it: the carrier keeps it only for some days."
        ),
        ("ask",),
    ),
    _S.EXCEPTION_PICKUP_MISSED: Advice(
        _("The parcel was not collected in time"),
        _("Ask the customer whether they still want it: it is about to come back."),
        ("ask", "parcel"),
    ),
    _S.EXCEPTION_REJECTED: Advice(
        _("%(carrier)s did not accept the parcel as it was packed"),
        _("Pack it as the carrier asks and send it again, with a new label if need be."),
        ("parcel", "ask"),
    ),
    _S.EXCEPTION_PROHIBITED: Advice(
        _("%(carrier)s may not carry what is inside"),
        _("Send it with a carrier that may, and tell the customer that it takes longer."),
        ("parcel",),
    ),
    _S.EXCEPTION_DAMAGED: Advice(_("The parcel was damaged on the way"), _SEND_AGAIN, ("parcel", "ask")),
    _S.EXCEPTION_INVESTIGATION: Advice(
        _("%(carrier)s has lost sight of the parcel and is looking for it"),
        _("Most turn up within some days. Tell the customer now, before they ask."),
        ("ask", "parcel"),
    ),
    _S.EXCEPTION_LOST: Advice(_("%(carrier)s has lost the parcel"), _SEND_AGAIN, ("parcel", "event")),
    _S.EXCEPTION_DESTROYED: Advice(_("The parcel was destroyed"), _SEND_AGAIN, ("parcel",)),
    _S.EXCEPTION_DISPUTED: Advice(
        _("%(carrier)s says delivered, the customer says it did not arrive"),
        _(
            "Ask the carrier for the proof of delivery, and the customer to look with neighbours and at reception."
        ),
        ("ask", "event"),
    ),
    _S.EXPIRED_AGED_OUT: Advice(
        _("The parcel is so old that it is no longer followed"),
        _("If you know how it ended, record it, and the order is closed."),
        ("event", "ask"),
        "warn",
    ),
}
STATUSES: dict[Status, Advice] = {
    Status.FAILED_ATTEMPT: Advice(
        _("%(carrier)s could not hand the parcel over"), _THEY_TRY_AGAIN, ("ask",), "warn"
    ),
    Status.EXCEPTION: Advice(
        _("%(carrier)s reports a problem and does not say which"),
        _("Read the carrier’s own words in the timeline, or call them."),
        ("ask",),
    ),
    Status.EXPIRED: Advice(
        _("%(carrier)s has been silent for a long time"),
        _("Ask the carrier what became of it. If nobody knows, treat it as lost."),
        ("ask", "event"),
        "warn",
    ),
    Status.RETURNING: Advice(
        _("The parcel is on its way back to you"),
        _("Agree with the customer on what happens next: another parcel, or the money."),
        ("parcel", "cancel"),
        "warn",
    ),
    Status.RETURNED: Advice(
        _("The parcel has come back to you"),
        _("Send it again, or give the money back and cancel the order."),
        ("parcel", "cancel"),
        "warn",
    ),
}

FALSE_DELIVERY = Advice(
    _("Reported delivered, and scanned elsewhere since"),
    _("The customer has not been told. Find out from the carrier where it is before anybody writes to them."),
    ("ask", "event"),
)
VOIDED_LABEL_USED = Advice(
    _("The parcel travels with a label that had been cancelled"),
    _("See that the carrier charges it, and that no second parcel is under way for the same order."),
    ("ask",),
    "warn",
)
CANCELLED_UNDER_WAY = Advice(
    _("The order is cancelled, and a parcel is under way"),
    _("Ask the carrier to stop it, or the customer to refuse it."),
    ("ask",),
)
SILENT = Advice(
    _("No scan in 48 hours"),
    _("Often a scan was only skipped. Ask the carrier, and tell the customer before they ask you."),
    ("ask",),
    "warn",
)
LATE = Advice(
    _("It is going to be late"),
    _("The day promised has passed, or the carrier says it will not be kept."),
    ("ask",),
    "warn",
)


def of_sub_status(sub_status: str) -> Advice | None:
    """None where nothing is wrong."""
    sub = SubStatus(sub_status)
    return SUB_STATUSES.get(sub) or STATUSES.get(sub.status)
