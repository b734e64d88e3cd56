"""How much shoppers ask, about what, and how long they wait: counts and times for a shop's own eyes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from tenants.isolation import shop_context
from tenants.models import Shop

WHERE = "where"  # the contacts that ask for an order's status


@dataclass(frozen=True, slots=True)
class Row:
    """`first_answer`, `resolution`: medians; None where there is none yet."""

    name: str  # a reason, or a carrier's code; empty: of no parcel
    count: int
    per_hundred: float | None  # of its parcels in the same time; None where nobody can say
    first_answer: timedelta | None
    resolution: timedelta | None


@dataclass(frozen=True, slots=True)
class Figures:
    tickets: int
    spared: int  # questions the page answered
    where: int  # of both, those that ask where it is
    open: int
    by_event: int  # closed by what happened
    first_answer: timedelta | None
    resolution: timedelta | None
    by_reason: tuple[Row, ...]
    by_carrier: tuple[Row, ...]

    @property
    def contacts(self) -> int:
        return self.tickets + self.spared

    @property
    def where_share(self) -> float | None:
        """The WISMO rate: of all contacts, those that ask for the order's status. From 0 to 1."""
        return self.where / self.contacts if self.contacts else None


_TIMES = """count(*),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY t.first_answer_at - t.opened_at),
  percentile_cont(0.5) WITHIN GROUP (ORDER BY t.closed_at - t.opened_at)"""
_SINCE = "WHERE t.shop_id = %(shop)s AND t.opened_at >= %(since)s AND t.opened_at < %(until)s"
TOTAL = f"""
SELECT {_TIMES}, count(*) FILTER (WHERE t.reason = '{WHERE}'), count(*) FILTER (WHERE t.status <> 'closed'),
  count(*) FILTER (WHERE t.closed_by = 'event')
FROM tracking_ticket t {_SINCE}
"""  # noqa: S608  constants
BY_REASON = f"SELECT t.reason, {_TIMES} FROM tracking_ticket t {_SINCE} GROUP BY t.reason ORDER BY 2 DESC, 1"  # noqa: S608
BY_CARRIER = f"""
SELECT coalesce(s.carrier, ''), {_TIMES} FROM tracking_ticket t
LEFT JOIN tracking_shipment s ON s.shop_id = t.shop_id AND s.id = t.shipment_id
{_SINCE} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 30
"""  # noqa: S608
PARCELS = """
SELECT s.carrier, count(*) FROM tracking_shipment s
WHERE s.shop_id = %(shop)s AND s.created_at >= %(since)s AND s.created_at < %(until)s GROUP BY 1
"""
SPARED = """
SELECT coalesce(sum(count), 0), coalesce(sum(count) FILTER (WHERE reason = %(where)s), 0) FROM tracking_spared
WHERE shop_id = %(shop)s AND day >= %(since)s::date AND day < %(until)s::date + 1
"""


def figures(shop: Shop, *, since: datetime, until: datetime) -> Figures:
    """Of what was asked from `since` up to `until`. Five statements."""
    said: dict[str, Any] = {"shop": shop.pk, "since": since, "until": until, "where": WHERE}
    with shop_context(shop.pk), connection.cursor() as cursor:

        def read(statement: str) -> list[Any]:
            cursor.execute(statement, said)
            found: list[Any] = cursor.fetchall()
            return found

        (total,) = read(TOTAL)
        (spared,) = read(SPARED)
        reasons, carriers = read(BY_REASON), read(BY_CARRIER)
        parcels: dict[str, int] = dict(read(PARCELS))
    tickets, first, resolved, where, still_open, by_event = total
    return Figures(
        tickets=tickets,
        spared=int(spared[0]),
        where=where + int(spared[1]),
        open=still_open,
        by_event=by_event,
        first_answer=first,
        resolution=resolved,
        by_reason=tuple(Row(n, c, None, f, r) for n, c, f, r in reasons),
        by_carrier=tuple(
            Row(n, c, 100 * c / parcels[n] if parcels.get(n) else None, f, r) for n, c, f, r in carriers
        ),
    )
