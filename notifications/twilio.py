"""Handing a text to Twilio, and knowing what its answers mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import requests
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from carriers.types import Secret
from notifications.types import DeliveryError

TIMEOUT_S = 10
SECRETS = (Secret("account_sid", "Account SID", hidden=False), Secret("auth_token", "Auth token"))
# Who is at this number wants no more; or nobody is, or it takes no texts: https://www.twilio.com/docs/api/errors
STOPPED = {21610, 63032, 63033}
DEAD_NUMBER = {21211, 21214, 21217, 21614, 30005, 30006, 63003, 63024}
TOO_MANY = 429
REAL = "https://api.twilio.com"
# What a person can do about it. Others are said in Twilio's own words.
MEANINGS: Mapping[int, str | Promise] = {
    20003: _("Twilio does not take the account’s SID and token. Check them on the Senders page."),
    21211: _("This is no phone number."),
    21408: _(
        "The Twilio account may not send to this country. Switch it on in Twilio, under “Geo permissions”."
    ),
    21606: _("The sender is not a number of this Twilio account."),
    21610: _("The recipient answered STOP. Twilio sends nothing more until they answer START."),
    21612: _("This sender cannot write to this country."),
    21614: _("This number is not a mobile phone."),
    30003: _("The phone was off, or out of reach, for too long."),
    30004: _("The recipient or the network blocks these messages."),
    30005: _("There is no such number, or it is not in use."),
    30006: _("This is a landline: it takes no text messages."),
    30007: _("The network took it for spam."),
    30008: _("The network did not say why."),
    30034: _("The number is not registered for business messages in the United States."),
    63001: _("WhatsApp does not take the sender’s credentials."),
    63003: _("This number is not on WhatsApp."),
    63007: _("The sender is not registered for WhatsApp at Twilio."),
    63016: _(
        "More than 24 hours after the recipient’s last message, WhatsApp takes only approved templates: choose one."
    ),
    63018: _("WhatsApp’s limit for this sender is reached."),
    63024: _("WhatsApp does not deliver to this number."),
    63027: _("There is no approved template of this name in this language."),
    63028: _("The template wants more, or fewer, variables than it was given."),
    63032: _("WhatsApp’s user does not want messages of this kind."),
    63033: _("The recipient blocks this sender."),
    63049: _("WhatsApp kept it back, as it does with many marketing messages."),
}


class _Line(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's own HTTP client, led to the simulator where there is one."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        if settings.CARRIER_SIMULATOR_URL and url.startswith(REAL):
            url = f"{settings.CARRIER_SIMULATOR_URL}/twilio{url.removeprefix(REAL)}"
        return super().request(method, url, *args, **kwargs)


_http = _Line(timeout=TIMEOUT_S)


def send(secrets: Mapping[str, str], *, sender: str, **fields: Any) -> str:
    """Hand a message to Twilio; return its SID. Raises DeliveryError, which says whether it may have gone out.

    `sender`: a number, a name, or the SID of a messaging service.
    """
    client = Client(secrets.get("account_sid", ""), secrets.get("auth_token", ""), http_client=_http)
    of_service = sender.removeprefix("whatsapp:")
    from_ = {"messaging_service_sid": of_service} if of_service.startswith("MG") else {"from_": sender}
    try:
        return str(client.messages.create(**from_, **fields).sid)
    except TwilioRestException as error:
        raise _refused(error) from error
    except requests.exceptions.ConnectTimeout as error:
        raise DeliveryError("Twilio could not be reached.", down=True) from error
    except requests.exceptions.ReadTimeout as error:
        raise DeliveryError("Twilio did not answer in time.", ambiguous=True) from error
    except requests.exceptions.ConnectionError as error:
        # The line may have dropped before or after the request left: only a refused connection is sure.
        refused_line = "refused" in str(error).lower() or "Name or service" in str(error)
        raise DeliveryError(
            "The line to Twilio dropped.", ambiguous=not refused_line, down=refused_line
        ) from error
    except requests.exceptions.RequestException as error:
        raise DeliveryError("Twilio answered with something else.", ambiguous=True) from error


def _refused(error: TwilioRestException) -> DeliveryError:
    """A wrong token may be put right within hours; what else is refused stays refused."""
    permanent = 400 <= error.status < 500 and error.status not in (401, TOO_MANY)
    return DeliveryError(
        f"Twilio {error.code}: {error.msg}",
        permanent=permanent,
        ambiguous=error.status >= 500,
        down=error.status in (401, TOO_MANY),
        suppresses=suppresses(error.code),
    )


def suppresses(code: int | None) -> str:
    """Why nothing goes to a number any more after this error (Suppression.why); empty where it says nothing of that."""
    return "stopped" if code in STOPPED else "dead" if code in DEAD_NUMBER else ""
