"""Every provider that pushes, the whole way: its server in the simulator, over HTTP to a served site, stored, read."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone

from carriers.models import Account, Push
from carriers.registry import CARRIERS
from carriers.simulator.numbers import number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.simulator.wire.signing import in_base64, in_hex
from carriers.types import Status, SubStatus, Trust
from config.children import wait_until
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tenants.models import Shop
from tests import make
from tests.carriers.asking import answer_of
from tests.carriers.pushing import PUSHING, SECRET, follow, hook, key_of, secrets_of
from tests.carriers.receiving import Receiver, eventually, receiving
from tracking import links, tasks
from tracking.models import Poll, Shipment, TrackingEvent

DAYS = 60.0 * 24 * 3
FEW = ("17track", "ship24", "fedex")  # one of each way to be told apart; the others differ in their adapters
VERIFIED = [code for code in PUSHING if CARRIERS[code].verify]
SIGNED = [code for code in PUSHING if CARRIERS[code].push is Trust.SIGNED]
WITH_SECRET = [code for code in PUSHING if "webhook_secret" in secrets_of(code)]


@pytest.fixture
def shop(site: str) -> Iterator[Shop]:
    forget_shops()
    yield make.shop()
    forget_shops()


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with running(speed=1) as one:
        yield one


@pytest.fixture(name="receiver")
def _receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def parcel_with(shop: Shop, code: str, seed: int) -> tuple[Account, Shipment]:
    with shop_context(shop.pk):
        account = make.account(shop, code, **secrets_of(code))
        parcel = make.shipment(make.order(shop), carrier=code, number=number_for(code, seed), polled=account)
        Poll.objects.update(next_at=timezone.now() + timedelta(hours=3))
    return account, parcel


def rows(shop: Shop) -> list[Push]:
    with shop_context(shop.pk):
        return list(Push.objects.order_by("pk"))


def told(parcel: Shipment) -> tuple[str, int]:
    """Where the parcel is, and by how many events."""
    with shop_context(parcel.shop_id):
        status = Shipment.objects.values_list("status", flat=True).get(pk=parcel.pk)
        return status, TrackingEvent.objects.filter(shipment=parcel).count()


def is_due(parcel: Shipment) -> bool:
    with shop_context(parcel.shop_id):
        return Poll.objects.filter(shipment=parcel, next_at__lte=timezone.now()).exists()


def reads_until(true: Callable[[], bool]) -> bool:
    def is_so() -> bool:
        tasks.read_pushes()
        return true()

    return wait_until(is_so, timeout_s=10)


def caught(simulator: Simulator, receiver: Receiver, code: str, number: str) -> tuple[dict[str, str], bytes]:
    """A push as it leaves the carrier: its headers, its bytes."""
    hook(simulator, code, receiver.url)
    simulator.add(code, number, "straight", reached=SubStatus.PICKED_UP, speed=1, hook=key_of(code))
    eventually(lambda: receiver.got)
    _, headers, body = receiver.got[0]
    return {name: value for name, value in headers.items() if name not in ("Host", "Content-Length")}, body


def post(shop: Shop, account: Account, headers: dict[str, str], body: bytes) -> int:
    reply = requests.post(links.push_url(shop, account), data=body, headers=headers, timeout=10)
    assert reply.content == b""
    return reply.status_code


@pytest.mark.parametrize("code", PUSHING)
def test_a_parcel_followed_is_told_of_without_being_asked_about(
    shop: Shop, simulator: Simulator, code: str
) -> None:
    """What is signed is a fact; what is not, a reason to ask."""
    account, parcel = parcel_with(shop, code, 1)
    url = links.push_url(shop, account)
    simulator.add(code, parcel.number, "straight", reached=SubStatus.PICKED_UP, speed=1)
    hook(simulator, code, url)
    follow(simulator, code, parcel.number, url=url)
    simulator.advance(parcel.number, DAYS, carrier=code)

    if code in SIGNED:
        assert reads_until(lambda: told(parcel)[0] == Status.DELIVERED)
        assert told(parcel)[1] >= 5
    else:
        assert reads_until(lambda: is_due(parcel))
        assert told(parcel) == (Status.PENDING, 0)
    assert {row.error for row in rows(shop) if row.read_at} == {""}


@pytest.mark.parametrize("code", FEW)
def test_a_push_that_comes_again_is_one_row(
    shop: Shop, simulator: Simulator, receiver: Receiver, code: str
) -> None:
    account, parcel = parcel_with(shop, code, 2)
    headers, body = caught(simulator, receiver, code, parcel.number)

    assert [post(shop, account, headers, body) for _ in range(3)] == [200, 200, 200]
    tasks.read_pushes()
    before = told(parcel)
    assert post(shop, account, headers, body) == 200
    tasks.read_pushes()

    (row,) = rows(shop)
    assert (bytes(row.body), row.attempts, told(parcel)) == (body, 1, before)


@pytest.mark.parametrize("code", VERIFIED)
def test_who_knows_no_secret_is_not_heard(
    shop: Shop, simulator: Simulator, receiver: Receiver, code: str
) -> None:
    account, parcel = parcel_with(shop, code, 3)
    simulator.rude(code, "bad_signature")
    headers, body = caught(simulator, receiver, code, parcel.number)

    assert post(shop, account, headers, body) == 401
    assert post(shop, account, {"Content-Type": "application/json"}, body) == 401
    assert rows(shop) == []


@pytest.mark.parametrize("code", SIGNED)
def test_a_signature_is_of_the_very_bytes(
    shop: Shop, simulator: Simulator, receiver: Receiver, code: str
) -> None:
    account, parcel = parcel_with(shop, code, 4)
    headers, body = caught(simulator, receiver, code, parcel.number)

    for other in (json.dumps(json.loads(body), separators=(",", ":")).encode(), body + b"\n", body[:-1]):
        assert other != body
        assert post(shop, account, headers, other) == 401
    assert rows(shop) == []
    assert post(shop, account, headers, body) == 200


@pytest.mark.parametrize("code", WITH_SECRET)
def test_without_a_webhook_secret_nothing_is_genuine(
    shop: Shop, simulator: Simulator, receiver: Receiver, code: str
) -> None:
    with shop_context(shop.pk):
        account = make.account(shop, code, **{**secrets_of(code), "webhook_secret": ""})
    simulator.hook(key_of(code), receiver.url, carrier=code, secret="")
    simulator.add(code, number_for(code, 5), reached=SubStatus.PICKED_UP, speed=1, hook=key_of(code))
    eventually(lambda: receiver.got)
    _, headers, body = receiver.got[0]
    signs = {name: value for name, value in headers.items() if name not in ("Host", "Content-Length")}

    assert post(shop, account, signs, body) == 401


@pytest.mark.parametrize("code", ["aftership", "ship24"])
def test_a_provider_with_the_wrong_secret_is_believed_again_once_it_is_right(
    shop: Shop, simulator: Simulator, code: str
) -> None:
    account, parcel = parcel_with(shop, code, 6)
    simulator.rude(code, "bad_signature")
    hook(simulator, code, links.push_url(shop, account))
    simulator.add(code, parcel.number, "straight", reached=SubStatus.PICKED_UP, speed=1, hook=key_of(code))
    assert not wait_until(lambda: bool(rows(shop)), timeout_s=0.5)

    simulator.polite()
    simulator.advance(parcel.number, DAYS, carrier=code)

    assert reads_until(lambda: bool(rows(shop)))
    assert {row.error for row in rows(shop)} == {""}


@pytest.mark.parametrize("code", ["17track"])
@pytest.mark.parametrize("kind", ["duplicate", "out_of_order", "late"])
def test_bad_manners_on_the_way_change_nothing_about_the_end(
    shop: Shop, simulator: Simulator, code: str, kind: str
) -> None:
    account, parcel = parcel_with(shop, code, 7)
    simulator.rude(code, kind, slow_s=0.5)
    hook(simulator, code, links.push_url(shop, account))
    simulator.add(code, parcel.number, "straight", reached=SubStatus.PICKED_UP, speed=1, hook=key_of(code))
    simulator.advance(parcel.number, DAYS, carrier=code)
    assert reads_until(lambda: told(parcel)[0] == Status.DELIVERED)
    simulator.polite()

    # Scans of one second and one code cannot be told apart.
    scans = answer_of(simulator, code, parcel.number).scans
    assert told(parcel)[1] == len({(scan.at, scan.code) for scan in scans})


def test_ship24_finds_the_address_answering(shop: Shop, simulator: Simulator) -> None:
    account, _ = parcel_with(shop, "ship24", 8)
    url = links.push_url(shop, account)

    hook(simulator, "ship24", url)
    assert [requests.request(method, url, timeout=10).status_code for method in ("HEAD", "GET")] == [200, 200]
    assert requests.head(f"{url}x", timeout=10).status_code == 404
    assert rows(shop) == []


# What is pushed to try an address, or about other things than tracking.
HANDSHAKES: dict[str, list[Any]] = {
    "17track": [{"event": "TRACKING_STOPPED", "data": {"number": "QB123456785BR", "carrier": 2151}}],
    "aftership": [
        {
            "ts": 1,
            "event": "tracking_update",
            "event_id": "x",
            "msg": {"tracking_number": "1", "tag": "Pending"},
        }
    ],
    "dhl": [{"shipments": []}],
    "easypost": [
        {"id": "evt_1", "object": "Event", "description": "batch.created", "result": {"object": "Batch"}}
    ],
    "fedex": [{"transactionId": "x", "output": {"outputMetaData": {}, "completeTrackResults": []}}],
    "inpost": [
        {
            "event_ts": "2026-05-06 18:33:00 +0200",
            "event": "shipment_confirmed",
            "organization_id": 1,
            "payload": {"shipment_id": 49, "tracking_number": "602677439331630337653846"},
        }
    ],
    "karrio": [{"event": "shipment_purchased", "data": {"id": "shp_1", "tracking_number": "1Z9"}}],
    "ship24": [{"trackings": []}],
    "shippo": [{"event": "transaction_created", "test": True, "data": {"status": "SUCCESS"}}],
    "trackingmore": [{"code": 200, "message": "Success", "data": []}],
}
SIGNS: dict[str, Callable[[bytes], dict[str, str]]] = {
    "17track": lambda body: {"sign": hashlib.sha256(body + b"/good").hexdigest()},
    "aftership": lambda body: {"aftership-hmac-sha256": in_base64(SECRET, body)},
    "easypost": lambda body: {"X-Hmac-Signature": f"hmac-sha256-hex={in_hex(SECRET, body)}"},
    "fedex": lambda body: {"fdx-signature": in_base64(SECRET, body)},
    "karrio": lambda body: {"X-Event-Id": SECRET},
    "ship24": lambda body: {"Authorization": f"Bearer {SECRET}"},
}


@pytest.mark.parametrize(("code", "said"), [(code, one) for code, all_ in HANDSHAKES.items() for one in all_])
def test_a_push_that_says_nothing_of_a_parcel_is_read_once_as_nothing(
    shop: Shop, code: str, said: Any
) -> None:
    account, parcel = parcel_with(shop, code, 9)
    if code == "trackingmore":
        said = {**said, "verify_info": {"timestamp": 17, "signature": in_hex(SECRET, b"17")}}
    body = json.dumps(said).encode()
    signs = SIGNS[code](body) if code in SIGNS else {}

    assert post(shop, account, {"Content-Type": "application/json", **signs}, body) == 200
    tasks.read_pushes()

    (row,) = rows(shop)
    assert (row.read_at is not None, row.attempts, row.error) == (True, 1, "")
    assert (told(parcel), is_due(parcel)) == ((Status.PENDING, 0), False)


@pytest.mark.parametrize("code", FEW)
def test_an_empty_object_is_read_once_and_the_reason_kept(shop: Shop, code: str) -> None:
    """Somebody's try from a dashboard: whoever is verified and cannot be understood is not read twelve times."""
    account, parcel = parcel_with(shop, code, 10)
    with shop_context(shop.pk):
        Push.objects.create(
            shop=shop, account=account, body=b"{}", digest="0" * 64, received_at=timezone.now()
        )
    tasks.read_pushes()
    tasks.read_pushes()

    (row,) = rows(shop)
    assert (row.read_at is not None, row.attempts) == (True, 1)
    assert told(parcel) == (Status.PENDING, 0)
