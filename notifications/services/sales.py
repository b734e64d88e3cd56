"""Orders owed to messages: a coupon of theirs was used, or the shopper had followed one of their links. Set-based."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from notifications.models import SalesRead
from notifications.services import marketing_choices
from notifications.services.ruling import setup_of
from tenants.isolation import shop_context
from tenants.models import Shop

log = structlog.get_logger(__name__)

OVERLAP = timedelta(minutes=10)  # what began before and committed after the last look
FIRST_LOOK = timedelta(days=30)  # how far back a shop's orders are read the first time
# Codes used on orders that came in, of the shop's coupons: shared, or of a pool. Each once an order and coupon.
USED = """
INSERT INTO notifications_redemption (shop_id, coupon_id, code, order_number, order_id, amount, currency, at)
SELECT o.shop_id, found.coupon_id, found.code, o.number, o.id, o.total, o.currency, o.placed_at
FROM tracking_order o CROSS JOIN LATERAL unnest(o.coupons) AS said(code) JOIN LATERAL (
  SELECT k.coupon_id, k.code FROM notifications_couponcode k
    WHERE k.shop_id = o.shop_id AND k.code_key = upper(btrim(said.code))
  UNION ALL
  SELECT c.id, c.code FROM notifications_coupon c
    WHERE c.shop_id = o.shop_id AND c.code <> '' AND upper(c.code) = upper(btrim(said.code))
) found ON true
WHERE o.shop_id = %(shop)s AND o.id = ANY (%(orders)s) AND o.erased_at IS NULL
ON CONFLICT DO NOTHING
"""
# What the checkout told of before its order came in. A number that two channels have is left open.
KNOWN_NOW = """
UPDATE notifications_redemption r SET order_id = o.id FROM tracking_order o
WHERE r.shop_id = %(shop)s AND r.order_id IS NULL AND o.shop_id = r.shop_id AND o.id = ANY (%(orders)s)
  AND o.number = r.order_number AND NOT EXISTS (
    SELECT FROM tracking_order same WHERE same.shop_id = o.shop_id AND same.number = o.number AND same.id <> o.id)
"""
# To whom the orders are owed. Of one shopper: by e-mail, else by phone. A coupon counts for more than a link, the
# latest link for more than earlier ones. `first`: the order of the message, or the one the coupon went out with.
OWED = """
WITH bought AS (
  SELECT o.id, o.shop_id, o.placed_at, o.total, o.currency, o.email_key, o.phone_key FROM tracking_order o
  WHERE o.shop_id = %(shop)s AND o.id = ANY (%(orders)s) AND o.erased_at IS NULL
), earlier AS (
  SELECT b.id AS bought, p.id AS first FROM bought b JOIN tracking_order p
    ON p.shop_id = b.shop_id AND p.email_key = b.email_key AND p.id <> b.id AND p.placed_at < b.placed_at
    WHERE b.email_key <> ''
  UNION
  SELECT b.id, p.id FROM bought b JOIN tracking_order p
    ON p.shop_id = b.shop_id AND p.phone_key = b.phone_key AND p.id <> b.id AND p.placed_at < b.placed_at
    WHERE b.email_key = '' AND b.phone_key <> ''
), followed AS (
  SELECT DISTINCT ON (b.id) b.id AS bought, 'click' AS how, e.first, m.id AS message, NULL::bigint AS coupon
  FROM bought b JOIN earlier e ON e.bought = b.id
  JOIN notifications_message m ON m.shop_id = b.shop_id AND m.order_id = e.first AND m.whom = ''
  JOIN notifications_click c ON c.shop_id = b.shop_id AND c.message_id = m.id AND c.reader = 'human'
  WHERE c.first_at <= b.placed_at AND least(c.last_at, b.placed_at) >= b.placed_at - %(window)s
  ORDER BY b.id, least(c.last_at, b.placed_at) DESC, m.id
), redeemed AS (
  SELECT DISTINCT ON (b.id) b.id AS bought, 'coupon' AS how, g.order_id AS first, g.message_id AS message,
    r.coupon_id AS coupon
  FROM bought b JOIN notifications_redemption r ON r.shop_id = b.shop_id AND r.order_id = b.id
  LEFT JOIN notifications_couponcode k
    ON k.shop_id = r.shop_id AND k.coupon_id = r.coupon_id AND k.code_key = upper(r.code)
  LEFT JOIN notifications_coupongiven g ON g.shop_id = r.shop_id AND g.coupon_id = r.coupon_id
    AND g.order_id <> b.id AND g.at <= b.placed_at
    AND (g.order_id = k.order_id OR k.id IS NULL AND g.order_id IN (SELECT first FROM earlier e WHERE e.bought = b.id))
  ORDER BY b.id, g.at DESC NULLS LAST, r.id
), strongest AS (
  SELECT DISTINCT ON (bought) * FROM (SELECT * FROM redeemed UNION ALL SELECT * FROM followed) every
  ORDER BY bought, how = 'coupon' DESC
)
INSERT INTO notifications_sale AS kept (shop_id, order_id, message_id, coupon_id, how, occasion, template, amount,
  currency, delivered_before, at)
