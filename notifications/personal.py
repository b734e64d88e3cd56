"""What notifications keeps about a person: messages, choices, addresses given for one order."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from notifications.models import Consent, Follower, Message, Phone, Preference, PushSubscription, Receipt
from tracking.holdings import Part, Row
from tracking.services.personal import read


def _message_rows(shop_id: int, order_id: int) -> list[Row]:
    messages = Message.objects.for_shop(shop_id).filter(order_id=order_id)
    names = ("created_at", "sent_at", "channel", "recipient", "state", "subject", "text", "status")
    # Ids are random: in the order they were made, not in theirs.
    return sorted(read(messages, *names), key=lambda row: str(row["created_at"]))


def _erase_messages(shop_id: int, ids: Sequence[int]) -> None:
    """What has not gone out does not any more."""
    messages = Message.objects.for_shop(shop_id).filter(order_id__in=ids)
    Receipt.objects.for_shop(shop_id).filter(message__in=messages).exclude(detail="").update(detail="")
    messages.filter(status="queued").update(status="held", held_because="erased", next_at=None)
    messages.update(recipient="", subject="", text="", body=b"", layout_id=None, error="", provider_id="")


def _choice_rows(shop_id: int, order_id: int) -> list[Row]:
    def of(model: type, *names: str) -> list[Row]:
        return read(model.objects.for_shop(shop_id).filter(order_id=order_id), *names)  # type: ignore[attr-defined]

    return [
        *of(Preference, "channel", "state", "wanted", "changed_at"),
        *of(Consent, "at", "channel", "means", "address", "shown", "choices"),
        *of(Follower, "email", "asked_at", "confirmed_at", "stopped_at"),
        *of(Phone, "number", "sent_at", "confirmed_at"),
        *of(PushSubscription, "created_at", "language"),
    ]


def _erase_choices(shop_id: int, ids: Sequence[int]) -> None:
    for model in (Preference, Follower, Phone, PushSubscription):
        model.objects.for_shop(shop_id).filter(order_id__in=ids).delete()


PARTS = (
    Part(
        "sent", _("Messages we sent you"), _message_rows, _erase_messages,
        stays=_("That and when we wrote stays, without words or address."),
    ),
    Part(
        "choices", _("How you chose to be told"), _choice_rows, _erase_choices,
        stays=_("A hash of your address stays, so that whoever said no is not written to again."),
    ),
)  # fmt: skip
