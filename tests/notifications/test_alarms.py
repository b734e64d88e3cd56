"""What the clock has to tell is told: in its time, once, for whoever still waits; and it costs what is due, no more."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from carriers.types import Answer, Eta, PickupPoint, SubStatus
from notifications.models import Alarm, Message
from notifications.rules import Rule
from notifications.services import alarms
from notifications.services.alarms import A_SHOP, MOST_CLAIMS, ring_due
from notifications.services.delivery import deliver_due
from notifications.services.planning import plan_due
from notifications.services.rules import keep_rule, set_rule
from tenants.isolation import shop_context
from tenants.services import SYSTEM
from tests import make
from tracking.models import Order, Review, Rhythm, Shipment, Transition
from tracking.services.events import record_events
from tracking.services.orders import refold_orders

pytestmark = pytest.mark.usefixtures("committed_db")

MADRID = ZoneInfo("Europe/Madrid")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOON = datetime(2026, 11, 23, 12, tzinfo=MADRID)  # a Monday
S = SubStatus


@pytest.fixture(autouse=True)
def _at_once(settings):
    settings.NOTIFY_SETTLE_S = 0


def clock(shop, *codes, channel="email", now=NOON - 30 * DAY, **off):
    """The house's rules about these, and no others."""
    with shop_context(shop.pk):
        for state in ("shipped", "ready_for_pickup", "delivered", "preparing"):
            for of in ("email", "push"):
                set_rule(shop=shop, state=state, channel=of, enabled=False, by=SYSTEM, now=now)
        for code in codes:
            set_rule(shop=shop, state=code, channel=channel, enabled=True, by=SYSTEM, now=now)


def rule(shop, key, occasion, now=NOON - 30 * DAY, **fields):
    with shop_context(shop.pk):
        keep_rule(shop=shop, rule=Rule(key, occasion, "email", **fields), by=SYSTEM, now=now)


def parcel(shop, **fields):
    with shop_context(shop.pk):
        return make.shipment(make.order(shop, quiet_before=NOON - 30 * DAY, **fields))


def hears(shop, shipment, *subs, at=NOON, eta=None, pickup=None):
    answer = Answer("1", eta=Eta(eta, eta) if eta else None, pickup=pickup)
    with shop_context(shop.pk):
        events = [make.event(sub, at - timedelta(minutes=len(subs) - n)) for n, sub in enumerate(subs)]
        record_events(shop_id=shop.pk, shipment_id=shipment.pk, events=events, now=at, answer=answer)


def look(at):
    """As workers do, at this moment."""
    while plan_due(at) + ring_due(at):
        pass


def passes(start, until, step=HOUR):
    while start <= until:
        look(start)
        start += step


def told(shop):
    """Each with when it was made, on the clock of Madrid."""
    with shop_context(shop.pk):
        rows = Message.objects.order_by("created_at", "state", "channel")
        return [
            (m.state, m.created_at.astimezone(MADRID).strftime("%a %H"), m.held_because or m.status)
            for m in rows
        ]


def alarm_of(shop):
    with shop_context(shop.pk):
        return Alarm.objects.get()


# --- Days ---


def test_an_order_is_told_of_from_the_day_that_is_known_to_the_day_that_is_missed():
    shop = make.shop()
    clock(shop, "eta_set", "eta_moved", "arrives_tomorrow", "arrives_today", "eta_missed")
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 26))
    passes(NOON, NOON + 5 * DAY)
    assert told(shop) == [
        ("eta_set", "Mon 12", "queued"),
        ("arrives_tomorrow", "Wed 09", "queued"),
        ("arrives_today", "Thu 09", "queued"),
        ("eta_missed", "Fri 09", "queued"),
    ]
    assert alarm_of(shop).next_at is None


def test_a_day_that_moves_to_tomorrow_is_told_once_as_what_it_means():
    shop = make.shop()
    clock(shop, "eta_moved", "arrives_tomorrow", "arrives_today")
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 26))
    look(NOON)
    hears(shop, shipment, eta=date(2026, 11, 24), at=NOON + 2 * HOUR)
    passes(NOON + 2 * HOUR, NOON + 2 * DAY)
    assert told(shop) == [("arrives_tomorrow", "Mon 14", "queued"), ("arrives_today", "Tue 09", "queued")]


