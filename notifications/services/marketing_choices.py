"""What shoppers said about being sold to: kept for good, the latest counts, and a no outlives the order it was said with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from notifications.addresses import address_hash
from notifications.marketing import ASKED, EVERYWHERE, last_said
from notifications.models import MarketingChoice, MessageSetup
from tenants import audit
from tenants.models import Shop
from tenants.services import Actor
from tracking.models import Order
from tracking.services.incoming import Refused
from tracking.services.values import countries

SOURCES = ("order", "link", "api", "agent")
# What was said at checkouts, each once; `address_hash` in SQL. In batches by when orders changed.
TAKE_OVER = """
INSERT INTO notifications_marketingchoice (shop_id, address_hash, wanted, source, at)
SELECT %(shop)s, said.hash, said.wants_marketing, 'order', said.placed_at FROM (
  SELECT DISTINCT ON (1, o.placed_at) encode(sha256(convert_to('address:' || lower(btrim(
      CASE WHEN o.email_key <> '' THEN o.email_key ELSE o.phone_key END)), 'UTF8')), 'hex') AS hash,
    o.wants_marketing, o.placed_at
  FROM tracking_order o
  WHERE o.shop_id = %(shop)s AND o.updated_at > %(since)s AND o.updated_at <= %(now)s
    AND o.wants_marketing IS NOT NULL AND (o.email_key <> '' OR o.phone_key <> '')
  ORDER BY 1, o.placed_at, o.wants_marketing) said
WHERE NOT EXISTS (
  SELECT FROM notifications_marketingchoice k WHERE k.shop_id = %(shop)s AND k.address_hash = said.hash
    AND k.source = 'order' AND k.at = said.placed_at AND k.wanted = said.wants_marketing)
"""


def person_of(order: Order) -> str:
    """How a shopper is known again: by e-mail, else by phone. Empty once the order is erased."""
    return str(order.email_key or order.phone_key)


def record(*, shop: Shop, person: str, wanted: bool, source: str, at: datetime) -> bool:
    """Keep what somebody said, unless it is what they said last; return whether it is new. `person`: an e-mail
    address, or as `person_of` says. Safe to repeat. Runs in the shop's context."""
    assert source in SOURCES  # noqa: S101
    hashed = address_hash(person)
    with connection.cursor() as cursor:  # two at once: the second sees the first
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('marketing'), hashtext(%s))", [hashed])
    held = MarketingChoice.objects.for_shop(shop).filter(address_hash=hashed).order_by("-at", "-pk").first()
    if held is not None and held.wanted == wanted and held.at <= at:
        return False
    MarketingChoice.objects.create(shop=shop, address_hash=hashed, wanted=wanted, source=source, at=at)
    return True


def said_by(shop: Shop | int, people: Collection[str]) -> Mapping[str, bool]:
    """What each said last, at a checkout or since; who said nothing is left out. Two queries."""
    known = {one for one in people if one}
    said: defaultdict[str, list[tuple[datetime, bool]]] = defaultdict(list)
    if known:
        hashes = {address_hash(one): one for one in known}
        kept = MarketingChoice.objects.for_shop(shop).filter(address_hash__in=hashes)
        for hashed, at, wanted in kept.values_list("address_hash", "at", "wanted"):
            said[hashes[hashed]].append((at, wanted))
        orders = Order.objects.for_shop(shop).exclude(wants_marketing=None)
        for key in ("email_key", "phone_key"):
            mine = {one for one in known if ("@" in one) == (key == "email_key")}
            rows = orders.filter(**{f"{key}__in": mine}) if mine else orders.none()
            for person, at, wanted in rows.values_list(key, "placed_at", "wants_marketing"):
                said[person].append((at, bool(wanted)))
    return {one: bool(last_said(words)) for one, words in said.items()}


def take_over(*, shop_id: int, since: datetime, now: datetime) -> int:
    """Keep, as hashes, what was said at the checkouts of orders changed since: a no stays when its order is erased.
    Set-based, safe to repeat. Runs in the shop's context."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_OVER, {"shop": shop_id, "since": since, "now": now})
        return int(cursor.rowcount)


@transaction.atomic
def set_strictness(*, shop: Shop, everywhere: bool, asked_in: Collection[str], by: Actor) -> bool:
    """Where the shop sells to nobody who has not said yes, beyond the law; return whether that changed.
    Raises Refused."""
    codes = sorted({code.strip().upper() for code in asked_in if code.strip()})
    if unknown := [code for code in codes if code not in countries()]:
        raise Refused.because(
            "asked_in",
            _("“%(code)s” is no country: write two letters, like ES.") % {"code": unknown[0][:8]},
        )
    wanted = {EVERYWHERE: ASKED} if everywhere else {}
    wanted |= dict.fromkeys(codes, ASKED)
    setup, _made = MessageSetup.objects.select_for_update().get_or_create(shop=shop)
    if setup.marketing == wanted:
        return False
    before, setup.marketing = setup.marketing, wanted
    setup.save(update_fields=["marketing"])
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="marketing.changed",
        subject="marketing", before=before, after=wanted,
    )  # fmt: skip
    return True


@transaction.atomic
def set_counting(*, shop: Shop, clicks: bool, opens: bool, sale_days: int, by: Actor) -> bool:
    """What is counted of a shop's mails, and how long after a link was followed an order is owed to it; return whether
    that changed."""
    setup, _made = MessageSetup.objects.select_for_update().get_or_create(shop=shop)
    before = {"clicks": setup.counts_clicks, "opens": setup.counts_opens, "sale_days": setup.sale_days}
    after = {"clicks": clicks, "opens": opens, "sale_days": sale_days}
    if before == after:
        return False
    setup.counts_clicks, setup.counts_opens, setup.sale_days = clicks, opens, sale_days
    setup.save(update_fields=["counts_clicks", "counts_opens", "sale_days"])
    audit.record(
        shop=shop, actor=by.name, role=by.role, address=by.address, action="counting.changed", subject="counting",
        before=before, after=after,
    )  # fmt: skip
    return True
