"""What the demo's first shop would have told of its past orders, and what became of it: invented, and only in the demo."""

from __future__ import annotations

import hashlib
import random
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.utils import translation

from notifications.models import Click, LinkTarget, Message, MessageSetup, Receipt
from notifications.sandbox import fill
from notifications.services.knowing import in_holdout
from notifications.words import words_for
from tenants.models import Shop
from tracking.models import Order, Ticket, Transition

TOLD = ("preparing", "shipped", "ready_for_pickup", "delivered")
NOT_ESSENTIAL = ("preparing", "delivered")
# How far a mail gets, of a hundred.
ENDS = (("delivered", 22), ("opened", 58), ("clicked", 19), ("bounced", 1))
HOLDOUT_PERCENT = 20


def remember(shop: Shop, now: datetime) -> None:
    """In the shop's context, once its past is there."""
    setup = MessageSetup(shop=shop, holdout_percent=HOLDOUT_PERCENT, holdout_since=now - timedelta(days=80))
    setup.sale_days = 14
    setup.sms_prices = {"ES": "0.0725", "FR": "0.0798", "IT": "0.0927", "DE": "0.1060", "": "0.0900"}
    setup.save()
    orders = {order.pk: order for order in Order.objects.for_shop(shop)}
    moves = (
        Transition.objects.for_shop(shop).filter(kind="order", after__in=TOLD).order_by("occurred_at", "pk")
    )
    told: list[Message] = []
    receipts: list[Receipt] = []
    seen: set[tuple[int, str]] = set()
    for move in moves:
        if (move.order_id, move.after) in seen:
            continue
        seen.add((move.order_id, move.after))
        message = _message(setup, orders[move.order_id], move)
        told.append(message)
        receipts += _receipts(message)
    Message.objects.bulk_create(told, batch_size=1000)
    Receipt.objects.bulk_create(receipts, batch_size=2000)
    digest = hashlib.sha256(shop.website.encode()).hexdigest()[:32]
    target = LinkTarget.objects.create(shop=shop, digest=digest, address=shop.website)
    Click.objects.bulk_create(_clicks(told, target))
    Ticket.objects.bulk_create(_tickets(setup, list(orders.values())))


def _clicks(told: Iterable[Message], target: LinkTarget) -> Iterator[Click]:
    for message in told:
        if message.status == "clicked" and message.sent_at:
            at = message.sent_at + timedelta(
                hours=random.Random(f"{message.dedupe_key}:click").randint(1, 60)
            )
            yield Click(
                shop_id=message.shop_id, message=message, target=target, reader="human", first_at=at, last_at=at
            )  # fmt: skip


def _message(setup: MessageSetup, order: Order, move: Transition) -> Message:
    chance = random.Random(f"{order.number}:{move.after}")
    held = "holdout" if move.after in NOT_ESSENTIAL and in_holdout(setup, order) else ""
    status = "held" if held else chance.choices([e for e, _n in ENDS], [n for _e, n in ENDS])[0]
    at = move.occurred_at + timedelta(seconds=chance.randint(15, 50))
    with translation.override(order.language):
        subject = fill(str(words_for(move.after).subject), {"order": {"number": order.number}})
    return Message(
        id=uuid.UUID(int=chance.getrandbits(128), version=4),
        shop_id=order.shop_id, order=order, state=move.after, channel="email",
        dedupe_key=f"{order.pk}:{move.after}:{move.episode}:email", recipient=order.customer_email,
        language=order.language, subject=subject, rule_key=f"{move.after}:email", why=f"rule:{move.after}", status=status,
        held_because=held, created_at=at, sent_at=None if held else at + timedelta(seconds=2),
    )  # fmt: skip


def _receipts(message: Message) -> Iterator[Receipt]:
    """Each step up to where it got; some were opened by a program before a person did."""
    if message.status == "held" or message.sent_at is None:
        return
    chance = random.Random(f"{message.dedupe_key}:receipts")
    at = message.sent_at + timedelta(seconds=4)
    steps = {
        "bounced": ["bounced"],
        "delivered": ["delivered"],
        "opened": ["delivered", "opened"],
        "clicked": ["delivered", "opened", "clicked"],
    }[message.status]
    for kind in steps:
        reader = ""
        if kind == "opened":
            reader = chance.choices(("human", "unknown"), (3, 1))[0]
        yield Receipt(shop_id=message.shop_id, message=message, kind=kind, reader=reader, at=at)
        at += timedelta(minutes=chance.randint(4, 240))
    if chance.random() < 0.2:
        yield Receipt(
            shop_id=message.shop_id,
            message=message,
            kind="opened",
            reader="machine",
            at=message.sent_at + timedelta(seconds=6),
        )


def _tickets(setup: MessageSetup, orders: list[Order]) -> Iterator[Ticket]:
    """Who hears little asks more."""
    for order in orders:
        chance = random.Random(f"{order.number}:ticket")
        if chance.random() > (0.14 if in_holdout(setup, order) else 0.07):
            continue
        at = order.placed_at + timedelta(days=2, hours=chance.randint(0, 9))
        yield Ticket(
            shop_id=order.shop_id, order=order, reason=chance.choices(("where", "change", "other"), (7, 2, 1))[0],
            status="closed", opened_at=at, last_at=at + timedelta(hours=5), last_by="shop",
            first_answer_at=at + timedelta(hours=3), closed_at=at + timedelta(hours=20), closed_by="event",
            reply_key=f"past{order.pk:012d}{chance.randrange(10**8):08d}",
        )  # fmt: skip
