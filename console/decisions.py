"""Why a parcel stands where it stands: the fold's rules put into words. Data."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tracking.labels import status_label
from tracking.position import Decision, Flag, Kind, Why

WHY: dict[Why, Promise] = {
    Why.MOVED_ON: gettext_lazy("The ordinary next step."),
    Why.FIRST_SIGHT: gettext_lazy("The carrier knows of the parcel, but nobody has had it in hand yet."),
    Why.NEW_DAY: gettext_lazy("Another day of the same: it counts, and is told, anew."),
    Why.NEWS: gettext_lazy("The same status, but a detail the customer has to know."),
    Why.RETURNED_TO_DEPOT: gettext_lazy("Back from the van without a reason given: no alarm is raised."),
    Why.RECOVERED: gettext_lazy("It moves again: the problem before it is over."),
    Why.FOUND: gettext_lazy("It was given up for lost, and has been found."),
    Why.REVIVED: gettext_lazy("It had been given up, and was heard of again."),
    Why.VOIDED_LABEL_USED: gettext_lazy(
        "The label had been cancelled, and the parcel travels with it all the same."
    ),
    Why.RETURN_CANCELLED: gettext_lazy("The return was called off."),
    Why.RETURN_COMPLETED: gettext_lazy("A delivery at the end of a return is the sender’s: it is back."),
    Why.FALSE_DELIVERY: gettext_lazy("Scans over six hours and more refute the delivery before it."),
    Why.REOPENED: gettext_lazy("After the delivery it went back."),
    Why.DISPUTED: gettext_lazy("The customer says it did not arrive."),
    Why.BY_HAND: gettext_lazy("Somebody of the shop said so: that counts for more than scans."),
    Why.SAME_STATUS: gettext_lazy("Says more about where it is; the status stays."),
    Why.NOTE: gettext_lazy("True wherever the parcel is: it moves it nowhere."),
    Why.UNMAPPED: gettext_lazy("The carrier’s code has no meaning here yet, so it moves nothing."),
    Why.LESS_PRECISE: gettext_lazy("Says less than was known already."),
    Why.LATE_PREADVICE: gettext_lazy("An announcement that came after the parcel had been scanned."),
    Why.AFTER_DELIVERED: gettext_lazy("Came after the delivery; a single straggler does not undo it."),
    Why.AFTER_RETURNED: gettext_lazy("The parcel is back with the sender; only a person can change that."),
    Why.AFTER_CANCELLED: gettext_lazy("The label had been cancelled."),
    Why.AFTER_LOST: gettext_lazy("The carrier had given the parcel up."),
    Why.AFTER_EXPIRED: gettext_lazy("The parcel was no longer followed."),
    Why.RETURNING: gettext_lazy("A scan on the way back to the sender."),
    Why.NOTHING_TO_DISPUTE: gettext_lazy("No delivery had been reported that could be disputed."),
    Why.NOT_THEIRS_TO_SAY: gettext_lazy("The customer cannot decide this."),
    Why.STILL_HEARD: gettext_lazy("It had been heard of shortly before: it was not silent."),
}

FLAGS: dict[str, Promise] = {
    Flag.CLOCK_SUSPECT: gettext_lazy("The carrier’s clock ran ahead: the time we heard of it counts."),
    Flag.FALSE_DELIVERY: gettext_lazy("It was reported delivered, and then travelled on."),
    Flag.REVIVED: gettext_lazy("It had been given up, and was heard of again."),
    Flag.REOPENED: gettext_lazy("It went back after it had been delivered."),
    Flag.RETURNED_TO_DEPOT: gettext_lazy("It came back to the depot from the van."),
    Flag.VOIDED_LABEL_USED: gettext_lazy("It travels with a label that had been cancelled."),
    Flag.DISPUTED: gettext_lazy("The customer says it did not arrive."),
    Flag.LOST_ON_RETURN: gettext_lazy("It was lost on its way back."),
}


def outcome(decision: Decision) -> str:
    """What the event did."""
    if decision.kind is Kind.KEPT:
        return _("Kept in the timeline only")
    after = status_label(decision.after)
    if decision.kind is Kind.MOVED:
        return _("Moved it to “%(status)s”") % {"status": after}
    return _("Stays “%(status)s”") % {"status": after}


def reason(decision: Decision) -> str:
    """By which rule."""
    return str(WHY[decision.why])


def flag_words(flags: list[str]) -> list[str]:
    return [str(FLAGS[flag]) for flag in flags if flag in FLAGS]
