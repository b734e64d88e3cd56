"""Looks at orders by the clock: what came due since they were last looked at, and when to look again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import connection

from notifications import clock
from notifications.clock import DONE, HAPPY
from notifications.models import Alarm
from notifications.news import News
from notifications.occasions import OCCASIONS
from notifications.rules import Rule
from notifications.services.lives import lives_of
from tenants.models import Shop
from tracking.models import Order

SEEDED = timedelta(days=90)  # an order that stands where it stood for longer is nobody's news any more
LOOK_BACK = timedelta(microseconds=1)

# What is due this moment stays to be told; of the rest, what came before now is not told by a rule that is new.
SEED = """
INSERT INTO notifications_alarm (shop_id, order_id, next_at, looked_at, claims)
SELECT o.shop_id, o.id, %(now)s, %(now)s, 0 FROM tracking_order o
WHERE o.shop_id = %(shop)s AND o.erased_at IS NULL AND o.state_since > %(since)s AND o.state <> ALL (%(over)s)
ON CONFLICT (shop_id, order_id) DO UPDATE SET
  looked_at = CASE WHEN notifications_alarm.next_at <= excluded.next_at
    THEN notifications_alarm.looked_at ELSE excluded.looked_at END,
  next_at = least(notifications_alarm.next_at, excluded.next_at)
"""


def look(
    shop: Shop,
    orders: Sequence[Order],
    rules: Sequence[Rule],
    now: datetime,
    *,
    moved_at: Mapping[int, datetime] | None = None,
) -> dict[int, list[News]]:
    """What the clock has to tell of these orders since they were last looked at, and set when to look again.

    Runs in the shop's context, in the transaction that makes the messages. `moved_at`: of orders that moved, since when
    there is something to look at. A shop without a rule by the clock costs nothing, and its alarms run dry. Of the
    others three statements, and what `lives_of` reads, however many orders.
    """
    asking = clock.by_clock(rules)
    if not asking and moved_at is not None:
        return {}
    held = {
        alarm.order_id: alarm
        for alarm in Alarm.objects.for_shop(shop)
        .filter(order_id__in=[o.pk for o in orders])
        .order_by("order_id")
        .select_for_update(of=("self",))
    }
    if not asking:
        _run_dry(shop, held)
        return {}
    lives = lives_of(shop, orders, asking, now)
    news: dict[int, list[News]] = {}
    alarms = []
    for order in sorted(orders, key=lambda one: one.pk):
        life, alarm = lives[order.pk], held.get(order.pk)
        since = alarm.looked_at if alarm else (moved_at or {}).get(order.pk, now) - LOOK_BACK
        due = clock.news_between(life, asking, since, now)
        news[order.pk] = [one for one in due if _is_fresh(one, now)]
        next_at = clock.next_time(life, asking, max(since, now))
        if alarm or next_at:
            alarms.append(
                Alarm(shop_id=shop.pk, order=order, next_at=next_at, looked_at=max(since, now), claims=0)
            )
    Alarm.objects.bulk_create(
        alarms,
        update_conflicts=True,
        unique_fields=["shop", "order"],
        update_fields=["next_at", "looked_at", "lease", "lease_until", "claims"],
    )
    return news


def _is_fresh(news: News, now: datetime) -> bool:
    """After an outage, what is no news any more is not told."""
    if news.until and now >= news.until:
        return False
    return news.at is None or now - news.at <= OCCASIONS[news.occasion].fresh


def _run_dry(shop: Shop, held: Mapping[int, Alarm]) -> None:
    if held:
        mine = Alarm.objects.for_shop(shop).filter(order_id__in=held)
        mine.update(next_at=None, lease=None, lease_until=None, claims=0)


def seed(*, shop_id: int, now: datetime) -> int:
    """Have every order that the clock may still have something to tell of looked at; return how many. For a shop whose
    rules are others from now on. One statement; safe to repeat. Runs in the shop's context."""
    with connection.cursor() as cursor:
        cursor.execute(
            SEED, {"now": now, "shop": shop_id, "since": now - SEEDED, "over": sorted(DONE - HAPPY)}
        )
        return int(cursor.rowcount)
