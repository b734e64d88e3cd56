"""Measures how far apart carriers' scans usually are, lane by lane, from what a shop's own parcels showed."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from django.db import connection

from carriers.types import Status
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Rhythm
from tracking.parcels import UNNAMED

FEWEST_GAPS = 30  # below that, chance speaks
LATEST_PARCELS = 20_000
LONGEST_H = 30 * 24
MEASURED_EVERY = timedelta(hours=20)
MEASURED = (
    Status.PENDING,
    Status.INFO_RECEIVED,
    Status.IN_TRANSIT,
    Status.OUT_FOR_DELIVERY,
    Status.FAILED_ATTEMPT,
    Status.EXCEPTION,
    Status.RETURNING,
)

# Scans of one moment in one hall are one: a quarter of an hour apart at least.
GAPS = """
WITH latest AS (
  SELECT p.id, p.carrier, o.country FROM tracking_shipment p
  JOIN tracking_order o ON o.shop_id = p.shop_id AND o.id = p.order_id
  WHERE p.shop_id = %(shop)s AND p.direction = 'outbound' AND p.carrier <> ALL(%(unnamed)s)
  ORDER BY p.id DESC LIMIT %(latest)s),
gaps AS (
  SELECT l.carrier, l.country, split_part(e.sub_status, '.', 1) AS status,
    lead(e.occurred_at) OVER (PARTITION BY l.id ORDER BY e.occurred_at, e.id) - e.occurred_at AS gap
  FROM latest l JOIN tracking_trackingevent e ON e.shop_id = %(shop)s AND e.shipment_id = l.id
  WHERE e.source IN ('carrier', 'driver'))
SELECT carrier, status, coalesce(country, ''), count(*),
  percentile_cont(0.8) WITHIN GROUP (ORDER BY extract(epoch FROM gap)) / 3600
FROM gaps WHERE gap > interval '15 minutes' AND status = ANY(%(statuses)s)
GROUP BY GROUPING SETS ((carrier, status), (carrier, status, country))
HAVING count(*) >= %(fewest)s AND (GROUPING(country) = 1 OR country <> '')
"""


def measure_due(*, now: datetime) -> int:
    """Measure the shops that were not measured lately; return how many rhythms they have.

    A shop at a time, each in its own transaction. Safe to repeat: the same scans come to the same rhythms.
    """
    return sum(measure(shop_id=shop.pk, now=now) for shop in Shop.objects.filter(suspended_at=None))


def measure(*, shop_id: int, now: datetime) -> int:
    """Write down a shop's rhythms; return how many. One transaction, safe to repeat and to run twice at once."""
    with shop_context(shop_id):
        held = Rhythm.objects.for_shop(shop_id)
        if held.filter(measured_at__gt=now - MEASURED_EVERY).exists():
            return 0
        found = [
            Rhythm(
                shop_id=shop_id, carrier=carrier, status=status, country=country, gaps=gaps,
                usual_h=min(max(math.ceil(hours), 1), LONGEST_H), measured_at=now,
            )
            for carrier, status, country, gaps, hours in _gaps(shop_id)
        ]  # fmt: skip
        Rhythm.objects.bulk_create(
            found,
            update_conflicts=True,
            unique_fields=["shop", "carrier", "status", "country"],
            update_fields=["usual_h", "gaps", "measured_at"],
        )
        held.filter(measured_at__lt=now).delete()
    return len(found)


def _gaps(shop_id: int) -> list[tuple[str, str, str, int, float]]:
    asked: dict[str, int | list[str]] = {
        "shop": shop_id,
        "unnamed": sorted(UNNAMED),
        "latest": LATEST_PARCELS,
        "statuses": [str(status) for status in MEASURED],
        "fewest": FEWEST_GAPS,
    }
    with connection.cursor() as cursor:
        cursor.execute(GAPS, asked)
        return [(c, s, country, n, float(hours)) for c, s, country, n, hours in cursor.fetchall()]
