"""A customer's data: given out whole, and gone for good, from every table and from Redis."""

from __future__ import annotations

import io
import json
import os
import zipfile
from datetime import timedelta

import pytest
import redis
import time_machine
from django.apps import apps
from django.db import connection

from carriers.models import Push, UnknownCode
from carriers.types import SubStatus
from notifications.models import Message, Phone
from tenants import audit
from tenants.isolation import ShopForeignKey, shop_context
from tenants.models import AuditEntry, KeyHash, Shop
from tenants.services import SYSTEM
from tests import make
from tests.tracking import invoices as invoice_rows
from tests.tracking import pages
from tracking.holdings import PARTS
from tracking.models import (
    DeliveryRequest,
    IdempotencyKey,
    ImportJob,
    ImportRefusal,
    Invoice,
    Milestone,
    Notice,
    Order,
    OrderWord,
    Review,
    Round,
    Shipment,
    Stop,
    Ticket,
    TicketMessage,
    TicketPhoto,
    TrackingEvent,
)
from tracking.services import invoices, privacy
from tracking.services.intake import OrderIn, upsert_order

NOW = make.NOW
CANARY = "zzkanarie"
# Every table with a row of an order's or a parcel's, looked at by a person who decided what becomes of it: a new
# one fails the test below until its part (tracking.holdings) says so.
DECIDED = {
    "Alarm", "Consent", "CouponCode", "CouponGiven", "CourierPosition", "DeliveryRequest", "Follower",
    "Invoice", "Message", "Milestone", "Notice", "OrderLine", "OrderWord", "PageVisit", "Phone", "Poll",
    "Preference", "ProofCode", "PushSubscription", "Redemption", "Review", "Sale", "Shipment", "ShipmentLine",
    "Stop", "Ticket", "TrackingEvent", "Transition",
}  # fmt: skip


def everything(shop: Shop, **fields) -> Order:
    """An order that is over, with the canary wherever something personal is kept."""
    with shop_context(shop.pk):
        order = pages.order(
            shop, **{
                "state": "delivered", "state_since": NOW - timedelta(days=2), "customer_name": f"Marta {CANARY}",
                "customer_email": f"{CANARY}@example.com", "address_line": f"Calle {CANARY} 5", "address_extra": CANARY,
                "city": CANARY, "region": CANARY, "external_id": CANARY, "tags": [CANARY], "override_reason": CANARY,
                **fields,
            },
        )  # fmt: skip
        OrderWord.objects.create(shop=shop, order=order, word=CANARY)
        parcel = pages.parcel(
            order, [(SubStatus.DELIVERED, 48, f"Entregado a {CANARY}")], number=f"{CANARY}0001"
        )
        Shipment.objects.filter(pk=parcel.pk).update(
            signed_by=CANARY, pickup={"name": CANARY}, options_url=f"https://x.example/{CANARY}"
        )
        TrackingEvent.objects.filter(shipment=parcel).update(raw={"x": CANARY}, place=CANARY, scan_id=CANARY)
        UnknownCode.objects.create(shop=shop, carrier="dhl", code="Q", text=f"Entregado a {CANARY}")
        account = make.account(shop)
        Push.objects.create(
            shop=shop,
            account=account,
            body=f'{{"n": "{CANARY}0001"}}'.encode(),
            digest="a" * 64,
            received_at=NOW,
        )
        Milestone.objects.create(
            shop=shop, order=order, code="invoice_issued", at=NOW, url=f"https://x.example/{CANARY}"
        )
        ticket = Ticket.objects.create(
            shop=shop,
            order=order,
            reason="damaged",
            status="closed",
            opened_at=NOW,
            last_at=NOW,
            reply_key=CANARY,
        )
        said = TicketMessage.objects.create(
            shop=shop, ticket=ticket, by="shopper", text=CANARY, at=NOW, key="1"
        )
        TicketPhoto.objects.create(
            shop=shop, message=said, content=CANARY.encode() * 3000, width=1, height=1, key="k"
        )
        DeliveryRequest.objects.create(
            shop=shop, order=order, kind="address", way="task", status="done", details={"line": CANARY}, answer=CANARY,
            reference=CANARY, asked_by="shopper", asked_at=NOW,
        )  # fmt: skip
        Review.objects.create(
            shop=shop,
            order=order,
            shop_stars=2,
            text=CANARY,
            name=CANARY,
            answer=CANARY,
            language="en",
            written_at=NOW,
        )
        Notice.objects.create(
            shop=shop, order=order, kind="unhappy", key="u", recipient=f"{CANARY}@example.com", language="en",
            about={"text": CANARY},
        )  # fmt: skip
        Message.objects.create(
            shop=shop, order=order, state="delivered", channel="email", recipient=f"{CANARY}@example.com",
            language="es", dedupe_key="x", subject=CANARY, text=CANARY, body=CANARY.encode() * 2000, error=CANARY,
        )  # fmt: skip
        Phone.objects.create(shop=shop, order=order, number=CANARY, sent_at=NOW, expires_at=NOW)
        round_ = Round.objects.create(shop=shop, name="van", date=NOW.date(), key_hash="r")
        Stop.objects.create(
            shop=shop, round=round_, shipment=parcel, position=1, status="delivered", taken_by=CANARY, note=CANARY,
            picture=CANARY.encode(), picture_kind="photo",
        )  # fmt: skip
        IdempotencyKey.objects.create(
            shop=shop,
            key="i",
            request_hash="h",
            status=201,
            response={"id": f"ord_{order.pk}", "name": CANARY},
        )
        job = ImportJob.objects.create(shop=shop, file_name="a.csv")
        ImportRefusal.objects.create(
            shop=shop, job=job, row=2, reason="x", values={"E-mail": order.customer_email}
        )
        Invoice.objects.create(
            shop=shop,
            order=order,
            number="",
            status="asked",
            currency="EUR",
            language="en",
            buyer={"name": CANARY},
        )
        order.refresh_from_db()
    return order


