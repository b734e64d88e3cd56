"""What messages brought: orders owed to them, by what they told of, by design, by coupon. No two currencies are added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tenants import rows
from tenants.models import Shop

NO_MESSAGE = (
    "-"  # in place of a design's key: a coupon was used that no message of ours had brought to that shopper
)
BY = {
    "occasion": "s.occasion",
    "template": f"CASE WHEN s.message_id IS NULL THEN '{NO_MESSAGE}' ELSE s.template END",
    "coupon": "coalesce(c.name, '')",
    "how": "s.how",
}
# Where no message is known there is no first order either.
EARLY = "NOT s.delivered_before AND s.message_id IS NOT NULL"
BROUGHT = """
SELECT {by}, s.currency, count(*), coalesce(sum(s.amount), 0),
  count(*) FILTER (WHERE {early}), coalesce(sum(s.amount) FILTER (WHERE {early}), 0)
FROM notifications_sale s LEFT JOIN notifications_coupon c ON c.shop_id = s.shop_id AND c.id = s.coupon_id
WHERE s.shop_id = %s AND s.at >= %s AND s.at < %s{more} GROUP BY 1, 2 ORDER BY 4 DESC, 1, 2
"""


@dataclass(frozen=True, slots=True)
class Brought:
    """`early`: of `orders` and `amount`, those bought before the first order was with the shopper."""

    of: str
    currency: str
    orders: int
    amount: Decimal
    early_orders: int
    early_amount: Decimal


def brought(shop: Shop, by: str, since: datetime, until: datetime) -> Sequence[Brought]:
    """The largest first. `by`: a name in BY. One query."""
    more = " AND s.coupon_id IS NOT NULL" if by == "coupon" else ""
    sql = BROUGHT.format(by=BY[by], more=more, early=EARLY)
    return [Brought(*row) for row in rows.fetch(sql, [shop.pk, since, until])]
