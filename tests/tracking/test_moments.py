"""What happens to an order besides its steps: its day becomes known, moves and comes back; its number is another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from carriers.types import Answer, Eta, SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM
from tests import make
from tracking import moments
from tracking.models import Order, Shipment, Transition
from tracking.services.events import record_events
from tracking.services.intake import (
    OrderIn,
    ShipmentIn,
    add_shipment,
    remove_shipment,
    upsert_order,
    upsert_orders,
)
from tracking.services.orders import refold_orders
from tracking.services.standing import Standing

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY, TUESDAY, WEDNESDAY = (date(2026, 11, 23) + n * DAY for n in range(3))


@pytest.fixture
def shop(db) -> Iterator[Shop]:
    shop = make.shop()
    with shop_context(shop.pk):
        yield shop


def said(order: Order) -> list[tuple[str, str, str]]:
    rows = Transition.objects.filter(order=order, kind="moment").order_by("pk")
    return [(t.before, t.after, t.quiet) for t in rows]


def hears(shipment: Shipment, first: date, last: date | None = None, now=make.NOW, **more) -> None:
    answer = Answer("1", eta=Eta(first, last or first, **more))
    record_events(shop_id=shipment.shop_id, shipment_id=shipment.pk, events=(), now=now, answer=answer)


def test_a_day_becomes_known_and_moves_and_comes_back(shop):
    shipment = make.shipment(make.order(shop))
    for day in (TUESDAY, WEDNESDAY, TUESDAY, TUESDAY):
        hears(shipment, day)
    tuesday, wednesday = f"eta:{TUESDAY}/{TUESDAY}", f"eta:{WEDNESDAY}/{WEDNESDAY}"
    assert said(shipment.order) == [("", tuesday, ""), (tuesday, wednesday, ""), (wednesday, tuesday, "")]


def test_hours_and_first_days_are_no_move(shop):
    shipment = make.shipment(make.order(shop))
    hears(shipment, MONDAY, WEDNESDAY)
    hears(shipment, MONDAY, WEDNESDAY, slot_from=make.NOW + 3 * DAY, slot_to=make.NOW + 3 * DAY + HOUR)
    hears(shipment, TUESDAY, WEDNESDAY)
    hears(shipment, MONDAY, WEDNESDAY)
    refold_orders(shop_id=shop.pk, order_ids=[shipment.order_id], now=make.NOW + 3 * DAY, cause="time")
    assert said(shipment.order) == [("", f"eta:{MONDAY}/{WEDNESDAY}", "")]


def test_what_has_arrived_has_no_day_any_more(shop):
    shipment = make.shipment(make.order(shop))
    record_events(
        shop_id=shop.pk, shipment_id=shipment.pk, events=(make.event(SubStatus.DELIVERED),), now=make.NOW,
        answer=Answer("1", eta=Eta(TUESDAY, TUESDAY)),
    )  # fmt: skip
    assert said(shipment.order) == []


def test_a_promised_day_is_known_from_the_first_moment(shop):
    made = upsert_order(
        shop=shop, order=OrderIn("1042", placed_at=make.NOW, promised_date=TUESDAY), by=SYSTEM, now=make.NOW
    )
    assert said(made) == [("", f"eta:{TUESDAY}/{TUESDAY}", "")]
    upsert_order(shop=shop, order=OrderIn("1042", promised_date=WEDNESDAY), by=SYSTEM, now=make.NOW)
    assert [(before, after) for before, after, _quiet in said(made)][1:] == [
        (f"eta:{TUESDAY}/{TUESDAY}", f"eta:{WEDNESDAY}/{WEDNESDAY}")
    ]


def test_what_is_taken_over_from_before_is_told_to_nobody(shop):
    made = upsert_order(
        shop=shop, order=OrderIn("1042", placed_at=make.NOW, promised_date=TUESDAY), by=SYSTEM, now=make.NOW, history=True
    )  # fmt: skip
    assert said(made) == [("", f"eta:{TUESDAY}/{TUESDAY}", "history")]
    assert not Transition.objects.filter(announced_at=None).exists()


def test_days_cost_no_statement(shop):
    def statements(prefix: str, **fields) -> int:
        orders = [OrderIn(f"{prefix}{n}", placed_at=make.NOW, **fields) for n in range(20)]
        with CaptureQueriesContext(
            connection,
        ) as asked:
            upsert_orders(shop=shop, orders=orders, by=SYSTEM, now=make.NOW)
        return len(asked)

    statements("warm")
    assert statements("a", promised_date=TUESDAY) == statements("b")


# --- The number ---


def with_parcel(shop: Shop, number: str = "ONE") -> Order:
    return upsert_order(
        shop=shop, order=OrderIn("1042", placed_at=make.NOW, shipments=(ShipmentIn("dhl", number),)), by=SYSTEM,
        now=make.NOW,
    )  # fmt: skip


def add(shop: Shop, order: Order, number: str, carrier: str = "dhl", **more) -> Shipment:
    return add_shipment(
        shop=shop, order=order, shipment=ShipmentIn(carrier, number, **more), by=SYSTEM, now=make.NOW
    )


def remove(shop: Shop, number: str) -> None:
    parcel = Shipment.objects.get(number=number)
    remove_shipment(shop=shop, shipment=parcel, by=SYSTEM, now=make.NOW)


def numbers(order: Order) -> list[tuple[str, bool]]:
    rows = Transition.objects.filter(order=order, after__startswith="number:").order_by("pk")
    return [(t.after, t.announced_at is None) for t in rows]


def test_a_parcel_added_in_the_place_of_another_is_a_new_number(shop):
    order = with_parcel(shop)
    new = add(shop, order, "TWO")
    assert numbers(order) == []
    remove(shop, "ONE")
    assert numbers(order) == [(f"number:{new.pk}", True)]


def test_a_parcel_removed_and_another_added_is_a_new_number_too(shop):
    order = with_parcel(shop)
    remove(shop, "ONE")
    assert numbers(order) == [("number:", False)]
    new = add(shop, order, "ONE", carrier="gls")  # the same number, by another carrier
    assert numbers(order)[1:] == [(f"number:{new.pk}", True)]
    add(shop, order, "THREE")
    assert len(numbers(order)) == 2


def test_a_second_parcel_and_one_too_many_are_no_new_number(shop):
    order = with_parcel(shop)
    add(shop, order, "TWO")
    remove(shop, "TWO")
    add(shop, order, "THREE")
    assert numbers(order) == []


def test_a_first_parcel_and_a_return_are_no_new_number(shop):
    order = upsert_order(shop=shop, order=OrderIn("1042", placed_at=make.NOW), by=SYSTEM, now=make.NOW)
    add(shop, order, "ONE")
    add(shop, order, "BACK", direction="return")
    remove(shop, "BACK")
    assert numbers(order) == []


# --- As it is written ---

DATES = st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1))


def standing(first: date | None, last: date | None) -> Standing:
    return Standing("shipped", make.NOW, "on_track", "", {}, first, last, None, None, None)


@given(st.dates(), st.dates())
def test_a_day_is_read_as_it_was_written(first, last):
    assert moments.eta_read(moments.eta_said(standing(first, last))) == (first, last)


@given(DATES, DATES)
def test_a_day_that_stays_has_not_moved(first, last):
    assert not moments.has_moved(standing(first, last), standing(first, last))
    assert moments.has_moved(None, standing(first, last)) == (first is not None and last is not None)


def test_what_is_no_day_is_not_read_as_one():
    assert (moments.eta_read(""), moments.eta_read("number:17")) == (None, None)
