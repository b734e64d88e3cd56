"""What became of a message, and why there is one, in words."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

STATUSES: dict[str, Promise] = {
    "queued": gettext_lazy("Waiting to go out"),
    "held": gettext_lazy("Held back"),
    "sending": gettext_lazy("Going out"),
    "sent": gettext_lazy("Sent"),
    "delivered": gettext_lazy("Delivered"),
    "opened": gettext_lazy("Opened"),
    "clicked": gettext_lazy("Link followed"),
    "bounced": gettext_lazy("Came back"),
    "failed": gettext_lazy("Not sent"),
    "unknown": gettext_lazy("Not known"),
}
RECEIPTS: dict[str, Promise] = {
    "sent": gettext_lazy("The provider sent it on"),
    "delivered": gettext_lazy("Delivered"),
    "read": gettext_lazy("Read"),
    "opened": gettext_lazy("Opened"),
    "clicked": gettext_lazy("A link was followed"),
    "bounced": gettext_lazy("It came back"),
    "failed": gettext_lazy("It could not be delivered"),
    "complained": gettext_lazy("Marked as spam by the recipient"),
}
MEANINGS: dict[str, Promise] = {
    "unknown": gettext_lazy(
        "The connection broke while it was handed over: it may have arrived, or not. It is not sent twice by itself."
    ),
    "held": gettext_lazy("It was kept back, and does not go out by itself."),
    "bounced": gettext_lazy("The address did not take it. Check it with the customer before you send again."),
    "failed": gettext_lazy("It did not go out, and is not tried again by itself."),
}
HELD: dict[str, Promise] = {
    "too_many": gettext_lazy("This order had too many messages in one day."),
    "no_sender": gettext_lazy("The shop has no sender for this channel yet: set one up under Notifications."),
    "unwanted": gettext_lazy("The shopper chose not to get this message."),
}
RESENDABLE = ("failed", "unknown", "held", "bounced")


def status_words(status: str) -> str:
    return str(STATUSES[status])


def receipt_words(kind: str) -> str:
    return str(RECEIPTS.get(kind, kind))


NOTICES: dict[str, Promise] = {
    "code": gettext_lazy("Code to confirm who it is"),
    "ticket_opened": gettext_lazy("A shopper wrote"),
    "ticket_answered": gettext_lazy("Answer to a shopper"),
    "ticket_closed": gettext_lazy("Conversation settled"),
    "change_asked": gettext_lazy("A change is asked for"),
    "change_sent": gettext_lazy("Change passed on"),
    "change_accepted": gettext_lazy("Change confirmed"),
    "change_refused": gettext_lazy("Change refused"),
    "change_too_late": gettext_lazy("Change came too late"),
    "depot_note": gettext_lazy("Note to the carrier’s depot"),
    "recipient_asked": gettext_lazy("Invitation to follow an order"),
    "invoice_asked": gettext_lazy("An invoice is asked for"),
    "invoice_ready": gettext_lazy("Invoice is ready"),
    "unhappy": gettext_lazy("A shopper is not happy"),
}


def why_words(why: str) -> str:
    """`rule:delivered`, `test by user:3`, `notice:code`, as they are kept."""
    if why.startswith("test"):
        return _("Test")
    if why.startswith("notice"):
        return _("Asked for")
    return _("Chosen by the shopper") if why.startswith("choice") else _("Notification")
