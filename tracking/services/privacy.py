"""A customer's data: shown, given out, erased: when asked to, or when they have been kept long enough."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import CharField, Q, QuerySet
from django.db.models.functions import Cast
from django.template.loader import render_to_string
from django.utils import translation

from tenants import audit, rows
from tenants.isolation import shop_context
from tenants.models import KeyHash, Shop
from tenants.services import SYSTEM, Actor
from tenants.vault import digest, page_token
from tracking import pages
from tracking.holdings import PARTS, Row
from tracking.models import IdempotencyKey, ImportRefusal, Order, Shipment, Ticket
from tracking.services.announcing import after_commit
from tracking.states import OrderState

OVER = (
    OrderState.DELIVERED,
    OrderState.DELIVERED_INCOMPLETE,
    OrderState.COMPLETED,
    OrderState.RETURNED,
    OrderState.CANCELLED,
)
BATCH = 200
MOST_A_SHOP = 5_000  # an hour: 120,000 a day


@dataclass(frozen=True, slots=True)
class Held:
    """One part of what is kept. `stays`: what is kept even when the rest is erased, and why."""

    code: str
    label: str
    count: int
    stays: str


def held(shop: Shop, order: Order) -> list[Held]:
    """What is kept, in the active language; parts with nothing in them are left out."""
    with shop_context(shop.pk):
        counted = [(part, len(part.rows(shop.pk, order.pk))) for part in PARTS]
    return [Held(part.code, str(part.label), count, str(part.stays)) for part, count in counted if count]


def export(shop: Shop, order: Order, *, language: str, now: datetime) -> bytes:
    """All of it, as a ZIP: data.json for programs, data.html for people, and the files."""
    with shop_context(shop.pk), translation.override(language):
        told = [(part, part.rows(shop.pk, order.pk)) for part in PARTS]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            data = {
                "shop": shop.name,
                "order": order.number,
                "given_out_at": now,
                "parts": {p.code: r for p, r in told},
            }
            archive.writestr(
                "data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
            )
            archive.writestr("data.html", _readable(shop, order, [(str(p.label), r) for p, r in told if r]))
            for part in PARTS:
                for name, content in part.files(shop.pk, order.pk) if part.files else ():
                    archive.writestr(f"{part.code}/{name}", content)
    return out.getvalue()


def _readable(shop: Shop, order: Order, parts: Sequence[tuple[str, list[Row]]]) -> str:
    tables = [(label, [_told(row) for row in found]) for label, found in parts]
    context = {"shop": shop, "order": order, "parts": tables, "language": translation.get_language()}
    return render_to_string("print/data.html", context)


def _told(row: Row) -> list[tuple[str, object]]:
    """Names as people read them, and what is not empty."""
    return [
        (name.replace("_", " ").strip(), said) for name, said in row.items() if said not in (None, "", [], {})
    ]


def note_export(*, shop: Shop, order: Order, by: Actor) -> None:
    """That somebody of the shop took a customer's data out is told to the audit."""
    audit.record(
        shop=shop,
        actor=by.name,
        role=by.role,
        address=by.address,
        action="data.exported",
        subject=f"order:{order.pk}",
    )


def ask_to_erase(*, shop: Shop, order: Order, by: Actor, now: datetime) -> bool:
    """Erase what is kept of the order's customer: at once where the order is over, else as soon as it is.

    True where it is done. One transaction; safe to repeat.
    """
    with shop_context(shop.pk):
        kept: Order = Order.objects.for_shop(shop).select_for_update(no_key=True).get(pk=order.pk)
        if kept.erased_at:
            return True
        if kept.state not in OVER:
            if (
                Order.objects.for_shop(shop)
                .filter(pk=kept.pk, erase_asked_at=None)
                .update(erase_asked_at=now)
            ):
                _witness(shop, by, "data.erasure_asked", f"order:{kept.pk}")
            return False
        _scour(shop, kept)
        _erase(shop, [kept], now)
        _witness(shop, by, "data.erased", f"order:{kept.pk}")
        return True


def erase_due(*, now: datetime) -> int:
    """What was to go once the order was over, and what has been kept for as long as its shop says; how many orders.

    In batches, each its own transaction. Safe to repeat and to run twice at once.
    """
    count = 0
    for shop in Shop.objects.order_by("pk"):
        done = 0
        while done < MOST_A_SHOP and (batch := _erase_batch(shop, now)):
            done += batch
        count += done
    return count