def test_slips_of_a_day_are_told_when_they_sum_up_and_measured_anew_from_there():
    shop = make.shop()
    clock(shop)
    rule(shop, "far", "eta_moved", settings={"days": 3})
    shipment = parcel(shop)
    for n in range(8):
        hears(shop, shipment, *[S.PICKED_UP][n:], eta=date(2026, 12, 1) + n * DAY, at=NOON + n * HOUR)
        look(NOON + n * HOUR)
    assert told(shop) == [("eta_moved", "Mon 15", "queued"), ("eta_moved", "Mon 18", "queued")]


def test_a_day_that_comes_back_before_anybody_was_told_has_not_moved():
    shop = make.shop()
    clock(shop, "eta_moved")
    shipment = parcel(shop)
    for day in (1, 4, 1):
        hears(shop, shipment, eta=date(2026, 12, day))
    look(NOON)
    assert told(shop) == []


def test_who_was_told_of_a_move_is_told_that_it_is_as_before():
    shop = make.shop()
    clock(shop, "eta_set", "eta_moved")
    shipment = parcel(shop)
    for n, day in enumerate((1, 4, 1, 4, 1)):
        hears(shop, shipment, eta=date(2026, 12, day), at=NOON + n * HOUR)
        look(NOON + n * HOUR)
    assert [said[0] for said in told(shop)] == ["eta_set", "eta_moved", "eta_moved"]


def test_a_day_taken_back_is_neither_told_of_nor_missed():
    shop = make.shop()
    clock(shop, "arrives_tomorrow", "arrives_today", "eta_missed")
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 26))
    look(NOON)
    with shop_context(shop.pk):
        Shipment.objects.update(eta_first=None, eta_last=None)
    refold_orders(shop_id=shop.pk, order_ids=[shipment.order_id], now=NOON, cause="time")
    passes(NOON, NOON + 2 * DAY)
    assert told(shop) == []


def test_a_day_that_has_passed_is_missed_also_once_the_order_has_forgotten_it():
    shop = make.shop()
    clock(shop, "eta_missed")
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 24))
    look(NOON)
    midnight = datetime(2026, 11, 25, 0, 5, tzinfo=MADRID)
    refold_orders(shop_id=shop.pk, order_ids=[shipment.order_id], now=midnight, cause="time")
    with shop_context(shop.pk):
        assert Order.objects.get().eta_last is None
    passes(midnight, midnight + DAY)
    assert told(shop) == [("eta_missed", "Wed 09", "queued")]


# --- What waits ---


@pytest.fixture
def counter():
    """A shop that reminds after two and four days and on the eve, and a parcel that came to a shop round the corner."""
    shop = make.shop()
    clock(shop, "delivered")
    rule(shop, "two", "pickup_waiting", settings={"after_days": 2})
    rule(shop, "four", "pickup_waiting", settings={"after_days": 4})
    rule(shop, "eve", "pickup_waiting", settings={"days_left": 1})
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, S.PICKUP_POINT, pickup=PickupPoint("Kiosko", until=date(2026, 11, 30)))
    return shop, shipment


def test_reminders_escalate_until_the_deadline(counter):
    shop, _shipment = counter
    passes(NOON, NOON + 12 * DAY, 2 * HOUR + timedelta(minutes=7))
    with shop_context(shop.pk):
        said = [
            (m.rule_key, m.created_at.astimezone(MADRID).strftime("%d"))
            for m in Message.objects.order_by("created_at")
        ]
    assert said == [("two", "25"), ("four", "27"), ("eve", "29")]
    assert alarm_of(shop).next_at is None


def test_who_has_collected_is_reminded_no_more(counter):
    shop, shipment = counter
    passes(NOON, NOON + 3 * DAY)
    hears(shop, shipment, S.DELIVERED_COLLECTED, at=NOON + 3 * DAY)
    passes(NOON + 3 * DAY, NOON + 10 * DAY)
    assert told(shop) == [("pickup_waiting", "Wed 09", "queued"), ("delivered", "Thu 12", "queued")]
    assert alarm_of(shop).next_at is None


