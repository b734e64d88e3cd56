"""Handing messages over, each at most once, whatever dies meanwhile."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import connections
from django.db.models import F, QuerySet
from django.utils import timezone

from notifications import kept
from notifications.compose import compose, secrets_of
from notifications.models import Message
from notifications.registry import CHANNELS
from notifications.rendering import NothingToSayError
from notifications.rules import is_over
from notifications.services.browsers import forget
from notifications.services.depots import note_handed_over
from notifications.services.noticing import forget_secret
from notifications.services.planning import LATER
from notifications.services.suppressing import is_suppressed, suppress
from notifications.types import DeliveryError, Outgoing
from tenants.isolation import shop_context
from tenants.vault import SealBrokenError

log = structlog.get_logger(__name__)

BATCH = 20
LEASE = timedelta(
    seconds=40
)  # a hand-over takes 10 s at most; the batch stops handing over well before the end
SPARE = timedelta(seconds=15)
MOST_ATTEMPTS = 12
WAITS_S = (10, 60, 300, 900, 1800, 3600, 7200)  # after each failed attempt; the last one repeats

# How long a mail nobody knows of waits for its provider's word (notifications.services.unknown).
SETTLES = timedelta(minutes=10)

CLAIM = """
UPDATE notifications_message SET lease = %(lease)s, lease_until = %(until)s, attempts = attempts + 1
WHERE id IN (
  SELECT m.id FROM notifications_message m
  JOIN (SELECT id FROM (
          SELECT id, row_number() OVER (PARTITION BY shop_id, urgency ORDER BY next_at) AS n, urgency, next_at
          FROM (SELECT id, shop_id, urgency, next_at FROM notifications_message
                WHERE next_at <= %(now)s AND (lease_until IS NULL OR lease_until < %(now)s) AND status = 'queued'
                ORDER BY urgency, next_at LIMIT 5000) due) ranked
        ORDER BY urgency, n, next_at LIMIT %(most)s) fair ON fair.id = m.id
  WHERE m.status = 'queued' AND (m.lease_until IS NULL OR m.lease_until < %(now)s)
  FOR UPDATE OF m SKIP LOCKED)
RETURNING id, shop_id, urgency
"""
# A worker died between saying "sending" and saying what came of it. Nobody knows whether it went out.
LEFT_SENDING = """
UPDATE notifications_message SET status = 'unknown', lease = NULL, lease_until = NULL,
  next_at = CASE WHEN channel = 'email' THEN %(settles)s::timestamptz END
