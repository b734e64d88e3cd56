"""`manage.py poll NUMBER`: what support types when a shopper calls."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from carriers.simulator.numbers import number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tests import make
from tracking.models import Poll, Shipment, TrackingEvent
from tracking.services import claiming


@pytest.fixture(scope="module")
def world() -> Iterator[Simulator]:
    with running(speed=1) as simulator:
        yield simulator


@pytest.fixture
def simulator(world: Simulator, settings: Any) -> Iterator[Simulator]:
    settings.CARRIER_SIMULATOR_URL = world.url
    world.forget_calls()
    yield world
    world.polite()


def parcel_of(shop: Shop, number: str, *, polled: bool = True, **secrets: str) -> Shipment:
    with shop_context(shop.pk):
        account = (
            make.account(shop, "ups", **(secrets or {"client_id": "a", "client_secret": "b"}))
            if polled
            else None
        )
        made = make.shipment(make.order(shop), carrier="ups", number=number, polled=account)
        Poll.objects.update(next_at=timezone.now() + timedelta(hours=3))
        return made


def poll(*args: str) -> str:
    out = io.StringIO()
    call_command("poll", *args, stdout=out)
    return out.getvalue()


def test_it_asks_now_records_and_prints_what_came(committed_db: None, simulator: Simulator) -> None:
    shop, number = make.shop(), number_for("ups", "command")
    parcel = parcel_of(shop, number)
    simulator.add("ups", number, "straight", reached=SubStatus.IN_SORTING)

    said = poll(f"{number[:2]} {number[2:8].lower()}-{number[8:]}")

    assert f"{shop.slug} · ups {number}" in said
    assert "UPS tells of" in said
    assert "Now: in_transit." in said
    assert "Next time: " in said
    with shop_context(shop.pk):
        count = TrackingEvent.objects.filter(shipment=parcel).count()
        assert count >= 3
    assert said.count(" 0") >= count  # a line each


def test_every_shop_with_that_number_is_asked_unless_one_is_named(
    committed_db: None, simulator: Simulator
) -> None:
    one, other, number = make.shop(), make.shop(), number_for("ups", "twice")
    parcel_of(one, number)
    parcel_of(other, number)

    both = poll(number)
    single = poll(number, "--shop", other.slug)

    assert one.slug in both and other.slug in both
    assert one.slug not in single and other.slug in single


def test_a_number_nobody_has_is_said_not_to_be_there(committed_db: None) -> None:
    shop = make.shop()
    with pytest.raises(CommandError, match="No parcel of any shop"):
        poll("1Z0000000000000000")
    with pytest.raises(CommandError, match="letters and digits"):
        poll(" - ")
    with pytest.raises(CommandError, match=f"no shop 'nobody'. Shops: {shop.slug}"):
        poll("1Z0000000000000000", "--shop", "nobody")


def test_a_parcel_with_nobody_to_ask_says_what_to_do(committed_db: None) -> None:
    shop = make.shop()
    parcel = parcel_of(shop, "1Z999AA10123456784", polled=False)

    said = poll(parcel.number)

    assert "no account that is switched on with UPS. Connect one in the console" in said


def test_a_carrier_that_refuses_is_reported_without_a_traceback(
    committed_db: None, simulator: Simulator
) -> None:
    shop, number = make.shop(), number_for("ups", "refused")
    parcel_of(shop, number, client_id="invalid", client_secret="invalid")

    said = poll(number)

    assert "UPS: auth_error (The carrier refuses these credentials.)" in said
    again = poll(number)
    assert "Not asked: the account is paused until" in again
    assert "auth_error: The carrier refuses these credentials." in again


def test_a_parcel_being_asked_about_is_left_alone(committed_db: None, simulator: Simulator) -> None:
    shop, number = make.shop(), number_for("ups", "busy")
    parcel = parcel_of(shop, number)
    claiming.claim_shipments(shop_id=shop.pk, shipment_ids=[parcel.pk], now=timezone.now())

    assert "being asked about at this moment" in poll(number)
    assert simulator.calls() == []
