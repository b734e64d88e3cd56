"""Tries rules on what happened to a shop's orders: what would have gone out, to how many, and what it would have cost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from notifications.models import MessageSetup
from notifications.rendering import NothingToSayError, render
from notifications.rules import Rule, dedupe_key
from notifications.segments import length_of, price_of
from notifications.services.channels import usable_channels
from notifications.services.marketing_choices import person_of
from notifications.services.pasts import pasts_of
from notifications.services.ruling import bounds_of, rules_of, setup_of
from notifications.services.templates import design_of
from notifications.trial import Past, Told, replay
from tenants.isolation import shop_context
from tenants.models import Shop
from tracking.models import Order

PERIODS = (30, 90)  # days
MOST_ORDERS = 1_000  # looked at; of more, this many spread evenly stand for all
MOST_COUNTED = 50_000  # counted one by one; beyond, the database's own estimate will do
A_BATCH = 200
PATIENCE_S = 3.0  # spent on reading; what was read by then stands for the rest
LONGEST_WAY = timedelta(days=60)  # an order placed so long before may still move
MOST_EXAMPLES, MOST_OF_ONE_KIND = 12, 4

# One order for each of so many places between the first and the last: no more work for a million than for a thousand.
SPREAD = """
SELECT DISTINCT found.id FROM unnest(%(places)s::bigint[]) AS place CROSS JOIN LATERAL (
  SELECT id FROM tracking_order WHERE shop_id = %(shop)s AND id >= place ORDER BY id LIMIT 1) found
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """The orders looked at: all that may have moved in the period, or evenly of these."""

    ids: Sequence[int]
    total: int
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """What text messages would have cost. `unpriced`: to countries the shop has given no price for."""

    messages: int
    segments: int
    amount: Decimal
    currency: str
    unpriced: int


