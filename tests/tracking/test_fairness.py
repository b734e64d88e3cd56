"""A backlog of one account holds up nobody else, and within it what somebody waits for comes first."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest
from django.utils import timezone

from carriers import pace, registry
from carriers.services import key_of
from carriers.types import Answer, Limits, Outcome
from tenants.isolation import shop_context
from tests import make
from tracking.models import Poll, Shipment
from tracking.services import asking, claiming, groups, polling, turns
from tracking.urgency import Urgency

BACKLOG, SOME = 2000, 300
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _fresh(committed_db: None) -> None:
    """What a process remembers of accounts."""
    for memory in (turns._served, asking._spent, pace._paused, pace._breakers):
        memory.clear()


def limited(monkeypatch: Any, **limits: Limits) -> None:
    changed = {code: replace(registry.get(code), limits=one) for code, one in limits.items()}
    monkeypatch.setattr(registry, "CARRIERS", MappingProxyType({**registry.CARRIERS, **changed}))


def account_with(carrier: str, due: int = 1, *, since: timedelta = SECOND) -> int:
    """An account of a shop of its own, with so many parcels that have been due for so long."""
    shop = make.shop()
    with shop_context(shop.pk):
        account = make.account(shop, carrier)
        order, due_at = make.order(shop, lines=0), timezone.now() - since
        names = [f"N{next(_numbers):08d}" for _ in range(due)]
        Shipment.objects.bulk_create(
            Shipment(
                shop=shop, order=order, carrier=carrier, number=name, number_key=name, account_id=account.pk,
                created_at=due_at - DAY,
            )
            for name in names
        )  # fmt: skip
        ids = Shipment.objects.filter(account_id=account.pk).order_by("pk").values_list("pk", flat=True)
        Poll.objects.bulk_create(
            Poll(shop=shop, shipment_id=pk, carrier=carrier, account_id=account.pk, next_at=due_at)
            for pk in ids
        )
    return int(account.pk)


def polls_of(account_id: int) -> Any:
    """In the shop's context."""
    return Poll.objects.filter(account_id=account_id).order_by("pk")


def shop_of(account_id: int) -> int:
    return next(one.shop_id for one in claiming.waiting(timezone.now()) if one.account_id == account_id)


def claimed(rooms: dict[int, int]) -> list[int]:
    return [poll.shipment_id for poll in claiming.claim(rooms=rooms, now=timezone.now()).polls]


# --- Between accounts ---


@pytest.mark.parametrize("big_first", [True, False])
def test_everybody_has_a_turn_in_the_first_looks_whatever_one_has_piled_up(
    big_first: bool, monkeypatch: Any
) -> None:
    monkeypatch.setattr(asking, "THREADS", 8)
    monkeypatch.setattr(asking, "KEPT_FREE", 2)
    big = account_with("dhl", BACKLOG, since=DAY) if big_first else 0
    others = {account_with(carrier) for carrier in ("dhl", "ups", "seur", "gls_es", "laposte", "mrw") * 3}
    big = big or account_with("dhl", BACKLOG, since=DAY)
    served: list[int] = []
    for _ in range(4):
        rooms = asking._Look(5.0)._rooms(timezone.now())
        served += rooms

    assert set(served[:19]) == others | {big}
    assert [one for one in served if served.count(one) == 1] == served[7:19]  # and the next round begins


def test_a_carrier_somebody_is_asking_leaves_room_for_others(monkeypatch: Any) -> None:
    monkeypatch.setattr(asking, "THREADS", 8)
    monkeypatch.setattr(asking, "KEPT_FREE", 4)
    monkeypatch.setattr(asking, "PER_CARRIER", 4)
    for carrier in ("mrw", "nacex", "seur"):  # many of each, and due for longer
        for _ in range(10):
            account_with(carrier, since=HOUR)
    fast = {account_with("ups"), account_with("gls_es")}
    look = asking._Look(5.0)
    rooms = look._rooms(timezone.now())

    assert fast < set(rooms)
    assert look.found_more


def test_whoever_had_a_turn_elsewhere_has_had_it_here(monkeypatch: Any) -> None:
    one, other = account_with("dhl", since=HOUR), account_with("ups")
    turns.note([one])
    turns._served.clear()  # another process noted it

    assert [each.account_id for each in turns.in_turn(claiming.waiting(timezone.now()))] == [other, one]


