"""Changes of deliveries: asked once, sold once, sent once, and told as they are."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, connections, transaction

from carriers.models import Account
from carriers.simulator.numbers import number_for
from carriers.simulator.testing import running
from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.models import AuditEntry
from tenants.services import Actor
from tests import make
from tests.tracking import changes as rows
from tests.tracking import pages
from tests.tracking.changes import FRIDAY, NOW, ask
from tracking.changing import Verdict, Window
from tracking.models import DeliveryRequest, DeliverySlot, Notice, Order, Shipment
from tracking.services import sending_changes, settling
from tracking.services.changes import NotNow, add_note
from tracking.services.incoming import Refused

AGENT = Actor("user:1", "agent")
TEN = Window(datetime(2026, 11, 24, 9, tzinfo=UTC), datetime(2026, 11, 24, 11, tzinfo=UTC))


@pytest.fixture
def shop(db):
    return pages.shop()


def notices(shop):
    with shop_context(shop.pk):
        return list(Notice.objects.for_shop(shop).order_by("id").values_list("kind", "recipient"))


def standing(shop, **fields):
    with shop_context(shop.pk):
        return DeliveryRequest.objects.for_shop(shop).get(**fields)


# --- Asking ---


def test_a_second_tap_finds_the_first(shop):
    with shop_context(shop.pk):
        rows.option(shop)
        order, parcel = rows.order(shop)
    first = ask(order, parcel)
    again = ask(order, parcel, now=NOW + timedelta(seconds=1))
    assert again.pk == first.pk
    assert (first.status, first.way, first.cutoff_at) == (
        "approved",
        "task",
        datetime(2026, 11, 23, 19, tzinfo=UTC),
    )
    with shop_context(shop.pk):
        assert Order.objects.for_shop(shop).get(pk=order.pk).version == order.version + 1
    assert notices(shop) == [("change_asked", "hola@olmo.example")]


def test_too_late_is_too_late_and_another_shops_parcel_is_none(shop):
    with shop_context(shop.pk):
        rows.option(shop)
        order, parcel = rows.order(shop)
        Shipment.objects.filter(pk=parcel.pk).update(status="out_for_delivery")
    with pytest.raises(NotNow) as raised:
        ask(order, parcel)
    assert raised.value.verdict is Verdict.TOO_LATE
    other = pages.shop()
    with shop_context(other.pk):
        _order, theirs = rows.order(other)
    with pytest.raises(NotNow):
        ask(order, theirs)
    with shop_context(shop.pk):
        assert not DeliveryRequest.objects.for_shop(shop).exists()


def test_of_the_last_place_of_a_time_fifty_get_one(committed_db):
    shop = pages.shop()
    with shop_context(shop.pk):
        option = rows.option(shop, "slot")
        wanted = [rows.order(shop, number=str(2000 + n)) for n in range(50)]
    start, won, full = threading.Barrier(10), [], []

    def take(mine):
        start.wait()
        try:
            for order, parcel in mine:
                try:
                    won.append(ask(order, parcel, "slot", window=TEN, starts_at=TEN.starts_at.isoformat(),
                                   ends_at=TEN.ends_at.isoformat()).pk)  # fmt: skip
                except NotNow as refused:
                    full.append(refused.full)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=(wanted[n::10],)) for n in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert (len(won), full) == (1, [True] * 49)
    with shop_context(shop.pk):
        slot = DeliverySlot.objects.for_shop(shop).get(option=option)
        assert (slot.taken, slot.capacity) == (1, 1)
        assert DeliveryRequest.objects.for_shop(shop).count() == 1


def test_fifty_taps_of_one_shopper_are_one_request(committed_db):
    shop = pages.shop()
    with shop_context(shop.pk):
        rows.option(shop)
        order, parcel = rows.order(shop)
    found, start = set(), threading.Barrier(10)

    def tap():
        start.wait()
        try:
            found.update(ask(order, parcel).pk for _n in range(5))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=tap) for _n in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 1


def test_the_database_itself_sells_no_place_twice(shop):
    with shop_context(shop.pk):
        option = rows.option(shop, "slot")
        slot = DeliverySlot.objects.create(
            shop=shop, option=option, starts_at=TEN.starts_at, ends_at=TEN.ends_at, capacity=1, taken=1
        )
        with (
            pytest.raises(IntegrityError, match="slot_not_oversold"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE tracking_deliveryslot SET taken = 2 WHERE id = %s", [slot.pk])


def test_a_place_given_back_can_be_had_again(shop):
    with shop_context(shop.pk):
        rows.option(shop, "slot")
        (first, its), (second, others) = rows.order(shop), rows.order(shop, number="2")
    said = {"starts_at": TEN.starts_at.isoformat(), "ends_at": TEN.ends_at.isoformat()}
    held = ask(first, its, "slot", window=TEN, **said)
    with pytest.raises(NotNow):
        ask(second, others, "slot", window=TEN, **said)
    with shop_context(shop.pk):
        assert settling.withdraw(shop=shop, order=first, request_id=held.pk, now=NOW)
        assert settling.withdraw(shop=shop, order=first, request_id=held.pk, now=NOW)  # twice is once
    ask(second, others, "slot", window=TEN, **said)
    with shop_context(shop.pk):
        assert DeliverySlot.objects.for_shop(shop).get().taken == 1


def test_what_was_accepted_gives_way_to_a_new_wish(shop):
    with shop_context(shop.pk):
        rows.option(shop)
        order, parcel = rows.order(shop)
    first = ask(order, parcel)
    with shop_context(shop.pk):
        settling.settle(shop=shop, request_id=first.pk, status="accepted", by=AGENT, now=NOW)
    second = ask(order, parcel, day=(FRIDAY + timedelta(days=1)).isoformat())
    assert standing(shop, pk=first.pk).status == "withdrawn"
    assert standing(shop, pk=second.pk).status == "approved"


# --- The shop ---


def test_what_needs_a_yes_waits_for_it_and_each_step_is_taken_once(shop):
    with shop_context(shop.pk):
        rows.option(shop, "address", needs_approval=True, price="3.50")
        order, parcel = rows.order(shop)
    said = {"line": "Calle Mayor 5", "postal_code": "28013", "city": "Madrid", "country": "ES"}
    made = ask(order, parcel, "address", **said)
    assert (made.status, made.price) == ("asked", Decimal("3.50"))
    with shop_context(shop.pk):
        assert settling.take(shop=shop, request_id=made.pk, by=AGENT, now=NOW) is False
        assert settling.approve(shop=shop, request_id=made.pk, by=AGENT, now=NOW)
        assert settling.approve(shop=shop, request_id=made.pk, by=AGENT, now=NOW) is False
        assert settling.take(shop=shop, request_id=made.pk, by=AGENT, now=NOW)
        assert settling.settle(
            shop=shop, request_id=made.pk, status="refused", answer="Not on their round", by=AGENT, now=NOW
        )
        assert settling.settle(shop=shop, request_id=made.pk, status="accepted", by=AGENT, now=NOW) is False
        about = Notice.objects.for_shop(shop).get(kind="change_refused").about
        actions = list(AuditEntry.objects.for_shop(shop).values_list("action", flat=True))
    assert about["answer"] == "Not on their round"
    assert "Calle Mayor 5" in about["what"]
    assert [kind for kind, _to in notices(shop)] == ["change_asked", "change_sent", "change_refused"]
    assert actions == ["change.approved", "change.taken", "change.settled"]


def test_an_agents_note_goes_the_way_the_shop_set_up_or_becomes_a_task(shop):
    with shop_context(shop.pk):
        order, parcel = rows.order(shop, carrier="mrw")
        note = add_note(shop=shop, order=order, shipment_id=parcel.pk, text="Ring twice", by=AGENT, now=NOW)
        again = add_note(shop=shop, order=order, shipment_id=parcel.pk, text="Ring twice", by=AGENT, now=NOW)
        assert (note.pk, note.way, note.asked_by) == (again.pk, "task", "agent:1")
        with pytest.raises(Refused):
            add_note(shop=shop, order=order, shipment_id=parcel.pk, text="Another", by=AGENT, now=NOW)
        order, parcel = rows.order(shop, number="2", carrier="seur")
        by_carrier = add_note(shop=shop, order=order, shipment_id=parcel.pk, text="x", by=AGENT, now=NOW)
        assert by_carrier.way == "carrier"
    assert notices(shop) == []  # it was the shop itself that asked


# --- Sending ---


@pytest.fixture
def carrier(committed_db, settings):
    with running(speed=1) as simulator:
        settings.CARRIER_SIMULATOR_URL = simulator.url
        yield simulator


def with_seur(simulator, *, reached=SubStatus.IN_SORTING, **fields):
    shop = pages.shop()
    number = number_for("seur", f"s-{reached}")
    simulator.add("seur", number, "straight", reached=reached, destination="Madrid", replace=True)
    with shop_context(shop.pk):
        make.account(shop, "seur", client_id="a", client_secret="b", username="c", password="d")
        rows.option(shop, way="carrier", carriers=["seur"], **fields)
        order, parcel = rows.order(shop)
        Shipment.objects.filter(pk=parcel.pk).update(number=number, number_key=number)
        parcel.refresh_from_db()
    return shop, order, parcel


def test_a_carrier_that_says_yes_is_told_of(carrier):
    shop, order, parcel = with_seur(carrier)
    made = ask(order, parcel)
    assert sending_changes.send_due(now=NOW) == 1
    now = standing(shop, pk=made.pk)
    assert (now.status, now.reference, now.lease) == ("accepted", parcel.number, None)
    assert [kind for kind, _to in notices(shop)] == ["change_accepted"]
    assert carrier.changes(parcel.number)[0]["said"]["deliveryDate"] == FRIDAY.isoformat()
    assert sending_changes.send_due(now=NOW) == 0


def test_a_carrier_that_says_no_is_quoted_and_one_whose_van_has_left_is_too_late(carrier):
    shop, order, parcel = with_seur(carrier)
    made = ask(order, parcel, day="2026-11-29")  # a Sunday, which only the carrier minds
    sending_changes.send_due(now=NOW)
    now = standing(shop, pk=made.pk)
    assert (now.status, now.answer) == ("refused", "La fecha de entrega no es laborable")
    shop, order, parcel = with_seur(carrier, reached=SubStatus.ON_VEHICLE)
    made = ask(order, parcel)
    sending_changes.send_due(now=NOW)
    assert standing(shop, pk=made.pk).status == "too_late"
    assert [kind for kind, _to in notices(shop)] == ["change_too_late"]


def test_a_carrier_that_is_down_is_asked_again_and_at_last_a_person(carrier):
    shop, order, parcel = with_seur(carrier, cutoff_time=None, cutoff_days=0)
    made = ask(order, parcel)
    carrier.rude("seur", "500", seconds=600)
    at = NOW
    sending_changes.send_due(now=at)
    now = standing(shop, pk=made.pk)
    assert (now.status, now.attempts, now.way) == ("approved", 1, "carrier")
    assert now.next_at > at
    for _n in range(20):
        at += timedelta(hours=2)
        sending_changes.send_due(now=at)
    now = standing(shop, pk=made.pk)
    assert (now.status, now.way) == ("approved", "task")
    assert ("change_asked", "hola@olmo.example") in notices(shop)


def test_without_an_account_it_is_a_persons_to_do(carrier):
    shop, order, parcel = with_seur(carrier)
    with shop_context(shop.pk):
        Account.objects.for_shop(shop).delete()
    made = ask(order, parcel)
    sending_changes.send_due(now=NOW)
    assert (standing(shop, pk=made.pk).status, standing(shop, pk=made.pk).way) == ("approved", "task")


def test_what_was_not_sent_by_its_hour_or_stage_is_too_late(committed_db):
    shop = pages.shop()
    with shop_context(shop.pk):
        rows.option(shop, needs_approval=True)
        (one, parcel), (two, other) = rows.order(shop), rows.order(shop, number="2")
    first, second = ask(one, parcel), ask(two, other)
    with shop_context(shop.pk):
        Shipment.objects.filter(pk=other.pk).update(status="out_for_delivery")
    sending_changes.send_due(now=NOW + settling.RECHECK)
    assert standing(shop, pk=first.pk).status == "asked"
    assert standing(shop, pk=second.pk).status == "too_late"
    sending_changes.send_due(now=first.cutoff_at)
    assert standing(shop, pk=first.pk).status == "too_late"


def test_a_note_to_the_depot_counts_as_sent_when_the_mail_has_left(committed_db):
    shop = pages.shop()
    with shop_context(shop.pk):
        rows.option(shop, way="mail", depot_email="depot@carrier.example")
        order, parcel = rows.order(shop, address_line="Calle del Olmo 12")
    made = ask(order, parcel)
    sending_changes.send_due(now=NOW)
    sending_changes.send_due(now=NOW + settling.RECHECK)  # told once
    assert standing(shop, pk=made.pk).status == "approved"
    with shop_context(shop.pk):
        note = Notice.objects.for_shop(shop).get()
    assert (note.kind, note.recipient) == ("depot_note", "depot@carrier.example")
    assert note.about["reference"] == f"RC{made.pk:08d}"
    assert parcel.number in note.about["parcel"]
    with shop_context(shop.pk):
        settling.note_mailed(shop_id=shop.pk, key=note.key, has_left=True, now=NOW)
    assert standing(shop, pk=made.pk).status == "sent"
    assert [kind for kind, _to in notices(shop)] == ["depot_note", "change_sent"]


def test_a_mail_that_cannot_leave_becomes_a_task(committed_db):
    shop = pages.shop()
    with shop_context(shop.pk):
        rows.option(shop, way="mail", depot_email="depot@carrier.example")
        order, parcel = rows.order(shop)
    made = ask(order, parcel)
    with shop_context(shop.pk):
        settling.note_mailed(shop_id=shop.pk, key=f"change:depot:{made.pk}", has_left=False, now=NOW)
    assert (standing(shop, pk=made.pk).status, standing(shop, pk=made.pk).way) == ("approved", "task")


@pytest.mark.parametrize(("status", "unanswered"), [("sent", True), ("accepted", None)])
def test_once_the_parcel_has_arrived_nothing_is_waited_for(committed_db, status, unanswered):
    shop = pages.shop()
    with shop_context(shop.pk):
        rows.option(shop)
        order, parcel = rows.order(shop)
    made = ask(order, parcel)
    with shop_context(shop.pk):
        settling.take(shop=shop, request_id=made.pk, by=AGENT, now=NOW)
        if status == "accepted":
            settling.settle(shop=shop, request_id=made.pk, status="accepted", by=AGENT, now=NOW)
        Shipment.objects.filter(pk=parcel.pk).update(status="delivered")
    sending_changes.send_due(now=NOW + settling.FOLLOW_UP)
    now = standing(shop, pk=made.pk)
    assert (now.status, now.next_at, now.details.get("unanswered")) == ("done", None, unanswered)


def test_two_workers_share_the_queue(carrier):
    shop, order, parcel = with_seur(carrier)
    made = ask(order, parcel)
    counts = []

    def work():
        try:
            counts.append(sending_changes.send_due(now=NOW))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _n in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sum(counts) == 1
    assert len([c for c in carrier.calls(carrier="seur") if c["path"].endswith("/update")]) == 1
    assert standing(shop, pk=made.pk).status == "accepted"