WHERE status = 'sending' AND next_at <= %(now)s AND lease_until < %(now)s RETURNING id, shop_id
"""


@dataclass(frozen=True, slots=True)
class Ready:
    """A message composed and marked as being sent by the holder of `lease`."""

    id: uuid.UUID
    shop_id: int
    channel: str
    attempts: int
    whom: str
    outgoing: Outgoing
    secrets: dict[str, str]


def deliver_due(now: datetime) -> int:
    """Claim a batch of due messages across shops and hand them over; return how many were claimed.

    A claim is counted before the work, so a message that kills its worker is given up after 12. Handing over happens outside any
    transaction, and is written down only while the lease is still ours. A message left in "sending" by a worker that
    died is never handed over again by itself: it becomes "unknown", for a receipt or a person to settle.
    """
    lease, until = uuid.uuid4(), now + LEASE
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(LEFT_SENDING, {"now": now, "settles": now + SETTLES})
        for message_id, shop_id in cursor.fetchall():
            log.warning("message_unknown", message_id=str(message_id), shop_id=shop_id)
            with shop_context(shop_id):
                forget_secret(shop_id=shop_id, message_id=message_id)
        cursor.execute(CLAIM, {"lease": lease, "until": until, "now": now, "most": BATCH})
        claimed = sorted(cursor.fetchall(), key=lambda row: row[2])  # who is waiting goes first
    by_shop: dict[int, list[uuid.UUID]] = defaultdict(list)
    for message_id, shop_id, _urgency in claimed:
        by_shop[shop_id].append(message_id)
    for shop_id, ids in by_shop.items():
        for message_id in ids:
            if timezone.now() > until - SPARE:
                return len(claimed)  # the rest is claimed again when the lease ends
            deliver_one(shop_id=shop_id, message_id=message_id, lease=lease, until=until)
    return len(claimed)


def deliver_one(*, shop_id: int, message_id: uuid.UUID, lease: uuid.UUID, until: datetime) -> None:
    """Compose, mark as being sent, hand over, write down what came of it. Safe to repeat: see `deliver_due`."""
    ready = _begin(shop_id, message_id, lease)
    if ready is None:
        return
    try:
        provider_id = CHANNELS[ready.channel].deliver(ready.outgoing, ready.secrets)
    except DeliveryError as error:
        _failed(ready, lease, error)
    else:
        _finish(ready, lease, status="sent", provider_id=provider_id[:120], sent_at=timezone.now(), error="")


def _begin(shop_id: int, message_id: uuid.UUID, lease: uuid.UUID) -> Ready | None:
    with shop_context(shop_id):
        held = Message.objects.for_shop(shop_id).filter(pk=message_id, lease=lease, status="queued")
        message = held.select_for_update(of=("self",)).select_related("order", "shop", "notice").first()
        if message is None:
            return None
        if message.attempts > MOST_ATTEMPTS:
            _give_up(held, message, "given up after 12 attempts")
            return None
        if message.expires_at and message.expires_at < timezone.now():
            _hold(held, "too_late")
            return None
        if message.order and is_over(message.state, message.why.endswith(LATER), message.order.state):
            _hold(held, "superseded")
            return None
        if _is_suppressed(message):
            _hold(held, "suppressed")
            return None
        try:
            outgoing = compose(message)
            secrets = secrets_of(message)
        except (NothingToSayError, SealBrokenError) as error:
            _give_up(held, message, str(error)[:240])
            return None
        held.update(
            status="sending",
            subject=without(outgoing.hidden, outgoing.subject)[:240],
            text=without(outgoing.hidden, outgoing.text),
            version=outgoing.version,
            segments=outgoing.segments,
            price=outgoing.price,
            currency=outgoing.currency,
            **kept.as_columns(shop_id, outgoing),
        )
        return Ready(message.pk, shop_id, message.channel, message.attempts, message.whom, outgoing, secrets)


def _is_suppressed(message: Message) -> bool:
    """Also of what was planned before the address came back. A mail somebody asked for right now is tried."""
    if message.channel == "push" or (message.notice_id and message.channel == "email"):
        return False
    return is_suppressed(shop_id=message.shop_id, channel=message.channel, address=message.recipient)


def _hold(held: QuerySet[Message], why: str) -> None:
    held.update(status="held", held_because=why, next_at=None, lease=None, lease_until=None)


def _give_up(held: QuerySet[Message], message: Message, error: str) -> None:
    held.update(status="failed", next_at=None, lease=None, lease_until=None, error=error)
    if message.notice_id:
        forget_secret(shop_id=message.shop_id, message_id=message.pk)


def without(hidden: Iterable[str], text: str) -> str:
    """`text` as it is kept: 123 456 → ••• •••."""
    for secret in hidden:
        text = text.replace(secret, "".join(" " if sign == " " else "•" for sign in secret))
    return text


def _failed(ready: Ready, lease: uuid.UUID, error: DeliveryError) -> None:
    channel = CHANNELS[ready.channel]
    if error.gone:
        with shop_context(ready.shop_id):
            forget(shop_id=ready.shop_id, whom=ready.whom)
    if error.suppresses:
        with shop_context(ready.shop_id):
            suppress(
                shop_id=ready.shop_id, channel=ready.channel, address=ready.outgoing.to, why=error.suppresses,
                now=timezone.now(), detail=error.detail,
            )  # fmt: skip
    if error.ambiguous and not channel.repeatable and ready.attempts > error.repeats:
        settles = {"next_at": timezone.now() + SETTLES} if ready.channel == "email" else {}
        _finish(ready, lease, status="unknown", error=error.detail, **settles)
    elif error.permanent or ready.attempts >= MOST_ATTEMPTS:
        _finish(ready, lease, status="failed", error=error.detail)
    else:
        wait = WAITS_S[min(ready.attempts, len(WAITS_S)) - 1]
        _finish(
            ready,
            lease,
            status="queued",
            error=error.detail,
            next_at=timezone.now() + timedelta(seconds=wait),
        )


def _finish(ready: Ready, lease: uuid.UUID, *, status: str, **fields: object) -> None:
    """Only for who still holds the lease; a receipt that came before us counts for more than our "sent"."""
    with shop_context(ready.shop_id):
        ours = Message.objects.for_shop(ready.shop_id).filter(pk=ready.id, lease=lease)
        done = ours.filter(status="sending").update(
            **({"status": status, "next_at": None} | fields), lease=None, lease_until=None
        )
        if not done:
            kept = {k: v for k, v in fields.items() if k in ("provider_id", "sent_at")}
            ours.update(**kept, lease=None, lease_until=None, next_at=None)
        if ready.outgoing.hidden and status != "queued":
            forget_secret(shop_id=ready.shop_id, message_id=ready.id)
    note_handed_over(shop_id=ready.shop_id, message_id=ready.id, status=status, now=timezone.now())
    log.info("message_" + status, message_id=str(ready.id), shop_id=ready.shop_id, channel=ready.channel)


def resend(*, shop_id: int, message_id: uuid.UUID, now: datetime) -> bool:
    """A person asks for a message that failed or is unknown to be sent again. False where there is nothing to resend."""
    with shop_context(shop_id):
        again = Message.objects.for_shop(shop_id).filter(
            pk=message_id, status__in=["failed", "unknown", "held", "bounced"]
        )
        return bool(
            again.update(
                status="queued", held_because="", error="", attempts=0, next_at=now, lease=None, lease_until=None,
                why=F("why"),
            )
        )  # fmt: skip
