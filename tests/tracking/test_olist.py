"""Real orders with real disorder end where a person would expect. tests/tracking/data/README.md names their source."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from tenants.isolation import shop_context
from tests import make
from tracking.models import Milestone, Order, Poll, Shipment, TrackingEvent, Transition
from tracking.parcels import UNTRACKED
from tracking.services.passing import pass_time

SAMPLE = Path(__file__).parent / "data" / "olist_sample.csv"
ROWS = {row["order_id"]: row for row in csv.DictReader(SAMPLE.open(encoding="utf-8"))}
SAO_PAULO = ZoneInfo("America/Sao_Paulo")

# What Olist says (its word, and whether it was handed over and delivered) → where the order stands.
EXPECTED = {
    ("created", False, False): ("received", "delayed"),
    ("approved", False, False): ("to_prepare", "delayed"),
    ("processing", False, False): ("preparing", "delayed"),
    ("invoiced", False, False): ("preparing", "delayed"),
    ("unavailable", False, False): ("awaiting_stock", "delayed"),
    ("canceled", False, False): ("cancelled", "on_track"),
    ("shipped", True, False): ("shipped", "delayed"),
    ("delivered", True, True): ("completed", "on_track"),
    ("invoiced", True, True): ("completed", "on_track"),
    # It had left when it was cancelled: the parcel goes on, and somebody has to look.
    ("canceled", True, False): ("shipped", "attention"),
    ("canceled", True, True): ("completed", "attention"),
}


def bring() -> None:
    call_command("import_orders", str(SAMPLE), "--shop", "olist", "--preset", "olist", stdout=io.StringIO())


@pytest.fixture
def shop(db):
    shop = make.shop(slug="olist", country="BR", currency="BRL", time_zone="America/Sao_Paulo")
    with shop_context(shop.pk):
        make.account(shop, "17track")
    bring()
    with shop_context(shop.pk):
        yield shop


def key_of(row) -> tuple[str, bool, bool]:
    return (
        row["order_status"],
        bool(row["order_delivered_carrier_date"]),
        bool(row["order_delivered_customer_date"]),
    )


def local(text: str) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=SAO_PAULO).astimezone(UTC) if text else None


def test_the_sample_has_the_disorder_of_the_whole():
    kinds = Counter(key_of(row) for row in ROWS.values())
    assert kinds.keys() == EXPECTED.keys()
    early = [
        row
        for row in ROWS.values()
        if (row["order_approved_at"] or "") > row["order_delivered_carrier_date"] > ""
    ]
    assert len(early) >= 5  # handed over before it was paid
    assert any(row["order_approved_at"] == "" and row["order_status"] == "delivered" for row in ROWS.values())
    assert any(row["n_sellers"] == "2" for row in ROWS.values())


def test_none_is_lost(shop):
    assert set(Order.objects.values_list("number", flat=True)) == ROWS.keys()


def test_each_stands_where_a_person_would_expect(shop):
    for order in Order.objects.all():
        key = key_of(ROWS[order.number])
        assert (order.state, order.health) == EXPECTED[key], (order.number, key)


def test_the_dates_are_kept_as_they_were_said(shop):
    for order in Order.objects.all():
        row = ROWS[order.number]
        assert order.placed_at == local(row["order_purchase_timestamp"])
        assert str(order.promised_date) == row["order_estimated_delivery_date"][:10]
        for parcel in order.shipments.all():
            assert parcel.handed_over_at == local(row["order_delivered_carrier_date"])
            assert parcel.delivered_at == local(row["order_delivered_customer_date"])


def test_several_sellers_send_several_parcels(shop):
    for order in Order.objects.filter(state__in=["shipped", "completed"]):
        sellers = int(float(ROWS[order.number]["n_sellers"] or 1))
        assert order.shipments.count() == sellers, order.number
        assert order.counts["total"] == sellers


def test_nobody_is_told_and_no_carrier_is_asked(shop):
    assert not Transition.objects.filter(announced_at=None).exists()
    assert not Poll.objects.exists()
    assert set(TrackingEvent.objects.values_list("source", flat=True)) == {"shop"}
    assert Milestone.objects.count() == sum(row["order_status"] == "invoiced" for row in ROWS.values())


def test_time_passing_tells_nobody_either(shop):
    pass_time(now=timezone.now() + timedelta(minutes=10))
    assert not Transition.objects.filter(announced_at=None, kind="order").exists()
    # Nothing was heard of these for years: they wait for somebody to say what became of them.
    silent = Shipment.objects.filter(delivered_at=None)
    assert set(silent.values_list("status", flat=True)) == {"expired"}
    assert set(Order.objects.filter(shipments__in=silent).values_list("state", "health")) == {
        ("shipped", "attention")
    }


def test_the_same_file_again_changes_nothing(shop):
    before = list(Order.objects.order_by("pk").values()), TrackingEvent.objects.count()
    bring()
    assert (list(Order.objects.order_by("pk").values()), TrackingEvent.objects.count()) == before


def test_the_shoppers_page_says_nothing_of_how_the_parcel_goes_by_no_number(shop):
    order = Order.objects.filter(state="shipped").order_by("pk").first()
    page = Client(headers={"host": settings.SITE_HOSTS[0]}).get(f"/s/olist/t/{make.token_of(order)}/")
    assert page.status_code == 200
    assert UNTRACKED not in page.content.decode().lower()
    assert page.content.decode().count(order.number) <= 2  # as the order's, not as a tracking number
