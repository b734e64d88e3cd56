"""Closes the tickets an event has settled. Looks at rows, so that nothing is lost when a wake-up is."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, connections
from django.utils import translation

from carriers.types import Status
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Order
from tracking.services.tickets import settle
from tracking.ticket_words import settled_by, settled_words
from tracking.when import Clock, locale_for, zone_for

MOST_SHOPS, MOST_TICKETS = 500, 200  # a look; the next one takes the rest
AWAITING = """
SELECT DISTINCT shop_id FROM tracking_ticket WHERE status <> 'closed' AND settles_on <> '{}' ORDER BY shop_id LIMIT %s
"""
# Settled by where its parcel stands now (all of them, where none is named), if it got there since; or by a milestone.
SETTLED = f"""
SELECT t.id, t.order_id, x.after, x.occurred_at
FROM tracking_ticket t JOIN LATERAL (
  SELECT m.after, m.occurred_at FROM tracking_transition m
  WHERE m.shop_id = t.shop_id AND m.order_id = t.order_id AND m.recorded_at >= t.opened_at
    AND m.after = ANY (t.settles_on::text[])
    AND (m.kind = 'milestone' OR (m.kind = 'shipment' AND EXISTS (
      SELECT FROM tracking_shipment s WHERE s.shop_id = t.shop_id AND s.id = m.shipment_id AND s.direction = 'outbound'
        AND s.status = m.after AND (t.shipment_id IS NULL OR s.id = t.shipment_id))
      AND NOT EXISTS (
        SELECT FROM tracking_shipment s WHERE s.shop_id = t.shop_id AND s.order_id = t.order_id
          AND s.direction = 'outbound' AND s.status <> '{Status.CANCELLED.value}'
          AND (t.shipment_id IS NULL OR s.id = t.shipment_id) AND s.status <> ALL (t.settles_on::text[]))))
  ORDER BY m.occurred_at DESC LIMIT 1) x ON true
WHERE t.shop_id = %s AND t.status <> 'closed' AND t.settles_on <> '{{}}'
ORDER BY t.id LIMIT %s
"""  # noqa: S608  a constant


def settle_due(*, now: datetime) -> int:
    """Close what has been settled, in any shop; return how many. Safe to repeat and to run twice at once."""
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(AWAITING, [MOST_SHOPS])
        due = [shop_id for (shop_id,) in cursor.fetchall()]
    shops = Shop.objects.filter(pk__in=due, suspended_at=None).order_by("pk")
    return sum(_settle_in(shop, now) for shop in shops)


def _settle_in(shop: Shop, now: datetime) -> int:
    """A ticket, a transaction: one that waits for a lock holds up none of the others."""
    with shop_context(shop.pk):
        with connection.cursor() as cursor:
            cursor.execute(SETTLED, [shop.pk, MOST_TICKETS])
            found = cursor.fetchall()
        orders = Order.objects.for_shop(shop).in_bulk([order_id for _pk, order_id, _after, _at in found])
    return sum(
        settle(
            shop=shop,
            ticket_id=ticket_id,
            code=settled_by(after, at),
            why=_why(shop, orders[order_id], after, at, now),
            now=now,
        )
        for ticket_id, order_id, after, at in found
    )


def _why(shop: Shop, order: Order, after: str, at: datetime, now: datetime) -> str:
    """In the order's language, by the clock of where it goes."""
    zone = zone_for(
        country=order.country,
        postal_code=order.postal_code,
        shop_country=shop.country,
        shop_zone=shop.time_zone,
    )
    with translation.override(order.language):
        return settled_words(after, at, Clock(now, zone, locale_for(order.language, shop.country)))
