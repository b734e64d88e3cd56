"""Polling: what is due is asked in time, whatever one carrier, one parcel or one shop does."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

import pytest
from django.db import DatabaseError, connections
from django.utils import timezone

from carriers import client, exchange, pace, registry
from carriers.models import Account, Push
from carriers.services import change, key_of, store_push
from carriers.simulator.numbers import number_for, unknown_number_for
from carriers.simulator.remote import Simulator
from carriers.simulator.testing import running
from carriers.types import Answer, Limits, Outcome, Scan, Status, SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tenants.services import SYSTEM
from tests import make
from tracking import tasks
from tracking.models import IdempotencyKey, ImportJob, Order, Poll, Shipment, TrackingEvent, Transition
from tracking.services import asking, claiming, groups, passing, polling, turns

SECRETS = {
    "dhl": {"api_key": "demo"},
    "ups": {"client_id": "shop", "client_secret": "secret"},
    "correos_es": {"username": "shop", "password": "demo"},
    "gls_es": {"uid": "6bae1c5c-0000-4000-8000-000000000001"},
    "laposte": {"api_key": "demo"},
    "17track": {"api_key": "demo"},
}
_seeds = itertools.count(1)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))


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


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What a process remembers of accounts, whose numbers begin anew with each test."""
    for memory in (turns._served, asking._spent, pace._paused, pace._breakers, client.tokens._held):
        memory.clear()
    yield


@pytest.fixture
def hurried(monkeypatch: Any) -> None:
    """Every carrier lets every account ask as fast as it likes."""
    quick = {code: replace(one, limits=Limits(per_second=1000)) for code, one in registry.CARRIERS.items()}
    monkeypatch.setattr(registry, "CARRIERS", MappingProxyType(quick))


@pytest.fixture
def shop(committed_db: None) -> Shop:
    return make.shop()


def watched(shop: Shop, carrier: str = "dhl", count: int = 1, **fields: Any) -> list[Shipment]:
    """Parcels with an account of their own, due now."""
    with shop_context(shop.pk):
        account = Account.objects.filter(carrier=carrier).first() or make.account(
            shop, carrier, **SECRETS[carrier]
        )
        due_at = fields.pop("due_at", timezone.now() - SECOND)
        fields = {"created_at": timezone.now() - DAY, **fields}
        numbers = [fields.pop("number", "")] if "number" in fields else []
        numbers += [number_for(carrier, next(_seeds)) for _ in range(count - len(numbers))]
        made = [
            make.shipment(make.order(shop), carrier=carrier, number=number, polled=account, **fields)
            for number in numbers
        ]
        Poll.objects.filter(shipment__in=made).update(next_at=due_at)
        return made


def on_its_way(simulator: Simulator, *parcels: Shipment, hours: float = 14) -> None:
    for parcel in parcels:
        simulator.add(parcel.carrier, parcel.number, "straight", replace=True)
        simulator.advance(parcel.number, hours * 60, carrier=parcel.carrier)


def poll_of(parcel: Shipment) -> Poll:
    with shop_context(parcel.shop_id):
        return Poll.objects.get(shipment=parcel)


def now_of(parcel: Shipment) -> Shipment:
    with shop_context(parcel.shop_id):
        return Shipment.objects.get(pk=parcel.pk)


def account_of(parcel: Shipment) -> Account:
    with shop_context(parcel.shop_id):
        return Account.objects.get(pk=parcel.account_id)


def later(parcel: Shipment) -> timedelta:
    """How long after it was asked it is asked again."""
    poll = poll_of(parcel)
    assert poll.next_at and poll.asked_at
    return poll.next_at - poll.asked_at


def make_due(*parcels: Shipment) -> None:
    for parcel in parcels:
        with shop_context(parcel.shop_id):
            Poll.objects.filter(shipment=parcel).update(next_at=timezone.now() - SECOND)


# --- The way of a poll ---


