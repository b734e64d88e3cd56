"""Recording what carriers said: events kept once, shipments and orders moved on, transitions written once."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carriers.models import UnknownCode
from carriers.types import Answer, Eta, Event, Outcome, PickupPoint, SubStatus
from tenants.isolation import shop_context
from tenants.models import Shop
from tests import make
from tracking import kept
from tracking.models import Order, OrderLine, Poll, Shipment, ShipmentLine, TrackingEvent, Transition
from tracking.services.events import Heard, record_batch, record_events
from tracking.signals import moved
from tracking.snapshot import Versions

S = SubStatus
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LABEL, PICKED, VAN, DONE = S.LABEL_CREATED, S.PICKED_UP, S.ON_VEHICLE, S.DELIVERED


@pytest.fixture
def shop(db) -> Iterator[Shop]:
    shop = make.shop()
    with shop_context(shop.pk):
        yield shop


def scans(
    *subs: SubStatus | None, first: datetime = make.NOW - 5 * HOUR, step: timedelta = HOUR
) -> tuple[Event, ...]:
    return tuple(make.event(sub, first + n * step) for n, sub in enumerate(subs))


def record(shipment: Shipment, *events: Event, now: datetime = make.NOW, **more) -> list[Transition]:
    return record_events(shop_id=shipment.shop_id, shipment_id=shipment.pk, events=events, now=now, **more)


def told(transitions: list[Transition]) -> list[tuple[str, str, str]]:
    return [(t.kind, t.after, t.quiet) for t in transitions]


def in_parcels(order: Order, *held: dict[int, int]) -> list[Shipment]:
    """A parcel for each of `held`: {position of the line: units}."""
    lines = list(OrderLine.objects.filter(order=order).order_by("position"))
    parcels = []
    for units in held:
        parcel = make.shipment(order, whole_order=False)
        for position, quantity in units.items():
            ShipmentLine.objects.create(
                shop_id=order.shop_id, shipment=parcel, line=lines[position], quantity=quantity
            )
        parcels.append(parcel)
    return parcels


# --- One parcel ---


def test_a_scan_moves_the_shipment_and_its_order(shop):
    shipment = make.shipment(make.order(shop))

    said = record(shipment, make.event(PICKED, make.NOW - HOUR))

    assert [(t.kind, t.before, t.after, t.episode, t.quiet, t.announced_at) for t in said] == [
        ("shipment", "pending", "in_transit", 1, "", None),
        ("order", "received", "shipped", 1, "", None),
    ]
    shipment.refresh_from_db()
    assert (shipment.status, shipment.sub_status, shipment.episode) == ("in_transit", PICKED, 1)
    assert shipment.status_since == shipment.moved_at == shipment.last_event_at == make.NOW - HOUR
    order = Order.objects.get()
    assert (order.state, order.state_since, order.episode, order.version) == (
        "shipped",
        make.NOW - HOUR,
        1,
        2,
    )
    assert order.last_event_at == make.NOW - HOUR
    assert {name: n for name, n in order.counts.items() if n and name != "units"} == {
        "total": 1, "moved": 1, "moving": 1,
    }  # fmt: skip


def test_a_label_alone_is_not_shipped(shop):
    shipment = make.shipment(make.order(shop))

    assert told(record(shipment, *scans(LABEL))) == [("shipment", "info_received", "")]
    assert Order.objects.get().state == "received"


def test_a_whole_history_tells_only_of_where_it_ends(shop):
    shipment = make.shipment(make.order(shop))

    said = record(shipment, *scans(LABEL, PICKED, VAN, DONE))

    assert told(said) == [
        ("shipment", "info_received", "late"),
        ("shipment", "in_transit", "late"),
        ("shipment", "out_for_delivery", "late"),
        ("shipment", "delivered", ""),
        ("order", "delivered", ""),
    ]
    assert [t.announced_at is None for t in said] == [False, False, False, True, True]


def test_the_same_events_again_move_nothing(shop):
    shipment = make.shipment(make.order(shop))
    events = scans(LABEL, PICKED, VAN)
    first = record(shipment, *events)
    before = Order.objects.values().get(), Shipment.objects.values().get()

    again = [
        record(shipment, *part, now=make.NOW + HOUR)
        for part in (events, events[:1], events[::-1], events * 2)
    ]

    assert len(first) == 4
    assert again == [[], [], [], []]
    assert (Order.objects.values().get(), Shipment.objects.values().get()) == before
    assert TrackingEvent.objects.count() == 3
    assert Transition.objects.count() == 4


def test_what_was_said_is_kept_verbatim_beside_its_reading(shop):
    shipment = make.shipment(make.order(shop))

    record(
        shipment,
        make.event(
            PICKED, make.NOW - HOUR, code="AR", text="Admitido en oficina", place="Zaragoza", country="ES", leg=2,
            scan_id="77", reason="x", said_at="21/11/2026 12:00", raw={"code": "AR", "n": 1},
        ),
    )  # fmt: skip

    kept = TrackingEvent.objects.get()
    assert (kept.code, kept.text, kept.place, kept.country) == ("AR", "Admitido en oficina", "Zaragoza", "ES")
    assert (kept.leg, kept.scan_id, kept.reason, kept.said_at) == (2, "77", "x", "21/11/2026 12:00")
    assert (kept.raw, kept.received_at, kept.source) == ({"code": "AR", "n": 1}, make.NOW, "carrier")


@pytest.mark.parametrize(
    "text", ["\x00", "\ud800", "a\x00b" * 10_000, "\u202ex", "línea\ndos", "💥" * 900, "{%s}"]
)
def test_a_carriers_garbage_costs_nobody_anything(shop, text):
    shipment, other = make.shipment(make.order(shop)), make.shipment(make.order(shop))
    event = make.event(
        PICKED, make.NOW - HOUR, code=text, text=text, place=text, country=text, scan_id=text, reason=text,
        said_at=text, leg=10**9, raw={text: [text, float("nan"), float("inf"), None, {"a": text}]},
    )  # fmt: skip
    answer = Answer(
        "1", pickup=PickupPoint(text, text, text, None, text), delivery_options_url=text, pieces=10**9
    )

    said = record_batch(
        shop_id=shop.pk,
        heard=[Heard(shipment.pk, (event,), answer), Heard(other.pk, scans(PICKED))],
        now=make.NOW,
    )

    assert [t.after for t in said if t.kind == "order"] == ["shipped", "shipped"]
    assert TrackingEvent.objects.count() == 2


def test_a_time_that_cannot_be_is_no_event(shop):
    shipment = make.shipment(make.order(shop))
    madrid = timedelta(hours=1)
    impossible = [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC) + madrid,
    ]

    assert record(shipment, *(make.event(PICKED, at) for at in impossible)) == []
    assert not TrackingEvent.objects.exists()


def test_a_shipment_that_is_gone_is_passed_over(shop):
    shipment = make.shipment(make.order(shop))
    gone = Heard(shipment.pk + 1000, scans(PICKED))

    said = record_batch(shop_id=shop.pk, heard=[gone, Heard(shipment.pk, scans(PICKED))], now=make.NOW)

    assert [t.shipment_id for t in said] == [shipment.pk, None]


def test_another_shops_shipment_is_passed_over(db):
    ours, theirs = make.shop(), make.shop()
    with shop_context(theirs.pk):
        shipment = make.shipment(make.order(theirs))
    assert record_batch(shop_id=ours.pk, heard=[Heard(shipment.pk, scans(PICKED))], now=make.NOW) == []
    with shop_context(theirs.pk):
        assert not TrackingEvent.objects.exists()


# --- Nobody is told of the past ---


def test_what_happened_before_the_order_came_in_is_told_to_nobody(shop):
    order = make.order(shop, quiet_before=make.NOW - HOUR)
    shipment = make.shipment(order, created_at=make.NOW - HOUR)

    said = record(shipment, *scans(PICKED, VAN, first=make.NOW - 3 * HOUR))
    later = record(shipment, make.event(DONE, make.NOW - timedelta(minutes=5)))

    assert told(said) == [
        ("shipment", "in_transit", "imported"),
        ("shipment", "out_for_delivery", "imported"),
        ("order", "out_for_delivery", "imported"),
    ]
    assert told(later) == [("shipment", "delivered", ""), ("order", "delivered", "")]


def test_a_parcel_already_delivered_when_first_seen_tells_nobody(shop):
    order = make.order(shop, quiet_before=make.NOW - 2 * HOUR)
    shipment = make.shipment(order, created_at=make.NOW - HOUR)

    said = record(
        shipment, make.event(PICKED, make.NOW - DAY), make.event(DONE, make.NOW - timedelta(minutes=1))
    )

    assert {t.quiet for t in said} == {"imported"}
    assert Order.objects.get().state == "delivered"


def test_a_parcel_made_known_late_tells_nobody_of_what_it_had_done(shop):
    shipment = make.shipment(make.order(shop), created_at=make.NOW)

    assert told(record(shipment, make.event(PICKED, make.NOW - DAY)))[-1] == ("order", "shipped", "imported")


def test_news_a_week_old_is_told_to_nobody(shop):
    long_ago = make.NOW - 30 * DAY
    shipment = make.shipment(make.order(shop, quiet_before=long_ago), created_at=long_ago)

    assert told(record(shipment, make.event(PICKED, make.NOW - 8 * DAY))) == [
        ("shipment", "in_transit", "old"),
        ("order", "shipped", "old"),
    ]


def test_a_late_scan_does_not_open_a_delivered_parcel(shop):
    shipment = make.shipment(make.order(shop))
    record(shipment, *scans(PICKED, VAN, DONE))

    assert record(shipment, make.event(S.ARRIVED_FACILITY, make.NOW - 4.5 * HOUR), now=make.NOW + HOUR) == []
    assert Order.objects.get().state == "delivered"
    assert TrackingEvent.objects.count() == 4


def test_a_false_delivery_opens_again_and_the_shopper_is_told_by_a_person(shop):
    shipment = make.shipment(make.order(shop))
    record(shipment, *scans(PICKED, DONE, first=make.NOW - 2 * DAY))

    said = record(shipment, *scans(S.ARRIVED_FACILITY, VAN, first=make.NOW - 9 * HOUR, step=8 * HOUR))

    assert told(said) == [
        ("shipment", "in_transit", "late"),
        ("shipment", "out_for_delivery", "unconfirmed"),
        ("order", "out_for_delivery", "unconfirmed"),
    ]
    order = Order.objects.get()
    assert (order.state, order.health) == ("out_for_delivery", "attention")


# --- Several parcels ---


def test_parcels_that_move_together_are_one_step_of_the_order(shop):
    order = make.order(shop)
    parcels = [make.shipment(order) for _n in range(3)]

    said = record_batch(shop_id=shop.pk, heard=[Heard(p.pk, scans(PICKED)) for p in parcels], now=make.NOW)

    assert [t.after for t in said if t.kind == "order"] == ["shipped"]
    assert len(said) == 4
    order.refresh_from_db()
    assert (order.version, order.counts["moved"], order.counts["total"]) == (2, 3, 3)


def test_an_order_goes_as_its_parcels_go(shop):
    order = make.order(shop, lines=2)
    first, second = in_parcels(order, {0: 1}, {1: 1})
    states = []
    for parcel, sub, hours in (
        (first, PICKED, 1), (second, PICKED, 2), (first, VAN, 3), (first, DONE, 4), (second, S.PICKUP_LOCKER, 5),
        (second, S.DELIVERED_COLLECTED, 6),
    ):  # fmt: skip
        at = make.NOW + hours * HOUR
        record(parcel, make.event(sub, at), now=at)
        order.refresh_from_db()
        states.append((order.state, order.state_since - make.NOW))

    assert states == [
        ("partially_shipped", HOUR),
        ("shipped", 2 * HOUR),
        ("out_for_delivery", 3 * HOUR),
        ("partially_delivered", 4 * HOUR),
        ("ready_for_pickup", 5 * HOUR),
        ("delivered", 6 * HOUR),
    ]
    assert (order.episode, order.counts["delivered"], order.counts["units"]["total"]) == (6, 2, 2)
    assert [t.episode for t in Transition.objects.filter(kind="order").order_by("pk")] == [1, 2, 3, 4, 5, 6]


def test_a_replacement_of_a_lost_parcel_completes_the_order(shop):
    order = make.order(shop)
    lost, replacement = in_parcels(order, {0: 1}, {0: 1})

    record(lost, *scans(PICKED, S.EXCEPTION_LOST))
    assert (Order.objects.get().health, Order.objects.get().attention) == ("attention", S.EXCEPTION_LOST)
    record(replacement, *scans(PICKED, DONE))

    assert Order.objects.get().state == "delivered"


def test_a_return_touches_no_outbound_order(shop):
    order = make.order(shop)
    record(make.shipment(order), *scans(PICKED, DONE))
    record(make.shipment(order, direction="return"), *scans(PICKED, VAN))

    assert Order.objects.get().state == "delivered"


def test_an_order_entering_a_state_again_is_a_new_episode(shop):
    shipment = make.shipment(make.order(shop))
    for hours, sub in enumerate([VAN, S.FAILED_NOT_HOME, VAN, DONE]):
        at = make.NOW + 20 * hours * HOUR
        record(shipment, make.event(sub, at), now=at)

    entered = Transition.objects.filter(kind="order").order_by("pk").values_list("after", "episode", "quiet")
    assert list(entered) == [
        ("out_for_delivery", 1, ""), ("shipped", 2, ""), ("out_for_delivery", 3, ""), ("delivered", 4, ""),
    ]  # fmt: skip


# --- Any order of arrival ---

STORY = [
    make.event(LABEL, make.NOW - 90 * HOUR),
    make.event(PICKED, make.NOW - 80 * HOUR),
    make.event(S.DELAYED_WEATHER, make.NOW - 70 * HOUR),
    make.event(VAN, make.NOW - 60 * HOUR),
    make.event(S.FAILED_NOT_HOME, make.NOW - 58 * HOUR),
    make.event(None, make.NOW - 50 * HOUR, code="ZZ9"),
    make.event(VAN, make.NOW - 36 * HOUR),
    make.event(DONE, make.NOW - 34 * HOUR),
    make.event(S.DELIVERED_SIGNED, make.NOW - 34 * HOUR, code="delivered.delivered"),
]
_ARRIVAL = ("id", "order_id", "shop_id", "number", "number_key", "created_at")
_PATH = ("id", "shop_id", "number", "number_key", "customer_email", "email_key", "token_hash", "version", "episode",
         "updated_at", "created_at")  # fmt: skip


def told_in(shop: Shop, parts: list[list[tuple[int, Event]]], now: datetime) -> list[dict[str, object]]:
    """The rows an order of two parcels ends in, when what is said of them arrives in these parts."""
    order = make.order(shop)
    parcels = [make.shipment(order) for _n in range(2)]
    for part in parts:
        heard = [Heard(parcels[which].pk, (event,)) for which, event in part]
        record_batch(shop_id=shop.pk, heard=heard, now=now)
    rows = [row for p in parcels for row in Shipment.objects.filter(pk=p.pk).values()]
    ended = Order.objects.values().get(pk=order.pk)
    return [
        *({name: value for name, value in row.items() if name not in _ARRIVAL} for row in rows),
        {name: value for name, value in ended.items() if name not in _PATH},
    ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_the_order_of_arrival_the_rows_end_the_same(shop, data):
    said = [(which, event) for which in (0, 1) for event in STORY if data.draw(st.booleans())]
    once = told_in(shop, [said], make.NOW)

    shuffled = data.draw(st.permutations(said))
    again = data.draw(st.lists(st.sampled_from(said), max_size=3)) if said else []
    cut = data.draw(st.integers(0, len(said)))
    parts = [shuffled[:cut], again, shuffled[cut:], again]

    assert told_in(shop, parts, make.NOW) == once
    assert told_in(shop, [[one] for one in shuffled], make.NOW) == once


def test_a_better_reading_of_the_same_scan_wins_whichever_came_first(shop):
    plain = make.event(DONE, make.NOW - HOUR, scan_id="9")
    precise = make.event(S.DELIVERED_SIGNED, make.NOW - HOUR, scan_id="9")
    ended = set()
    for events in itertools.permutations([plain, precise]):
        shipment = make.shipment(make.order(shop))
        for event in events:
            record(shipment, event)
        shipment.refresh_from_db()
        ended.add(shipment.sub_status)

    assert ended == {S.DELIVERED_SIGNED}


# --- At once ---


def at_once(*runs: Callable[[], object]) -> list[object]:
    """Run them in threads that start together; give back what they returned."""
    results: list[object] = []
    errors: list[Exception] = []
    start = threading.Barrier(len(runs))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait()
            results.append(work())
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(work,)) for work in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return results


def test_two_at_once_record_each_thing_once(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        parcels = [make.shipment(order) for order in [make.order(shop) for _n in range(6)] for _n in range(2)]
    heard = [Heard(p.pk, scans(LABEL, PICKED, VAN)) for p in parcels]

    def run(seed: int) -> int:
        ours = random.Random(seed).sample(heard, len(heard))
        return sum(len(record_batch(shop_id=shop.pk, heard=ours, now=make.NOW)) for _time in range(3))

    said = at_once(*(partial(run, seed) for seed in range(4)))

    assert sorted(said)[:-1] == [0, 0, 0]
    with shop_context(shop.pk):
        assert TrackingEvent.objects.count() == 36
        assert Transition.objects.filter(kind="shipment").count() == 36
        assert (
            list(Transition.objects.filter(kind="order").values_list("after", flat=True))
            == ["out_for_delivery"] * 6
        )
        assert set(Order.objects.values_list("version", "episode")) == {(2, 1)}


def test_different_news_of_one_parcel_at_once_ends_as_all_of_it_says(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        parcels = [make.shipment(make.order(shop)) for _n in range(8)]

    def run(event: Event) -> None:
        for parcel in parcels:
            record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[event], now=make.NOW)

    at_once(*(partial(run, event) for event in scans(LABEL, PICKED, VAN, DONE)))

    with shop_context(shop.pk):
        ended = set(Shipment.objects.values_list("status", "episode", "moved_at", "last_event_at"))
        assert ended == {("delivered", 4, make.NOW - 4 * HOUR, make.NOW - 2 * HOUR)}
        assert set(Order.objects.values_list("state", flat=True)) == {"delivered"}


def test_parcels_of_one_order_recorded_at_once_leave_the_order_right(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        order = make.order(shop)
        parcels = [make.shipment(order) for _n in range(4)]

    def run(parcel: Shipment) -> None:
        for event in scans(PICKED, VAN, DONE):
            record_events(shop_id=shop.pk, shipment_id=parcel.pk, events=[event], now=make.NOW)

    at_once(*(partial(run, parcel) for parcel in parcels))

    with shop_context(shop.pk):
        order.refresh_from_db()
        assert (order.state, order.counts["delivered"], order.version) == ("delivered", 4, 13)
        assert Transition.objects.filter(kind="order", after="delivered").count() == 1


def test_a_crash_between_any_two_statements_leaves_nothing(committed_db):
    shop = make.shop()
    with shop_context(shop.pk):
        shipment = make.shipment(make.order(shop))

    class Crash(Exception):
        pass

    def crash_at(number: int):
        left = number

        def wrapper(execute, sql, params, many, context):
            nonlocal left
            left -= 1
            if left == 0:
                raise Crash
            return execute(sql, params, many, context)

        return wrapper

    crashes = 0
    for number in range(1, 50):
        try:
            with connection.execute_wrapper(crash_at(number)):
                record(shipment, *scans(LABEL, PICKED))
        except Crash:
            crashes += 1
            with shop_context(shop.pk):
                assert not TrackingEvent.objects.exists()
                assert not Transition.objects.exists()
                assert set(Shipment.objects.values_list("status")) == {("pending",)}
                assert set(Order.objects.values_list("state", "version")) == {("received", 1)}
        else:
            break

    assert crashes >= 8
    with shop_context(shop.pk):
        assert (TrackingEvent.objects.count(), Order.objects.get().state) == (2, "shipped")


# --- Statements ---


def test_statements_do_not_grow_with_parcels_or_events(shop):
    def statements(parcels: int, events: int) -> list[str]:
        heard = []
        for _n in range(parcels):
            shipment = make.shipment(make.order(shop))
            heard.append(Heard(shipment.pk, scans(LABEL, *[PICKED] * (events - 2), VAN)))
        with CaptureQueriesContext(connection) as queries:
            record_batch(shop_id=shop.pk, heard=heard, now=make.NOW)
        return [q["sql"] for q in queries if "SAVEPOINT" not in q["sql"]]

    few, many = statements(1, 2), statements(40, 8)

    assert len(few) == len(many) == 7, [sql[:60] for sql in many]


def test_nothing_new_costs_two_statements(shop):
    shipment = make.shipment(make.order(shop))
    record(shipment, *scans(LABEL, PICKED))

    with CaptureQueriesContext(connection) as queries:
        record(shipment, *scans(LABEL, PICKED))

    assert len([q for q in queries if "SAVEPOINT" not in q["sql"]]) == 2


# --- Beside the scans ---


def test_what_the_answer_says_besides_is_kept(shop):
    shipment = make.shipment(make.order(shop))
    slot = make.NOW + 3 * HOUR
    answer = Answer(
        "1", eta=Eta(date(2026, 11, 22), date(2026, 11, 21), slot, slot + HOUR),
        pickup=PickupPoint("Kiosko", "Calle 1", "9-21", date(2026, 11, 30), "4711"), pieces=2,
        delivery_options_url="https://carrier.example/change/1",
    )  # fmt: skip

    assert told(record(shipment, answer=answer)) == [("moment", "eta:2026-11-21/2026-11-22", "")]

    shipment.refresh_from_db()
    assert (shipment.eta_first, shipment.eta_last) == (date(2026, 11, 21), date(2026, 11, 22))
    assert (shipment.slot_from, shipment.pieces) == (slot, 2)
    assert shipment.pickup == {
        "name": "Kiosko", "address": "Calle 1", "hours": "9-21", "until": "2026-11-30", "code": "4711",
    }  # fmt: skip
    assert shipment.options_url == "https://carrier.example/change/1"
    order = Order.objects.get()
    assert (order.eta_first, order.eta_last, order.slot_from) == (
        date(2026, 11, 21),
        date(2026, 11, 22),
        slot,
    )
    assert order.version == 2

    record(shipment, answer=answer)
    record(shipment, answer=Answer("1"))
    record(
        shipment, answer=Answer("1", outcome=Outcome.TRANSIENT, eta=Eta(date(2030, 1, 1), date(2030, 1, 1)))
    )
    assert (
        Shipment.objects.values().get() == Shipment.objects.filter(eta_last=date(2026, 11, 22)).values().get()
    )
    assert Order.objects.get().version == 2


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//x", "https://" + "x" * 500, "ftp://x/y", "http://["]
)
def test_an_address_that_is_none_is_not_kept(shop, url):
    shipment = make.shipment(make.order(shop))
    record(shipment, answer=Answer("1", delivery_options_url=url))

    assert Shipment.objects.get().options_url == ""


def test_the_order_awaits_what_comes_next(shop):
    order = make.order(shop, promised_date=date(2026, 11, 25))
    near, far = make.shipment(order), make.shipment(order)
    for parcel, day in ((near, 23), (far, 27)):
        eta = Eta(date(2026, 11, day), date(2026, 11, day))
        record(parcel, *scans(PICKED), answer=Answer("1", eta=eta))
    order.refresh_from_db()
    assert (order.eta_last, order.health) == (
        date(2026, 11, 23),
        "delayed",
    )  # the other is behind the promise

    record(near, make.event(DONE, make.NOW + HOUR), now=make.NOW + HOUR)
    order.refresh_from_db()
    assert order.eta_last == date(2026, 11, 27)


def test_codes_without_a_meaning_are_counted_once_each_with_their_words(shop):
    one, other = make.shipment(make.order(shop)), make.shipment(make.order(shop), carrier="ups")
    odd = make.event(None, make.NOW - HOUR, code="ZZ9", text="Algo raro")
    for _time in range(3):
        record_batch(
            shop_id=shop.pk,
            heard=[Heard(one.pk, (odd, *scans(PICKED))), Heard(other.pk, (odd,))],
            now=make.NOW,
        )
    record(one, make.event(None, make.NOW, code="ZZ9", text="Algo más raro"))

    seen = UnknownCode.objects.order_by("carrier").values_list("carrier", "code", "seen", "text")
    assert list(seen) == [("dhl", "ZZ9", 2, "Algo más raro"), ("ups", "ZZ9", 1, "Algo raro")]
    assert Order.objects.get(pk=one.order_id).state == "shipped"


# --- When to ask next ---


def test_a_parcel_that_is_over_is_asked_about_no_more_and_one_that_is_not_is_again(shop):
    account = make.account(shop)
    shipment = make.shipment(make.order(shop), polled=account)
    moving = make.shipment(make.order(shop), polled=account)

    record(moving, *scans(PICKED))
    record(shipment, *scans(PICKED, S.CANCELLED_VOIDED))
    assert dict(Poll.objects.values_list("shipment_id", "next_at")) == {
        shipment.pk: None,
        moving.pk: make.NOW,
    }

    record(shipment, make.event(S.ARRIVED_FACILITY, make.NOW), now=make.NOW)
    assert Poll.objects.get(shipment=shipment).next_at > make.NOW


def test_a_delivery_is_confirmed_later(shop):
    shipment = make.shipment(make.order(shop), polled=make.account(shop))

    record(shipment, make.event(DONE, make.NOW))

    assert make.NOW + 12 * HOUR <= Poll.objects.get().next_at <= make.NOW + 14 * HOUR


# --- What others hear ---


def test_a_commit_wakes_whoever_announces_and_has_the_page_rendered_anew(
    shop, django_capture_on_commit_callbacks
):
    heard = []

    def hear(**said: object) -> None:
        heard.append(set(said) - {"signal", "sender"})

    moved.connect(hear)
    order = make.order(shop)
    shipment = make.shipment(order)
    version = kept.order_name(order.token_hash)
    kept.keep(kept.Names(version, kept.brand_name(shop.pk), ""), Versions(order.version, 1))
    assert kept.fetch([version]) == [b"1"]
    try:
        with django_capture_on_commit_callbacks(execute=True):
            record(shipment, *scans(PICKED))
        with django_capture_on_commit_callbacks() as nothing:
            record(shipment, *scans(PICKED))
    finally:
        moved.disconnect(hear)

    assert heard == [set()]
    assert kept.fetch([version]) == [b""]  # forgotten: the next reader asks the database
    assert nothing == []


def test_a_listener_that_fails_undoes_nothing(shop, django_capture_on_commit_callbacks):
    def fail(**said: object) -> None:
        raise RuntimeError("listener")

    moved.connect(fail)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            record(make.shipment(make.order(shop)), *scans(PICKED))
    finally:
        moved.disconnect(fail)

    assert Order.objects.get().state == "shipped"
