"""A courier who is followed: his positions are taken in coarse, told to open pages, and forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import translation

from carriers.types import SubStatus
from tenants.isolation import shop_context
from tenants.middleware import forget_shops
from tests import make
from tests.tracking import pages
from tests.tracking.callers import Caller
from tracking.courier import Goal, Seen, opened, state_of, ticket
from tracking.models import CourierPosition, Order, Shipment
from tracking.places import Point
from tracking.proof import Trust
from tracking.services.courier import Taken, forget_positions
from tracking.services.passing import tidy
from tracking.when import locale_for

MINUTE = timedelta(minutes=1)
DOOR = (39.4712, -0.3709)


@pytest.fixture(autouse=True)
def clock():
    forget_shops()
    with time_machine.travel(make.NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def shop(db):
    return pages.shop(time_zone="Europe/Madrid")


@pytest.fixture
def order(shop):
    with shop_context(shop.pk):
        made = pages.order(
            shop, city="Valencia", postal_code="46001", latitude=DOOR[0], longitude=DOOR[1],
            state="out_for_delivery",
        )  # fmt: skip
        pages.parcel(made, [(SubStatus.ON_VEHICLE, 1, "En reparto")], carrier="own_driver")
    return made


@pytest.fixture
def caller(shop, order):
    made = Caller(shop)
    with shop_context(shop.pk):
        made.parcel = f"shp_{Shipment.objects.get().pk}"
    return made


def say(caller, **more):
    body = {"latitude": 39.48, "longitude": -0.39, **more}
    return caller.post(f"/shipments/{caller.parcel}/position", body)


def kept(shop):
    with shop_context(shop.pk):
        return list(CourierPosition.objects.values_list("latitude", "longitude", "stops_before"))


def version(order):
    with shop_context(order.shop_id):
        return Order.objects.get(pk=order.pk).version


def test_a_position_is_kept_to_a_hundred_metres_and_only_the_last(shop, caller, clock):
    assert say(caller, latitude=39.4812345, longitude=-0.3998765, stops_before=4).json() == {
        "shipment": caller.parcel,
        "outcome": "kept",
    }
    clock.shift(15)
    assert say(caller, latitude=39.5, stops_before=3).json()["outcome"] == "kept"
    assert kept(shop) == [(39.5, -0.39, 3)]


def test_one_that_is_older_or_comes_too_soon_takes_nobodys_place(shop, caller, clock):
    say(caller)
    clock.shift(3)
    assert say(caller, latitude=40).json()["outcome"] == "passed_over"
    clock.shift(60)
    old = (make.NOW - MINUTE).isoformat()
    assert say(caller, latitude=41, at=old).json()["outcome"] == "passed_over"
    assert kept(shop) == [(39.48, -0.39, None)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"latitude": 91},
        {"longitude": -181},
        {"latitude": "39"},
        {"at": (make.NOW + 10 * MINUTE).isoformat()},
        {"stops_before": -1},
        {"stops_before": 2.5},
        {"eta_from": make.NOW.isoformat()},
        {"eta_from": "2026-11-21T16:00:00", "eta_to": "2026-11-21T18:00:00"},
        {"speed": 50},
    ],
)
def test_what_cannot_be_is_refused(shop, caller, wrong):
    assert say(caller, **wrong).status_code == 422
    assert kept(shop) == []


def test_a_parcel_that_has_arrived_is_followed_no_more(shop, caller):
    with shop_context(shop.pk):
        Shipment.objects.update(status="delivered", sub_status="delivered.delivered")
    assert say(caller).json()["outcome"] == "too_late"
    assert kept(shop) == []


def test_many_are_taken_in_one_call_each_by_itself(shop, caller):
    said = [
        {"shipment": caller.parcel, "latitude": 39.4, "longitude": -0.3},
        {"shipment": "shp_999999", "latitude": 39.4, "longitude": -0.3},
        {"shipment": "nonsense", "latitude": 39.4, "longitude": -0.3},
        {"shipment": caller.parcel, "latitude": 99, "longitude": -0.3},
    ]
    lines = caller.post("/positions", {"positions": said}).json()["results"]
    assert [line["outcome"] for line in lines] == ["kept", "unknown", "unknown", "refused"]
    assert caller.post("/positions", {"positions": said * 26}).status_code == 422
    assert caller.post("/positions", {}).status_code == 422


def test_a_key_that_may_only_read_says_nothing(shop, caller):
    reader = Caller(shop, "orders:read")
    assert (
        reader.post(f"/shipments/{caller.parcel}/position", {"latitude": 1, "longitude": 1}).status_code
        == 403
    )


def test_the_page_is_made_anew_only_where_it_says_something_else(shop, order, caller, clock):
    before = version(order)
    eta = {"eta_from": "2026-11-21T16:02:00+01:00", "eta_to": "2026-11-21T16:31:00+01:00"}
    say(caller)
    assert version(order) == before + 1, "nobody was followed before"
    clock.shift(15)
    say(caller, stops_before=4)
    assert version(order) == before + 1
    clock.shift(15)
    say(caller, **eta)
    assert version(order) == before + 2, "he says when he comes"
    clock.shift(15)
    say(caller, eta_from="2026-11-21T16:03:00+01:00", eta_to="2026-11-21T16:33:00+01:00")
    assert version(order) == before + 2, "to five minutes it is the same"
    page = pages.said(pages.reader().get(pages.path(order)))
    assert "16:00" in page
    assert "16:35" in page


def test_what_is_a_day_old_is_erased(shop, caller, clock):
    say(caller)
    with shop_context(shop.pk):
        assert forget_positions(shop_id=shop.pk, now=make.NOW + timedelta(hours=23)) == 0
    tidy(now=make.NOW + timedelta(hours=25))
    assert kept(shop) == []


# --- What an open page is told ---


def test_how_far_it_is_to_the_door_is_for_who_proved_the_order_theirs(order, caller):
    say(caller, stops_before=2)
    reader = pages.reader()
    path = pages.path(order) + "position"
    by_link = reader.get(path).json()
    assert by_link["km"] is None
    assert by_link["said"] == "Your driver is on the way"
    assert by_link["stops"] == "2 stops before yours"
    pages.prove(reader, order)
    proved = reader.get(path).json()
    assert proved["said"] == "1,9 km from you"
    assert proved["km"] == 1.9
    assert 0 < proved["x"] < 0.5
    assert 0 < proved["y"] < 0.5


def test_a_page_that_asks_again_is_answered_only_when_he_has_moved(order, caller, clock):
    say(caller)
    reader = pages.reader()
    first = reader.get(pages.path(order) + "position")
    again = reader.get(pages.path(order) + "position", headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304
    clock.shift(20)
    say(caller, latitude=39.475)
    moved = reader.get(pages.path(order) + "position", headers={"if-none-match": first["ETag"]})
    assert moved.status_code == 200


def test_asking_costs_one_read(order, caller, django_assert_num_queries):
    say(caller)
    reader = pages.reader()
    reader.get(pages.path(order) + "position")
    with django_assert_num_queries(
        5
    ):  # besides the transaction of the shop's: savepoint, bound, read, unbound
        reader.get(pages.path(order) + "position")


def test_nobody_is_followed_two_hours_after_he_was_last_heard_of(order, caller, clock):
    say(caller)
    clock.shift(7201)
    assert pages.reader().get(pages.path(order) + "position").status_code == 404


def test_the_key_to_listen_with_is_of_one_order_and_one_reader():
    key = ticket("a" * 64, Trust.PROVED, "es")
    assert opened(key, "a" * 64) == (Trust.PROVED, "es")
    assert opened(key, "b" * 64) == (Trust.LINK, "")
    assert opened(key + "x", "a" * 64) == (Trust.LINK, "")


def test_a_key_to_listen_with_is_good_for_a_quarter_of_an_hour(clock):
    key = ticket("a" * 64, Trust.PROVED, "es")
    clock.shift(901)
    assert opened(key, "a" * 64) == (Trust.LINK, "")


@pytest.mark.parametrize(
    ("point", "said"),
    [
        (Point(39.472, -0.372), "Almost at your door"),
        (Point(39.5, -0.4), "4.1 km from you"),
        (Point(40.4, -3.7), "302 km from you"),
    ],
)
def test_distances_are_said_as_people_say_them(point, said):
    with translation.override("en"):
        state = state_of(Goal(Point(*DOOR), "Valencia", True), Seen(point, make.NOW), locale_for("en", "GB"))
    assert state["said"] == said


def test_a_courier_who_is_far_is_so_many_kilometres_from_the_town():
    with translation.override("en"):
        goal = Goal(Point(39.47, -0.37), "Valencia", False)
        state = state_of(goal, Seen(Point(39.7, -0.6), make.NOW, 0), locale_for("en", "ES"))
    assert (state["said"], state["stops"], state["km"]) == ("32 km from Valencia", "You are next", None)


def test_the_map_stays_the_same_until_he_is_a_good_deal_nearer():
    goal, locale = Goal(Point(*DOOR), "Valencia", True), locale_for("en", "ES")
    reaches = [
        state_of(goal, Seen(Point(DOOR[0] + km / 111, DOOR[1]), make.NOW), locale)["reach"]
        for km in (0.5, 0.7, 1.5, 3, 3.1, 12)
    ]
    assert reaches == [1, 1, 2, 4, 4, 16]


def test_taken_is_said_in_the_apis_words():
    assert [t.value for t in Taken] == ["kept", "passed_over", "too_late", "unknown"]
