"""What a shop's messages are worth: who gets all of them beside who gets only the essential ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from notifications.effects import Rate, Share
from notifications.models import HoldoutPeriod, MessageSetup
from notifications.services.long_statements import TooMuchError, long_statements
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor

MOST_PERCENT = 50
LOOKS_BACK = timedelta(days=400)  # no further, however long the share is held out
VISITS_KEPT = timedelta(days=29)  # whole days of page visits there still are
AGAIN = (30, 60)  # days within which somebody buys again
NOTICED_FROM = timedelta(days=150)  # first orders placed since then are asked whether they were told
KEPT_S = 600  # the figures stand for ten minutes
TOLD = ("sent", "delivered", "opened", "clicked")
MOST_COUNTED = 250_000  # orders; of more, one shopper in so many is looked at, with all their orders

Groups = tuple[Share | Rate, Share | Rate]  # who gets all messages, and the rest


@dataclass(frozen=True, slots=True)
class Figures:
    """Both groups by measure: tickets and returns per order, shares of shoppers that asked where it is, and that bought
    again. `forgotten`: orders not counted since their customers' data were erased, and with them the group. `one_in`: of
    so many shoppers one was looked at, drawn by lot."""

    measures: Mapping[str, Groups]
    forgotten: int = 0
    as_of: datetime | None = None
    one_in: int = 1

    def as_json(self) -> dict[str, Any]:
        told = {name: [asdict(group) for group in groups] for name, groups in self.measures.items()}
        return {
            "measures": told,
            "forgotten": self.forgotten,
            "one_in": self.one_in,
            "as_of": self.as_of.isoformat() if self.as_of else "",
        }

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Figures:
        measures = {
            name: (_group(told), _group(rest)) for name, (told, rest) in said.get("measures", {}).items()
        }
        as_of = said.get("as_of")
        return cls(
            measures,
            said.get("forgotten", 0),
            datetime.fromisoformat(as_of) if as_of else None,
            said.get("one_in", 1),
        )


def _group(said: Mapping[str, int]) -> Share | Rate:
    return Rate(**said) if "orders" in said else Share(**said)


# --- What is asked of the database: one pass each over the period's orders, by the index (shop, placed_at); tickets and
# visits by theirs of (shop, day). One row a group comes back, however many orders; of very many, a share of shoppers.

# As notifications.services.knowing.share_of draws it: the first 8 bytes, unsigned, modulo 100.
DRAW = """SELECT (s % 100 + CASE WHEN s < 0 THEN 116 ELSE 0 END) % 100 < %(percent)s AS rest FROM (
    SELECT ('x' || encode(substr(sha256(convert_to('holdout:' || %(shop)s || ':' || shopper, 'UTF8')), 1, 8), 'hex'))
      ::bit(64)::bigint AS s) signed""".replace(" % ", " %% ")
SHOPPER = "coalesce(nullif(o.email_key, ''), nullif(o.phone_key, ''), 'order ' || o.id)"
PLACED = "o.shop_id = %(shop)s AND o.placed_at >= %(since)s AND o.placed_at < %(until)s"
HOW_MANY = (
    f"SELECT count(*), count(*) FILTER (WHERE o.erased_at IS NOT NULL) FROM tracking_order o WHERE {PLACED}"  # noqa: S608
)
# Whole shoppers: all of one's orders, or none.
LOOKED_AT = f"{PLACED} AND o.erased_at IS NULL AND mod(hashtext({SHOPPER}), %(one_in)s) = 0"
SUMS = "count(*), sum(orders), sum(n), sum(orders * orders), sum(n * n), sum(orders * n)"

CONTACTS = f"""
WITH asked AS (
  SELECT order_id, count(*) AS n, count(*) FILTER (WHERE reason = 'where') AS places FROM tracking_ticket
  WHERE shop_id = %(shop)s AND opened_at >= %(since)s AND opened_at < %(until)s GROUP BY order_id),
each AS (
  SELECT {SHOPPER} AS shopper, count(*) AS orders, coalesce(sum(a.n), 0) AS n, coalesce(sum(a.places), 0) AS places
  FROM tracking_order o LEFT JOIN asked a ON a.order_id = o.id WHERE {LOOKED_AT} GROUP BY 1)
SELECT rest, {SUMS}, count(*) FILTER (WHERE places > 0) FROM each, LATERAL ({DRAW}) drawn GROUP BY rest
"""  # noqa: S608  constants
RETURNS = f"""
WITH seen AS (
  SELECT order_id, greatest(sum(visits) - 1, 0) AS n FROM tracking_pagevisit
  WHERE shop_id = %(shop)s AND day >= %(since)s::date AND reader = 'person' GROUP BY order_id),