@pytest.mark.parametrize("carrier", ["dhl", "ups", "correos_es", "gls_es", "laposte", "17track"])
def test_a_due_parcel_is_asked_about_recorded_and_asked_again_later(
    shop: Shop, simulator: Simulator, carrier: str
) -> None:
    (parcel,) = watched(shop, carrier)
    on_its_way(simulator, parcel)

    tasks.poll_due()

    assert now_of(parcel).status in (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY)
    poll = poll_of(parcel)
    assert (poll.outcome, poll.failures, poll.claims, poll.lease) == ("found", 0, 0, None)
    assert 10 * MINUTE < later(parcel) < 6 * HOUR
    assert account_of(parcel).last_ok_at is not None
    with shop_context(shop.pk):
        assert TrackingEvent.objects.filter(shipment=parcel).count() >= 3
        assert Order.objects.get(pk=parcel.order_id).state in ("shipped", "out_for_delivery")


def test_what_is_not_due_is_not_asked(shop: Shop, simulator: Simulator) -> None:
    watched(shop, due_at=timezone.now() + MINUTE)

    tasks.poll_due()

    assert simulator.calls() == []


def test_asking_again_tells_of_each_event_once(shop: Shop, simulator: Simulator, hurried: None) -> None:
    (parcel,) = watched(shop, "correos_es")
    on_its_way(simulator, parcel)
    tasks.poll_due()
    with shop_context(shop.pk):
        before = TrackingEvent.objects.count(), Transition.objects.count()

    for _ in range(3):
        make_due(parcel)
        tasks.poll_due()

    assert len(simulator.calls(carrier="correos_es")) == 4
    with shop_context(shop.pk):
        assert (TrackingEvent.objects.count(), Transition.objects.count()) == before


def test_a_delivered_parcel_is_asked_about_twice_more_and_then_left_alone(
    shop: Shop, simulator: Simulator, hurried: None, monkeypatch: Any
) -> None:
    (parcel,) = watched(shop, "ups", created_at=timezone.now() - 4 * DAY)
    on_its_way(simulator, parcel, hours=40)
    tasks.poll_due()
    assert now_of(parcel).status == Status.DELIVERED
    assert poll_of(parcel).next_at is not None

    with shop_context(shop.pk):
        Shipment.objects.filter(pk=parcel.pk).update(status_since=timezone.now() - 3 * DAY)
    make_due(parcel)
    tasks.poll_due()

    assert poll_of(parcel).next_at is None


def test_a_number_not_found_yet_is_no_failure(shop: Shop, simulator: Simulator) -> None:
    (parcel,) = watched(shop, number=unknown_number_for("dhl", 1))

    tasks.poll_due()

    poll = poll_of(parcel)
    assert (poll.outcome, poll.failures) == ("not_found", 0)
    assert 4 * HOUR <= later(parcel) < 9 * HOUR
    assert now_of(parcel).sub_status == "pending.registered"
    assert account_of(parcel).last_error == ""


def test_a_number_that_cannot_be_one_is_said_to_be_once(
    shop: Shop, simulator: Simulator, hurried: None, monkeypatch: Any
) -> None:
    (parcel,) = watched(shop)
    monkeypatch.setattr(
        client, "ask", lambda c, s, queries, **_: [Answer(q.number, Outcome.INVALID_NUMBER) for q in queries]
    )

    for _ in range(3):
        make_due(parcel)
        tasks.poll_due()

    assert now_of(parcel).sub_status == SubStatus.PENDING_INVALID_NUMBER
    with shop_context(shop.pk):
        assert TrackingEvent.objects.filter(shipment=parcel, source="system").count() == 1
    assert later(parcel) >= DAY


def test_a_parcel_nobody_heard_of_for_a_month_expires(shop: Shop, simulator: Simulator) -> None:
    (parcel,) = watched(shop, number=unknown_number_for("dhl", 2), created_at=timezone.now() - 31 * DAY)

    tasks.poll_due()

    assert now_of(parcel).status == Status.EXPIRED
    assert poll_of(parcel).next_at is None


def test_many_parcels_of_one_account_go_ten_a_call(shop: Shop, simulator: Simulator, hurried: None) -> None:
    parcels = watched(shop, "laposte", 25)
    on_its_way(simulator, *parcels)
    simulator.forget_calls()

    tasks.poll_due()

    assert {now_of(parcel).status for parcel in parcels} <= {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY}
    assert len(simulator.calls(carrier="laposte")) == 3


