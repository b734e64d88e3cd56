"""From transitions nobody has announced to messages, once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections

from notifications import rules
from notifications.models import Message
from notifications.occasions import OCCASIONS
from notifications.services.channels import usable_channels
from notifications.services.days import days_before
from notifications.services.exactly import Cause, asks_exactly, details_of
from notifications.services.knowing import Known
from notifications.services.looking import look
from notifications.services.noticing import take_notices
from notifications.services.ruling import bounds_of, rules_of, setup_of
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Order, Transition
from tracking.moments import eta_read

log = structlog.get_logger(__name__)

ORDERS_A_PASS = 500  # taken together; a shop's share of them is bounded below
ORDERS_A_SHOP = 100

# Walks the index from shop to shop, oldest first within each: what is behind the first rows of one shop's 100,000 is
# not read, and shops take turns.
DUE = """
WITH RECURSIVE spot AS (
  (SELECT shop_id FROM tracking_transition WHERE announced_at IS NULL ORDER BY shop_id LIMIT 1)
  UNION ALL
  SELECT following.shop_id FROM spot CROSS JOIN LATERAL (
    SELECT t.shop_id FROM tracking_transition t
    WHERE t.announced_at IS NULL AND t.shop_id > spot.shop_id ORDER BY t.shop_id LIMIT 1
  ) following
)
SELECT spot.shop_id, due.order_id FROM spot CROSS JOIN LATERAL (
  SELECT order_id, min(recorded_at) AS since, row_number() OVER (ORDER BY min(recorded_at)) AS turn
  FROM (SELECT order_id, recorded_at FROM tracking_transition t
        WHERE t.shop_id = spot.shop_id AND t.announced_at IS NULL AND t.recorded_at <= %(settled)s
        ORDER BY t.recorded_at LIMIT 4 * %(a_shop)s) first
  GROUP BY order_id ORDER BY since LIMIT %(a_shop)s
) due
ORDER BY due.turn, due.since LIMIT %(most)s
"""


def plan_due(now: datetime) -> int:
    """Plan messages for every notice not yet taken up, and for every order with unannounced transitions; return
    how many of both were looked at.

    Waits NOTIFY_SETTLE_S after the first of them is recorded, so that parcels that move together make one message.
    Safe to repeat and to run twice at once: transitions are locked and marked in the transaction that makes
    the messages, and a message is unique by its key.
    """
    noticed = take_notices(now, messages_for)
    settled = now - timedelta(seconds=settings.NOTIFY_SETTLE_S)
    with connections["dispatch"].cursor() as cursor:
        cursor.execute(DUE, {"settled": settled, "a_shop": ORDERS_A_SHOP, "most": ORDERS_A_PASS})
        due = cursor.fetchall()
    by_shop: dict[int, list[int]] = defaultdict(list)
    for shop_id, order_id in due:
        by_shop[shop_id].append(order_id)
    return noticed + sum(_plan_shop(shop_id, order_ids, now) for shop_id, order_ids in by_shop.items())


def _plan_shop(shop_id: int, order_ids: Sequence[int], now: datetime) -> int:
    """Return how many orders were planned. What fails together is tried one by one, so that an order nothing can be made
    of holds up neither its shop's others nor the other shops."""
    try:
        with shop_context(shop_id):
            _plan_orders(shop_id, order_ids, now)
    except (OperationalError, InterfaceError):
        raise  # the database is away: nobody's fault here
    except Exception:
        log.exception("not_planned", shop_id=shop_id, orders=list(order_ids)[:10])
        if len(order_ids) == 1:
            return 0
        return sum(_plan_shop(shop_id, [order_id], now) for order_id in order_ids)
    return len(order_ids)


def _plan_orders(shop_id: int, order_ids: Iterable[int], now: datetime) -> None:
    waiting = (
        Transition.objects.for_shop(shop_id)
        .filter(order_id__in=order_ids, announced_at=None)
        .order_by("id")
        .select_for_update(skip_locked=True, of=("self",))
        .select_related("shipment")
    )
    moves: dict[int, list[Transition]] = defaultdict(list)
    for transition in waiting:
        moves[transition.order_id].append(transition)
    if not moves:
        return
    shop = Shop.objects.get(pk=shop_id)
    orders = list(Order.objects.for_shop(shop_id).filter(pk__in=moves))
    all_rules = rules_of(shop_id)
    news = _news(shop, orders, moves, all_rules, now)
    made = messages_for(shop, orders, news, now, all_rules)
    Transition.objects.filter(pk__in=[t.pk for ts in moves.values() for t in ts]).update(announced_at=now)
    log.info("planned", shop_id=shop_id, orders=len(moves), messages=made)


