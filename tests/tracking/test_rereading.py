"""A person gives a carrier's code a meaning: what would change is shown before, and then it has changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from carriers.meanings import give_meaning, meanings_of
from carriers.models import CodeMeaning, UnknownCode
from carriers.reading import Meaning, events_of
from carriers.registry import CARRIERS
from carriers.services import forget_unknown
from carriers.types import FROM_CODE, FROM_WORDS, Answer, Scan, SubStatus
from tenants.isolation import shop_context
from tenants.models import AuditEntry
from tenants.services import Actor
from tests import make
from tracking.models import Shipment, TrackingEvent, Transition
from tracking.services import rereading
from tracking.services.events import record_events
from tracking.services.rereading import preview

NOW = make.NOW
HOUR = timedelta(hours=1)
ANA = Actor("Ana", "admin", "")
DHL = CARRIERS["dhl"]


def hear(shipment: Shipment, *scans: Scan, meanings=None) -> None:
    events = events_of(DHL, Answer(shipment.number, scans=scans), meanings)
    record_events(shop_id=shipment.shop_id, shipment_id=shipment.pk, events=events, now=NOW)
    shipment.refresh_from_db()


@pytest.fixture
def shop(db):
    return make.shop()


@pytest.fixture
def parcel(shop):
    with shop_context(shop.pk):
        one = make.shipment(make.order(shop), carrier="dhl")
        hear(one, Scan(NOW - 5 * HOUR, "transit", "In transit"), Scan(NOW - HOUR, "ZX-9", "Vorgang 9"))
        yield one


def give(shop, sub: str, *, code: str = "ZX-9", now=NOW) -> None:
    give_meaning(shop=shop, carrier="dhl", code=code, sub_status=sub, by=ANA, now=now)


def anew(shop, *, now=NOW) -> None:
    for given in CodeMeaning.objects.for_shop(shop).filter(applied_at=None):
        while rereading._reread(shop.pk, given.pk, now):
            pass
        given.refresh_from_db()
        assert given.applied_at == now


def test_the_difference_is_shown_before_and_nothing_is_written(shop, parcel) -> None:
    told = preview(shop=shop, carrier="dhl", code="ZX-9", sub_status=SubStatus.PICKUP_LOCKER, now=NOW)
    assert (told.parcels, told.looked_at, told.changed) == (1, 1, 1)
    [change] = told.changes
    assert (change.number, change.after) == (parcel.number, SubStatus.PICKUP_LOCKER)
    assert change.before == parcel.sub_status
    assert TrackingEvent.objects.for_shop(shop).count() == 2
    assert Shipment.objects.for_shop(shop).get().sub_status == parcel.sub_status


def test_a_meaning_moves_the_parcels_that_had_the_code_and_tells_nobody(shop, parcel) -> None:
    give(shop, SubStatus.PICKUP_LOCKER)
    anew(shop)
    parcel.refresh_from_db()
    assert parcel.sub_status == SubStatus.PICKUP_LOCKER
    moved = Transition.objects.for_shop(shop).filter(kind="shipment", after="available_for_pickup").get()
    assert moved.quiet == "history"
    assert AuditEntry.objects.for_shop(shop).filter(action="code.meaning").count() == 1
    rows = TrackingEvent.objects.for_shop(shop).count()
    CodeMeaning.objects.for_shop(shop).update(applied_at=None, applied_to=0)
    anew(shop)
    assert TrackingEvent.objects.for_shop(shop).count() == rows  # safe to repeat


def test_the_next_poll_reads_the_code_the_same_way(shop, parcel) -> None:
    give(shop, SubStatus.PICKUP_LOCKER)
    anew(shop)
    rows = TrackingEvent.objects.for_shop(shop).count()
    hear(parcel, Scan(NOW - HOUR, "ZX-9", "Vorgang 9"), meanings=meanings_of(shop.pk, "dhl"))
    assert TrackingEvent.objects.for_shop(shop).count() == rows
    assert parcel.sub_status == SubStatus.PICKUP_LOCKER


def test_a_second_thought_counts_and_so_does_taking_it_back(shop, parcel) -> None:
    before = parcel.sub_status
    give(shop, SubStatus.DELIVERED)
    anew(shop)
    parcel.refresh_from_db()
    assert parcel.status == "delivered"
    give(shop, SubStatus.IN_SORTING, now=NOW + HOUR)
    anew(shop, now=NOW + HOUR)
    parcel.refresh_from_db()
    assert parcel.sub_status == SubStatus.IN_SORTING
    give(shop, "", now=NOW + 2 * HOUR)
    anew(shop, now=NOW + 2 * HOUR)
    parcel.refresh_from_db()
    assert parcel.sub_status == before


def test_a_person_is_believed_over_the_words(shop) -> None:
    with shop_context(shop.pk):
        one = make.shipment(make.order(shop), carrier="dhl")
        hear(one, Scan(NOW - HOUR, "ZX-9", "Entregado"))
        assert one.status == "delivered"
        assert TrackingEvent.objects.for_shop(shop).get().authority == FROM_WORDS
        assert UnknownCode.objects.for_shop(shop).get().code == "ZX-9"
        give(shop, SubStatus.AT_DELIVERY_DEPOT)
        anew(shop)
        one.refresh_from_db()
        assert one.sub_status == SubStatus.AT_DELIVERY_DEPOT


@pytest.mark.parametrize(
    ("code", "sub"),
    [("transit", "in_transit.in_sorting"), ("", "in_transit.in_sorting"), ("ZX-9", "in_transit.unmapped"),
     ("ZX-9", "delivered.confirmed_by_shopper"), ("ZX-9", "gone")],
)  # fmt: skip
def test_what_cannot_be_a_meaning_is_refused(shop, parcel, code, sub) -> None:
    with pytest.raises(ValidationError):
        give(shop, sub, code=code)
    assert meanings_of(shop.pk, "dhl") == {}


def test_another_shops_meaning_is_not_ours(shop) -> None:
    other = make.shop()
    with shop_context(other.pk):
        give(other, SubStatus.DELIVERED)
    with shop_context(shop.pk):
        one = make.shipment(make.order(shop), carrier="dhl")
        hear(one, Scan(NOW - HOUR, "ZX-9", "Vorgang 9"), meanings=meanings_of(shop.pk, "dhl"))
        anew(shop)
        one.refresh_from_db()
        assert one.status != "delivered"
        assert meanings_of(shop.pk, "dhl") == {}


def test_the_codes_reading_counts_for_more_than_the_words(shop) -> None:
    """As when an adapter learns a code that was read by its words before."""
    with shop_context(shop.pk):
        one = make.shipment(make.order(shop), carrier="dhl")
        hear(one, Scan(NOW - HOUR, "ZX-9", "Entregado"))
        [event] = events_of(
            DHL, Answer("1", scans=(Scan(NOW - HOUR, "ZX-9", "Entregado", reading=SubStatus.IN_SORTING),))
        )
        assert event.authority == FROM_CODE
        record_events(shop_id=shop.pk, shipment_id=one.pk, events=[event], now=NOW)
        one.refresh_from_db()
        assert one.sub_status == SubStatus.IN_SORTING


def test_meanings_are_kept_with_the_moment_they_were_given(shop, parcel) -> None:
    give(shop, SubStatus.PICKUP_LOCKER)
    assert meanings_of(shop.pk, "dhl") == {"ZX-9": Meaning(SubStatus.PICKUP_LOCKER, NOW.timestamp())}


def test_a_worker_finds_by_itself_what_is_to_be_read_anew(committed_db, django_db_blocker) -> None:
    shop = make.shop()
    with shop_context(shop.pk):
        one = make.shipment(make.order(shop), carrier="dhl")
        hear(one, Scan(NOW - HOUR, "ZX-9", "Vorgang 9"))
        give(shop, SubStatus.PICKUP_LOCKER)
    assert rereading.reread_due(now=NOW) == 1
    assert rereading.reread_due(now=NOW) == 0
    with shop_context(shop.pk):
        one.refresh_from_db()
        assert one.sub_status == SubStatus.PICKUP_LOCKER


def test_a_code_long_unseen_is_forgotten_unless_it_has_a_meaning(shop, parcel) -> None:
    record = {"shop_id": shop.pk, "before": NOW + timedelta(days=1)}
    give(shop, SubStatus.PICKUP_LOCKER)
    assert forget_unknown(**record) == 0
    CodeMeaning.objects.for_shop(shop).delete()
    assert forget_unknown(shop_id=shop.pk, before=NOW - timedelta(days=1)) == 0
    assert forget_unknown(**record) == 1
