"""A number for an order that came without one: used once a code sent there was said."""

from __future__ import annotations

import re
import secrets
from datetime import datetime, timedelta
from enum import Enum

import phonenumbers
from django.db.models import F
from django.utils.crypto import constant_time_compare

from notifications.models import Phone
from notifications.services.choosing import witness
from tenants.vault import digest, page_token
from tracking.models import Order
from tracking.services.notices import tell

NUMBER = re.compile(r"\+[1-9]\d{7,14}")
LASTS = timedelta(minutes=10)
MOST_TRIES = 5  # wrong ones, of one code
MOST_CODES = 4  # an order, ever: each costs the shop money


class Outcome(Enum):
    SENT = "sent"
    NO_NUMBER = "no_number"
    TOO_MANY = "too_many"


def normalised(said: str, country: str) -> str:
    """E.164; without a prefix, as it is dialled in `country`. Empty where it is no number."""
    try:
        number = phonenumbers.parse(said, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(number):
        return ""
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def send_code(*, order: Order, number: str, language: str, now: datetime) -> Outcome:
    """Send a code to `number`; the one before it no longer counts. Runs in the shop's context."""
    if not NUMBER.fullmatch(number):
        return Outcome.NO_NUMBER
    Order.objects.for_shop(order.shop_id).select_for_update().get(pk=order.pk)  # one at a time
    before = Phone.objects.for_shop(order.shop_id).filter(order=order).first()
    sent = before.sent if before else 0
    if sent >= MOST_CODES:
        return Outcome.TOO_MANY
    code = f"{secrets.randbelow(10**6):06d}"
    Phone.objects.update_or_create(
        shop_id=order.shop_id,
        order=order,
        defaults={
            "number": number, "code_hash": _hash(order, code), "sent_at": now, "expires_at": now + LASTS,
            "sent": sent + 1, "tries": 0, "confirmed_at": None,
        },
    )  # fmt: skip
    tell(
        order=order,
        kind="code",
        key=f"phone:{order.pk}:{sent + 1}",
        channel="sms",
        recipient=number,
        language=language,
        about={"minutes": str(int(LASTS.total_seconds() // 60))},
        secret={"code": code},
    )
    return Outcome.SENT


def confirm(*, order: Order, said: str, words: str, language: str, now: datetime) -> bool:
    """Whether `said` is the code sent last. Counts the try. Runs in the shop's context."""
    waiting = Phone.objects.for_shop(order.shop_id).filter(order=order, confirmed_at=None, expires_at__gt=now)
    phone = waiting.select_for_update().first()
    if phone is None or phone.tries >= MOST_TRIES:
        return False
    digits = "".join(c for c in said if c.isdecimal())
    if not constant_time_compare(_hash(order, digits), phone.code_hash):
        waiting.update(tries=F("tries") + 1)
        return False
    waiting.update(confirmed_at=now, code_hash="")
    witness(
        order=order, channel="sms", means="confirmed", proof="code", address=phone.number, words=words,
        language=language, choices={}, now=now,
    )  # fmt: skip
    return True


def forget(*, order: Order) -> None:
    """The shopper takes the number back: how many codes were sent is kept. Runs in the shop's context."""
    held = Phone.objects.for_shop(order.shop_id).filter(order=order)
    held.update(number="", code_hash="", confirmed_at=None)


def _hash(order: Order, code: str) -> str:
    key = page_token(shop_id=order.shop_id, order_id=order.pk, turn=order.token_turn)
    return digest(f"{key}:phone:{code}")
