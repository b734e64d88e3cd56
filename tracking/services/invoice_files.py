"""Makes the PDFs of issued invoices: by workers, a few of each shop in turn, once each."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connections, transaction
from django.db.models import F
from django.db.models.functions import Now

from tenants.isolation import shop_context
from tenants.models import Brand, Shop
from tracking.models import Invoice, Order
from tracking.printed import Document, document_of, pdf_of
from tracking.services.announcing import after_commit
from tracking.weasy import PdfUnavailableError

log = structlog.get_logger(__name__)

DISPATCH = "dispatch"
LEASE = timedelta(minutes=2)  # after which another worker tries
NOT_HERE = timedelta(hours=1)  # until it is tried again on a machine that cannot draw
MOST_ATTEMPTS = 8
MAKE_FOR_S = 20.0
A_BATCH, A_SHOP = 8, 2

# Oldest first within a shop, and of each shop a few: 10,000 invoices of one keep nobody else waiting.
CLAIM = """
UPDATE tracking_invoice SET next_at = %(until)s, attempts = attempts + 1 WHERE id IN (
  SELECT i.id FROM tracking_invoice i JOIN (
    SELECT id, row_number() OVER (PARTITION BY shop_id ORDER BY next_at) AS n
    FROM (SELECT id, shop_id, next_at FROM tracking_invoice
          WHERE next_at <= %(now)s ORDER BY next_at LIMIT 2000) due
  ) ranked ON ranked.id = i.id
  WHERE ranked.n <= %(a_shop)s AND i.next_at <= %(now)s
  ORDER BY i.next_at LIMIT %(batch)s FOR UPDATE OF i SKIP LOCKED
) RETURNING id, shop_id, attempts
"""

Make = Callable[[Document], bytes]


def make_due(*, now: datetime, make: Make = pdf_of) -> int:
    """Make what is due, for a while; return how many PDFs there are now more.

    Safe to run many times at once: a row is one worker's until its lease runs out, and what was made in the
    meantime by another is not made again. Nothing is drawn inside a transaction.
    """
    began, made = time.monotonic(), 0
    while time.monotonic() - began < MAKE_FOR_S:
        at = now + timedelta(seconds=time.monotonic() - began)
        claimed = _claim(at)
        if not claimed:
            break
        made += sum(_made(shop_id, pk, attempts, at, make) for pk, shop_id, attempts in claimed)
    return made


def _claim(now: datetime) -> list[tuple[int, int, int]]:
    told: dict[str, Any] = {"now": now, "until": now + LEASE, "a_shop": A_SHOP, "batch": A_BATCH}
    with transaction.atomic(using=DISPATCH), connections[DISPATCH].cursor() as cursor:
        cursor.execute(CLAIM, told)
        claimed: list[tuple[int, int, int]] = cursor.fetchall()
    return claimed


def _made(shop_id: int, pk: int, attempts: int, now: datetime, make: Make) -> bool:
    if attempts > MOST_ATTEMPTS:
        _set(shop_id, pk, next_at=None)  # it can be printed from its page all the same
        log.error("invoice_not_made", shop_id=shop_id, invoice_id=pk)
        return False
    shop = Shop.objects.get(pk=shop_id)
    with shop_context(shop_id):
        rows = Invoice.objects.for_shop(shop_id).select_related("order", "corrects").defer("pdf")
        invoice = rows.filter(pk=pk, status="issued").first()
        brand = Brand.objects.for_shop(shop_id).get()
    if invoice is None or invoice.made_at:
        _set(shop_id, pk, next_at=None)
        return False
    try:
        pdf = make(document_of(invoice, shop, brand))
    except PdfUnavailableError:
        log.warning("pdf_unavailable")
        _set(shop_id, pk, next_at=now + NOT_HERE, attempts=attempts - 1)
        return False
    except Exception:
        log.exception("invoice_failed", shop_id=shop_id, invoice_id=pk)
        return False  # the lease runs out, and somebody tries again
    _keep(invoice, pdf, now)
    return True


def _set(shop_id: int, pk: int, **fields: object) -> None:
    with shop_context(shop_id):
        Invoice.objects.for_shop(shop_id).filter(pk=pk).update(**fields)


def _keep(invoice: Invoice, pdf: bytes, now: datetime) -> None:
    """Locks the order first, as all who change an invoice do."""
    with shop_context(invoice.shop_id):
        orders = Order.objects.for_shop(invoice.shop_id).filter(pk=invoice.order_id)
        token_hash = orders.select_for_update(no_key=True).values_list("token_hash", flat=True).get()
        unmade = Invoice.objects.for_shop(invoice.shop_id).filter(pk=invoice.pk, made_at=None)
        unmade.update(pdf=pdf, made_at=now, next_at=None)
        orders.update(version=F("version") + 1, updated_at=Now())
        after_commit(changed=[token_hash])
