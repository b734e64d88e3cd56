"""Recording what carriers said: events kept once, shipments and orders moved on, transitions written once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tests import make
from tracking.models import Order
from tracking.services.events import record_events

HOUR = timedelta(hours=1)


@pytest.fixture
def shop(db):
    shop = make.shop()
    with shop_context(shop.pk):
        yield shop


def record(shipment, *events, now=make.NOW, **more):
    return record_events(shop_id=shipment.shop_id, shipment_id=shipment.pk, events=events, now=now, **more)


def test_a_scan_moves_the_shipment_and_its_order(shop):
    shipment = make.shipment(make.order(shop))

    said = record(shipment, make.event(SubStatus.PICKED_UP, make.NOW - HOUR))

    assert [(t.kind, t.before, t.after, t.quiet) for t in said] == [
        ("shipment", "pending", "in_transit", ""),
        ("order", "received", "shipped", ""),
    ]
    shipment.refresh_from_db()
    assert (shipment.status, shipment.sub_status) == ("in_transit", "in_transit.picked_up")
    order = Order.objects.get()
    assert (order.state, order.episode, order.version) == ("shipped", 1, 2)