def test_a_deadline_that_becomes_known_later_is_kept_to():
    shop = make.shop()
    clock(shop)
    rule(shop, "eve", "pickup_waiting", settings={"days_left": 1})
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKUP_POINT)
    look(NOON)
    with shop_context(shop.pk):
        Shipment.objects.update(pickup={"name": "Kiosko", "until": "2026-11-28"})
    passes(NOON, NOON + 6 * DAY)
    assert told(shop) == [("pickup_waiting", "Fri 09", "queued")]


def test_silence_is_measured_by_what_is_usual_of_the_carrier_and_ends_with_a_scan():
    shop = make.shop()
    clock(shop, "silent")
    with shop_context(shop.pk):
        Rhythm.objects.create(
            shop=shop, carrier="dhl", status="in_transit", country="ES", usual_h=30, gaps=99, measured_at=NOON
        )
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP)
    passes(NOON, NOON + DAY)
    hears(
        shop, shipment, S.ARRIVED_FACILITY, at=NOON + DAY
    )  # Tuesday noon; 60 hours from there, to Friday at midnight
    passes(NOON + DAY, NOON + 8 * DAY)
    assert [said[:2] for said in told(shop)] == [("silent", "Fri 00")]
    with shop_context(shop.pk):
        assert Message.objects.get().next_at == datetime(2026, 11, 27, 9, tzinfo=MADRID)


@pytest.mark.parametrize(
    ("invites", "attempt", "rated", "asked"),
    [("all", True, False, 1), ("smooth", False, False, 1), ("smooth", True, False, 0), ("none", False, False, 0),
     ("all", False, True, 0)],
    ids=["whoever", "went well", "an attempt failed", "nobody", "has said already"],
)  # fmt: skip
def test_who_is_asked_how_it_was_is_the_shops_to_say(invites, attempt, rated, asked):
    shop = make.shop(review_invites=invites)
    clock(shop, "review_time")
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, *[S.FAILED_NOT_HOME] * attempt, S.DELIVERED)
    if rated:
        with shop_context(shop.pk):
            Review.objects.create(
                shop=shop, order_id=shipment.order_id, shop_stars=5, language="es", written_at=NOON
            )
    passes(NOON, NOON + 5 * DAY, 6 * HOUR)
    assert len(told(shop)) == asked


# --- Once, whatever happens ---


def test_after_a_day_without_workers_what_is_stale_is_not_told_and_the_rest_once():
    shop = make.shop()
    clock(shop, "arrives_tomorrow", "arrives_today", "eta_missed")
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 25))
    look(NOON)
    look(datetime(2026, 11, 26, 11, tzinfo=MADRID))
    look(datetime(2026, 11, 26, 11, tzinfo=MADRID))
    assert told(shop) == [("eta_missed", "Thu 11", "queued")]


def test_an_hour_late_is_told_all_the_same_and_once():
    shop = make.shop()
    clock(shop, "arrives_today")
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 25))
    look(NOON)
    for minute in (0, 0, 20):
        look(datetime(2026, 11, 25, 10, minute, tzinfo=MADRID))
    assert told(shop) == [("arrives_today", "Wed 10", "queued")]


def test_two_workers_at_once_tell_it_once():
    shop = make.shop()
    clock(shop, "arrives_today")
    for _ in range(30):
        hears(shop, parcel(shop), S.PICKED_UP, eta=date(2026, 11, 25))
    look(NOON)
    nine = datetime(2026, 11, 25, 9, tzinfo=MADRID)

    def work():
        try:
            ring_due(nine)
            ring_due(nine + 2 * alarms.LEASE)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert [said[0] for said in told(shop)] == ["arrives_today"] * 30


