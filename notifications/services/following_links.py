"""Counted links: put into a mail on its way, and followed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from notifications import tracked
from notifications.contents import Content
from notifications.fronts import Front, front_of
from notifications.models import Click, LinkTarget, Message, Receipt
from notifications.opens import HUMAN, MACHINE
from notifications.rendering import Rendered
from notifications.services.receipts import PROGRESS, advanced, counts_as, record_receipt
from notifications.services.ruling import setup_of
from tenants import rows
from tenants.models import Shop
from tenants.remembering import remembered
from tracking.links import gift_path, page_path, shop_url
from tracking.models import Order

COUNTED_FOR = timedelta(days=365)
AGAIN_AFTER = timedelta(
    seconds=2
)  # a link followed twice at once is followed once; nobody floods a row either
MOST_TIMES = 10_000
CLICK = """
INSERT INTO notifications_click AS kept (shop_id, message_id, target_id, reader, times, first_at, last_at)
VALUES (%(shop)s, %(message)s, %(target)s, %(reader)s, 1, %(now)s, %(now)s)
ON CONFLICT (shop_id, message_id, target_id, reader) DO UPDATE
SET times = least(kept.times + 1, %(most)s), last_at = greatest(kept.last_at, excluded.last_at)
WHERE kept.last_at <= %(again)s
"""


def counted_links(
    *, message: Message, rendered: Rendered, content: Content, offers: Mapping[str, object],
    front: Front | None = None,
) -> dict[str, str]:  # fmt: skip
    """What is to stand in place of which of a mail's addresses as it goes out, unless the shop counts nothing. Links that
    end messages stay as they are.

    Three queries at most, and one more where a link stands in a mail of the shop's for the first time. Runs in the
    shop's context.
    """
    order, shop = message.order, message.shop
    if message.channel != "email" or order is None or not setup_of(message.shop_id).counts_clicks:
        return {}
    front = front or front_of(shop)
    brand = front.brand
    places = tracked.Places(
        shop=front.address,
        page="" if message.whom else front.address + page_path(order),
        gift=front.address + gift_path(order) if order.gift_hash else "",
        website=shop.website,
        design=frozenset(
            tracked.addresses_in([content, offers, brand.social, brand.links, brand.banner_url, shop.website])
        ),
    )
    campaign = tracked.Campaign("tracking", message.channel, message.template_key or message.state)
    return tracked.counted(
        html=rendered.html, text=rendered.text, places=places, campaign=campaign,
        kept=lambda targets: numbers_of(shop_id=message.shop_id, addresses=targets),
        key=lambda n: tracked.key_of(shop_id=message.shop_id, message_id=message.pk, target_id=n),
    )  # fmt: skip


def numbers_of(*, shop_id: int, addresses: Collection[str]) -> dict[str, int]:
    """The number of each kept address, new ones kept first. Safe to run twice at once."""
    return dict(_numbers_of(shop_id, frozenset(addresses)))


@remembered
def _numbers_of(shop_id: int, addresses: frozenset[str]) -> dict[str, int]:
    by_digest = {hashlib.sha256(one.encode()).hexdigest()[:32]: one for one in addresses}
    held = LinkTarget.objects.for_shop(shop_id).filter(digest__in=list(by_digest)).values_list("digest", "pk")
    known = dict(held)
    missing = [(shop_id, digest, one) for digest, one in by_digest.items() if digest not in known]
    if missing:
        rows.insert(LinkTarget, ("shop", "digest", "address"), sorted(missing), once=True)
        known = dict(held.all())
    return {by_digest[digest]: pk for digest, pk in known.items()}


def follow(*, shop: Shop, message_id: UUID, target_id: int, reader: str, now: datetime) -> str | None:
    """Count that a link was followed by `reader` (human, machine, unknown), and say where it leads; None for one that
    is no more. Runs in the shop's context. One statement is written at most every two seconds a link and reader,
    however often it is asked for."""
    target = LinkTarget.objects.for_shop(shop).filter(pk=target_id).values_list("address", flat=True).first()
    if target is None:
        return None
    message = Message.objects.for_shop(shop).filter(pk=message_id).select_related("order").first()
    order = message.order if message else None
    alive = order is not None and order.erased_at is None
    if message is not None and alive and now - message.created_at < COUNTED_FOR:
        _count(message, target_id, reader, now)
    return _leads_to(shop, order if alive else None, message, target)


def _leads_to(shop: Shop, order: Order | None, message: Message | None, target: str) -> str:
    base = shop_url(shop)
    page = gift = ""
    if order is not None and message is not None:
        page = "" if message.whom else base + page_path(order)
        gift = base + gift_path(order) if order.gift_hash else ""
    website = shop.website if tracked.is_address(shop.website) else base + "/"
    return tracked.destination(target, page=page, gift=gift, otherwise=website)


def _count(message: Message, target_id: int, reader: str, now: datetime) -> None:
    clicks = list(Click.objects.for_shop(message.shop_id).filter(message=message))
    soon = now - timedelta(seconds=tracked.AT_ONCE_S)
    others = {click.target_id for click in clicks if click.last_at >= soon and click.target_id != target_id}
    if tracked.is_burst(len(others)):
        reader = MACHINE
        _take_back(message, [c for c in clicks if c.reader != MACHINE and c.first_at >= soon], now)
    elif any(
        c.target_id == target_id and c.reader == reader and c.last_at > now - AGAIN_AFTER for c in clicks
    ):
        return
    _write(message, target_id, reader, now)
    if reader == HUMAN and message.status != "clicked":
        record_receipt(message=message, kind="clicked", at=now, reader=HUMAN)


def _write(message: Message, target_id: int, reader: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            CLICK,
            {
                "shop": message.shop_id, "message": message.pk, "target": target_id, "reader": reader, "now": now,
                "most": MOST_TIMES, "again": now - AGAIN_AFTER,
            },
        )  # fmt: skip


def _take_back(message: Message, clicks: Collection[Click], now: datetime) -> None:
    """What was taken for a person's a moment ago was a machine's: it follows link upon link."""
    if not clicks:
        return
    Click.objects.for_shop(message.shop_id).filter(pk__in=[click.pk for click in clicks]).delete()
    for click in clicks:
        _write(message, click.target_id, MACHINE, now)
    if Click.objects.for_shop(message.shop_id).filter(message=message, reader=HUMAN).exists():
        return
    receipts = Receipt.objects.for_shop(message.shop_id).filter(message=message)
    receipts.filter(kind="clicked", reader=HUMAN).delete()
    held = Message.objects.select_for_update().get(pk=message.pk)
    if held.status == "clicked":
        status = "sent"
        for kind, by in receipts.values_list("kind", "reader"):
            status = max(status, advanced(status, counts_as(kind, by)), key=PROGRESS.index)
        Message.objects.filter(pk=held.pk).update(status=status)
