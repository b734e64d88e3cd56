"""How long until the next scan is learned from the shop's own parcels, and only where enough have shown it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tests import make
from tests.tracking import pages as rows
from tracking import snapshot
from tracking.models import Rhythm
from tracking.services import rhythms
from tracking.services.rhythms import FEWEST_GAPS

pytestmark = pytest.mark.django_db
LATER = make.NOW + timedelta(days=1)


def parcels(shop, count, *, gap_h=10, country="ES", **fields):
    """Each with two scans `gap_h` apart, and a third in the same minutes as the second."""
    with shop_context(shop.pk):
        order = rows.order(shop, number=f"{country}-{gap_h}-{count}", country=country, state="shipped")
        for _parcel in range(count):
            scans = [
                (SubStatus.PICKED_UP, gap_h + 5, ""),
                (SubStatus.IN_TRANSIT, 5, ""),
                (SubStatus.IN_SORTING, 5, "x"),
            ]
            rows.parcel(order, scans, **fields)
    return order


def measured(shop):
    with shop_context(shop.pk):
        found = Rhythm.objects.for_shop(shop).values_list("carrier", "status", "country", "usual_h", "gaps")
        return sorted(found)


def test_what_enough_parcels_have_shown_is_usual_on_that_way_and_with_that_carrier():
    shop = rows.shop()
    parcels(shop, FEWEST_GAPS, gap_h=10)
    assert rhythms.measure(shop_id=shop.pk, now=make.NOW) == 2
    assert measured(shop) == [("dhl", "in_transit", "", 10, 30), ("dhl", "in_transit", "ES", 10, 30)]


def test_a_few_parcels_show_nothing():
    shop = rows.shop()
    parcels(shop, FEWEST_GAPS - 1)
    assert rhythms.measure(shop_id=shop.pk, now=make.NOW) == 0
    assert measured(shop) == []


def test_a_way_is_told_from_another_and_all_of_them_make_the_carriers_own():
    shop = rows.shop()
    parcels(shop, 40, gap_h=10, country="ES")
    parcels(shop, 40, gap_h=60, country="FR")
    rhythms.measure(shop_id=shop.pk, now=make.NOW)
    assert [line[2:4] for line in measured(shop)] == [("", 60), ("ES", 10), ("FR", 60)]


def test_a_day_is_measured_once_and_what_no_longer_holds_is_forgotten():
    shop = rows.shop()
    parcels(shop, FEWEST_GAPS)
    with shop_context(shop.pk):
        Rhythm.objects.create(
            shop=shop, carrier="gone", status="in_transit", usual_h=4, gaps=99,
            measured_at=make.NOW - timedelta(days=9),
        )  # fmt: skip
    rhythms.measure_due(now=make.NOW)
    rhythms.measure_due(now=make.NOW + timedelta(hours=1))
    assert {line[0] for line in measured(shop)} == {"dhl"}
    rhythms.measure_due(now=LATER)
    assert len(measured(shop)) == 2


def test_a_shop_learns_nothing_of_anothers_parcels():
    ours, theirs = rows.shop(slug="ours"), rows.shop(slug="theirs")
    parcels(theirs, FEWEST_GAPS)
    rhythms.measure_due(now=make.NOW)
    assert measured(ours) == []
    assert len(measured(theirs)) == 2


def test_the_page_reads_the_rhythm_of_its_way_in_the_same_statement():
    shop = rows.shop()
    order = parcels(shop, 1, country="FR")
    with shop_context(shop.pk):
        for country, hours in (("", 30), ("ES", 10), ("FR", 50)):
            Rhythm.objects.create(
                shop=shop, carrier="dhl", status="in_transit", country=country, usual_h=hours, gaps=40,
                measured_at=make.NOW,
            )  # fmt: skip
    with CaptureQueriesContext(connection) as queries:
        told = snapshot.read(shop.pk, order.token_hash, now=make.NOW, stale_before=make.NOW)
    assert told.snapshot.parcels[0].usual_h == 50
    assert sum("tracking_page" in q["sql"] for q in queries) == 1
    with shop_context(shop.pk):
        Rhythm.objects.for_shop(shop).filter(country="FR").delete()
    told = snapshot.read(shop.pk, order.token_hash, now=make.NOW, stale_before=make.NOW)
    assert told.snapshot.parcels[0].usual_h == 30
