"""Carriers that push when asked to are asked, once, and again before they forget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from carriers.simulator.numbers import number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from tenants.isolation import shop_context
from tenants.models import Shop
from tests import make
from tracking.models import Poll
from tracking.services import subscribing

NOW = make.NOW
DAY = timedelta(days=1)


@pytest.fixture
def simulator(settings: Any) -> Iterator[Simulator]:
    with running(speed=1) as one:
        settings.CARRIER_SIMULATOR_URL = one.url
        yield one


@pytest.fixture
def shop(committed_db: None) -> Shop:
    return make.shop()


def parcels(shop: Shop, count: int, *, key: str = "s") -> None:
    with shop_context(shop.pk):
        account = make.account(shop, "ups", client_id="shop", client_secret=key)
        for n in range(count):
            make.shipment(make.order(shop), carrier="ups", number=number_for("ups", n), polled=account)
        Poll.objects.update(next_at=NOW)


def due(shop: Shop) -> set[timedelta | None]:
    with shop_context(shop.pk):
        return {at and at - NOW for at in Poll.objects.values_list("subscribe_at", flat=True)}


def alerts(simulator: Simulator) -> list[int]:
    return [
        call["status"]
        for call in simulator.calls(carrier="ups")
        if call["path"] == "/api/track/v2/subscription/standard/package"
    ]


def test_many_parcels_go_into_one_call_and_are_renewed_in_time(shop: Shop, simulator: Simulator) -> None:
    parcels(shop, 3)
    assert subscribing.subscribe_due(now=NOW) == 3
    assert alerts(simulator) == [200]
    assert due(shop) == {timedelta(days=14) * 0.8}

    assert subscribing.subscribe_due(now=NOW + DAY) == 0
    assert subscribing.subscribe_due(now=NOW + 12 * DAY) == 3
    assert alerts(simulator) == [200, 200]


def test_who_is_refused_asks_again_a_day_later(shop: Shop, simulator: Simulator) -> None:
    parcels(shop, 1, key="invalid")
    subscribing.subscribe_due(now=NOW)
    assert due(shop) == {DAY}


def test_a_carrier_that_is_down_is_asked_again_soon(shop: Shop, simulator: Simulator) -> None:
    parcels(shop, 1)
    simulator.rude("ups", "500")
    subscribing.subscribe_due(now=NOW)
    assert due(shop) == {subscribing.FAILED_FOR}


def test_after_a_refusal_the_rest_of_an_account_is_not_tried(shop: Shop, simulator: Simulator) -> None:
    parcels(shop, 101, key="invalid")  # two calls' worth
    assert subscribing.subscribe_due(now=NOW) == 100
    assert due(shop) == {DAY, None}


def test_what_is_over_is_not_subscribed_to(shop: Shop, simulator: Simulator) -> None:
    parcels(shop, 1)
    with shop_context(shop.pk):
        Poll.objects.update(next_at=None)
    assert subscribing.subscribe_due(now=NOW) == 0
    assert alerts(simulator) == []
