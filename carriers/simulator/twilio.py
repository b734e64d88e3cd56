"""Twilio's message endpoint, as its server speaks: what it takes, refuses and signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import parse_qsl

from carriers.simulator.loopback import NotLoopbackError, checked
from carriers.simulator.state import Message
from carriers.simulator.wire.contract import Ask, Reply, basic_auth, is_refused, json_reply
from carriers.simulator.world import World
from carriers.types import Json

API_VERSION = "2010-04-01"
WHATSAPP = "whatsapp:"
MAX_CHARACTERS = 1600
_PATH = re.compile(
    rf"/{API_VERSION}/Accounts/(?P<account>AC[0-9a-zA-Z]{{4,32}})/Messages(?:/(?P<sid>SM\w+))?\.json"
)
_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_SENDER = re.compile(r"\+[1-9]\d{6,14}|[A-Za-z0-9 ]{1,11}|\d{3,6}")
# Twilio's own magic numbers: https://www.twilio.com/docs/iam/test-credentials
_BAD_RECIPIENTS = {
    "+15005550001": (21211, "The 'To' number {to} is not a valid phone number."),
    "+15005550002": (21612, "Cannot route to the 'To' number {to}."),
    "+15005550003": (21408, "Permission to send to the region of the 'To' number has not been enabled."),
    "+15005550004": (21610, "The recipient {to} has unsubscribed."),
    "+15005550009": (21614, "The 'To' number {to} is not a mobile number."),
}
_BAD_SENDERS = {
    "+15005550001": (21212, "The 'From' number {sender} is not a valid phone number."),
    "+15005550007": (21606, "The 'From' number {sender} is not owned by your account."),
    "+15005550008": (21611, "The 'From' number {sender} has an SMS queue that is full."),
}
# Accepted, but not delivered: the error is what the number ends in.
_FATES = {
    30003: "undelivered",  # handset off
    30005: "undelivered",  # no such handset
    30006: "undelivered",  # landline
    30007: "undelivered",  # filtered as spam
    63016: "failed",  # WhatsApp: outside the window, no template
}
_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWICE = frozenset("^{}\\[~]|€\f")


class RefusedError(Exception):
    """Twilio turns the request down, with one of its codes."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code, self.text, self.status = code, text, status


def answer(ask: Ask, world: World, receipt_after_s: float = 0) -> Reply:
    """Take a message (its first receipt is due after `receipt_after_s`) or show one."""
    match = _PATH.fullmatch(ask.path)
    try:
        if match is None:
            raise RefusedError(20404, "The requested resource was not found.", 404)
        account = match["account"]
        user, token = basic_auth(ask)
        if is_refused(token) or (user != account and not user.startswith("SK")):
            raise RefusedError(20003, "Authenticate", 401)
        if match["sid"] and ask.method == "GET":
            kept = world.store.message(match["sid"])
            if kept is None or kept.account != account:
                raise RefusedError(20404, f"The message {match['sid']} was not found.", 404)
            return json_reply(_document(kept))
        if match["sid"] or ask.method != "POST":
            raise RefusedError(20004, "Method not allowed", 405)
        message = _taken(_form(ask), account, token, world, receipt_after_s)
    except RefusedError as refused:
        return _problem(refused.code, refused.text, refused.status)
    world.store.save_message(message)
    return json_reply(_document(message), 201)


def refuse(status: int) -> Reply:
    if status == 429:
        return _problem(20429, "Too Many Requests", 429)
    return _problem(20500, "An internal server error has occurred", status)


def stages(message: Message) -> tuple[str, ...]:
    """The statuses the message goes through, one receipt each."""
    fate = _FATES.get(_fate_code(message.recipient))
    if fate == "failed":
        return "queued", "failed"
    if fate is not None:
        return "queued", "sent", fate
    if message.recipient.startswith(WHATSAPP):
        return "queued", "sent", "delivered", "read"
    return "queued", "sent", "delivered"


def error_code(message: Message, status: str) -> int | None:
    return _fate_code(message.recipient) if status in ("failed", "undelivered") else None


def receipt(message: Message, status: str) -> dict[str, str]:
    """The form Twilio posts to StatusCallback."""
    form = {
        "AccountSid": message.account,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "To": message.recipient,
    }
    code = error_code(message, status)
    if code is not None:
        form["ErrorCode"] = str(code)
    if message.recipient.startswith(WHATSAPP):
        form |= {
            "ChannelPrefix": "whatsapp",
            "ChannelToAddress": message.recipient.removeprefix(WHATSAPP),
            "EventType": status.upper(),
        }
    elif status == "delivered":
        form["RawDlrDoneDate"] = f"{datetime.fromtimestamp(message.updated_at, UTC):%y%m%d%H%M}"
    return form


