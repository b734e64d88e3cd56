"""Claimed messages of one shop, made ready to be handed over: composed as things stand now, and kept as they will be sent."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db.models import QuerySet, prefetch_related_objects

from notifications import kept
from notifications.compose import channel_account, compose, secrets_of
from notifications.models import Message
from notifications.rendering import NothingToSayError
from notifications.rules import is_over
from notifications.services.knowing import suppressed
from notifications.services.noticing import forget_secret
from notifications.services.outbox import Claimed
from notifications.services.planning import LATER
from notifications.types import Outgoing
from tenants import rows
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.remembering import remembering
from tenants.vault import SealBrokenError

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 12
OF_ORDER = ("lines", "shipments", "milestones")  # what every message about an order speaks of


@dataclass(frozen=True, slots=True)
class Ready:
    """A message composed, and not yet marked as being sent."""

    claimed: Claimed
    whom: str
    is_notice: bool
    outgoing: Outgoing
    secrets: dict[str, str] = field(repr=False)
    is_own: bool  # whether the shop's own provider sends it, or the installation's

    @property
    def line(self) -> tuple[int, str]:
        """Whose provider, on which channel. Each browser has one of its own: its maker's push service."""
        if self.claimed.channel == "push":
            return self.claimed.shop_id, f"push {self.outgoing.to}{self.whom}"
        return self.claimed.shop_id if self.is_own else 0, self.claimed.channel


def ready(shop_id: int, claimed: Sequence[Claimed], now: datetime) -> list[Ready]:
    """What is left to be handed over of these. A dozen statements, however many they are.

    What cannot be composed is written down as failed, what is no news any more as held. A message that raises what
    nobody thought of is left to its lease: its attempts run out, those of the others do not.
    """
    try:
        return _together(shop_id, claimed, now)
    except Exception:
        if len(claimed) == 1:
            log.exception("message_not_composed", message_id=str(claimed[0].id), shop_id=shop_id)
            return []
    return [one for each in claimed for one in ready(shop_id, [each], now)]


def _together(shop_id: int, claimed: Sequence[Claimed], now: datetime) -> list[Ready]:
    ours = {one.id: one for one in claimed}
    with shop_context(shop_id), remembering():
        mine = Message.objects.for_shop(shop_id).filter(pk__in=ours, lease=claimed[0].lease, status="queued")
        held = {m.pk: m for m in mine.select_for_update(of=("self",)).select_related("order", "notice")}
        messages = [held[one.id] for one in claimed if one.id in held]  # in the order they were claimed
        _fetch(shop_id, messages)
        unwanted = _unwanted(shop_id, messages)
        made = []
        for message in messages:
            alone = mine.filter(pk=message.pk)
            if why := "suppressed" if message.pk in unwanted else _why_not(message, now):
                _hold(alone, why)
            elif message.attempts > MOST_ATTEMPTS:
                _give_up(alone, message, "given up after 12 attempts")
            else:
                try:
                    outgoing, secrets = compose(message), secrets_of(message)
                except (NothingToSayError, SealBrokenError) as error:
                    _give_up(alone, message, str(error)[:240])
                    continue
                made.append(_ready(ours[message.pk], message, outgoing, secrets))
        _keep(shop_id, made)
        return made


def _fetch(shop_id: int, messages: Iterable[Message]) -> None:
    """What all of them need, once."""
    shop = Shop.objects.get(pk=shop_id)
    orders: dict[int, Any] = {}
    for message in messages:
        message.shop = shop
        if message.order is not None:
            message.order = orders.setdefault(message.order.pk, message.order)
            message.order.shop = shop
    prefetch_related_objects(list(orders.values()), *OF_ORDER)


def _unwanted(shop_id: int, messages: Iterable[Message]) -> set[UUID]:
    """Also of what was planned before the address came back. A mail somebody asked for right now is tried."""
    asked = {
        m.pk: (m.channel, m.recipient)
        for m in messages
        if m.channel != "push" and not (m.notice_id and m.channel == "email")
    }
    held = suppressed(shop_id, set(asked.values())) if asked else frozenset()
    return {pk for pk, to in asked.items() if to in held}


def _why_not(message: Message, now: datetime) -> str:
    if message.expires_at and message.expires_at < now:
        return "too_late"
    if message.order and is_over(message.state, message.why.endswith(LATER), message.order.state):
        return "superseded"
    return ""


def _hold(alone: QuerySet[Message], why: str) -> None:
    alone.update(status="held", held_because=why, next_at=None, lease=None, lease_until=None)


def _give_up(alone: QuerySet[Message], message: Message, error: str) -> None:
    alone.update(status="failed", next_at=None, lease=None, lease_until=None, error=error)
    if message.notice_id:
        forget_secret(shop_id=message.shop_id, message_id=message.pk)


def _ready(claimed: Claimed, message: Message, outgoing: Outgoing, secrets: dict[str, str]) -> Ready:
    account = channel_account(message.shop_id, message.channel)
    is_own = bool(secrets) if message.channel == "email" else bool(account and account.sealed)
    return Ready(claimed, message.whom, message.notice_id is not None, outgoing, secrets, is_own)


KEPT = ("subject", "text", "version", "segments", "price", "currency", "layout_id", "body")


def _keep(shop_id: int, made: Collection[Ready]) -> None:
    """What each says, before it goes: afterwards nobody could tell."""
    said: list[tuple[Any, ...]] = []
    for one in made:
        outgoing = one.outgoing
        page = kept.as_columns(shop_id, outgoing)
        said.append(
            (
                one.claimed.id,
                without(outgoing.hidden, outgoing.subject)[:240],
                without(outgoing.hidden, outgoing.text),
                outgoing.version,
                outgoing.segments,
                outgoing.price,
                outgoing.currency,
                page.get("layout_id"),
                page.get("body", b""),
            )
        )
    rows.update(Message, KEPT, said)


def without(hidden: Iterable[str], text: str) -> str:
    """`text` as it is kept: 123 456 → ••• •••."""
    for secret in hidden:
        text = text.replace(secret, "".join(" " if sign == " " else "•" for sign in secret))
    return text
