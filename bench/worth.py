"""What messages are worth, and how they fare, of a shop with a million orders placed in a hundred days: seconds a page
takes with nothing kept. Goal: under five, the bound on any statement of a page. `python -m bench.worth 100000`: of fewer.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from typing import Any

import psycopg

from bench.scratch import database

MANY, DAYS = 1_000_000, 100

ORDERS = """
INSERT INTO tracking_order (shop_id, number, number_key, channel, external_id, placed_at, currency, tags, customer_name,
  customer_email, email_key, customer_phone, phone_key, language, address_line, address_extra, city, region, postal_code,
  country, asserted, asserted_at, cancel_reason, override_state, override_by, override_reason, override_until, state,
  state_since, episode, health, attention, counts, token_hash, token_turn, version, quiet_before)
SELECT %(shop)s, n, n, 'web', '', now() - n * interval '1 day' * %(days)s / %(many)s, 'EUR', '{}', '', '',
  'shopper' || (n::bigint * 7919 %% (%(many)s::bigint * 7 / 10)) || '@example.com', '', '',
  'es', '', '', '', '', '', 'ES', 'shipped', now(),
  '', '', '', '', '', 'delivered', now(), 0, 'on_track', '', '{}', 't' || n, 0, 1, now()
FROM generate_series(1, %(many)s) n
"""
TICKETS = """
INSERT INTO tracking_ticket (shop_id, order_id, reason, status, opened_at, last_at, last_by, closed_by, reopened, settles_on,
  reply_key)
SELECT shop_id, id, 'where', 'closed', placed_at + interval '2 days', now(), 'shopper', '', 0, '{}', 'k' || id
FROM tracking_order WHERE id %% 12 = 0
"""
VISITS = """
INSERT INTO tracking_pagevisit (shop_id, order_id, day, device, country, reader, views, visits, dwell_s)
SELECT shop_id, id, placed_at::date + 1, 'phone', 'ES', 'person', 9, 4, 60 FROM tracking_order
WHERE placed_at > now() - interval '30 days'
"""
MESSAGES = """
INSERT INTO notifications_message (id, shop_id, order_id, state, channel, dedupe_key, recipient, language, subject, text, why,
  status, held_because, attempts, provider_id, error, template_key, created_at)
SELECT gen_random_uuid(), o.shop_id, o.id, s.state, 'email', o.id || s.state, 'x',
  'es', '', '', '', s.status, '', 1, '', '', s.state,
  o.placed_at + interval '1 day'
FROM tracking_order o, (VALUES ('shipped', 'opened'), ('delivered', 'sent')) s (state, status) WHERE o.id %% 10 > 0
"""
RECEIPTS = """
INSERT INTO notifications_receipt (shop_id, message_id, kind, reader, at, detail)
SELECT shop_id, id, 'opened', 'human', created_at, '' FROM notifications_message WHERE status = 'opened'
"""


def main(many: int = MANY) -> None:
    with database() as url:
        from tenants.isolation import shop_context
        from tests import make

        shop = make.shop()
        with psycopg.connect(url, autocommit=True) as admin:
            for statement in (ORDERS, TICKETS, VISITS, MESSAGES, RECEIPTS):
                admin.execute(statement, {"shop": shop.pk, "many": many, "days": DAYS})
            admin.execute("VACUUM ANALYZE")
        with shop_context(shop.pk):
            _time_all(shop)


def _time_all(shop: Any) -> None:
    from django.utils import timezone

    from notifications.services import effects, message_figures

    now = timezone.now()
    asked = {
        "both groups of a holdout, since the first order": lambda: effects.figures_of(
            shop, percent=10, since=now - timedelta(days=DAYS), until=now
        ),
        "told and not told, of 150 days": lambda: effects.notified_figures(shop, until=now),
        "messages of 30 days": lambda: message_figures.figures_of(
            shop, since=now - timedelta(days=30), until=now
        ),
        "messages of 90 days": lambda: message_figures.figures_of(
            shop, since=now - timedelta(days=90), until=now
        ),
    }
    for name, ask in asked.items():
        began = time.perf_counter()
        ask()
        print(f"{name:50} {time.perf_counter() - began:6.2f} s")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
