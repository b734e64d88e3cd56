"""What carriers push: kept before it is read, believed only where it is signed, told once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from carriers import client as carriers_client
from carriers import registry
from carriers.models import Account, Push
from carriers.simulator.numbers import number_for
from carriers.simulator.testing import running
from carriers.types import Query, Status
from config.children import wait_until
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Shop
from tests import make
from tracking import hooks, links, tasks
from tracking.models import Poll, Shipment, TrackingEvent, Transition
from tracking.services import pushes

NUMBER = "QB123456785BR"


@pytest.fixture
def shop(committed_db: None) -> Iterator[Shop]:
    forget_shops()
    yield make.shop()
    forget_shops()


@pytest.fixture(name="client")
def _client() -> Client:
    return Client(headers={"host": "testserver"})


@pytest.fixture
def account(shop: Shop) -> Account:
    with shop_context(shop.pk):
        return make.account(shop, "17track", api_key="k3y")


@pytest.fixture
def parcel(shop: Shop, account: Account) -> Shipment:
    return parcel_of(shop, account, NUMBER)


def parcel_of(shop: Shop, account: Account, number: str, **fields: Any) -> Shipment:
    with shop_context(shop.pk):
        made = make.shipment(
            make.order(shop), carrier=account.carrier, number=number, polled=account, **fields
        )
        Poll.objects.filter(shipment=made).update(next_at=timezone.now() + timedelta(hours=3))
        return made


def news(number: str = NUMBER, sub_status: str = "InTransit_PickedUp", hours_ago: float = 2) -> bytes:
    at = timezone.now() - timedelta(hours=hours_ago)
    event = {
        "time_utc": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "time_iso": at.isoformat(),
        "description": "Posted",
        "sub_status": sub_status,
        "stage": "PickedUp",
    }
    track = {
        "latest_status": {"status": sub_status.partition("_")[0], "sub_status": sub_status},
        "tracking": {"providers": [{"provider": {"key": 2151}, "events": [event]}]},
    }
    return json.dumps({"event": "TRACKING_UPDATED", "data": {"number": number, "track_info": track}}).encode()


def push(
    client: Client, account: Account, body: bytes, *, key: str = "k3y", sign: str = "", **where: str
) -> int:
    slug = where.get("slug") or Shop.objects.get(pk=account.shop_id).slug
    path = f"/hooks/{slug}/{where.get('carrier', account.carrier)}/{where.get('hook_key', account.hook_key)}"
    sign = sign or hashlib.sha256(body + b"/" + key.encode()).hexdigest()
    reply = client.post(path, body, content_type="application/json", headers={"sign": sign})
    assert reply.content == b""
    return int(reply.status_code)


def stored(shop: Shop) -> int:
    with shop_context(shop.pk):
        return Push.objects.count()


def now_of(parcel: Shipment) -> Shipment:
    with shop_context(parcel.shop_id):
        return Shipment.objects.get(pk=parcel.pk)


# --- Receiving ---


def test_a_signed_push_is_kept_then_read(
    client: Client, shop: Shop, account: Account, parcel: Shipment
) -> None:
    assert push(client, account, news()) == 200
    assert stored(shop) == 1
    assert now_of(parcel).status == Status.PENDING

    tasks.read_pushes()

    assert now_of(parcel).status == Status.IN_TRANSIT
    with shop_context(shop.pk):
        row = Push.objects.get()
        assert row.read_at is not None
        assert (row.error, row.attempts) == ("", 1)


def test_a_push_repeated_a_hundred_times_is_one_event(
    client: Client, shop: Shop, account: Account, parcel: Shipment
) -> None:
    body = news()

    assert {push(client, account, body) for _ in range(50)} == {200}
    tasks.read_pushes()
    assert {push(client, account, body) for _ in range(50)} == {200}
    tasks.read_pushes()

    assert stored(shop) == 1
    with shop_context(shop.pk):
        assert TrackingEvent.objects.count() == 1
        assert Transition.objects.filter(kind="shipment").count() == 1


@pytest.mark.parametrize(
    "forge",
    [
        lambda body: {"key": "another"},
        lambda body: {"sign": "0" * 64},
        lambda body: {"sign": hashlib.sha256(body + b"/").hexdigest()},
    ],
    ids=["another key", "zeros", "no key"],
)
def test_a_forged_body_changes_nothing(
    client: Client, shop: Shop, account: Account, parcel: Shipment, forge: Any
) -> None:
    body = news(sub_status="Delivered_Other")

    assert push(client, account, body, **forge(body)) == 401

    tasks.read_pushes()
    assert stored(shop) == 0
    assert now_of(parcel).status == Status.PENDING


def test_a_signature_is_of_the_very_bytes(client: Client, account: Account) -> None:
    body = news()
    sign = hashlib.sha256(body + b"/k3y").hexdigest()

    assert push(client, account, body + b" ", sign=sign) == 401
    assert push(client, account, body, sign=sign) == 200


@pytest.mark.parametrize(
    "where",
    [{"slug": "nobody"}, {"carrier": "velopost"}, {"carrier": "ups"}, {"hook_key": "x" * 24}],
    ids=["shop", "carrier nobody knows", "another carrier", "key"],
)
def test_a_wrong_address_leads_nowhere(
    client: Client, shop: Shop, account: Account, where: dict[str, str]
) -> None:
    assert push(client, account, news(), **where) == 404
    assert stored(shop) == 0


def test_another_shops_key_opens_nothing(client: Client, shop: Shop, account: Account) -> None:
    rival = make.shop()

    assert push(client, account, news(), slug=rival.slug) == 404


def test_an_account_that_is_switched_off_takes_nothing(client: Client, shop: Shop, account: Account) -> None:
    with shop_context(shop.pk):
        Account.objects.update(enabled=False)

    assert push(client, account, news()) == 404


def test_a_shop_that_is_suspended_takes_nothing(client: Client, shop: Shop, account: Account) -> None:
    Shop.objects.update(suspended_at=timezone.now())
    forget_shops()

    assert push(client, account, news()) == 404


def test_too_large_a_body_is_refused_before_it_is_looked_at(
    client: Client, shop: Shop, account: Account
) -> None:
    assert push(client, account, b"x" * (hooks.MAX_BYTES + 1)) == 413
    assert push(client, account, b"x" * hooks.MAX_BYTES) == 200
    assert stored(shop) == 1


def test_an_empty_body_is_nobodys(client: Client, account: Account) -> None:
    assert push(client, account, b"") == 401


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_who_looks_whether_anybody_is_there_is_told_so_and_no_more(
    client: Client, shop: Shop, account: Account, method: str
) -> None:
    there = client.generic(method, f"/hooks/{shop.slug}/17track/{account.hook_key}")
    nowhere = client.generic(method, f"/hooks/{shop.slug}/17track/{'x' * 24}")

    assert (there.status_code, there.content, nowhere.status_code) == (200, b"", 404)
    assert stored(shop) == 0


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_nothing_but_posts_is_taken(client: Client, shop: Shop, account: Account, method: str) -> None:
    body = news()
    sign = hashlib.sha256(body + b"/k3y").hexdigest()

    reply = client.generic(
        method, f"/hooks/{shop.slug}/17track/{account.hook_key}", body, headers={"sign": sign}
    )

    assert reply.status_code == 405
    assert stored(shop) == 0


def test_it_needs_no_cookie_and_no_csrf_token(shop: Shop, account: Account) -> None:
    assert push(Client(enforce_csrf_checks=True, headers={"host": "testserver"}), account, news()) == 200


def test_the_address_to_give_to_the_carrier_is_this_one(
    client: Client, shop: Shop, account: Account, settings: Any
) -> None:
    url = links.push_url(shop, account)
    body = news()
    sign = hashlib.sha256(body + b"/k3y").hexdigest()

    path = url.removeprefix(settings.SITE_URL)

    assert url.startswith(settings.SITE_URL)
    assert client.post(path, body, content_type="application/json", headers={"sign": sign}).status_code == 200


# --- Reading ---


def test_a_push_about_a_number_nobody_knows_is_read_and_done_with(
    client: Client, shop: Shop, account: Account, parcel: Shipment
) -> None:
    push(client, account, news(number="QB999999999BR"))

    tasks.read_pushes()

    with shop_context(shop.pk):
        assert Push.objects.get().read_at is not None
        assert not TrackingEvent.objects.exists()


def test_a_push_tells_every_order_with_that_number_and_no_other_shop(
    client: Client, shop: Shop, account: Account, parcel: Shipment
) -> None:
    twin = parcel_of(shop, account, "qb 123-456 785 BR", number_key=NUMBER)
    rival = make.shop()
    with shop_context(rival.pk):
        rivals_account = make.account(rival, "17track", api_key="k3y")
    rivals = parcel_of(rival, rivals_account, NUMBER)
    push(client, account, news())

    tasks.read_pushes()

    assert [now_of(one).status for one in (parcel, twin, rivals)] == ["in_transit", "in_transit", "pending"]


def test_garbage_that_is_signed_is_kept_with_the_reason(
    client: Client, shop: Shop, account: Account, parcel: Shipment
) -> None:
    push(client, account, b"\x00\xff not json")
    push(client, account, news())

    tasks.read_pushes()

    with shop_context(shop.pk):
        errors = sorted(Push.objects.values_list("error", flat=True))
    assert errors[0] == ""
    assert errors[1].startswith("bad_response")
    assert now_of(parcel).status == Status.IN_TRANSIT


def test_a_push_that_breaks_us_costs_the_others_nothing(
    client: Client, shop: Shop, account: Account, parcel: Shipment, monkeypatch: Any
) -> None:
    other = parcel_of(shop, account, "QB000000000BR")
    push(client, account, news(number=other.number))
    push(client, account, news())
    real = pushes.record_batch

    def record(*, shop_id: int, heard: Any, now: Any) -> Any:
        if other.pk in {one.shipment_id for one in heard}:
            raise ValueError("nobody expected this")
        return real(shop_id=shop_id, heard=heard, now=now)

    monkeypatch.setattr(pushes, "record_batch", record)
    tasks.read_pushes()
    assert now_of(parcel).status == Status.IN_TRANSIT
    with shop_context(shop.pk):
        left = Push.objects.get(read_at=None)
    assert (left.error, left.attempts) == ("ValueError", 1)

    tasks.read_pushes()  # not at once
    monkeypatch.setattr(pushes, "record_batch", real)
    assert pushes.read_due(now=timezone.now() + timedelta(minutes=1)) == 1
    assert now_of(other).status == Status.IN_TRANSIT


def test_a_push_that_cannot_be_read_is_given_up_after_a_dozen_attempts(
    client: Client, shop: Shop, account: Account, monkeypatch: Any
) -> None:
    push(client, account, news())
    monkeypatch.setattr(pushes, "_read_all", lambda *a: 1 / 0)

    taken = [pushes.read_due(now=timezone.now() + timedelta(hours=n)) for n in range(1, 20)]

    assert sum(taken) == pushes.MOST_ATTEMPTS
    assert stored(shop) == 1


def test_pushes_can_be_read_again_without_telling_anything_twice(
    client: Client, shop: Shop, account: Account, parcel: Shipment
) -> None:
    push(client, account, news())
    tasks.read_pushes()
    with shop_context(shop.pk):
        (push_id,) = Push.objects.values_list("pk", flat=True)

    pushes.read_pushes(shop_id=shop.pk, push_ids=[push_id], now=timezone.now())

    with shop_context(shop.pk):
        assert TrackingEvent.objects.count() == 1
        assert Transition.objects.filter(kind="shipment").count() == 1


def test_what_the_simulator_pushes_arrives_and_is_believed(
    site: str, shop: Shop, account: Account, settings: Any
) -> None:
    number = number_for("17track", "pushed")
    parcel = parcel_of(shop, account, number)
    with running(speed=1) as simulator:
        settings.CARRIER_SIMULATOR_URL = simulator.url
        simulator.hook("k3y", links.push_url(shop, account))
        carriers_client.register(
            registry.get("17track"), {"api_key": "k3y"}, [Query(number)], account_key="hooks-register"
        )
        simulator.add("17track", number, "straight", replace=True)
        simulator.advance(number, 60 * 14)
        wait_until(lambda: stored(shop) > 0, timeout_s=10)
        tasks.read_pushes()

    assert now_of(parcel).status == Status.IN_TRANSIT


# --- Bodies nobody signs ---


def test_an_unsigned_push_is_not_believed_but_brings_the_poll_forward(client: Client, shop: Shop) -> None:
    assert registry.get("ups").verify is None
    with shop_context(shop.pk):
        account = make.account(shop, "ups", client_id="a", client_secret="b")
    parcel = parcel_of(shop, account, "1Z999AA10123456784")
    alert = {
        "trackingNumber": parcel.number,
        "localActivityDate": "20261120",
        "localActivityTime": "101500",
        "gmtActivityDate": "20261120",
        "gmtActivityTime": "091500",
        "activityStatus": {"type": "D", "code": "FS", "description": "Delivered", "descriptionCode": "011"},
    }

    for n in range(5):
        assert push(client, account, json.dumps({**alert, "n": n}).encode()) == 200
    tasks.read_pushes()

    with shop_context(shop.pk):
        poll = Poll.objects.get()
        assert poll.next_at and poll.next_at <= timezone.now()
        assert not TrackingEvent.objects.exists()
    assert now_of(parcel).status == Status.PENDING


def test_unsigned_pushes_bring_a_poll_forward_a_few_times_at_most(client: Client, shop: Shop) -> None:
    with shop_context(shop.pk):
        account = make.account(shop, "ups", client_id="a", client_secret="b")
    parcel = parcel_of(shop, account, "1Z999AA10123456784")
    brought = 0
    for n in range(5):
        alert = {
            "trackingNumber": parcel.number,
            "gmtActivityDate": "20261120",
            "gmtActivityTime": f"0{n}1500",
        }
        push(client, account, json.dumps({**alert, "activityStatus": {"type": "I"}}).encode())
        tasks.read_pushes()
        with shop_context(shop.pk):
            brought += Poll.objects.filter(next_at__lte=timezone.now()).update(
                next_at=timezone.now() + timedelta(hours=3)
            )

    assert brought == 2