def test_a_worker_that_dies_leaves_the_rest_to_another_when_its_lease_is_over(monkeypatch):
    shop = make.shop()
    clock(shop, "arrives_today")
    hears(shop, parcel(shop), S.PICKED_UP, eta=date(2026, 11, 25))
    look(NOON)
    nine = datetime(2026, 11, 25, 9, tzinfo=MADRID)
    with monkeypatch.context() as killed:
        killed.setattr(alarms, "_try", lambda *_: None)
        assert ring_due(nine) == 1
    assert ring_due(nine + alarms.LEASE / 2) == 0
    assert ring_due(nine + alarms.LEASE) == 1
    assert [said[0] for said in told(shop)] == ["arrives_today"]
    assert alarm_of(shop).claims == 0


def test_an_order_that_cannot_be_looked_at_holds_up_no_other_and_is_given_up():
    shop = make.shop()
    clock(shop, "arrives_today")
    poisoned, sound = parcel(shop), parcel(shop)
    for one in (poisoned, sound):
        hears(shop, one, S.PICKED_UP, eta=date(2026, 11, 25))
    look(NOON)
    with shop_context(shop.pk):  # a day that cannot be read
        unreadable = {"status": "available_for_pickup", "status_since": NOON, "pickup": {"until": "soon"}}
        Shipment.objects.filter(pk=poisoned.pk).update(**unreadable)
    at = datetime(2026, 11, 25, 9, tzinfo=MADRID)
    for _ in range(MOST_CLAIMS + 2):
        ring_due(at)
        at += alarms.LEASE
    assert [said[0] for said in told(shop)] == ["arrives_today"]
    with shop_context(shop.pk):
        assert Alarm.objects.get(order=poisoned.order_id).next_at is None


def test_a_shop_with_many_due_does_not_keep_another_waiting():
    busy, calm = make.shop(), make.shop()
    for shop in (busy, calm):
        clock(shop, "arrives_today")
    with shop_context(busy.pk):
        for _ in range(A_SHOP + 5):
            order = make.order(busy, lines=0)
            Alarm.objects.create(shop=busy, order=order, next_at=NOON - HOUR, looked_at=NOON - DAY)
    with shop_context(calm.pk):
        Alarm.objects.create(shop=calm, order=make.order(calm), next_at=NOON, looked_at=NOON - DAY)
    assert ring_due(NOON) == A_SHOP + 1
    with shop_context(calm.pk):
        assert Alarm.objects.get().next_at is None


# --- As workers do: planned, rung, and handed over ---


def runs(start, until, step=HOUR):
    """Every task of the schedule that has to do with messages, hour by hour."""
    while start <= until:
        look(start)
        while deliver_due(start):
            pass
        start += step


def subjects(mailbox):
    return [str(mail["Subject"]) for mail in mailbox.mails]


def english(**fields):
    return make.shop(name="Casa Olmo", language="en", languages=["en"], **fields)


def test_mails_of_a_day_that_is_known_then_near_then_missed(mailbox):
    shop = english()
    clock(shop, "eta_set", "arrives_tomorrow", "arrives_today", "eta_missed")
    shipment = parcel(shop, number="1042")
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 26))
    heard = []
    for n in range(5):
        runs(NOON + n * DAY, NOON + n * DAY + 23 * HOUR)
        heard.append(len(mailbox.mails))
    assert heard == [1, 2, 3, 4, 4]
    said = subjects(mailbox)
    assert len(set(said)) == 4 and all("1042" in one for one in said)
    assert "tomorrow" in said[1] and "Today" in said[2]
    assert [line[2] for line in told(shop)] == ["sent"] * 4


def test_mails_of_a_parcel_that_waits_stop_once_it_is_collected(mailbox):
    shop = english()
    clock(shop, "ready_for_pickup")
    for key, settings in (("two", {"after_days": 2}), ("four", {"after_days": 4}), ("eve", {"days_left": 1})):
        rule(shop, key, "pickup_waiting", settings=settings)
    left, collected = parcel(shop, number="LEFT"), parcel(shop, number="COLLECTED")
    for one in (left, collected):
        there = PickupPoint("Kiosko", "Calle Mayor 1", until=date(2026, 11, 30))
        hears(shop, one, S.PICKED_UP, S.PICKUP_POINT, pickup=there)
    runs(NOON, NOON + 3 * DAY)
    hears(shop, collected, S.DELIVERED_COLLECTED, at=NOON + 3 * DAY)
    runs(NOON + 3 * DAY, NOON + 12 * DAY)
    said = subjects(mailbox)
    assert [sum(number in one for one in said) for number in ("LEFT", "COLLECTED")] == [4, 2]


