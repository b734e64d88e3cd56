"""Addresses a shop sends nothing to any more: noted when they bounce, complain or say stop; lifted by who says start,
or by a person."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from notifications.models import Message, Suppression
from notifications.services.knowing import address_hash
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor

log = structlog.get_logger(__name__)

SOFT_IN_A_ROW = 5  # bounces that may pass, without a delivery between them
PHONES = ("sms", "whatsapp")


def suppress(
    *, shop_id: int, channel: str, address: str, why: str, now: datetime, detail: str = ""
) -> Suppression | None:
    """Send nothing there from now on. Safe to repeat; None where there is no address. Runs in the shop's context.

    One that was lifted stands again, for the new reason: who lifted it was wrong, or the address changed its mind.
    """
    if not address.strip():
        return None
    fields = {"why": why, "detail": detail[:240], "at": now, "lifted_at": None, "masked": masked(address)}
    held, made = Suppression.objects.get_or_create(
        shop_id=shop_id, channel=channel, address_hash=address_hash(address), defaults=fields
    )
    if not made and held.lifted_at is not None:
        Suppression.objects.for_shop(shop_id).filter(pk=held.pk).update(**fields)
        held.refresh_from_db()
    elif not made and held.why != why and why in ("complained", "stopped"):
        Suppression.objects.for_shop(shop_id).filter(pk=held.pk).update(why=why, detail=detail[:240])
    log.info("suppressed", shop_id=shop_id, channel=channel, why=why)
    return held


def allow_again(*, shop_id: int, channel: str, address: str, now: datetime) -> bool:
    """Its owner said START. False where nothing held. Only lifts what STOP did: a dead number stays dead."""
    held = Suppression.objects.for_shop(shop_id).filter(
        channel=channel, address_hash=address_hash(address), lifted_at=None, why__in=["stopped", "agent"]
    )
    return bool(held.update(lifted_at=now))


def is_suppressed(*, shop_id: int, channel: str, address: str) -> bool:
    return bool(
        Suppression.objects.for_shop(shop_id)
        .filter(channel=channel, address_hash=address_hash(address), lifted_at=None)
        .exists()
    )


@transaction.atomic
def lift(*, shop: Shop, suppression_id: int, by: Actor, reason: str, now: datetime) -> Suppression:
    """A person says that the address is right after all. Raises ValidationError; Suppression.DoesNotExist.

    Who said STOP themselves is not written to because somebody else says so.
    """
    held = Suppression.objects.select_for_update().for_shop(shop).get(pk=suppression_id)
    if not reason.strip():
        raise ValidationError(_("Say why: it is kept beside it."))
    if held.why == "stopped":
        raise ValidationError(_("They said STOP themselves: only they can take it back, by answering START."))
    if held.lifted_at is None:
        held.lifted_at = now
        held.save(update_fields=["lifted_at"])
        audit.record(
            shop=shop, actor=by.name, role=by.role, address=by.address, action="suppression.lifted",
            subject=f"suppression:{held.pk}", before={"why": held.why, "name": held.masked},
            after={"reason": reason.strip()[:200]},
        )  # fmt: skip
    return held  # type: ignore[no-any-return]


@transaction.atomic
def suppress_by_hand(
    *, shop: Shop, channel: str, address: str, by: Actor, reason: str, now: datetime
) -> Suppression:
    """A person says that nothing goes there. Raises ValidationError."""
    held = suppress(
        shop_id=shop.pk, channel=channel, address=address, why="agent", now=now, detail=reason.strip()
    )
    if held is None:
        raise ValidationError(_("Say which address."))
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="suppression.added",
        subject=f"suppression:{held.pk}", after={"name": held.masked, "reason": reason.strip()[:200]},
    )  # fmt: skip
    return held


def after_receipt(
    *, message: Message, kind: str, hard: bool, detail: str, now: datetime, why: str = ""
) -> None:
    """What a receipt says of the address itself. Runs in the shop's context."""
    to = {"shop_id": message.shop_id, "channel": message.channel, "address": message.recipient, "now": now}
    if kind == "complained":
        suppress(**to, why="complained", detail=detail)  # type: ignore[arg-type]
    elif why:
        suppress(**to, why=why, detail=detail)  # type: ignore[arg-type]
    elif kind == "bounced" and hard:
        suppress(**to, why="bounced", detail=detail)  # type: ignore[arg-type]
    elif kind == "bounced" and _soft_in_a_row(message) >= SOFT_IN_A_ROW:
        suppress(**to, why="bounced", detail=_("Five mails in a row came back."))  # type: ignore[arg-type]


def _soft_in_a_row(message: Message) -> int:
    """How many of the latest messages to this address came back, since one arrived."""
    latest = (
        Message.objects.for_shop(message.shop_id)
        .filter(channel=message.channel, recipient=message.recipient)
        .filter(Q(status="bounced") | Q(status__in=["delivered", "opened", "clicked"]))
        .order_by("-created_at")
        .values_list("pk", "status")[:SOFT_IN_A_ROW]
    )
    count = 0
    for _pk, status in latest:
        if status != "bounced":
            break
        count += 1
    return count


def masked(address: str) -> str:
    """m•••@example.com, +34•••••12: enough to tell one from another."""
    address = address.strip()
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}•••@{domain}"[:80]
    return f"{address[:3]}{'•' * 5}{address[-2:]}" if len(address) > 5 else "•••"