def _erase_batch(shop: Shop, now: datetime) -> int:
    with shop_context(shop.pk):
        due = _asked(shop) or _expired(shop, now)
        if not due:
            return 0
        for order in due:
            if order.erase_asked_at:
                _scour(shop, order)
        _erase(shop, due, now)
        asked = [order for order in due if order.erase_asked_at]
        for order in asked:
            _witness(shop, SYSTEM, "data.erased", f"order:{order.pk}")
        if len(asked) < len(due):
            audit.record(
                shop=shop, actor=SYSTEM.name, action="data.expired", after={"orders": len(due) - len(asked)}
            )
        return len(due)


def _asked(shop: Shop) -> list[Order]:
    waiting = Order.objects.for_shop(shop).filter(erased_at=None, state__in=OVER).exclude(erase_asked_at=None)
    return _locked(waiting.order_by("erase_asked_at"))


def _expired(shop: Shop, now: datetime) -> list[Order]:
    """Over for longer than the shop keeps them, and nobody has been writing about them since."""
    before = now - timedelta(days=shop.keep_days)
    old = Order.objects.for_shop(shop).filter(erased_at=None, state__in=OVER, state_since__lt=before)
    talked = (
        Ticket.objects.for_shop(shop).filter(last_at__gte=before).exclude(status="closed").values("order")
    )
    return _locked(old.exclude(pk__in=talked).order_by("state_since"))


def _locked(orders: QuerySet[Order]) -> list[Order]:
    return list(orders.select_for_update(no_key=True, skip_locked=True)[:BATCH])


def _erase(shop: Shop, orders: Sequence[Order], now: datetime) -> None:
    """Locked orders of one shop. Their pages' addresses become void, and pages made from them go."""
    ids = [order.pk for order in orders]
    for part in PARTS:
        part.erase(shop.pk, ids)
    turned = [(o.pk, o.token_turn + 1, _token_hash(shop, o)) for o in orders]
    old = [order.token_hash for order in orders]
    rows.update(Order, ("token_turn", "token_hash"), turned)
    Order.objects.for_shop(shop).filter(pk__in=ids).update(erased_at=now)
    KeyHash.objects.filter(shop=shop, hash__in=old).delete()
    KeyHash.objects.bulk_create([KeyHash(hash=fresh, shop=shop, kind="page") for _pk, _turn, fresh in turned])
    after_commit(changed=old)
    made = [*old, *(order.gift_hash for order in orders if order.gift_hash)]
    transaction.on_commit(lambda: pages.drop(shop, made), robust=True)


def _token_hash(shop: Shop, order: Order) -> str:
    return digest(page_token(shop_id=shop.pk, order_id=order.pk, turn=order.token_turn + 1))


# Bodies are bytes: a number in them is found as bytes.
_PUSHES = """
DELETE FROM carriers_push WHERE shop_id = %s AND received_at >= %s
  AND EXISTS (SELECT FROM unnest(%s::text[]) AS n WHERE position(convert_to(n, 'UTF8') IN body) > 0)
"""


def _scour(shop: Shop, order: Order) -> None:
    """What else may name the customer of one order, and would go by itself within a month: carriers' pushes as they
    came, answers to API requests, refused rows of files. Before the order itself, by what it says."""
    numbers = Shipment.objects.for_shop(shop).filter(order=order).values_list("number", "created_at")
    if found := [(number, at) for number, at in numbers if len(number) > 5]:
        with connection.cursor() as cursor:
            cursor.execute(_PUSHES, [shop.pk, min(at for _n, at in found), [n for n, _at in found]])
    named = Q(said__contains=f'"ord_{order.pk}"')
    contacts = Q()
    for contact in filter(None, (order.customer_email, order.customer_phone, order.customer_name)):
        contacts |= Q(said__contains=contact)
    answers = IdempotencyKey.objects.for_shop(shop).annotate(said=Cast("response", CharField()))
    answers.filter(named | contacts).delete()
    if contacts:
        refused = ImportRefusal.objects.for_shop(shop).annotate(said=Cast("values", CharField()))
        refused.filter(contacts).update(values={})


def _witness(shop: Shop, by: Actor, action: str, subject: str) -> None:
    audit.record(shop=shop, actor=by.name, role=by.role, address=by.address, action=action, subject=subject)