def test_a_reminder_that_waits_for_its_hour_does_not_go_out_once_it_is_collected(mailbox):
    shop = english()
    clock(shop)
    rule(shop, "night", "pickup_waiting", settings={"after_days": 1}, delay_minutes=5 * 60)
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKUP_POINT)
    runs(NOON, NOON + 22 * HOUR)
    assert [line[2] for line in told(shop)] == ["queued"]
    hears(shop, shipment, S.DELIVERED_COLLECTED, at=NOON + 23 * HOUR)
    runs(NOON + 23 * HOUR, NOON + 2 * DAY)
    assert [line[2] for line in told(shop)] == ["superseded"]
    assert mailbox.mails == []


# --- What it costs ---


def test_a_shop_without_such_rules_has_no_alarms():
    shop = make.shop()
    hears(shop, parcel(shop), S.PICKED_UP, eta=date(2026, 11, 25))
    look(NOON)
    with shop_context(shop.pk):
        assert not Alarm.objects.exists()


def test_switching_one_on_has_the_orders_under_way_looked_at_and_off_lets_them_run_dry():
    shop = make.shop()
    shipment = parcel(shop)
    hears(shop, shipment, S.PICKED_UP, eta=date(2026, 11, 25))
    hears(shop, parcel(shop), S.PICKED_UP, S.RETURNED)
    look(NOON)
    clock(shop, "arrives_today", "arrives_tomorrow", now=NOON)
    assert alarm_of(shop).order_id == shipment.order_id
    passes(NOON, NOON + 20 * HOUR)
    assert told(shop)[1:] == []  # "shipped", from before
    assert alarm_of(shop).next_at == datetime(2026, 11, 24, 9, tzinfo=MADRID)
    with shop_context(shop.pk):
        for code in ("arrives_today", "arrives_tomorrow"):
            set_rule(shop=shop, state=code, channel="email", enabled=False, by=SYSTEM, now=NOON + 20 * HOUR)
    passes(NOON + 20 * HOUR, NOON + 3 * DAY)
    assert told(shop)[1:] == []
    assert alarm_of(shop).next_at is None


def test_what_came_due_before_a_rule_was_switched_on_is_not_told_by_it():
    shop = make.shop()
    clock(shop)
    hears(shop, parcel(shop), S.PICKED_UP, eta=date(2026, 11, 23), at=NOON - DAY)
    look(NOON - DAY)
    clock(shop, "arrives_today", now=NOON)
    passes(NOON, NOON + DAY)
    assert told(shop) == []


def statements(work):
    with CaptureQueriesContext(connection) as asked:
        work()
    return len(asked)


def test_more_orders_cost_no_more_statements():
    shop = make.shop(review_invites="smooth")
    clock(shop, "arrives_today", "silent", "eta_missed", "review_time", "eta_set", "eta_moved")
    rule(shop, "two", "pickup_waiting", settings={"after_days": 2})

    def costs(count, at):
        for _ in range(count):
            hears(shop, parcel(shop), S.PICKED_UP, eta=at.date() + DAY, at=at)
        planned = statements(lambda: plan_due(at))
        with shop_context(shop.pk):
            Alarm.objects.filter(next_at__lt=at + 10 * DAY).exclude(looked_at=at).update(next_at=None)
        return planned, statements(lambda: ring_due((at + DAY).replace(hour=9, minute=0)))

    costs(1, NOON)
    assert costs(2, NOON + 2 * DAY) == costs(12, NOON + 4 * DAY)


def test_what_is_quiet_sets_no_alarm_by_itself():
    shop = make.shop()
    clock(shop, "arrives_today")
    with shop_context(shop.pk):
        Transition.objects.create(
            shop=shop, order=make.order(shop), kind="order", after="shipped", quiet="imported", announced_at=NOON,
            occurred_at=NOON, recorded_at=NOON,
        )  # fmt: skip
    look(NOON.astimezone(UTC))
    with shop_context(shop.pk):
        assert not Alarm.objects.exists()
