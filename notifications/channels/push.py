"""Web push: to a browser that asked for it, through its maker's push service. RFC 8030, 8291, 8292."""

from __future__ import annotations

import json
from collections.abc import Mapping

import requests
from django.conf import settings

from notifications import open_web
from notifications.push_crypto import Keys, authorization, encrypted
from notifications.types import Channel, DeliveryError, Outgoing

LASTS_S = 24 * 3600  # news of a parcel is old after a day
TIMEOUT_S = 10
GONE = (404, 410)  # the browser took its permission back, or is no more


def deliver(message: Outgoing, secrets: Mapping[str, str]) -> str:
    """Hand `message` to the browser's push service; return what it calls it. Raises DeliveryError.

    `secrets`: endpoint, p256dh and auth of the browser. The payload says the headline and the address to open.
    """
    endpoint = secrets["endpoint"]
    said = {
        "title": message.subject,
        "body": message.text,
        "url": message.metadata.get("url", ""),
        "tag": message.metadata.get("tag", ""),
    }
    try:
        keys = Keys.read(p256dh=secrets["p256dh"], auth=secrets["auth"])
        body = encrypted(json.dumps(said).encode(), keys)
    except ValueError as error:
        raise DeliveryError("The browser's keys cannot be read.", permanent=True, gone=True) from error
    headers = {
        "Authorization": authorization(
            endpoint, private=settings.VAPID_PRIVATE_KEY, subject=settings.VAPID_SUBJECT
        ),
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(LASTS_S),
        "Urgency": "normal",
        "Topic": message.id.replace("-", "")[:32],
    }
    answer = _post(endpoint, body, headers)
    if answer.status_code in GONE:
        raise DeliveryError("The browser no longer listens.", permanent=True, gone=True)
    if not 200 <= answer.status_code < 300:
        raise DeliveryError(
            f"The push service answered {answer.status_code}.",
            permanent=300 <= answer.status_code < 500 and answer.status_code != 429,
        )
    return answer.headers.get("Location", "")[-120:]


def _post(endpoint: str, body: bytes, headers: Mapping[str, str]) -> requests.Response:
    try:
        return open_web.post(endpoint, body=body, headers=headers, timeout_s=TIMEOUT_S)
    except open_web.NotPublicError as error:
        raise DeliveryError(
            "The push service's address is not one of the open web.", permanent=True
        ) from error
    except requests.exceptions.ConnectTimeout as error:
        raise DeliveryError("The push service could not be reached.") from error
    except requests.exceptions.RequestException as error:
        # A topic makes a second one take the place of the first.
        raise DeliveryError("The line to the push service dropped.", ambiguous=True) from error


CHANNEL = Channel(code="push", name="Push", deliver=deliver, address="browser", repeatable=True, worded=False)
