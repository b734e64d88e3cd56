"""Writes how often pages were looked at: what was counted elsewhere, added to the day's rows, kept 30 days."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import DatabaseError, connection

from tenants.isolation import shop_context
from tracking import visits
from tracking.models import PageVisit
from tracking.visits import LONGEST_S, Counts, Key

log = structlog.get_logger(__name__)

KEPT = timedelta(days=30)
ADD = """
INSERT INTO tracking_pagevisit AS kept (shop_id, order_id, day, device, country, reader, views, visits, dwell_s)
SELECT %(shop)s, o.id, said.day, said.device, said.country, said.reader,
       sum(said.views), sum(said.visits), least(sum(said.dwell_s), %(longest)s * greatest(sum(said.views), 1))
FROM unnest(%(hash)s::text[], %(day)s::date[], %(device)s::text[], %(country)s::text[], %(reader)s::text[],
            %(views)s::int[], %(visits)s::int[], %(dwell_s)s::int[])
     AS said (hash, day, device, country, reader, views, visits, dwell_s)
JOIN tracking_order o ON o.shop_id = %(shop)s AND (o.token_hash = said.hash OR o.gift_hash = said.hash AND o.gift_hash <> '')
GROUP BY o.id, said.day, said.device, said.country, said.reader
ON CONFLICT (shop_id, order_id, day, device, country, reader) DO UPDATE
SET views = kept.views + excluded.views,
    visits = kept.visits + excluded.visits,
    dwell_s = least(kept.dwell_s + excluded.dwell_s, %(longest)s * greatest(kept.views + excluded.views, 1))
"""


def drain() -> int:
    """Bring what was counted to the database; return of how many kinds of views. Several at once: one does it.

    A shop's counts are taken away once they are committed. Killed in between, that shop's last ten seconds count
    twice; nothing else is counted twice, or lost.
    """
    count = 0
    with visits.taken() as waiting:
        for shop_id, counted in (waiting or {}).items():
            try:
                add(shop_id=shop_id, counted=counted)
            except DatabaseError:
                log.exception("visits_not_written", shop_id=shop_id)  # tried again in ten seconds
                if not connection.is_usable():
                    break
                continue
            visits.done(dict(counted))
            count += len(counted)
    return count


def add(*, shop_id: int, counted: Mapping[Key, Counts]) -> None:
    """Add to the shop's rows, in one statement. Pages that are no more, or never were, are passed by."""
    keys = list(counted)
    said: dict[str, Any] = {
        "shop": shop_id,
        "longest": LONGEST_S,
        "hash": [key.token_hash for key in keys],
        "day": [key.day for key in keys],
        "device": [key.device for key in keys],
        "country": [key.country for key in keys],
        "reader": [key.reader for key in keys],
        "views": [counted[key].views for key in keys],
        "visits": [counted[key].visits for key in keys],
        "dwell_s": [counted[key].dwell_s for key in keys],
    }
    with shop_context(shop_id), connection.cursor() as cursor:
        cursor.execute(ADD, said)


def forget(*, shop_id: int, now: datetime) -> int:
    """Erase what is older than 30 days; return how many rows. Runs inside the shop's context. Safe to repeat."""
    old = PageVisit.objects.for_shop(shop_id).filter(day__lt=(now - KEPT).date())
    gone: int = old.delete()[0]
    return gone
