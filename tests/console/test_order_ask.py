"""Asking a carrier now, from the order's page: over real HTTP, with the carriers' simulator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Outcome, SubStatus
from console.order_ask import WHAT_CAME
from tenants.isolation import shop_context
from tenants.models import Shop
from tests import make
from tests.console.clients import signed_in
from tracking.models import Shipment


@pytest.fixture(scope="module")
def world() -> Iterator[Simulator]:
    with running(speed=1) as simulator:
        yield simulator


@pytest.fixture
def simulator(world: Simulator, settings: Any) -> Iterator[Simulator]:
    settings.CARRIER_SIMULATOR_URL = world.url
    yield world
    world.polite()


@pytest.fixture
def shop(committed_db: None) -> Shop:
    return make.shop()


def parcel_of(shop: Shop, number: str, *, followed: bool = True) -> Shipment:
    with shop_context(shop.pk):
        account = make.account(shop, "dhl") if followed else None
        return make.shipment(make.order(shop), carrier="dhl", number=number, polled=account)


def ask(client: Client, parcel: Shipment) -> str:
    """The page one comes back to."""
    address = reverse("console:parcel_ask", args=[parcel.shop.slug, parcel.order_id, parcel.pk])
    answer = client.post(address, follow=True)
    assert answer.redirect_chain == [
        (reverse("console:order", args=[parcel.shop.slug, parcel.order_id]), 302)
    ]
    return answer.content.decode()


def test_the_answer_is_on_the_page_one_comes_back_to(shop: Shop, simulator: Simulator) -> None:
    number = number_for("dhl", "asked")
    parcel = parcel_of(shop, number)
    simulator.add("dhl", number, "straight", reached=SubStatus.IN_SORTING)

    page = ask(signed_in(shop), parcel)

    assert "DHL answered." in page
    assert "Asked 1 min ago" in page
    assert 'class="t-event' in page
    with shop_context(shop.pk):
        parcel.refresh_from_db()
    assert parcel.status == "in_transit"


def test_a_number_the_carrier_does_not_know_is_said_to_be_normal_at_first(
    shop: Shop, simulator: Simulator
) -> None:
    page = ask(signed_in(shop), parcel_of(shop, unknown_number_for("dhl", "asked")))
    assert "DHL does not know this number yet. That is normal for a day or two." in page


def test_a_carrier_that_is_down_costs_a_sentence_not_a_page(
    shop: Shop, simulator: Simulator, settings: Any
) -> None:
    settings.CARRIER_SIMULATOR_URL = "http://127.0.0.1:9"  # nobody answers there
    page = ask(signed_in(shop), parcel_of(shop, number_for("dhl", "down")))
    assert "DHL does not answer at the moment. It is asked again by itself." in page


def test_where_there_is_nobody_to_ask_no_button_offers_it(shop: Shop) -> None:
    parcel = parcel_of(shop, "0034", followed=False)
    client = signed_in(shop)
    page = client.get(reverse("console:order", args=[shop.slug, parcel.order_id])).content.decode()
    assert "/ask/" not in page
    assert "There is nobody to ask: connect your account" in ask(client, parcel)


def test_every_outcome_has_words() -> None:
    assert set(WHAT_CAME) == set(Outcome) - {Outcome.FOUND}