def signature(url: str, form: Mapping[str, str], token: str) -> str:
    """X-Twilio-Signature: https://www.twilio.com/docs/usage/security#validating-requests"""
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def segments(text: str) -> int:
    """How many SMS the text takes: 160 GSM-7 characters or 70 others in one, 153 or 67 in each of several."""
    if set(text) <= _GSM7 | _GSM7_TWICE:
        length, alone, each = sum(2 if c in _GSM7_TWICE else 1 for c in text), 160, 153
    else:
        length, alone, each = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= alone else -(-length // each)


def _problem(code: int, text: str, status: int) -> Reply:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return json_reply({"code": code, "message": text, "more_info": more, "status": status}, status)


def _form(ask: Ask) -> dict[str, str]:
    return dict(parse_qsl(ask.body.decode("utf-8", "replace"), keep_blank_values=True))


def _fate_code(recipient: str) -> int:
    return int(recipient[-5:])


def _taken(
    form: Mapping[str, str], account: str, token: str, world: World, receipt_after_s: float
) -> Message:
    """The message as kept. Raises RefusedError where Twilio would turn it down."""
    recipient, callback = form.get("To", ""), form.get("StatusCallback", "")
    sender = form.get("From") or form.get("MessagingServiceSid", "")
    _check_addresses(sender, recipient)
    body = _body(form, world)
    if len(body) > MAX_CHARACTERS:
        raise RefusedError(21617, f"The message body exceeds the {MAX_CHARACTERS} character limit.")
    try:
        if callback:
            checked(callback)
    except NotLoopbackError as error:
        raise RefusedError(21609, f"The 'StatusCallback' URL is not valid here: {error}") from error
    now = world.now().timestamp()
    return Message(
        sid=f"SM{secrets.token_hex(16)}",
        account=account,
        token=token,
        sender=sender,
        recipient=recipient,
        body=body,
        callback=callback,
        created_at=now,
        updated_at=now,
        due_at=now + receipt_after_s,
    )


def _check_addresses(sender: str, recipient: str) -> None:
    if not recipient:
        raise RefusedError(21604, "A 'To' phone number is required.")
    if not sender:
        raise RefusedError(21603, "A 'From' phone number is required.")
    if sender.startswith(WHATSAPP) != recipient.startswith(WHATSAPP) and not sender.startswith("MG"):
        raise RefusedError(21910, "'From' and 'To' must be of the same channel.")
    to, own = recipient.removeprefix(WHATSAPP), sender.removeprefix(WHATSAPP)
    code, text = _BAD_RECIPIENTS.get(to, (0, ""))
    if code:
        raise RefusedError(code, text.format(to=to))
    if not _NUMBER.fullmatch(to):
        raise RefusedError(21211, f"The 'To' number {to} is not a valid phone number.")
    code, text = _BAD_SENDERS.get(own, (0, ""))
    if code:
        raise RefusedError(code, text.format(sender=own))
    if not own.startswith("MG") and not _SENDER.fullmatch(own):
        raise RefusedError(21212, f"The 'From' number {own} is not a valid phone number.")


def _body(form: Mapping[str, str], world: World) -> str:
    """The text: as given, or from a content template with its {{1}}, {{2}}… filled in."""
    content_sid = form.get("ContentSid", "")
    if not content_sid:
        if not form.get("Body") and not form.get("MediaUrl"):
            raise RefusedError(21602, "A message body is required.")
        return form.get("Body", "")
    try:
        variables: Json = json.loads(form.get("ContentVariables") or "{}")
        given = {str(name): str(value) for name, value in variables.items()}
    except (ValueError, AttributeError):
        raise RefusedError(21656, "The ContentVariables parameter is invalid.") from None
    template = world.store.content(content_sid)
    if template is None:
        return "\n".join(given.values()) or f"[template {content_sid}]"
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda match: given.get(match[1], match[0]), template)


def _document(message: Message) -> Json:
    uri = f"/{API_VERSION}/Accounts/{message.account}/Messages/{message.sid}"
    is_service = message.sender.startswith("MG")
    sent = message.status not in ("queued", "failed")
    return {
        "account_sid": message.account,
        "api_version": API_VERSION,
        "body": message.body,
        "date_created": _rfc2822(message.created_at),
        "date_sent": _rfc2822(message.updated_at) if sent else None,
        "date_updated": _rfc2822(message.updated_at),
        "direction": "outbound-api",
        "error_code": message.error_code,
        "error_message": None,
        "from": None if is_service else message.sender,
        "messaging_service_sid": message.sender if is_service else None,
        "num_media": "0",
        "num_segments": str(segments(message.body)),
        "price": None,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message.recipient,
        "uri": f"{uri}.json",
    }


def _rfc2822(at: float) -> str:
    return format_datetime(datetime.fromtimestamp(int(at), UTC))
