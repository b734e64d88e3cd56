"""SMS, through Twilio."""

from __future__ import annotations

from collections.abc import Mapping

from notifications import twilio
from notifications.types import Channel, Outgoing


def deliver(message: Outgoing, secrets: Mapping[str, str]) -> str:
    """Hand `message` to Twilio; return its SID. Raises DeliveryError when Twilio says no."""
    # One no-break space turns GSM-7 into UCS-2: 70 characters a segment instead of 160.
    text = message.text.replace("\xa0", " ").replace("\u202f", " ")
    return twilio.send(
        secrets, to=message.to, sender=message.sender, body=text, status_callback=message.receipt_url or None
    )


CHANNEL = Channel(code="sms", name="SMS", deliver=deliver, secrets=twilio.SECRETS, paid=True)