def test_an_aggregator_is_told_of_a_number_once(shop: Shop, simulator: Simulator, hurried: None) -> None:
    (parcel,) = watched(shop, "17track")
    tasks.poll_due()
    registered_at = poll_of(parcel).registered_at
    assert registered_at is not None

    make_due(parcel)
    tasks.poll_due()

    paths = [call["path"] for call in simulator.calls(carrier="17track")]
    assert [path.rpartition("/")[2] for path in paths] == ["register", "gettrackinfo", "gettrackinfo"]
    assert poll_of(parcel).registered_at == registered_at


def test_an_aggregator_is_asked_about_other_carriers_parcels(
    shop: Shop, simulator: Simulator, hurried: None
) -> None:
    (parcel,) = watched(shop, "17track")
    on_its_way(simulator, parcel)
    with shop_context(shop.pk):
        Shipment.objects.update(carrier="correos_br")

    for _ in range(2):
        make_due(parcel)
        tasks.poll_due()

    assert now_of(parcel).status in (Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY)


def test_an_aggregator_that_forgot_a_number_is_told_again(
    shop: Shop, simulator: Simulator, hurried: None
) -> None:
    (parcel,) = watched(shop, "17track")
    with shop_context(shop.pk):
        Poll.objects.update(registered_at=timezone.now() - 90 * DAY)

    tasks.poll_due()
    assert poll_of(parcel).outcome == "not_registered"
    make_due(parcel)
    tasks.poll_due()

    assert poll_of(parcel).registered_at is not None


# --- Whom to ask ---


def test_parcels_of_a_removed_account_wait_for_another(shop: Shop, simulator: Simulator) -> None:
    (parcel,) = watched(shop)
    with shop_context(shop.pk):
        Account.objects.all().delete()

    tasks.poll_due()

    with shop_context(shop.pk):
        assert not Poll.objects.exists()
    assert now_of(parcel).account_id is None
    assert simulator.calls() == []


def test_parcels_of_a_removed_account_go_to_one_that_knows_them_all(shop: Shop, simulator: Simulator) -> None:
    (parcel,) = watched(shop)
    with shop_context(shop.pk):
        Account.objects.all().delete()
        aggregator = make.account(shop, "17track", **SECRETS["17track"])

    tasks.poll_due()
    tasks.poll_due()

    assert now_of(parcel).account_id == aggregator.pk
    assert [call["carrier"] for call in simulator.calls()] == ["17track", "17track"]


def test_an_account_that_is_switched_off_asks_nothing_until_it_is_switched_on(
    shop: Shop, simulator: Simulator
) -> None:
    (parcel,) = watched(shop)
    account = account_of(parcel)
    with shop_context(shop.pk):
        account = change(shop=shop, account=account, by=SYSTEM, now=timezone.now(), enabled=False)
        polling.take_up(shop=shop, account=account, now=timezone.now())
    tasks.poll_due()
    assert simulator.calls() == []

    with shop_context(shop.pk):
        account = change(shop=shop, account=account, by=SYSTEM, now=timezone.now(), enabled=True)
        polling.take_up(shop=shop, account=account, now=timezone.now())
    tasks.poll_due()

    assert poll_of(parcel).asked_at is not None


def test_a_suspended_shop_asks_nothing(shop: Shop, simulator: Simulator) -> None:
    (parcel,) = watched(shop)
    Shop.objects.filter(pk=shop.pk).update(suspended_at=timezone.now())

    tasks.poll_due()

    assert simulator.calls() == []
    assert poll_of(parcel).claims == 0


def test_refused_credentials_pause_the_account_and_wake_it_when_changed(
    shop: Shop, simulator: Simulator, hurried: None
) -> None:
    with shop_context(shop.pk):
        account = make.account(shop, "dhl", api_key="invalid")
    parcels = watched(shop, count=5)

    tasks.poll_due()
    tasks.poll_due()

    assert len(simulator.calls(carrier="dhl")) == 1
    account = account_of(parcels[0])
    assert account.last_error.startswith("auth_error")
    assert account.paused_until and account.paused_until > timezone.now() + 50 * MINUTE
    with shop_context(shop.pk):
        change(shop=shop, account=account, by=SYSTEM, now=timezone.now(), secrets={"api_key": "right"})
        polling.take_up(shop=shop, account=account, now=timezone.now())
    asking._spent.clear()
    tasks.poll_due()
    assert len(simulator.calls(carrier="dhl")) == 6