each AS (
  SELECT {SHOPPER} AS shopper, count(*) AS orders, coalesce(sum(v.n), 0) AS n
  FROM tracking_order o LEFT JOIN seen v ON v.order_id = o.id WHERE {LOOKED_AT} GROUP BY 1)
SELECT rest, {SUMS} FROM each, LATERAL ({DRAW}) drawn GROUP BY rest
"""  # noqa: S608
AGAIN_OF = """
  SELECT shopper, first_at, min(placed_at - first_at) FILTER (WHERE placed_at > first_at AND cancelled_at IS NULL) AS gap
  FROM (SELECT o.email_key AS shopper, o.placed_at, o.cancelled_at,
          min(o.placed_at) OVER (PARTITION BY o.email_key) AS first_at
        FROM tracking_order o WHERE {placed} AND o.email_key <> '') placed
  GROUP BY shopper, first_at"""
COUNTED = ", ".join(
    f"count(*) FILTER (WHERE first_at < %(until)s - interval '{days} days' AND gap <= interval '{days} days'), "
    f"count(*) FILTER (WHERE first_at < %(until)s - interval '{days} days')"
    for days in AGAIN
)
BOUGHT_AGAIN = f"""
WITH each AS ({AGAIN_OF.format(placed=LOOKED_AT)})
SELECT rest, {COUNTED} FROM each, LATERAL ({DRAW}) drawn GROUP BY rest
"""  # noqa: S608

# Nobody drew these groups: who was told differs from who was not in more than that.
NOTIFIED = f"""
WITH placed AS (
  SELECT o.id, o.email_key, o.placed_at, o.cancelled_at,
    row_number() OVER (PARTITION BY o.email_key ORDER BY o.placed_at, o.id) AS turn,
    min(o.placed_at) OVER (PARTITION BY o.email_key) AS first_at
  FROM tracking_order o WHERE {LOOKED_AT} AND o.email_key <> ''),
each AS (
  SELECT p.first_at, min(p.id) FILTER (WHERE p.turn = 1) AS first_id,
    min(p.placed_at - p.first_at) FILTER (WHERE p.placed_at > p.first_at AND p.cancelled_at IS NULL) AS gap
  FROM placed p GROUP BY p.email_key, p.first_at),
told AS (
  SELECT first_at, gap, EXISTS (
    SELECT FROM notifications_message m WHERE m.shop_id = %(shop)s AND m.order_id = first_id AND m.status = ANY(%(told)s)
      AND m.notice_id IS NULL) AS notified
  FROM each)
SELECT NOT notified, {COUNTED} FROM told GROUP BY 1
"""  # noqa: S608


def figures_of(shop: Shop, *, percent: int, since: datetime, until: datetime) -> Figures:
    """Both groups, of orders placed from `since` up to `until`. Raises TooMuchError. Runs in the shop's context."""
    since = max(since, until - LOOKS_BACK)
    visited = max(since, (until - VISITS_KEPT).replace(hour=0, minute=0, second=0, microsecond=0))
    said: dict[str, Any] = {"shop": shop.pk, "percent": percent, "since": since, "until": until}
    with long_statements():
        said["one_in"], forgotten = _how_many(said)
        contacts, returns = _rows(CONTACTS, said), _rows(RETURNS, said | {"since": visited})
        again = _again(_rows(BOUGHT_AGAIN, said))
    measures: dict[str, Groups] = {
        "tickets": (_rate(contacts[False]), _rate(contacts[True])),
        "where": (_asked(contacts[False]), _asked(contacts[True])),
        "returns": (_rate(returns[False]), _rate(returns[True])),
        **{f"again_{days}": groups for days, groups in again.items()},
    }
    return Figures(measures, forgotten, until, said["one_in"])


def notified_figures(shop: Shop, *, until: datetime) -> Figures:
    """Who bought again, of shoppers who were told of their first order, and of the others. Raises TooMuchError."""
    said: dict[str, Any] = {
        "shop": shop.pk, "since": until - NOTICED_FROM, "until": until, "told": list(TOLD), "percent": 0,
    }  # fmt: skip
    with long_statements():
        said["one_in"], _forgotten = _how_many(said)
        again = _again(_rows(NOTIFIED, said))
    measures = {f"again_{days}": groups for days, groups in again.items()}
    return Figures(measures, as_of=until, one_in=said["one_in"])


