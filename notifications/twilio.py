"""Handing a text to Twilio, and knowing what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from carriers.types import Secret
from notifications.types import DeliveryError

TIMEOUT_S = 10
SECRETS = (Secret("account_sid", "Account SID", hidden=False), Secret("auth_token", "Auth token"))
# Not a number, unsubscribed by STOP, not a mobile, no such region: https://www.twilio.com/docs/api/errors
DEAD_NUMBER = {21211, 21214, 21217, 21408, 21610, 21614, 63003, 63024}
TOO_MANY = 429
REAL = "https://api.twilio.com"


class _Line(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's own HTTP client, led to the simulator where there is one."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if settings.CARRIER_SIMULATOR_URL and url.startswith(REAL):
            url = f"{settings.CARRIER_SIMULATOR_URL}/twilio{url.removeprefix(REAL)}"
        return super().request(method, url, *args, **kwargs)


_http = _Line(timeout=TIMEOUT_S)


def send(secrets: Mapping[str, str], **fields: Any) -> str:
    """Hand a message to Twilio; return its SID. Raises DeliveryError, which says whether it may have gone out."""
    client = Client(secrets.get("account_sid", ""), secrets.get("auth_token", ""), http_client=_http)
    try:
        return str(client.messages.create(**fields).sid)
    except TwilioRestException as error:
        refused = 400 <= error.status < 500 and error.status != TOO_MANY
        raise DeliveryError(
            f"Twilio {error.code}: {error.msg}", permanent=refused, ambiguous=error.status >= 500
        ) from error
    except requests.exceptions.ConnectTimeout as error:
        raise DeliveryError("Twilio could not be reached.") from error
    except requests.exceptions.ReadTimeout as error:
        raise DeliveryError("Twilio did not answer in time.", ambiguous=True) from error
    except requests.exceptions.ConnectionError as error:
        # The line may have dropped before or after the request left: only a refused connection is sure.
        refused_line = "refused" in str(error).lower() or "Name or service" in str(error)
        raise DeliveryError("The line to Twilio dropped.", ambiguous=not refused_line) from error
    except requests.exceptions.RequestException as error:
        raise DeliveryError("Twilio answered with something else.", ambiguous=True) from error