def hits(shop: Shop) -> set[str]:
    """Tables of the whole catalogue, and Redis, that hold the canary anywhere: text, JSON, arrays or bytes."""
    found = set()
    with shop_context(shop.pk), connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
        )
        for table, column, kind in cursor.fetchall():
            if kind == "bytea":
                held = f"position(convert_to(%s, 'UTF8') IN \"{column}\") > 0"
            elif kind in ("text", "character varying", "json", "jsonb", "ARRAY"):
                held = f'position(%s IN lower("{column}"::text)) > 0'
            else:
                continue
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE {held} LIMIT 1', [CANARY])
            if cursor.fetchone():
                found.add(table)
    link = redis.Redis.from_url(os.environ["REDIS_URL"])
    for key in link.scan_iter():
        import gzip

        body = link.get(key) if link.type(key) == b"string" else b""
        part = (body or b"").split(b"\n", 2)[-1]
        page = gzip.decompress(part) if part[:2] == b"\x1f\x8b" else part
        if CANARY.encode() in page.lower() or CANARY.encode() in key:
            found.add("redis")
    return found


@pytest.fixture
def shop(committed_db):
    with time_machine.travel(NOW, tick=False):
        yield pages.shop()


def erase(shop, order):
    return privacy.ask_to_erase(shop=shop, order=order, by=SYSTEM, now=NOW)


def test_after_an_erasure_nothing_personal_is_left_in_any_table_or_in_redis(shop):
    order = everything(shop)
    client = pages.reader()
    pages.prove(client, order, f"{CANARY}@example.com")
    assert CANARY in pages.said(client.get(pages.path(order)))
    seeded = hits(shop)
    assert {
        "tracking_order",
        "tracking_ticketphoto",
        "notifications_message",
        "carriers_push",
        "redis",
    } <= seeded
    assert len(seeded) >= 18
    assert erase(shop, order) is True
    assert hits(shop) == set()


def test_issued_invoices_stay_and_nothing_else(shop):
    shop = invoice_rows.invoicing_shop()
    order = everything(shop)
    buyer = invoices.Buyer(f"Marta {CANARY}", "12345678Z", CANARY, "ES")
    with shop_context(shop.pk):
        Invoice.objects.for_shop(shop).delete()
        Milestone.objects.for_shop(shop).delete()  # the shop's own system issued none
    invoices.ask(shop=shop, order=order, buyer=buyer, language="en", now=NOW)
    erase(shop, order)
    assert hits(shop) == {"tracking_invoice"}


def test_what_is_of_other_orders_stays(shop):
    order, other = everything(shop), None
    with shop_context(shop.pk):
        other = pages.order(shop, customer_name="Nuria Vidal")
    erase(shop, order)
    with shop_context(shop.pk):
        kept = Order.objects.get(pk=other.pk)
    assert (kept.customer_name, kept.erased_at) == ("Nuria Vidal", None)


def test_the_page_has_no_address_any_more_and_no_link_opens_it(shop):
    order = everything(shop)
    path, old = pages.path(order), order.token_hash
    assert pages.reader().get(path).status_code == 200
    erase(shop, order)
    assert pages.reader().get(path).status_code == 404
    assert not KeyHash.objects.filter(hash=old).exists()
    with shop_context(shop.pk):
        fresh = Order.objects.get(pk=order.pk)
        assert audit.first_broken(shop) is None
    assert pages.reader().get(pages.path(fresh)).status_code == 200


def test_erasing_twice_erases_once(shop):
    order = everything(shop)
    assert (erase(shop, order), erase(shop, order)) == (True, True)
    with shop_context(shop.pk):
        assert Order.objects.get(pk=order.pk).token_turn == order.token_turn + 1
        assert AuditEntry.objects.filter(action="data.erased").count() == 1