def test_turns_go_on_without_redis(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    one, other = account_with("dhl", since=HOUR), account_with("ups")
    turns.note([one])

    assert [each.account_id for each in turns.in_turn(claiming.waiting(timezone.now()))] == [other, one]


def test_who_may_not_ask_takes_no_turn_and_is_not_looked_at_again_at_once(monkeypatch: Any) -> None:
    limited(monkeypatch, dhl=Limits(per_second=1, per_day=0))
    account_with("dhl", since=DAY)
    paused, free = account_with("ups", since=DAY), account_with("seur")
    pace.pause(key_of(paused), 60)
    weighed: list[str] = []
    real = pace.room

    def noted(key: str, *more: Any, **named: Any) -> int:
        weighed.append(key)
        return real(key, *more, **named)

    monkeypatch.setattr(pace, "room", noted)

    assert list(asking._Look(5.0)._rooms(timezone.now())) == [free]
    assert len(weighed) == 3
    asking._Look(5.0)._rooms(timezone.now())

    assert weighed[3:] == [key_of(free)]


def test_a_look_weighs_some_accounts_and_the_next_goes_on(monkeypatch: Any) -> None:
    limited(monkeypatch, dhl=Limits(per_second=1, per_day=0))
    monkeypatch.setattr(asking, "MOST_WEIGHED", 3)
    monkeypatch.setattr(asking, "PER_CARRIER", 10)
    for _ in range(5):
        account_with("dhl", since=DAY)
    free = account_with("ups")

    assert list(asking._Look(5.0)._rooms(timezone.now())) == []
    assert list(asking._Look(5.0)._rooms(timezone.now())) == [free]


# --- What an operator sees ---


def test_the_lag_is_of_those_that_may_ask(monkeypatch: Any) -> None:
    limited(monkeypatch, dhl=Limits(per_second=1, per_day=0))
    account_with("dhl", since=DAY)
    paused = account_with("ups", since=DAY)
    pace.pause(key_of(paused), 60)
    assert turns.lag_s(timezone.now()) == 0

    free = account_with("seur", SOME, since=HOUR)
    assert 3600 <= turns.lag_s(timezone.now()) < 3700
    turns.note([free])
    assert turns.lag_s(timezone.now()) < 100


# --- Within an account ---


def test_a_parcel_somebody_looks_at_goes_before_the_backlog_once() -> None:
    big = account_with("dhl", SOME, since=20 * HOUR)
    shop_id = shop_of(big)
    with shop_context(shop_id):
        last = polls_of(big).last()
        assert last is not None
        for _ in range(5):
            polling.pull_forward(shop_id=shop_id, shipment_id=last.shipment_id, now=timezone.now())
        last.refresh_from_db()
        number = Shipment.objects.get(pk=last.shipment_id).number
    assert (last.urgency, last.pulls) == (Urgency.LOOKED_AT, 1)

    now = timezone.now()
    claim = claiming.claim(rooms={big: 3}, now=now)
    (group,) = groups.groups_of(claim, now)
    assert group.due[0].query.number == number
    polling.finish([groups.Asked(group, group.due[0], Answer(number, Outcome.NOT_FOUND))], now)

    with shop_context(shop_id):
        last.refresh_from_db()
        assert last.urgency == Urgency.USUAL
        assert last.next_at and last.next_at > now + HOUR
        assert not polling.pull_forward(shop_id=shop_id, shipment_id=last.shipment_id, now=now)


def test_a_parcel_not_due_yet_goes_before_the_backlog_as_well() -> None:
    big = account_with("dhl", SOME, since=20 * HOUR)
    shop_id = shop_of(big)
    with shop_context(shop_id):
        last = polls_of(big).last()
        assert last is not None
        Poll.objects.filter(pk=last.pk).update(next_at=timezone.now() + 3 * HOUR)
        assert polling.pull_forward(shop_id=shop_id, shipment_id=last.shipment_id, now=timezone.now())

    assert claimed({big: 1}) == [last.shipment_id]


def test_a_days_few_calls_go_to_what_is_on_its_way_to_the_door() -> None:
    big = account_with("dhl", SOME, since=20 * HOUR)
    with shop_context(shop_of(big)):
        polls = list(polls_of(big).values_list("pk", "shipment_id"))
        soon, last = polls[100:105], polls[:50]
        Poll.objects.filter(pk__in=[pk for pk, _shipment in soon]).update(
            urgency=Urgency.SOON, next_at=timezone.now() - 3 * MINUTE
        )
        Poll.objects.filter(pk__in=[pk for pk, _shipment in last]).update(urgency=Urgency.LAST)

    assert set(claimed({big: 5})) == {shipment for _pk, shipment in soon}
    assert not set(claimed({big: 200})) & {shipment for _pk, shipment in last}


def test_what_nobody_waits_for_has_its_turn_in_the_end() -> None:
    big = account_with("dhl", SOME, since=MINUTE)
    with shop_context(shop_of(big)):
        old = polls_of(big).last()
        assert old is not None
        Poll.objects.filter(pk=old.pk).update(urgency=Urgency.LAST, next_at=timezone.now() - DAY)

    assert claimed({big: 1}) == [old.shipment_id]
