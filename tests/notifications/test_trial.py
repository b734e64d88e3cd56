"""A trial on the past gives what planning really made of it, says what it is reckoned from, and costs no more than a glance."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Min

from carriers.types import Answer, Eta, PickupPoint, SubStatus
from notifications.conditions import Condition
from notifications.models import Alarm, Follower, Message, MessageSetup, Preference, Rule, Suppression
from notifications.rules import Rule as Said
from notifications.rules import is_over
from notifications.services import trial
from notifications.services.alarms import ring_due
from notifications.services.channels import usable_channels
from notifications.services.knowing import address_hash
from notifications.services.planning import LATER, plan_due
from notifications.services.rules import keep_rule, set_rule
from notifications.services.ruling import bounds_of, rules_of, setup_of
from notifications.services.trial import read_pasts, sample_of, try_rules
from notifications.trial import replay
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tracking.models import Order, Transition
from tracking.services.events import record_events
from tracking.services.orders import assert_state

pytestmark = pytest.mark.usefixtures("committed_db")

MADRID = ZoneInfo("Europe/Madrid")
START = datetime(2026, 11, 2, 6, tzinfo=UTC)  # a Monday
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SETTLE = timedelta(seconds=20)
S = SubStatus
ENDS = ([S.DELIVERED], [S.FAILED_NOT_HOME, S.ON_VEHICLE, S.DELIVERED], [S.PICKUP_POINT, S.DELIVERED_COLLECTED],
        [S.FAILED_NOT_HOME, S.PICKUP_POINT], [S.EXCEPTION_DAMAGED], [])  # fmt: skip


@pytest.fixture(autouse=True)
def _phones(settings):
    settings.NOTIFY_SETTLE_S = int(SETTLE.total_seconds())
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_SENDER = "AC1", "+34600000000"


def with_rules(shop, rng):
    """The house's, some at random; and the shop's own of every sort."""
    own = [
        Said("own-fr", "shipped", "email", conditions=(Condition("country", "in", ("FR",)),), position=1),
        Said("own-later", "delivered", "email", delay_days=2, hours=(9, 21), position=2),
        Said("own-soon", "preparing", "email", delay_minutes=600, position=3, essential=False),
        Said("own-none", "any", "sms", sends=False, conditions=(Condition("tag", "in", ("quiet",)),), position=4),
        Said("own-step", "parcel:in_transit", "sms", position=5),
        Said("own-far", "eta_moved", "email", settings={"days": 2}, position=6),
        Said("own-again", "attempt_failed", "sms", settings={"attempt": 2}, position=7),
    ]  # fmt: skip
    with shop_context(shop.pk):
        for rule in rules_of(shop.pk):
            if rule.channel in ("email", "sms") and rng.random() < 0.5:
                state = rule.key.rpartition(":")[0]
                set_rule(
                    shop=shop, state=state, channel=rule.channel, enabled=True, by=SYSTEM, now=START - DAY
                )
        for rule in own:
            keep_rule(shop=shop, rule=rule, by=SYSTEM, now=START - DAY)
        MessageSetup.objects.create(shop=shop, most_a_day=3, holdout_percent=20, holdout_since=START - DAY)


def with_orders(shop, rng):
    """Their acts: when, what. Some shoppers have two orders, some chose, some are not to be written to."""
    acts = []
    with shop_context(shop.pk):
        for n in range(14):
            placed = START + timedelta(minutes=rng.randrange(4 * 24 * 60))
            order = make.order(
                shop, customer_email=f"s{n % 9}@example.com", customer_phone=rng.choice(["", "+34600123456"]),
                country=rng.choice(["ES", "FR", "PE"]), tags=rng.choice([[], ["quiet"]]), placed_at=placed,
                asserted_at=placed, state_since=placed, quiet_before=placed - DAY, created_at=placed,
            )  # fmt: skip
            if n % 4 == 0:
                Preference.objects.create(
                    shop=shop, order=order, channel="email", state="shipped", wanted=False, changed_at=placed
                )
            if n % 5 == 0:
                Follower.objects.create(
                    shop=shop, order=order, email="friend@example.com", language="en", asked_at=placed,
                    expires_at=placed, confirmed_at=placed,
                )  # fmt: skip
            at = placed + timedelta(minutes=rng.randrange(1, 600))
            acts.append((at, asserting(order, "preparing")))
            for shipment in [make.shipment(order, created_at=placed) for _ in range(rng.choice([1, 1, 2]))]:
                acts += scans(rng, shipment, at)
        Suppression.objects.create(
            shop=shop, channel="email", address_hash=address_hash("s3@example.com"), why="bounced"
        )
    return sorted(acts, key=lambda act: act[0])


def asserting(order, state):
    return lambda at: assert_state(shop=order.shop, order=order, state=state, by=SYSTEM, now=at)


def scans(rng, shipment, at):
    for sub in [S.PICKED_UP, S.IN_TRANSIT, S.ARRIVED_FACILITY, S.ON_VEHICLE, *rng.choice(ENDS)]:
        at += timedelta(
            minutes=rng.choice([0, 1, 5, 300, 1500, 3000]) + rng.randrange(3), seconds=rng.randrange(60)
        )
        eta = (at + timedelta(days=rng.randrange(1, 5))).date() if rng.random() < 0.6 else None
        pickup = PickupPoint("Estanco", until=(at + 3 * DAY).date()) if sub == S.PICKUP_POINT else None
        yield at, scanning(shipment, sub, eta, pickup)


def scanning(shipment, sub, eta, pickup):
    answer = Answer("1", eta=Eta(eta, eta) if eta else None, pickup=pickup)

    def act(at):
        events = [make.event(sub, at - MINUTE)]
        record_events(shop_id=shipment.shop_id, shipment_id=shipment.pk, events=events, now=at, answer=answer)

    return act


def live(shop, acts, until):
    """What workers do with it, each thing in its moment."""
    acts = list(acts)
    while (at := moment(shop, acts)) and at <= until:
        with shop_context(shop.pk):
            while acts and acts[0][0] <= at:
                acts.pop(0)[1](at)
        while plan_due(at) + ring_due(at):
            pass
        with shop_context(shop.pk):
            for message in Message.objects.filter(status="queued", next_at__lte=at).select_related("order"):
                over = is_over(message.state, message.why.endswith(LATER), message.order.state)
                said = {"status": "held", "held_because": "superseded"} if over else {"status": "sent"}
                Message.objects.filter(pk=message.pk).update(**said, next_at=None)


def moment(shop, acts):
    with shop_context(shop.pk):
        waiting = Transition.objects.filter(announced_at=None).aggregate(at=Min("recorded_at"))["at"]
        times = [
            acts[0][0] if acts else None,
            waiting and waiting + SETTLE,
            Alarm.objects.aggregate(at=Min("next_at"))["at"],
            Message.objects.filter(status="queued").aggregate(at=Min("next_at"))["at"],
        ]
    return min((at for at in times if at), default=None)


def really(shop):
    with shop_context(shop.pk):
        return {
            m.dedupe_key: (m.recipient, m.created_at, m.held_because, m.rule_key, m.template_key)
            for m in Message.objects.all()
        }


def tried(shop, since, until):
    with shop_context(shop.pk):
        setup, rules, usable = setup_of(shop.pk), rules_of(shop.pk), usable_channels(shop.pk)
        ids = list(Order.objects.values_list("pk", flat=True))
    pasts, _orders, _looked_at = read_pasts(shop, ids, rules, usable, setup, since, until)
    told = replay(pasts, rules, bounds_of(setup), since=since, until=until, settle=SETTLE)
    return {
        trial.key_of(t): (t.planned.recipient, t.at, t.held, t.planned.rule, t.planned.template) for t in told
    }


@pytest.mark.parametrize("seed", range(3))
def test_a_trial_gives_exactly_the_messages_that_planning_made(seed):
    rng = random.Random(seed)
    shop = make.shop(time_zone="Europe/Madrid")
    with_rules(shop, rng)
    end = START + 14 * DAY
    live(shop, with_orders(shop, rng), end)
    happened, again = really(shop), tried(shop, START - DAY, end)
    assert {
        k: (happened.get(k), again.get(k))
        for k in happened.keys() | again.keys()
        if happened.get(k) != again.get(k)
    } == {}
    why = Counter(said[2] for said in happened.values())
    assert why[""] > 30 and {"unwanted", "suppressed", "superseded"} <= set(why), why


# --- What is said of it ---


def shipped(shop, at, n=1, **fields):
    """Orders that were shipped then, and taken over from another system later: nobody was told."""
    with shop_context(shop.pk):
        for _ in range(n):
            order = make.order(shop, lines=0, **fields)
            Transition.objects.create(
                shop=shop, order=order, kind="order", before="preparing", after="shipped", episode=1,
                occurred_at=at, recorded_at=make.NOW, announced_at=make.NOW, quiet="imported",
            )  # fmt: skip


def by_sms(**fields):
    return Said("own-sms", "shipped", "sms", enabled=False, **fields)


def test_a_rule_that_is_off_is_tried_as_if_it_were_on_and_told_apart_from_the_rest():
    shop = make.shop(time_zone="Europe/Madrid")
    for n in range(2):
        shipped(shop, make.NOW - 3 * DAY + n * HOUR, country="ES", customer_phone="+34600123456")
    shipped(shop, make.NOW - 3 * DAY, country="FR", customer_phone="+33600123456")
    shipped(shop, make.NOW - 31 * DAY, customer_phone="+34600123499")
    with shop_context(shop.pk):
        MessageSetup.objects.create(shop=shop, sms_prices={"ES": "0.08"}, sms_currency="EUR", most_a_day=1)
    made = try_rules(shop=shop, days=30, now=make.NOW, tried=by_sms())
    assert (made.sent, made.held, made.shoppers, made.is_estimate) == ({"sms": 2}, {"too_many": 1}, 2, False)
    assert (made.changes, made.held_changes) == ({"sms": 2}, 1)
    assert sum(counts.get("sms", 0) for _week, counts in made.weeks) == 2
    assert {one.told.held for one in made.examples} == {"", "too_many"}
    cost = made.cost
    assert (cost.messages, cost.unpriced, cost.currency) == (2, 1, "EUR")
    assert cost.amount == Decimal("0.08") * (cost.segments // 2) and cost.segments >= 2
    with shop_context(shop.pk):
        assert not Message.objects.exists() and not Rule.objects.exists() and not Alarm.objects.exists()


def test_the_whole_set_is_tried_as_it_is():
    shop = make.shop()
    shipped(shop, make.NOW - 3 * DAY)
    made = try_rules(shop=shop, days=30, now=make.NOW)
    assert (made.sent, made.changes, made.cost) == ({"email": 1}, {}, None)
    assert [one.told.planned.occasion for one in made.examples] == ["shipped"]


def test_a_rule_that_says_that_nothing_goes_out_takes_away():
    shop = make.shop()
    shipped(shop, make.NOW - 3 * DAY, country="FR")
    shipped(shop, make.NOW - 3 * DAY, country="ES")
    silent = Said("own-no", "any", "email", sends=False, conditions=(Condition("country", "in", ("FR",)),))
    made = try_rules(shop=shop, days=30, now=make.NOW, tried=silent)
    assert (made.sent, made.held, made.changes) == ({}, {"rule": 1}, {"email": -1})


@pytest.mark.parametrize("counted", [100, 20])
def test_of_many_orders_some_spread_evenly_stand_for_all_and_it_is_said(monkeypatch, counted):
    monkeypatch.setattr(trial, "MOST_ORDERS", 12)
    monkeypatch.setattr(trial, "MOST_COUNTED", counted)
    shop = make.shop()
    shipped(shop, make.NOW - 3 * DAY, 48)
    made = try_rules(shop=shop, days=30, now=make.NOW)
    assert made.is_estimate and made.looked_at == 12
    if counted == 100:
        assert (made.orders, made.sent["email"], made.shoppers) == (48, 48, 48)
    with shop_context(shop.pk):
        ids = sample_of(shop.pk, make.NOW - 30 * DAY).ids
        every = list(Order.objects.order_by("pk").values_list("pk", flat=True))
    places = [every.index(pk) for pk in ids]
    assert max(b - a for a, b in pairwise(places)) <= 5
    assert places[0] <= 4 and places[-1] >= 43


def test_what_was_read_when_patience_ends_stands_for_all(monkeypatch):
    monkeypatch.setattr(trial, "PATIENCE_S", 0.0)
    monkeypatch.setattr(trial, "A_BATCH", 3)
    shop = make.shop()
    shipped(shop, make.NOW - 3 * DAY, 9)
    made = try_rules(shop=shop, days=30, now=make.NOW)
    assert (made.looked_at, made.orders, made.sent, made.is_estimate) == (3, 9, {"email": 9}, True)
