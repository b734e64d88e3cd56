"""Where the shop names no carrier the number tells, and where it leaves several they are asked in turn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM
from tests import make
from tests.carriers.asking import secrets_for
from tracking.models import Poll, Shipment
from tracking.parcels import UNDECIDED
from tracking.services.asking import ask_now
from tracking.services.incoming import OrderIn, ShipmentIn
from tracking.services.intake import add_shipment, upsert_order

MINUTE = timedelta(minutes=1)
UPS_NUMBER = "1ZA4X81W0300294751"
SHARED = "61771000054321"  # fourteen digits: SEUR's, DPD's and GLS's look alike


@pytest.fixture
def simulator(settings: Any) -> Iterator[Simulator]:
    with running(speed=1) as one:
        settings.CARRIER_SIMULATOR_URL = one.url
        yield one


@pytest.fixture
def shop(db: None) -> Shop:
    return make.shop(country="ES")


def connected(shop: Shop, *carriers: str) -> None:
    with shop_context(shop.pk):
        for carrier in carriers:
            make.account(shop, carrier, **secrets_for(carrier))


def taken(shop: Shop, number: str, carrier: str = "") -> Shipment:
    order = OrderIn(
        number="1", placed_at=timezone.now(), country="ES", postal_code="46001",
        shipments=(ShipmentIn(carrier, number),),
    )  # fmt: skip
    made = upsert_order(shop=shop, order=order, by=SYSTEM, now=timezone.now())
    with shop_context(shop.pk):
        return Shipment.objects.for_shop(shop).get(order=made)


def test_a_number_only_one_carrier_gives_out_names_it(shop: Shop) -> None:
    connected(shop, "ups", "gls_es", "seur")
    assert taken(shop, UPS_NUMBER).carrier == "ups"


def test_a_clear_number_names_a_carrier_the_shop_has_no_account_with(shop: Shop) -> None:
    connected(shop, "gls_es")
    parcel = taken(shop, UPS_NUMBER)
    assert (parcel.carrier, parcel.account_id) == ("ups", None)


def test_a_carrier_that_was_named_is_not_doubted(shop: Shop) -> None:
    connected(shop, "ups", "gls_es")
    assert taken(shop, UPS_NUMBER, "gls_es").carrier == "gls_es"


def test_of_several_none_is_picked_and_the_likeliest_is_asked_first(shop: Shop) -> None:
    connected(shop, "gls_es", "seur")
    parcel = taken(shop, SHARED)
    assert parcel.carrier == UNDECIDED
    assert set(parcel.candidates) == {"gls_es", "seur"}
    with shop_context(shop.pk):
        assert Poll.objects.get(shipment=parcel).carrier == parcel.candidates[0]


def test_told_twice_it_is_the_same_parcel(shop: Shop) -> None:
    connected(shop, "ups", "gls_es")
    first, second = taken(shop, UPS_NUMBER), taken(shop, UPS_NUMBER)
    assert first.pk == second.pk


def test_a_parcel_added_without_its_carrier_is_found_again(shop: Shop) -> None:
    connected(shop, "ups")
    with shop_context(shop.pk):
        order = make.order(shop)
    given = ShipmentIn("auto", UPS_NUMBER)
    added = add_shipment(shop=shop, order=order, shipment=given, by=SYSTEM, now=timezone.now())
    again = add_shipment(shop=shop, order=order, shipment=given, by=SYSTEM, now=timezone.now())
    assert (added.pk, added.carrier) == (again.pk, "ups")


def test_a_number_of_no_shape_waits_for_a_person(shop: Shop) -> None:
    parcel = taken(shop, "??ABC-1")
    assert (parcel.carrier, parcel.sub_status) == (UNDECIDED, SubStatus.PENDING_CARRIER_UNKNOWN)


@pytest.fixture
def committed(committed_db: None) -> Shop:
    return make.shop(country="ES")


def asked(shop: Shop, parcel: Shipment) -> Shipment:
    ask_now(shop_id=shop.pk, shipment_ids=[parcel.pk], now=timezone.now())
    with shop_context(shop.pk):
        return Shipment.objects.get(pk=parcel.pk)


def test_who_knows_the_number_has_the_parcel(committed: Shop, simulator: Simulator) -> None:
    connected(committed, "gls_es", "seur")
    number = number_for("gls_es", "named")
    parcel = taken(committed, number)
    first = parcel.candidates[0]
    if first != "gls_es":
        simulator.rude(first, "html")  # says nothing, so nothing is decided
        assert asked(committed, parcel).carrier == UNDECIDED
        simulator.polite()
    for _ in parcel.candidates:
        parcel = asked(committed, parcel)
    assert parcel.carrier in ("gls_es", "seur")
    assert parcel.candidates == []
    assert parcel.sub_status != SubStatus.PENDING_REGISTERED


def test_who_does_not_know_it_makes_room_for_the_next(committed: Shop, simulator: Simulator) -> None:
    connected(committed, "gls_es", "seur")
    parcel = taken(committed, unknown_number_for("gls_es", 1))
    first, second = parcel.candidates
    with shop_context(committed.pk):
        before = Poll.objects.get(shipment=parcel)
    parcel = asked(committed, parcel)
    with shop_context(committed.pk):
        after = Poll.objects.get(shipment=parcel)
    assert (before.carrier, after.carrier) == (first, second)
    assert parcel.account_id == after.account_id != before.account_id
    assert after.next_at is not None and after.next_at - timezone.now() < 2 * MINUTE
    parcel = asked(committed, parcel)
    with shop_context(committed.pk):
        again = Poll.objects.get(shipment=parcel)
    assert again.carrier == first
    assert again.next_at is not None and again.next_at - timezone.now() > 60 * MINUTE  # a whole round without