SELECT b.shop_id, b.id, s.message, s.coupon, s.how, coalesce(m.state, ''), coalesce(m.template_key, ''), b.total,
  b.currency, coalesce(arrived.at <= b.placed_at, false), b.placed_at
FROM strongest s JOIN bought b ON b.id = s.bought
LEFT JOIN notifications_message m ON m.shop_id = b.shop_id AND m.id = s.message
LEFT JOIN LATERAL (
  SELECT max(p.delivered_at) AS at FROM tracking_shipment p
  WHERE p.shop_id = b.shop_id AND p.order_id = s.first AND p.direction = 'outbound' AND p.status <> 'cancelled'
  HAVING bool_and(p.delivered_at IS NOT NULL)
) arrived ON true
ON CONFLICT (shop_id, order_id) DO UPDATE
SET message_id = excluded.message_id, coupon_id = excluded.coupon_id, how = excluded.how,
  occasion = excluded.occasion, template = excluded.template, amount = excluded.amount, currency = excluded.currency,
  delivered_before = excluded.delivered_before, at = excluded.at
WHERE (kept.how, kept.amount, kept.currency) IS DISTINCT FROM (excluded.how, excluded.amount, excluded.currency)
  AND NOT (kept.how = 'coupon' AND excluded.how = 'click')
"""
CHANGED = """
SELECT id FROM tracking_order WHERE shop_id = %s AND updated_at > %s AND updated_at <= %s ORDER BY updated_at, id
"""
BATCH = 2_000


def attribute_due(*, now: datetime) -> int:
    """Look at every shop's orders that changed since they were last looked at; return how many.

    A shop at a time, in short transactions. Safe to repeat and to run twice at once.
    """
    count = 0
    for shop in Shop.objects.filter(suspended_at=None).order_by("pk"):
        try:
            count += attribute(shop_id=shop.pk, now=now)
        except DatabaseError as error:
            if isinstance(error, OperationalError | InterfaceError) and not connection.is_usable():
                raise
            log.exception(
                "sales_not_attributed", shop_id=shop.pk
            )  # the other shops have nothing to do with it
    return count


def attribute(*, shop_id: int, now: datetime) -> int:
    """Bring a shop's coupons used and sales up to date; return how many of its orders were looked at."""
    with shop_context(shop_id):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('sales'), %s)", [shop_id])
            if not cursor.fetchone()[0]:
                return 0  # another worker is at it
        read = SalesRead.objects.for_shop(shop_id).values_list("up_to", flat=True).first()
        since = (read or now - FIRST_LOOK) - OVERLAP
        with connection.cursor() as cursor:
            cursor.execute(CHANGED, [shop_id, since, now])
            orders = [pk for (pk,) in cursor.fetchall()]
        for first in range(0, len(orders), BATCH):
            settle(shop_id=shop_id, order_ids=orders[first : first + BATCH])
        marketing_choices.take_over(shop_id=shop_id, since=since, now=now)
        SalesRead.objects.update_or_create(shop_id=shop_id, defaults={"up_to": now})
        return len(orders)


def settle(*, shop_id: int, order_ids: Sequence[int]) -> None:
    """Count the coupons used on these orders, and to which message each order is owed. Three statements, however many
    orders. Safe to repeat. Runs in the shop's context."""
    said: dict[str, Any] = {
        "shop": shop_id,
        "orders": list(order_ids),
        "window": timedelta(days=setup_of(shop_id).sale_days),
    }
    with connection.cursor() as cursor:
        for statement in (USED, KNOWN_NOW, OWED):
            cursor.execute(statement, said)
