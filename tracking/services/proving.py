"""Codes sent to the address on file, and whether one was said again."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from django.db.models import F
from django.utils.crypto import constant_time_compare

from tenants.vault import digest, page_token
from tracking.models import Order, ProofCode
from tracking.services.notices import tell

LASTS = timedelta(minutes=10)
MOST_TRIES = 5  # wrong ones, of one code
MOST_CODES = 4  # within the time below: a page must not be a way to fill somebody's mailbox
PER = timedelta(hours=1)


class Outcome(Enum):
    SENT = "sent"
    TOO_MANY = "too_many"
    NOWHERE = "nowhere"  # the order has neither e-mail nor phone


@dataclass(frozen=True, slots=True)
class Address:
    channel: str
    recipient: str


def address_of(order: Order) -> Address | None:
    """Where a code for this order goes: its e-mail, else its phone."""
    if order.customer_email:
        return Address("email", order.customer_email)
    return Address("sms", order.customer_phone) if order.customer_phone else None


def send_code(*, order: Order, now: datetime) -> Outcome:
    """Send a new code; the ones before it no longer count. Runs in the shop's context."""
    to = address_of(order)
    if to is None:
        return Outcome.NOWHERE
    Order.objects.for_shop(order.shop_id).select_for_update().get(pk=order.pk)  # one at a time
    sent = ProofCode.objects.for_shop(order.shop_id).filter(order=order)
    if sent.filter(sent_at__gt=now - PER).count() >= MOST_CODES:
        return Outcome.TOO_MANY
    sent.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    code = f"{secrets.randbelow(10**6):06d}"
    made = ProofCode.objects.create(
        shop_id=order.shop_id, order=order, code_hash=_hash(order, code), sent_at=now, expires_at=now + LASTS
    )
    tell(
        order=order,
        kind="code",
        key=f"code:{made.pk}",
        channel=to.channel,
        recipient=to.recipient,
        about={"minutes": str(int(LASTS.total_seconds() // 60))},
        secret={"code": code},
    )
    return Outcome.SENT


def take_code(*, order: Order, said: str, now: datetime) -> bool:
    """Whether `said` is the code last sent, not used, not too old, and not guessed at. Counts the try."""
    codes = ProofCode.objects.for_shop(order.shop_id).filter(order=order, used_at=None, expires_at__gt=now)
    code = codes.select_for_update().order_by("-sent_at").first()
    if code is None or code.tries >= MOST_TRIES:
        return False
    digits = "".join(c for c in said if c.isdecimal())
    if not constant_time_compare(_hash(order, digits), code.code_hash):
        codes.filter(pk=code.pk).update(tries=F("tries") + 1)
        return False
    codes.filter(pk=code.pk).update(used_at=now)
    return True


def _hash(order: Order, code: str) -> str:
    """Six digits are soon guessed from a plain hash: the page's own key, which is not stored, salts it."""
    key = page_token(shop_id=order.shop_id, order_id=order.pk, turn=order.token_turn)
    return digest(f"{key}:{code}")