def test_an_order_under_way_is_erased_once_it_is_over(shop):
    order = everything(shop, state="shipped")
    assert erase(shop, order) is False
    assert privacy.erase_due(now=NOW) == 0
    assert "tracking_order" in hits(shop)
    with shop_context(shop.pk):
        Order.objects.filter(pk=order.pk).update(state="delivered", state_since=NOW)
    assert privacy.erase_due(now=NOW) == 1
    assert hits(shop) == set()


def test_what_was_kept_long_enough_goes_by_itself(shop):
    Shop.objects.filter(pk=shop.pk).update(keep_days=30)
    old = everything(shop, state_since=NOW - timedelta(days=31))
    with shop_context(shop.pk):
        Ticket.objects.update(last_at=NOW - timedelta(days=40))
        Push.objects.all().delete()  # kept 30 days
        recent = pages.order(shop, state="delivered", state_since=NOW - timedelta(days=29))
        underway = pages.order(shop, state="shipped", state_since=NOW - timedelta(days=300))
    assert privacy.erase_due(now=NOW) == 1
    assert privacy.erase_due(now=NOW) == 0
    with shop_context(shop.pk):
        erased = set(Order.objects.exclude(erased_at=None).values_list("pk", flat=True))
    assert erased == {old.pk}
    assert {recent.pk, underway.pk} & erased == set()


def test_an_order_somebody_is_still_writing_about_is_kept(shop):
    Shop.objects.filter(pk=shop.pk).update(keep_days=30)
    everything(shop, state_since=NOW - timedelta(days=31))
    with shop_context(shop.pk):
        Ticket.objects.update(status="open", last_at=NOW - timedelta(days=1))
    assert privacy.erase_due(now=NOW) == 0


def test_a_store_that_sends_the_order_again_brings_nothing_back(shop):
    order = everything(shop)
    erase(shop, order)
    said = OrderIn(
        number=order.number, customer_name=f"Marta {CANARY}", customer_email=f"{CANARY}@example.com"
    )
    upsert_order(shop=shop, order=said, by=SYSTEM, now=NOW)
    assert hits(shop) == set()


def test_the_file_holds_all_of_it_for_people_and_for_programs(shop):
    order = everything(shop)
    content = privacy.export(shop, order, language="en", now=NOW)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        data = json.loads(archive.read("data.json"))
        html = archive.read("data.html").decode()
    assert {"data.json", "data.html"} <= names
    assert any(name.startswith("messages/photo-") for name in names)
    assert data["parts"]["order"][0]["customer_email"] == f"{CANARY}@example.com"
    assert {code for code, rows in data["parts"].items() if rows} >= {
        "order", "articles", "parcels", "journey", "changes", "messages", "reviews", "notices", "invoices", "sent", "choices",
    }  # fmt: skip
    assert f"Calle {CANARY} 5" in html


def test_every_table_of_an_orders_has_been_thought_of():
    belonging = {
        model.__name__
        for model in apps.get_models()
        for field in model._meta.local_fields
        if isinstance(field, ShopForeignKey) and field.remote_field.model in (Order, Shipment)
    }
    assert belonging == DECIDED
    assert {part.code for part in PARTS} >= {"order", "sent", "choices"}


# --- On the page ---


def test_who_only_has_the_link_proves_first(shop):
    order = everything(shop)
    answer = pages.reader().get(pages.path(order) + "data")
    assert (answer.status_code, answer["Location"].endswith("#prove")) == (303, True)


def test_what_is_kept_is_said_in_words_with_the_day_it_goes(shop):
    order = everything(shop)
    client = pages.reader()
    pages.prove(client, order, f"{CANARY}@example.com")
    html = pages.said(client.get(pages.path(order) + "data"))
    assert "until Wednesday 17 February 2027" in html
    assert "Your stars and your word" in html
    assert "Messages we sent you" in html


@pytest.mark.parametrize("below", ["data/file", "data/erase"])
def test_giving_out_and_erasing_want_a_code(shop, below):
    order = everything(shop)
    client = pages.reader()
    pages.prove(client, order, f"{CANARY}@example.com")
    answer = (
        client.post(pages.path(order) + below, {"understood": "on"})
        if below.endswith("erase")
        else client.get(pages.path(order) + below)
    )
    assert answer.status_code == 303
    assert f"code?next={below}" in answer["Location"]
    with shop_context(shop.pk):
        assert Order.objects.get(pk=order.pk).erased_at is None


def test_with_the_code_it_is_erased(shop):
    order = everything(shop)
    client = pages.reader()
    pages.prove_by_code(client, order)
    assert client.get(pages.path(order) + "data/file")["Content-Type"] == "application/zip"
    assert client.post(pages.path(order) + "data/erase").status_code == 422
    assert "Your data are gone" in pages.said(
        client.post(pages.path(order) + "data/erase", {"understood": "on"})
    )
    assert hits(shop) == set()
