"""How a shop's messages fare: by what they are about, channel and design. Counts and money, of a bounded time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from notifications.services.long_statements import long_statements
from tenants.models import Shop

MOST_DAYS = 92
MOST_ROWS = 400
VISITS_KEPT = 30  # days
WENT = "('sent', 'delivered', 'opened', 'clicked', 'bounced')"

Key = tuple[str, str, str]  # occasion, channel, key of the design


class Counts(NamedTuple):
    """Of messages. `human`, `unknown`, `machine`: by whom it was opened at all, each message once, a person counting
    for most. `clicked`: by a person, as far as one can tell."""

    made: int = 0
    sent: int = 0
    delivered: int = 0
    human: int = 0
    unknown: int = 0
    machine: int = 0
    clicked: int = 0
    bounced: int = 0
    failed: int = 0
    complained: int = 0
    waiting: int = 0

    @property
    def arrived(self) -> int:
        """Went out and did not come back: not every provider says that a message was delivered."""
        return self.sent - self.bounced


Money = Mapping[str, Decimal]  # by currency


@dataclass(slots=True)
class Row:
    key: Key
    counts: Counts = field(default_factory=Counts)
    held: dict[str, int] = field(default_factory=dict)  # by why
    stopped: int = 0  # who wanted no more, after this
    cost: dict[str, Decimal] = field(default_factory=dict)
    sales: int = 0
    revenue: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """`returns`: how often an order's page was opened again, and of how many orders looked at."""

    rows: tuple[Row, ...]
    by_day: Mapping[date, tuple[int, int]]  # sent, held
    views: int = 0
    viewed_orders: int = 0

    def total(self) -> Row:
        counts = Counts(*(sum(parts) for parts in zip(*(row.counts for row in self.rows), strict=True)))
        whole = Row(("", "", ""), counts)
        for row in self.rows:
            whole.stopped += row.stopped
            whole.sales += row.sales
            for into, part in ((whole.cost, row.cost), (whole.revenue, row.revenue)):
                for currency, amount in part.items():
                    into[currency] = into.get(currency, Decimal(0)) + amount
            for why, n in row.held.items():
                whole.held[why] = whole.held.get(why, 0) + n
        return whole


