"""From transitions nobody has announced to messages, once each."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import connections

from notifications import rules
from notifications.models import Message, Rule
from notifications.registry import CHANNELS
from notifications.services.channels import usable_channels
from notifications.services.listeners import Told
from notifications.services.noticing import take_notices
from tenants.isolation import shop_context
from tracking.models import Order, Transition

log = structlog.get_logger(__name__)

ORDERS_A_PASS = 500  # taken together; a shop's share of them is bounded below
ORDERS_A_SHOP = 100

# Oldest first within a shop, but no shop more than its share: one shop's 100,000 do not keep the others waiting.
DUE = """
SELECT shop_id, order_id FROM (
  SELECT shop_id, order_id, min(recorded_at) AS since, row_number() OVER (PARTITION BY shop_id ORDER BY min(recorded_at)) AS n
  FROM (SELECT shop_id, order_id, recorded_at FROM tracking_transition
        WHERE announced_at IS NULL AND recorded_at <= %s ORDER BY recorded_at LIMIT 20000) due
  GROUP BY shop_id, order_id) ranked
WHERE n <= %s ORDER BY since LIMIT %s
"""


def plan_due(now: datetime) -> int:
    """Plan messages for every notice not yet taken up, and for every order with unannounced transitions; return
    how many of both were looked at.

    Waits NOTIFY_SETTLE_S after the first of them is recorded, so that parcels that move together make one message.
    Safe to repeat and to run twice at once: transitions are locked and marked in the transaction that makes
    the messages, and a message is unique by its key.
    """
    noticed = take_notices(now)
    settled = now - timedelta(seconds=settings.NOTIFY_SETTLE_S)
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(DUE, [settled, ORDERS_A_SHOP, ORDERS_A_PASS])
        due = cursor.fetchall()
    by_shop: dict[int, list[int]] = defaultdict(list)
    for shop_id, order_id in due:
        by_shop[shop_id].append(order_id)
    for shop_id, order_ids in by_shop.items():
        with shop_context(shop_id):
            _plan_orders(shop_id, order_ids, now)
    return noticed + len(due)


def switches_of(shop_id: int) -> dict[rules.Switch, bool]:
    """The shop's choices over the defaults."""
    chosen = {(r.state, r.channel): r.enabled for r in Rule.objects.for_shop(shop_id)}
    return rules.default_switches(CHANNELS) | chosen


def _plan_orders(shop_id: int, order_ids: Iterable[int], now: datetime) -> None:
    waiting = (
        Transition.objects.for_shop(shop_id)
        .filter(order_id__in=order_ids, announced_at=None)
        .order_by("id")
        .select_for_update(skip_locked=True)
    )
    moves: dict[int, list[Transition]] = defaultdict(list)
    for transition in waiting:
        moves[transition.order_id].append(transition)
    if not moves:
        return
    switches = switches_of(shop_id)
    usable = usable_channels(shop_id)
    told = Told(shop_id, moves)
    today = _sent_since(shop_id, moves, now - timedelta(days=1))
    planned = []
    for order in Order.objects.for_shop(shop_id).filter(pk__in=moves):
        moved = [
            rules.Moved(t.pk, t.kind, t.before, t.after, t.episode)
            for t in moves[order.pk]
            if t.kind != "shipment"
        ]
        reach = rules.Reach(
            recipients=told.recipients(order, usable),
            today=today.get(order.pk, {}),
            choices=told.choices.get(order.pk, {}),
            offered=told.offered,
        )
        planned += [
            _message(order, p, now, told.languages.get(p.whom, ""))
            for p in rules.plan(moved, switches, reach)
        ]
    Message.objects.bulk_create(planned, ignore_conflicts=True)
    Transition.objects.filter(pk__in=[t.pk for ts in moves.values() for t in ts]).update(announced_at=now)
    log.info("planned", shop_id=shop_id, orders=len(moves), messages=len(planned))


def _sent_since(
    shop_id: int, order_ids: Iterable[int], since: datetime
) -> Mapping[int, Counter[tuple[str, str]]]:
    counted: dict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    recent = Message.objects.for_shop(shop_id).filter(
        order_id__in=order_ids, created_at__gt=since, notice=None
    )
    for order_id, channel, whom in recent.exclude(held_because="unwanted").values_list(
        "order_id", "channel", "whom"
    ):
        counted[order_id][channel, whom] += 1
    return counted


def _message(order: Order, planned: rules.Planned, now: datetime, language: str = "") -> Message:
    return Message(
        shop_id=order.shop_id,
        order=order,
        state=planned.state,
        channel=planned.channel,
        dedupe_key=rules.dedupe_key(order.pk, planned),
        recipient=planned.recipient,
        whom=planned.whom,
        language=language or order.language,
        why=f"{'choice' if planned.chosen else 'rule'}:{planned.state}",
        status="held" if planned.held else "queued",
        held_because=planned.held,
        next_at=None if planned.held else now,
        created_at=now,
    )
