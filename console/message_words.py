"""What became of a message, and why there is one, in words."""

from __future__ import annotations

import re

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from notifications.twilio import MEANINGS as TWILIO

STATUSES: dict[str, Promise] = {
    "queued": gettext_lazy("Waiting to go out"),
    "held": gettext_lazy("Held back"),
    "sending": gettext_lazy("Going out"),
    "sent": gettext_lazy("Sent"),
    "delivered": gettext_lazy("Delivered"),
    "opened": gettext_lazy("Opened"),
    "clicked": gettext_lazy("Link followed"),
    "bounced": pgettext_lazy("message", "Came back"),
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
# What to know before one is sent again of which nobody knows whether it arrived.
CAUTION: dict[str, Promise] = {
    "email": gettext_lazy("We waited ten minutes for your mail provider to say something, and it did not."),
    "sms": gettext_lazy("If it arrived, the recipient gets it twice, and you pay for both."),
    "whatsapp": gettext_lazy("If it arrived, the recipient gets it twice, and you pay for both."),
}
HELD: dict[str, Promise] = {
    "unwanted": gettext_lazy("The shopper chose not to get this message."),
    "suppressed": gettext_lazy(
        "Nothing goes to this address: messages came back, or its owner wants none. See “Addresses we do not write to”."
    ),
    "holdout": gettext_lazy(
        "This shopper is of the share that gets only the essential messages, so that you see what the others are worth."
    ),
    "too_many": gettext_lazy("This shopper had as many messages today as your rules allow."),
    "rule": gettext_lazy("Another rule comes first here, and it says that nothing is sent."),
    "superseded": gettext_lazy(
        "The order had moved on before its hour came: a later message says where it is."
    ),
    "too_late": gettext_lazy("By the time it could go out it was no news any more."),
    "no_sender": gettext_lazy("The shop has no sender for this channel yet: set one up under Senders."),
    "erased": gettext_lazy("The customer’s data was erased before it went out."),
}
READ_BY: dict[tuple[str, str], Promise] = {
    ("opened", "human"): gettext_lazy("Opened by a person"),
    ("opened", "machine"): gettext_lazy(
        "Its pictures were fetched by a machine, as Apple Mail and virus scanners do"
    ),
    ("opened", "unknown"): gettext_lazy("Opened, by a person or a machine"),
    ("clicked", "human"): gettext_lazy("A link was followed by a person"),
    ("clicked", "machine"): gettext_lazy("Its links were followed by a machine, as virus scanners do"),
    ("clicked", "unknown"): gettext_lazy("A link was followed, by a person or a machine"),
}
RESENDABLE = ("failed", "unknown", "held", "bounced")


def status_words(status: str) -> str:
    return str(STATUSES[status])


def receipt_words(kind: str, reader: str = "") -> str:
    return str(READ_BY.get((kind, reader)) or RECEIPTS.get(kind) or kind)


def detail_words(detail: str) -> str:
    """What a provider said, or what its code means: `Twilio 30006`."""
    code = re.match(r"Twilio (\d{5})", detail)
    said = TWILIO.get(int(code[1])) if code else None
    return f"{said} ({detail[:12]})" if said else detail


def error_words(error: str) -> str:
    return detail_words(error)


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