@dataclass(frozen=True, slots=True)
class Example:
    order_id: int
    number: str
    told: Told


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it. Numbers are of all orders; where `is_estimate`, reckoned from those looked at.

    `sent`, `held`: messages of the rule that was tried, or of all, by channel, by reason. `changes`: by how many more, or
    fewer, messages of all rules, by channel, than with the rules as they are.
    """

    since: datetime
    until: datetime
    days: int
    orders: int
    looked_at: int
    is_estimate: bool
    sent: Mapping[str, int]
    held: Mapping[str, int]
    shoppers: int
    weeks: Sequence[tuple[date, Mapping[str, int]]]  # their Mondays
    examples: Sequence[Example]
    cost: Cost | None = None
    changes: Mapping[str, int] = field(default_factory=dict)
    held_changes: int = 0

    @property
    def total(self) -> int:
        return sum(self.sent.values())


def try_rules(*, shop: Shop, days: int, now: datetime, tried: Rule | None = None) -> Trial:
    """Try the shop's rules on its last `days`; `tried` among them as if it were on, in the place of the one it changes.

    Reads only, in short pieces of its own: runs outside the shop's context. Bounded by MOST_ORDERS and PATIENCE_S.
    """
    since = now - timedelta(days=days)
    with shop_context(shop.pk):
        setup, as_they_are, usable = setup_of(shop.pk), rules_of(shop.pk), usable_channels(shop.pk)
        sample = sample_of(shop.pk, since)
    reachable = list(dict.fromkeys([*usable, *([tried.channel] if tried else [])]))
    after = [rule for rule in as_they_are if rule.channel in usable]
    before = list(after)
    if tried:
        after = [*(r for r in after if r.key != tried.key), replace(tried, enabled=True)]
    pasts, orders, looked_at = read_pasts(shop, sample.ids, [*before, *after], reachable, setup, since, now)
    bounds, settle = bounds_of(setup), timedelta(seconds=settings.NOTIFY_SETTLE_S)
    told = replay(pasts, after, bounds, since=since, until=now, settle=settle)
    mine = [t for t in told if t.planned.rule == tried.key] if tried else told
    scale = sample.total / looked_at if looked_at else 1.0
    sent = [t for t in mine if not t.held]
    changes, held_changes = Counter[str](), 0
    if tried:
        without = replay(pasts, before, bounds, since=since, until=now, settle=settle)
        changes, held_changes = _channels(told), sum(1 for t in told if t.held)
        changes.subtract(_channels(without))
        held_changes -= sum(1 for t in without if t.held)
    return Trial(
        since=since, until=now, days=days, orders=sample.total, looked_at=looked_at,
        is_estimate=not sample.is_whole or looked_at < sample.total,
        sent=_scaled(Counter(t.planned.channel for t in sent), scale),
        held=_scaled(Counter(t.held for t in mine if t.held), scale),
        shoppers=round(scale * len({_person(t, orders) for t in sent})),
        weeks=_weeks(sent, since, now, ZoneInfo(shop.time_zone), scale),
        examples=[Example(t.order, orders[t.order].number, t) for t in _examples(mine)],
        cost=_cost(shop, [t for t in sent if t.planned.channel == "sms"], orders, setup, scale, now),
        changes=_scaled(changes, scale), held_changes=round(scale * held_changes),
    )  # fmt: skip


def sample_of(shop_id: int, since: datetime) -> Sample:
    """The orders that changed since then: all, or evenly spread. Runs in the shop's context."""
    changed = Order.objects.for_shop(shop_id).filter(updated_at__gte=since).order_by("updated_at", "id")
    ids = sorted(changed.values_list("pk", flat=True)[: MOST_COUNTED + 1])
    if len(ids) <= MOST_ORDERS:
        return Sample(ids, len(ids), is_whole=True)
    if len(ids) <= MOST_COUNTED:
        return Sample([ids[n * len(ids) // MOST_ORDERS] for n in range(MOST_ORDERS)], len(ids))
    return _spread(shop_id, since)


def _spread(shop_id: int, since: datetime) -> Sample:
    """Too many to go through: by their places between the first that may have moved and the latest."""
    orders = Order.objects.for_shop(shop_id)
    placed = orders.filter(placed_at__gte=since - LONGEST_WAY)
    first = placed.order_by("placed_at", "pk").values_list("pk", flat=True).first() or 0
    last = orders.order_by("-placed_at", "-pk").values_list("pk", flat=True).first() or 0
    first, last = min(first, last), max(first, last)
    places = [first + n * (last - first) // MOST_ORDERS for n in range(MOST_ORDERS)]
    with connection.cursor() as cursor:
        cursor.execute(SPREAD, {"places": places, "shop": shop_id})
        ids = sorted(row[0] for row in cursor.fetchall())
    return Sample(ids, max(_estimate(placed.order_by().values("pk").query), MOST_COUNTED, len(ids)))


def _estimate(query: object) -> int:
    """How many rows the database reckons with: its statistics, without looking."""
    sql, params = query.sql_with_params()  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def read_pasts(
    shop: Shop,
    ids: Sequence[int],
    rules: Collection[Rule],
    usable: Collection[str],
    setup: MessageSetup,
    since: datetime,
    now: datetime,
) -> tuple[list[Past], dict[int, Order], int]:
    """What became of these orders, they, and how many were looked at (of one that is erased nothing is known).

    In batches, each evenly spread, so that those read when patience ends still stand for all.
    """
    enabled = [rule for rule in rules if rule.enabled]
    count = -(-len(ids) // A_BATCH)
    pasts: list[Past] = []
    orders: dict[int, Order] = {}
    looked_at, until = 0, time.monotonic() + PATIENCE_S
    for n in range(count):
        looked_at += len(ids[n::count])
        with shop_context(shop.pk):
            batch = list(Order.objects.for_shop(shop).filter(pk__in=ids[n::count], erased_at=None))
            pasts += pasts_of(shop, batch, enabled, usable, setup, since=since, until=now)
            orders |= {order.pk: order for order in batch}
        if time.monotonic() > until:
            break
    return pasts, orders, looked_at


def key_of(told: Told) -> str:
    """What a message of that name would be kept by: see services.planning and services.noticing."""
    if told.is_word:
        return f"notice:{told.planned.detail}"
    return dedupe_key(told.order, told.planned)


def _channels(told: Sequence[Told]) -> Counter[str]:
    return Counter(t.planned.channel for t in told if not t.held)


def _scaled(counts: Counter[str], scale: float) -> dict[str, int]:
    return {name: round(scale * count) for name, count in counts.items() if count}


def _person(told: Told, orders: Mapping[int, Order]) -> str:
    """Whom the customer added is somebody else; their browsers are not."""
    if told.planned.whom.startswith("follower:"):
        return told.planned.whom
    return person_of(orders[told.order]) or f"order {told.order}"


def _weeks(
    sent: Sequence[Told], since: datetime, until: datetime, zone: ZoneInfo, scale: float
) -> list[tuple[date, dict[str, int]]]:
    def monday(at: datetime) -> date:
        day = at.astimezone(zone).date()
        return day - timedelta(days=day.weekday())

    counts = Counter((monday(min(t.planned.send_at, until)), t.planned.channel) for t in sent)
    first, last = monday(since), monday(until)
    weeks = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return [(w, _scaled(Counter({c: n for (of, c), n in counts.items() if of == w}), scale)) for w in weeks]


def _examples(told: Sequence[Told]) -> list[Told]:
    """The latest, a few of each kind of outcome."""
    kinds: Counter[str] = Counter()
    picked = []
    for one in sorted(told, key=lambda t: t.planned.send_at, reverse=True):
        if kinds[one.held] < (MOST_OF_ONE_KIND if one.held else MOST_EXAMPLES // 2):
            kinds[one.held] += 1
            picked.append(one)
    return picked[:MOST_EXAMPLES]


def _cost(
    shop: Shop,
    sent: Sequence[Told],
    orders: Mapping[int, Order],
    setup: MessageSetup,
    scale: float,
    now: datetime,
) -> Cost | None:
    """By the segments of what each design says now, of one order in each language, and the shop's own prices."""
    if not sent:
        return None
    lengths: dict[tuple[str, str, str], int] = {}
    segments, unpriced, amount = 0, 0, Decimal(0)
    for told in sent:
        order = orders[told.order]
        key = (told.planned.template or told.planned.occasion, told.planned.occasion, order.language)
        if key not in lengths:
            lengths[key] = _segments(shop, order, *key, now)
        segments += lengths[key]
        price = price_of(lengths[key], order.country, setup.sms_prices)
        unpriced += price is None
        amount += price or 0
    return Cost(
        round(scale * len(sent)), round(scale * segments), amount * Decimal(str(scale)), setup.sms_currency,
        round(scale * unpriced),
    )  # fmt: skip


def _segments(shop: Shop, order: Order, design: str, occasion: str, language: str, now: datetime) -> int:
    with shop_context(shop.pk):
        try:
            said = render(
                shop=shop, order=order, occasion=occasion, channel="sms", language=language, now=now,
                content=design_of(shop, design, "sms").content,
            )  # fmt: skip
        except NothingToSayError:
            return 1
    return max(1, length_of(said.text).segments)