def _news(
    shop: Shop,
    orders: Sequence[Order],
    moves: Mapping[int, Sequence[Transition]],
    all_rules: Sequence[rules.Rule],
    now: datetime,
) -> dict[int, list[rules.News]]:
    """What came to pass with each order, and what the clock has to tell of it as it stands now: told together, so that
    one message says both."""
    known = {pk: first for pk, ts in moves.items() if (first := _first_day(ts))}
    days = days_before(shop.pk, known if _tells_days(all_rules) else {})
    since = {order_id: min(t.recorded_at for t in ts) for order_id, ts in moves.items()}
    due = look(shop, orders, all_rules, now, moved_at=since)
    exact: Mapping[Cause, str] = {}
    if asks_exactly(all_rules):
        exact = details_of(shop.pk, {(t.shipment_id, t.cause) for ts in moves.values() for t in ts})
    return {
        o.pk: [*rules.news_of(_moved(moves[o.pk], exact), days.get(o.pk)), *due.get(o.pk, ())] for o in orders
    }


def _tells_days(all_rules: Iterable[rules.Rule]) -> bool:
    return any(
        rule.enabled and rule.sends and rule.occasion in ("eta_set", "eta_moved") for rule in all_rules
    )


def _first_day(transitions: Iterable[Transition]) -> int | None:
    return min((t.pk for t in transitions if t.kind == "moment" and eta_read(t.after)), default=None)


def _moved(transitions: Iterable[Transition], exact: Mapping[Cause, str]) -> list[rules.Moved]:
    return [
        rules.Moved(
            t.pk, t.kind, t.before, t.after, t.episode, t.recorded_at, t.shipment_id,
            t.shipment.attempts if t.shipment else 0, exact.get((t.shipment_id, t.cause), ""),
        )
        for t in transitions
    ]  # fmt: skip


def messages_for(
    shop: Shop,
    orders: Sequence[Order],
    news: Mapping[int, Sequence[rules.News]],
    now: datetime,
    all_rules: Sequence[rules.Rule],
) -> int:
    """Make the messages that this news calls for, by these rules; return how many. Runs in the shop's context.

    Safe to repeat: a message is unique by its key. Of what waits for its hour, the places an order has left since are
    held back: who sleeps through three steps hears of the last.
    """
    told = [order for order in orders if news.get(order.pk)]
    if not told:
        return 0
    usable, setup = usable_channels(shop.pk), setup_of(shop.pk)
    bounds = bounds_of(setup)
    known = Known(shop, told, usable, setup, now)
    messages = []
    for order in told:
        decided = rules.decide(news[order.pk], all_rules, known.about(order), known.reach(order), bounds, now)
        messages += [_message(order, p, now, known.told.languages.get(p.whom, "")) for p in decided]
    made = Message.objects.bulk_create(messages, ignore_conflicts=True)
    _supersede(shop.pk, made, now)
    return len(made)


def _supersede(shop_id: int, made: Sequence[Message], now: datetime) -> None:
    """Hold back what waits for its hour and tells of a place the order has left: these tell of a later one."""
    places = [m for m in made if m.status == "queued" and OCCASIONS[m.state].is_place]
    if not places:
        return
    waiting = Message.objects.for_shop(shop_id).filter(
        order_id__in={m.order_id for m in places}, status="queued", next_at__gt=now, notice=None, attempts=0
    )
    newer = {(m.order_id, m.channel, m.whom): m.pk for m in places}
    ours = {m.pk for m in made}
    over = [
        m.pk
        for m in waiting.select_for_update(skip_locked=True)
        if m.pk not in ours
        and (m.order_id, m.channel, m.whom) in newer
        and m.state in OCCASIONS
        and OCCASIONS[m.state].is_place
        and not m.why.endswith(LATER)
    ]
    Message.objects.for_shop(shop_id).filter(pk__in=over).update(
        status="held", held_because="superseded", next_at=None
    )


LATER = " later"  # of a message a rule sends some time after


def _message(order: Order, planned: rules.Planned, now: datetime, language: str = "") -> Message:
    later = LATER if planned.delay != (0, 0) else ""
    return Message(
        shop_id=order.shop_id,
        order=order,
        state=planned.occasion,
        channel=planned.channel,
        dedupe_key=rules.dedupe_key(order.pk, planned),
        recipient=planned.recipient,
        whom=planned.whom,
        language=language or order.language,
        rule_key=planned.rule,
        template_key=planned.template,
        why=f"{'choice' if planned.chosen else 'rule'}:{planned.occasion}{later}",
        status="held" if planned.held else "queued",
        held_because=planned.held,
        next_at=None if planned.held else planned.send_at,
        expires_at=planned.expires_at,
        created_at=now,
    )