# Messages of the time by (shop, created_at); what is known of each by (shop, message). Tests of a design do not count.
_TIME = "m.shop_id = %(shop)s AND m.created_at >= %(since)s AND m.created_at < %(until)s AND m.dedupe_key !~ '^test:'"
COUNTS = f"""
WITH of_time AS (
  SELECT m.id, m.state, m.channel, m.template_key, m.status FROM notifications_message m WHERE {_TIME}),
said AS (
  SELECT r.message_id,
    bool_or(r.kind IN ('delivered', 'read')) AS delivered,
    bool_or(r.kind = 'read' OR (r.kind = 'opened' AND r.reader = 'human')) AS human,
    bool_or(r.kind = 'opened' AND r.reader IN ('unknown', '')) AS unknown,
    bool_or(r.kind = 'opened' AND r.reader = 'machine') AS machine,
    bool_or(r.kind = 'clicked' AND r.reader <> 'machine') AS clicked,
    bool_or(r.kind = 'complained') AS complained
  FROM notifications_receipt r JOIN of_time t ON t.id = r.message_id WHERE r.shop_id = %(shop)s GROUP BY r.message_id),
followed AS (
  SELECT DISTINCT c.message_id FROM notifications_click c JOIN of_time t ON t.id = c.message_id
  WHERE c.shop_id = %(shop)s AND c.reader <> 'machine')
SELECT t.state, t.channel, t.template_key, count(*),
  count(*) FILTER (WHERE t.status IN {WENT}),
  count(*) FILTER (WHERE t.status IN ('delivered', 'opened', 'clicked') OR (s.delivered AND t.status IN {WENT})),
  count(*) FILTER (WHERE s.human),
  count(*) FILTER (WHERE s.unknown AND NOT s.human),
  count(*) FILTER (WHERE s.machine AND NOT s.human AND NOT s.unknown),
  count(*) FILTER (WHERE s.clicked OR f.message_id IS NOT NULL),
  count(*) FILTER (WHERE t.status = 'bounced'),
  count(*) FILTER (WHERE t.status = 'failed'),
  count(*) FILTER (WHERE s.complained),
  count(*) FILTER (WHERE t.status IN ('queued', 'sending', 'unknown'))
FROM of_time t LEFT JOIN said s ON s.message_id = t.id LEFT JOIN followed f ON f.message_id = t.id
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT {MOST_ROWS}
"""  # noqa: S608  constants
HELD = f"""
SELECT m.state, m.channel, m.template_key, m.held_because, count(*) FROM notifications_message m
WHERE {_TIME} AND m.status = 'held' GROUP BY 1, 2, 3, 4
"""  # noqa: S608
COST = f"""
SELECT m.state, m.channel, m.template_key, m.currency, sum(m.price) FROM notifications_message m
WHERE {_TIME} AND m.price IS NOT NULL AND m.status IN {WENT} GROUP BY 1, 2, 3, 4
"""  # noqa: S608
# Who said "no more", and after which message: the last that went to them.
STOPPED = f"""
SELECT m.state, m.channel, m.template_key, count(*) FROM notifications_consent c
CROSS JOIN LATERAL (
  SELECT state, channel, template_key FROM notifications_message
  WHERE shop_id = %(shop)s AND order_id = c.order_id AND channel = c.channel AND created_at <= c.at AND status IN {WENT}
  ORDER BY created_at DESC LIMIT 1) m
WHERE c.shop_id = %(shop)s AND c.at >= %(since)s AND c.at < %(until)s AND c.means IN ('stopped', 'refused')
GROUP BY 1, 2, 3
"""  # noqa: S608
SALES = """
SELECT s.occasion, coalesce(m.channel, ''), s.template, s.currency, count(*), coalesce(sum(s.amount), 0)
FROM notifications_sale s LEFT JOIN notifications_message m ON m.shop_id = s.shop_id AND m.id = s.message_id
WHERE s.shop_id = %(shop)s AND s.at >= %(since)s AND s.at < %(until)s GROUP BY 1, 2, 3, 4
"""
BY_DAY = f"""
SELECT (m.created_at AT TIME ZONE %(zone)s)::date, count(*) FILTER (WHERE m.status IN {WENT}),
  count(*) FILTER (WHERE m.status = 'held')
FROM notifications_message m WHERE {_TIME} GROUP BY 1
"""  # noqa: S608
VISITS = """
SELECT coalesce(sum(visits), 0), count(DISTINCT order_id) FROM tracking_pagevisit
WHERE shop_id = %(shop)s AND day >= %(visited)s AND day < %(until)s::date + 1 AND reader = 'person'
"""


def figures_of(shop: Shop, *, since: datetime, until: datetime) -> Figures:
    """Of messages made from `since` up to `until`, at most 92 days. Raises TooMuchError. Runs in the shop's context."""
    since = max(since, until - timedelta(days=MOST_DAYS))
    said: dict[str, Any] = {
        "shop": shop.pk, "since": since, "until": until, "zone": shop.time_zone,
        "visited": max(since, until - timedelta(days=VISITS_KEPT - 1)).astimezone(UTC).date(),
    }  # fmt: skip
    rows: dict[Key, Row] = {}

    def row(occasion: str, channel: str, template: str) -> Row:
        key = (occasion, channel, template)
        return rows.setdefault(key, Row(key))

    with long_statements():
        found = {
            statement: _read(statement, said)
            for statement in (COUNTS, HELD, COST, STOPPED, SALES, BY_DAY, VISITS)
        }
    for occasion, channel, template, *counts in found[COUNTS]:
        row(occasion, channel, template).counts = Counts(*counts)
    for occasion, channel, template, why, n in found[HELD]:
        row(occasion, channel, template).held[why] = n
    for occasion, channel, template, currency, amount in found[COST]:
        row(occasion, channel, template).cost[currency] = amount
    for occasion, channel, template, n in found[STOPPED]:
        row(occasion, channel, template).stopped = n
    for occasion, channel, template, currency, n, amount in found[SALES]:
        one = row(occasion, channel, template)
        one.sales += n
        one.revenue[currency] = one.revenue.get(currency, Decimal(0)) + amount
    by_day = {day: (sent, held) for day, sent, held in found[BY_DAY]}
    ((views, orders),) = found[VISITS]
    return Figures(tuple(rows.values()), by_day, int(views), orders)


def _read(statement: str, said: Mapping[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, said)
        found: list[Any] = cursor.fetchall()
        return found
