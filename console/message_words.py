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
}
RESENDABLE = ("failed", "unknown", "held", "bounced")


def status_words(status: str) -> str:
    return str(STATUSES[status])


def receipt_words(kind: str) -> str:
    return str(RECEIPTS.get(kind, kind))


def why_words(why: str) -> str:
    """`rule:delivered`, `test by user:3`, as they are kept."""
    return _("Test") if why.startswith("test") else _("Notification")