def _how_many(said: Mapping[str, Any]) -> tuple[int, int]:
    """One shopper in how many is looked at, and how many orders are erased."""
    with connection.cursor() as cursor:
        cursor.execute(HOW_MANY, said)
        placed, forgotten = cursor.fetchone()
    return max(1, -(-placed // MOST_COUNTED)), forgotten


def worth(shop: Shop, *, setup: MessageSetup, now: datetime) -> tuple[Figures | None, Figures]:
    """The figures of the share held out now (None where none is), and of who was told and who was not; at most ten
    minutes old. Runs in the shop's context."""
    key = f"worth:{shop.pk}:{setup.holdout_percent}:{setup.holdout_since and setup.holdout_since.timestamp()}"
    held = cache.get(key)
    if held:
        return (Figures.read(held[0]) if held[0] else None), Figures.read(held[1])
    drawn = None
    if setup.holdout_percent and setup.holdout_since:
        drawn = figures_of(shop, percent=setup.holdout_percent, since=setup.holdout_since, until=now)
    told = notified_figures(shop, until=now)
    cache.set(key, [drawn.as_json() if drawn else None, told.as_json()], KEPT_S)
    return drawn, told


def _rows(statement: str, said: Mapping[str, Any]) -> dict[bool, tuple[int, ...]]:
    """By whether they are the rest; noughts for a group without anybody."""
    with connection.cursor() as cursor:
        cursor.execute(statement, said)
        found = {rest: tuple(int(n or 0) for n in counts) for rest, *counts in cursor.fetchall()}
    return {rest: found.get(rest, (0,) * 7) for rest in (False, True)}


def _rate(row: tuple[int, ...]) -> Rate:
    return Rate(*row[:6])


def _asked(row: tuple[int, ...]) -> Share:
    return Share(row[6], row[0])


def _again(rows: Mapping[bool, tuple[int, ...]]) -> dict[int, Groups]:
    return {
        days: (Share(*rows[False][2 * n : 2 * n + 2]), Share(*rows[True][2 * n : 2 * n + 2]))
        for n, days in enumerate(AGAIN)
    }


# --- What a shop decides ---


@transaction.atomic
def set_holdout(*, shop: Shop, percent: int, by: Actor, now: datetime) -> bool:
    """From now on this share of shoppers gets only what is essential; 0: nobody. False where nothing was different.

    Who is in it changes with the share, so the measure begins anew; what was known stays with the period that ends.
    Safe to repeat. Raises ValidationError.
    """
    if not 0 <= percent <= MOST_PERCENT:
        raise ValidationError(_("A share from 0 to %(most)s %%.") % {"most": MOST_PERCENT})
    MessageSetup.objects.get_or_create(shop=shop)
    setup = MessageSetup.objects.for_shop(shop).select_for_update().get()
    before = setup.holdout_percent
    if percent == before:
        return False
    running = HoldoutPeriod.objects.for_shop(shop).filter(until=None).first()
    if running:
        running.until, running.figures = now, _at_the_end(shop, running, now)
        running.save(update_fields=["until", "figures"])
    setup.holdout_percent, setup.holdout_since = percent, now if percent else None
    setup.save(update_fields=["holdout_percent", "holdout_since"])
    if percent:
        HoldoutPeriod.objects.create(shop=shop, percent=percent, since=now)
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="holdout.changed",
        before={"percent": before}, after={"percent": percent},
    )  # fmt: skip
    return True


def _at_the_end(shop: Shop, running: HoldoutPeriod, now: datetime) -> dict[str, Any]:
    """Empty where there is too much to count: the share can be changed all the same."""
    try:
        return figures_of(shop, percent=running.percent, since=running.since, until=now).as_json()
    except TooMuchError:
        return {}


@transaction.atomic
def set_contact_cost(*, shop: Shop, cost: Decimal, by: Actor) -> bool:
    """What answering one customer costs. False where nothing was different. Safe to repeat. Raises ValidationError."""
    if not Decimal(0) <= cost < Decimal(100_000) or cost != round(cost, 2):
        raise ValidationError(_("An amount of money, like 5 or 4.50."))
    setup, _made = MessageSetup.objects.get_or_create(shop=shop)
    if setup.contact_cost == cost:
        return False
    before, setup.contact_cost = setup.contact_cost, cost
    setup.save(update_fields=["contact_cost"])
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="contact_cost.changed",
        before={"cost": str(before)}, after={"cost": str(cost)},
    )  # fmt: skip
    return True
