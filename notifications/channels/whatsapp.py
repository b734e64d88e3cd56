"""WhatsApp, through Twilio. A business may begin a conversation only with a template WhatsApp approved."""

from __future__ import annotations

import json
from collections.abc import Mapping

from notifications import twilio
from notifications.types import Channel, Outgoing


def deliver(message: Outgoing, secrets: Mapping[str, str]) -> str:
    """Hand `message` to Twilio; return its SID. Raises DeliveryError when Twilio says no.

    With a template its variables are sent; without one, the text: Twilio takes it within 24 h of the shopper's
    last message, and in its sandbox.
    """
    addresses = {"to": f"whatsapp:{message.to}", "sender": f"whatsapp:{message.sender}"}
    receipt = message.receipt_url or None
    if message.template:
        return twilio.send(
            secrets,
            **addresses,
            content_sid=message.template,
            content_variables=json.dumps(dict(message.variables)),
            status_callback=receipt,
        )
    return twilio.send(secrets, **addresses, body=message.text, status_callback=receipt)


CHANNEL = Channel(code="whatsapp", name="WhatsApp", deliver=deliver, secrets=twilio.SECRETS, paid=True)