def test_credentials_sealed_with_a_lost_key_cost_nobody_else_anything(
    shop: Shop, simulator: Simulator
) -> None:
    (broken,) = watched(shop)
    (fine,) = watched(shop, "ups")
    with shop_context(shop.pk):
        Account.objects.filter(carrier="dhl").update(sealed="gAAAAAB" + "x" * 80)

    tasks.poll_due()

    assert account_of(broken).last_error.startswith("auth_error")
    assert poll_of(fine).outcome in ("found", "not_found")


# --- Rude carriers ---


@pytest.mark.parametrize("kind", ["slow", "500", "429", "html", "truncated", "dropped"])
def test_a_rude_carrier_costs_the_others_nothing(
    shop: Shop, simulator: Simulator, hurried: None, kind: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(exchange, "READ_S", 0.5)
    other = make.shop()
    rude = [*watched(shop, "dhl", 4), *watched(other, "dhl", 4)]
    polite = [*watched(shop, "ups", 4), *watched(other, "gls_es", 4)]
    on_its_way(simulator, *rude, *polite)
    simulator.rude("dhl", kind, seconds=120, slow_s=3)  # calls outlive the test
    began, done_after = time.monotonic(), 0.0

    def wait_for_polite() -> None:
        nonlocal done_after
        while not all(poll_of(parcel).asked_at for parcel in polite):
            time.sleep(0.05)
        done_after = time.monotonic() - began
        connections.close_all()

    watcher = threading.Thread(target=wait_for_polite)
    watcher.start()
    tasks.poll_due()
    watcher.join(timeout=1)

    assert not watcher.is_alive()
    assert done_after < 2
    assert {now_of(parcel).status for parcel in polite} <= {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY}
    assert {now_of(parcel).status for parcel in rude} == {Status.PENDING}
    assert {poll_of(parcel).lease for parcel in rude} == {None}
    assert account_of(rude[0]).last_error
    assert account_of(polite[0]).last_error == ""

    simulator.polite()
    for parcel in (rude[0], rude[4]):
        pace.forget(key_of(parcel.account_id or 0), client.host_of(registry.get("dhl")))
        with shop_context(parcel.shop_id):
            Account.objects.update(paused_until=None)
    asking._spent.clear()
    make_due(*rude)
    tasks.poll_due()
    assert {now_of(parcel).status for parcel in rude} <= {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY}


def test_a_failure_is_tried_again_soon_and_then_ever_later(
    shop: Shop, simulator: Simulator, hurried: None
) -> None:
    (parcel,) = watched(shop, "gls_es")
    on_its_way(simulator, parcel)
    simulator.rude("gls_es", "html", seconds=120)
    waits = []
    for _ in range(4):
        make_due(parcel)
        pace.forget(key_of(parcel.account_id or 0), client.host_of(registry.get("gls_es")))
        asking._spent.clear()
        with shop_context(shop.pk):
            Account.objects.update(paused_until=None)
        tasks.poll_due()
        waits.append(later(parcel) / MINUTE)

    assert poll_of(parcel).failures == 4
    assert all(2**n <= wait < 2**n * 1.2 for n, wait in enumerate(waits, start=1))
    simulator.polite()
    make_due(parcel)
    tasks.poll_due()
    assert poll_of(parcel).failures == 0


def test_one_number_that_spoils_a_call_does_not_spoil_the_next(
    shop: Shop, simulator: Simulator, hurried: None, monkeypatch: Any
) -> None:
    parcels = watched(shop, "laposte", 6)
    on_its_way(simulator, *parcels)
    real = registry.get("laposte")

    def spoiled(reply: Any) -> Any:
        answers = real.parse(reply)
        if parcels[2].number in {answer.number for answer in answers}:
            raise KeyError("nobody expected this")
        return answers

    table = {**registry.CARRIERS, "laposte": replace(real, parse=spoiled, limits=Limits(per_second=1000))}
    monkeypatch.setattr(registry, "CARRIERS", MappingProxyType(table))
    tasks.poll_due()
    assert {poll_of(parcel).failures for parcel in parcels} == {1}

    make_due(*parcels)
    tasks.poll_due()

    assert [poll_of(parcel).failures for parcel in parcels] == [0, 0, 2, 0, 0, 0]


def test_an_account_told_to_wait_waits_for_as_long_as_it_was_told(
    shop: Shop, simulator: Simulator, hurried: None
) -> None:
    parcels = watched(shop, count=5)
    simulator.rude("dhl", "429", seconds=120)

    tasks.poll_due()

    assert len(simulator.calls(carrier="dhl")) == 1
    account = account_of(parcels[0])
    assert account.paused_until and 0 < (account.paused_until - timezone.now()).total_seconds() < 2.5
    assert [poll_of(parcel).claims for parcel in parcels] == [0] * 5


def test_a_pause_survives_the_loss_of_redis(shop: Shop, simulator: Simulator, hurried: None) -> None:
    watched(shop)
    with shop_context(shop.pk):
        Account.objects.update(paused_until=timezone.now() + HOUR)

    tasks.poll_due()

    assert simulator.calls() == []


def test_a_days_budget_is_not_overspent(shop: Shop, simulator: Simulator, monkeypatch: Any) -> None:
    limited = replace(registry.get("dhl"), limits=Limits(per_second=1000, per_day=10))
    monkeypatch.setattr(registry, "CARRIERS", MappingProxyType({**registry.CARRIERS, "dhl": limited}))
    monkeypatch.setattr(pace, "HEAD_START", 0.35)
    monkeypatch.setattr(pace.time, "time", lambda: 20_778 * 86_400 + 1.0)
    parcels = watched(shop, count=8)

    tasks.poll_due()

    assert len(simulator.calls(carrier="dhl")) == 3
    assert sum(poll_of(parcel).asked_at is not None for parcel in parcels) == 3
    assert all(poll_of(parcel).claims == 0 for parcel in parcels)


def test_the_carriers_pace_is_kept_to(shop: Shop, simulator: Simulator) -> None:
    simulator.enforce_limits()
    parcels = watched(shop, "dhl", 4)
    on_its_way(simulator, *parcels)

    tasks.poll_due()
    simulator.enforce_limits(False)

    calls = simulator.calls(carrier="dhl")
    assert [call["status"] for call in calls] == [200] * 4
    assert all(b["at"] - a["at"] >= 1 for a, b in itertools.pairwise(calls))


def test_without_redis_parcels_are_still_asked_about(shop: Shop, simulator: Simulator, settings: Any) -> None:
    parcels = watched(shop, "ups", 3)
    on_its_way(simulator, *parcels)
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    tasks.poll_due()

    assert any(poll_of(parcel).asked_at for parcel in parcels)


# --- Leases ---


def claim_all(now: datetime) -> claiming.Claim:
    return claiming.claim(rooms={one.account_id: 100 for one in claiming.waiting(now)}, now=now)


def test_a_row_goes_to_one_of_many(shop: Shop) -> None:
    watched(shop, count=40)
    other = make.shop()
    watched(other, "ups", 40)
    now, taken = timezone.now(), list[int]()
    rooms = {one.account_id: 100 for one in claiming.waiting(now)}

    def work() -> None:
        for _ in range(20):
            taken.extend(poll.id for poll in claiming.claim(rooms=rooms, now=now, most=11).polls)
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 80


def test_an_account_somebody_is_asking_is_left_to_them(shop: Shop) -> None:
    watched(shop, count=10)
    now = timezone.now()
    (one,) = claiming.waiting(now)
    claiming.claim(rooms={one.account_id: 3}, now=now)

    assert claiming.waiting(now) == []
    assert len(claiming.waiting(now + claiming.LEASE)) == 1


def test_what_was_claimed_and_never_finished_is_due_again(shop: Shop, simulator: Simulator) -> None:
    (parcel,) = watched(shop, due_at=timezone.now() - HOUR)
    claim_all(timezone.now() - claiming.LEASE + SECOND)
    tasks.poll_due()
    assert simulator.calls() == []

    time.sleep(1.1)
    tasks.poll_due()

    assert poll_of(parcel).asked_at is not None
    assert poll_of(parcel).claims == 0


def test_shops_take_turns_where_not_all_can_be_claimed(shop: Shop) -> None:
    small = make.shop()
    watched(shop, "dhl", 60, due_at=timezone.now() - HOUR)
    watched(small, "dhl", 3)
    now = timezone.now()
    rooms = {one.account_id: 100 for one in claiming.waiting(now)}

    claimed = claiming.claim(rooms=rooms, now=now, most=6).polls

    assert [poll.shop_id for poll in claimed].count(small.pk) == 3


def test_a_worker_that_wakes_up_after_its_lease_overwrites_nothing(shop: Shop, simulator: Simulator) -> None:
    (parcel,) = watched(shop, due_at=timezone.now() - HOUR)
    now = timezone.now()
    (frozen,) = groups.groups_of(claim_all(now - claiming.LEASE), now)
    claim_all(now)
    before = poll_of(parcel)
    scan = Scan(now - HOUR, "express:PU", "Picked up")

    polling.finish([groups.Asked(frozen, frozen.due[0], Answer(parcel.number, scans=(scan,)))], now)
    claiming.put_back(frozen.lease, {before.pk: now + DAY})

    after = poll_of(parcel)
    assert (after.lease, after.next_at, after.claims) == (before.lease, before.next_at, before.claims)
    assert now_of(parcel).status == Status.IN_TRANSIT  # a fact is a fact, whoever brings it


def test_a_poll_that_kills_whoever_asks_is_set_aside(shop: Shop, simulator: Simulator) -> None:
    killer, fine = watched(shop, "ups", 2)
    with shop_context(shop.pk):
        Poll.objects.filter(shipment=killer).update(claims=groups.MOST_CLAIMS)

    tasks.poll_due()

    poll = poll_of(killer)
    assert (poll.outcome, poll.claims, poll.asked_at) == ("set_aside", 0, None)
    assert poll.next_at and poll.next_at > timezone.now() + 23 * HOUR
    assert poll_of(fine).asked_at is not None


def test_a_suspect_is_asked_alone_and_last(
    shop: Shop, simulator: Simulator, hurried: None, monkeypatch: Any
) -> None:
    suspect, *others = watched(shop, "laposte", 4)
    elsewhere = watched(make.shop(), "ups", 3)
    with shop_context(shop.pk):
        Poll.objects.filter(shipment=suspect).update(claims=asking.SUSPECT_CLAIMS)
    asked: list[list[str]] = []
    real = client.ask

    def noted(carrier: Any, secrets: Any, queries: Any, **more: Any) -> Any:
        asked.append([query.number for query in queries])
        return real(carrier, secrets, queries, **more)

    monkeypatch.setattr(client, "ask", noted)

    tasks.poll_due()

    assert asked[-1] == [suspect.number]
    assert sum(map(len, asked)) == 1 + len(others) + len(elsewhere)
    assert poll_of(suspect).claims == 0


def test_many_suspects_are_asked_one_by_one_while_others_keep_coming(
    shop: Shop, simulator: Simulator, hurried: None
) -> None:
    suspects = watched(shop, "laposte", 12)
    with shop_context(shop.pk):
        Poll.objects.update(claims=asking.SUSPECT_CLAIMS)
    watched(make.shop(), "ups", 12)

    tasks.poll_due()

    assert [poll_of(parcel).claims for parcel in suspects] == [0] * 12
    assert len(simulator.calls(carrier="laposte")) == 12


def test_news_that_cannot_be_stored_costs_the_others_nothing(
    shop: Shop, simulator: Simulator, hurried: None, monkeypatch: Any
) -> None:
    bad, *fine = watched(shop, "ups", 4)
    on_its_way(simulator, bad, *fine)
    real = polling.record_batch

    def record(*, shop_id: int, heard: Any, now: Any) -> Any:
        if bad.pk in {one.shipment_id for one in heard}:
            raise ValueError("nobody expected this")
        return real(shop_id=shop_id, heard=heard, now=now)

    monkeypatch.setattr(polling, "record_batch", record)

    tasks.poll_due()

    assert {now_of(parcel).status for parcel in fine} <= {Status.IN_TRANSIT, Status.OUT_FOR_DELIVERY}
    poll = poll_of(bad)
    assert (poll.outcome, poll.failures, poll.lease) == ("bad_response", 1, None)


def test_a_backlog_of_one_shop_holds_up_nobody_else(
    shop: Shop, simulator: Simulator, monkeypatch: Any
) -> None:
    monkeypatch.setattr(asking, "ASK_FOR_S", 1.5)
    other = make.shop()
    watched(shop, "dhl", 200, due_at=timezone.now() - DAY)  # a second each
    fine = watched(other, "ups", 2)

    began = time.monotonic()
    asking.poll_due(budget_s=1.0)

    assert time.monotonic() - began < asking.ASK_FOR_S + 3
    assert all(poll_of(parcel).asked_at for parcel in fine)


@contextmanager
def several(work: Any, count: int) -> Iterator[None]:
    threads = [threading.Thread(target=lambda: (work(), connections.close_all())) for _ in range(count)]
    for thread in threads:
        thread.start()
    yield
    for thread in threads:
        thread.join()


def test_several_looks_at_once_ask_each_parcel_once(shop: Shop, simulator: Simulator, hurried: None) -> None:
    parcels = [parcel for code in SECRETS for parcel in watched(shop, code, 6)]
    on_its_way(simulator, *parcels)
    simulator.forget_calls()

    with several(tasks.poll_due, 3):
        pass

    assert all(poll_of(parcel).asked_at for parcel in parcels)
    told = [call["path"] + str(call["query"]) for call in simulator.calls(carrier="dhl")]
    assert len(told) == len(set(told)) == 6
    with shop_context(shop.pk):
        assert Transition.objects.filter(kind="order", after="shipped").count() <= len(parcels)


# --- From outside ---


def test_a_page_view_brings_a_stale_poll_forward_a_few_times_at_most(shop: Shop) -> None:
    now = timezone.now()
    (parcel,) = watched(shop, due_at=now + 3 * HOUR)

    def pull() -> bool:
        with shop_context(shop.pk):
            pulled = polling.pull_forward(shop_id=shop.pk, shipment_id=parcel.pk, now=now)
            Poll.objects.update(next_at=now + 3 * HOUR)
            return pulled

    assert [pull() for _ in range(4)] == [True, True, False, False]


def test_a_page_view_does_not_ask_again_what_was_asked_lately(shop: Shop) -> None:
    now = timezone.now()
    (parcel,) = watched(shop, due_at=now + 3 * HOUR)
    with shop_context(shop.pk):
        Poll.objects.update(asked_at=now - 10 * MINUTE)
        assert not polling.pull_forward(shop_id=shop.pk, shipment_id=parcel.pk, now=now)
        Poll.objects.update(asked_at=now - 2 * HOUR)
        assert polling.pull_forward(shop_id=shop.pk, shipment_id=parcel.pk, now=now)


def test_a_parcel_asked_about_no_more_is_not_brought_back_by_a_view(shop: Shop) -> None:
    (parcel,) = watched(shop, due_at=None)
    with shop_context(shop.pk):
        assert not polling.pull_forward(shop_id=shop.pk, shipment_id=parcel.pk, now=timezone.now())


# --- What follows from time ---


def delivered(shop: Shop, days_ago: float) -> Order:
    with shop_context(shop.pk):
        order = make.order(shop)
        parcel = make.shipment(order)
        at = timezone.now() - days_ago * DAY
        polling.record_batch(
            shop_id=shop.pk,
            heard=[polling.Heard(parcel.pk, (make.event(SubStatus.DELIVERED, at),))],
            now=timezone.now(),
        )
        return order


def state_of(order: Order) -> str:
    with shop_context(order.shop_id):
        return str(Order.objects.get(pk=order.pk).state)


def test_an_order_delivered_two_weeks_ago_is_completed(shop: Shop) -> None:
    old, young = delivered(shop, 13.9), delivered(shop, 2)
    assert state_of(old) == "delivered"

    passing.pass_time(now=timezone.now() + 0.2 * DAY)
    passing.pass_time(now=timezone.now() + 0.2 * DAY)

    assert (state_of(old), state_of(young)) == ("completed", "delivered")
    with shop_context(shop.pk):
        assert Transition.objects.filter(after="completed").count() == 1


def test_an_order_past_its_day_is_late(shop: Shop) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        order = make.order(shop, promised_date=(now - 2 * DAY).date(), eta_last=(now - 2 * DAY).date())

    passing.pass_time(now=now)

    with shop_context(shop.pk):
        order.refresh_from_db()
    assert (order.health, order.eta_last) == ("delayed", None)


def test_an_override_ends_with_its_day(shop: Shop) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        order = make.order(
            shop, override_state="delivered", override_until="date", override_at=now - 5 * DAY,
            override_date=(now - 2 * DAY).date(), state="delivered",
        )  # fmt: skip

    passing.pass_time(now=now)

    assert state_of(order) == "received"


def test_a_silent_parcel_nobody_is_asked_about_expires(shop: Shop) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        parcel = make.shipment(make.order(shop), created_at=now - 40 * DAY)
        said = (make.event(SubStatus.PICKED_UP, now - 35 * DAY),)
        polling.record_batch(shop_id=shop.pk, heard=[polling.Heard(parcel.pk, said)], now=now - 35 * DAY)

    passing.pass_time(now=now)
    passing.pass_time(now=now)

    assert now_of(parcel).status == Status.EXPIRED
    with shop_context(shop.pk):
        assert TrackingEvent.objects.filter(source="system").count() == 1


@pytest.mark.parametrize(("days", "expiring"), [(1, True), (5, False), (-1, False)])
def test_a_parcel_that_waits_is_said_to_expire_two_days_before(shop: Shop, days: int, expiring: bool) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        parcel = make.shipment(make.order(shop))
        said = (make.event(SubStatus.PICKUP_POINT, now - DAY),)
        polling.record_batch(shop_id=shop.pk, heard=[polling.Heard(parcel.pk, said)], now=now)
        Shipment.objects.update(pickup={"name": "Estanco", "until": (now + days * DAY).date().isoformat()})

    passing.pass_time(now=now)
    passing.pass_time(now=now)

    assert (now_of(parcel).sub_status == SubStatus.PICKUP_EXPIRING) is expiring
    assert now_of(parcel).status == Status.AVAILABLE_FOR_PICKUP


def test_a_carrier_that_takes_its_time_keeps_its_lease(
    shop: Shop, simulator: Simulator, hurried: None, monkeypatch: Any
) -> None:
    monkeypatch.setattr(claiming, "LEASE", 2 * SECOND)
    monkeypatch.setattr(asking, "RENEW_S", 0.2)
    monkeypatch.setattr(asking, "LOOK_S", 0.1)
    (parcel,) = watched(shop)
    on_its_way(simulator, parcel)
    simulator.rude("dhl", "slow", slow_s=3.5)

    with several(tasks.poll_due, 2):
        pass

    assert len(simulator.calls(carrier="dhl")) == 1
    assert poll_of(parcel).outcome == "found"


def test_a_shop_that_cannot_be_brought_up_to_date_holds_up_nobody_else(shop: Shop, monkeypatch: Any) -> None:
    order, other = delivered(shop, 13), delivered(make.shop(), 13)
    real = passing.refold_orders

    def refold(*, shop_id: int, **more: Any) -> Any:
        if shop_id == order.shop_id:
            raise DatabaseError("nobody expected this")
        return real(shop_id=shop_id, **more)

    monkeypatch.setattr(passing, "refold_orders", refold)

    passing.pass_time(now=timezone.now() + 2 * DAY)

    assert (state_of(order), state_of(other)) == ("delivered", "completed")


def test_what_is_kept_for_a_while_is_dropped_after_it(shop: Shop) -> None:
    now = timezone.now()
    with shop_context(shop.pk):
        for key, age in (("old", 25 * HOUR), ("new", 23 * HOUR)):
            IdempotencyKey.objects.create(shop=shop, key=key, request_hash="x", created_at=now - age)
        account = make.account(shop, "17track")
        store_push(account=account, body=b"old", now=now - 31 * DAY)
        store_push(account=account, body=b"new", now=now - 29 * DAY)
        for stage, age in (("done", HOUR), ("mapping", 8 * DAY), ("mapping", DAY), ("importing", 8 * DAY)):
            ImportJob.objects.create(
                shop=shop, file_name=f"{stage}.csv", content=b"x", stage=stage, created_at=now - age
            )

    tasks.tidy()
    tasks.tidy()

    with shop_context(shop.pk):
        assert [key.key for key in IdempotencyKey.objects.all()] == ["new"]
        assert [bytes(push.body) for push in Push.objects.all()] == [b"new"]
        kept = ImportJob.objects.exclude(content=None).order_by("id")
        assert [job.file_name for job in kept] == ["mapping.csv", "importing.csv"]
