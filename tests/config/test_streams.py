"""Open pages are told where a courier is, by a process of their own that holds no web worker."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import requests
from django.utils import timezone

from carriers.types import SubStatus
from config.children import wait_until
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.vault import digest
from tests import make
from tests.tracking import pages as rows
from tracking.courier import ticket
from tracking.proof import Trust
from tracking.services.courier import PositionIn, Taken, stop_following, take_position

BASE = Path(__file__).resolve().parent.parent.parent
MANY = 200


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def streams(committed_db, servers, worker):
    """The address of a served `config.asgi`."""
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "gunicorn"), "--config", "python:config.gunicorn_streams", "config.asgi",
    ]  # fmt: skip
    environment = {**os.environ, **servers.environment(worker), "STREAM_BIND": f"127.0.0.1:{port}"}
    process = subprocess.Popen(
        command, cwd=BASE, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    assert wait_until(lambda: answers(f"{address}/livez"), timeout_s=30)
    yield address
    process.terminate()
    process.wait(timeout=15)


def answers(url):
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False


@pytest.fixture
def order(committed_db):
    forget_shops()
    shop = rows.shop(slug="olmo")
    with shop_context(shop.pk):
        made = rows.order(
            shop, city="Valencia", latitude=39.4712, longitude=-0.3709, state="out_for_delivery"
        )
        made.parcel = rows.parcel(
            made, [(SubStatus.ON_VEHICLE, 1, "")], now=timezone.now(), carrier="own_driver"
        )
    yield made
    forget_shops()


def drive(order, latitude, seconds=0):
    at = timezone.now() + timedelta(seconds=seconds)
    said = PositionIn(latitude, -0.39, at, stops_before=2)
    return take_position(shop=order.shop, shipment_id=order.parcel.pk, position=said, now=at)


class Ear:
    """One open stream, read event by event."""

    def __init__(self, url):
        self.answer = requests.get(url, stream=True, timeout=20)
        self._lines = self.answer.iter_lines(chunk_size=1, decode_unicode=True)

    def event(self):
        """The next one's name and data."""
        name = ""
        for line in self._lines:
            if line.startswith("event: "):
                name = line.removeprefix("event: ")
            elif line.startswith("data: "):
                return name, json.loads(line.removeprefix("data: "))
        return None

    def close(self):
        self.answer.close()


def test_a_page_hears_where_he_is_at_once_and_then_as_he_moves(streams, order):
    assert drive(order, 39.5) is Taken.KEPT
    ear = Ear(f"{streams}/live/{make.token_of(order)}")
    assert ear.answer.headers["Content-Type"] == "text/event-stream"
    assert ear.answer.headers["X-Accel-Buffering"] == "no"
    name, first = ear.event()
    assert (name, first["reach"], first["km"], first["stops"]) == (
        "position",
        4,
        None,
        "2 stops before yours",
    )
    drive(order, 39.48, seconds=30)
    name, second = ear.event()
    assert name == "position"
    assert second["at"] > first["at"]
    assert second["reach"] == 1
    with shop_context(order.shop_id):
        stop_following(shop_id=order.shop_id, order_id=order.pk, shipment_id=order.parcel.pk)
    assert ear.event() == ("changed", {})
    ear.close()


def test_who_proved_the_order_theirs_hears_how_far_it_is_to_the_door(streams, order):
    drive(order, 39.5)
    token = make.token_of(order)
    for key, said in (
        (ticket(digest(token), Trust.PROVED, "es"), "km"),
        (ticket("0" * 64, Trust.PROVED, "es"), ""),
        ("guessed", ""),
    ):
        ear = Ear(f"{streams}/s/olmo/live/{token}?key={key}")
        _name, state = ear.event()
        assert (state["km"] is not None) == bool(said)
        ear.close()


def test_where_nobody_is_followed_there_is_nothing_to_listen_to(streams, order):
    token = make.token_of(order)
    assert requests.get(f"{streams}/live/{token}", timeout=5).status_code == 404
    drive(order, 39.5)
    for path in (f"/live/{token}x", "/live/short", f"/t/{token}/", "/", "/readyz"):
        assert requests.get(streams + path, timeout=5).status_code == 404
    assert requests.post(f"{streams}/live/{token}", timeout=5).status_code == 404


def test_one_page_cannot_hold_more_than_eight(streams, order):
    drive(order, 39.5)
    url = f"{streams}/live/{make.token_of(order)}"
    ears = [Ear(url) for _n in range(8)]
    assert requests.get(url, timeout=5).status_code == 503
    ears.pop().close()
    assert wait_until(lambda: _opens(url), timeout_s=10)
    for ear in ears:
        ear.close()


def _opens(url):
    with requests.get(url, stream=True, timeout=5) as answer:
        return answer.status_code == 200


def test_while_two_hundred_listen_a_page_is_answered(streams, site, order):
    shop = order.shop
    with shop_context(shop.pk):
        orders = [rows.order(shop, city="Valencia", state="out_for_delivery") for _n in range(MANY // 8)]
        for one in orders:
            parcel = rows.parcel(
                one, [(SubStatus.ON_VEHICLE, 1, "")], now=timezone.now(), carrier="own_driver"
            )
            said = PositionIn(39.5, -0.39, timezone.now())
            take_position(shop=shop, shipment_id=parcel.pk, position=said, now=timezone.now())
    ears = [Ear(f"{streams}/live/{make.token_of(one)}") for one in orders for _n in range(8)]
    assert len(ears) == MANY
    assert {ear.answer.status_code for ear in ears} == {200}
    began = time.monotonic()
    assert requests.get(f"{site}{rows.path(order)}", timeout=10).status_code == 200
    assert time.monotonic() - began < 10
    for ear in ears:
        ear.close()
